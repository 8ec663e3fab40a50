"""What goes into the repair (hypotheses of the recogniser) and what comes out of it (`Heard`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Why = Literal["pinyin", "surname", "number", "repeat"]


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word: `start` and `end` in seconds of the utterance, `conf` 0–1 (1 where none was given)."""

    word: str
    start: float = 0.0
    end: float = 0.0
    conf: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """As vosk has it."""
        return {"word": self.word, "start": self.start, "end": self.end, "conf": round(self.conf, 4)}


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of the recogniser: its text as it came (words apart, `[unk]` among them), its words where they were
    asked for, and its log score where it is one of several alternatives."""

    text: str
    words: tuple[Word, ...] = ()
    score: float | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Hypothesis:
        """From a vosk result (`text`, `result`), or one of its `alternatives` (`text`, `confidence`, `result`)."""
        words = tuple(
            Word(
                str(word.get("word", "")),
                float(word.get("start", 0.0)),
                float(word.get("end", 0.0)),
                float(word.get("conf", 1.0)),
            )
            for word in entry.get("result") or ()
        )
        score = entry.get("confidence")
        return cls(str(entry.get("text") or ""), words, None if score is None else float(score))


def hypotheses_of(result: Mapping[str, Any]) -> tuple[Hypothesis, ...]:
    """All hypotheses of a vosk final, best first; with `SetMaxAlternatives` there are several."""
    entries = result.get("alternatives")
    return tuple(map(Hypothesis.of, entries)) if entries else (Hypothesis.of(result),)


@dataclass(frozen=True, slots=True)
class Correction:
    """One change: what stood in the text, what was put for it, why; `begin` and `finish` are places in the text as it
    was heard, blanks left out; `distance` is how far apart the two sound."""

    before: str
    after: str
    why: Why
    begin: int
    finish: int
    distance: float = 0.0

    def as_dict(self) -> dict[str, str]:
        """As the contract has it."""
        return {"from": self.before, "to": self.after, "why": self.why}


@dataclass(frozen=True, slots=True)
class Heard:
    """What was meant, as far as it can be told. Contract: docs/protocols/voice.md, “Heard”.

    `text` is empty where nothing was understood; `raw` is the recogniser's own text; `uncertain` where it has to be
    read back before it counts; `seconds` is the length of the utterance, from its last word where it is not set.
    """

    text: str = ""
    raw: str = ""
    confidence: float = 0.0
    corrections: tuple[Correction, ...] = ()
    alternatives: tuple[str, ...] = ()
    uncertain: bool = False
    words: tuple[Word, ...] = ()
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """JSON, with the names of the contract."""
        return {
            "text": self.text,
            "raw": self.raw,
            "confidence": round(self.confidence, 4) if math.isfinite(self.confidence) else 0.0,
            "corrections": [correction.as_dict() for correction in self.corrections],
            "alternatives": list(self.alternatives),
            "uncertain": self.uncertain,
            "words": [word.as_dict() for word in self.words],
            "seconds": round(self.seconds, 3),
        }
