"""The hospital's words by kind, as the repair needs them; compiled once, used for every sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.nlu import vocabulary as terms
from chinese.text import fold
from voice.expect import Expectation
from voice.repair.state import State

_STATES = 128


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Names by kind: `department`, `doctor`, `symptom` … (the kinds of expectations, and others that free speech holds);
    `kept` are words that are never changed (those of the emergencies).

    Immutable but for its cache of compiled states; one for the process, shared by all sessions and threads. Where the
    hospital's export changes, a new one is read.
    """

    names: Mapping[str, tuple[str, ...]]
    _states: dict[Expectation, State] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, names: Mapping[str, Iterable[str]]) -> Vocabulary:
        """From plain names by kind."""
        return cls(
            {
                kind: tuple(dict.fromkeys("".join(fold(word).split()) for word in group))
                for kind, group in names.items()
            }
        )

    @classmethod
    def read(cls, nlu_data: Path, exported: Path) -> Vocabulary:
        """From `nlu_data/vocabulary`, the words of `nlu_data/red_flags.yml`, and the hospital's export
        (`vocabulary.json` in the data directory). Raises bot.nlu.vocabulary.VocabularyError."""
        found = terms.read(nlu_data / "vocabulary", exported)
        names = {
            terms.KINDS[kind]: [word for term in group for word in term.words]
            for kind, group in found.items()
        }
        return cls.of({**names, "red_flag": _red_flag_words(nlu_data / "red_flags.yml")})

    def state(self, expectation: Expectation) -> State:
        """What can be meant where this is expected; compiled at the first use (some ms), then kept."""
        known = self._states.get(expectation)
        if known is None:
            if len(self._states) >= _STATES:
                self._states.clear()
            known = self._states[expectation] = State(expectation, self.names)
        return known


def _red_flag_words(path: Path) -> list[str]:
    """Words of two and more characters that raise an emergency."""
    if not path.exists():
        return []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        table = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        groups = table["words"].values()
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise terms.VocabularyError(f"急症表 {path} 读不了：{error}") from error
    return [str(word) for group in groups for word in group if len(str(word)) > 1]
