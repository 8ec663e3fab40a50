"""The grammar of named days, parts of the day and clock times."""

from __future__ import annotations

import re

from chinese import holidays
from chinese.lunar import SOLAR_TERMS
from chinese.time import words as w
from chinese.time.clock import LAST_AFTERNOON_HOUR, PART_WORDS, Clock, PartOfDay
from chinese.time.festivals import NAMES, TERMS, Festival, HolidayEdge, HolidayPeriod, NearHoliday
from chinese.time.nodes import Node
from chinese.time.nodes_nth import Beside, NthDayFrom
from chinese.time.quantity import Now
from chinese.time.rule import Build, Rule
from chinese.time.rules_calendar import ALSO, nth
from chinese.time.workdays import NthWorkday, Workday, WorkdayBeside

_DAY_LEVELS = "day counted date weekday festival"
_SPANS = "week weekend holiday window slice range"
_HOLIDAYS = w.one_of(holidays.ALIASES)
_HOLIDAY = rf"(?<![{w.NUMERALS}\d])(?P<f>{_HOLIDAYS})"
# 节前, 节后: not within 关节, 季节, 护士节.
_SOME_HOLIDAY = r"(?<![关季环情细调音支末结小礼脊拍字骨枝章使士亲师物影书文艺乐生冰酒花茶树])节"
_BESIDE = rf"(?P<nth>第)?\s*(?P<n>{w.SMALL})\s*(?:个?(?P<u>天|周|星期|礼拜)|个(?P<m>月))"
_NTH_WORKDAY = rf"(?P<w>第{w.SMALL}|最后一?|首)个?工作日"
_COUNTED = rf"(?:第?{w.SMALL}\s*(?:个?(?:天|周|星期|礼拜)|个月)|(?:第{w.SMALL}|首)个?工作日)"
_FIRST_WORKDAY = r"第一个(?:工作日|上班日)|上班的?(?:第一天|头一天)"


def _rule(level: str, source: str, build: Build, after: str = "", head: bool = True) -> Rule:
    return Rule(level, source, build, frozenset(after.split()), head)


def _part(hit: re.Match[str], now_year: int) -> Node:
    return PartOfDay(PART_WORDS[hit["p"]])


def _clock(hit: re.Match[str], now_year: int) -> Node | None:
    hour = w.value_of(hit["h"])
    minute = _minute(hit)
    if hour > 24 or (hour == 24 and minute):
        return None
    second = w.value_of(hit["s"]) if hit["s"] else 0
    return Clock(hour, minute or 0, second, exact=_is_exact(hit["h"]), hour_only=minute is None)


def _is_exact(hour: str) -> bool:
    """08 and 0 are written on the 24-hour clock."""
    return hour[0] == "0" or hour in "零〇"


def _minute(hit: re.Match[str]) -> int | None:
    if hit["half"]:
        return 30
    if hit["quarter"]:
        return 15 * w.value_of(hit["quarter"])
    if hit["m"]:
        return w.value_of(hit["m"])
    return None


def _digital(hit: re.Match[str], now_year: int) -> Node | None:
    hour, minute, second = int(hit["h"]), int(hit["m"]), int(hit["s"] or 0)
    if hour == 24 and (minute or second):
        return None
    if hit["ap"]:
        return _on_english_clock(hour, minute, hit["ap"])
    return Clock(hour, minute, second, exact=hit["s"] is not None or _is_exact(hit["h"]))


def _on_english_clock(hour: int, minute: int, half: str, *, hour_only: bool = False) -> Node | None:
    """3pm, 10:30 AM."""
    if hour > 12:
        return Clock(hour, minute, exact=True)
    return Clock(hour % 12 + (12 if half[0] in "pP" else 0), minute, exact=True, hour_only=hour_only)


def _english_hour(hit: re.Match[str], now_year: int) -> Node | None:
    return _on_english_clock(int(hit["h"]), 0, hit["ap"], hour_only=True)


def _before_hour(hit: re.Match[str], now_year: int) -> Node | None:
    """差五分九点, 九点差五分, 差一刻九点."""
    short = 15 * w.value_of(hit["quarter"]) if hit["quarter"] else w.value_of(hit["m"])
    hour = w.value_of(hit["h"])
    if not 1 <= hour <= 24 or not 1 <= short < 60:
        return None
    # The hour named decides morning or afternoon: 差五分七点 is in the morning, 差五分一点 after noon.
    return Clock(hour - 1 or 12, 60 - short, exact=hour == LAST_AFTERNOON_HOUR + 1)


def _two_hours(hit: re.Match[str], now_year: int) -> Node:
    """七八点, 十一二点."""
    return Clock(11 if hit["h"] == "十" else w.value_of(hit["h"]), hour_only=True, hours=2)


def _beside(hit: re.Match[str]) -> Node:
    unit = "month" if hit["m"] else "day" if hit["u"] == "天" else "week"
    return Beside(w.value_of(hit["n"]), unit, hit["side"] == "后", single=hit["nth"] is not None)  # type: ignore[arg-type]


def _workday_beside(hit: re.Match[str]) -> Node | None:
    """后第二个工作日, 前最后一个工作日; the last one after a day there is not."""
    number = nth(hit["w"])
    if hit["side"] == "后":
        return WorkdayBeside(number) if number > 0 else None
    return WorkdayBeside(-abs(number))


_TWO = "十(?=一二)|" + "|".join(
    f"{a}(?={b})" for a, b in zip("一二三四五六七八两", "二三四五六七八九三", strict=True)
)
_QUARTER = r"(?P<quarter>[一三13])刻钟?"
_SMALL_MINUTE = rf"(?:{w.MINUTE}|\d|[{w.NUMERALS[2:12]}])"
_TAIL = r"(?:\s*(?:左右|前后|多钟?|来钟|许))?"
# 一点都不疼 is a bit; 九点都行 and 十一点疼醒 are times.
_NO_BIT = r"(?:(?<=[十廿]一点)|(?<=11点)|(?<![一1]点)|(?!疼|痛|不|没|都|也|毛病|心|事))"
_NO_HOUR = rf"(?!\s*[{w.NUMERALS}\d])(?!多?[点儿度]|几|建议|意见|要求|原因|问题|说明|时间|差[别异])" + _NO_BIT
_CLOCK_TAIL = (
    rf"(?:\s*整|钟|\s*(?P<half>半)|\s*过?\s*{_QUARTER}|\s*过?\s*(?P<m>{w.MINUTE}(?![\d个次元块号楼]|指肠)|(?:\d|[{w.NUMERALS[2:12]}])(?=分))\s*分?(?!钟[之以]?[前后内])(?:(?<=分)\s*(?P<s>{w.MINUTE}|\d|[{w.NUMERALS[2:12]}])\s*秒)?"
    rf"|{_NO_HOUR})"
)
_HOUR_WORD = r"(?:点钟?|时(?![期候间段常而代]))"

NAMED = [
    _rule(
        "edge",
        rf"(?:{_HOLIDAY}节|{_SOME_HOLIDAY})(?P<side>前(?![后列面台往夕])(?:最后一个工作日)?|后(?![背脑颈腰悔面续勤])(?:{_FIRST_WORKDAY})?)(?!第?[{w.NUMERALS}\d]|最后)",
        lambda hit, now_year: HolidayEdge(hit["f"], hit["side"][0] == "后"),
    ),
    _rule(
        "edge",
        rf"(?P<f>{_HOLIDAYS})(?:节|假期|放?假|长假)?(?:之|以)?(?P<side>前最后一个工作日|后(?:{_FIRST_WORKDAY}))",
        lambda hit, now_year: HolidayEdge(hit["f"], hit["side"][0] == "后"),
        "year",
    ),
    # After a public holiday is after its days off; 国庆节后 alone was its first working day.
    _rule(
        "holiday",
        rf"{_HOLIDAY}节?(?=(?:之|以)?后{_COUNTED}|{w.AFTER}|的?最后一天)",
        lambda hit, now_year: HolidayPeriod(hit["f"]),
        "year",
    ),
    _rule(
        "holiday",
        rf"{_SOME_HOLIDAY}(?=(?:之|以)?(?P<side>[前后]){_COUNTED})",
        lambda hit, now_year: NearHoliday(hit["side"] == "后"),
    ),
    _rule(
        "holiday",
        rf"{_HOLIDAY}节?这?[一二两三四五六七八九3-9]天(?:假期?|小?长假)?(?![前后内])",
        lambda hit, now_year: HolidayPeriod(hit["f"]),
        "year",
    ),
    _rule("festival", rf"(?<![{w.NUMERALS}\d])十一(?:当天|那天)", lambda hit, now_year: Festival("国庆")),
    _rule(
        "festival",
        rf"十一(?:当天|那天)?(?!\s*[月点号日时个天届年周世{w.NUMERALS}\d])",
        lambda hit, now_year: Festival("国庆"),
        "year",
        head=False,
    ),
    _rule(
        "holiday",
        rf"(?P<f>{_HOLIDAYS})节?(?:放假期间|小长假|长假|黄金周|期间|假期|假日|放假(?![吗么嘛没不]))(?:期间)?",
        lambda hit, now_year: HolidayPeriod(hit["f"]),
        "year",
    ),
    _rule(
        "festival",
        rf"(?P<f>{w.one_of(NAMES)})(?!(?<=夜)里)(?<![{w.NUMERALS}])(?:当天|那天|当日)?(?!\s*[{w.NUMERALS}\d]+周年|[路医院街广])",
        lambda hit, now_year: Festival(hit["f"]),
        "year",
    ),
    _rule(
        "festival",
        rf"(?P<f>{w.one_of(NAMES)})(?!(?<=夜)里)(?:当天|那天|当日)?(?!(?!{w.HOUR}(?:点|时|:\d))[{w.NUMERALS}\d]|[路医院街广])",
        lambda hit, now_year: Festival(hit["f"]),
        "year",
    ),
    _rule(
        "festival",
        rf"(?P<f>{w.one_of(TERMS)})(?:节气|节|当天|那天)?",
        lambda hit, now_year: Festival(hit["f"]),
        "year",
    ),
    _rule(
        "festival",
        rf"(?P<f>{w.one_of(SOLAR_TERMS)})(?:节气)?",
        lambda hit, now_year: Festival(hit["f"]),
        "year",
        head=False,
    ),
    _rule("festival", rf"(?P<f>{w.one_of(SOLAR_TERMS)})节气", lambda hit, now_year: Festival(hit["f"])),
    _rule(
        "slice",
        rf"(?:之|以)?(?P<side>[前后]){_BESIDE}",
        lambda hit, now_year: _beside(hit),
        f"{_DAY_LEVELS} holiday",
        head=False,
    ),
    _rule(
        "day",
        r"的?(?:前夕|(?:之|以)?前的?最后一天)",
        lambda hit, now_year: Beside(1, "day", False),
        "festival holiday",
        head=False,
    ),
    _rule(
        "day",
        rf"的?第(?P<n>{w.SMALL})天",
        lambda hit, now_year: NthDayFrom(w.value_of(hit["n"])),
        "festival",
        head=False,
    ),
    _rule(
        "day",
        rf"(?:之|以)?(?P<side>[前后])的?{_NTH_WORKDAY}",
        lambda hit, now_year: _workday_beside(hit),
        f"{_DAY_LEVELS} holiday",
        head=False,
    ),
    _rule(
        "day",
        _NTH_WORKDAY,
        lambda hit, now_year: NthWorkday(nth(hit["w"])),
        "year quarter half month week holiday",
        head=False,
    ),
    _rule("day", r"(?:下|(?<!最)后|最近的?)一?个工作日", lambda hit, now_year: Workday(1)),
    _rule("day", r"(?:上|前)一?个工作日", lambda hit, now_year: Workday(-1)),
]

PARTS = [
    _rule(
        "clock",
        rf"的?正午(?!\s*{w.HOUR}(?:点|时|:))",
        lambda hit, now_year: Clock(12, exact=True),
        f"{_DAY_LEVELS} edge",
    ),
    _rule(
        "part",
        rf"(?P<p>{w.PART})(?!(?<=[早晚]上)[班课学网])(?:的?时候|时段)?",
        _part,
        f"{_DAY_LEVELS} edge {_SPANS}",
    ),
    _rule(
        "part",
        r"(?P<p>[早晚晨夜])(?!(?<=早)晚)(?=(?<=[今明昨当].)[^期餐饭班点]|上?\s*$|[^期餐饭点一些班搏产泄就退了起孕])",
        _part,
        _DAY_LEVELS,
        head=False,
    ),
    _rule("part", rf"(?P<p>[早晚])(?=\s*{w.HOUR}(?:点|时|:))", _part, _DAY_LEVELS),
    _rule("part", r"(?P<p>全天|一?整天|全日)", _part, f"{_DAY_LEVELS} edge", head=False),
]

CLOCKS = [
    _rule(
        "clock",
        r"(?<![\d.])(?<!\d:)(?P<h>1[0-2]|0?[1-9])\s?(?P<ap>[AaPp][Mm])(?![A-Za-z])",
        _english_hour,
        f"{_DAY_LEVELS} edge part",
    ),
    _rule(
        "clock",
        r"(?<![\d.])(?<!\d:)(?P<h>2[0-4]|[01]?\d):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d{1,6})?)?(?![\d:])\s*(?:[时分]|(?P<ap>[AaPp][Mm](?![A-Za-z])))?",
        _digital,
        f"{_DAY_LEVELS} edge part",
    ),
    _rule(
        "clock",
        rf"差\s*(?:{_QUARTER}|(?P<m>{_SMALL_MINUTE})\s*分钟?)\s*(?:就?到?)?(?P<h>{w.HOUR}){_HOUR_WORD}",
        _before_hour,
        f"{_DAY_LEVELS} edge part",
    ),
    _rule(
        "clock",
        rf"(?P<h>{w.HOUR}){_HOUR_WORD}\s*差\s*(?:{_QUARTER}|(?P<m>{_SMALL_MINUTE})\s*分钟?)",
        _before_hour,
        f"{_DAY_LEVELS} edge part",
    ),
    _rule(
        "clock",
        rf"(?P<h>{_TWO})(?:(?<=十)一)?.{_HOUR_WORD}{_TAIL}{_NO_HOUR}",
        _two_hours,
        f"{_DAY_LEVELS} edge part",
    ),
    _rule(
        "clock",
        rf"(?P<h>{w.HOUR})\s*{_HOUR_WORD}{_CLOCK_TAIL}{_TAIL}",
        _clock,
        f"{_DAY_LEVELS} edge part",
    ),
    _rule(
        "clock",
        rf"(?<![\d.])(?<!\d:)(?P<h>{w.HOUR})(?P<half>)(?P<quarter>)(?P<m>)(?P<s>)(?=(?:{w.JOIN}|{ALSO}){w.HOUR}\s*(?:点(?![{w.NUMERALS}\d]?[建意要原问说])|时(?![期候间])))",
        _clock,
        f"{_DAY_LEVELS} edge part",
    ),
    _rule(
        "clock",
        r"现在|此时此刻|此时|此刻|这会儿|这时候?(?![间段期])|这一刻|眼下|目前|当前|当下",
        lambda hit, now_year: Now(),
    ),
]

RULES: list[Rule] = [*NAMED, *PARTS, *CLOCKS]
