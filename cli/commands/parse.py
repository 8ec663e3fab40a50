"""`./menzhen parse`: language understanding only, a sentence a line; nothing else needs to run."""

import os
from collections.abc import Sequence

from cli.commands.train import train
from cli.output import CommandError, parser
from cli.services import BOT_PYTHON


def run(argv: Sequence[str]) -> int:
    arguments = parser("parse", "语言理解，标准输入每行一句。")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--as", dest="role", choices=["patient", "manager"], default="patient")
    arguments.add_argument("--now", metavar="ISO", help="此刻的时间，用来理解“明天”")
    options = arguments.parse_args(argv)
    if train(force=False) != 0:
        raise CommandError("助手没有训练成功")
    command = [str(BOT_PYTHON), "-m", "bot.parse", "--as", options.role]
    command += ["--json"] if options.json else []
    command += ["--now", options.now] if options.now else []
    os.execv(command[0], command)
