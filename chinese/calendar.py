"""Calendar arithmetic on half-open intervals: weeks, months, quarters, half-years, years and their neighbours.

All functions take and return datetimes at whichever zone they are given (aware or naive); intervals are
`[start, end)`. Weeks start on Monday, week numbers are ISO 8601.
"""

from __future__ import annotations

import calendar as _calendar
from datetime import date, datetime, timedelta, timezone
from typing import Literal

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept one zone without daylight saving since 1992; no time-zone database is needed for it."""

Unit = Literal["day", "week", "month", "quarter", "half_year", "year"]
Interval = tuple[datetime, datetime]
UNIT_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def midnight(moment: datetime) -> datetime:
    """The start of that day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    return _calendar.monthrange(year, month)[1]


def add_months(moment: datetime, months: int) -> datetime:
    """The same day of another month, or that month's last day where it is shorter (31 January + 1 → 28 February)."""
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, days_in_month(year, month + 1)))


def add(moment: datetime, count: int, unit: Unit) -> datetime:
    """`count` units later; months are clamped as in `add_months`."""
    if unit in UNIT_MONTHS:
        return add_months(moment, count * UNIT_MONTHS[unit])
    return moment + timedelta(days=count * (7 if unit == "week" else 1))


def floor(moment: datetime, unit: Unit) -> datetime:
    """The start of the calendar unit that contains the moment."""
    day = midnight(moment)
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = UNIT_MONTHS[unit]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def period(moment: datetime, unit: Unit, offset: int = 0) -> Interval:
    """The calendar unit that contains the moment, or the one `offset` units from it."""
    start = add(floor(moment, unit), offset, unit)
    return start, add(start, 1, unit)


def day_of(moment: datetime, offset: int = 0) -> Interval:
    """The day of the moment, or `offset` days from it."""
    return period(moment, "day", offset)


def week_of(moment: datetime, offset: int = 0) -> Interval:
    """Monday to Monday."""
    return period(moment, "week", offset)


def month_of(moment: datetime, offset: int = 0) -> Interval:
    """First to first."""
    return period(moment, "month", offset)


def quarter_of(moment: datetime, offset: int = 0) -> Interval:
    """January, April, July, October."""
    return period(moment, "quarter", offset)


def half_year_of(moment: datetime, offset: int = 0) -> Interval:
    """January, July."""
    return period(moment, "half_year", offset)


def year_of(moment: datetime, offset: int = 0) -> Interval:
    """First of January to first of January."""
    return period(moment, "year", offset)


def unit_of(start: datetime, end: datetime) -> Unit | None:
    """The calendar unit that the interval is exactly, the largest first; None where it is none."""
    units: tuple[Unit, ...] = ("year", "half_year", "quarter", "month", "week", "day")
    return next((unit for unit in units if period(start, unit) == (start, end)), None)


def iso_week_start(year: int, week: int, like: datetime) -> datetime:
    """Monday of an ISO week, in the zone of `like`; ValueError where the year has no such week."""
    monday = date.fromisocalendar(year, week, 1)
    return midnight(like).replace(year=monday.year, month=monday.month, day=monday.day)


def same_period_last_year(start: datetime, end: datetime) -> Interval:
    """The same interval a year earlier (同比): for an ISO week the week of that number, else the same dates.

    Week 53 is compared with the last week of a year that has only 52; 29 February becomes 28 February.
    """
    if unit_of(start, end) == "week":
        year, week, _ = start.isocalendar()
        last = date(year - 1, 12, 28).isocalendar()[1]
        monday = iso_week_start(year - 1, min(week, last), start)
        return monday, monday + timedelta(days=7)
    earlier = add_months(start, -12)
    shifted_end = add_months(end, -12)
    # [29 February, 1 March) and [28 February, 29 February) keep at least their one day.
    return earlier, shifted_end if shifted_end > earlier else earlier + (end - start)


def previous_period(start: datetime, end: datetime) -> Interval:
    """The interval just before (环比): the calendar unit before where it is one, else one of equal length."""
    unit = unit_of(start, end)
    if unit is not None:
        return add(start, -1, unit), start
    return start - (end - start), start
