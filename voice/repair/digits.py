"""Identity and telephone numbers as they are dictated, digit by digit: 幺三八 三个零 … 艾克斯.

What was heard decides; the check character of an identity number and the form of a telephone number only tell whether
it is certain. Never logs anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal

from chinese.identity import is_id_number, is_phone
from chinese.numerals import DIGITS
from chinese.syllables import class_of, readings

Kind = Literal["identity", "phone"]
LENGTH = {"identity": 18, "phone": 11}
FEWEST = 6
"""Digits that make a dictated number; fewer may be anything."""
_READINGS = 64
_DIGIT = {
    **{char: str(value) for char, value in DIGITS.items()},
    **{str(n): str(n) for n in range(10)},
    "勾": "9",
}
_DIGIT = {char: digit for char, digit in _DIGIT.items() if char not in "俩仨"}
_D = re.escape("".join(_DIGIT))
_X = r"艾克斯|爱克斯|埃克斯|挨克斯|叉|[xXⅩ]"
# 三个八 is 888; 十 is no digit, but is said or heard among them.
_TOKEN = re.compile(
    rf"(?P<times>[两二三四五六])个(?P<again>[{_D}])|(?P<digit>[{_D}])|(?P<ten>十)|(?P<x>{_X})|(?P<gap>[\s\-,.、，])"
)
_RUN = re.compile(rf"(?:[两二三四五六]个[{_D}]|[{_D}十]|(?<=[{_D}十])[\s\-,.、，](?=[{_D}十]))+(?:{_X})?")
_TIMES = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
_AROUND = re.compile(
    r"^(?:我的?|您?记一下|身份证|证件|手机|电话|联系|号码?|是|就是|呃|嗯|啊|那个|的)+|(?:呃|嗯|啊|吧|呢|的|了)+$"
)
_SPOKEN = {
    "0": "零",
    "1": "一幺",
    "2": "二",
    "3": "三",
    "4": "四",
    "5": "五",
    "6": "六",
    "7": "七",
    "8": "八",
    "9": "九",
}
_BY_SOUND = {class_of(readings(char)[0]): digit for digit, chars in _SPOKEN.items() for char in chars}


@dataclass(frozen=True, slots=True)
class Dictated:
    """The number said in `text[begin:finish]`: `value` in digits (an X last where there is one). `valid`: it has the
    form, and an identity number the check character; `guessed`: a sound had to be taken for a digit."""

    value: str
    begin: int
    finish: int
    valid: bool
    guessed: bool = False


def dictated(text: str, kind: Kind) -> Dictated | None:
    """The number of a text, or None where it holds none."""
    runs = [hit for hit in _RUN.finditer(text) if _count(hit[0]) >= FEWEST]
    if runs:
        hit = max(runs, key=lambda run: _count(run[0]))
        exact = _read(list(_tokens(hit[0])), kind, hit.start(), hit.end(), guessed=False)
        if exact.valid:
            return exact
        return _by_sound(text, kind) or exact
    return _by_sound(text, kind)


def _count(run: str) -> int:
    return sum(len(max(options, key=len)) for options in _tokens(run))


def _tokens(run: str) -> Iterator[tuple[str, ...]]:
    """What each piece of a run can stand for, the likeliest first."""
    place = 0
    while place < len(run):
        hit = _TOKEN.match(run, place)
        if hit is None:
            return
        place = hit.end()
        if hit["times"]:
            yield (_DIGIT[hit["again"]] * _TIMES[hit["times"]],)
        elif hit["digit"]:
            yield (_DIGIT[hit["digit"]],)
        elif hit["ten"]:
            before = _DIGIT.get(run[hit.start() - 1 : hit.start()], "0") != "0"
            after = run[place : place + 1] in _DIGIT
            # 三十五, 三十, 十五, 十; or a 四 that was heard as 十.
            likely = "" if before and after else "0" if before else "1" if after else "10"
            yield tuple(dict.fromkeys((likely, "1" if after else "10", "4")))
        elif hit["x"]:
            yield ("X",)


def _read(tokens: list[tuple[str, ...]], kind: Kind, begin: int, finish: int, *, guessed: bool) -> Dictated:
    """The reading that is a right number, where only one is; else the likeliest."""
    check = is_id_number if kind == "identity" else is_phone
    readings_ = dict.fromkeys("".join(each) for each in islice(product(*tokens), _READINGS))
    right = [value for value in readings_ if check(value)]
    value = right[0] if right else next(iter(readings_))
    open_ = any(len(options) > 1 for options in tokens)
    return Dictated(value, begin, finish, len(right) == 1, guessed or (open_ and kind == "phone"))


def _by_sound(text: str, kind: Kind) -> Dictated | None:
    """A number some digits of which were heard as other words (要三八 for 幺三八), where the text is nothing else."""
    begin, finish = 0, len(text)
    while hit := _AROUND.search(text[begin:finish]):
        begin, finish = (begin + hit.end(), finish) if hit.start() == 0 else (begin, begin + hit.start())
        if begin >= finish:
            return None
    body = text[begin:finish]
    tokens: list[tuple[str, ...]] = []
    heard = place = 0
    while place < len(body):
        hit = _TOKEN.match(body, place)
        if hit is None:
            digit = _digit_by_sound(body[place])
            if digit is None:
                return None
            tokens.append((digit,))
            place += 1
            continue
        run = _RUN.match(body, place)
        piece = run[0] if run else hit[0]
        found = list(_tokens(piece))
        heard += len(found)
        tokens += found
        place += len(piece)
    total = sum(len(options[0]) for options in tokens)
    if total < FEWEST or total > LENGTH[kind] + 3 or heard < 0.6 * len(tokens):
        return None
    return _read(tokens, kind, begin, finish, guessed=True)


def _digit_by_sound(char: str) -> str | None:
    return next((_BY_SOUND[near] for near in map(class_of, readings(char)) if near in _BY_SOUND), None)
