"""Files of `nlu_data/knowledge` that a hospital edits: read, checked against their schema, kept until they change."""

from pathlib import Path
from typing import Any

import jsonschema
import orjson
import yaml

from actions.problems import ActionError
from common.settings import ROOT

FOLDER = ROOT / "nlu_data" / "knowledge"
_kept: dict[Path, tuple[int, Any]] = {}


class KnowledgeError(ActionError):
    """A file cannot be used; the message is Chinese and names the file, the place and what is wrong."""

    code = "knowledge"
    message = "资料文件有误。"


def load(name: str, folder: Path = FOLDER) -> Any:
    """The content of `NAME.yml`, as it is now. Raises KnowledgeError."""
    path = folder / f"{name}.yml"
    try:
        changed = path.stat().st_mtime_ns
        kept = _kept.get(path)
        if kept and kept[0] == changed:
            return kept[1]
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise KnowledgeError(f"资料文件 {path.name} 读不了：{error}", detail=path.name) from error
    check(content, folder / f"{name}.schema.json", path.name)
    _kept[path] = (changed, content)
    return content


def check(content: Any, schema: Path, name: str) -> None:
    """Raises KnowledgeError with the place of the first mistake."""
    validator = jsonschema.Draft202012Validator(orjson.loads(schema.read_bytes()))
    for error in validator.iter_errors(content):
        place = ".".join(map(str, error.absolute_path)) or "最外层"
        raise KnowledgeError(f"资料文件 {name} 的 {place} 有误：{error.message}", detail=f"{name}: {place}")


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
