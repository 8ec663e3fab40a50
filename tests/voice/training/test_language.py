"""The language model is a proper one: probabilities, backing off, and words that the sentences lack."""

import math
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.training.language import END, START, Segmenter, Trigram

TEXT = [
    (["我", "要", "挂号"], 3.0),
    (["我", "要", "缴费"], 2.0),
    (["他", "要", "挂号"], 1.0),
    (["挂号"], 2.0),
]
EVERYDAY = {"我": 9.0, "要": 5.0, "挂号": 1.0, "缴费": 1.0, "他": 4.0, "苹果": 3.0}


@pytest.fixture
def model() -> Trigram:
    return Trigram(TEXT, EVERYDAY)


@pytest.mark.parametrize("history", [("我",), ("要",), (START,), ("苹果",)])
def test_what_may_follow_a_word_adds_up_to_one(model, history):
    assert sum(model.chance(history, word) for word in model.one) == pytest.approx(1)


def test_what_may_follow_two_words_adds_up_to_one(model):
    for history in model.three:
        assert sum(model.chance(history, word) for word in model.one) == pytest.approx(1)


def test_two_words_of_context_tell_more_than_one(model):
    assert model.chance(("我", "要"), "缴费") > model.chance(("要",), "缴费")


def test_a_word_of_everyday_speech_can_follow_anything(model):
    assert 0 < model.chance(("我", "要"), "苹果") < model.chance(("我", "要"), "缴费")


def test_the_acceptor_gives_a_sentence_its_probability(model):
    words = ["我", "要", "挂号"]
    numbers = {word: place for place, word in enumerate(EVERYDAY, 1)}
    arcs, finals = defaultdict(dict), {}
    for line in model.acceptor(numbers).splitlines():
        fields = line.split()
        if len(fields) == 2:
            finals[int(fields[0])] = float(fields[1])
        else:
            arcs[int(fields[0])][int(fields[2])] = (int(fields[1]), float(fields[4]))
    state, cost = 0, 0.0
    for word in words:
        state, more = arcs[state][numbers[word]]
        cost += more
    cost += finals[state]
    expected = [((START,), "我"), ((START, "我"), "要"), (("我", "要"), "挂号"), (("要", "挂号"), END)]
    chance = math.prod(model.chance(h, w) for h, w in expected)
    assert cost == pytest.approx(-math.log(chance), abs=0.01)


def test_text_is_split_into_the_likeliest_words():
    segmenter = Segmenter({"我": 50, "要": 50, "挂": 5, "号": 5, "挂号": 30})
    assert segmenter.split("我要挂号") == ["我", "要", "挂号"]
    assert segmenter.split("我要吃") == []


@given(st.text("我要挂号", max_size=12))
def test_nothing_of_a_text_is_lost_by_splitting(text):
    segmenter = Segmenter({"我": 50, "要": 50, "挂": 5, "号": 5, "挂号": 30, "我要": 2})
    assert "".join(segmenter.split(text)) == text
