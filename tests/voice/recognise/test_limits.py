"""The socket's door and its limits: nothing that a client does hurts the process or others."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from common.tokens import Claims
from tests.support.processes import Stack
from tests.voice.recognise.people import DEPARTMENT, heard, silent, speakers, until_nobody_speaks
from tests.voice.sounds import quiet, say
from tests.voice.talker import Closed, Talker


@pytest.fixture(autouse=True)
def still_well(voice: Stack) -> Iterator[None]:
    """Whatever happened: the process is the same, nobody holds a place, and the next is heard."""
    pid = voice["voice"].pid
    yield
    assert voice["voice"].alive and voice["voice"].pid == pid, voice.logs()


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
    await heard(talker, "", DEPARTMENT, os.urandom(64_001))
    # What it was taken for is chance; the next person must be heard as ever.
    assert (await heard(talker, "", DEPARTMENT, say("骨科")))["text"] == "骨科"


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
