"""`./menzhen time`: time expressions, a sentence a line."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chinese.calendar import SHANGHAI
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
        now = now.astimezone(SHANGHAI) if now.tzinfo else now
    except (ValueError, OverflowError):
        raise CommandError(f"--now 不是时间：{options.now}", 2) from None
    for line in input_lines():
        (found,) = cli_lines([line], now, options.prefer)
        if options.json:
            print_json(found)
        else:
            shown = "；".join(f"{match['text']} → {_meant(match)}" for match in found["matches"])
            print(f"{found['text']}\t{shown or '没有时间'}", flush=True)
    return 0


def _meant(match: dict[str, Any]) -> str:
    """What a match stands for, in words where it is no interval."""
    if match["kind"] == "recurrence":
        return f"重复：{json.dumps(match['rule'], ensure_ascii=False)}"
    if match["kind"] == "duration":
        lengths = [
            f"{match[key]:g}{unit}" for key, unit in (("months", "个月"), ("seconds", "秒")) if key in match
        ]
        return f"时长：{'又'.join(lengths) or '不确定'}"
    if match["start"] is match["end"] is None:
        return str(match["note"])
    note = f"，{match['note']}" if "note" in match else ""
    return f"{match['start'] or '…'} ~ {match['end'] or '…'}（{match['grain']}{note}）"
