"""Everything a question may be made of: metrics, dimensions, values of the records, and the words of `words.yml`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from insight.catalogue import Catalogue
from insight.errors import CatalogueError

WORDS = Path(__file__).with_name("words.yml")
# Single characters that name a dimension only after 各, 每, 按, 哪: 月 alone may be anything.
BOUND = frozenset("科日天周月季年")
FROM = (
    "挂号", "预约", *(f"{at}{how}{what}" for at in ("", "上") for how in ("挂", "约", "预约", "挂号", "预定", "订", "来源", "渠道", "过来", "来")
                   for what in ("的号", "的", "的患者", "的病人", "的人", "患者", "病人")),
)  # fmt: skip
"""What may follow a channel that somebody booked by: 小程序约的号, App上挂号的患者."""
ALONE = frozenset("科")
"""Those that name their dimension by themselves too: 最高的三个科."""
GAPS = (
    "",
    "了",
    "的",
    "多少",
    "几",
    "了多少",
    "了几",
    "多少个",
    "了多少个",
    "了几个",
    "几个",
    "到多少",
    "到了多少",
    "过",
    "过多少",
)
"""What may stand in the place of … in a phrase: 新增…预约."""


@dataclass(frozen=True, slots=True)
class Term:
    """What a phrase may stand for: `kind` as in words.yml, or metric, dimension, value."""

    kind: str
    value: Any = None
    text: str = ""
    dimension: str = ""


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)


class Lexicon:
    """A trie of phrases; comparison ignores the case of Latin letters."""

    def __init__(self) -> None:
        self._root = _Node()
        self.size = 0
        self.doctors: tuple[str, ...] = ()
        self.counts: dict[str, int] = {}
        """How many values the records have of each dimension: 两个院区 are then all of them."""

    def add(self, phrase: str, term: Term) -> None:
        if "…" in phrase:
            head, tail = phrase.split("…", 1)
            for gap in GAPS:
                self.add(head + gap + tail, term)
            return
        if not phrase:
            return
        node = self._root
        for char in phrase.lower():
            node = node.children.setdefault(char, _Node())
        if not any(
            t.kind == term.kind and t.value == term.value and t.dimension == term.dimension
            for t in node.terms
        ):
            node.terms.append(term)
            self.size += 1

    def matches(self, text: str, start: int) -> Iterator[tuple[int, list[Term]]]:
        """(end, terms) of every phrase that begins at `start` of the lower-cased text."""
        node = self._root
        for place in range(start, len(text)):
            found = node.children.get(text[place])
            if found is None:
                return
            node = found
            if node.terms:
                yield place + 1, node.terms

    def phrases(self) -> Iterator[tuple[str, list[Term]]]:
        """Every phrase with its terms."""
        stack = [("", self._root)]
        while stack:
            said, node = stack.pop()
            if node.terms:
                yield said, node.terms
            stack.extend((said + char, child) for char, child in node.children.items())

    def terms(self, phrase: str) -> list[Term]:
        for end, terms in self.matches(phrase.lower(), 0):
            if end == len(phrase):
                return terms
        return []


@lru_cache
def grammar_words(path: Path = WORDS) -> tuple[tuple[str, Any, str], ...]:
    """(kind, value, phrase) of words.yml. Raises CatalogueError where a phrase has two meanings."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise CatalogueError(f"问法词表读不了：{path.name}：{error}", detail=str(error)) from error
    seen: dict[str, tuple[str, Any]] = {}
    for kind, entry in raw.items():
        groups: Mapping[Any, Iterable[Any]] = entry if isinstance(entry, dict) else {None: entry}
        for value, phrases in groups.items():
            for phrase in phrases:
                other = seen.setdefault(str(phrase), (kind, value))
                if other != (kind, value):
                    raise CatalogueError(
                        f"问法词表 {path.name}：「{phrase}」同时在 {other[0]} 和 {kind} 里",
                        detail=str(phrase),
                    )
    return tuple((kind, value, phrase) for phrase, (kind, value) in seen.items())


def build(catalogue: Catalogue, values: Mapping[str, Iterable[str]]) -> Lexicon:
    """The lexicon of an installation; `values` are those that occur in its records."""
    lexicon = Lexicon()
    for kind, value, phrase in grammar_words():
        lexicon.add(phrase, Term(kind, value, phrase))
    for metric in catalogue.metrics.values():
        for word in (metric.name, *metric.words):
            lexicon.add(word, Term("metric", metric.key, word))
    for dimension in catalogue.dimensions.values():
        for word in (dimension.name, *dimension.words):
            if word not in BOUND or word in ALONE:
                lexicon.add(word, Term("dimension", dimension.key, word))
        _add_bound(lexicon, dimension.key, (dimension.name, *dimension.words))
    known = {name: set(found) for name, found in values.items()}
    known["age_band"] = {label for label, _ in catalogue.age_bands}
    known["first_visit"] = {"初诊", "复诊"}
    known["stage"] = set()
    lexicon.doctors = tuple(sorted(known.get("doctor", ())))
    lexicon.counts = {name: len(found) for name, found in known.items() if found}
    for name, found in known.items():
        for value in found:
            stored = value == "初诊" if name == "first_visit" else value
            for phrase in _phrases(name, value, catalogue):
                lexicon.add(phrase, Term("value", stored, value, name))
    for dimension in catalogue.dimensions.values():
        for word, members in dimension.groups.items():
            if known.get(dimension.key, set()) >= set(members):
                for phrase in _phrases(dimension.key, word, catalogue):
                    lexicon.add(phrase, Term("value", members, word, dimension.key))
    return lexicon


def _add_bound(lexicon: Lexicon, key: str, words: Iterable[str]) -> None:
    each = [p for kind, _, p in grammar_words() if kind == "each" and p not in ("以", "所有", "全部")]
    which = [p for kind, _, p in grammar_words() if kind == "which"]
    for word in words:
        if word in BOUND:
            for prefix in which:
                lexicon.add(prefix + word, Term("which_dimension", key, word))
            for prefix in each:
                lexicon.add(prefix + word, Term("series", key, word))


def _phrases(name: str, value: str, catalogue: Catalogue) -> Iterator[str]:
    yield value
    dimension = catalogue.dimensions.get(name)
    if dimension:
        yield from dimension.values.get(value, ())
    if name == "department":
        yield value + "门诊"
    if name == "doctor":
        for title in ("医生", "大夫", "医师", "主任"):
            yield value + title
    if name in ("channel", "insurance", "visit_type", "age_band", "first_visit", "sex"):
        named = (value, *(dimension.values.get(value, ()) if dimension else ()))
        for tail in ("患者", "病人") if name != "channel" else FROM:
            yield from (word + tail for word in named)
