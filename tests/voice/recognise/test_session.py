"""One person's session over the real model: no order of calls ends the process, and confidences are posteriors."""

import json
from dataclasses import replace

import pytest
import vosk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.voice.sounds import hiss, in_noise, packets, quiet, say
from voice.errors import BadMessage
from voice.expect import Expectation
from voice.recognise.confidence import posteriors, readings
from voice.recognise.hearing import WHOLE, meant
from voice.recognise.model import Model
from voice.recognise.session import Recogniser
from voice.repair import Vocabulary

DEPARTMENTS = ["骨科", "神经内科", "眼科", "皮肤科", "上午", "下午"]
SOUND = say("神经内科") + hiss(0.5) + say("骨科")

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("feed"), st.integers(0, len(SOUND)), st.integers(0, 9_000)),
        st.tuples(st.just("listen"), st.lists(st.sampled_from([*DEPARTMENTS, "", "[unk]", "☃", "一 二"]), max_size=4), st.none()),
        st.tuples(st.just("finish"), st.sampled_from(["eof", "reset", "stopped"]), st.none()),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_no_order_of_calls_ends_the_process(model: Model, steps: list) -> None:
    recogniser = Recogniser(model)
    fed = told = 0
    for what, first, second in steps:
        if what == "feed":
            part = SOUND[first : first + second]
            fed += len(part)
            told += sum(round(u.seconds * 32_000) for u in recogniser.feed(part))
        elif what == "listen":
            try:
                recogniser.listen_for(first)
            except BadMessage:
                continue
        else:
            told += round(recogniser.finish(first).seconds * 32_000)
    told += round(recogniser.finish("eof").seconds * 32_000)
    # Every sample belongs to one utterance; half a sample may be left at each end.
    assert 0 <= fed - told <= 1 + len(steps)


def test_two_utterances_of_one_session_have_times_of_their_own(model: Model) -> None:
    recogniser = Recogniser(model)
    recogniser.listen_for(DEPARTMENTS)
    found = []
    for text in ("骨科", "神经内科", "眼科"):
        recogniser.feed(say(text))
        found.append(recogniser.finish())
    assert [utterance.text.replace(" ", "") for utterance in found] == ["骨科", "神经内科", "眼科"]
    for utterance in found:
        words = utterance.hypotheses[0].words
        assert 0 < words[0].start < words[-1].end <= utterance.seconds
    assert found[1].start == pytest.approx(found[0].seconds, abs=0.01)


def test_a_change_of_the_list_within_speech_keeps_the_times(model: Model) -> None:
    sound = packets(say("神经内科"))
    recogniser = Recogniser(model)
    recogniser.listen_for(["上午", "下午"])
    for packet in sound[:6]:
        recogniser.feed(packet)
    recogniser.listen_for(DEPARTMENTS)
    for packet in sound[6:]:
        recogniser.feed(packet)
    changed = recogniser.finish()
    recogniser.feed(b"".join(sound))
    straight = recogniser.finish()
    assert changed.text == straight.text
    for one, other in zip(changed.hypotheses[0].words, straight.hypotheses[0].words, strict=True):
        assert one.start == pytest.approx(other.start, abs=0.1)


@pytest.mark.parametrize("decibels", [30, 12, 3])
@pytest.mark.parametrize("text", ["骨科", "神经内科", "下午"])
def test_confidences_from_alternatives_are_those_that_vosk_gives_alone(
    model: Model, text: str, decibels: float
) -> None:
    """Vosk gives confidences or alternatives; ours come from the alternatives and agree with its own."""
    sound = in_noise(say(text), decibels)
    grammar = json.dumps([*DEPARTMENTS, "[unk]"], ensure_ascii=False)
    alone = vosk.KaldiRecognizer(model.vosk, 16_000.0, grammar)
    alone.SetWords(True)
    alone.AcceptWaveform(sound)
    theirs = {word["word"]: word["conf"] for word in json.loads(alone.FinalResult()).get("result", [])}
    recogniser = Recogniser(model, rules=WHOLE, alternatives=10)
    recogniser.listen_for(DEPARTMENTS)
    recogniser.feed(sound)
    found = recogniser.finish().hypotheses
    ours = {word.word: word.conf for word in found[0].words} if found else {}
    assert ours == pytest.approx(theirs, abs=0.05)


def test_posteriors_add_up_to_one() -> None:
    assert sum(posteriors([-10.0, -12.0, -900.0, 4000.0])) == pytest.approx(1.0)
    assert posteriors([5.0]) == [1.0]
    assert posteriors([]) == []


def word(text: str, start: float) -> dict:
    return {"word": text, "start": start, "end": start + 0.4}


TWO = [
    {"text": "明天 上午", "confidence": 10.0, "result": [word("明天", 0.1), word("上午", 0.6)]},
    {"text": "明天 下午", "confidence": 10.0, "result": [word("明天", 0.1), word("下午", 0.6)]},
]
NOTHING = {"text": "", "confidence": 10.0}


def test_a_word_that_every_reading_has_is_certain() -> None:
    found = readings({"alternatives": TWO}, 0.0, 1.0)
    assert [reading.text for reading in found] == ["明天 上午", "明天 下午"]
    assert [w.conf for w in found[0].words] == [pytest.approx(1.0), pytest.approx(0.5)]


def test_that_nothing_was_said_is_a_reading_too() -> None:
    found = readings({"alternatives": [*TWO, NOTHING]}, 0.0, 1.0)
    assert found[0].words[0].conf == pytest.approx(2 / 3)
    assert readings({"alternatives": [NOTHING, *TWO]}, 0.0, 1.0) == ()


def test_an_answer_that_is_no_phrase_gives_way_to_one_that_is(model: Model) -> None:
    recogniser = Recogniser(model)
    recogniser.listen_for(["十分", "骨科"])
    recogniser.feed(say("骨科"))
    utterance = recogniser.finish()
    assert utterance.grammar is not None
    heard = meant(utterance, Expectation(("department",)), Vocabulary.of({"department": ["骨科"]}))
    assert heard.text == "骨科" and heard.seconds == utterance.seconds


def test_a_model_of_one_static_graph_hears_anything_and_prefers_what_is_allowed(model: Model) -> None:
    static = replace(model, takes_grammar=False)
    recogniser = Recogniser(static)
    recogniser.listen_for(["是的", "不是"])
    recogniser.feed(say("我要挂号"))
    utterance = recogniser.finish()
    assert utterance.text.replace(" ", "") == "我要挂号" and not utterance.held
    assert meant(utterance, Expectation(("yes_no",)), Vocabulary.of({})).text == "我要挂号"


def test_a_long_recording_is_one_utterance(model: Model) -> None:
    recogniser = Recogniser(model, rules=WHOLE)
    recogniser.listen_for(DEPARTMENTS)
    assert recogniser.feed(say("骨科") + quiet(10) + say("眼科") + quiet(12)) == []
    assert recogniser.finish().text.replace(" ", "") == "骨科眼科"


@pytest.mark.parametrize("rate", [7_999, 48_001, 0, -16_000])
def test_a_rate_out_of_range_is_refused(model: Model, rate: int) -> None:
    with pytest.raises(BadMessage):
        Recogniser(model, rate)


def test_nothing_fed_is_nothing_heard(model: Model) -> None:
    utterance = Recogniser(model).finish()
    assert (utterance.text, utterance.seconds) == ("", 0.0)
