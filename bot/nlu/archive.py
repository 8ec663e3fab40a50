"""The classifier out of a trained Rasa archive, without Rasa."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from bot.nlu.model import IntentModel, NoModel

_PARTS = ("model.json", "weights.npz")


def load_model(archive: Path) -> IntentModel:
    """The intent model of `menzhen.tar.gz`. Raises NoModel."""
    if not archive.exists():
        raise NoModel("助手还没有训练，请运行 ./menzhen train")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        for member in packed:
            path = PurePosixPath(member.name)
            content = (
                packed.extractfile(member)
                if path.name in _PARTS and "SkillClassifier" in member.name
                else None
            )
            if content:
                (Path(folder) / path.name).write_bytes(content.read())
        return IntentModel.load(Path(folder))
