"""`python -m voice` and its settings."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from common.errors import SettingsError
from common.settings import ROOT, Settings
from tests.support.processes import Stack, free_ports, stack
from voice.recognise.habits import Habits, address, read


def test_it_says_when_it_is_ready_and_with_which_model(voice: Stack) -> None:
    answer = httpx.get(voice.settings.voice_url + "/ready").json()
    assert answer["status"] == "ready"
    assert answer["version"] == Path(voice.settings.voice_model).name


@pytest.mark.parametrize("path", ["/transcribe", "/ear", "/speak"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}])
def test_nobody_without_a_token_is_served(voice: Stack, path: str, header: dict[str, str]) -> None:
    answer = httpx.post(voice.settings.voice_url + path, json={}, headers=header)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authorised"


def test_a_patient_is_not_served(voice: Stack) -> None:
    header = {"Authorization": f"Bearer {voice.patient_token('p1')}"}
    answer = httpx.post(voice.settings.voice_url + "/speak", json={"text": "你好"}, headers=header)
    assert answer.status_code == 403


def test_a_request_that_is_wrong_is_told_what_is_wrong(voice: Stack) -> None:
    header = {"Authorization": f"Bearer {voice.service_token()}"}
    answer = httpx.post(voice.settings.voice_url + "/speak", json={"words": 3}, headers=header)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_message"


@pytest.mark.parametrize("name", ["nothing-of-that-name", "vosk-model-cn-0.22"])
def test_a_model_that_is_not_there_ends_it_with_one_clear_line(tmp_path: Path, name: str) -> None:
    environment = os.environ | {"MENZHEN_DATA_DIR": str(tmp_path), "MENZHEN_VOICE_MODEL": name}
    done = subprocess.run(
        [sys.executable, "-m", "voice"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert name in done.stderr and "Traceback" not in done.stderr


def test_the_habits_of_vosk_server_count_where_nothing_else_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_ports(1)[0]
    monkeypatch.setenv("VOSK_SERVER_PORT", str(port))
    monkeypatch.setenv("VOSK_SERVER_INTERFACE", "::1")
    monkeypatch.setenv("VOSK_SAMPLE_RATE", "8000")
    monkeypatch.setenv("VOSK_ALTERNATIVES", "3")
    monkeypatch.setenv("VOSK_SHOW_WORDS", "0")
    habits = Habits()
    assert (habits.sample_rate, habits.alternatives, habits.show_words) == (8000, 3, False)
    assert address(Settings(data_dir=tmp_path), habits) == ("::1", port)
    assert address(Settings(data_dir=tmp_path, host="127.0.0.1", voice_port=2701), habits) == (
        "127.0.0.1",
        2701,
    )


def test_a_habit_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOSK_SAMPLE_RATE", "7")
    with pytest.raises(SettingsError) as caught:
        read()
    assert "VOSK_SAMPLE_RATE" in caught.value.message


def test_two_names_of_one_port_are_one_process(tmp_path: Path) -> None:
    """A second process on the same port ends and says so; the first goes on."""
    with stack(["voice"], tmp_path) as running:
        second = subprocess.run(
            running["voice"].command, cwd=ROOT, env=running["voice"].env, capture_output=True, timeout=60
        )
        assert second.returncode != 0
        assert httpx.get(running.settings.voice_url + "/ready").status_code == 200
