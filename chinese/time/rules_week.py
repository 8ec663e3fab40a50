"""The grammar of weeks, weekdays and named or counted days."""

from __future__ import annotations

import re

from chinese.time import words as w
from chinese.time.nodes import (
    DayOfMonth,
    Node,
    Relative,
    SameDay,
    SameTime,
    SomeDays,
    SomeYears,
    Weekday,
    Weekend,
    YearPart,
)
from chinese.time.nodes_nth import NthWeekday
from chinese.time.rule import Rule
from chinese.time.rules_calendar import (
    ALSO,
    DD,
    MD,
    NO_UNIT,
    NOT_MEASURED,
    NTH,
    SAFE_DAY,
    UNIT,
    edge_units,
    line,
    month_day,
    nth,
    nth_unit,
    relative,
)

# 周三14:00, 周三9点 and 周三2个号 are days; 周5100 and 周三报 are not.
_MORE = r"[百千万]|报|(?<=\d)\d"
# 本周五官科, 本周三甲医院, 本周二维码: the numeral belongs to the word behind it.
_OTHER_WORD = r"(?<=五)官|(?<=三)(?:[甲叉维伏]|九[感胃])|(?<=二)维|(?<=四)肢|(?<=六)味|(?<=日)[间常报均]|(?<=一)(?:[共直般些定样]|点[也都儿]|下[子,。]|下$)|楼|层|诊室|(?<=\d)号|号[楼窗诊床线房厅台机]"
_SATURDAY_SUNDAY = rf"六\s*[、,和跟到至]?\s*{w.WEEK}?[日天](?![报\d])"
_WHOLES = "year quarter half month week"
WEEKS = [
    line("weekend", rf"(?<![每]){w.WEEK}{_SATURDAY_SUNDAY}", lambda hit, now_year: Weekend()),
    line("weekend", rf"的?{w.WEEK}?{_SATURDAY_SUNDAY}", lambda hit, now_year: Weekend(), "week", head=False),
    line(
        "year",
        rf"(?<![{w.NUMERALS}\d个半每今去明前后])(?P<u>[年月])内",
        lambda hit, now_year: Relative("year" if hit["u"] == "年" else "month", 0),
    ),
    line(
        "weekday",
        rf"(?<![\d每])(?<!(?<![周期拜])[{w.NUMERALS}])(?:{w.WEEK})\s*(?P<d>{w.WEEKDAY})(?!\s*[次趟回遍])(?!{_MORE})",
        lambda hit, now_year: Weekday(w.WEEKDAYS[hit["d"]]),
        "date day counted window",
    ),
    line(
        "weekday",
        rf"的?(?:{w.WEEK})?\s*(?P<d>{w.WEEKDAY})(?!\s*(?:[次趟回遍个位名例天年月]|人(?![次数均])))(?!{_MORE}|{_OTHER_WORD})",
        lambda hit, now_year: Weekday(w.WEEKDAYS[hit["d"]]),
        "week",
        head=False,
    ),
    line(
        "weekday",
        rf"{NTH}个?{w.WEEK}(?P<d>{w.WEEKDAY})(?!\s*[次趟回遍])",
        lambda hit, now_year: NthWeekday(nth(hit["nth"]), w.WEEKDAYS[hit["d"]]),
        "month",
    ),
    line(
        "weekday",
        rf"{NTH}个{w.WEEK}(?P<d>{w.WEEKDAY})(?!\s*[次趟回遍])",
        lambda hit, now_year: NthWeekday(nth(hit["nth"]), w.WEEKDAYS[hit["d"]]),
        "year quarter half",
        head=False,
    ),
    line("weekend", r"(?:周末(?!次)|双休日?)", lambda hit, now_year: Weekend()),
    line("weekend", r"的?(?:周|星期)?末(?!次)", lambda hit, now_year: Weekend(), "week", head=False),
    line("week", rf"(?P<rel>{w.RELATIVE}){w.WEEK}(?!期|岁|年|边|围)", relative("week")),
    *(
        line(level, rf"{NTH}个?(?P<u>{names})", nth_unit, after, head=False)
        for level, names, after in (
            ("week", "周|星期|礼拜", _WHOLES),
            ("day", "天|日", _WHOLES + " slice holiday"),
            ("month", "月", _WHOLES),
            ("quarter", "季度", _WHOLES),
        )
    ),
    line(
        "slice",
        rf"(?P<side>前|后|头|最后)\s*(?P<n>{w.SMALL})\s*个?{UNIT}",
        edge_units,
        "year quarter half month week",
        head=False,
    ),
]

_PAIRS = {"今明": 0, "明后": 1, "昨今": -1, "前昨": -2, "去今": -1, "前去": -2}


def _two_days(hit: re.Match[str], now_year: int) -> Node:
    """今明两天, 明后天, 今明后三天."""
    return SomeDays(_PAIRS[hit["p"]], 3 if hit["three"] else 2)


def _two_years(hit: re.Match[str], now_year: int) -> Node:
    """今明两年, 去今两年."""
    return SomeYears(_PAIRS[hit["p"]], 2)


def _season(hit: re.Match[str], now_year: int) -> Node:
    return YearPart({"春": 3, "夏": 6, "秋": 9, "冬": 12}[hit["s"]], 3, "quarter")


_THIS_TIME = r"的?(?:这个?时[候间]|这个?点|这会儿?|此时|此刻|同一?时[间刻])"

DAYS_RULES = [
    line("window", r"(?P<p>今明|明后|昨今|前昨)(?:[两二2]?天|[两二2]日|(?P<three>后[三3]天))", _two_days),
    line("window", r"(?P<p>今明|明后|去今|前去)[两二2]年", _two_years),
    line("quarter", r"的?(?P<s>[春夏秋冬])[天季]", _season, "year", head=False),
    line("day", _THIS_TIME, lambda hit, now_year: Relative("day", 0), "year month week", head=False),
    line("clock", _THIS_TIME, lambda hit, now_year: SameTime(), "day counted date weekday", head=False),
    line("date", r"的?(?:今天|今日|同一天|这一天)", lambda hit, now_year: SameDay(), "counted", head=False),
    line("month", r"的?同月份?", lambda hit, now_year: Relative("month", 0), "year", head=False),
    line("quarter", r"的?同一?季度?", lambda hit, now_year: Relative("quarter", 0), "year", head=False),
    line("day", r"的?同[一]?[日天]", lambda hit, now_year: Relative("day", 0), "year month week", head=False),
    line("year", r"全年|(?<!一)整年", lambda hit, now_year: Relative("year", 0)),
    line("month", r"全月", lambda hit, now_year: Relative("month", 0)),
    line(
        "day",
        rf"(?P<d>{w.one_of(w.DAYS)})(?!性|津|(?<=后儿)[科童子女媳歌])",
        lambda hit, now_year: Relative("day", w.DAYS[hit["d"]]),
        "year month week",
    ),
    line(
        "day",
        r"(?P<d>[今明昨当]|(?:(?<![\u4e00-\u9fff])|(?<=[在约挂改到是和要从]))[前后])(?=[早晚晨夜](?![期餐饭点]))",
        lambda hit, now_year: Relative("day", w.SHORT_DAYS[hit["d"]]),
    ),
    line(
        "date",
        rf"(?<![\d.第叫])(?<!叫到)(?P<d>{w.DAY})\s*(?:[日号](?!{w.NUMERALS})|(?={w.JOIN}{w.DAY}[日号])|(?={ALSO}(?:{w.DAY}{ALSO})*{w.DAY}[日号]{SAFE_DAY})){SAFE_DAY}",
        lambda hit, now_year: DayOfMonth(w.value_of(hit["d"])),
        "month window counted weekday",
    ),
    line(
        "date",
        r"的?(?P<d>廿[一二三四五六七八九]?|卅一?)(?!\s*号)",
        lambda hit, now_year: DayOfMonth(w.value_of(hit["d"])),
        "month",
        head=False,
    ),
    line(
        "date",
        rf"{NOT_MEASURED}{MD}(?P<s>[-/.]){DD}{NO_UNIT}(?:[日号])?",
        month_day,
        "year weekday",
    ),
]

RULES: list[Rule] = [*WEEKS, *DAYS_RULES]
