"""`./menzhen triage`: symptoms to departments, a sentence a line; nothing needs to run."""

from collections.abc import Sequence

from actions.triage_core import triage
from cli.output import input_lines, parser, print_json


def run(argv: Sequence[str]) -> int:
    arguments = parser("triage", "导诊，标准输入每行一句。仅供参考，不是诊断。")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    for line in input_lines():
        if not line:
            continue
        found = triage(line)
        if options.json:
            print_json(found)
        elif found["emergency"]:
            print(f"{line}\t急症：请立即拨打 120 或到急诊科", flush=True)
        else:
            names = "；".join(f"{d['department']}（{d['reason']}）" for d in found["departments"])
            print(f"{line}\t{names or found['ask'] or '没有听出症状'}", flush=True)
    return 0
