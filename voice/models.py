"""Which speech model is set, where it lies, and whether it is whole. Loading one is `voice.recognise.model`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from common.settings import ROOT, Settings
from voice.errors import ModelError

BUILT_IN = ROOT / "voice" / "models"
TABLE = ROOT / "voice" / "models.toml"
# What Vosk itself looks for; it ends the process, or writes nonsense, where one is missing or cut off.
_NEEDED = ("am/final.mdl", "conf/model.conf", "graph/phones/word_boundary.int")
_FEATURES = ("conf/mfcc.conf", "conf/fbank.conf")
_IVECTOR = ("final.dubm", "final.ie", "final.mat", "global_cmvn.stats", "online_cmvn.conf", "splice.conf")
_FST_MAGIC = (2125659606).to_bytes(4, "little")
_MDL_MAGIC = b"\0B<TransitionModel> "


@dataclass(frozen=True, slots=True)
class Published:
    """A public model of the table: where it is, how large its archive is in bytes, its hash where one is known."""

    name: str
    title: str
    url: str
    bytes: int | None
    sha256: str
    unpacked: int
    licence: str


@lru_cache(maxsize=1)
def published() -> dict[str, Published]:
    """The public models by name."""
    entries = tomllib.loads(TABLE.read_text(encoding="utf-8"))["model"]
    return {
        entry["name"]: Published(
            entry["name"],
            entry["title"],
            entry["url"],
            entry.get("bytes"),
            entry.get("sha256", ""),
            entry["unpacked"],
            entry["licence"],
        )
        for entry in entries
    }


def folder_of(settings: Settings) -> Path:
    """Where fetched models lie."""
    return settings.data_dir / "voice" / "models"


def find(settings: Settings) -> Path:
    """The folder of the model that is set: a name (built in or fetched) or a path. Raises ModelError, which says what
    to do."""
    name = settings.voice_model
    if "/" in name or name.startswith("."):
        path = Path(name).expanduser()
        if not path.is_dir():
            raise ModelError(f"没有这个语音模型文件夹：{path}", detail="no such folder")
        return path
    for place in (folder_of(settings) / name, BUILT_IN / name):
        if place.is_dir():
            return place
    if name in published():
        raise ModelError(f"语音模型 {name} 还没有下载：./menzhen voice model {name}", detail="not fetched")
    known = "、".join(installed(settings)) or "一个也没有"
    raise ModelError(f"没有语音模型“{name}”，现有：{known}", detail="unknown model")


def installed(settings: Settings) -> list[str]:
    """Names of the models on this machine."""
    places = [place for place in (BUILT_IN, folder_of(settings)) if place.is_dir()]
    return sorted({path.name for place in places for path in place.iterdir() if (path / "am").is_dir()})


def check(folder: Path) -> None:
    """Whether Vosk can be given this folder. Raises ModelError naming the first thing that is wrong: Vosk itself would
    end the process."""
    missing = [name for name in _NEEDED if not _holds(folder / name)]
    if missing:
        raise _broken(folder, f"缺少 {'、'.join(missing)}")
    if not any((folder / name).is_file() for name in _FEATURES):
        raise _broken(folder, f"缺少 {' 或 '.join(_FEATURES)}")
    if not (folder / "am" / "final.mdl").read_bytes()[: len(_MDL_MAGIC)] == _MDL_MAGIC:
        raise _broken(folder, "am/final.mdl 不是 Kaldi 模型")
    _check_graph(folder)
    if (folder / "ivector").is_dir():
        missing = [name for name in _IVECTOR if not _holds(folder / "ivector" / name)]
        if missing:
            raise _broken(folder, f"ivector 里缺少 {'、'.join(missing)}")


def _check_graph(folder: Path) -> None:
    """Two graphs that take a grammar, or one that takes none."""
    graph = folder / "graph"
    two = [graph / "HCLr.fst", graph / "Gr.fst"]
    found = two if any(path.exists() for path in two) else [graph / "HCLG.fst"]
    for path in found:
        if not _holds(path):
            raise _broken(folder, f"缺少 graph/{path.name}")
        with path.open("rb") as file:
            if file.read(4) != _FST_MAGIC:
                raise _broken(folder, f"graph/{path.name} 不是 OpenFst 图")
    if found == two and not (graph / "disambig_tid.int").is_file():
        raise _broken(folder, "缺少 graph/disambig_tid.int")


def takes_grammar(folder: Path) -> bool:
    """Whether the model can be held to a list of phrases."""
    return (folder / "graph" / "HCLr.fst").is_file()


def _holds(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _broken(folder: Path, what: str) -> ModelError:
    return ModelError(f"语音模型不完整（{folder}）：{what}", detail=what)
