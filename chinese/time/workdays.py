"""Nodes that count the days that are worked: 三个工作日后, 三个工作日内, 本月第一个工作日, 国庆后第二个工作日."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Literal

from chinese import holidays
from chinese.time.model import Context, Span, Unresolvable
from chinese.time.nodes import Cycle, Node, day_span

_DAY = timedelta(days=1)


@contextmanager
def known_years() -> Iterator[None]:
    """Turns a year or a holiday that is not in the table into what the person is told."""
    try:
        yield
    except holidays.HolidayError as unknown:
        raise Unresolvable(unknown.message) from unknown


@dataclass(frozen=True, slots=True)
class Workday(Node):
    """下一个工作日, 三个工作日后, 上个工作日: counted from today (0 is today or the next one worked)."""

    count: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        today = here.now.date()
        with known_years():
            if self.count == 0:
                return day_span(holidays.TABLE.workday_after(today - _DAY))
            return day_span(holidays.TABLE.workday_after(today, self.count))


@dataclass(frozen=True, slots=True)
class NthWorkday(Node):
    """本月|第一个工作日, 下周|最后一个工作日; -1 is the last."""

    number: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None or not self.number:
            return None
        edge = frame.start.date() - _DAY if self.number > 0 else frame.end.date()
        with known_years():
            found = day_span(holidays.TABLE.workday_after(edge, self.number))
        return found if frame.start <= found.start < frame.end else None


@dataclass(frozen=True, slots=True)
class WorkdayBeside(Node):
    """国庆假期|后第二个工作日, 春节|前最后一个工作日: counted outwards from the span; below zero before it."""

    count: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None or not self.count:
            return None
        edge: date = frame.end.date() - _DAY if self.count > 0 else frame.start.date()
        with known_years():
            return day_span(holidays.TABLE.workday_after(edge, self.count))


@dataclass(frozen=True, slots=True)
class WorkdayWindow(Node):
    """三个工作日内, 近三个工作日, 未来三个工作日: as `Window`, counted in days that are worked.

    The span holds the days off between them.
    """

    count: int
    direction: Literal["back", "before", "ahead", "within"]
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        today, tomorrow = here.now.date(), here.now.date() + _DAY
        ahead = self.direction == "ahead" or (self.direction == "within" and here.prefer == "future")
        with known_years():
            if ahead:
                first = today if self.direction == "within" else tomorrow
                last = holidays.TABLE.workday_after(first - _DAY, self.count)
            else:
                last = today - _DAY if self.direction == "before" else today
                first = holidays.TABLE.workday_after(last + _DAY, -self.count)
        return Span(day_span(first).start, day_span(last).end, "day")
