"""`./menzhen time`: time expressions, a sentence a line."""

from collections.abc import Sequence
from datetime import datetime

from chinese.time import cli_lines
from cli.output import CommandError, input_lines, parser, print_json
from common import clock


def run(argv: Sequence[str]) -> int:
    arguments = parser("time", "时间表达，标准输入每行一句。")
    arguments.add_argument("--now", metavar="ISO")
    arguments.add_argument("--prefer", choices=["future", "past"], default="future")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    try:
        now = datetime.fromisoformat(options.now) if options.now else clock.now()
    except ValueError:
        raise CommandError(f"--now 不是时间：{options.now}", 2) from None
    for found in cli_lines(input_lines(), now, options.prefer):
        if options.json:
            print_json(found)
        else:
            matches = [
                f"{m['text']} → {m['start'] or '…'} ~ {m['end'] or '…'}（{m['grain']}）"
                for m in found["matches"]
            ]
            print(f"{found['text']}\t{'；'.join(matches) or '没有时间'}", flush=True)
    return 0
