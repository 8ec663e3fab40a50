"""`repair`: the recogniser's hypotheses, what the assistant expects, and the hospital's words → `Heard`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chinese.text import fold
from voice.expect import Expectation
from voice.repair.heard import Correction, Heard, Hypothesis
from voice.repair.vocabulary import Vocabulary

UNKNOWN = "[unk]"


def repair(
    hypotheses: Sequence[Hypothesis],
    expectation: Expectation,
    vocabulary: Vocabulary,
    *,
    now: datetime | None = None,
) -> Heard:
    """What was meant by the best of these hypotheses (best first), in the state that the expectation describes."""
    if not hypotheses:
        return Heard()
    best = hypotheses[0]
    plain = "".join(fold(best.text).replace(UNKNOWN, " ").split())
    if not plain:
        return Heard(raw=best.text, words=best.words, seconds=_seconds(best))
    names = tuple(
        [word for option in expectation.options for word in (option.title, *option.words)]
        + [word for kind in expectation.kinds for word in vocabulary.names.get(kind, ())]
    )
    repaired = vocabulary.repairer(names).repair(plain)
    corrections = tuple(Correction(c.before, c.after, "pinyin", c.begin, c.finish) for c in repaired.changes)
    confs = [word.conf for word in best.words if word.word != UNKNOWN]
    return Heard(
        repaired.text,
        best.text,
        min(confs, default=1.0),
        corrections,
        uncertain=UNKNOWN in best.text,
        words=best.words,
        seconds=_seconds(best),
    )


def _seconds(hypothesis: Hypothesis) -> float:
    return hypothesis.words[-1].end if hypothesis.words else 0.0
