"""Counts and temperatures as they are said, in a slot that asks for one: 一百五 → 150, 三十九度二 → 39.2度.

Only an answer that is a number and nothing else is changed; a range (二十三四岁), an ordinal and a length of time
(一个月) stay as they were said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chinese.numbers import digits_of, parse_number
from chinese.numerals import DIGITS, NUMERALS, neighbour_range, parse_cardinal

TEMPERATURE_SLOTS = frozenset({"temperature", "body_temperature", "体温"})
_N = f"[{NUMERALS}]+"
_DIGITS = "".join(char for char in DIGITS if char not in "俩仨")
_BEFORE = re.compile(
    r"^(?:大概|大约|差不多|一共|总共|我|他|她|孩子|今年|已经|现在|体温|量的?|烧到了?|有|是|就|要|嗯|呃|啊)+"
)
_AFTER = re.compile(r"(?:左右|多?了|吧|呢|啊|的|来着)+$")
_UNIT = re.compile(r"(?:周?岁|[个次天位片粒支盒张份]|块钱?|元钱?|公斤|千克|斤|厘米|毫升|毫米|米)$")
_DEGREES = re.compile(
    rf"(?P<whole>{_N}|\d{{1,2}})(?:度(?P<half>半)|度(?P<after>[{_DIGITS}])?|点(?P<point>[{_DIGITS}]{{1,2}})度?)"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """`text[begin:finish]` written in digits."""

    text: str
    begin: int
    finish: int


def quantity(text: str, slot: str | None) -> Quantity | None:
    """The number that the whole answer is, or None."""
    before = _BEFORE.match(text)
    begin = before.end() if before and before.end() < len(text) else 0
    after = _AFTER.search(text, begin)
    finish = after.start() if after and after.start() > begin else len(text)
    core = text[begin:finish]
    degrees = _temperature(core, slot)
    if degrees:
        return Quantity(degrees, begin, finish)
    unit = _UNIT.search(core)
    number = core[: unit.start()] if unit else core
    written = _written(number)
    return (
        Quantity(written, begin, begin + len(number)) if written is not None and written != number else None
    )


def _temperature(core: str, slot: str | None) -> str | None:
    """三十八度半 → 38.5度; in a slot for it also 三十九点二 → 39.2."""
    hit = _DEGREES.fullmatch(core)
    if hit is None or not (slot in TEMPERATURE_SLOTS or "度" in core):
        return None
    whole = int(hit["whole"]) if hit["whole"].isdigit() else parse_cardinal(hit["whole"])
    if not isinstance(whole, int):
        return None
    tail = "5" if hit["half"] else "".join(str(DIGITS[char]) for char in hit["after"] or hit["point"] or "")
    return f"{whole}{'.' + tail if tail else ''}{'度' if '度' in core else ''}"


def _written(number: str) -> str | None:
    if not number or neighbour_range(number):
        return None
    digits = digits_of(number)
    if digits is not None and len(number) > 1 and number[0] in "零〇○洞幺":
        return digits if "X" not in digits else None
    found = parse_number(number)
    if found is None or found.kind != "cardinal" or found.high is not None or number.endswith("个"):
        return None
    return str(found.value)
