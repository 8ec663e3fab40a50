"""Named days: solar and lunar festivals, solar terms, and the public holidays around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar

from chinese import holidays
from chinese.lunar import SOLAR_TERMS, LunarDateError, new_years_eve, solar_term, to_solar
from chinese.time.model import Context, Span
from chinese.time.nodes import Cycle, Node, day_span, span_of
from chinese.time.nodes_nth import NthWeekday
from chinese.time.workdays import known_years

# Name to (month, day).
SOLAR: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("元旦节", "元旦"), (1, 1)),
    **dict.fromkeys(("情人节",), (2, 14)),
    **dict.fromkeys(("三八妇女节", "国际妇女节", "妇女节", "三八节", "女神节"), (3, 8)),
    **dict.fromkeys(("植树节",), (3, 12)),
    **dict.fromkeys(("消费者权益日",), (3, 15)),
    **dict.fromkeys(("愚人节",), (4, 1)),
    **dict.fromkeys(("五一国际劳动节", "五一劳动节", "国际劳动节", "劳动节", "五一节", "五一"), (5, 1)),
    **dict.fromkeys(("五四青年节", "青年节"), (5, 4)),
    **dict.fromkeys(("国际护士节", "护士节"), (5, 12)),
    **dict.fromkeys(("六一儿童节", "国际儿童节", "儿童节", "六一节", "六一"), (6, 1)),
    **dict.fromkeys(("七一建党节", "建党节", "香港回归纪念日"), (7, 1)),
    **dict.fromkeys(("八一建军节", "建军节"), (8, 1)),
    **dict.fromkeys(("中国医师节", "医师节"), (8, 19)),
    **dict.fromkeys(("教师节",), (9, 10)),
    **dict.fromkeys(("十一国庆节", "国庆节", "国庆"), (10, 1)),
    **dict.fromkeys(("万圣节",), (10, 31)),
    **dict.fromkeys(("双十一", "双11", "光棍节"), (11, 11)),
    **dict.fromkeys(("双十二", "双12"), (12, 12)),
    **dict.fromkeys(("平安夜", "圣诞前夜", "圣诞前夕", "圣诞节前夜", "圣诞节前夕"), (12, 24)),
    **dict.fromkeys(("圣诞节", "圣诞"), (12, 25)),
    **dict.fromkeys(("跨年夜",), (12, 31)),
}
LUNAR: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("春节", "大年初一", "年初一", "农历新年", "农历年"), (1, 1)),
    **dict.fromkeys(("元宵节", "元宵", "上元节", "正月十五元宵节"), (1, 15)),
    **dict.fromkeys(("龙抬头", "二月二龙抬头"), (2, 2)),
    **dict.fromkeys(("端午节", "端午", "端阳节", "龙舟节"), (5, 5)),
    **dict.fromkeys(("七夕节", "七夕", "乞巧节"), (7, 7)),
    **dict.fromkeys(("中元节", "盂兰盆节", "盂兰节", "鬼节"), (7, 15)),
    **dict.fromkeys(("八月十五中秋节", "中秋节", "中秋"), (8, 15)),
    **dict.fromkeys(("九九重阳节", "重阳节", "重阳"), (9, 9)),
    **dict.fromkeys(("腊八节", "腊八"), (12, 8)),
    **dict.fromkeys(("北方小年", "小年"), (12, 23)),
    **dict.fromkeys(("南方小年",), (12, 24)),
}
EVE = ("除夕夜", "大年三十", "年三十", "大年夜", "除夕")
# Name to (month, n-th, weekday).
MOVING: dict[str, tuple[int, int, int]] = {"母亲节": (5, 2, 7), "父亲节": (6, 3, 7), "感恩节": (11, 4, 4)}
# Terms whose names are ordinary words too need 节气 or 节 or a year before them; these stand alone.
TERMS = tuple(
    term for term in SOLAR_TERMS if term not in ("小雪", "大雪", "雨水", "小满", "白露", "大寒", "小寒")
)

NAMES = (*SOLAR, *LUNAR, *EVE, *MOVING)


@dataclass(frozen=True, slots=True)
class Festival(Node):
    """A festival's one day within a year."""

    name: str
    repeats: ClassVar[Cycle] = "year"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        day = None if frame is None else festival_day(self.name, frame.start.year)
        # 除夕夜八点 is in the evening.
        return None if day is None else replace(day_span(day), part="晚上" if self.name[-1] == "夜" else None)


def festival_day(name: str, year: int) -> date | None:
    """The day of a festival or solar term within a solar year; None outside the lunar table."""
    if name in SOLAR:
        return date(year, *SOLAR[name])
    if name in MOVING:
        month, nth, weekday = MOVING[name]
        found = NthWeekday(nth, weekday).within(span_of("month", datetime(year, month, 1)))
        return found.start.date() if found else None
    try:
        if name in EVE:
            return new_years_eve(year)
        if name in LUNAR:
            month, day = LUNAR[name]
            # The end of a lunar year lies in January or February of the next solar one.
            return to_solar(year - 1 if month == 12 else year, month, day)
    except LunarDateError:
        return None
    return solar_term(year, name) if 1900 <= year <= 2100 else None


@dataclass(frozen=True, slots=True)
class HolidayPeriod(Node):
    """国庆期间, 五一假期: the days off of a public holiday's yearly notice."""

    name: str
    repeats: ClassVar[Cycle] = "year"

    def at(self, frame: Span | None, here: Context) -> Span | None:
        if frame is None:
            return None
        with known_years():
            first, last = holidays.holiday_range(self.name, frame.start.year)
        return Span(day_span(first).start, day_span(last).end, "day")


@dataclass(frozen=True, slots=True)
class HolidayEdge(Node):
    """节前, 国庆节前: the last working day before a holiday; 节后: the first one after it."""

    name: str | None
    after: bool

    @property
    def cycle(self) -> Cycle:
        return "year" if self.name else None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        table = holidays.TABLE
        with known_years():
            holiday = (
                table.holiday(self.name, frame.start.year)
                if self.name and frame
                else near_holiday(self.after, here)
            )
            edge = table.workday_after(holiday.last) if self.after else table.workday_after(holiday.first, -1)
        return day_span(edge)


def near_holiday(after: bool, here: Context) -> holidays.Holiday:
    """The holiday of 节前 (the next one) or of 节后 (the last one); `UnknownYear`."""
    today = here.now.date()
    return holidays.TABLE.last_holiday(today) if after else holidays.TABLE.next_holiday(today)


@dataclass(frozen=True, slots=True)
class NearHoliday(Node):
    """节|前三天, 节|后一周: the days off that are counted from."""

    after: bool
    repeats: ClassVar[Cycle] = None

    def at(self, frame: Span | None, here: Context) -> Span | None:
        with known_years():
            holiday = near_holiday(self.after, here)
        return Span(day_span(holiday.first).start, day_span(holiday.last).end, "day")
