"""What holds for every text that a recogniser can come up with."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chinese.pinyin import readings
from tests.voice.repair.hearing import DEPARTMENTS, DOCTORS, NOW, VOCABULARY, expected
from voice.expect import KINDS
from voice.repair import Hypothesis, Vocabulary, Word, repair
from voice.repair.rewriting import Rewriting

CHARS = "耳鼻猴喉科骨古谷故王建过国果李敏民刘伟为一二两三十百点分半刻月号明名天后上下午周星期第个挂退好号我要想幺零八艾克斯度岁医生疼"
texts = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from([*CHARS, " ", "[unk]"]), max_size=20).map("".join),
    st.lists(st.sampled_from([*DEPARTMENTS, *DOCTORS, "明天", "十分", "[unk]"]), max_size=6).map(" ".join),
)
kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True).map(" ".join)
EMPTY = Vocabulary.of({})
NAMED = {"department": DEPARTMENTS, "doctor": DOCTORS}


@settings(deadline=None)
@given(st.sampled_from([(kind, name) for kind, names in NAMED.items() for name in names]))
def test_an_exact_candidate_is_never_changed(named: tuple[str, str]) -> None:
    kind, name = named
    found = repair([Hypothesis(name)], expected(kind), VOCABULARY, now=NOW)
    assert (found.text, found.corrections) == (name, ())


@settings(max_examples=200, deadline=None)
@given(texts, kinds, st.lists(st.floats(0, 1), max_size=20))
def test_any_text_is_survived(text: str, kinds: str, confs: list[float]) -> None:
    words = tuple(Word(word, 0.0, 1.0, conf) for word, conf in zip(text.split(), confs, strict=False))
    found = repair([Hypothesis(text, words)], expected(kinds), VOCABULARY, now=NOW)
    assert 0.0 <= found.confidence <= 1.0 and " " not in found.text and "[unk]" not in found.text
    assert found.as_dict()["raw"] == found.raw


@settings(max_examples=200, deadline=None)
@given(texts, kinds)
def test_corrections_never_overlap_and_make_the_text(text: str, kinds: str) -> None:
    found = repair([Hypothesis(text)], expected(kinds), VOCABULARY, now=NOW)
    plain = repair([Hypothesis(text)], expected("yes_no"), EMPTY, now=NOW)
    reached = 0
    for change in found.corrections:
        assert reached <= change.begin < change.finish
        reached = change.finish
    if not found.corrections and not plain.corrections:
        assert found.text == plain.text


@settings(max_examples=200, deadline=None)
@given(texts, st.sampled_from(["department", "doctor", "free"]))
def test_a_name_of_two_syllables_is_only_put_in_for_equal_sound(text: str, kind: str) -> None:
    found = repair([Hypothesis(text)], expected(kind), VOCABULARY, now=NOW)
    for change in found.corrections:
        if change.why == "pinyin" and len(change.after) == 2 and len(change.before) == 2:
            for before, after in zip(change.before, change.after, strict=True):
                assert set(readings(before)) & set(readings(after)), (change, text)


@settings(deadline=None)
@given(st.text("abcdef", max_size=12), st.data())
def test_a_rewriting_always_says_where_each_piece_was_heard(source: str, data: st.DataObject) -> None:
    rewriting = Rewriting(source)
    for _ in range(data.draw(st.integers(0, 5))):
        length = len(rewriting.text)
        if not length:
            break
        begin = data.draw(st.integers(0, length - 1))
        finish = data.draw(st.integers(begin + 1, length))
        after = data.draw(st.text("xyz", max_size=4))
        expected_text = rewriting.text[:begin] + after + rewriting.text[finish:]
        rewriting.replace(begin, finish, after, "pinyin")
        assert rewriting.text == expected_text
    rebuilt, place = "", 0
    for change in rewriting.corrections():
        assert place <= change.begin and source[change.begin : change.finish] == change.before
        rebuilt += source[place : change.begin] + change.after
        place = change.finish
    assert rebuilt + source[place:] == rewriting.text
