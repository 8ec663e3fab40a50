"""The grammar of years, seasons and months."""

from __future__ import annotations

import re

from chinese.time import words as w
from chinese.time.model import Grain
from chinese.time.nodes import (
    Century,
    Decade,
    FullDate,
    FullMonth,
    MonthDay,
    MonthSlice,
    Node,
    Relative,
    Year,
    YearPart,
)
from chinese.time.nodes_nth import EdgeUnits, MonthOfQuarter, NthUnit, NthWeek
from chinese.time.rule import Build, Rule

DAYS = "day weekday"
_NOT_DIGIT = r"(?<![\d.])"
# A bare 11.20 or 3-5 that a unit follows, or that stands after a measured thing, is no date.
NO_UNIT = (
    r"(?![\d.%‰:/])(?!\s*[%‰*×xX])(?!\s+\d(?!\d?[:点时]))(?!\s*[-~—](?!\s*\d{1,2}[-/.]\d{1,2}(?!\d)))(?!\s*(?:[岁人个天年周月点分元块度次公毫千万百名位例片粒支楼倍升米克斤级折角℃]|以[上下外]|小时|星期|礼拜"
    r"|季度|的科|[kKmMcCuUgGlL]))"
)
NOT_MEASURED = (
    r"(?:(?<![\d.:/+<>=≥≤$¥A-Za-z])(?<![糖压温酸率度分值过超达重高低钾钠钙脂蛋白大小胞酐素板])(?<![高低大小多少等优]于)(?<![^对]比)(?<!^比)(?<![值度率分量压糖酸]是)"
    r"|(?<=日期:)|(?<=时间:))"
)
MD = r"(?P<m>1[0-2]|0?[1-9])"
DD = r"(?P<d>3[01]|[12]\d|0?[1-9])"
NTH = rf"(?P<nth>第{w.SMALL}|最后一?|倒数第{w.SMALL}|首)"
UNIT = r"(?P<u>半年|季度|月|周|星期|礼拜|天|日)"
_UNIT_NAMES = {
    **{"半年": "half_year", "季度": "quarter", "月": "month", "周": "week"},
    **{"星期": "week", "礼拜": "week", "天": "day", "日": "day"},
}
# Halves and quarters may follow a year without 年 (2026上半年).
_YEAR_PIECE = r"\s*(?:全年|[上下前后]半年|第[一二三四1-4]个?季|[一二三四1-4]季度|[前后头][一二两三1-3]个?季度|最后一个季度|首季|[Qq][1-4])"
_NO_WORD = r"(?![元常均]|本(?![院科月周季年人部])|报(?![告到名]))(?!(?<=日)\s*[一二三四两\d]\s*[次餐顿])"
# 25号楼 is a place, 8日元 money; after a month only the words with 日 are left.
SAFE_DAY = rf"(?![线楼窗床机院厅房球台柜桌馆井染结]|诊(?![疗断])|门(?!诊)|病(?![人例历种])){_NO_WORD}"
_SAFE_DATE = rf"(?:(?<=日){_NO_WORD}|(?<!日)(?!诊室|诊间|楼|床|窗口|病[房床]))"


def _full_date(hit: re.Match[str], now_year: int) -> Node:
    return FullDate(int(hit["y"]), int(hit["m"]), int(hit["d"]))


def digits(text: str) -> int:
    return int(text) if text.isdigit() else int("".join(str(w.value_of(char)) for char in text))


def near_year(hit: re.Match[str], now_year: int) -> Year:
    """A two-digit year is the one nearest to now (91 in 2021 is 1991)."""
    short, century = digits(hit["y"]), now_year // 100 * 100
    return Year(
        min((century + shift + short for shift in (-100, 0, 100)), key=lambda year: abs(year - now_year))
    )


def month_day(hit: re.Match[str], now_year: int) -> Node:
    return MonthDay(w.value_of(hit["m"]), w.value_of(hit["d"]))


def relative(unit: str) -> Build:
    return lambda hit, now_year: Relative(unit, w.relative_offset(hit["rel"]))  # type: ignore[arg-type]


def nth(text: str) -> int:
    if text.startswith("最后"):
        return -1
    if text.startswith("倒数"):
        return -w.value_of(text.removeprefix("倒数第"))
    return 1 if text == "首" else w.value_of(text.removeprefix("第"))


def nth_unit(hit: re.Match[str], now_year: int) -> Node:
    unit = _UNIT_NAMES[hit["u"]]
    return NthWeek(nth(hit["nth"])) if unit == "week" else NthUnit(nth(hit["nth"]), unit)  # type: ignore[arg-type]


def edge_units(hit: re.Match[str], now_year: int) -> Node:
    last = hit["side"] in ("后", "最后")
    return EdgeUnits(w.value_of(hit["n"]), _UNIT_NAMES[hit["u"]], last)  # type: ignore[arg-type]


def _quarter(hit: re.Match[str], now_year: int) -> Node:
    number = w.value_of(next(filter(None, hit.groups())))
    return YearPart(3 * number - 2, 3, "quarter")


def _neighbours(hit: re.Match[str], months: int, grain: Grain) -> Node | None:
    """一二季度, 7、8月: two units that follow each other."""
    first, last = w.value_of(hit["first"]), w.value_of(hit["last"])
    return YearPart(months * (first - 1) + 1, 2 * months, grain) if last == first + 1 else None


def _decade(hit: re.Match[str], now_year: int) -> Node:
    tens = w.value_of(hit["tens"])
    start = tens if tens >= 10 else tens * 10
    if hit["last"]:
        return Decade(now_year // 100 * 100 - 100 + start)
    if hit["this"]:
        return Decade(now_year // 100 * 100 + start)
    return Decade((w.value_of(hit["century"]) - 1) * 100 + start if hit["century"] else start)


def _numbered_decade(hit: re.Match[str], now_year: int) -> Node:
    return Decade(digits(hit["y"]))


def _century(hit: re.Match[str], now_year: int) -> Node | None:
    """十九世纪 is 1800 to 1899, as the decades within it are counted."""
    number = w.value_of(hit["n"]) if hit["n"] else now_year // 100 + (0 if hit["last"] else 1)
    return Century(number) if 1 < number <= 30 else None


def line(level: str, source: str, build: Build, after: str = "", head: bool = True) -> Rule:
    return Rule(level, source, build, frozenset(after.split()), head)


DATES = [
    line(
        "date",
        rf"(?<![\d.:/+-])(?P<y>\d\d)-{MD}-{DD}(?![\d\-])",
        lambda hit, now_year: FullDate(near_year(hit, now_year).number, int(hit["m"]), int(hit["d"])),
    ),
    line(
        "date",
        rf"{_NOT_DIGIT}(?P<y>(?:19|20|21)\d\d)(?P<s>[-/.])\s?{MD}(?P=s)\s?{DD}(?!\d)[日号]?(?:T(?=\d))?",
        _full_date,
    ),
    line(
        "date",
        r"(?<!\d)(?P<y>(?:19|20|21)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)",
        _full_date,
    ),
    line(
        "month",
        rf"{_NOT_DIGIT}(?P<y>(?:19|20|21)\d\d)[-/.]{MD}(?!\d|[-/.](?!(?:19|20|21)\d\d(?!\d)))月?",
        lambda hit, now_year: FullMonth(int(hit["y"]), int(hit["m"])),
    ),
]

# 已经20年了, 近10年: a length.
_NOT_SO_LONG = r"(?<![了过近约满有已前后第共达超经续快])"
YEARS = [
    line(
        "decade", r"(?P<y>(?:1\d|20|21)\d0|[一二][零〇一二三四五六七八九]{2}[零〇])\s?年代", _numbered_decade
    ),
    line(
        "decade",
        rf"(?:(?P<last>上个?世纪)|(?P<this>本世纪)|(?P<century>{w.SMALL})世纪)?的?(?P<tens>[1-9]0|[一二三四五六七八九]十)年代",
        _decade,
    ),
    line("century", rf"(?:(?P<last>上)个?|(?P<this>本)|第?(?P<n>{w.SMALL})\s?)世纪(?![坛末初])", _century),
    line(
        "year",
        rf"(?<!\d)(?P<y>{w.FOUR_DIGIT_YEAR}|{w.CHINESE_YEAR})(?:\s*年度?|(?={w.JOIN}(?:{w.FOUR_DIGIT_YEAR}|{w.CHINESE_YEAR})\s*年)|(?={_YEAR_PIECE}))",
        lambda hit, now_year: Year(digits(hit["y"])),
    ),
    line(
        "year",
        rf"(?P<y>[两二]千零(?:[{w.NUMERALS[3:11]}]?十)?[{w.NUMERALS[2:12]}]?)年度?(?![级内以之多来半左或了前后])",
        lambda hit, now_year: Year(w.value_of(hit["y"])),
    ),
    line(
        "year",
        rf"(?<![\d.])(?P<y>0\d|{_NOT_SO_LONG}[3-9]\d)年(?![级龄内以之多来半左或了]|[前后](?!\s*[一二三四五六七八九十两半\d]))",
        near_year,
    ),
    line(
        "year",
        rf"(?<![\d.])(?P<y>{_NOT_SO_LONG}[12]\d)年(?![级龄内以之多来半左或了]|[前后](?!\s*[一二三四五六七八九十两半\d]))",
        near_year,
    ),
    line(
        "year",
        r"(?P<y>[零〇一二三四五六七八九]{2})年(?![级龄内以之多]|[前后](?!\s*[一二三四五六七八九十两半\d]))",
        near_year,
    ),
    line(
        "year",
        rf"(?P<rel>{w.one_of(w.YEARS)})度?(?!头(?![一二三四五六七八九十两\d])|级)",
        lambda hit, now_year: Relative("year", w.YEARS[hit["rel"]]),
    ),
]

# 上月初诊, 本月中医科, 三月初一: not the beginning, the middle or the end of a month.
_NO_EDGE = r"(?!(?<=初)[一二三四五六七八九十诊中期步次]|(?<=中)[药医间旬心风耳]|(?<=末)[次梢]|(?<=底)[层物])"
# A numeral that another word begins with: 三月五官科, 三月一直.
_NO_DAY = r"(?!(?<=五)官|(?<=三)[甲叉维伏]|(?<=二)维|(?<=四)肢|(?<=十二)指|(?<=六)味|(?<=一)[下点共直般些起定样]|[楼层日号])"
_YEAR_TAILS = {"初": 1, "伊始": 1, "底": 12, "末": 12, "尾": 12}
HALVES = [
    line("half", r"上半年|前半年(?![来以])", lambda hit, now_year: YearPart(1, 6, "half_year"), "year"),
    line("half", r"下半年|后半年(?![来以])", lambda hit, now_year: YearPart(7, 6, "half_year"), "year"),
    line("half", r"(?P<rel>(?:上上|上|下)一?个|本|这个?)半年", relative("half_year")),
    line(
        "slice",
        r"第?(?P<first>[一二三1-3])、?(?P<last>[二三四2-4])季度",
        lambda hit, now_year: _neighbours(hit, 3, "quarter"),
        "year",
    ),
    line(
        "quarter",
        rf"第?(?P<q>[一二三四1-4])(?={w.JOIN}第?[一二三四1-4]个?季度)",
        _quarter,
        "year",
    ),
    # 一个季度 is a length.
    line("quarter", r"(?:第(?P<q>[一二三四1-4])\s*个?|(?P<n>[一二三四1-4])\s*)季度", _quarter, "year"),
    line("quarter", r"第(?P<q>[一二三四1-4])季(?![节风后])", _quarter, "year", head=False),
    line("quarter", r"前[三3]季度", lambda hit, now_year: YearPart(1, 9, "quarter"), "year"),
    line("quarter", r"首季度?(?![节风后])", lambda hit, now_year: YearPart(1, 3, "quarter"), "year"),
    line(
        "quarter",
        r"末季度?(?![节风后])|的?最后一?个?季度",
        lambda hit, now_year: YearPart(10, 3, "quarter"),
        "year",
    ),
    line("quarter", r"[Qq](?P<q>[1-4])(?!\d)", _quarter, "year"),
    line("quarter", rf"(?P<rel>{w.RELATIVE})季(?:度|(?![度节风后]))", relative("quarter"), "year"),
    line(
        "month",
        rf"的?(?P<t>[初末底]){_NO_EDGE}",
        lambda hit, now_year: MonthOfQuarter(hit["t"] != "初"),
        "quarter",
        head=False,
    ),
    line(
        "month",
        r"(?<![一二三四1-4换])季度?(?P<t>[初末底])(?![一二三四五六七八九十])",
        lambda hit, now_year: MonthOfQuarter(hit["t"] != "初"),
    ),
    line(
        "month",
        r"(?P<has>年)?(?P<t>[初底末]|伊始|(?<=年)尾)(?!季|(?<=初)[一二三诊中期步次]|(?<=末)[次梢]|(?<=底)[层物])",
        lambda hit, now_year: YearPart(_YEAR_TAILS[hit["t"]], 1, "month"),
        "year",
        head=False,
    ),
    line(
        "month",
        r"(?<![前半每去今明后一两几三四五六七八九十\d])年(?P<t>[初底末])(?![一二三四五六七八九十])",
        lambda hit, now_year: YearPart(_YEAR_TAILS[hit["t"]], 1, "month"),
    ),
]

# 3、5月 and 20、21号: the unit of the last one is that of all.
ALSO = r"\s*(?:[、和与及或]|或者|还是)\s*"
_TWO_MONTHS = "|".join(f"{a}(?={b})" for a, b in zip("一二三四五六七八", "二三四五六七八九", strict=True))
MONTHS = [
    line(
        "slice",
        rf"(?<![{w.NUMERALS}])(?P<m>{_TWO_MONTHS}).月份?(?![大龄])",
        lambda hit, now_year: YearPart(w.value_of(hit["m"]), 2, "month"),
        "year",
    ),
    line(
        "slice",
        rf"{_NOT_DIGIT}(?<!、)(?P<first>{w.MONTH})\s*、\s*(?P<last>{w.MONTH})月份?(?![{w.NUMERALS}\d大龄])",
        lambda hit, now_year: _neighbours(hit, 1, "month"),
        "year",
    ),
    line(
        "month",
        rf"{_NOT_DIGIT}(?P<m>{w.MONTH})(?={ALSO}(?:{w.MONTH}{ALSO})*{w.MONTH}月份?(?![{w.NUMERALS}\d大龄]))",
        lambda hit, now_year: YearPart(w.value_of(hit["m"]), 1, "month"),
        "year",
    ),
    line(
        "date",
        rf"{_NOT_DIGIT}(?P<m>{w.MONTH})\s*月份?\s*(?P<d>{w.DAY})\s*(?:日|号|(?={w.JOIN}{w.DAY}[日号])|(?={ALSO}{w.DAY}[日号])){_SAFE_DATE}",
        month_day,
        "year weekday",
    ),
    line(
        "date",
        rf"{_NOT_DIGIT}(?P<m>{w.MONTH})\s*月\s*(?P<d>{w.DAY}){_NO_DAY}(?!(?!{w.HOUR}[点时])[\d.:{w.NUMERALS}])(?!\s*(?:[天个多次人名例位元块岁床台点时周年月季%]|小时|分|星期|礼拜))",
        month_day,
        "year weekday",
    ),
    line(
        "month",
        rf"{_NOT_DIGIT}(?P<m>{w.MONTH}|元)\s*(?:月份?(?![经饼龄嫂薪子]|大(?![概约]))|(?={w.JOIN}{w.MONTH}\s*月))",
        lambda hit, now_year: YearPart(1 if hit["m"] == "元" else w.value_of(hit["m"]), 1, "month"),
        "year",
    ),
    line("month", rf"(?P<rel>{w.RELATIVE})月份?(?![经饼嫂亮])", relative("month"), "year"),
    line(
        "slice",
        rf"月?(?P<t>[初中底末]){_NO_EDGE}",
        lambda hit, now_year: _month_slice(hit["t"]),
        "month",
        head=False,
    ),
    line(
        "slice",
        rf"(?<![个一两三四五六七八九十\d正冬腊每几数])月(?P<t>[初中底末]){_NO_EDGE}",
        lambda hit, now_year: _month_slice(hit["t"]),
    ),
    line(
        "slice",
        r"(?P<t>[上中下])旬",
        lambda hit, now_year: _month_slice({"上": "初", "中": "中", "下": "底"}[hit["t"]]),
        "month",
    ),
    line(
        "slice",
        r"(?P<t>[上下前后])半个?月(?!来)",
        lambda hit, now_year: MonthSlice(1, 15) if hit["t"] in "上前" else MonthSlice(16, None),
        "month",
    ),
]


def _month_slice(word: str) -> MonthSlice:
    return {"初": MonthSlice(1, 10), "中": MonthSlice(11, 20)}.get(word, MonthSlice(21, None))


RULES: list[Rule] = [*DATES, *YEARS, *HALVES, *MONTHS]
