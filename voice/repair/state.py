"""What can be meant in one state of the dialogue: its names, their sounds, and whether a text is an answer at all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from chinese.names import surname_of
from chinese.numerals import NUMERALS
from chinese.pinyin import Change, Repairer
from chinese.syllables import Syllable, readings
from chinese.text import fold
from voice.expect import Expectation, always, wordings
from voice.repair.words import AROUND, TITLES
from voice.spoken import pieces, spoken

# What is often said in one breath with what was asked for (明天上午骨科), and so is looked for too.
_BOOKING = ("department", "doctor", "date_time", "visit_type", "person")
TOGETHER: dict[str, tuple[str, ...]] = {
    kind: _BOOKING for kind in ("department", "doctor", "date_time", "choice", "visit_type", "person")
}
TOGETHER["free"] = (*_BOOKING, "symptom", "lab_test", "exam", "body_part", "drug", "campus")
TOGETHER["symptom"] = ("symptom", "body_part", "department", "drug", "person", "lab_test")
_NUMERAL = re.compile(
    rf"[{NUMERALS}幺\d]+[{NUMERALS}幺\d点半多个几度来]*(?:周?岁|[次天位片粒支盒张份]|块钱?|元钱?|公斤|斤|月)?"
)


class State:
    """Compiled from an expectation and the hospital's names; used for every sentence that is heard in that state.

    `names` are the answers of this state; what may be said with them in one breath is looked for too.
    """

    def __init__(self, expectation: Expectation, hospital: Mapping[str, tuple[str, ...]]) -> None:
        self.kinds = frozenset(expectation.kinds)
        self.slot = expectation.slot
        self.open = expectation.open
        self.offers = bool(expectation.options)
        offered = tuple(_offered(expectation))
        named = [name for kind in expectation.kinds for name in _of_kind(kind, hospital)]
        doctors = _doctors(hospital)
        together = dict.fromkeys(other for kind in expectation.kinds for other in TOGETHER.get(kind, ()))
        others = [name for kind in together for name in _of_kind(kind, hospital)]
        self.names = frozenset((*offered, *named, *always()))
        every = dict.fromkeys((*offered, *named, *always(), *others))
        named_doctors, departments = hospital.get("doctor", ()), hospital.get("department", ())
        self._always = frozenset((*always(), *departments))
        self._places = frozenset((*named_doctors, *departments))
        self._called = frozenset(doctors) - self._places
        # 王医生 is a name of one syllable (找医生: 赵医生): never put in.
        meant = (name for name in every if name not in self._called or len(name) > 3)
        self._repairer = Repairer(meant, protect=(*_kept(hospital), *doctors))
        self._answers = _by_first((*every, *AROUND))
        self._doctors = _by_first(doctors)
        self._alike = _alike(set(doctors) & set(every))
        self._given = _given([name for name in named_doctors if name in self.names])

    def repairs(self, text: str) -> tuple[list[Change], list[Change]]:
        """Changes by sound, and what was left undecided between names that sound alike."""
        found = self._repairer.repair(text)
        return [change for change in found.changes if self._called_alike(change)], list(found.ties)

    def surely(
        self, changes: Iterable[Change], text: str, wholes: frozenset[tuple[int, int]]
    ) -> list[Change]:
        """Of these changes those that also hold in speech that is no plain answer, where names sound like too many
        other words (注意什: 周医师, 李白是: 礼拜四). `wholes` are the places of the words that were recognised."""
        starts, ends = {begin for begin, _ in wholes}, {finish for _, finish in wholes}
        kept: list[Change] = []
        for change in changes:
            if wholes and not (change.begin in starts and change.finish in ends):
                continue
            if len(change.after) == 2:
                # 退 好: the recogniser found no word there. 眼科 for 盐科 is not put in: that may be a word.
                apart = (change.begin, change.begin + 1) in wholes and (
                    change.begin + 1,
                    change.finish,
                ) in wholes
                if change.after in self._always and (apart or len(text) == 2):
                    kept.append(change)
            elif len(change.after) > 3 or change.distance == 0 or change.after in self._places:
                kept.append(change)
        return kept

    def _called_alike(self, change: Change) -> bool:
        """A short name with its title (李敏医生): of equal sound, the title as it is, or not at all."""
        if change.after not in self._called:
            return True
        title = next(title for title in TITLES if change.after.endswith(title))
        return change.distance == 0 and change.before.endswith(title)

    def is_answer(self, text: str) -> bool:
        """Whether the text is exactly one of the state's answers."""
        return text in self.names

    def with_surname(self, text: str) -> str | None:
        """The doctor of whose name this is all but the surname (秀英: 李秀英), where only one has it."""
        return self._given.get(text)

    def sounds_like(self, name: str) -> tuple[str, ...]:
        """Other doctors of this state whose names sound the same."""
        return tuple(sorted(self._alike.get(_sound(name), frozenset()) - {name}))

    def doctors_in(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Places and names of the hospital's doctors in a text, the longest at each place."""
        place = 0
        while place < len(text):
            name = next((n for n in self._doctors.get(text[place], ()) if text.startswith(n, place)), None)
            if name:
                yield place, place + len(name), name
            place += len(name) if name else 1

    def explains(self, text: str, spans: Iterable[tuple[int, int]] = ()) -> bool:
        """Whether the whole text is made of what may be said here; `spans` are places that are explained otherwise."""
        jumps: dict[int, list[int]] = defaultdict(list)
        for begin, finish in spans:
            jumps[begin].append(finish)
        reached = [False] * (len(text) + 1)
        reached[0] = True
        for place, char in enumerate(text):
            if not reached[place]:
                continue
            for finish in jumps[place]:
                reached[finish] = True
            for word in self._answers.get(char, ()):
                if text.startswith(word, place):
                    reached[place + len(word)] = True
        return reached[-1]


def numerals_in(text: str) -> list[tuple[int, int]]:
    """Places of numerals, which explain themselves where a number is asked for."""
    return [hit.span() for hit in _NUMERAL.finditer(text)]


def _of_kind(kind: str, hospital: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The hospital's names of a kind, and what people answer in every hospital."""
    names = hospital.get(kind, ())
    known = wordings()
    if kind == "doctor":
        return (*_doctors(hospital), *known["doctor"])
    if kind == "choice":
        return (*(form for forms in known["ordinals"] for form in forms), *known["choice"])
    if kind == "date_time":
        weekdays = [week + day for week in known["weeks"] for day in known["weekdays"]]
        return (*known["near_days"], *weekdays, *known["parts"], *known["any_day"], "周末", "这周", "下周")
    return (*names, *(known.get(kind, ()) if kind in ("yes_no", "department", "person") else ()))


def _doctors(hospital: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return _with_titles(hospital.get("doctor", ()))


@lru_cache(maxsize=4)
def _with_titles(names: tuple[str, ...]) -> tuple[str, ...]:
    """The doctors by name, and by surname and title (王医生); where the name is short, also by name and title."""
    surnames = dict.fromkeys(surname_of(name) or name[:1] for name in names)
    called = [before + title for before in surnames for title in TITLES]
    short = [name + title for name in names if len(name) == 2 for title in TITLES]
    return tuple(dict.fromkeys((*names, *called, *short)))


def _offered(expectation: Expectation) -> Iterator[str]:
    """What the options are called: their words and titles as they are said, and the parts of titles."""
    for option in expectation.options:
        for called in (option.title, *option.words):
            plain = "".join(fold(called).split())
            if plain:
                yield plain
            yield from (*spoken(fold(called)), *pieces(fold(called)))


def _kept(hospital: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Words that are never taken for another: the hospital's own of every kind, and all that people may always say."""
    yield from (word for group in hospital.values() for word in group)
    yield from always()
    for kind in ("yes_no", "choice", "date_time"):
        yield from _of_kind(kind, hospital)


def _by_first(found: Iterable[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = defaultdict(list)
    for word in dict.fromkeys(found):
        if word:
            table[word[0]].append(word)
    return {first: tuple(sorted(group, key=len, reverse=True)) for first, group in table.items()}


def _sound(name: str) -> tuple[Syllable | str, ...]:
    return tuple(found[0] if (found := readings(char)) else char for char in name)


def _alike(names: Iterable[str]) -> dict[tuple[Syllable | str, ...], frozenset[str]]:
    """Names by their sound, where several share one."""
    table: dict[tuple[Syllable | str, ...], set[str]] = defaultdict(set)
    for name in names:
        table[_sound(name)].add(name)
    return {sound: frozenset(group) for sound, group in table.items() if len(group) > 1}


def _given(names: Iterable[str]) -> dict[str, str]:
    """Given names of two characters and the one whole name that each belongs to. A surname is said fast, and lost."""
    table: dict[str, set[str]] = defaultdict(set)
    for name in names:
        given = name[len(surname_of(name) or name[:1]) :]
        if len(given) > 1:
            table[given].add(name)
    return {given: found.copy().pop() for given, found in table.items() if len(found) == 1}
