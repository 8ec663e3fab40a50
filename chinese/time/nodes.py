"""The tree of an expression: each node resolves itself within the span that the node before it gave.

Chinese goes from large to small (去年|三月|第二周|周三|下午|三点半), so a chain of nodes is resolved from left to
right. A node that nothing stands before and that is not anchored to now repeats in a `cycle`
(a weekday every week, a month every year); which of its occurrences is meant is decided in `resolve`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, cast

from chinese import calendar
from chinese.calendar import Unit
from chinese.time.model import Context, Grain, Span

Cycle = Unit | None


class Node(ABC):
    """A piece of an expression."""

    __slots__ = ()
    repeats: ClassVar[Cycle] = None

    @property
    def cycle(self) -> Cycle:
        """The period in which the node repeats when it stands alone; None where it is anchored."""
        return self.repeats

    @abstractmethod
    def at(self, frame: Span | None, here: Context) -> Span | None:
        """The span of this node within the frame (None: nothing stands before it), or None if there is none."""


def span_of(unit: Unit, moment: datetime, offset: int = 0) -> Span:
    """The calendar unit around a moment."""
    return Span(*calendar.period(moment, unit, offset), cast(Grain, unit))


def day_span(day: date) -> Span:
    """One whole day."""
    start = datetime(day.year, day.month, day.day)
    return Span(start, start + timedelta(days=1), "day")


@dataclass(frozen=True, slots=True)
class Relative(Node):
    """去年, 上上周, 本季度, 大后天: whole calendar units from now; after a larger unit (去年|今天) its namesake there."""

    unit: Unit
    offset: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        now = here.now if frame is None else _namesake(frame, here.now)
        return span_of(self.unit, now, self.offset)


def _namesake(frame: Span, now: datetime) -> datetime:
    """The moment of a year, month or week that lies where now lies in its own."""
    if frame.grain == "year":
        return calendar.add_months(now, 12 * (frame.start.year - now.year))
    if frame.grain == "month":
        return calendar.add_months(now, (frame.start.year - now.year) * 12 + frame.start.month - now.month)
    return frame.start + timedelta(days=now.weekday())


@dataclass(frozen=True, slots=True)
class Year(Node):
    """A numbered year."""

    number: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        return span_of("year", datetime(self.number, 1, 1))


@dataclass(frozen=True, slots=True)
class Decade(Node):
    """八十年代: `start` is a year, or its last two digits, of which the last such decade is meant."""

    start: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        first = self.start
        if first < 100:
            first += here.now.year // 100 * 100
            if first > here.now.year:
                first -= 100
        return Span(datetime(first, 1, 1), datetime(first + 10, 1, 1), "year")


@dataclass(frozen=True, slots=True)
class Century(Node):
    """二十世纪."""

    number: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        first = 100 * (self.number - 1)
        return Span(datetime(first, 1, 1), datetime(first + 100, 1, 1), "year")


@dataclass(frozen=True, slots=True)
class YearPart(Node):
    """Months of a year: 三月, 一季度, 上半年, 年底."""

    first_month: int
    months: int
    grain: Grain
    repeats: ClassVar[Cycle] = "year"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        start = calendar.add_months(calendar.floor(frame.start, "year"), self.first_month - 1)
        return Span(start, calendar.add_months(start, self.months), self.grain)


@dataclass(frozen=True, slots=True)
class MonthSlice(Node):
    """Days of a month: 月初, 中旬, 下半月; `last` None is the month's end."""

    first: int
    last: int | None
    repeats: ClassVar[Cycle] = "month"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        end = frame.start + timedelta(days=self.last) if self.last else frame.end
        return Span(frame.start + timedelta(days=self.first - 1), end, "day")


@dataclass(frozen=True, slots=True)
class DayOfMonth(Node):
    """二十号."""

    day: int
    repeats: ClassVar[Cycle] = "month"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        month = calendar.floor(frame.start, "month")
        if self.day > calendar.days_in_month(month.year, month.month):
            return None
        found = day_span(month.replace(day=self.day))
        if frame.grain == "day" and frame.is_one_day and not frame.loose:
            # 周六（28号）: the Saturday that is the 28th.
            return found if found.start == frame.start else None
        return found


@dataclass(frozen=True, slots=True)
class MonthDay(Node):
    """三月八日."""

    month: int
    day: int
    repeats: ClassVar[Cycle] = "year"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None or self.day > calendar.days_in_month(frame.start.year, self.month):
            return None
        found = day_span(date(frame.start.year, self.month, self.day))
        # 周日,二月十号: the weekday stands before the date and only confirms it.
        return found if frame.is_one_day is False else replace(found, note=_contradiction(found, frame))


def _contradiction(found: Span, weekday: Span) -> str | None:
    return None if found.start.weekday() == weekday.start.weekday() else "日期与星期不符"


@dataclass(frozen=True, slots=True)
class FullDate(Node):
    """2026-11-20."""

    year: int
    month: int
    day: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if self.day > calendar.days_in_month(self.year, self.month):
            return None
        return day_span(date(self.year, self.month, self.day))


@dataclass(frozen=True, slots=True)
class Weekday(Node):
    """周三 (1 Monday to 7 Sunday); after a date it only confirms it."""

    number: int
    repeats: ClassVar[Cycle] = "week"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        if frame.grain == "day" and not frame.loose and frame.is_one_day:
            same = frame.start.weekday() == self.number - 1
            return frame if same else replace(frame, note="日期与星期不符")
        monday = calendar.floor(frame.start, "week")
        return day_span(monday + timedelta(days=self.number - 1))


@dataclass(frozen=True, slots=True)
class Weekend(Node):
    """Saturday and Sunday."""

    repeats: ClassVar[Cycle] = "week"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        monday = calendar.floor(frame.start, "week")
        return Span(monday + timedelta(days=5), monday + timedelta(days=7), "day")


@dataclass(frozen=True, slots=True)
class FullMonth(Node):
    """2026-11."""

    year: int
    month: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        return span_of("month", datetime(self.year, self.month, 1))


@dataclass(frozen=True, slots=True)
class SomeDays(Node):
    """今明两天: whole days, the first of them `offset` days from today."""

    offset: int
    days: int

    def at(self, frame: Span | None, here: Context) -> Span | None:
        start = calendar.day_of(here.now, self.offset)[0]
        return Span(start, start + timedelta(days=self.days), "day")


@dataclass(frozen=True, slots=True)
class SomeYears(Node):
    """今明两年: whole years, the first of them `offset` years from this one."""

    offset: int
    years: int

    def at(self, frame: Span | None, here: Context) -> Span | None:
        first = span_of("year", here.now, self.offset)
        return Span(first.start, span_of("year", here.now, self.offset + self.years - 1).end, "year")


@dataclass(frozen=True, slots=True)
class SameDay(Node):
    """三个月前|的今天: the day that was counted is the one."""

    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        return frame and replace(frame, loose=False)


@dataclass(frozen=True, slots=True)
class SameTime(Node):
    """昨天|这个时候: the hour and minute of now on another day."""

    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        moment = frame.start.replace(hour=here.now.hour, minute=here.now.minute)
        return Span(moment, moment + timedelta(minutes=1), "minute", moment=True, note=frame.note)
