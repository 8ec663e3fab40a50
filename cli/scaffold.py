"""Skeletons of what is added most: a skill's files, and an entry of the metric catalogue."""

from pathlib import Path

from cli.output import CommandError
from common.settings import ROOT

SKILL = Path(__file__).parent / "templates" / "skill"
# Template → where that part of a skill lives.
PARTS = {
    "nlu_data.yml.txt": "nlu_data/{name}.yml",
    "domain.yml.txt": "bot/domain/{name}.yml",
    "flow.yml.txt": "bot/flows/{name}.yml",
    "action.py.txt": "actions/{name}.py",
    "test.py.txt": "tests/e2e/test_{name}.py",
}
METRIC = """  {name}:
    name: {title}
    words: []
    of: {{status: [completed]}}
    value: {{count: true}}
    unit: visits
    good: none
    definition: 已完成的就诊人次（请改成{title}的口径）
"""


def new_skill(name: str, title: str, root: Path = ROOT) -> list[Path]:
    """Write a skill's files; those written. Overwrites nothing. Raises CommandError."""
    words = {
        "{{name}}": name,
        "{{Name}}": "".join(part.title() for part in name.split("_")),
        "{{title}}": title,
    }
    targets = {source: root / target.format(name=name) for source, target in PARTS.items()}
    there = [target for target in targets.values() if target.exists()]
    if there:
        raise CommandError(f"已经有 {there[0].relative_to(root)}，没有覆盖", 2)
    for source, target in targets.items():
        text = (SKILL / source).read_text(encoding="utf-8")
        for mark, word in words.items():
            text = text.replace(mark, word)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return list(targets.values())


def new_metric(name: str, title: str, path: Path) -> list[Path]:
    """Add an entry behind the last metric of the catalogue and check the whole. Raises CommandError."""
    from insight.catalogue import load
    from insight.errors import InsightError

    text = path.read_text(encoding="utf-8")
    if f"\n  {name}:" in text:
        raise CommandError(f"目录里已经有 {name}", 2)
    head, mark, tail = text.partition("\ndimensions:")
    if not mark:
        raise CommandError(f"{path.name} 里没有 dimensions 一节", 2)
    path.write_text(
        head.rstrip() + "\n" + METRIC.format(name=name, title=title) + mark + tail, encoding="utf-8"
    )
    try:
        load(path)
    except InsightError as error:
        path.write_text(text, encoding="utf-8")
        raise CommandError(f"没有写入：{error.message}", 2) from None
    return [path]
