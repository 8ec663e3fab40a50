"""Models: found by name or path, and checked before Vosk may see them."""

import shutil
from pathlib import Path

import pytest

from common.settings import Settings
from tests.voice.archives import SET, refused
from voice import models

BUILT_IN = models.BUILT_IN / "menzhen-small"


@pytest.mark.parametrize(
    "name", ["am/final.mdl", "graph/Gr.fst", "graph/HCLr.fst", "conf/model.conf",
             "graph/disambig_tid.int", "graph/phones/word_boundary.int"]
)  # fmt: skip
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    shutil.copytree(SET, tmp_path / "model")
    (tmp_path / "model" / name).unlink()
    with refused(name.rsplit("/", 1)[-1]):
        models.check(tmp_path / "model")


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/Gr.fst"])
def test_a_file_of_another_kind_is_named(tmp_path: Path, name: str) -> None:
    shutil.copytree(SET, tmp_path / "model")
    (tmp_path / "model" / name).write_bytes(b"<html>404</html>")
    with refused(name):
        models.check(tmp_path / "model")


def test_models_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, voice_model="menzhen-small")
    assert models.find(settings) == BUILT_IN
    assert models.find(Settings(data_dir=tmp_path, voice_model=str(BUILT_IN))) == BUILT_IN
    own = models.folder_of(settings) / "own"
    (own / "am").mkdir(parents=True)
    assert models.find(Settings(data_dir=tmp_path, voice_model="own")) == own
    assert models.installed(settings) == ["menzhen-small", "own"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vosk-model-small-cn-0.22", "./menzhen voice model vosk-model-small-cn-0.22"),
        ("nothing", "menzhen-small"),
        ("/no/such/folder", "没有这个语音模型文件夹"),
    ],
)
def test_a_model_that_is_not_here_is_said_to_be_with_what_to_do(tmp_path: Path, name: str, told: str) -> None:
    with refused(told):
        models.find(Settings(data_dir=tmp_path, voice_model=name))


def test_the_table_holds_what_a_fetch_needs() -> None:
    table = models.published()
    assert set(table) == {"vosk-model-small-cn-0.22", "vosk-model-cn-0.22"}
    assert all(model.url.startswith("https://") for model in table.values())
    assert len(table["vosk-model-small-cn-0.22"].sha256) == 64
