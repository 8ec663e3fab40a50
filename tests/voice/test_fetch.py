"""Public models: fetched with resume, checked, unpacked with care, tried."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from common.settings import ROOT
from tests.voice.archives import SET, archive_of, refused, served
from voice import fetch, models
from voice.errors import ModelError
from voice.models import Published


def model_of(content: bytes, *, known: bool = True) -> Published:
    return Published(
        "test-model",
        "试用",
        "http://127.0.0.1:1/none",
        len(content) if known else None,
        hashlib.sha256(content).hexdigest(),
        10**9,
        "",
    )


def quietly(done: int, total: int | None) -> None:
    assert total is None or done <= total


CONTENT = os.urandom(300_000)


def test_an_archive_is_fetched(tmp_path: Path) -> None:
    with served(CONTENT) as shelf:
        fetch.download(model_of(CONTENT), tmp_path / "part", shelf.url, quietly)
    assert (tmp_path / "part").read_bytes() == CONTENT


@pytest.mark.parametrize("known", [True, False])
def test_a_line_that_drops_is_taken_up_where_it_dropped(tmp_path: Path, known: bool) -> None:
    with served(CONTENT) as shelf:
        shelf.breaks = [100_000, 50_000]
        fetch.download(model_of(CONTENT, known=known), tmp_path / "part", shelf.url, quietly)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert shelf.ranges[0] is None and shelf.ranges[2] == "bytes=150000-"


def test_a_fetch_that_was_given_up_goes_on_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(CONTENT[:120_000])
    with served(CONTENT) as shelf:
        fetch.download(model_of(CONTENT), tmp_path / "part", shelf.url, quietly)
    assert shelf.ranges == ["bytes=120000-"]
    assert (tmp_path / "part").read_bytes() == CONTENT


def test_a_server_that_cannot_resume_sends_all_of_it_again(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(CONTENT[:120_000])
    with served(CONTENT) as shelf:
        shelf.resumes = False
        fetch.download(model_of(CONTENT), tmp_path / "part", shelf.url, quietly)
    assert (tmp_path / "part").read_bytes() == CONTENT


def test_what_is_whole_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(CONTENT)
    with served(CONTENT) as shelf:
        fetch.download(model_of(CONTENT), tmp_path / "part", shelf.url, quietly)
        assert shelf.ranges == []
        fetch.download(model_of(CONTENT, known=False), tmp_path / "part", shelf.url, quietly)
    assert (tmp_path / "part").read_bytes() == CONTENT


def test_a_line_that_drops_for_ever_says_how_to_go_on(tmp_path: Path) -> None:
    with served(CONTENT) as shelf:
        shelf.breaks = [10] * 20
        with refused("再运行一次会接着下载"):
            fetch.download(model_of(CONTENT), tmp_path / "part", shelf.url, quietly)
    assert (tmp_path / "part").read_bytes() == CONTENT[:50]


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_that_has_it_not_is_named_with_its_answer(tmp_path: Path, status: int) -> None:
    with served(CONTENT) as shelf:
        shelf.status = status
        with refused(str(status)):
            fetch.download(model_of(CONTENT), tmp_path / "part", shelf.url, quietly)


def test_more_than_there_should_be_is_not_taken(tmp_path: Path) -> None:
    with served(CONTENT + b"more") as shelf, refused("比应有的大"):
        fetch.download(model_of(CONTENT), tmp_path / "part", shelf.url, quietly)


def test_nobody_at_the_address(tmp_path: Path) -> None:
    with refused("连不上"):
        fetch.download(model_of(CONTENT), tmp_path / "part", "http://127.0.0.1:1/none", quietly)


def test_a_wrong_hash_and_a_wrong_size_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(CONTENT)
    right = hashlib.sha256(CONTENT).hexdigest()
    fetch.verify(tmp_path / "a.zip", right.upper(), len(CONTENT), quietly)
    with refused("SHA-256"):
        fetch.verify(tmp_path / "a.zip", "0" * 64, None, quietly)
    with refused("字节"):
        fetch.verify(tmp_path / "a.zip", right, 7, quietly)


@pytest.mark.parametrize("top", ["vosk-model-x/", ""])
def test_a_model_is_unpacked_tried_and_put_in_place(tmp_path: Path, top: str) -> None:
    archive = archive_of(SET, tmp_path / "model.zip", top)
    place = fetch.install(archive, "fresh", tmp_path / "models", 10**9)
    assert place == tmp_path / "models" / "fresh"
    models.check(place)
    # Again, over the one that is there.
    fetch.install(archive, "fresh", tmp_path / "models", 10**9)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["fresh"]


def evil(tmp_path: Path, name: str, content: bytes = b"x", mode: int = 0) -> Path:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, content)
        archive.writestr("m/am/final.mdl", b"x")
    return path


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("../../out", 0),
        ("/tmp/out", 0),
        ("m/../../out", 0),
        ("m\\..\\out", 0),
        ("C:/out", 0),
        ("m/link", 0o120777),
    ],
)
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    with refused("不该有的"):
        fetch.install(evil(tmp_path, name, mode=mode), "evil", tmp_path / "models", 10**9)
    assert not list((tmp_path / "models").glob("*"))


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    with refused("大得不正常"):
        fetch.install(evil(tmp_path, "m/zeros", b"\0" * 5_000_000), "evil", tmp_path / "models", 1_000_000)


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = evil(tmp_path, "m/zeros", b"\0" * 5_000_000)
    content = path.read_bytes().replace((5_000_000).to_bytes(4, "little"), (900).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(ModelError):
        fetch.install(path, "evil", tmp_path / "models", 1_000_000)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + b"\0" * 60])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with refused("不是能解开的"):
        fetch.install(tmp_path / "a.zip", "a", tmp_path / "models", 10**9)


def test_an_archive_of_something_else_is_no_model(tmp_path: Path) -> None:
    with refused("不完整"):
        fetch.install(evil(tmp_path, "m/readme"), "a", tmp_path / "models", 10**9)


def test_a_model_that_ends_the_recogniser_is_not_put_in_place(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(SET, broken)
    whole = (broken / "graph" / "HCLr.fst").read_bytes()
    (broken / "graph" / "HCLr.fst").write_bytes(whole[: len(whole) // 2])
    archive = archive_of(broken, tmp_path / "model.zip")
    with refused("读不了"):
        fetch.install(archive, "broken", tmp_path / "models", 10**9)
    assert not (tmp_path / "models" / "broken").exists()


def command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MENZHEN_DATA_DIR": str(data_dir)}
    return subprocess.run(
        [sys.executable, "-m", "cli", "voice", "model", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_command_installs_from_a_file_whose_hash_is_given(tmp_path: Path) -> None:
    archive = archive_of(SET, tmp_path / "own-model.zip")
    refused = command(tmp_path, str(archive))
    assert refused.returncode == 2 and "--sha256" in refused.stderr
    wrong = command(tmp_path, str(archive), "--sha256", "0" * 64)
    assert wrong.returncode == 1 and "SHA-256" in wrong.stderr
    right = hashlib.sha256(archive.read_bytes()).hexdigest()
    done = command(tmp_path, str(archive), "--sha256", right, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"] == "own-model"
    assert archive.exists()
    assert "own-model" in command(tmp_path).stdout


def test_the_command_refuses_another_file_of_a_public_models_name(tmp_path: Path) -> None:
    archive = archive_of(SET, tmp_path / "vosk-model-small-cn-0.22.zip")
    own = hashlib.sha256(archive.read_bytes()).hexdigest()
    done = command(tmp_path, str(archive), "--sha256", own)
    assert done.returncode == 1 and "不是这个模型" in done.stderr


def test_the_command_fetches_from_a_mirror_and_throws_away_what_is_wrong(tmp_path: Path) -> None:
    with served(b"PK not the model") as shelf:
        done = command(tmp_path, "vosk-model-cn-0.22", "--url", shelf.url, "--sha256", "0" * 64)
    assert done.returncode == 1 and "SHA-256" in done.stderr
    assert not list((tmp_path / "voice" / "models").glob("*.part"))


def test_a_public_model_without_a_known_hash_is_refused_with_the_reason(tmp_path: Path) -> None:
    done = command(tmp_path, "vosk-model-cn-0.22")
    assert done.returncode == 2 and "--sha256" in done.stderr and "没有公布" in done.stderr
