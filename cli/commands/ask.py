"""`./menzhen ask`: a management question a line."""

import sys
from collections.abc import Sequence
from datetime import datetime

from cli.output import CommandError, input_lines, parser
from common.clock import SHANGHAI
from common.errors import MenzhenError
from insight.cli import BadRole, ask


def run(argv: Sequence[str]) -> int:
    arguments = parser("ask", "管理问数，标准输入每行一问；空行结束一段对话。")
    arguments.add_argument("--store", metavar="URL", help="就诊记录的库；不给就问运行中的系统")
    arguments.add_argument("--now", metavar="ISO")
    arguments.add_argument(
        "--as", dest="role", default="director", metavar="director|head:科室|doctor:姓名|finance"
    )
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    try:
        now = datetime.fromisoformat(options.now) if options.now else None
    except ValueError:
        raise CommandError(f"--now 不是时间：{options.now}", 2) from None
    if now and now.tzinfo is None:
        now = now.replace(tzinfo=SHANGHAI)
    try:
        for line in ask(input_lines(), options.store, now, options.role, options.json):
            sys.stdout.write(line if line.endswith("\n") else line + "\n")
            sys.stdout.flush()
    except MenzhenError as error:
        raise CommandError(error.message, 2 if isinstance(error, BadRole) else 1) from None
    return 0
