"""Cuts a question into known words: the cheapest way to cover it, so that words that overlap settle each other."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from insight.understand.lexicon import Lexicon, Term

SKIP = frozenset(" \t\n\r,，。.？?！!；;：:、“”\"'‘’（）()【】《》<>~～…-—_·*`|@#^&+=[]{}\\/")
UNKNOWN_COST = 10.0
LIGHT = ("filler", "total", "measure", "tail", "whole_time", "vocative", "once")
"""Kinds of words that say nothing about the number asked for, some of them only in their place."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the question and what it may stand for (usually one thing)."""

    start: int
    end: int
    text: str
    terms: tuple[Term, ...]

    @property
    def kind(self) -> str:
        return self.terms[0].kind

    @property
    def value(self) -> Any:
        return self.terms[0].value

    @property
    def dimension(self) -> str:
        return self.terms[0].dimension

    def only(self, term: Term) -> "Token":
        return replace(self, terms=(term,))


@dataclass(frozen=True, slots=True)
class Scan:
    tokens: tuple[Token, ...]
    unknown: tuple[tuple[int, int, str], ...]
    """Pieces that nothing covers."""
    cost: float


def _cost(length: int, term: Term) -> float:
    """Long words first; fillers are dearer than words that mean something."""
    if term.kind == "unclear":
        return 0.95  # better asked back than cut into pieces, but no reason to cut 人均费用
    if term.kind == "filler" and term.text == "的":
        return 0.35  # 增长率最高 + 的 is one thing, 增长率 + 最高的 are two
    if term.kind in LIGHT:
        return 1.3 if length == 1 else 1.15
    if term.kind == "metric":
        return 0.98 - 0.02 * length  # 接诊时间 + 最长, not 接诊 + 时间最长
    if term.kind == "which_dimension":
        return 0.9 - 0.01 * length  # 哪个门诊 + 等候时间, not 哪个 + 门诊等候时间
    if term.kind in ("both", "each", "which") and length == 1:
        return 1.2
    return 1.0 - 0.01 * length


def scan(text: str, lexicon: Lexicon, extra: Iterable[Token] = ()) -> Scan:
    """The cheapest cover of `text` by the lexicon's phrases and the `extra` tokens (times, numbers, repairs)."""
    lower = text.lower()
    size = len(text)
    at: dict[int, list[tuple[int, float, tuple[Term, ...]]]] = {}
    for token in extra:
        at.setdefault(token.start, []).append((token.end, 0.8, token.terms))
    best: list[float] = [0.0] * (size + 1)
    step: list[tuple[int, tuple[Term, ...] | None]] = [(size, None)] * (size + 1)
    for place in range(size - 1, -1, -1):
        skip = text[place] in SKIP
        best[place] = best[place + 1] + (0.0 if skip else UNKNOWN_COST)
        step[place] = (place + 1, None)
        options = list(at.get(place, ()))
        for end, found in lexicon.matches(lower, place):
            options.append((end, min(_cost(end - place, t) for t in found), tuple(found)))
        for end, cost, terms in options:
            total = cost + best[end]
            if total < best[place] - 1e-9:
                best[place], step[place] = total, (end, terms)
    return _read(text, step, best[0] if size else 0.0)


def _read(text: str, step: list[tuple[int, tuple[Term, ...] | None]], cost: float) -> Scan:
    tokens: list[Token] = []
    unknown: list[tuple[int, int, str]] = []
    place = 0
    while place < len(text):
        end, terms = step[place]
        if terms is not None:
            tokens.append(Token(place, end, text[place:end], terms))
        elif text[place] not in SKIP:
            if unknown and unknown[-1][1] == place:
                start, _, said = unknown.pop()
                unknown.append((start, end, said + text[place]))
            else:
                unknown.append((place, end, text[place]))
        place = end
    return Scan(tuple(tokens), tuple(unknown), cost)
