"""The voice that reads replies aloud."""

import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voice.audio.files import wav
from voice.audio.decoder import decode
from voice.speak import router
from voice.speak.speaker import MAX_TEXT, RATE, Speaker, SpeechError, sentences

REPLY = "您好。明天上午八点半，骨科王建国主任医师还有号。请说“确认”或者“取消”。"


@pytest.fixture(scope="module")
def voice() -> Iterator[Speaker]:
    made = Speaker()
    yield made
    made.close()


def seconds(sound: bytes) -> float:
    return len(sound) / 2 / RATE


def length(speech: Iterable[bytes]) -> float:
    return seconds(b"".join(speech))


def test_a_reply_becomes_sound_that_any_listener_can_decode(voice: Speaker) -> None:
    sound = b"".join(voice.say(REPLY))
    heard = decode(wav(sound, RATE))
    assert heard.seconds == pytest.approx(seconds(sound), abs=0.02)
    samples = memoryview(heard.pcm).cast("h")
    assert max(samples) > 5_000, "it can be heard"
    syllables = sum("一" <= char <= "鿿" for char in REPLY)
    assert 3 < syllables / heard.seconds < 5.5, "at the speed of a patient announcer"


@pytest.mark.parametrize("character", "想挂骨科号您好明天张王李赵")
def test_characters_are_read_as_chinese_and_not_spelled_in_english(voice: Speaker, character: str) -> None:
    # “Chinese letter”, or pinyin read as English, takes more than a second.
    assert 0.15 < seconds(b"".join(voice.say(character))) < 0.9


def test_numbers_are_made_words_before_they_are_said(voice: Speaker) -> None:
    assert length(voice.say("302诊室")) == pytest.approx(length(voice.say("三零二诊室")), abs=0.05)


def test_it_is_said_faster_for_who_wants_it(voice: Speaker) -> None:
    slow, usual, fast = (seconds(b"".join(voice.say(REPLY, rate))) for rate in (0.7, 1.0, 1.6))
    assert slow > usual * 1.2 and usual > fast * 1.2


def test_sound_comes_in_small_chunks(voice: Speaker) -> None:
    chunks = list(voice.say(REPLY))
    assert len(chunks) > 10
    assert all(0 < len(chunk) <= RATE // 5 * 2 and len(chunk) % 2 == 0 for chunk in chunks)


def test_who_interrupts_is_not_spoken_to_further(voice: Speaker) -> None:
    speech = voice.say(REPLY * 20)
    assert next(speech)
    speech.close()
    assert length(voice.say("您好。")) < 1.5, "nothing is left of it"


def test_a_voice_that_died_speaks_again(voice: Speaker) -> None:
    expected = length(voice.say(REPLY))
    speech = voice.say(REPLY)
    begin = next(speech)
    assert voice.pid is not None
    os.kill(voice.pid, signal.SIGKILL)
    assert seconds(begin) + length(speech) == pytest.approx(expected, abs=0.2), "even in the middle"


def test_many_listeners_each_get_their_own_speech(voice: Speaker) -> None:
    texts = [f"请{n}号到三号诊室就诊。前面还有两位。" for n in "一二三四五六七八"]
    alone = [len(b"".join(voice.say(text))) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: len(b"".join(voice.say(text))), texts))
    assert together == pytest.approx(alone, abs=RATE // 10)


def test_nothing_is_said_of_nothing(voice: Speaker) -> None:
    assert list(voice.say("")) == []
    assert list(voice.say(" \n。")) == []


def test_a_book_is_refused(voice: Speaker) -> None:
    with pytest.raises(SpeechError) as caught:
        list(voice.say("好" * (MAX_TEXT + 1)))
    assert caught.value.status == 413


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_survived(text: str) -> None:
    for chunk in Speakers.one.say(text):
        assert chunk


class Speakers:
    one = Speaker()


@given(st.text(alphabet="好的，。！？；\n挂号", max_size=300))
def test_sentences_are_the_text_and_none_is_long(text: str) -> None:
    pieces = list(sentences(text))
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_sentence_is_said_in_pieces() -> None:
    long = "，".join(["请带好身份证和医保卡"] * 20) + "。"
    assert all(len(piece) <= 60 for piece in sentences(long))


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(router.router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://voice")


async def test_the_service_streams_sound(client: httpx.AsyncClient) -> None:
    answer = await client.post("/speak", json={"text": REPLY})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/L16;rate=22050;channels=1"
    assert seconds(answer.content) > 3
    faster = await client.post("/speak", json={"text": REPLY, "rate": 1.5})
    assert len(faster.content) < len(answer.content) * 0.9


@pytest.mark.parametrize(
    "body", [{}, {"text": "好" * 3_000}, {"text": "好", "rate": 50}, {"text": "好", "rate": "快"}]
)
async def test_the_service_refuses_what_it_cannot_say(
    client: httpx.AsyncClient, body: dict[str, object]
) -> None:
    assert (await client.post("/speak", json=body)).status_code == 422


async def test_the_service_gives_the_text_for_the_ear(client: httpx.AsyncClient) -> None:
    async def ear(**reply: object) -> str:
        messages = [{"text": "您的血常规报告出来了。", "buttons": [], "card": None}]
        return str((await client.post("/ear", json={"messages": messages, **reply})).json()["text"])

    assert (await ear(public=False)).startswith("您的血常规")
    assert "血常规" not in await ear(public=True)
    assert "血常规" not in await ear(), "public unless told"
