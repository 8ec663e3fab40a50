"""The hospital's words, as they change."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.settings import ROOT, Settings
from voice import hospital
from voice.hospital import Hospital


def export(folder: Path, name: str) -> None:
    content = {"departments": [{"code": "0403", "name": name, "aliases": []}], "doctors": []}
    (folder / "vocabulary.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_new_export_counts_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hospital, "LOOK_SECONDS", 0.0)
    export(tmp_path, "骨科")
    words = Hospital(Settings(data_dir=tmp_path))
    first = words.words()
    assert "骨科" in first.names["department"]
    assert words.words() is first
    export(tmp_path, "运动医学科")
    assert "运动医学科" in words.words().names["department"]


def test_a_broken_export_leaves_the_words_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hospital, "LOOK_SECONDS", 0.0)
    export(tmp_path, "骨科")
    words = Hospital(Settings(data_dir=tmp_path))
    (tmp_path / "vocabulary.json").write_text("{broken")
    assert "骨科" in words.words().names["department"]


READ = """
import json, sys
from pathlib import Path
from common.settings import Settings
from voice.hospital import Hospital
from chinese.syllables import name_readings
names = sorted({n for group in Hospital(Settings(data_dir=Path(sys.argv[1]))).words().names.values() for n in group})
chinese = [n for n in names if all("\\u4e00" <= c <= "\\u9fff" for c in n)]
print(json.dumps([[n, repr(name_readings(n))] for n in chinese]))
"""


def test_names_are_read_the_same_without_the_great_dictionary(tmp_path: Path) -> None:
    """The voice process does without 45 MB of phrases; what it knows of the hospital's names is the same."""

    def readings(**environment: str) -> list[list[str]]:
        done = subprocess.run(
            [sys.executable, "-c", READ, str(tmp_path)],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            check=True,
            timeout=120,
        )
        return json.loads(done.stdout)

    whole = readings()
    assert len(whole) > 1000
    assert readings(PYPINYIN_NO_PHRASES="1") == whole
