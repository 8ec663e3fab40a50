"""OpenFst's programs and its plugin for look-ahead graphs (Debian: `libfst-tools`, `libfst22-plugins-base`).

Debian keeps the plugin in a folder where the programs do not look by themselves.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from common.errors import MenzhenError

PROGRAMS = ("fstcompile", "fstarcsort", "fstconvert")
_PLUGIN = "olabel_lookahead-fst.so"
PACKAGES = "libfst-tools libfst22-plugins-base"


class OpenFstError(MenzhenError):
    code = "openfst"
    message = "编译解码图失败。"


def check() -> None:
    """Raises OpenFstError, which names the package, where something is not there."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if not _plugin_folders():
        missing.append(_PLUGIN)
    if missing:
        raise OpenFstError(
            f"缺少 OpenFst 的 {'、'.join(missing)}。Debian、Ubuntu 上安装：apt-get install {PACKAGES}"
        )


def _plugin_folders() -> list[str]:
    roots = [Path("/usr/lib"), Path("/usr/local/lib")]
    return [str(path.parent) for root in roots for path in root.glob(f"**/fst/**/{_PLUGIN}")]


def compiled(text: str, *, order: str, kind: str, folder: Path, pairs: Path | None = None) -> bytes:
    """A binary FST of type `kind` from OpenFst's text form (numbers as labels), arcs sorted by `order`.

    `pairs`: where the look-ahead type writes its renumbering of output labels. `folder` takes work files.
    Raises OpenFstError with the program's own words.
    """
    check()
    source = folder / "graph.txt"
    source.write_text(text)
    library = ":".join([*_plugin_folders(), os.environ.get("LD_LIBRARY_PATH", "")])
    convert = ["fstconvert", f"--fst_type={kind}", *([f"--save_relabel_opairs={pairs}"] if pairs else [])]
    data = b""
    for command in (["fstcompile", str(source)], ["fstarcsort", f"--sort_type={order}"], convert):
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            env=os.environ | {"LD_LIBRARY_PATH": library},
            check=False,
        )
        if done.returncode or not done.stdout:
            raise OpenFstError(detail=f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
        data = done.stdout
    return data
