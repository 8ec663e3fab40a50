"""The list of systems that a hospital edits: what is wrong with it is said with file, system and field."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from common import settings
from common.errors import SettingsError
from connectors.facade import systems

GOOD = '[[system]]\nname = "his"\nadapter = "his"\n'


def read(tmp_path: Path, text: str) -> list[systems.SystemConfig]:
    path = tmp_path / "systems.toml"
    path.write_text(text, encoding="utf-8")
    return systems.read_config(path)


def test_the_file_that_ships_names_adapters_that_are_there() -> None:
    registry = systems.load(settings.get())
    assert [system.name for system in registry.systems] == ["his", "lis", "payment"]
    master = registry.master("Invoice")
    assert master is not None and master.name == "his"
    assert [s.name for s in registry.serving("Invoice", "$pay")] == ["payment"]


def test_a_hospitals_own_list_is_taken_instead(tmp_path: Path) -> None:
    (tmp_path / "systems.toml").write_text(
        GOOD + 'enabled = true\n[[system]]\nname = "x"\nadapter = "lis"\nenabled = false\n'
    )
    registry = systems.load(settings.get())
    assert [system.name for system in registry.systems] == ["his"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "[[system]]"),
        ("= 1", "systems.toml"),
        (GOOD + "[other]\n", "[[system]]"),
        (GOOD + GOOD, "重复：his"),
        (GOOD + 'patient_ids = "name"\n', "his 的 patient_ids"),
        (GOOD + "deadline = 0\n", "his 的 deadline"),
        (GOOD + "colour = 1\n", "his 的 colour"),
        ('[[system]]\nname = "his"\n', "his 的 adapter"),
        ('[[system]]\nname = "../x"\nadapter = "his"\n', "的 name"),
        ('system = ["his"]\n', "第 1 个"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text)
    assert said in error.value.message


def test_an_adapter_that_is_not_there_ends_the_process_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "systems.toml").write_text('[[system]]\nname = "ris"\nadapter = "ris"\n')
    done = subprocess.run(
        [sys.executable, "-m", "connectors.facade"],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ,
    )
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert "没有适配器 ris" in line and "his、lis、payment" in line
