"""Lengths of time (三天, 一个半小时, 两年零三个月) and what is counted with them from now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from chinese import calendar
from chinese.calendar import Unit
from chinese.numerals import neighbour_range, parse_cardinal
from chinese.time.model import Context, Grain, Span
from chinese.time.nodes import Cycle, Node

_NUMBER = r"(?:\d{1,9}(?:\.\d{1,9})?(?:\s*[-~到至]\s*\d{1,9})?|好?几十?|数十?|十几|[一二两俩三四五六七八九十百千廿卅]{1,9}几?)"
_UNIT_WORDS = (
    r"工作日|年(?![级龄纪轻初底末度])|季度|月(?![经饼龄初底末中旬份])|周(?!岁|末|[一二三四五六日天](?![次趟回遍个])|年)|星期|礼拜|天(?![津气])"
    r"|日(?![常元本均报式])|小时|钟头|刻钟?|分钟|秒钟?|(?:h|min)(?![A-Za-z])"
)
_PIECE = re.compile(
    rf"(?:(?P<half>半)|(?P<n>{_NUMBER}))\s*(?P<more>[多来余])?\s*(?P<ge>个)?(?P<nhalf>半)?(?P<more2>多)?\s*"
    rf"(?P<unit>{_UNIT_WORDS}|分(?=$|[^之数]))(?P<uhalf>半(?![夜天年个小]))?(?P<more3>多(?!少))?"
)
_JOINT = re.compile(r"\s*[零又]?\s*")
_UNITS: dict[str, tuple[str, int, float]] = {
    # word: (unit, months, seconds)
    "年": ("year", 12, 0),
    "季度": ("quarter", 3, 0),
    "月": ("month", 1, 0),
    "周": ("week", 0, 7 * 86400),
    "星期": ("week", 0, 7 * 86400),
    "礼拜": ("week", 0, 7 * 86400),
    "天": ("day", 0, 86400),
    "日": ("day", 0, 86400),
    "工作日": ("workday", 0, 0),
    "小时": ("hour", 0, 3600),
    "钟头": ("hour", 0, 3600),
    "刻钟": ("minute", 0, 900),
    "刻": ("minute", 0, 900),
    "分钟": ("minute", 0, 60),
    "分": ("minute", 0, 60),
    "秒": ("second", 0, 1),
    "秒钟": ("second", 0, 1),
    "h": ("hour", 0, 3600),
    "min": ("minute", 0, 60),
}
_ORDER = ("year", "quarter", "month", "week", "workday", "day", "hour", "minute", "second")
CALENDAR_UNITS: dict[str, Unit] = {
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "week": "week",
    "day": "day",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A length of time. `unit` is its largest unit, `count` how many of it; `exact` is False for 几天, 三四天, 十多天."""

    unit: str
    count: float
    months: int
    seconds: float
    exact: bool
    plain_month: bool = (
        False  # 三月, 三季度 without 个, also in 三月五日: a length only where a word before says so
    )
    plain_day: bool = False  # 三日 likewise

    @property
    def is_clock(self) -> bool:
        """Counted in hours or less."""
        return self.unit in ("hour", "minute", "second")

    def after(self, moment: datetime, sign: int = 1) -> datetime:
        """The moment that far ahead (back where sign is -1)."""
        return calendar.add_months(moment, sign * self.months) + timedelta(seconds=sign * self.seconds)


def read_quantity(folded: str, begin: int) -> tuple[Quantity, int] | None:
    """The longest length of time at that place, and where it ends."""
    pieces: list[Quantity] = []
    place = begin
    while len(pieces) < 4:
        joint = _JOINT.match(folded, place)
        hit = _PIECE.match(folded, joint.end() if pieces and joint else place)
        piece = _piece(hit) if hit else None
        if hit is None or piece is None:
            break
        if pieces and _ORDER.index(piece.unit) <= _ORDER.index(pieces[-1].unit):
            break
        if hit["unit"] in ("分", "刻") and (not pieces or pieces[-1].unit != "hour"):
            break
        pieces.append(piece)
        place = hit.end()
    if not pieces:
        return None
    first = pieces[0]
    total = Quantity(
        first.unit,
        first.count,
        sum(piece.months for piece in pieces),
        sum(piece.seconds for piece in pieces),
        all(piece.exact for piece in pieces),
        first.plain_month,
        first.plain_day and len(pieces) == 1,
    )
    return total, place


def _piece(hit: re.Match[str]) -> Quantity | None:
    unit, months, seconds = _UNITS[hit["unit"]]
    if hit["n"] and _is_a_name(hit["n"], unit):
        return None
    count = 0.5 if hit["half"] else _count(hit["n"])
    exact = count is not None and not (hit["more"] or hit["more2"] or hit["more3"])
    count = count or 0.0
    if hit["nhalf"] or hit["uhalf"]:
        count += 0.5
    if unit == "day" and hit["half"]:
        exact = False  # 等了半天 is a long while, not twelve hours
    whole_months = count * months
    days = 0.0
    if whole_months != int(whole_months):
        days = round((whole_months - int(whole_months)) * 30)  # half a month is fifteen days
    return Quantity(
        unit,
        count,
        int(whole_months),
        count * seconds + days * 86400,
        exact,
        hit["unit"] in ("月", "季度") and not hit["ge"] and hit["n"] not in ("两", "俩"),
        hit["unit"] == "日",
    )


def _is_a_name(text: str, unit: str) -> bool:
    """2021年 and 五八年 are years, not so many years."""
    if text.isdigit():
        return unit == "year" and int(text) >= 1000
    return len(text) > 1 and not neighbour_range(text) and all(char in "一二三四五六七八九" for char in text)


def _count(text: str) -> float | None:
    """None for 几, 三四, 3-5 and the like."""
    if text[0].isdigit():
        return float(text) if all(char.isdigit() or char == "." for char in text) else None
    if "几" in text or "数" in text or neighbour_range(text):
        return None
    value = parse_cardinal(text)
    return None if value is None else float(value)


@dataclass(frozen=True, slots=True)
class Offset(Node):
    """三天后, 两小时前: a moment for hours and less, a day for days, weeks and months, a year for years."""

    quantity: Quantity
    sign: int
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        moment = self.quantity.after(here.now, self.sign)
        if self.quantity.is_clock:
            return Span(moment, moment + timedelta(minutes=1), "minute", moment=True)
        if self.quantity.unit == "year" and self.quantity.months % 12 == 0 and not self.quantity.seconds:
            return Span(*calendar.year_of(moment), "year")
        return Span(*calendar.day_of(moment), "day", loose=self.quantity.unit != "day")


Direction = Literal["back", "before", "ahead", "within"]


@dataclass(frozen=True, slots=True)
class Window(Node):
    """A stretch of time beside now.

    back (近三天): whole days, today the last; before (前三天, 上两周): the whole units before this one;
    ahead (未来三天): whole days from tomorrow on; within (三天内): from today on, or back where the past is meant.
    """

    quantity: Quantity
    direction: Direction
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        quantity, direction = self.quantity, self.direction
        if direction == "within":
            direction = "ahead" if here.prefer == "future" else "back"
        if quantity.is_clock:
            return self._clock(here.now, direction)
        today = calendar.midnight(here.now)
        tomorrow = today + timedelta(days=1)
        if direction == "back":
            return Span(quantity.after(today, -1) + timedelta(days=1), tomorrow, "day")
        if direction == "ahead":
            start = today if self.direction == "within" else tomorrow
            return Span(start, quantity.after(start), "day")
        return self._whole_units(today)

    def _clock(self, now: datetime, direction: Direction) -> Span:
        grain: Grain = "hour" if self.quantity.unit == "hour" else "minute"
        if direction == "ahead":
            return Span(now, self.quantity.after(now), grain)
        return Span(self.quantity.after(now, -1), now, grain)

    def _whole_units(self, today: datetime) -> Span | None:
        unit = CALENDAR_UNITS.get(self.quantity.unit)
        if unit is None or self.quantity.count != int(self.quantity.count):
            return Span(self.quantity.after(today, -1), today, "day")
        end = calendar.floor(today, unit)
        return Span(calendar.add(end, -int(self.quantity.count), unit), end, unit)


@dataclass(frozen=True, slots=True)
class Ahead(Node):
    """下两周, 下三个月: whole calendar units after this one."""

    quantity: Quantity
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if self.quantity.is_clock:
            return Span(
                here.now, self.quantity.after(here.now), "hour" if self.quantity.unit == "hour" else "minute"
            )
        unit = CALENDAR_UNITS.get(self.quantity.unit)
        if unit is None or self.quantity.count != int(self.quantity.count):
            return None
        start = calendar.period(here.now, unit, 1)[0]
        return Span(start, calendar.add(start, int(self.quantity.count), unit), unit)


@dataclass(frozen=True, slots=True)
class Now(Node):
    """现在."""

    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        return Span(here.now, here.now + timedelta(minutes=1), "minute", moment=True)
