"""Nodes that count within the span before them: 第三周, 第一个周二, 前两个季度, 春节前三天."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, cast

from chinese import calendar
from chinese.calendar import Unit
from chinese.time.model import Context, Grain, Span
from chinese.time.nodes import Cycle, Node, day_span, span_of


@dataclass(frozen=True, slots=True)
class NthWeek(Node):
    """第三周 of a month (from the first one's week on, clipped to the month) or of a year (ISO); -1 is the last."""

    number: int
    repeats: ClassVar[Cycle] = "month"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        if frame.grain == "year":
            return self._of_year(frame.start.year)
        monday = calendar.floor(frame.start, "week")
        if self.number < 0:
            monday = calendar.floor(frame.end - timedelta(days=1), "week")
        else:
            monday += timedelta(weeks=self.number - 1)
        start, end = max(monday, frame.start), min(monday + timedelta(days=7), frame.end)
        return Span(start, end, "week") if start < end else None

    def _of_year(self, year: int) -> Span | None:
        last = date(year, 12, 28).isocalendar()[1]
        number = self.number if self.number > 0 else last
        if number > last:
            return None
        monday = day_span(date.fromisocalendar(year, number, 1)).start
        return Span(monday, monday + timedelta(days=7), "week")


@dataclass(frozen=True, slots=True)
class NthWeekday(Node):
    """第一个周二 of a month; -1 is the last one."""

    number: int
    weekday: int
    repeats: ClassVar[Cycle] = "month"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        return None if frame is None else self.within(frame)

    def within(self, frame: Span) -> Span | None:
        """The day, where the frame has it."""
        if self.number < 0:
            last = frame.end - timedelta(days=1)
            found = last - timedelta(days=(last.isoweekday() - self.weekday) % 7)
        else:
            first = frame.start + timedelta(days=(self.weekday - frame.start.isoweekday()) % 7)
            found = first + timedelta(weeks=self.number - 1)
        return day_span(found) if frame.start <= found < frame.end else None


@dataclass(frozen=True, slots=True)
class NthUnit(Node):
    """第九个月, 第十天 of the span before it; -1 is the last."""

    number: int
    unit: Unit
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        if self.number < 0:
            found = span_of(self.unit, frame.end - timedelta(days=1))
        else:
            found = span_of(self.unit, calendar.add(frame.start, self.number - 1, self.unit))
        return found if frame.start <= found.start < frame.end else None


@dataclass(frozen=True, slots=True)
class EdgeUnits(Node):
    """2021年|前两个季度, 今年|后三个月: units at the start or the end of the span before it."""

    count: int
    unit: Unit
    last: bool
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None or self.count < 1:
            return None
        if self.unit == "week" and frame.grain == "year":
            return self._weeks(frame, here)
        if self.last:
            start, end = calendar.add(frame.end, -self.count, self.unit), frame.end
        else:
            start, end = frame.start, calendar.add(frame.start, self.count, self.unit)
        inside = frame.start <= start and end <= frame.end
        return Span(start, end, cast(Grain, self.unit)) if inside else None

    def _weeks(self, frame: Span, here: Context) -> Span | None:
        """Weeks as they are numbered in the year; those of a month are so many days (11月前两周: fourteen)."""
        if not self.last:
            first, final = NthWeek(1).at(frame, here), NthWeek(self.count).at(frame, here)
            return Span(first.start, final.end, "week") if first and final else None
        final = NthWeek(-1).at(frame, here)
        if final is None:
            return None
        return Span(final.start - timedelta(weeks=self.count - 1), final.end, "week")


@dataclass(frozen=True, slots=True)
class Beside(Node):
    """春节|前三天, 国庆假期|后一周, 国庆假期|后第二周: time just before or after the span; `single` only the last unit."""

    count: int
    unit: Unit
    after: bool
    single: bool = False
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None or self.count < 1:
            return None
        sign = 1 if self.after else -1
        near = frame.end if self.after else frame.start
        far = calendar.add(near, sign * self.count, self.unit)
        if self.single:
            near = calendar.add(near, sign * (self.count - 1), self.unit)
        return Span(min(near, far), max(near, far), "day")


@dataclass(frozen=True, slots=True)
class NthDayFrom(Node):
    """国庆|第三天, 春节|第二天: counted from the festival, which is the first; -1 is no day of it."""

    number: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None or self.number < 1:
            return None
        return day_span(frame.start.date() + timedelta(days=self.number - 1))


@dataclass(frozen=True, slots=True)
class MonthOfQuarter(Node):
    """季度初, 季末: the first or the last month of a quarter, as 年初 and 年底 are of a year."""

    last: bool
    repeats: ClassVar[Cycle] = "quarter"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        return span_of("month", frame.end - timedelta(days=1) if self.last else frame.start)
