"""The skeleton of a skill: its files, where each of them lives."""

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
