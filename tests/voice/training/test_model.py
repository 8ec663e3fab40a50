"""The model that ships: complete, small, and it hears voices that it was never trained on."""

import json

import numpy as np
import pytest
import vosk

from voice.models import BUILT_IN
from voice.training import vocabulary
from voice.training.espeak import HELD_OUT, TRAINED, Espeak, EspeakError
from voice.training.pronounce import spoken

FOLDER = BUILT_IN / "menzhen-small"
BACKGROUND = np.random.default_rng(3)


@pytest.fixture(scope="module")
def model() -> vosk.Model:
    vosk.SetLogLevel(-1)
    return vosk.Model(str(FOLDER))


@pytest.fixture(scope="module")
def engine() -> Espeak:
    return Espeak()


def heard(model, samples, *grammar: str) -> list[dict]:
    """The words with their times and confidences."""
    phrases = [json.dumps([*grammar, "[unk]"], ensure_ascii=False)] if grammar else []
    recogniser = vosk.KaldiRecognizer(model, 16000, *phrases)
    recogniser.SetWords(True)
    whole = np.concatenate([np.zeros(5000), samples, np.zeros(9000)])
    data = np.clip(whole + BACKGROUND.normal(0, 8, len(whole)), -32768, 32767).astype("<i2").tobytes()
    found = []
    for start in range(0, len(data), 6400):
        if recogniser.AcceptWaveform(data[start : start + 6400]):
            found += json.loads(recogniser.Result()).get("result", [])
    return found + json.loads(recogniser.FinalResult()).get("result", [])


def text(words: list[dict]) -> str:
    return "".join(word["word"] for word in words)


def test_it_is_at_most_twelve_megabytes_and_has_its_card():
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 12_000_000
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert all(word in card for word in ("MIT License", "Unlicense", "espeak-ng", "GPL", "not dictation"))


def test_it_knows_every_word_of_the_project_and_all_common_characters(model):
    wanted = [*vocabulary.own_words(), *vocabulary.characters(), "[unk]"]
    unknown = [word for word in wanted if model.vosk_model_find_word(word) < 0]
    assert not unknown


@pytest.mark.parametrize("voice", HELD_OUT[:3])
@pytest.mark.parametrize("said", ["骨科", "第二个", "再说一遍", "耳鼻喉科"])
def test_it_hears_an_answer_in_a_voice_of_its_own(model, engine, voice, said):
    samples = engine.say(spoken(said), voice)
    assert text(heard(model, samples, "骨科", "第二个", "第一个", "再说一遍", "耳鼻喉科", "皮肤科")) == said


def test_what_the_grammar_does_not_hold_is_unknown(model, engine):
    samples = engine.say(spoken("西红柿多少钱一斤"), HELD_OUT[0])
    assert "[unk]" in text(heard(model, samples, "骨科", "皮肤科"))


def test_words_have_times_within_what_was_said(model, engine):
    samples = engine.say(spoken("骨科皮肤科"), HELD_OUT[0])
    words = heard(model, samples, "骨科", "皮肤科")
    assert [word["word"] for word in words] == ["骨科", "皮肤科"]
    assert 0.1 < words[0]["start"] < words[0]["end"] <= words[1]["start"] < words[1]["end"]
    # Quiet after a word belongs to it until there is enough of it to be silence.
    assert words[1]["end"] < 5000 / 16000 + len(samples) / 16000 + 0.7


def test_silence_and_noise_say_nothing(model):
    hiss = np.random.default_rng(5).normal(0, 800, 32000)
    assert text(heard(model, np.zeros(32000), "骨科", "皮肤科")) == ""
    assert text(heard(model, hiss, "骨科", "皮肤科")).replace("[unk]", "") == ""


def test_voices_for_measuring_are_not_for_training(engine):
    assert not set(HELD_OUT) & set(TRAINED)
    assert {*HELD_OUT, *TRAINED} <= engine.variants


def test_a_voice_that_is_not_there_is_an_error_and_not_another_voice(engine):
    with pytest.raises(EspeakError, match="nosuch"):
        engine.say(["ni3", "hao3"], "nosuch")
