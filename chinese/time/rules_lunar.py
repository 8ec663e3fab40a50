"""The grammar of the lunar calendar: 正月十五, 农历八月初一, 大年初三, 农历2016年八月."""

from __future__ import annotations

import re

from chinese.time import words as w
from chinese.time.nodes import Node
from chinese.time.nodes_lunar import LunarDay, LunarMonth, LunarYear
from chinese.time.rule import Rule
from chinese.time.rules_calendar import digits, line, near_year

_LUNAR = r"(?:(?:农历|阴历|旧历)的?)"
# 廿五 is said of the moon, 廿五号 of the sun.
_LUNAR_DAY = r"(?:初[一二三四五六七八九十]|初(?:10|[1-9])|廿(?:[一二三四五六七八九](?!\s*号)|(?![一二三四五六七八九]|\s*号)))"
_YEAR = rf"(?:{w.FOUR_DIGIT_YEAR}|{w.CHINESE_YEAR}|\d\d|[零〇一二三四五六七八九]{{2}})"


def _lunar_month(text: str) -> int:
    named = {"正": 1, "冬": 11, "腊": 12}
    return named[text] if text in named else w.value_of(text)


def _lunar_day(hit: re.Match[str], now_year: int) -> Node | None:
    day = w.value_of(hit["d"].removeprefix("初"))
    if hit["m"] is None:
        return LunarDay(None, day) if day <= 30 else None
    month = _lunar_month(hit["m"] or "正")
    return LunarDay(month, day, "闰" in hit[0]) if day <= 30 else None


def _lunar_year(hit: re.Match[str], now_year: int) -> Node:
    """农历2016年, 农历八九年."""
    return LunarYear(digits(hit["y"]) if len(hit["y"]) == 4 else near_year(hit, now_year).number)


RULES: list[Rule] = [
    line(
        "day",
        rf"(?:{_LUNAR}|(?P<bare>))(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月(?P<d>{_LUNAR_DAY})[日号]?",
        _lunar_day,
        "year",
    ),
    line(
        "day", rf"{_LUNAR}(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月(?P<d>{w.DAY})[日号]?", _lunar_day, "year"
    ),
    line("lunar_year", rf"{_LUNAR}(?P<y>{_YEAR})年", _lunar_year),
    line(
        "day",
        rf"的?(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月(?P<d>{_LUNAR_DAY}|{w.DAY})[日号]?",
        _lunar_day,
        "lunar_year",
        head=False,
    ),
    line(
        "month",
        rf"的?(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月份?",
        lambda hit, now_year: LunarMonth(_lunar_month(hit["m"]), "闰" in hit[0]),
        "lunar_year",
        head=False,
    ),
    line("day", rf"(?P<leap>闰)?(?P<m>[正冬腊])月(?P<d>{w.DAY})[日号]?", _lunar_day, "year"),
    line("day", rf"(?P<m>八)月(?P<d>十五)(?![日号天{w.NUMERALS}])", _lunar_day, "year"),
    line("day", rf"大年(?P<m>)(?P<d>{_LUNAR_DAY})", _lunar_day, "year"),
    line("day", rf"(?<![\d{w.NUMERALS}今明去前后当本来这每])年(?P<m>)(?P<d>{_LUNAR_DAY})(?!月)", _lunar_day),
    line("day", rf"(?:大年(?P<m>))?(?P<d>{_LUNAR_DAY})(?![{w.NUMERALS}]|的?学生|年级|班)", _lunar_day),
    line(
        "month",
        rf"{_LUNAR}(?P<leap>闰)?(?P<m>[正冬腊]|{w.MONTH})月份?",
        lambda hit, now_year: LunarMonth(_lunar_month(hit["m"]), "闰" in hit[0]),
        "year",
    ),
    line(
        "month",
        r"(?P<m>[正冬腊])月份?(?!初)",
        lambda hit, now_year: LunarMonth(_lunar_month(hit["m"])),
        "year",
    ),
]
