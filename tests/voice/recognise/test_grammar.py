"""Grammars: only such as Vosk survives, and answers that are really one of the phrases."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import BadMessage
from voice.expect import KINDS, Expectation, phrases
from voice.recognise.grammar import UNKNOWN, Grammar, Grammars, Lexicon, build
from voice.recognise.limits import MAX_PHRASES
from voice.repair import Vocabulary

WORDS = {
    "骨",
    "科",
    "骨科",
    "内科",
    "神经",
    "神经内科",
    "上",
    "午",
    "上午",
    "十",
    "分",
    "点",
    "九",
    "点半",
    UNKNOWN,
}
LEXICON = Lexicon(WORDS.__contains__)


def grammar(*said: str) -> Grammar:
    return build(said, LEXICON)


def test_a_phrase_is_split_into_the_fewest_words_of_the_model() -> None:
    assert LEXICON.split("神经内科") == ("神经内科",)
    assert LEXICON.split("上午九点半") == ("上午", "九", "点半")
    assert LEXICON.split("骨科 上午") == ("骨科", "上午")


def test_blanks_of_a_phrase_are_borders_of_words() -> None:
    assert LEXICON.split("神经 内科") == ("神经", "内科")


def test_what_the_model_cannot_say_is_left_out_and_known() -> None:
    found = grammar("骨科", "口腔科", "CT")
    assert json.loads(found.json) == ["骨科", UNKNOWN]
    assert found.dropped == ("口腔科", "CT")


def test_unknown_speech_is_always_allowed_to_be_unknown() -> None:
    assert json.loads(grammar("骨科").json)[-1] == UNKNOWN
    assert json.loads(grammar("骨科", UNKNOWN).json).count(UNKNOWN) == 1


def test_a_model_without_the_unknown_word_gets_a_grammar_without_it() -> None:
    assert json.loads(build(["骨科"], Lexicon({"骨科"}.__contains__)).json) == ["骨科"]


@pytest.mark.parametrize("said", [[], [""], ["  "], ["口腔科"], [UNKNOWN]])
def test_a_grammar_that_would_end_the_process_is_not_made(said: list[str]) -> None:
    with pytest.raises(BadMessage):
        build(said, LEXICON)


def test_too_many_phrases_are_refused() -> None:
    with pytest.raises(BadMessage):
        build(["骨科"] * (MAX_PHRASES + 1), LEXICON)


def test_an_answer_is_a_chain_of_whole_phrases() -> None:
    found = grammar("上午", "九点", "十分", "骨科", "九点十分")
    assert found.allows("上午 九 点")
    assert found.allows("九 点 十 分")
    assert found.allows("骨科 [unk]")
    # What a bigram makes of 十分.
    assert not found.allows("十 分 分")
    assert not found.allows("分 十")
    assert not found.allows("骨科 骨科")
    assert found.chain("九点十分") == ("九点十分",)


def test_digits_may_follow_one_another_any_number_of_times() -> None:
    digits = Lexicon({*"零一二三四五六七八九幺", UNKNOWN}.__contains__)
    found = build([*"零一二三四五六七八九幺", "一三"], digits)
    assert found.allows("一 三 八 八 八 零 零 幺 二 三 四")


def test_the_same_state_gets_the_same_grammar() -> None:
    grammars = Grammars(LEXICON)
    assert grammars.of(["骨科"]) is grammars.of(("骨科",))
    assert grammars.of([]) is None


def test_old_grammars_are_given_up() -> None:
    grammars = Grammars(LEXICON, keep=2)
    first = grammars.of(["骨科"])
    for said in ("内科", "上午", "骨科"):
        again = grammars.of([said])
    assert again is not first


@given(st.lists(st.text(alphabet='骨科上午 九点半[unk]"\\\n\0x', max_size=8), max_size=20))
def test_whatever_the_list_the_grammar_is_a_list_of_the_models_words(said: list[str]) -> None:
    try:
        found = build(said, LEXICON)
    except BadMessage:
        return
    lines = json.loads(found.json)
    assert lines and all(isinstance(line, str) and line for line in lines)
    assert {word for line in lines for word in line.split(" ")} <= WORDS
    assert all(found.allows(line) for line in lines)


@given(st.lists(st.sampled_from(["骨", "科", "骨科", "上", "午", "上午", "十", "分", "点"]), max_size=6))
def test_an_allowed_answer_is_made_of_its_chain(words: list[str]) -> None:
    found = grammar("骨科", "上午", "十点", "点")
    text = "".join(words)
    chain = found.chain(text)
    assert (chain is not None) == found.allows(" ".join(words))
    if chain is not None:
        assert "".join(chain) == text and set(chain) <= found.phrases


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"free", "symptom"}))
def test_every_phrase_of_every_state_is_an_answer_of_that_state(kind: str) -> None:
    vocabulary = Vocabulary.of({"department": ["骨科"], "doctor": ["王建国"], "person": ["我妈"]})
    said = phrases(Expectation((kind,)), vocabulary)
    found = build(said, Lexicon(lambda word: len(word) == 1 or word == UNKNOWN))
    assert not found.dropped
    assert all(found.allows(" ".join(phrase)) for phrase in said)
