"""Nodes of the lunar calendar: 腊月二十三, 正月, 初五."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from chinese.lunar import LunarDateError, month_length, to_lunar, to_solar
from chinese.time.model import Context, Span
from chinese.time.nodes import Cycle, Node, day_span


@dataclass(frozen=True, slots=True)
class LunarDay(Node):
    """腊月二十三, 正月十五, 农历八月初一; without a month (初五) the day of every lunar month."""

    month: int | None
    day: int
    leap: bool = False

    @property
    def cycle(self) -> Cycle:
        return "year" if self.month else "month"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        if self.month is None:
            return self._in_month(frame)
        try:
            return day_span(to_solar(frame.start.year, self.month, self.day, self.leap))
        except LunarDateError:
            return None

    def _in_month(self, frame: Span) -> Span | None:
        day = frame.start
        while day < frame.end:
            if to_lunar(day.date()).day == self.day:
                return day_span(day)
            day += timedelta(days=1)
        return None


@dataclass(frozen=True, slots=True)
class LunarMonth(Node):
    """正月, 腊月, 农历八月."""

    month: int
    leap: bool = False
    repeats: ClassVar[Cycle] = "year"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        try:
            first = day_span(to_solar(frame.start.year, self.month, 1, self.leap))
            length = month_length(frame.start.year, self.month, self.leap)
        except LunarDateError:
            return None
        return Span(first.start, first.start + timedelta(days=length), "month")


@dataclass(frozen=True, slots=True)
class LunarYear(Node):
    """农历2016年: from its 正月初一 on; None outside the lunar table."""

    number: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        try:
            first, following = to_solar(self.number, 1, 1), to_solar(self.number + 1, 1, 1)
        except LunarDateError:
            return None
        return Span(day_span(first).start, day_span(following).start, "year")
