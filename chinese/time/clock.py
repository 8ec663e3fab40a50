"""Parts of the day and clock times: 上午, 夜里, 九点半, 差五分九点, 15:30."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from chinese import calendar
from chinese.time.model import Context, Grain, Span
from chinese.time.nodes import Cycle, Node

# Hours of each part of the day from midnight; beyond 24 they are the next day's.
PARTS: dict[str, tuple[int, int]] = {
    "上午": (0, 12),
    "下午": (12, 24),
    "早上": (6, 9),
    "中午": (11, 13),
    "傍晚": (17, 19),
    "晚上": (18, 24),
    "凌晨": (0, 6),
    "夜里": (22, 30),
    "后半夜": (24, 30),
    "全天": (0, 24),
}
# Other words for them.
PART_WORDS: dict[str, str] = {
    **{word: word for word in PARTS},
    **dict.fromkeys(("午前",), "上午"),
    **dict.fromkeys(("午后", "下半天"), "下午"),
    **dict.fromkeys(
        ("早晨", "清晨", "早间", "清早", "大清早", "一大早", "大早上", "一早", "早", "晨"), "早上"
    ),
    **dict.fromkeys(("正午", "午间", "晌午"), "中午"),
    **dict.fromkeys(("黄昏",), "傍晚"),
    **dict.fromkeys(("黎明", "拂晓"), "凌晨"),
    **dict.fromkeys(("晚间", "夜晚", "大晚上", "晚"), "晚上"),
    **dict.fromkeys(("半夜", "深夜", "午夜", "夜间", "夜里头", "大半夜", "三更半夜", "夜"), "夜里"),
    **dict.fromkeys(("整天", "一整天", "全日"), "全天"),
}


def day_of(span: Span) -> Span:
    """The first day of a span."""
    day = calendar.midnight(span.start)
    return Span(day, day + timedelta(days=1), "day")


# Without a part of the day, one to six o'clock are the afternoon's in a clinic's working hours.
LAST_AFTERNOON_HOUR = 6


@dataclass(frozen=True, slots=True)
class PartOfDay(Node):
    """A part of a day; of several days (下周上午) the hours of each."""

    name: str
    repeats: ClassVar[Cycle] = "day"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        first, last = PARTS[self.name]
        if not frame.is_one_day:
            until = "24:00" if last == 24 else f"{last % 24:02}:00"
            return replace(frame, daily=(f"{first % 24:02}:00", until), part=self.name)
        day = calendar.midnight(frame.start)
        grain: Grain = "day" if self.name == "全天" else "part"
        return Span(
            day + timedelta(hours=first), day + timedelta(hours=last), grain, self.name, note=frame.note
        )


@dataclass(frozen=True, slots=True)
class Clock(Node):
    """A clock time as it was said. `exact`: on the 24-hour clock, not to be read as the afternoon's
    unless a part of the day says so (下午03:15).

    `hour_only`: no minutes were named, the span is the whole hour. `hours` is its length (七八点: two).
    """

    hour: int
    minute: int = 0
    second: int = 0
    exact: bool = False
    hour_only: bool = False
    hours: int = 1
    repeats: ClassVar[Cycle] = "day"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        if not frame.is_one_day:
            return self._each_day(frame, here)
        day = calendar.midnight(frame.start)
        hour = self._hour(frame.part)
        start = day + timedelta(hours=hour, minutes=self.minute, seconds=self.second)
        length = timedelta(hours=self.hours) if self.hour_only else timedelta(minutes=1)
        grain: Grain = "hour" if self.hour_only else "minute"
        return Span(start, start + length, grain, moment=True, note=frame.note)

    def _each_day(self, frame: Span, here: Context) -> Span | None:
        """下周上午九点: that hour of each day."""
        first = day_of(frame)
        part = PartOfDay(frame.part).at(first, here) if frame.part else first
        moment = self.at(part, here)
        if moment is None:
            return None
        return replace(frame, daily=(f"{moment.start:%H:%M}", f"{moment.end:%H:%M}"))

    def _hour(self, part: str | None) -> int:
        """Hours from midnight of the named day, 24 and more for the night after it."""
        hour = self.hour
        if hour > 12:
            return hour
        if part in (None, "全天"):
            return hour + 12 if 1 <= hour <= LAST_AFTERNOON_HOUR and not self.exact else hour
        if part in ("凌晨", "后半夜"):
            return hour % 12
        if part in ("上午", "早上"):
            return hour
        if part == "中午":
            return hour + 12 if hour <= 3 else hour
        if part in ("晚上", "夜里"):
            return self._night_hour(hour)
        return hour + 12 if hour < 12 else hour

    @staticmethod
    def _night_hour(hour: int) -> int:
        """晚上八点 20, 晚上十二点 24, 夜里两点 26: twelve and the small hours are the next day's."""
        if hour in (0, 12):
            return 24
        return hour + 24 if hour < 5 else hour + 12
