"""Syllables become units, tones and sandhi included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.training.lexicon import Costs, Lexicon
from voice.training.pronounce import citation, readings, spoken
from voice.training.units import INITIALS, Units, names, split, third_tones


@pytest.mark.parametrize(
    ("syllable", "parts"),
    [
        ("xiang3", ("x", "iang", "3")),
        ("ju2", ("j", "v", "2")),
        ("lv4", ("l", "v", "4")),
        ("lü4", ("l", "v", "4")),
        ("yuan4", ("", "van", "4")),
        ("wo3", ("", "uo", "3")),
        ("zhi1", ("zh", "ii", "1")),
        ("si4", ("s", "iz", "4")),
        ("liu2", ("l", "iou", "2")),
        ("er2", ("", "er", "2")),
        ("de", ("d", "e", "5")),
    ],
)
def test_a_syllable_is_an_initial_and_a_final(syllable, parts):
    assert split(syllable) == parts


@pytest.mark.parametrize("sound", ["hng5", "m2", "xyz", "", "3"])
def test_what_is_no_syllable_is_refused(sound):
    assert split(sound) is None
    assert names(["ma1", sound]) is None


def test_beijing_and_background_are_different_units():
    units = Units.heard([["bei3", "jing1"], ["bei4", "jing3"]], least=1)
    assert units.numbers(["bei3", "jing1"]) != units.numbers(["bei4", "jing3"])


def test_a_tone_never_heard_borrows_another_of_the_same_final():
    units = Units.heard([["ma1", "ma3"]], least=1)
    assert units.numbers(["ma2"]) == units.numbers(["ma3"])
    assert units.numbers(["ma5"]) is not None
    assert units.numbers(["mo1"]) is None


def test_tones_change_as_they_are_spoken():
    assert spoken("你好") == ["ni2", "hao3"]
    assert spoken("不要") == ["bu2", "yao4"]
    assert spoken("一个") == ["yi2", "ge4"]
    assert citation("可以") == ["ke3", "yi3"]
    assert spoken("可以") == ["ke2", "yi3"]
    assert spoken("挂号") == ["gua4", "hao4"]


def test_a_word_is_also_said_as_before_a_third_tone():
    assert ["yi1", "yuan4"] in readings("医院")
    assert {tuple(one) for one in readings("可以")} == {("ke2", "yi3"), ("ke2", "yi2")}
    assert ["zhang3"] in readings("长")
    assert ["chang2"] in readings("长")


def test_what_is_not_chinese_has_no_reading():
    assert spoken("CT检查") == []
    assert readings("[unk]") == []


@given(
    st.lists(
        st.sampled_from(["ma", "shi", "xue", "lv", "er"]).flatmap(
            lambda s: st.sampled_from([s + t for t in "12345"])
        )
    )
)
def test_sandhi_changes_only_third_tones_before_third_tones(syllables):
    changed = third_tones(syllables)
    assert len(changed) == len(syllables)
    for place, (before, after) in enumerate(zip(syllables, changed, strict=True)):
        followed = place + 1 < len(syllables) and syllables[place + 1].endswith("3")
        assert after == (before[:-1] + "2" if before.endswith("3") and followed else before)


@given(
    st.sampled_from([one for one in INITIALS if one not in "jqx"]),
    st.sampled_from(["a", "ang", "ian", "uo", "u", "ong", "ao"]),
    st.sampled_from("12345"),
)
def test_every_name_is_taken_apart_and_numbered_from_one(initial, final, tone):
    units = Units.heard([[initial + final + tone]], least=1)
    numbers = units.numbers([initial + final + tone])
    assert numbers is not None
    assert all(1 <= number < units.outputs for number in numbers)


def test_initials_and_finals_are_pools_of_their_own():
    units = Units(["zh", "b", "a1", "an4", "e5"])
    assert units.pools == ((1, 2), (3, 3))
    assert units.written == units.outputs + 2
    with pytest.raises(ValueError, match="initials come first"):
        Units(["a1", "zh"]).pools  # noqa: B018


def test_what_is_not_in_a_grammar_costs_each_speaker_a_few_states():
    """[unk] of the units themselves had 1,500 states, which every recogniser composed with its grammar anew."""
    units = Units([*INITIALS, *(f"a{n}" for n in range(160))])
    words = {"[unk]": 1, "骨": 2}
    assert Lexicon(words, {"骨": [[1, 25]]}, units, Costs()).states < 40
