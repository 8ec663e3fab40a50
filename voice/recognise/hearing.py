"""An utterance → what was meant: answers outside the list of phrases are set aside, the rest is repaired."""

from __future__ import annotations

import math
from dataclasses import replace

from voice.expect import Expectation
from voice.recognise.session import Utterance
from voice.recognise.silence import Rules
from voice.repair import Heard, Vocabulary, repair

# A recording is one utterance, however long its pauses are.
WHOLE = Rules(trailing=math.inf, still=math.inf, nothing=math.inf, limit=math.inf)


def meant(utterance: Utterance, expectation: Expectation, vocabulary: Vocabulary) -> Heard:
    """What an utterance means in this state. Where the best reading is no chain of allowed phrases (a grammar is a
    bigram: 十分 → 十分分), the next that is one counts, and is uncertain."""
    readings, doubtful = utterance.hypotheses, False
    if utterance.grammar:
        allowed = tuple(reading for reading in readings if utterance.grammar.allows(reading.text))
        doubtful = utterance.held and bool(readings) and (not allowed or allowed[0] is not readings[0])
        readings = allowed or readings
    heard = repair(readings, expectation, vocabulary)
    return replace(
        heard, seconds=utterance.seconds, uncertain=heard.uncertain or (doubtful and bool(heard.text))
    )
