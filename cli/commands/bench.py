"""`./menzhen bench NAME`: a benchmark of benchmarks/, each a module with `main(argv) -> exit status`."""

import importlib
from collections.abc import Sequence

from cli.output import CommandError
from common.settings import ROOT

FOLDER = ROOT / "benchmarks"


def titles() -> dict[str, str]:
    """Benchmark → the first line of its docstring."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        first = path.read_text().lstrip().removeprefix('"""').split("\n", 1)[0]
        found[path.stem] = first.removesuffix('"""').strip()
    return found


def run(argv: Sequence[str]) -> int:
    known = titles()
    if not argv or argv[0] in ("--list", "-h", "--help"):
        for name, title in known.items():
            print(f"{name:<15}{title}")
        return 0
    if argv[0] not in known:
        raise CommandError(f"没有这个测量：{argv[0]}。可用：{' '.join(known)}", 2)
    return int(importlib.import_module(f"benchmarks.{argv[0]}").main(list(argv[1:])) or 0)
