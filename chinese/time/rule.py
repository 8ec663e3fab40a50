"""What a line of the grammar is, and how a table of them is matched at one place of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chinese.time.nodes import Node

Build = Callable[[re.Match[str], int], Node | None]
"""Takes the match and the year of now (for two-digit years); None where the words are no time after all."""

_NAMED = re.compile(r"\(\?P<\w+>")
_BACK = re.compile(r"\(\?P=\w+\)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the grammar: a pattern, what it builds, the level it reaches and the levels it may follow."""

    level: str
    source: str
    build: Build
    after: frozenset[str] = frozenset()
    head: bool = True
    pattern: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(self.source))


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched: its node, the level reached, and where it ends."""

    node: Node
    level: str
    finish: int


class RuleSet:
    """Rules joined into one pattern, so that a place where none fits costs one look.

    The joined pattern is only a filter (a back reference in it stands for anything); the first rule of the
    table that matches by itself and builds a node is taken.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        plain = [_BACK.sub(".", _NAMED.sub("(?:", rule.source)) for rule in self.rules]
        self._joined = re.compile("|".join(f"({source})" for source in plain)) if plain else None

    def match(self, folded: str, place: int, now_year: int) -> Hit | None:
        """The first rule that fits at that place."""
        found = self._joined.match(folded, place) if self._joined else None
        if found is None or found.lastindex is None:
            return None
        for rule in self.rules[found.lastindex - 1 :]:
            hit = rule.pattern.match(folded, place)
            if hit is None:
                continue
            node = rule.build(hit, now_year)
            if node is not None:
                return Hit(node, rule.level, hit.end())
        return None

    def search(self, folded: str, place: int) -> int | None:
        """The next place at or after `place` where one of the rules may fit."""
        found = self._joined.search(folded, place) if self._joined else None
        return None if found is None else found.start()
