"""`./menzhen check`: what it says of the speech model and of who may connect."""

import shutil
from pathlib import Path

import pytest

from cli.commands.check import speech
from common.settings import Settings
from tests.voice.archives import SET


def settings(folder: Path, **values: str) -> Settings:
    return Settings(data_dir=folder, voice_model=str(SET)).model_copy(update=values)


def test_a_whole_model_on_the_loopback_is_well(tmp_path: Path) -> None:
    assert speech(settings(tmp_path))["problems"] == []


def test_a_model_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    problems = speech(settings(tmp_path, voice_model="vosk-model-small-cn-0.22"))["problems"]
    assert any("./menzhen voice model" in problem for problem in problems)


def test_a_model_that_is_cut_off_is_told(tmp_path: Path) -> None:
    shutil.copytree(SET, tmp_path / "model")
    (tmp_path / "model" / "am" / "final.mdl").write_bytes(b"")
    problems = speech(settings(tmp_path, voice_model=str(tmp_path / "model")))["problems"]
    assert any("final.mdl" in problem for problem in problems)


def test_a_model_that_cannot_be_held_to_a_list_is_told(tmp_path: Path) -> None:
    shutil.copytree(SET, tmp_path / "model")
    graph = tmp_path / "model" / "graph"
    (graph / "HCLr.fst").rename(graph / "HCLG.fst")
    (graph / "Gr.fst").unlink()
    problems = speech(settings(tmp_path, voice_model=str(tmp_path / "model")))["problems"]
    assert any("HCLG.fst" in problem for problem in problems)


def test_a_service_that_is_open_to_the_world_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOSK_SERVER_INTERFACE", "0.0.0.0")
    monkeypatch.delenv("MENZHEN_HOST", raising=False)
    assert any("0.0.0.0" in problem for problem in speech(settings(tmp_path))["problems"])
