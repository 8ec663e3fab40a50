"""The settings that Rasa's process reads: the same names and defaults as `common/settings.py`, standard library only."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# China has had one time zone and no summer time since 1991.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class BotSettingsError(Exception):
    """A setting is missing or cannot be read; the message is Chinese and says what to do."""


@dataclass(frozen=True)
class Settings:
    """What differs between installations; each is an environment variable MENZHEN_NAME or a line in settings.env."""

    data_dir: Path = ROOT / "var"
    host: str = "127.0.0.1"
    clock: str = ""
    secret_key: str = field(default="", repr=False)
    log_level: str = "INFO"
    bot_port: int = 5005
    actions_port: int = 5055
    actions_url: str = ""
    reply_deadline: float = 5.0
    session_seconds: int = 12 * 3600
    bot_domain: Path = ROOT / "bot" / "domain"
    bot_flows: Path = ROOT / "bot" / "flows"
    bot_rules: Path = ROOT / "bot" / "rules.yml"
    bot_config: Path = ROOT / "config.yml"
    bot_nlu_data: Path = ROOT / "nlu_data"
    bot_model: Path = ROOT / "bot" / "models" / "menzhen.tar.gz"

    def now(self) -> datetime:
        """The clinic's time, aware, Asia/Shanghai: the machine's, or a simulated clock's `origin|start|speed`."""
        if not self.clock:
            return datetime.now(SHANGHAI)
        try:
            origin, start, speed = self.clock.split("|")
            begun = datetime.fromisoformat(start)
            begun = begun.replace(tzinfo=SHANGHAI) if begun.tzinfo is None else begun.astimezone(SHANGHAI)
            return begun + timedelta(seconds=(time.time() - float(origin)) * float(speed))
        except ValueError as error:
            raise BotSettingsError(f"设置 MENZHEN_CLOCK 的值不对：{self.clock}") from error

    @property
    def action_endpoint(self) -> str:
        """Where custom actions are run."""
        return self.actions_url or f"http://{self.host}:{self.actions_port}/webhook"

    @property
    def vocabulary(self) -> Path:
        """Departments and doctors as exported from the hospital; may be absent."""
        return self.data_dir / "vocabulary.json"

    @property
    def conversations(self) -> Path:
        """The database of open conversations."""
        return self.data_dir / "bot" / "conversations.db"

    def key(self) -> str:
        """The signing key. Raises BotSettingsError where none was made yet (`./menzhen up` makes one)."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret.key"
        if not path.exists():
            raise BotSettingsError(f"没有签名密钥：{path}，请先运行 ./menzhen up")
        return path.read_text().strip()


def read(environment: dict[str, str]) -> Settings:
    """Settings from an environment, completed by `settings.env` in the data directory. Raises BotSettingsError."""
    given = {k[len("MENZHEN_") :].lower(): v for k, v in environment.items() if k.startswith("MENZHEN_")}
    data_dir = Path(given.get("data_dir", Settings.data_dir))
    values = _env_file(data_dir / "settings.env") | given | {"data_dir": str(data_dir)}
    kinds = {
        name: type(getattr(Settings, name)) for name in Settings.__dataclass_fields__ if name != "secret_key"
    }
    settings: dict[str, object] = {}
    for name, text in values.items():
        kind = str if name == "secret_key" else kinds.get(name)
        if kind is None:
            continue
        try:
            settings[name] = Path(text) if issubclass(kind, Path) else kind(text)
        except ValueError as error:
            raise BotSettingsError(f"设置 MENZHEN_{name.upper()} 的值不对：{text}") from error
    return Settings(**settings)  # type: ignore[arg-type]


def _env_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.upper().startswith("MENZHEN_"):
            found[name[len("MENZHEN_") :].strip().lower()] = value.strip().strip("'\"")
    return found


@lru_cache
def get() -> Settings:
    """This process's settings."""
    return read(dict(os.environ))
