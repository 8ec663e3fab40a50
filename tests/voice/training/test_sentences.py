"""The project's own sentences as they are said; and what is measured with stays out of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.voice_accuracy import OTHERS, TEXTS
from chinese.numerals import parse_cardinal
from voice.training import sentences, vocabulary

HAN = re.compile(r"[\u4e00-\u9fff]+")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("我想挂12月3号的骨科。", "我想挂十二月三号的骨科"),
        ("9:30有号吗？", "九点三十分有号吗"),
        ("我烧到39.5度", "我烧到三十九点五度"),
        ("电话13905712846", "电话一三九零五七一二八四六"),
        ("2026年", "二零二六年"),
        ("做CT要空腹吗", ""),
        ("", ""),
    ],
)
def test_text_becomes_what_is_said(written, said):
    assert sentences.spoken_form(written) == said


@given(st.integers(0, 9999))
def test_a_number_is_said_as_it_is_read(number):
    assert parse_cardinal(sentences.cardinal(number)) == number


def test_made_sentences_can_be_spoken_and_repeat_with_their_seed():
    one, other = sentences.Speaker(4), sentences.Speaker(4)
    made = [one.sentence() for _ in range(500)] + [one.answer() for _ in range(500)]
    assert made == [other.sentence() for _ in range(500)] + [other.answer() for _ in range(500)]
    assert all(HAN.fullmatch(text) for text in made)
    assert len(set(made)) > 700


def test_written_sentences_come_from_every_skill():
    written = sentences.written()
    assert len(written) > 4000
    assert all(HAN.fullmatch(text) for text in written)
    assert {"我想挂号", "不是这天"} <= set(written)


def test_what_is_measured_with_is_not_trained_on():
    texts = vocabulary.load(TEXTS)
    speaker = sentences.Speaker(23)
    trained = set(sentences.written()) | {speaker.sentence() for _ in range(40000)}
    measured = set(texts["free"]) | {
        text for state in texts["outside"] for text in state["say"] if len(text) > 4
    }
    assert not measured & trained


def test_there_is_enough_to_measure_with():
    texts = vocabulary.load(TEXTS)
    assert 2 * sum(len(state["say"]) for state in texts["answers"]) >= 300
    assert len(texts["free"]) >= 120
    assert all(HAN.fullmatch(text) for text in texts["free"])
    assert len(set(OTHERS)) == len(OTHERS) >= 99


def test_the_vocabulary_has_the_hospitals_words():
    own = set(vocabulary.own_words())
    assert {
        "耳鼻咽喉科",
        "再说一遍",
        "上一步",
        "阿莫西林",
        "血常规",
        "第二个",
        "人工",
        "喘不上气",
        "王医生",
    } <= own
