"""The socket, with real sound: what is heard, and that nothing that a client does hurts it or others."""

import asyncio
import json
import os
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from common.tokens import Claims
from tests.support.processes import Stack
from tests.voice.sounds import hiss, in_noise, mixed, packets, quiet, say
from tests.voice.talker import Closed, Talker

DEPARTMENT = {"kinds": ["department"], "slot": "department", "flow": "book_appointment", "options": []}
YES_NO = {"kinds": ["yes_no"], "slot": None, "flow": "book_appointment", "options": []}
CHOICE = {
    "kinds": ["choice"],
    "slot": "appointment_slot",
    "flow": "book_appointment",
    "options": [
        {"id": "a", "title": "王长河 主任医师 9:00", "words": ["王长河", "王医生", "九点"]},
        {"id": "b", "title": "李敏 14:30", "words": ["李敏", "李医生"]},
    ],
}


@pytest.fixture(autouse=True)
def still_well(voice: Stack) -> Iterator[None]:
    """Whatever happened: the process is the same, nobody holds a place, and the next is heard."""
    pid = voice["voice"].pid
    yield
    assert voice["voice"].alive and voice["voice"].pid == pid, voice.logs()


async def heard(talker: Talker, text: str, expects: dict, pcm: bytes | None = None) -> dict:
    async with talker.line(sample_rate=16_000, expects=expects) as line:
        return (await line.hear(pcm or say(text)))["heard"]


# What is heard ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expects"),
    [
        ("骨科", DEPARTMENT),
        ("神经内科", DEPARTMENT),
        ("是的", YES_NO),
        ("第二个", CHOICE),
        ("取消", YES_NO),
        ("再说一遍", CHOICE),
    ],
)
async def test_an_answer_is_heard_in_its_state(talker: Talker, text: str, expects: dict) -> None:
    said = await heard(talker, text, expects)
    assert said["text"] == text
    assert 0.5 < said["confidence"] <= 1
    assert said["words"] and all(
        0 <= word["start"] < word["end"] <= said["seconds"] for word in said["words"]
    )


async def test_the_state_decides_what_can_be_heard(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        assert (await line.hear(say("骨科")))["heard"]["text"] == "骨科"
        await line.send({"config": {"expects": YES_NO}})
        assert (await line.hear(say("骨科")))["heard"]["text"] != "骨科"
        assert (await line.hear(say("是的")))["heard"]["text"] == "是的"
        await line.send({"config": {"expects": DEPARTMENT}})
        assert (await line.hear(say("骨科")))["heard"]["text"] == "骨科"


async def test_a_state_that_comes_while_somebody_speaks_counts_for_what_was_already_said(
    talker: Talker,
) -> None:
    sound = packets(say("神经内科"))
    async with talker.line(sample_rate=16_000, expects=YES_NO) as line:
        for packet in sound[: len(sound) // 2]:
            await line.ask(packet)
        await line.send({"config": {"expects": DEPARTMENT}})
        for packet in sound[len(sound) // 2 :]:
            await line.ask(packet)
        assert (await line.ask({"reset": 1}))["heard"]["text"] == "神经内科"


async def test_partial_texts_grow_into_the_final(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        partials = [frame["partial"] for frame in await line.speak(say("神经内科", after=0.6))]
        assert "神经内科" in partials
        assert not any("[unk]" in partial or " " in partial for partial in partials)


async def test_silence_ends_an_utterance_and_the_next_is_a_new_one(talker: Talker) -> None:
    sound = say("骨科", after=1.6) + say("神经内科", after=1.6)
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        finals = [frame for frame in await line.speak(sound) if "heard" in frame]
    assert [final["heard"]["text"] for final in finals] == ["骨科", "神经内科"]
    assert {final["end"] for final in finals} == {"silence"}
    # Times of the stream in vosk-server's fields, of the utterance in ours.
    first, second = (final["result"][0]["start"] for final in finals)
    assert second > first + 1
    assert finals[1]["heard"]["words"][0]["start"] < finals[1]["heard"]["seconds"]


async def test_free_speech_is_heard_where_nothing_is_expected(talker: Talker) -> None:
    said = await heard(talker, "我要挂号", {"kinds": ["free"], "slot": None, "flow": None, "options": []})
    assert said["text"] == "我要挂号"


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
async def test_other_sample_rates(talker: Talker, rate: int) -> None:
    async with talker.line(sample_rate=rate, expects=DEPARTMENT) as line:
        assert (await line.hear(say("神经内科", rate), rate=rate))["heard"]["text"] == "神经内科"


async def test_a_rate_that_is_not_the_sounds_is_not_understood_and_does_no_harm(talker: Talker) -> None:
    async with talker.line(sample_rate=8_000, expects=DEPARTMENT) as line:
        answers = await line.speak(say("神经内科", 48_000), rate=48_000)
        answers.append(await line.ask({"reset": 1}))
    finals = [answer["heard"] for answer in answers if "heard" in answer]
    assert all(final["text"] != "神经内科" or final["uncertain"] for final in finals)


async def test_packets_that_cut_samples_in_half_lose_nothing(talker: Talker) -> None:
    sound = say("神经内科")
    pieces = [sound[place : place + 1_333] for place in range(0, len(sound), 1_333)]
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        for piece in pieces:
            await line.ask(piece)
        assert (await line.ask({"reset": 1}))["heard"]["text"] == "神经内科"


async def test_speech_in_noise(talker: Talker) -> None:
    said = await heard(talker, "", DEPARTMENT, in_noise(say("神经内科"), 15))
    assert said["text"] == "神经内科"


@pytest.mark.parametrize("sound", [quiet(3), hiss(3, level=2000), b"\0" * 96_000])
async def test_what_is_no_speech_is_nothing(talker: Talker, sound: bytes) -> None:
    assert (await heard(talker, "", DEPARTMENT, sound))["text"] == ""


async def test_two_people_at_once_are_not_believed(talker: Talker) -> None:
    both = mixed(say("神经内科"), say("去缴费拿药", speed=1.3))
    said = await heard(talker, "", YES_NO, both)
    assert said["text"] == "" or said["uncertain"] or said["confidence"] < 0.9


async def test_whoever_says_nothing_is_told_so(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        finals = [frame for frame in await line.speak(quiet(8.5), 0.5) if "heard" in frame]
    assert [final["end"] for final in finals] == ["nothing"]
    assert finals[0]["heard"]["text"] == ""


async def test_a_barge_in_gives_up_what_was_heard(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        await line.speak(say("神经内科", after=0))
        assert (await line.ask({"reset": 1}))["end"] == "reset"
        assert (await line.hear(say("骨科")))["heard"]["text"] == "骨科"


async def test_a_list_of_the_clients_own(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, phrase_list=["上午", "下午"]) as line:
        assert (await line.hear(say("下午")))["heard"]["text"] == "下午"


async def test_several_readings_where_they_are_asked_for(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT, max_alternatives=3) as line:
        final = await line.hear(say("神经内科"))
    assert 1 <= len(final["alternatives"]) <= 3
    assert "".join(final["alternatives"][0]["text"].split()) == "神经内科"
    assert "text" not in final


# vosk-server's client ---------------------------------------------------------------------------------------------


async def test_a_client_of_vosk_server_works_as_it_is(talker: Talker) -> None:
    """The messages of vosk-server's own example: an answer for each packet, `eof` as a literal, then the end."""
    sound = say("骨科", 8_000)
    async with connect(
        talker.url, additional_headers={"Authorization": f"Bearer {talker.token}"}, proxy=None
    ) as socket:
        await socket.send('{ "config" : { "sample_rate" : 8000 } }')
        for packet in packets(sound, 0.2, 8_000):
            await socket.send(packet)
            assert "partial" in json.loads(await socket.recv())
        await socket.send('{"eof" : 1}')
        final = json.loads(await socket.recv())
        assert isinstance(final["text"], str)
        assert all({"word", "start", "end", "conf"} <= set(word) for word in final.get("result", []))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000


# Who may ----------------------------------------------------------------------------------------------------------


async def refused(talker: Talker, *frames: dict | bytes | str) -> Closed:
    with pytest.raises(Closed) as caught:
        async with talker.line() as line:
            for frame in frames:
                await line.send(frame)
            while True:
                await line.receive()
    assert caught.value.error is None or any("\u4e00" <= c <= "\u9fff" for c in caught.value.error["message"])
    return caught.value


async def test_a_wrong_token_is_refused(voice: Stack) -> None:
    closed = await refused(Talker(voice.settings.voice_url, "nonsense"))
    assert closed.code == 4401 and closed.error and closed.error["code"] == "not_authorised"


async def test_a_patients_token_is_refused(voice: Stack) -> None:
    assert (await refused(Talker(voice.settings.voice_url, voice.patient_token("p1")))).code == 4401


async def test_an_old_token_is_refused(voice: Stack) -> None:
    old = voice.token(Claims("service:test", "service"), seconds=-5)
    assert (await refused(Talker(voice.settings.voice_url, old))).code == 4401


async def test_a_token_may_be_the_first_frame(voice: Stack) -> None:
    async with Talker(voice.settings.voice_url, None).line() as line:
        await line.send({"token": voice.service_token()})
        await line.send({"config": {"sample_rate": 16_000, "expects": DEPARTMENT}})
        assert (await line.hear(say("骨科")))["heard"]["text"] == "骨科"


@pytest.mark.parametrize("first", [{"config": {}}, b"\0\0", {"token": "nonsense"}, {"token": ""}])
async def test_nothing_is_taken_before_a_token(voice: Stack, first: dict | bytes) -> None:
    assert (await refused(Talker(voice.settings.voice_url, None), first)).code == 4401


async def test_whoever_shows_no_token_in_time_is_let_go(voice: Stack) -> None:
    assert (await refused(Talker(voice.settings.voice_url, None))).code == 4401


# What is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "eof",
        "[1, 2]",
        '{"hello": 1}',
        {"config": {"sample_rate": 3}},
        {"config": {"sample_rate": "48000"}},
        {"config": {"phrase_list": "骨科"}},
        {"config": {"phrase_list": [None]}},
        {"config": {"phrase_list": ["☃☃☃"]}},
        {"config": {"model": "/etc"}},
        {"config": {"expects": "department"}},
        {"token": "again"},
    ],
)
async def test_a_wrong_message_is_answered_and_closed(talker: Talker, frame: dict | str) -> None:
    closed = await refused(talker, frame)
    assert closed.code == 4400 and closed.error and closed.error["code"] == "bad_message"


@pytest.mark.parametrize("list_", [[], [""], ["[unk]"], None])
async def test_lists_that_end_vosk_do_not_end_us(talker: Talker, list_: list | None) -> None:
    try:
        async with talker.line(sample_rate=16_000, phrase_list=list_) as line:
            await line.hear(quiet(1))
    except Closed as closed:
        assert closed.code == 4400


async def test_frames_in_any_order(talker: Talker) -> None:
    async with talker.line() as line:
        assert (await line.ask({"reset": 1}))["text"] == ""
        await line.send({"config": {"sample_rate": 16_000}})
        await line.send({"config": {"expects": DEPARTMENT}})
        await line.ask(b"")
        await line.ask(quiet(0.5))
        await line.send({"config": {"words": False}})
        assert (await line.ask({"reset": 1}))["heard"]["text"] == ""
        assert (await line.ask({"reset": 1}))["heard"]["text"] == ""
        assert (await line.ask({"eof": 1}))["end"] == "eof"
        with pytest.raises(Closed) as closed:
            await line.receive()
    assert closed.value.code == 1000


async def test_a_rate_cannot_change_within_an_utterance(talker: Talker) -> None:
    closed = await refused(talker, quiet(0.5), {"config": {"sample_rate": 8_000}})
    assert closed.code == 4400


async def test_a_frame_too_large_is_refused(talker: Talker) -> None:
    assert (await refused(talker, b"\0" * 300_000)).code == 4413


async def test_a_frame_beyond_all_measure_ends_its_connection_only(talker: Talker) -> None:
    assert (await refused(talker, b"\0" * 2_000_000)).code in (1009, 1006)


async def test_bytes_that_are_no_sound_do_no_harm(talker: Talker) -> None:
    noise = os.urandom(64_001)
    assert (await heard(talker, "", DEPARTMENT, noise))["text"] in (
        "",
        (await heard(talker, "", DEPARTMENT, noise))["text"],
    )


# Others -----------------------------------------------------------------------------------------------------------


async def test_a_stream_that_stops_is_answered_and_gives_its_place_back(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        await line.speak(say("神经内科", after=0.2))
        final = await line.receive()
        assert final["end"] == "stopped" and final["heard"]["text"] == "神经内科"
        # The line is still good.
        assert (await line.hear(say("骨科")))["heard"]["text"] == "骨科"


async def test_a_client_that_vanishes_leaves_its_place(voice: Stack, talker: Talker) -> None:
    for _ in range(voice.settings.voice_sessions + 2):
        async with talker.line(sample_rate=16_000) as line:
            await line.send(say("神经内科"))
            line.socket.transport.abort()
    await until_nobody_speaks(talker)
    assert (await heard(talker, "骨科", DEPARTMENT))["text"] == "骨科"


async def test_more_speakers_than_places_are_told_so(voice: Stack, talker: Talker) -> None:
    await until_nobody_speaks(talker)
    async with speakers(talker, voice.settings.voice_sessions) as lines:
        closed = await refused(talker, quiet(0.2))
        assert closed.code == 4429 and closed.error and closed.error["code"] == "busy"
        # Those who were there first are heard.
        assert (await lines[0].hear(say("骨科")))["heard"]["text"] == "骨科"
    await until_nobody_speaks(talker)
    assert (await heard(talker, "骨科", DEPARTMENT))["text"] == "骨科"


async def test_a_hundred_sockets_that_say_nothing_are_no_trouble(voice: Stack, talker: Talker) -> None:
    """More than may be open are refused at the door, the others when their token is late; nobody is kept out."""
    nobody = Talker(voice.settings.voice_url, None)
    async with asyncio.TaskGroup() as group:
        silent = [group.create_task(refused(nobody)) for _ in range(100)]
        assert (await heard(talker, "骨科", DEPARTMENT))["text"] == "骨科"
    assert {task.result().code for task in silent} <= {4401, 4429}


async def test_silent_sockets_with_a_token_leave_the_places_free(voice: Stack, talker: Talker) -> None:
    async with silent(talker, voice.settings.voice_sessions * 4):
        assert (await heard(talker, "骨科", DEPARTMENT))["text"] == "骨科"


async def test_many_speak_at_once_and_each_is_heard(voice: Stack, talker: Talker) -> None:
    await until_nobody_speaks(talker)
    texts = ["骨科", "神经内科", "眼科", "皮肤科"][: voice.settings.voice_sessions]
    said = await asyncio.gather(*(heard(talker, text, DEPARTMENT) for text in texts))
    assert [one["text"] for one in said] == texts


# Helpers ----------------------------------------------------------------------------------------------------------


def silent(talker: Talker, count: int) -> "Lines":
    return Lines(talker, count, b"")


def speakers(talker: Talker, count: int) -> "Lines":
    return Lines(talker, count, quiet(0.3))


class Lines:
    """So many open sockets, each having sent this."""

    def __init__(self, talker: Talker, count: int, sound: bytes) -> None:
        self.talker, self.count, self.sound = talker, count, sound

    async def __aenter__(self) -> list:
        self.open = [self.talker.line(sample_rate=16_000, expects=DEPARTMENT) for _ in range(self.count)]
        lines = [await line.__aenter__() for line in self.open]
        if self.sound:
            for line in lines:
                await line.ask(self.sound)
        return lines

    async def __aexit__(self, *_: object) -> None:
        for line in self.open:
            await line.__aexit__(None, None, None)


async def until_nobody_speaks(talker: Talker) -> None:
    url = talker.url.replace("ws", "http", 1) + "ready"
    async with httpx.AsyncClient() as client:
        for _ in range(400):
            if not (await client.get(url)).json()["speaking"]:
                return
            await asyncio.sleep(0.05)
    raise AssertionError("somebody still holds a place")
