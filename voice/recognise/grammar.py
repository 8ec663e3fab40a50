"""What may be said → a grammar that Vosk takes, and the check that an answer is really one of its phrases.

Vosk dies of a wrong grammar (an empty or malformed list is a segmentation fault), and makes a bigram of a right one:
the words of its phrases come out in any order and repeated. So grammars are made here only, and answers are checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from common import logs
from voice.errors import BadMessage
from voice.expect import digits
from voice.recognise.limits import MAX_PHRASE, MAX_PHRASES

UNKNOWN = "[unk]"
# 下周三 + 上午 + 九点半 + 的 …: an answer is at most so many phrases one after another; single digits are not counted.
MAX_CHAIN = 4
_LONGEST_WORD = 10

log = logs.logger("voice")


class Lexicon:
    """The words that a model knows, asked one by one (a model need not list them in a file)."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self.knows = lru_cache(maxsize=50_000)(knows)
        self.has_unknown = knows(UNKNOWN)

    def split(self, phrase: str) -> tuple[str, ...] | None:
        """The phrase as the fewest known words, blanks of the phrase kept as borders; None where it cannot be said."""
        found: list[str] = []
        for part in phrase.split():
            words = [part] if self.knows(part) else self._split(part)
            if words is None:
                return None
            found += words
        return tuple(found) or None

    def _split(self, text: str) -> list[str] | None:
        best: list[list[str] | None] = [[]] + [None] * len(text)
        for end in range(1, len(text) + 1):
            for start in range(max(0, end - _LONGEST_WORD), end):
                before, word = best[start], text[start:end]
                if before is None or not self.knows(word):
                    continue
                here = best[end]
                if here is None or len(before) + 1 < len(here):
                    best[end] = [*before, word]
        return best[-1]


@dataclass(frozen=True, eq=False)
class Grammar:
    """A checked grammar. `json` is for Vosk; `phrases` are without blanks; `dropped` cannot be said with this model."""

    json: str
    phrases: frozenset[str]
    dropped: tuple[str, ...] = ()
    _longest: int = field(default=0, repr=False)

    def allows(self, text: str) -> bool:
        """Whether the recogniser's text is a chain of whole phrases, `[unk]` aside: 十分 is, 十分分 is not."""
        spans = ["".join(span.split()) for span in text.split(UNKNOWN)]
        return all(self.chain(span) is not None for span in spans if span)

    def chain(self, text: str) -> tuple[str, ...] | None:
        """The phrases that make up the text, fewest first; None where it is none. A phrase does not follow itself,
        digits apart."""
        free = frozenset(digits())
        # (place, last phrase) → the shortest chain to there
        reached: dict[tuple[int, str], tuple[str, ...]] = {(0, ""): ()}
        counted = {(0, ""): 0}
        for place in range(len(text)):
            for key in [key for key in reached if key[0] == place]:
                for size in range(1, min(self._longest, len(text) - place) + 1):
                    phrase = text[place : place + size]
                    if phrase not in self.phrases or (phrase == key[1] and phrase not in free):
                        continue
                    cost = counted[key] + (not free.issuperset(phrase))
                    after = (place + size, phrase)
                    if cost <= MAX_CHAIN and cost < counted.get(after, MAX_CHAIN + 1):
                        counted[after], reached[after] = cost, (*reached[key], phrase)
        ends = [(counted[key], len(chain), chain) for key, chain in reached.items() if key[0] == len(text)]
        return min(ends)[2] if ends else None


def build(phrases: Sequence[str], lexicon: Lexicon) -> Grammar:
    """The grammar of these phrases, always with `[unk]`. Raises BadMessage where none of them can be said."""
    if len(phrases) > MAX_PHRASES:
        raise BadMessage(f"一次最多 {MAX_PHRASES} 个说法。", detail=f"{len(phrases)} phrases")
    lines: dict[str, None] = {}
    dropped: list[str] = []
    spoken: set[str] = set()
    for phrase in phrases:
        plain = "".join(phrase.split())
        if not plain or plain in spoken or plain == UNKNOWN:
            continue
        words = lexicon.split(phrase) if len(plain) <= MAX_PHRASE else None
        if words is None:
            dropped.append(plain)
            continue
        spoken.add(plain)
        lines[" ".join(words)] = None
    if not lines:
        raise BadMessage("这些说法语音模型都不认识。", detail=f"{len(dropped)} phrases, none sayable")
    if dropped:
        # Options may be people's names: how many, not which.
        log.info("phrases_dropped", count=len(dropped), of=len(phrases))
    unknown = [UNKNOWN] if lexicon.has_unknown else []
    return Grammar(
        json.dumps([*lines, *unknown], ensure_ascii=False),
        frozenset(spoken),
        tuple(dropped),
        max(map(len, spoken)),
    )


class Grammars:
    """Grammars of one model; the same state comes again and again, so they are kept."""

    def __init__(self, lexicon: Lexicon, keep: int = 64) -> None:
        self.lexicon = lexicon
        self._built: dict[tuple[str, ...], Grammar] = {}
        self._keep = keep

    def of(self, phrases: Iterable[str]) -> Grammar | None:
        """The grammar of these phrases; None, which is the whole model, for no phrases. Raises BadMessage."""
        key = tuple(phrases)
        if not key:
            return None
        found = self._built.get(key)
        if found is None:
            found = build(key, self.lexicon)
            if len(self._built) >= self._keep:
                self._built.pop(next(iter(self._built)))
            self._built[key] = found
        return found
