"""`./menzhen test`: style, types and all tests; further arguments go to pytest."""

import os
import subprocess
import sys
from collections.abc import Sequence

from cli.commands.train import train
from cli.output import CommandError
from common.settings import ROOT

# Many tests wait for processes, so a little more than the cores that a small machine has.
WORKERS = "3"


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
    spread = [] if argv else ["-n", WORKERS, "--dist", "loadgroup"]
    return subprocess.call(
        [sys.executable, "-m", "pytest", *spread, *argv], cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    )
