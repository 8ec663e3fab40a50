"""`repair`: the recogniser's hypotheses, what the assistant expects, and the hospital's words → `Heard`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from common import clock
from voice.expect import Expectation
from voice.repair.heard import Heard, Hypothesis
from voice.repair.reading import SURE, Reading, read
from voice.repair.vocabulary import Vocabulary

MOST = 10
"""Hypotheses that are looked at."""
_RIVAL = 0.35
"""A reading with this part of the best one's votes makes a doctor or a time doubtful."""
_CERTAIN = 0.6
"""What was heard with less confidence is read back, whatever it is."""


def repair(
    hypotheses: Sequence[Hypothesis],
    expectation: Expectation,
    vocabulary: Vocabulary,
    *,
    now: datetime | None = None,
) -> Heard:
    """What was meant by these hypotheses (best first), in the state that the expectation describes.

    Each is read for itself: names by their sound, numbers by their slot. The readings vote with the recogniser's
    scores; one that is no answer in this state (a number that lacks a digit, too) counts half, a number of the right
    form and check character four times.
    `now`: the clinic's time, aware; by default the present one. Never raises on any text.
    """
    heard = [hypothesis for hypothesis in hypotheses[:MOST] if hypothesis.text.strip()]
    if not heard:
        return Heard()
    now = now or clock.now()
    state = vocabulary.state(expectation)
    readings = [read(hypothesis, state, now) for hypothesis in heard]
    votes = _votes(readings, heard)
    text = max(votes, key=lambda each: votes[each])
    # Of several that come to this text the one that needed least for it.
    same = [place for place, reading in enumerate(readings) if reading.text == text]
    place = min(same, key=lambda each: (bool(readings[each].doubts), readings[each].apart, each))
    best, source = readings[place], heard[place]
    seconds = source.words[-1].end if source.words else 0.0
    if not text:
        return Heard(raw=heard[0].text, words=source.words, seconds=seconds)
    others = [other for other in sorted(votes, key=lambda each: -votes[each]) if other not in ("", text)]
    # Readings that come to the same text vouch for it together, where the recogniser scored them.
    scored = all(hypothesis.score is not None for hypothesis in heard)
    share = votes[text] / sum(votes.values()) if scored else 0.0
    confidence = _confidence(best, share)
    doubtful = (
        best.doubts
        or (best.weak and share < SURE)
        or not best.answer
        or best.sounds.unknown
        or confidence < _CERTAIN
        or _contested(best, others, readings, votes)
    )
    return Heard(
        text,
        source.text,
        confidence,
        best.rewriting.corrections(),
        tuple(dict.fromkeys((*(name for name in best.instead if name != text), *others)))[:5],
        bool(doubtful),
        source.words,
        seconds,
    )


def _votes(readings: Sequence[Reading], heard: Sequence[Hypothesis]) -> dict[str, float]:
    """The readings' shares: the recogniser's posterior among its alternatives where it scored them, else their rank."""
    scores = [hypothesis.score for hypothesis in heard]
    known = [score for score in scores if score is not None and math.isfinite(score)]
    top = max(known, default=0.0)
    votes: dict[str, float] = {}
    for rank, (reading, score) in enumerate(zip(readings, scores, strict=True)):
        scored = score is not None and len(known) == len(scores)
        weight = math.exp(max((score or 0.0) - top, -50.0)) if scored else 1.0 / (rank + 1)
        if not reading.answer or not reading.text:
            weight *= 0.5
        votes[reading.text] = votes.get(reading.text, 0.0) + weight * (4.0 if reading.valid else 1.0)
    return votes


def _confidence(best: Reading, share: float) -> float:
    """The words' confidence, or the readings' share of the votes where that is more (of words without a confidence only
    the share tells); less for what had to be changed and for what was not understood."""
    told = best.sounds.confidence
    if share:
        told = (
            max(told, share * best.sounds.understood) if best.sounds.rated else share * best.sounds.understood
        )
    return max(min(told * (1.0 - best.apart), 1.0), 0.0)


def _contested(
    best: Reading, others: Sequence[str], readings: Sequence[Reading], votes: dict[str, float]
) -> bool:
    """Another answer is nearly as likely."""
    answers = {reading.text for reading in readings if reading.answer}
    return any(other in answers and votes[other] >= _RIVAL * votes[best.text] for other in others[:2])
