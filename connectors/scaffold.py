"""The core of `./menzhen new adapter NAME`: an adapter's folder and its tests, written from `_template/`."""

import keyword
import re
from pathlib import Path

from common.errors import MenzhenError
from common.settings import ROOT

TEMPLATE = Path(__file__).parent / "_template"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


class ScaffoldError(MenzhenError):
    """A skeleton that cannot be written."""

    status = 422
    code = "scaffold"


def new_adapter(name: str, title: str = "", root: Path = ROOT) -> list[Path]:
    """Write `connectors/NAME` and `tests/connectors/NAME`; the files written. Overwrites nothing. Raises ScaffoldError."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ScaffoldError("名字只能用小写字母、数字和下划线，以字母开头，例如 ris。", detail="bad name")
    home, tests = root / "connectors" / name, root / "tests" / "connectors" / name
    for folder in (home, tests):
        if folder.exists() and any(path.name != "README.md" for path in folder.iterdir()):
            raise ScaffoldError(f"{folder} 已经存在。", detail="folder exists")
    words = {
        "{{name}}": name,
        "{{Name}}": "".join(part.title() for part in name.split("_")),
        "{{title}}": title or f"{name} 系统",
    }
    written = []
    for source in sorted(TEMPLATE.rglob("*.txt")):
        inside = source.relative_to(TEMPLATE)
        target = tests / inside.name if inside.parts[0] == "tests" else home / inside
        target = target.with_name(target.name.removesuffix(".txt"))
        text = source.read_text(encoding="utf-8")
        for mark, word in words.items():
            text = text.replace(mark, word)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    return written
