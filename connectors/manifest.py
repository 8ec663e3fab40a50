"""`manifest.toml` of an adapter's folder: what it is, what it does, and how far it is."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import SettingsError

RULES = {
    "mapping": "每种资源都能映射为有效的 FHIR R4",
    "idempotent_writes": "同一个幂等键重复写入，结果相同，只生效一次",
    "deadline": "后端不回应时，在时限内给出明确的错误",
    "unreachable": "后端连不上时，给出 BackendUnavailable",
    "events": "后端的通知先保存再应答，重复的通知事件号相同",
    "charset": "UTF-8 和 GB18030 都能收发",
    "errors_in_chinese": "后端的拒绝带代码和给人看的中文",
    "health_check": "check() 说明能否连通、版本、时间和会出问题的设置",
}
"""The quality scale: every adapter says of each rule whether it keeps it."""


class Exempt(BaseModel):
    """A rule that cannot apply, with the reason."""

    model_config = ConfigDict(extra="forbid")
    exempt: str = Field(min_length=2)


class Manifest(BaseModel):
    """What a manifest.toml holds."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: str = Field(min_length=2, max_length=60)
    protocol: str = Field(min_length=2, max_length=120)
    module: str
    resources: Mapping[str, list[str]]
    settings: Mapping[str, str] = {}
    quality: Mapping[str, Literal["done", "todo"] | Exempt]


def load(path: Path) -> Manifest:
    """Read a manifest. Raises SettingsError that names the file and the field in Chinese."""
    try:
        manifest = Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"读不了 {path}：{error}", detail=type(error).__name__) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}：{where} 有误：{first['msg']}", detail=f"manifest {where}") from None
    wrong = set(manifest.quality) ^ set(RULES)
    if wrong:
        raise SettingsError(
            f"{path}：quality 应当正好包含 {'、'.join(RULES)}；多了或少了 {'、'.join(sorted(wrong))}",
            detail="quality rules",
        )
    if manifest.name != path.parent.name:
        raise SettingsError(f"{path}：name 应当与文件夹同名", detail="manifest name")
    return manifest
