"""`./menzhen new adapter|skill|metric NAME`: writes a skeleton that works and says what to fill in."""

import re
from collections.abc import Sequence
from pathlib import Path
from string import Template

from cli.output import CommandError, parser
from common.settings import ROOT

TEMPLATES = ROOT / "cli" / "templates"
NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
CATALOGUE = ROOT / "insight" / "catalogue.yml"


def run(argv: Sequence[str]) -> int:
    arguments = parser("new", "新建骨架。")
    arguments.add_argument("kind", choices=["adapter", "skill", "metric"])
    arguments.add_argument("name", help="小写英文和下划线，例如 exam_booking")
    arguments.add_argument("--title", default="", help="中文名称")
    options = arguments.parse_args(argv)
    if not NAME.fullmatch(options.name):
        raise CommandError("名称要用小写英文字母、数字和下划线，字母开头", 2)
    title = options.title or options.name
    values = {
        "name": options.name,
        "title": title,
        "class_name": "".join(p.title() for p in options.name.split("_")),
    }
    written = metric(values) if options.kind == "metric" else fill(options.kind, values)
    for path in written:
        print(f"写好了 {path.relative_to(ROOT)}")
    print(
        {
            "adapter": "接着：填 client.py 和映射，跑 ./menzhen test tests/connectors，再写进 connectors/systems.toml。",
            "skill": "接着：补训练句子，写 actions 里的步骤，./menzhen train，再跑 ./menzhen test。",
            "metric": "接着：改公式、单位和同义词；./menzhen ask 就能问。",
        }[options.kind]
    )
    return 0


def fill(kind: str, values: dict[str, str]) -> list[Path]:
    """Every file under the kind's template folder, with names and contents filled in."""
    folder = TEMPLATES / kind
    written = []
    for template in sorted(p for p in folder.rglob("*") if p.is_file()):
        relative = Template(str(template.relative_to(folder)).removesuffix(".tmpl")).substitute(values)
        target = ROOT / relative
        if target.exists():
            raise CommandError(f"已经有 {relative}，没有覆盖", 2)
        written.append((target, Template(template.read_text()).substitute(values)))
    for target, text in written:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return [target for target, _ in written]


def metric(values: dict[str, str]) -> list[Path]:
    """An entry at the end of the catalogue's metrics, checked by the catalogue's own schema."""
    from insight.catalogue import add_metric

    add_metric(CATALOGUE, values["name"], values["title"])
    return [CATALOGUE]
