"""What is heard over the socket, with real sound."""

import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.voice.recognise.people import CHOICE, DEPARTMENT, YES_NO, heard
from tests.voice.sounds import hiss, in_noise, mixed, packets, quiet, say
from tests.voice.talker import Talker


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


async def test_times_run_on_over_the_whole_stream(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects=DEPARTMENT) as line:
        first = await line.hear(say("骨科"))
        second = await line.hear(say("骨科"))
    apart = second["result"][0]["start"] - first["result"][0]["start"]
    assert apart == pytest.approx(len(say("骨科")) / 32_000, abs=0.1)


async def test_free_speech_is_heard_where_nothing_is_expected(talker: Talker) -> None:
    said = await heard(talker, "我要挂号", {"kinds": ["free"], "slot": None, "flow": None, "options": []})
    assert said["text"] == "我要挂号"


async def test_free_speech_of_one_is_not_heard_by_the_next(talker: Talker) -> None:
    """A recogniser of free speech is used again; what was said before is not in it."""
    free = {"kinds": ["free"]}
    for text in ("我要挂号", "查报告", "我要挂号"):
        async with talker.line(sample_rate=16_000, expects=free) as line:
            partials = [frame["partial"] for frame in await line.speak(say(text, before=0.6))]
            final = await line.ask({"reset": 1})
        assert partials[0] == ""
        assert final["heard"]["text"] == text
        assert final["result"][0]["start"] < 1.5


async def test_a_list_after_free_speech_restricts_it(talker: Talker) -> None:
    async with talker.line(sample_rate=16_000, expects={"kinds": ["free"]}) as line:
        assert (await line.hear(say("我要挂号")))["heard"]["text"] == "我要挂号"
        await line.send({"config": {"expects": DEPARTMENT}})
        assert (await line.hear(say("骨科")))["heard"]["text"] == "骨科"
        await line.send({"config": {"expects": {"kinds": ["free"]}}})
        assert (await line.hear(say("我要挂号")))["heard"]["text"] == "我要挂号"


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
