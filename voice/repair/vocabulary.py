"""The hospital's words by kind, as the repair needs them; compiled once, used for every sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.nlu import vocabulary as terms
from chinese.pinyin import Repairer
from chinese.text import fold


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Names by kind: `department`, `doctor`, `symptom` … (the kinds of expectations, and others that free speech holds).

    Immutable but for its cache of compiled repairers; shared by all sessions.
    """

    names: Mapping[str, tuple[str, ...]]
    _repairers: dict[tuple[str, ...], Repairer] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, names: Mapping[str, Iterable[str]]) -> Vocabulary:
        """From plain names by kind."""
        return cls({kind: tuple(dict.fromkeys(map(fold, words))) for kind, words in names.items()})

    @classmethod
    def read(cls, folder: Path, exported: Path) -> Vocabulary:
        """From `nlu_data/vocabulary` and the hospital's export (`vocabulary.json`). Raises VocabularyError."""
        found = terms.read(folder, exported)
        return cls.of(
            {
                terms.KINDS[kind]: [word for term in group for word in term.words]
                for kind, group in found.items()
            }
        )

    def repairer(self, names: tuple[str, ...]) -> Repairer:
        """Compiled for these names, with every other name of the hospital protected."""
        known = self._repairers.get(names)
        if known is None:
            if len(self._repairers) > 64:
                self._repairers.clear()
            known = Repairer(names, protect=(word for words in self.names.values() for word in words))
            self._repairers[names] = known
        return known
