"""`./menzhen train`: trains the assistant, in Rasa's environment."""

import subprocess
from collections.abc import Sequence

from cli.output import parser
from cli.services import BOT_PYTHON
from common.settings import ROOT


def train(force: bool) -> int:
    """Train unless nothing changed since the last time. Returns the exit status."""
    return subprocess.call([str(BOT_PYTHON), "-m", "bot.train", *(["--force"] if force else [])], cwd=ROOT)


def run(argv: Sequence[str]) -> int:
    arguments = parser("train", "训练助手；没有变化时什么也不做。")
    arguments.add_argument("--force", action="store_true", help="没有变化也重新训练")
    return train(arguments.parse_args(argv).force)
