"""Dates and clock times as they are said, in a slot that asks for one: 两点一刻 → 2点15分, 十一月六号 → 11月6号.

The parser of `chinese.time` decides what is a time (一点也不 is none), and a change counts only where it means the
same time afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from chinese.numerals import NUMERALS, parse_cardinal
from chinese.time import Match, parse

_N = f"[{NUMERALS}]{{1,3}}"
_QUARTERS = {"一刻": "15分", "三刻": "45分", "1刻": "15分", "3刻": "45分"}
_CLOCK = re.compile(
    # 周三三点 is three o'clock on a Wednesday, 周十一 none of the month.
    rf"(?:(?<=[周期拜][一二三四五六])|(?<![周期拜{NUMERALS}]))(?:(?P<hour>{_N})(?P<mark>点钟?|时)(?P<quarter>[一三]刻)?(?:(?P<minute>零?{_N})(?P<unit>分)?)?"
    rf"|(?P<month>{_N})月(?P<day>{_N})(?P<kind>[号日])"
    rf"|(?P<only>{_N})(?P<number>[号日]))"
)


@dataclass(frozen=True, slots=True)
class Written:
    """`text[begin:finish]` written in digits."""

    text: str
    begin: int
    finish: int


@lru_cache(maxsize=256)
def times_in(text: str, now: datetime) -> tuple[Match, ...]:
    """The time expressions of a text; one sentence is asked about several times."""
    return tuple(parse(text, now))


def written(text: str, matches: Sequence[Match], now: datetime) -> list[Written]:
    """The clock times and dates of these matches in digits, from left to right."""
    found: list[Written] = []
    for match in matches:
        if match.kind != "date_time" or match.start is None:
            continue
        pieces = list(_pieces(match.text))
        after = _replaced(match.text, pieces)
        if not pieces or not _same(match, times_in(after, now)):
            continue
        found += [Written(p.text, match.begin + p.begin, match.begin + p.finish) for p in pieces]
    return found


def _pieces(text: str) -> Iterator[Written]:
    for hit in _CLOCK.finditer(text):
        new = _digits(hit)
        if new is not None and new != hit[0]:
            yield Written(new, hit.start(), hit.end())


def _digits(hit: re.Match[str]) -> str | None:
    if hit["month"]:
        month, day = parse_cardinal(hit["month"]), parse_cardinal(hit["day"])
        return None if month is None or day is None else f"{month}月{day}{hit['kind']}"
    if hit["only"]:
        day = parse_cardinal(hit["only"])
        return None if day is None else f"{day}{hit['number']}"
    hour = parse_cardinal(hit["hour"])
    if hour is None:
        return None
    if hit["quarter"]:
        return f"{hour}{hit['mark'][0]}{_QUARTERS[hit['quarter']]}{hit['minute'] or ''}{hit['unit'] or ''}"
    if not hit["minute"]:
        return f"{hour}{hit['mark']}"
    minute = parse_cardinal(hit["minute"])
    return None if minute is None or minute > 59 else f"{hour}{hit['mark'][0]}{minute:02d}分"


def _replaced(text: str, pieces: list[Written]) -> str:
    for piece in reversed(pieces):
        text = text[: piece.begin] + piece.text + text[piece.finish :]
    return text


def _same(before: Match, after: Sequence[Match]) -> bool:
    return len(after) == 1 and (after[0].start, after[0].end, after[0].grain, after[0].kind) == (
        before.start, before.end, before.grain, before.kind,
    )  # fmt: skip
