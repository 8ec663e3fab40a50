"""`./menzhen train`: trains the assistant, in Rasa's environment."""

import os
import subprocess
import sys
from collections.abc import Sequence

from cli.output import parser
from cli.services import BOT_PYTHON
from common.settings import ROOT


def train(force: bool) -> int:
    """Train unless nothing changed since the last time; progress on standard error. Returns the exit status."""
    command = [str(BOT_PYTHON), "-m", "bot.train", *(["--force"] if force else [])]
    return subprocess.call(command, cwd=ROOT, stdout=sys.stderr, env=os.environ | {"TQDM_DISABLE": "1"})


def run(argv: Sequence[str]) -> int:
    arguments = parser("train", "训练助手；没有变化时什么也不做。")
    arguments.add_argument("--force", action="store_true", help="没有变化也重新训练")
    return train(arguments.parse_args(argv).force)
