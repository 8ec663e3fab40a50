"""Vosk's alternatives → readings whose words carry a confidence between 0 and 1.

With one result Vosk gives confidences and no alternatives, with several it gives alternatives and log scores. The scores
are the logarithms of the paths' weights in one lattice, so normalised they are the posteriors of the readings, and the
posterior of a word is the sum over the readings that have it at the same time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from voice.repair import Hypothesis, Word


def readings(result: Mapping[str, Any], offset: float, seconds: float) -> tuple[Hypothesis, ...]:
    """Readings of a final with alternatives, best first; times become those after `offset` s, at most `seconds`.

    That nothing was said is a reading too, with its share: where it is the best one there are no readings.
    """
    entries = list(result.get("alternatives") or ())
    weights = posteriors([float(entry.get("confidence", 0.0)) for entry in entries])
    timed = [_timed(entry, offset, seconds) for entry in entries]
    found: list[Hypothesis] = []
    for entry, words in zip(entries, timed, strict=True):
        if not words and not found:
            return ()
        if words:
            rated = tuple(
                Word(word.word, word.start, word.end, _confidence(word, timed, weights)) for word in words
            )
            found.append(Hypothesis(str(entry["text"]).strip(), rated, float(entry.get("confidence", 0.0))))
    return tuple(found)


def posteriors(scores: list[float]) -> list[float]:
    """Log scores to shares that add up to 1."""
    top = max(scores, default=0.0)
    weights = [math.exp(score - top) for score in scores]
    return [weight / sum(weights) for weight in weights]


def _timed(entry: Mapping[str, Any], offset: float, seconds: float) -> list[Word]:
    def within(time: Any) -> float:
        return round(min(max(0.0, float(time) - offset), seconds), 3)

    return [
        Word(str(word["word"]), within(word["start"]), within(word["end"]))
        for word in entry.get("result") or ()
    ]


def _confidence(word: Word, every: list[list[Word]], weights: list[float]) -> float:
    shares = (
        weight for words, weight in zip(every, weights, strict=True) if any(_same(word, w) for w in words)
    )
    return round(min(1.0, sum(shares)), 6)


def _same(one: Word, other: Word) -> bool:
    return one.word == other.word and one.start < other.end and other.start < one.end
