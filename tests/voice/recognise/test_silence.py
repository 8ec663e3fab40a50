"""When somebody has finished speaking."""

import numpy as np
import pytest

from tests.voice.sounds import hiss, quiet
from voice.recognise.silence import End, Rules, Silence

RATE = 16_000
RULES = Rules()


def tone(seconds: float, rate: int = RATE, level: float = 3000.0) -> bytes:
    """As loud as speech, with its gaps between syllables."""
    time = np.arange(round(seconds * rate)) / rate
    syllables = (np.sin(2 * np.pi * 4 * time) > -0.7).astype(float)
    return (np.sin(2 * np.pi * 220 * time) * syllables * level).astype("<i2").tobytes()


def listen(
    sound: bytes, texts: list[tuple[float, str]], rate: int = RATE, rules: Rules = RULES
) -> tuple[End | None, float]:
    """Why and when it ended; `texts` are what the recogniser has from which second on."""
    silence = Silence(rate, rules)
    size = rate // 10 * 2
    for place in range(0, len(sound), size):
        silence.feed(sound[place : place + size])
        now = (place + size) / 2 / rate
        text = next((text for since, text in reversed(texts) if now >= since), "")
        if end := silence.ended(text):
            return end, now
    return None, len(sound) / 2 / rate


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_silence_after_speech_ends_it(rate: int) -> None:
    end, when = listen(quiet(0.5, rate) + tone(1.5, rate) + quiet(3, rate), [(0.8, "骨科")], rate)
    assert end == "silence"
    assert 2.0 + 0.8 <= when <= 2.0 + 1.2


def test_a_slow_speaker_may_pause_within_a_sentence() -> None:
    slow = tone(1.0) + quiet(0.7) + tone(1.0) + quiet(0.7) + tone(1.0)
    end, when = listen(slow + quiet(3), [(0.4, "我"), (2.2, "我 想"), (3.9, "我 想 挂号")])
    assert end == "silence"
    assert when > len(slow) / 2 / RATE


def test_a_recording_that_begins_with_speech_is_speech() -> None:
    end, when = listen(tone(1.2) + quiet(2), [(0.3, "是")])
    assert end == "silence" and 1.9 <= when <= 2.4


def test_in_steady_noise_a_text_that_stands_still_ends_it() -> None:
    noise = hiss(12, level=2500)
    end, when = listen(noise, [(2.0, "骨"), (2.5, "骨科")])
    assert end == "silence" and 3.4 <= when <= 5.2


def test_a_room_that_is_always_loud_is_quiet_to_those_who_speak_louder() -> None:
    room = np.frombuffer(hiss(9, level=300), dtype="<i2").astype(int)
    speech = np.zeros_like(room)
    voice = np.frombuffer(tone(1.5, level=9000), dtype="<i2")
    speech[4 * RATE : 4 * RATE + len(voice)] = voice
    sound = (room + speech).astype("<i2").tobytes()
    end, when = listen(sound, [(4.3, "内科")])
    assert end == "silence" and 6.2 <= when <= 6.8


def test_whoever_says_nothing_is_told_so() -> None:
    assert listen(quiet(20), []) == ("nothing", pytest.approx(8.0, abs=0.15))


def test_noise_alone_is_nothing() -> None:
    assert listen(hiss(20, level=1500), [])[0] == "nothing"


def test_a_cough_does_not_end_the_waiting() -> None:
    cough = quiet(1) + tone(0.3) + quiet(7.5)
    assert listen(cough, [(1.5, "[unk]")])[0] == "nothing"


def test_speech_that_is_not_understood_ends_as_speech_does() -> None:
    end, when = listen(quiet(0.5) + tone(1.5) + quiet(3), [(0.9, "[unk]"), (1.5, "[unk] [unk]")])
    assert end == "silence" and when < 3.4


def test_a_click_is_no_speech() -> None:
    silence = Silence(RATE)
    click = np.zeros(RATE, dtype="<i2")
    click[4000:4400] = 20_000
    silence.feed(click.tobytes())
    assert not silence.heard


def test_endless_speech_is_cut_off() -> None:
    texts = [(second / 2, "字" * second) for second in range(1, 80)]
    assert listen(tone(40), texts) == ("limit", pytest.approx(18.0, abs=0.15))


def test_while_a_button_is_held_only_the_length_ends_it() -> None:
    silence = Silence(RATE)
    silence.held = True
    for _ in range(17):
        silence.feed(tone(0.3) + quiet(0.7))
        assert silence.ended("骨科") is None
    silence.feed(quiet(2))
    assert silence.ended("骨科") == "limit"


def test_a_button_let_go_ends_what_was_followed_by_silence() -> None:
    silence = Silence(RATE)
    silence.held = True
    silence.feed(tone(1) + quiet(3))
    assert silence.ended("骨科") is None
    silence.held = False
    assert silence.ended("骨科") == "silence"


def test_a_constant_offset_of_the_microphone_is_silence() -> None:
    silence = Silence(RATE)
    silence.feed(np.full(RATE, 9000, dtype="<i2").tobytes())
    assert not silence.heard


def test_a_new_utterance_starts_from_nothing() -> None:
    silence = Silence(RATE)
    silence.feed(tone(2))
    silence.start()
    silence.feed(quiet(2))
    assert silence.ended("") is None and not silence.heard
