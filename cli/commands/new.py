"""`./menzhen new adapter|skill|metric NAME`: writes a skeleton that works and says what to fill in."""

import re
from collections.abc import Sequence
from pathlib import Path

from cli.output import CommandError, parser
from common.settings import ROOT

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
NEXT = {
    "adapter": "接着：填 client.py 和映射，./menzhen test tests/connectors，再写进 connectors/systems.toml。",
    "skill": "接着：补训练语句，写 actions 里要做的事，./menzhen train，再 ./menzhen test。",
    "metric": "接着：改公式、单位、口径和其他叫法；./menzhen ask 就能问。",
}


def run(argv: Sequence[str]) -> int:
    arguments = parser("new", "新建骨架。")
    arguments.add_argument("kind", choices=["adapter", "skill", "metric"])
    arguments.add_argument("name", help="小写英文和下划线，例如 exam_booking")
    arguments.add_argument("--title", default="", help="中文名称")
    options = arguments.parse_args(argv)
    if not NAME.fullmatch(options.name):
        raise CommandError("名称要用小写英文字母、数字和下划线，字母开头", 2)
    for path in write(options.kind, options.name, options.title or options.name):
        print(f"写好了 {path.relative_to(ROOT)}")
    print(NEXT[options.kind])
    return 0


def write(kind: str, name: str, title: str) -> list[Path]:
    """Raises CommandError where something is there already."""
    from cli.scaffold import new_skill
    from connectors.scaffold import ScaffoldError, new_adapter
    from insight.catalogue import PATH, CatalogueError, add_metric

    if kind == "skill":
        return new_skill(name, title)
    try:
        if kind == "adapter":
            return new_adapter(name, title)
        add_metric(PATH, name, title)
        return [PATH]
    except (ScaffoldError, CatalogueError) as error:
        raise CommandError(error.message, 2) from None
