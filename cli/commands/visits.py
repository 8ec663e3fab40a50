"""`./menzhen visits import|export|rebuild`: visit records in and out of the insight store, and its rollups anew."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.output import CommandError, parser, print_json
from common.errors import MenzhenError
from insight.cli import export_file, import_file, rebuild


def run(argv: Sequence[str]) -> int:
    arguments = parser("visits", "就诊记录导入、导出（CSV）；rebuild 重建汇总表。")
    arguments.add_argument("what", choices=["import", "export", "rebuild"])
    arguments.add_argument("file", nargs="?", type=Path, help="CSV 文件；导出时省略则写到标准输出")
    arguments.add_argument("--store", metavar="URL", help="不给就用运行中系统的库")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    try:
        return _run(options)
    except MenzhenError as error:
        raise CommandError(error.message) from None


def _run(options: argparse.Namespace) -> int:
    if options.what == "rebuild":
        rebuild(options.store)
        if options.json:
            print_json({"status": "rebuilt"})
        else:
            print("汇总表已重建")
        return 0
    if options.what == "export":
        export_file(options.file, options.store)
        return 0
    if not options.file:
        raise CommandError("要给出 CSV 文件", 2)
    if not options.file.is_file():
        raise CommandError(f"没有这个文件：{options.file}", 2)

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(
                f"\r\033[K  已读 {done:,}/{total:,}",
                end="" if done < total else "\n",
                file=sys.stderr,
                flush=True,
            )

    report = import_file(options.file, options.store, progress)
    if options.json:
        print_json(report.as_json())
    else:
        print(report)
    return 0
