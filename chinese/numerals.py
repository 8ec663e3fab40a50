"""Chinese numerals: what a string of them is worth, and nothing about the sentence around it."""

from __future__ import annotations

import re

DIGITS = {
    **dict(zip("零一二三四五六七八九", range(10), strict=True)),
    **{"〇": 0, "○": 0, "两": 2, "俩": 2, "仨": 3, "幺": 1, "洞": 0, "拐": 7},
    **{"壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9},
}
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
SECTIONS = {"万": 10**4, "亿": 10**8}
_TENS = {"廿": "二十", "卅": "三十"}

NUMERALS = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖十拾百佰千仟万亿廿卅"
ONE_TO_NINE = "一二三四五六七八九"
# Neighbouring digits that say "about": 七八, 二十三四, 三五百.
NEIGHBOURS = (
    "|".join(f"{a}{b}" for a, b in zip(ONE_TO_NINE, ONE_TO_NINE[1:], strict=False)) + "|一两|两三|三五"
)


def parse_cardinal(text: str) -> int | float | None:
    """Chinese numerals to a number: 三千五 → 3500, 一百零五 → 105, 二〇二六 → 2026, 三点五 → 3.5; else None."""
    body = text.removeprefix("负")
    for short, whole in _TENS.items():
        body = body.replace(short, whole)
    head, point, tail = body.partition("点")
    if point:
        whole_part = _sections(head)
        digits = tail.rstrip("百千万亿")
        scale = _sections(f"一{tail[len(digits) :]}")  # 三点五万
        if whole_part is None or scale is None or not digits or any(char not in DIGITS for char in digits):
            return None
        value: int | float = float(f"{whole_part}." + "".join(str(DIGITS[char]) for char in digits))
        if scale > 1:
            value = round(value * scale, 6)
            value = int(value) if value == int(value) else value
    else:
        parsed = _sections(body)
        if parsed is None:
            return None
        value = parsed
    return -value if text.startswith("负") else value


def _sections(body: str) -> int | None:
    if not body:
        return None
    if all(char in DIGITS for char in body):
        return int("".join(str(DIGITS[char]) for char in body))
    total = section = digit = last_unit = 0
    has_digit = after_zero = False
    for char in body:
        if char in DIGITS:
            if has_digit and digit:
                return None
            digit, has_digit = DIGITS[char], True
            after_zero = after_zero or digit == 0
        elif char in UNITS:
            unit = UNITS[char]
            if section % (unit * 10) and section % (unit * 10) >= unit:
                return None
            section += (digit if has_digit and digit else 1) * unit
            digit, has_digit, last_unit, after_zero = 0, False, unit, False
        elif char in SECTIONS:
            unit = SECTIONS[char]
            if not total and not section and not digit:
                digit = 1  # 万八
            total = (total + section + digit) * unit if unit > 10**4 else total + (section + digit) * unit
            section, digit, has_digit, last_unit, after_zero = 0, 0, False, unit, False
        else:
            return None
    # 三千五 is 3500, 一百五 150, 两万三 23000; with a zero between (一百零五) it is one.
    shortened = has_digit and last_unit >= 100 and not after_zero
    return total + section + (digit * (last_unit // 10) if shortened else digit)


def neighbour_range(text: str) -> tuple[int | float, int | float] | None:
    """七八 → (7, 8), 二十三四 → (23, 24), 三五百 → (300, 500); None where the text is no such range."""
    hit = re.fullmatch(rf"(?P<head>[{NUMERALS}]*[十百千])?(?P<pair>{NEIGHBOURS})(?P<unit>[十百千万]*)", text)
    if hit is None:
        return None
    ends = [parse_cardinal((hit["head"] or "") + digit + hit["unit"]) for digit in hit["pair"]]
    low, high = ends
    return (low, high) if low is not None and high is not None else None
