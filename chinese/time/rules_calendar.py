"""The grammar of years, seasons, months, weeks and days."""

from __future__ import annotations

import re

from chinese.time import words as w
from chinese.time.nodes import (
    DayOfMonth,
    Decade,
    FullDate,
    FullMonth,
    MonthDay,
    MonthSlice,
    Node,
    Relative,
    Weekday,
    Weekend,
    Year,
    YearPart,
)
from chinese.time.nodes_lunar import LunarDay, LunarMonth
from chinese.time.nodes_nth import EdgeUnits, NthUnit, NthWeek, NthWeekday
from chinese.time.rule import Build, Rule

DAYS = "day weekday"
_NOT_DIGIT = r"(?<![\d.])"
# A bare 11.20 or 3-5 that a unit follows, or that stands after a measured thing, is no date.
_NO_UNIT = (
    r"(?![\d.%‰:/])(?!\s*[%‰])(?!\s+\d(?!\d?:))(?!\s*[-~—](?!\s*\d{1,2}[-/.]\d{1,2}(?!\d)))(?!\s*(?:[岁人个天年周月点分元块度次公毫千万百名位例片粒支楼倍升米克斤级折角℃以]|小时|星期|礼拜"
    r"|季度|的科|[kKmMcCuUgGlL]))"
)
_NOT_MEASURED = r"(?<![\d.:/+<>=≥≤$¥])(?<![糖压温酸率度分值于过超达重高低钾钠钙脂蛋白比大小])"
_MD = r"(?P<m>1[0-2]|0?[1-9])"
_DD = r"(?P<d>3[01]|[12]\d|0?[1-9])"
_NTH = rf"(?P<nth>第{w.SMALL}|最后一?|倒数第{w.SMALL}|首)"
_UNIT = r"(?P<u>半年|季度|月|周|星期|礼拜|天|日)"
_UNIT_NAMES = {
    **{"半年": "half_year", "季度": "quarter", "月": "month", "周": "week"},
    **{"星期": "week", "礼拜": "week", "天": "day", "日": "day"},
}
_LUNAR = r"(?:(?:农历|阴历|旧历)的?)"
_LUNAR_DAY = r"(?:初[一二三四五六七八九十]|初(?:10|[1-9])|廿[一二三四五六七八九]?)"
_SAFE_DAY = r"(?![线楼诊窗床门机院厅房病球台柜桌馆井元报常本均染结])(?!\s*[一二三四两\d]\s*[次餐顿])"


def _full_date(hit: re.Match[str], now_year: int) -> Node:
    return FullDate(int(hit["y"]), int(hit["m"]), int(hit["d"]))


def _digits(text: str) -> int:
    return int(text) if text.isdigit() else int("".join(str(w.value_of(char)) for char in text))


def _near_year(hit: re.Match[str], now_year: int) -> Node:
    """A two-digit year is the one nearest to now (91 in 2021 is 1991)."""
    digits, century = _digits(hit["y"]), now_year // 100 * 100
    return Year(
        min((century + shift + digits for shift in (-100, 0, 100)), key=lambda year: abs(year - now_year))
    )


def _month_day(hit: re.Match[str], now_year: int) -> Node:
    return MonthDay(w.value_of(hit["m"]), w.value_of(hit["d"]))


def _lunar_month(text: str) -> int:
    named = {"正": 1, "冬": 11, "腊": 12}
    return named[text] if text in named else w.value_of(text)


def _lunar_day(hit: re.Match[str], now_year: int) -> Node | None:
    day = w.value_of(hit["d"].removeprefix("初"))
    if hit["m"] is None:
        return LunarDay(None, day) if day <= 30 else None
    month = _lunar_month(hit["m"] or "正")
    return LunarDay(month, day, "闰" in hit[0]) if day <= 30 else None


def _relative(unit: str) -> Build:
    return lambda hit, now_year: Relative(unit, w.relative_offset(hit["rel"]))  # type: ignore[arg-type]


def _nth(text: str) -> int:
    if text.startswith("最后"):
        return -1
    if text.startswith("倒数"):
        return -w.value_of(text.removeprefix("倒数第"))
    return 1 if text == "首" else w.value_of(text.removeprefix("第"))


def _nth_unit(hit: re.Match[str], now_year: int) -> Node:
    unit = _UNIT_NAMES[hit["u"]]
    return NthWeek(_nth(hit["nth"])) if unit == "week" else NthUnit(_nth(hit["nth"]), unit)  # type: ignore[arg-type]


def _edge_units(hit: re.Match[str], now_year: int) -> Node:
    last = hit["side"] in ("后", "最后")
    return EdgeUnits(w.value_of(hit["n"]), _UNIT_NAMES[hit["u"]], last)  # type: ignore[arg-type]


def _quarter(hit: re.Match[str], now_year: int) -> Node:
    return YearPart(3 * w.value_of(hit["q"]) - 2, 3, "quarter")


def _decade(hit: re.Match[str], now_year: int) -> Node:
    tens = w.value_of(hit["tens"])
    start = tens if tens >= 10 else tens * 10
    if hit["last"]:
        return Decade(now_year // 100 * 100 - 100 + start)
    if hit["this"]:
        return Decade(now_year // 100 * 100 + start)
    return Decade((w.value_of(hit["century"]) - 1) * 100 + start if hit["century"] else start)


def _rule(level: str, source: str, build: Build, after: str = "", head: bool = True) -> Rule:
    return Rule(level, source, build, frozenset(after.split()), head)


DATES = [
    _rule(
        "date",
        rf"{_NOT_DIGIT}(?P<y>(?:19|20)\d\d)(?P<s>[-/.])\s?{_MD}(?P=s)\s?{_DD}(?!\d)[日号]?(?:T(?=\d))?",
        _full_date,
    ),
    _rule(
        "date", r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)", _full_date
    ),
    _rule(
        "month",
        rf"{_NOT_DIGIT}(?P<y>(?:19|20)\d\d)[-/.]{_MD}(?![\d\-/.])月?",
        lambda hit, now_year: FullMonth(int(hit["y"]), int(hit["m"])),
    ),
]

YEARS = [
    _rule(
        "decade",
        rf"(?:(?P<last>上个?世纪)|(?P<this>本世纪)|(?P<century>{w.SMALL})世纪)?的?(?P<tens>[1-9]0|[二三四五六七八九]十)年代",
        _decade,
    ),
    _rule(
        "year",
        rf"(?<!\d)(?P<y>{w.FOUR_DIGIT_YEAR}|{w.CHINESE_YEAR})(?:\s*年度?|(?={w.JOIN}(?:{w.FOUR_DIGIT_YEAR}|{w.CHINESE_YEAR})\s*年))",
        lambda hit, now_year: Year(_digits(hit["y"])),
    ),
    _rule("year", r"(?<![\d.])(?P<y>0\d|[3-9]\d)年(?![级龄前后内以之多])", _near_year),
    _rule(
        "year",
        r"(?<![\d.了过近约满有已前后第共达超])(?P<y>[12]\d)年(?![级龄前后内以之多来半左或])",
        _near_year,
    ),
    _rule(
        "year",
        r"(?P<y>[零〇一二三四五六七八九]{2})年(?![级龄内以之多]|[前后](?![一二三四五六七八九十两\d]))",
        _near_year,
    ),
    _rule(
        "year",
        rf"(?P<rel>{w.one_of(w.YEARS)})度?(?![头级])",
        lambda hit, now_year: Relative("year", w.YEARS[hit["rel"]]),
    ),
]

_YEAR_TAILS = {"初": 1, "底": 12, "末": 12}
HALVES = [
    _rule("half", r"[上前]半年(?![来以])", lambda hit, now_year: YearPart(1, 6, "half_year"), "year"),
    _rule("half", r"[下后]半年(?![来以])", lambda hit, now_year: YearPart(7, 6, "half_year"), "year"),
    _rule("half", r"(?P<rel>(?:上上|上|下)一?个|本|这个?)半年", _relative("half_year")),
    _rule("quarter", r"第?(?P<q>[一二三四1-4])\s*个?季度", _quarter, "year"),
    _rule("quarter", r"[Qq](?P<q>[1-4])(?!\d)", _quarter, "year"),
    _rule("quarter", rf"(?P<rel>{w.RELATIVE})季度", _relative("quarter"), "year"),
    _rule(
        "month",
        r"(?P<has>年)?(?P<t>[初底末])",
        lambda hit, now_year: YearPart(_YEAR_TAILS[hit["t"]], 1, "month"),
        "year",
        head=False,
    ),
    _rule(
        "month",
        r"(?<![前半每去今明后一两几三四五六七八九十\d])年(?P<t>[初底末])(?![一二三四五六七八九十])",
        lambda hit, now_year: YearPart(_YEAR_TAILS[hit["t"]], 1, "month"),
    ),
]

MONTHS = [
    _rule(
        "day",
        rf"(?:{_LUNAR}|(?P<bare>))(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月(?P<d>{_LUNAR_DAY})[日号]?",
        _lunar_day,
        "year",
    ),
    _rule(
        "day", rf"{_LUNAR}(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月(?P<d>{w.DAY})[日号]?", _lunar_day, "year"
    ),
    _rule("day", rf"(?P<leap>闰)?(?P<m>[正冬腊])月(?P<d>{w.DAY})[日号]?", _lunar_day, "year"),
    _rule("day", rf"(?P<m>八)月(?P<d>十五)(?![日号天{w.NUMERALS}])", _lunar_day, "year"),
    _rule("day", rf"(?:大年(?P<m>))?(?P<d>{_LUNAR_DAY})(?![{w.NUMERALS}]|的?学生|年级|班)", _lunar_day),
    _rule(
        "month",
        rf"{_LUNAR}(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月份?",
        lambda hit, now_year: LunarMonth(_lunar_month(hit["m"]), "闰" in hit[0]),
        "year",
    ),
    _rule(
        "month",
        r"(?P<m>[正冬腊])月份?(?!初)",
        lambda hit, now_year: LunarMonth(_lunar_month(hit["m"])),
        "year",
    ),
    _rule(
        "date",
        rf"{_NOT_DIGIT}(?P<m>{w.MONTH})\s*月份?\s*(?P<d>{w.DAY})\s*(?:日|号|(?={w.JOIN}{w.DAY}[日号])){_SAFE_DAY}",
        _month_day,
        "year weekday",
    ),
    _rule(
        "date",
        rf"{_NOT_DIGIT}(?P<m>{w.MONTH})\s*月\s*(?P<d>{w.DAY})(?![\d.:{w.NUMERALS}])(?!\s*(?:[天个多次人名例位元块岁床台点时周年月季%]|小时|分|星期|礼拜))",
        _month_day,
        "year weekday",
    ),
    _rule(
        "month",
        rf"{_NOT_DIGIT}(?P<m>{w.MONTH}|元)\s*(?:月份?(?![经饼龄嫂薪子]|大(?![概约]))|(?={w.JOIN}{w.MONTH}\s*月))",
        lambda hit, now_year: YearPart(1 if hit["m"] == "元" else w.value_of(hit["m"]), 1, "month"),
        "year",
    ),
    _rule("month", rf"(?P<rel>{w.RELATIVE})月份?(?![经饼嫂])", _relative("month"), "year"),
    _rule(
        "slice",
        r"月?(?P<t>[初中底末])(?![一二三四五六七八九十药医间])",
        lambda hit, now_year: _month_slice(hit["t"]),
        "month",
        head=False,
    ),
    _rule(
        "slice",
        r"(?<![个一两三四五六七八九十\d正冬腊每几数])月(?P<t>[初中底末])(?![一二三四五六七八九十药医间])",
        lambda hit, now_year: _month_slice(hit["t"]),
    ),
    _rule(
        "slice",
        r"(?P<t>[上中下])旬",
        lambda hit, now_year: _month_slice({"上": "初", "中": "中", "下": "底"}[hit["t"]]),
        "month",
    ),
    _rule(
        "slice",
        r"(?P<t>[上下前后])半个?月(?!来)",
        lambda hit, now_year: MonthSlice(1, 15) if hit["t"] in "上前" else MonthSlice(16, None),
        "month",
    ),
]


def _month_slice(word: str) -> MonthSlice:
    return {"初": MonthSlice(1, 10), "中": MonthSlice(11, 20)}.get(word, MonthSlice(21, None))


_SATURDAY_SUNDAY = rf"六\s*[、,和跟到至]?\s*{w.WEEK}?[日天](?![报\d])"
WEEKS = [
    _rule("weekend", rf"(?<![每]){w.WEEK}{_SATURDAY_SUNDAY}", lambda hit, now_year: Weekend()),
    _rule("weekend", rf"的?{w.WEEK}?{_SATURDAY_SUNDAY}", lambda hit, now_year: Weekend(), "week", head=False),
    _rule(
        "year",
        rf"(?<![{w.NUMERALS}\d个每今去明前后])(?P<u>[年月])内",
        lambda hit, now_year: Relative("year" if hit["u"] == "年" else "month", 0),
    ),
    _rule(
        "weekday",
        rf"(?<![\d每])(?<!(?<![周期拜])[{w.NUMERALS}])(?:{w.WEEK})\s*(?P<d>{w.WEEKDAY})(?!\s*[次趟回遍])(?![百千万\d]|报)",
        lambda hit, now_year: Weekday(w.WEEKDAYS[hit["d"]]),
        "date day window",
    ),
    _rule(
        "weekday",
        rf"的?(?:{w.WEEK})?\s*(?P<d>{w.WEEKDAY})(?!\s*[次趟回遍个位名例天人年月])(?![百千万\d]|报)",
        lambda hit, now_year: Weekday(w.WEEKDAYS[hit["d"]]),
        "week",
        head=False,
    ),
    _rule(
        "weekday",
        rf"{_NTH}个?{w.WEEK}(?P<d>{w.WEEKDAY})(?!\s*[次趟回遍])",
        lambda hit, now_year: NthWeekday(_nth(hit["nth"]), w.WEEKDAYS[hit["d"]]),
        "month",
    ),
    _rule("weekend", r"的?(?:周末|双休日?)", lambda hit, now_year: Weekend()),
    _rule("weekend", r"的?(?:周|星期)?末", lambda hit, now_year: Weekend(), "week", head=False),
    _rule("week", rf"(?P<rel>{w.RELATIVE}){w.WEEK}(?!期|岁|年|边|围)", _relative("week")),
    *(
        _rule(level, rf"{_NTH}个?(?P<u>{names})", _nth_unit, "year quarter half month week", head=False)
        for level, names in (("week", "周|星期|礼拜"), ("day", "天|日"), ("month", "月"), ("quarter", "季度"))
    ),
    _rule(
        "slice",
        rf"(?P<side>前|后|头|最后)\s*(?P<n>{w.SMALL})\s*个?{_UNIT}",
        _edge_units,
        "year quarter half month week",
        head=False,
    ),
]

DAYS_RULES = [
    _rule(
        "day",
        rf"(?P<d>{w.one_of(w.DAYS)})(?!性|津)",
        lambda hit, now_year: Relative("day", w.DAYS[hit["d"]]),
        "year month week",
    ),
    _rule(
        "day",
        r"(?P<d>[今明昨前后当])(?=[早晚晨夜](?![期餐饭点]))",
        lambda hit, now_year: Relative("day", w.SHORT_DAYS[hit["d"]]),
    ),
    _rule(
        "date",
        rf"(?<![\d.第叫])(?<!叫到)(?P<d>{w.DAY})\s*(?:[日号](?!{w.NUMERALS})|(?={w.JOIN}{w.DAY}[日号])){_SAFE_DAY}",
        lambda hit, now_year: DayOfMonth(w.value_of(hit["d"])),
        "month window",
    ),
    _rule(
        "date",
        rf"{_NOT_MEASURED}{_MD}(?P<s>[-/.]){_DD}{_NO_UNIT}(?:[日号])?",
        _month_day,
        "year weekday",
    ),
]

RULES: list[Rule] = [*DATES, *YEARS, *HALVES, *MONTHS, *WEEKS, *DAYS_RULES]
