"""What the assistant expects to hear next, and in which words. Contract: docs/protocols/voice.md, “What the assistant expects”."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, Protocol

import yaml

from common.settings import ROOT
from voice.spoken import cardinal, pieces, spoken

KINDS = (
    "yes_no",
    "choice",
    "department",
    "doctor",
    "date_time",
    "number",
    "identity",
    "phone",
    "person",
    "symptom",
    "visit_type",
    "free",
)
# What is told in own words: no list of phrases holds it.
OPEN = frozenset(("free", "symptom"))
WORDINGS = ROOT / "voice" / "wordings.yml"
RED_FLAGS = ROOT / "nlu_data" / "red_flags.yml"
MAX_OPTIONS = 50
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Names(Protocol):
    """The hospital's words by kind (`department`, `doctor`, `person`, `visit_type` …): `voice.repair.Vocabulary`."""

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things that were offered, with the words that it is called by."""

    id: str
    title: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What was just asked for: the kinds of answer, the slot and flow, the options that are shown."""

    kinds: tuple[str, ...] = ("free",)
    slot: str | None = None
    flow: str | None = None
    options: tuple[Option, ...] = ()

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Expectation:
        """From the JSON of a reply; unknown kinds are `free`, and so is nothing at all."""
        kinds = [str(kind) if kind in KINDS else "free" for kind in _list(content.get("kinds")) or ["free"]]
        options = tuple(
            Option(
                str(option.get("id", "")),
                str(option.get("title") or ""),
                tuple(str(word) for word in _list(option.get("words"))),
            )
            for option in _list(content.get("options"))[:MAX_OPTIONS]
            if isinstance(option, Mapping)
        )
        return cls(
            tuple(dict.fromkeys(kinds)), _text(content.get("slot")), _text(content.get("flow")), options
        )

    @property
    def open(self) -> bool:
        """Whether anything may be said: then no list of phrases restricts the recogniser."""
        return not OPEN.isdisjoint(self.kinds)


FREE = Expectation()
"""Nothing was asked."""


def phrases(expectation: Expectation, vocabulary: Names) -> list[str]:
    """Everything that may be said in this state, each phrase as it is spoken (no digits, no marks), without doubles.

    Empty where the state is open (`free`, `symptom`): the model's own sentences listen then. Commands, skills, the
    red-flag words and the hospital's words for symptoms are in every other list: what ails a person is never overheard. Long answers are chains of phrases (下周三 + 上午 + 九点半).
    """
    if expectation.open:
        return []
    found: list[str] = []
    for kind in expectation.kinds:
        found += _BY_KIND[kind](vocabulary, expectation)
    if expectation.options and "choice" not in expectation.kinds:
        found += _choice(vocabulary, expectation)
    return list(dict.fromkeys([*found, *always(), *_symptoms(vocabulary)]))


@lru_cache(maxsize=1)
def always() -> tuple[str, ...]:
    """What is listened for in every state: commands, the skills' names, the words of emergencies."""
    flags = yaml.load(RED_FLAGS.read_text(encoding="utf-8"), Loader=_LOADER)
    return tuple(dict.fromkeys([*wordings()["commands"], *wordings()["skills"], *flags["sounds"]]))


@lru_cache(maxsize=1)
def wordings() -> dict[str, Any]:
    """The file of wordings."""
    content: dict[str, Any] = yaml.load(WORDINGS.read_text(encoding="utf-8"), Loader=_LOADER)
    return content


def digits() -> tuple[str, ...]:
    """The words that are said digit by digit, and may follow one another any number of times."""
    return (*wordings()["digits"], *wordings()["identity"])


def _symptoms(vocabulary: Names) -> Sequence[str]:
    # Of one syllable (晕, 痒) each sounds like too many other words.
    return [form for form in _said(vocabulary.names.get("symptom", ())) if len(form) > 1]


def _yes_no(_: Names, __: Expectation) -> Sequence[str]:
    return list(wordings()["yes_no"])


def _choice(_: Names, expectation: Expectation) -> Sequence[str]:
    words = wordings()
    shown = words["ordinals"][: len(expectation.options)]
    ordinals = [word for forms in shown for word in forms]
    firsts = [forms[0] for forms in shown]
    found = [*ordinals, *_around("ordinal", firsts), *words["choice"]]
    for option in expectation.options:
        found += [*spoken(option.title), *pieces(option.title)]
        found += [form for word in option.words for form in spoken(word)]
    return [phrase for phrase in found if len(phrase) > 1]


def _department(vocabulary: Names, _: Expectation) -> Sequence[str]:
    names = _said(vocabulary.names.get("department", ()))
    return [*names, *_around("department", names), *wordings()["department"]]


def _doctor(vocabulary: Names, _: Expectation) -> Sequence[str]:
    names = _said(vocabulary.names.get("doctor", ()))
    titles = wordings()["titles"]
    called = [name + title for name in dict.fromkeys([*(n[:1] for n in names), *names]) for title in titles]
    return [*names, *called, *_around("doctor", [*names, *called]), *wordings()["doctor"]]


def _person(vocabulary: Names, _: Expectation) -> Sequence[str]:
    names = _said(vocabulary.names.get("person", ()))
    # 妈妈, 我妈妈; not 我我妈.
    names += [f"我{name}" for name in names if name[0] not in "我俺自本"]
    return [*names, *_around("person", names), *wordings()["person"]]


def _visit_type(vocabulary: Names, _: Expectation) -> Sequence[str]:
    return _said(vocabulary.names.get("visit_type", ()))


def _date_time(_: Names, __: Expectation) -> Sequence[str]:
    words = wordings()
    days = [*words["near_days"], *(week + day for week, day in product(words["weeks"], words["weekdays"]))]
    months = [f"{cardinal(month)}月" for month in range(1, 13)]
    dates = [f"{cardinal(day)}{mark}" for day in range(1, 32) for mark in "号日"]
    clocks = [hour + tail for hour, tail in product(words["hours"], words["minutes"])]
    joined = [day + part for day, part in product(days, words["parts"][:4])]
    timed = [part + hour + "点" for part, hour in product(words["parts"][:2], words["hours"])]
    return [*days, *words["parts"], *joined, *months, *dates, *clocks, *timed, *words["any_day"]]


def _number(_: Names, __: Expectation) -> Sequence[str]:
    words = wordings()
    return [*words["digits"], *(cardinal(value) for value in range(10, 101)), *words["number"]]


def _digits(_: Names, __: Expectation) -> Sequence[str]:
    """Single digits, and pairs so that one digit is expected after another."""
    words = wordings()["digits"]
    return [*words, *(a + b for a, b in product(words, words))]


def _identity(vocabulary: Names, expectation: Expectation) -> Sequence[str]:
    return [*_digits(vocabulary, expectation), *wordings()["identity"]]


def _around(kind: str, names: Iterable[str]) -> list[str]:
    return [frame.format(name) for frame in wordings()["around"][kind] for name in names]


def _said(names: Iterable[str]) -> list[str]:
    return [form for name in names for form in spoken(name)]


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_BY_KIND: dict[str, Callable[[Names, Expectation], Sequence[str]]] = {
    "yes_no": _yes_no,
    "choice": _choice,
    "department": _department,
    "doctor": _doctor,
    "date_time": _date_time,
    "number": _number,
    "identity": _identity,
    "phone": _digits,
    "person": _person,
    "visit_type": _visit_type,
}
