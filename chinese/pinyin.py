"""Repair of misheard names against a vocabulary, by sound.

Acceptance is as measured for spoken hospital words: names of one character are never put in, names of two
only for equal sound, longer ones within 0.17 a syllable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from chinese.syllables import (
    Syllable,
    char_distance,
    class_of,
    distance,
    edit_distance,
    name_readings,
    readings,
    split_syllable,
    syllable_distance,
    syllables,
)

__all__ = [
    "Change",
    "Repaired",
    "Repairer",
    "Syllable",
    "distance",
    "readings",
    "repair",
    "split_syllable",
    "syllable_distance",
    "syllables",
]

ACCEPT_PER_SYLLABLE = 0.17
# From this length on, a name may hold one difference that is no usual confusion.
_LONG = int(1 / ACCEPT_PER_SYLLABLE) + 1
_MOST_READINGS = 32


@dataclass(frozen=True, slots=True)
class Change:
    """One repair: what stood in the text, the name put for it, where (offsets in the text given), how far apart."""

    before: str
    after: str
    begin: int
    finish: int
    distance: float


@dataclass(frozen=True, slots=True)
class Repaired:
    """The text after repair, and every change, so that the person can be shown them.

    `ties` are changes that were left out because another name sounds equally like the same words.
    """

    text: str
    changes: tuple[Change, ...]
    ties: tuple[Change, ...] = ()


Key = tuple[Syllable, ...]


def _keys(found: Sequence[Sequence[Syllable]], classes: bool) -> list[Key]:
    """The sounds that a word can have, as look-up keys (with confusions levelled where `classes`)."""
    options = [tuple(dict.fromkeys(map(class_of, each))) if classes else tuple(each) for each in found]
    count = 1
    for place, option in enumerate(options):
        count *= len(option)
        if count > _MOST_READINGS:
            options = [*options[:place], *(each[:1] for each in options[place:])]
            break
    return list(product(*options))


class Repairer:
    """Repairs texts against one vocabulary; built once for each (a few µs a name), then used for many texts.

    Names of one character are never put in, names of two only for equal sound, longer ones within
    0.17 a syllable. A name that stands in the text is left, and so is every word of `protect`.
    """

    def __init__(self, vocabulary: Iterable[str], protect: Iterable[str] = ()) -> None:
        self.names = tuple(dict.fromkeys(name for name in vocabulary if len(name) > 1))
        self._sounds = {name: name_readings(name) for name in self.names}
        self._pairs: dict[Key, set[str]] = defaultdict(set)
        self._classes: dict[Key, set[str]] = defaultdict(set)
        self._long: dict[Syllable, list[tuple[str, int]]] = defaultdict(list)
        self._lengths: set[int] = set()
        self._beginnings: set[tuple[Syllable, Syllable]] = set()
        for name, sounds in self._sounds.items():
            if all(sounds):
                self._add(name, sounds)
        self._kept = _words_by_first((*self.names, *(word for word in protect if len(word) > 1)))

    def _add(self, name: str, sounds: Sequence[Sequence[Syllable]]) -> None:
        if len(name) == 2:
            for pair in product(*sounds):
                self._pairs[pair].add(name)
            return
        self._lengths.add(len(name))
        for key in _keys(sounds, classes=True):
            self._classes[key].add(name)
            self._beginnings.add((key[0], key[1]))
        if len(name) >= _LONG:
            for place, found in enumerate(sounds):
                for each in {class_of(one) for one in found}:
                    self._long[each].append((name, place))

    def repair(self, text: str) -> Repaired:
        """The text with misheard names put right; longest and nearest first, never overlapping."""
        sounds = [readings(char) for char in text]
        taken = self._taken(text)
        candidates = sorted(
            self._candidates(text, sounds, taken), key=lambda c: (-len(c.after), c.distance, c.begin, c.after)
        )
        chosen: list[Change] = []
        ties: list[Change] = []
        done: set[int] = set()
        for place, change in enumerate(candidates):
            span = range(change.begin, change.finish)
            if not done.isdisjoint(span) or any(taken[at] and not _is_kept(change, at) for at in span):
                continue
            if _is_tie(change, candidates, place):
                ties.append(change)
                continue
            chosen.append(change)
            for at in span:
                taken[at] = True
            done.update(span)
        return _apply(text, chosen, ties)

    def _taken(self, text: str) -> list[bool]:
        """Characters that belong to a name or a protected word as they stand."""
        taken = [False] * len(text)
        for place, char in enumerate(text):
            for word in self._kept.get(char, ()):
                if text.startswith(word, place):
                    taken[place : place + len(word)] = [True] * len(word)
        return taken

    def _candidates(
        self, text: str, sounds: list[tuple[Syllable, ...]], taken: list[bool]
    ) -> Iterator[Change]:
        usable = [bool(found) for found in sounds]
        levelled = [tuple({class_of(each) for each in found}) for found in sounds]
        for begin in range(len(text) - 1):
            if not (usable[begin] and usable[begin + 1]):
                continue
            if not taken[begin] and not taken[begin + 1]:
                for name in self._pairs.get((sounds[begin][0], sounds[begin + 1][0]), ()):
                    yield Change(text[begin : begin + 2], name, begin, begin + 2, 0.0)
            if any(pair in self._beginnings for pair in product(levelled[begin], levelled[begin + 1])):
                yield from self._of_equal_length(text, sounds, usable, begin)
        yield from self._of_long_names(text, sounds, usable)

    def _of_equal_length(
        self, text: str, sounds: list[tuple[Syllable, ...]], usable: list[bool], begin: int
    ) -> Iterator[Change]:
        for length in sorted(self._lengths):
            finish = begin + length
            if finish > len(text) or not all(usable[begin:finish]):
                break
            window = sounds[begin:finish]
            for name in {name for key in _keys(window, classes=True) for name in self._classes.get(key, ())}:
                apart = sum(map(char_distance, window, self._sounds[name]))
                if apart <= ACCEPT_PER_SYLLABLE * len(name) and name != text[begin:finish]:
                    yield Change(text[begin:finish], name, begin, finish, apart)

    def _of_long_names(
        self, text: str, sounds: list[tuple[Syllable, ...]], usable: list[bool]
    ) -> Iterator[Change]:
        """Names long enough for one more difference or a syllable more or less: those that share most syllables."""
        votes: dict[tuple[str, int], int] = defaultdict(int)
        for at, found in enumerate(sounds):
            for each in {class_of(one) for one in found} if usable[at] else ():
                for name, place in self._long.get(each, ()):
                    votes[name, at - place] += 1
        for (name, start), count in votes.items():
            if count * 2 < len(name):
                continue
            for begin, length in product(
                (start - 1, start, start + 1), (len(name) - 1, len(name), len(name) + 1)
            ):
                finish = begin + length
                if begin < 0 or finish > len(text) or not all(usable[begin:finish]):
                    continue
                apart = edit_distance(text[begin:finish], name, sounds[begin:finish], self._sounds[name])
                if apart <= ACCEPT_PER_SYLLABLE * len(name) and name != text[begin:finish]:
                    yield Change(text[begin:finish], name, begin, finish, apart)


def _words_by_first(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = defaultdict(list)
    for word in dict.fromkeys(words):
        table[word[0]].append(word)
    return {first: tuple(sorted(group, key=len, reverse=True)) for first, group in table.items()}


def _is_kept(change: Change, at: int) -> bool:
    """小花内科 → 消化内科: a name that stands (内科) may lie within a longer one that leaves it as it is."""
    return (
        len(change.before) == len(change.after)
        and change.after[at - change.begin] == change.before[at - change.begin]
    )


def _is_tie(change: Change, candidates: Sequence[Change], place: int) -> bool:
    """Two names that sound equally like the same words: neither is put in."""
    neighbours = (*candidates[max(place - 4, 0) : place], *candidates[place + 1 : place + 5])
    return any(
        (other.begin, other.finish, other.distance) == (change.begin, change.finish, change.distance)
        and other.after != change.after
        for other in neighbours
    )


def _apply(text: str, changes: Iterable[Change], ties: Iterable[Change]) -> Repaired:
    ordered = tuple(sorted(changes, key=lambda change: change.begin))
    pieces: list[str] = []
    place = 0
    for change in ordered:
        pieces += (text[place : change.begin], change.after)
        place = change.finish
    return Repaired("".join((*pieces, text[place:])), ordered, tuple(ties))


def repair(text: str, vocabulary: Iterable[str], protect: Iterable[str] = ()) -> Repaired:
    """One text against one vocabulary; for many texts keep a `Repairer`."""
    return Repairer(vocabulary, protect).repair(text)
