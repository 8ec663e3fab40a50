"""`./menzhen new adapter NAME`: what it writes works at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from common.settings import ROOT
from connectors import manifest
from connectors.scaffold import ScaffoldError, new_adapter

_TRY = """
import asyncio
import connectors
connectors.__path__.insert(0, {folder!r})
from common import settings
from connectors import demo_ris
from connectors.adapter import Adapter, BackendUnavailable, Search
adapter: Adapter = demo_ris.create(settings.get())
assert adapter.name == "demo_ris"
async def main():
    await adapter.start()
    assert (await adapter.check())["reachable"] is False
    try:
        await adapter.search(Search("Observation", {{"patient": ["1"]}}))
    except BackendUnavailable:
        print("fine")
    await adapter.stop()
asyncio.run(main())
"""


def test_the_skeleton_is_valid_and_runs(tmp_path: Path) -> None:
    written = new_adapter("demo_ris", "放射系统（RIS）", tmp_path)
    home = tmp_path / "connectors" / "demo_ris"
    assert {file.name for file in home.iterdir()} >= {
        "__init__.py",
        "README.md",
        "client.py",
        "manifest.toml",
        "adapter.py",
    }
    assert not any("{{" in file.read_text() for file in written)
    assert manifest.load(home / "manifest.toml").title == "放射系统（RIS）"
    assert (tmp_path / "tests" / "connectors" / "demo_ris" / "test_conformance.py").exists()
    script = _TRY.format(folder=str(tmp_path / "connectors"))
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "fine", ran.stderr
    config = str(ROOT / "pyproject.toml")
    # Sorting of imports needs the real tree to know which are ours.
    lint = [sys.executable, "-m", "ruff", "check", "--config", config, "--ignore", "I001", str(tmp_path)]
    assert subprocess.run(lint, capture_output=True, check=False).returncode == 0


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    new_adapter("demo_ris", root=tmp_path)
    with pytest.raises(ScaffoldError):
        new_adapter("demo_ris", root=tmp_path)


@pytest.mark.parametrize("name", ["", "RIS", "1ris", "r", "../x", "class", "放射"])
def test_bad_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError):
        new_adapter(name, root=tmp_path)
    assert list(tmp_path.iterdir()) == []
