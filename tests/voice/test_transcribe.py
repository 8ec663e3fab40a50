"""Speech in a file, as WeChat, a browser or a telephone sends it, becomes text: by command and by the service."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from common.settings import ROOT
from tests.support.processes import Stack
from tests.voice.audio.files import packed, picture, wav, wechat
from tests.voice.sounds import hiss, say
from voice.expect import Expectation
from voice.hospital import NLU_DATA
from voice.recognise.model import Model
from voice.repair import Vocabulary
from voice.transcribe import Transcript, hinted, transcribe

DEPARTMENTS = ("骨科", "儿科", "眼科", "口腔科", "皮肤科", "神经内科")
YES_NO = {"kinds": ["yes_no"], "slot": None, "flow": None, "options": []}
DEPARTMENT = {"kinds": ["department"], "slot": "department", "flow": "book_appointment", "options": []}

FORMS: dict[str, Callable[[bytes], bytes]] = {
    "wav": lambda pcm: wav(pcm, 16_000),
    "silk": lambda pcm: wechat(pcm, 16_000),
    "amr": lambda pcm: packed(pcm, 16_000, "amr", "libopencore_amrnb", rate=8000),
    "webm": lambda pcm: packed(pcm, 16_000, "webm", "libopus", rate=48_000),
    "ogg": lambda pcm: packed(pcm, 16_000, "ogg", "libopus", rate=48_000),
    "mp3": lambda pcm: packed(pcm, 16_000, "mp3", "libmp3lame"),
    "m4a": lambda pcm: packed(pcm, 16_000, "ipod", "aac", rate=44_100),
    "aac": lambda pcm: packed(pcm, 16_000, "adts", "aac"),
    "flac": lambda pcm: packed(pcm, 16_000, "flac", "flac"),
}


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary.read(NLU_DATA, tmp_path_factory.mktemp("vocabulary") / "vocabulary.json")


@pytest.fixture
def hear(model: Model, vocabulary: Vocabulary) -> Callable[..., Transcript]:
    return lambda data, **options: transcribe(data, model, vocabulary, **options)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_words_are_heard_in_every_form(form: str, hear: Callable[..., Transcript]) -> None:
    transcript = hear(FORMS[form](say("骨科")), hints=DEPARTMENTS)
    assert transcript.kind == form
    assert transcript.heard.text == "骨科"
    assert transcript.heard.seconds == pytest.approx(len(say("骨科")) / 32_000, abs=0.15)


@pytest.mark.parametrize("said", DEPARTMENTS)
def test_hints_restrict_what_is_heard(said: str, hear: Callable[..., Transcript]) -> None:
    assert hear(wav(say(said), 16_000), hints=DEPARTMENTS).heard.text == said


def test_a_name_that_was_hinted_is_heard(hear: Callable[..., Transcript]) -> None:
    names = ("王建国", "李明", "欧阳秀英", "赵志刚")
    assert hear(wav(say("王建国"), 16_000), hints=names).heard.text == "王建国"


def test_what_the_assistant_asked_restricts_too(hear: Callable[..., Transcript]) -> None:
    state = Expectation.of(YES_NO)
    assert hear(wav(say("是的"), 16_000), expectation=state).heard.text == "是的"


def test_of_noise_nothing_is_made(hear: Callable[..., Transcript]) -> None:
    for sound in (bytes(32_000), hiss(1.5)):
        assert hear(wav(sound, 16_000), hints=DEPARTMENTS).heard.text == ""


def test_hints_are_the_options_of_their_own_state() -> None:
    state = hinted(["骨科", "眼科"])
    assert state.kinds == ("choice",) and [option.title for option in state.options] == ["骨科", "眼科"]


# By the service ----------------------------------------------------------------------------------------------------


def post(voice: Stack, data: bytes, expects: object = None, token: str | None = None) -> httpx.Response:
    bearer = voice.service_token() if token is None else token
    params = (
        {} if expects is None else {"expects": expects if isinstance(expects, str) else json.dumps(expects)}
    )
    return httpx.post(
        f"{voice.settings.voice_url}/transcribe",
        params=params,
        content=data,
        headers={"Authorization": f"Bearer {bearer}"} if bearer else {},
        timeout=60,
        trust_env=False,
    )


def test_a_voice_message_is_answered_with_what_was_heard(voice: Stack) -> None:
    answer = post(voice, wechat(say("骨科"), 16_000), DEPARTMENT)
    assert answer.status_code == 200
    heard = answer.json()
    assert heard["text"] == "骨科" and heard["kind"] == "silk"
    assert heard.keys() >= {
        "raw",
        "confidence",
        "corrections",
        "alternatives",
        "uncertain",
        "words",
        "seconds",
    }
    assert 0 <= heard["confidence"] <= 1


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "empty"),
        (b"hello" * 100, 415, "not_audio"),
        (b"#!AMR\n", 422, "broken"),
        (bytes(3 << 20), 413, "too_large"),
        (b"\x02#!SILK_V3\x10\x00" + b"a" * 16, 422, "too_costly"),
        (wav(bytes(16_000 * 65), 8_000), 413, "too_long"),
    ],
)
def test_what_is_no_speech_is_told_in_a_sentence(voice: Stack, data: bytes, status: int, code: str) -> None:
    answer = post(voice, data)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code and error["message"].endswith("。")


def test_a_film_is_told_from_a_recording(voice: Stack) -> None:
    assert post(voice, picture()).json()["error"]["code"] == "no_audio"


@pytest.mark.parametrize("expects", ["{", "[1]", "3", "x" * 20_000])
def test_a_wrong_expectation_is_refused(voice: Stack, expects: str) -> None:
    answer = post(voice, wav(say("骨科"), 16_000), expects)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "bad_message"


@pytest.mark.parametrize("token", ["", "nobody"])
def test_only_our_own_processes_may_ask(voice: Stack, token: str) -> None:
    assert post(voice, wav(say("骨科"), 16_000), token=token).status_code == 401


def test_files_of_strangers_disturb_nobody(voice: Stack) -> None:
    pid = voice["voice"].pid
    for data in (b"\x02#!SILK_V3\x10\x00" + b"a" * 16, b"OggS" + bytes(500), b"RIFF" + bytes(500)):
        assert 400 <= post(voice, data).status_code < 500
    assert post(voice, wav(say("骨科"), 16_000), DEPARTMENT).json()["text"] == "骨科"
    assert voice["voice"].alive and voice["voice"].pid == pid


# By the command ----------------------------------------------------------------------------------------------------


def menzhen(
    *arguments: str | Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "menzhen", "transcribe", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    (tmp_path / "message.amr").write_bytes(FORMS["amr"](say("骨科")))
    (tmp_path / "eyes.silk").write_bytes(wechat(say("眼科"), 16_000))
    (tmp_path / "letter.wav").write_text("您好，我想挂号。")
    return tmp_path


def test_a_line_of_json_for_each_file(recorded: Path, model: Model) -> None:
    done = menzhen(
        recorded / "message.amr", recorded / "eyes.silk", "--hints", "骨科,眼科", "--hints", "儿科", "--json"
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["file"], line["text"], line["kind"]) for line in lines] == [
        (str(recorded / "message.amr"), "骨科", "amr"),
        (str(recorded / "eyes.silk"), "眼科", "silk"),
    ]


def test_for_people_the_text_and_how_sure(recorded: Path, model: Model) -> None:
    done = menzhen(recorded / "message.amr", "--hints", "骨科，眼科")
    assert done.returncode == 0
    file, text, notes = done.stdout.strip().split("\t")
    assert (file, text) == (str(recorded / "message.amr"), "骨科") and "可信度" in notes


@pytest.mark.parametrize("file", ["letter.wav", "nothing.wav", "."])
def test_wrong_input_is_one_line_and_status_2(recorded: Path, file: str) -> None:
    done = menzhen(recorded / file, "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and str(recorded / file) in done.stderr


def test_one_wrong_file_does_not_keep_the_others_back(recorded: Path, model: Model) -> None:
    done = menzhen(recorded / "letter.wav", recorded / "message.amr", "--hints", "骨科", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["file"] == str(recorded / "message.amr")


def test_no_file_is_wrong_input() -> None:
    assert menzhen().returncode == 2


def test_a_model_that_is_not_there_is_named(recorded: Path) -> None:
    done = menzhen(recorded / "message.amr", environment={"MENZHEN_VOICE_MODEL": "no-such-model"})
    assert done.returncode == 1 and "no-such-model" in done.stderr
