"""What the classifier weighs beside the words: the last request, negated cancelling, the speaker's role."""

import numpy as np
import pytest

from bot.nlu.features import features
from bot.nlu.model import IntentModel
from bot.nlu.understanding import Classifier
from bot.nlu.words import Splitter

SPLITTER = Splitter()


def _features(sentence: str) -> list[str]:
    return features(sentence, SPLITTER.words(sentence), [])


@pytest.mark.parametrize("sentence", ["别退，改一下时间就行", "不是要取消，换一天", "先不退号"])
def test_negated_cancelling_is_told_apart(sentence: str) -> None:
    assert "no cancelling" in _features(sentence)


@pytest.mark.parametrize("sentence", ["把号退了", "取消预约"])
def test_cancelling_itself_is_not(sentence: str) -> None:
    assert "no cancelling" not in _features(sentence)


def test_the_last_clause_counts_beside_the_whole() -> None:
    found = _features("老人腿脚不方便，挂号")
    assert "l 挂号" in found
    assert "l 老人" not in found


def test_a_patients_sentence_is_no_managers_question_unless_it_plainly_is() -> None:
    # Weights of a hand: whatever is said, the manager's question is the likelier reading, but not by far.
    intents = ["book_appointment", "management_question"]
    empty = np.zeros(0, dtype=np.float32)
    trained = IntentModel(
        intents, {i: i for i in intents}, {}, empty, np.zeros((0, 2)), np.array([0.0, 2.0], dtype=np.float32)
    )
    classifier = Classifier(trained)
    words = SPLITTER.words("昨天门诊量多少")
    asked = classifier.understand("昨天门诊量多少", words, [], "director")
    assert asked.intent == "management_question"
    asked = classifier.understand("昨天门诊量多少", words, [], "patient")
    assert "management_question" not in [name for name, _ in asked.ranking]
