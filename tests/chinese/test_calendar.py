"""Calendar units, neighbours, and the same period a year earlier."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chinese import calendar, lunar

MOMENTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2090, 1, 1))


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "end", "earlier_start", "earlier_end"),
    [
        ("2026-10-01", "2026-11-01", "2025-10-01", "2025-11-01"),
        ("2026-11-16", "2026-11-23", "2025-11-17", "2025-11-24"),
        ("2020-12-28", "2021-01-04", "2019-12-23", "2019-12-30"),
        ("2024-02-29", "2024-03-01", "2023-02-28", "2023-03-01"),
        ("2026-01-01", "2026-07-01", "2025-01-01", "2025-07-01"),
        ("2026-11-01", "2026-11-21", "2025-11-01", "2025-11-21"),
    ],
)
def test_same_period_last_year(start: str, end: str, earlier_start: str, earlier_end: str) -> None:
    assert calendar.same_period_last_year(day(start), day(end)) == (day(earlier_start), day(earlier_end))


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2026-03-01", "2026-04-01", "2026-02-01"),
        ("2026-11-16", "2026-11-23", "2026-11-09"),
        ("2026-07-01", "2027-01-01", "2026-01-01"),
        ("2026-11-01", "2026-11-11", "2026-10-22"),
    ],
)
def test_previous_period(start: str, end: str, before: str) -> None:
    assert calendar.previous_period(day(start), day(end)) == (day(before), day(start))


@given(MOMENTS, st.sampled_from(["day", "week", "month", "quarter", "half_year", "year"]))
@settings(deadline=None)
def test_units_hold_their_moment_and_meet(moment: datetime, unit: calendar.Unit) -> None:
    start, end = calendar.period(moment, unit)
    assert start <= moment < end
    assert calendar.period(moment, unit, 1)[0] == end
    assert calendar.unit_of(start, end) == unit
    assert calendar.previous_period(start, end)[1] == start


@given(MOMENTS, st.integers(-500, 500))
@settings(deadline=None)
def test_months_are_added_without_leaving_the_month(moment: datetime, months: int) -> None:
    later = calendar.add_months(moment, months)
    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) == months
    assert later.day <= moment.day


@pytest.mark.parametrize(
    ("lunar_date", "solar"),
    [
        ((2024, 1, 1, False), date(2024, 2, 10)),
        ((2025, 1, 1, False), date(2025, 1, 29)),
        ((2026, 1, 1, False), date(2026, 2, 17)),
        ((2025, 8, 15, False), date(2025, 10, 6)),
        ((2026, 8, 15, False), date(2026, 9, 25)),
        ((2026, 5, 5, False), date(2026, 6, 19)),
        ((2025, 6, 1, True), date(2025, 7, 25)),
        ((2033, 11, 1, True), date(2033, 12, 22)),
        ((1900, 1, 1, False), date(1900, 1, 31)),
        ((1985, 1, 1, False), date(1985, 2, 20)),
        ((2000, 1, 1, False), date(2000, 2, 5)),
    ],
)
def test_lunar_dates(lunar_date: tuple[int, int, int, bool], solar: date) -> None:
    assert lunar.to_solar(*lunar_date) == solar
    assert lunar.to_lunar(solar) == lunar.LunarDate(*lunar_date)


@given(st.dates(min_value=date(1900, 1, 31), max_value=date(2101, 1, 28)))
@settings(deadline=None)
def test_lunar_round_trip(solar: date) -> None:
    found = lunar.to_lunar(solar)
    assert lunar.to_solar(found.year, found.month, found.day, found.leap) == solar


@pytest.mark.parametrize(
    "wrong", [(2026, 6, 1, True), (2026, 13, 1, False), (2026, 1, 31, False), (1899, 1, 1, False)]
)
def test_lunar_dates_that_do_not_exist(wrong: tuple[int, int, int, bool]) -> None:
    with pytest.raises(lunar.LunarDateError):
        lunar.to_solar(*wrong)


@pytest.mark.parametrize(
    ("year", "term", "solar"),
    [
        (2024, "冬至", date(2024, 12, 21)),
        (2025, "清明", date(2025, 4, 4)),
        (2026, "清明", date(2026, 4, 5)),
        (2026, "立春", date(2026, 2, 4)),
        (2021, "冬至", date(2021, 12, 21)),
        (2017, "大寒", date(2017, 1, 20)),
    ],
)
def test_solar_terms(year: int, term: str, solar: date) -> None:
    assert lunar.solar_term(year, term) == solar


@given(st.integers(1901, 2099))
@settings(deadline=None)
def test_terms_come_in_order(year: int) -> None:
    days = [lunar.solar_term(year, term) for term in lunar.SOLAR_TERMS]
    assert all(timedelta(14) <= b - a <= timedelta(17) for a, b in zip(days, days[1:], strict=False))
