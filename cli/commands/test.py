"""`./menzhen test`: style, types and all tests; further arguments go to pytest."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from cli.commands.train import train
from cli.output import CommandError
from common.settings import ROOT

# Most tests wait for processes, so three lanes keep two cores busy. A room stays in one lane: its processes
# start once. Rooms that are not named here go with the last lane.
LANES = [
    ["e2e", "gateway", "voice"],
    ["bot", "actions", "nlu", "cli"],
    ["connectors", "journey", "simulator"],
]
NO_TESTS = {"support", "__pycache__"}
NOTE_SECONDS = 30


def run(argv: Sequence[str]) -> int:
    if not argv:
        for title, command in (
            ("代码风格", ["ruff", "check", "."]),
            ("代码格式", ["ruff", "format", "--check", "-q", "."]),
            ("类型检查", ["mypy"]),
        ):
            print(f"== {title}", flush=True)
            if subprocess.call([sys.executable, "-m", *command], cwd=ROOT) != 0:
                raise CommandError(f"{title}没有通过")
    print("== 训练助手", flush=True)
    if train(force=False) != 0:
        raise CommandError("助手没有训练成功")
    print("== 测试", flush=True)
    if argv:
        return subprocess.call([sys.executable, "-m", "pytest", *argv], cwd=ROOT)
    return run_lanes(lanes())


def lanes() -> list[list[str]]:
    """Every room of tests/, by lane."""
    rooms = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - NO_TESTS
    named = [[room for room in lane if room in rooms] for lane in LANES]
    named[-1] += sorted(rooms - {room for lane in LANES for room in lane})
    return [[f"tests/{room}" for room in lane] for lane in named]


def run_lanes(wanted: Sequence[Sequence[str]]) -> int:
    """A pytest each, at once; each one's output when it is done. Returns the worst exit status."""
    began = time.monotonic()
    running: dict[subprocess.Popen[str], IO[str]] = {}
    for number, lane in enumerate(wanted):
        output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - read when the process is done
        command = [sys.executable, "-m", "pytest", "-o", f"cache_dir=var/pytest-{number}", *lane]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )
        running[process] = output
        print(f"  {' '.join(lane)}", flush=True)
    worst, noted = 0, began
    while running:
        time.sleep(0.5)
        if time.monotonic() - noted > NOTE_SECONDS:
            noted = time.monotonic()
            print(f"  … {noted - began:.0f} 秒", flush=True)
        for process in [p for p in running if p.poll() is not None]:
            written = running.pop(process)
            written.seek(0)
            print(written.read(), flush=True)
            worst = max(worst, abs(process.returncode))
    print(f"  测试用时 {time.monotonic() - began:.0f} 秒", flush=True)
    return worst
