"""How written wording is said: 9:30 → 九点半, 11月6日 → 十一月六号. For grammars: all the ways, not one."""

from __future__ import annotations

import re
from itertools import product

from chinese.spoken import cardinal

_DIGITS = "零一二三四五六七八九"
_MARKS = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9:：.]+")
_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})|(\d{1,2})点(?:(\d{1,2})分?|(半))?")
_DATE = re.compile(r"(\d{1,2})月(\d{1,2})[日号]|(?<!\d)(\d{1,2})[日号]")
_NUMBER = re.compile(r"\d+")
_OTHER = re.compile(r"[^\u4e00-\u9fff]")
MOST_FORMS = 8


def clock(hour: int, minute: int) -> list[str]:
    """The ways to say a time of day, by twelve and by twenty-four hours: (14, 30) → 两点半, 两点三十, 十四点半 …"""
    hours = [_hour(hour)] + ([_hour(hour - 12)] if hour > 12 else [])
    tails = {
        0: ["点", "点整", "点钟"],
        15: ["点十五", "点一刻"],
        30: ["点半", "点三十"],
        45: ["点四十五", "点三刻"],
    }
    said = cardinal(minute) if minute >= 10 else f"零{cardinal(minute)}分"
    return [
        h + tail for h in hours for tail in tails.get(minute, [f"点{said}", f"点{said.removesuffix('分')}分"])
    ]


def spoken(text: str) -> list[str]:
    """The ways in which a written title or word is said, without marks and blanks; none where it holds letters."""
    return _forms(_MARKS.sub("", text))[:MOST_FORMS]


def pieces(title: str) -> list[str]:
    """The parts of a title that people say for the whole: 王长河 主任医师 9:00 专家号 → each of them, as it is said."""
    found = [form for part in _MARKS.split(title) if part for form in spoken(part)]
    return [form for form in dict.fromkeys(found) if len(form) > 1]


def _hour(hour: int) -> str:
    return "两" if hour == 2 else cardinal(hour)


def _forms(text: str) -> list[str]:
    hit = _CLOCK.search(text)
    if hit:
        hour = int(hit[1] or hit[3])
        minute = 30 if hit[5] else int(hit[2] or hit[4] or 0)
        middle = clock(hour, minute) if hour < 25 and minute < 60 else []
    elif hit := _DATE.search(text):
        middle = _date(hit)
    elif hit := _NUMBER.search(text):
        middle = _number(hit[0])
    else:
        return [text] if text and not _OTHER.search(text) else []
    before, after = text[: hit.start()], text[hit.end() :]
    heads = _forms(before) if before else [""]
    rests = _forms(after) if after else [""]
    return ["".join(parts) for parts in product(heads, middle, rests)]


def _date(hit: re.Match[str]) -> list[str]:
    day = int(hit[2] or hit[3])
    month = f"{cardinal(int(hit[1]))}月" if hit[1] else ""
    return [f"{month}{cardinal(day)}号", f"{month}{cardinal(day)}日"]


def _number(digits: str) -> list[str]:
    """Short numbers as numbers, long ones (a telephone number) digit by digit."""
    one_by_one = "".join(_DIGITS[int(digit)] for digit in digits)
    if len(digits) > 4 or digits.startswith("0"):
        return [one_by_one]
    if digits == "2":
        return ["二", "两"]
    value = int(digits)
    return list(dict.fromkeys([cardinal(value), cardinal(value, two="二")]))
