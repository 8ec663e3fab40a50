"""Regular expressions for the words and numerals that the rules are made of."""

from __future__ import annotations

import re

from chinese.numerals import parse_cardinal
from chinese.time.clock import PART_WORDS

NUMERALS = "零〇一二两三四五六七八九十百千"
_NINE = "一二三四五六七八九"
# 之前 and 之后 after an expression, apart from words that begin so (前列腺, 后背, 后天).
BEFORE = rf"(?:之前|以前|前(?![列面台往胸额臂颈牙庭房囟纵壁侧半段任妻提途进后天年日两几半\d{_NINE}十]))"
AFTER = rf"(?:结束)?(?:之后|以后|后(?![背脑颈腰胸牙脖枕跟壁侧半段悔面来续勤天年日期\d两几半{_NINE}十]))"
# Between two ends of a range.
JOIN = r"\s*(?:[-~—–]{1,2}|至|一?直?到)\s*"

MONTH = rf"(?:1[0-2]|0?[1-9]|十[一二]?|[{_NINE}])"
DAY = rf"(?:3[01]|[12]\d|0?[1-9]|(?:三十|卅)一?|(?:二十|廿)[{_NINE}]?|十[{_NINE}]?|[{_NINE}])"
HOUR = rf"(?:2[0-4]|1\d|0?\d|二十[一二三四]?|十[{_NINE}]?|[零〇两{_NINE}])"
MINUTE = rf"(?:[0-5]\d|(?:[一二三四五]?十|廿|卅)[{_NINE}]?|[零〇][零〇{_NINE}])"
SMALL = rf"(?:\d{{1,3}}|[{_NINE}十百两廿卅]{{1,5}})"
FOUR_DIGIT_YEAR = r"(?:1\d|20|21)\d\d"
CHINESE_YEAR = r"[一二][零〇一二三四五六七八九]{3}"
WEEKDAY = r"[一二三四五六日天1-7]"
WEEK = r"(?:周|星期|礼拜)"
WEEKDAYS = {
    **dict(zip("一二三四五六日", range(1, 8), strict=True)),
    "天": 7,
    **{str(n): n for n in range(1, 8)},
}

# 上个, 这, 下下个 before a unit, and how many units they are from this one.
RELATIVE = r"(?:大上|上上上|下下下|上上|下下|上|下|本|这|当)\s?一?个?\s?"
RELATIVE_OFFSETS = {"上": -1, "下": 1, "本": 0, "这": 0, "当": 0}

YEARS = {
    **{
        "大前年": -3,
        "前年": -2,
        "上上年": -2,
        "去年": -1,
        "上年": -1,
        "上一年": -1,
        "今年": 0,
        "本年": 0,
        "这一年": 0,
        "这年": 0,
        "当年": 0,
    },
    **{"明年": 1, "来年": 1, "下年": 1, "下一年": 1, "后年": 2, "下下年": 2, "大后年": 3},
}
DAYS = {
    **{
        "大大前天": -4,
        "大前天": -3,
        "前天": -2,
        "前日": -2,
        "昨天": -1,
        "昨日": -1,
        "昨儿": -1,
        "昨儿个": -1,
        "今天": 0,
        "今日": 0,
    },
    **{
        "今儿": 0,
        "今儿个": 0,
        "当天": 0,
        "当日": 0,
        "明天": 1,
        "明日": 1,
        "明儿": 1,
        "明儿个": 1,
        "后天": 2,
        "后日": 2,
        "大后天": 3,
        "大大后天": 4,
    },
    **{"大后日": 3, "大前日": -3, "隔天": 1, "前儿个": -2, "后儿个": 2, "后儿": 2},
}
SHORT_DAYS = {"今": 0, "明": 1, "昨": -1, "前": -2, "后": 2, "当": 0}


def one_of(words: object) -> str:
    """An alternation, longest words first."""
    return "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"  # type: ignore[call-overload]


PART = one_of(word for word in PART_WORDS if len(word) > 1)


def value_of(text: str) -> int:
    """A numeral that the patterns above have matched, as an integer; ValueError where it is none."""
    if text.isdigit():
        return int(text)
    if text[0] in "零〇" and len(text) == 2:
        text = text[1:]
    value = parse_cardinal(text)
    if value is None:
        raise ValueError(text)
    return int(value)


def relative_offset(prefix: str) -> int:
    """上上个 → -2, 本 → 0."""
    if prefix.startswith("大"):
        return -2
    return sum(RELATIVE_OFFSETS[char] for char in prefix if char in RELATIVE_OFFSETS)
