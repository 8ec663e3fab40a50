"""Values in words: numbers, codes, money, times and days as a person at a desk says them.

The way back is `chinese.numbers` and `chinese.time`; whole sentences are `chinese.aloud`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

DIGITS = "零一二三四五六七八九"
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_NEAR = {0: "今天", 1: "明天", 2: "后天"}
_SECTIONS = ((10**8, "亿"), (10**4, "万"))
LARGEST = 10**16
"""From here on a number is read digit by digit: nobody says it otherwise."""


def cardinal(value: int, two: str = "两") -> str:
    """105 → 一百零五, 12 → 十二, 2000 → 两千, -3 → 负三. Raises ValueError from 10**16 on.

    `two` is what stands for 2 before 百, 千, 万 and 亿; 二 is said too (二千) and is how figures are read out.
    """
    if abs(value) >= LARGEST:
        raise ValueError(f"too large to be said: {value}")
    words = _below_yi(abs(value), two)
    words = words.removeprefix("一") if words.startswith("一十") else words
    return "负" + words if value < 0 else words


def _below_yi(value: int, two: str) -> str:
    for unit, name in _SECTIONS:
        if value >= unit:
            head, rest = divmod(value, unit)
            front = two if head == 2 else _below_yi(head, two)
            gap = "零" if 0 < rest < unit // 10 else ""
            return front + name + (gap + _below_yi(rest, two) if rest else "")
    return _below_wan(value, two)


def _below_wan(value: int, two: str) -> str:
    if value < 10:
        return DIGITS[value]
    said, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            said += "零" if gap and said else ""
            said += (two if digit == 2 and unit >= 100 else DIGITS[digit]) + name
            gap = False
        else:
            gap = True
    return said


def number(text: str) -> str:
    """A written number: `3.50` → 三点五零, `1,200` → 一千两百, `-5` → 负五. Raises ValueError for anything else."""
    sign, plain = ("负", text[1:]) if text.startswith("-") else ("", text.replace(",", ""))
    whole, _, part = plain.replace(",", "").partition(".")
    said = cardinal(int(whole)) if int(whole) < LARGEST else digits(whole, one="一")
    return sign + said + (f"点{''.join(DIGITS[int(c)] for c in part)}" if part else "")


def digits(text: str, one: str = "幺") -> str:
    """Digit by digit, 1 as 幺, in breaths of three or four: 13800138000 → 幺三八，零零幺三，八零零零.

    Letters are said one by one; blanks and dashes are where a breath is.
    """
    said: list[str] = []
    for part in re.findall(r"\d+|[A-Za-z]+", text):
        if part.isdigit():
            said += ["".join(one if c == "1" else DIGITS[int(c)] for c in group) for group in _breaths(part)]
        else:
            said.append(" ".join(part.upper()))
    return "，".join(said)


def _breaths(run: str) -> list[str]:
    if len(run) <= 5:
        return [run]
    # A mobile number is said 3-4-4, an identity number 6-8-4, everything else by fours from its end.
    sizes: Sequence[int] = {11: (3, 4, 4), 18: (6, 4, 4, 4)}.get(len(run), ())
    if not sizes:
        head = len(run) % 4
        sizes = [head] * bool(head) + [4] * (len(run) // 4)
    groups, place = [], 0
    for size in sizes:
        groups.append(run[place : place + size])
        place += size
    return groups


def money(fen: int) -> str:
    """Fen as an amount: 2350 → 二十三块五, 1500 → 十五元, 2305 → 二十三块零五分, 50 → 五毛, 200 → 两元."""
    if fen < 0:
        return "负" + money(-fen)
    yuan, part = divmod(fen, 100)
    jiao, cents = divmod(part, 10)
    if not part:
        return counted(yuan) + "元"
    if not yuan:
        return (counted(jiao) + "毛" if jiao else "") + (counted(cents) + "分" if cents else "")
    tail = (
        f"{DIGITS[jiao]}毛{DIGITS[cents]}"
        if jiao and cents
        else DIGITS[jiao]
        if jiao
        else f"零{DIGITS[cents]}分"
    )
    return counted(yuan) + "块" + tail


def counted(value: int) -> str:
    """A number before a measure word: 2 is 两."""
    return "两" if value == 2 else cardinal(value)


def clock(hour: int, minute: int = 0, *, part: bool = True) -> str:
    """A time of day, 24 hours: 8, 30 → 八点半; 14, 5 → 下午两点零五分; 19, 0 → 晚上七点.

    `part=False` leaves 下午 and 晚上 away (where they were said already). Raises ValueError.
    """
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        raise ValueError(f"no time of day: {hour}:{minute}")
    head = ("晚上" if hour >= 18 else "下午" if hour >= 13 else "") if part else ""
    twelve = hour - 12 if hour > 12 else hour
    if minute == 0:
        tail = ""
    elif minute == 30:
        tail = "半"
    else:
        tail = f"{'零' if minute < 10 else ''}{cardinal(minute)}分"
    return f"{head}{counted(twelve)}点{tail}"


def day(when: date, today: date | None = None, *, weekday: bool = True) -> str:
    """十一月六号周五; with `today` the near days are 今天, 明天, 后天; another year is said."""
    if today is not None and (near := _NEAR.get((when - today).days)):
        return near
    year = f"{year_said(when.year)}年" if today is not None and when.year != today.year else ""
    tail = WEEKDAYS[when.weekday()] if weekday else ""
    return f"{year}{cardinal(when.month)}月{cardinal(when.day)}号{tail}"


def year_said(year: int) -> str:
    """2026 → 二零二六."""
    return "".join(DIGITS[int(c)] for c in str(year))
