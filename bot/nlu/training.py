"""The training files: which sentences stand in which file, and a fingerprint of all that training depends on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

_INTENT = re.compile(r"^\s*-\s*intent:\s*([A-Za-z0-9_/]+)", re.MULTILINE)


def sentence_files(folder: Path) -> list[Path]:
    """The files with training sentences; the folder also holds tables of other kinds."""
    return [path for path in sorted(folder.glob("*.yml")) if _INTENT.search(path.read_text(encoding="utf-8"))]


def files_of_intents(folder: Path) -> dict[str, str]:
    """Intent → the stem of the file where its sentences stand."""
    return {
        intent: path.stem
        for path in sentence_files(folder)
        for intent in _INTENT.findall(path.read_text(encoding="utf-8"))
    }


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents of files and of all files in folders (caches and models left out)."""
    digest = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.suffix in (".yml", ".yaml", ".py", ".toml") and "__pycache__" not in file.parts:
                digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
