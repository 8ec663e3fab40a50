"""Which hospital systems there are: `systems.toml`, the adapters' folders, and who serves what."""

import asyncio
import importlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common import logs
from common.errors import MenzhenError, SettingsError
from common.settings import Settings
from connectors import manifest
from connectors.adapter import Adapter
from connectors.facade.guard import Guard

CONNECTORS = Path(__file__).resolve().parent.parent
MR = "MR"
log = logs.logger("facade")


class SystemConfig(BaseModel):
    """One `[[system]]` of systems.toml."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")
    adapter: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: str = Field(default="", max_length=60)
    patient_ids: str = Field(default="MR", pattern=r"^(MR|own)$")
    enabled: bool = True
    deadline: float | None = Field(default=None, gt=0, le=30)


@dataclass(slots=True)
class System:
    """A system that was configured, with its adapter and what guards the calls to it."""

    config: SystemConfig
    adapter: Adapter
    guard: Guard
    state: str = "starting"
    problem: str = ""
    _starting: "asyncio.Task[None] | None" = None

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def title(self) -> str:
        return self.config.title or self.config.name

    def serves(self, type: str, interaction: str) -> bool:
        """Whether its adapter does this with this kind of resource."""
        return interaction in self.adapter.resources.get(type, ())

    async def start(self) -> None:
        """Start the adapter; until it works, try again with growing pauses. Ends when it has started."""
        pause = 0.5
        while True:
            try:
                await self.adapter.start()
            except Exception as error:
                self.state, self.problem = "down", _problem(error)
                log.warning("system did not start", system=self.name, problem=self.problem)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 15.0)
            else:
                self.state, self.problem = "up", ""
                return

    def begin(self) -> "asyncio.Task[None]":
        """Start in the background."""
        self._starting = asyncio.create_task(self.start(), name=f"start {self.name}")
        return self._starting

    async def stop(self) -> None:
        """Stop the adapter, or trying to start it."""
        if self._starting and not self._starting.done():
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self.adapter.stop()
        self.state = "stopped"

    def as_json(self) -> dict[str, str]:
        """What `/ready` says of it."""
        state = self.state
        if state == "up" and self.guard.open:
            state = "down"
        shown = {"name": self.name, "title": self.title, "state": state}
        return shown | {"problem": self.problem or self.guard.problem} if state == "down" else shown


def _problem(error: Exception) -> str:
    return error.code if isinstance(error, MenzhenError) else type(error).__name__


@dataclass(slots=True)
class Registry:
    """The systems in the order of the file."""

    systems: Sequence[System] = field(default_factory=list)

    def serving(self, type: str, interaction: str) -> list[System]:
        """Systems that do this. A patient is one person in all systems: there the master alone answers."""
        found = [s for s in self.systems if s.serves(type, interaction)]
        return found[:1] if type == "Patient" else found

    def master(self, type: str) -> System | None:
        """The first system that knows this kind of resource."""
        for system in self.systems:
            if system.serves(type, "read") or system.serves(type, "search"):
                return system
        return None

    def namespace(self, system: System, type: str) -> str:
        """In which namespace a system's ids of this type are: its own, the master's, or that of record numbers."""
        if type == "Patient":
            return MR if system.config.patient_ids == MR else system.name
        if system.serves(type, "read") or system.serves(type, "search"):
            return system.name
        master = self.master(type)
        return master.name if master else system.name

    def named(self, name: str) -> System | None:
        return next((s for s in self.systems if s.name == name), None)

    def types(self) -> list[str]:
        """All resource types that somebody serves, in order of appearance."""
        return list(dict.fromkeys(type for system in self.systems for type in system.adapter.resources))

    def interactions(self, type: str) -> set[str]:
        return {i for s in self.systems for i in s.adapter.resources.get(type, ())}


def read_config(path: Path) -> list[SystemConfig]:
    """The enabled systems of a systems.toml. Raises SettingsError that names file, system and field."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"读不了 {path}：{error}", detail=str(error)) from None
    tables = content.get("system", [])
    if not isinstance(tables, list) or not tables or set(content) - {"system"}:
        raise SettingsError(f"{path}：应当只有 [[system]] 表，至少一个", detail="no systems")
    systems = []
    for number, table in enumerate(tables, 1):
        try:
            systems.append(SystemConfig.model_validate(table))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            name = table.get("name", f"第 {number} 个") if isinstance(table, dict) else f"第 {number} 个"
            raise SettingsError(
                f"{path}：系统 {name} 的 {where} 有误：{first['msg']}", detail="bad system"
            ) from None
    names = [system.name for system in systems]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SettingsError(f"{path}：系统名重复：{'、'.join(sorted(twice))}", detail="name twice")
    return [system for system in systems if system.enabled]


def config_path(settings: Settings) -> Path:
    """The hospital's own systems.toml, or the one that ships."""
    own = settings.data_dir / "systems.toml"
    return own if own.exists() else CONNECTORS / "systems.toml"


def load_adapter(config: SystemConfig, settings: Settings) -> Adapter:
    """Make the adapter from its folder. Raises SettingsError where there is none."""
    path = CONNECTORS / config.adapter / "manifest.toml"
    if not path.is_file():
        known = sorted(path.parent.name for path in CONNECTORS.glob("*/manifest.toml"))
        raise SettingsError(
            f"系统 {config.name}：没有适配器 {config.adapter}（connectors/{config.adapter}/manifest.toml）。"
            f"现有：{'、'.join(known) or '无'}",
            detail=f"no adapter {config.adapter}",
        )
    adapter: Adapter = importlib.import_module(manifest.load(path).module).create(settings)
    return adapter


def build(config: SystemConfig, adapter: Adapter, settings: Settings) -> System:
    """A system around an adapter."""
    return System(config, adapter, Guard(config.name, config.deadline or settings.backend_deadline))


def load(settings: Settings) -> Registry:
    """All configured systems, not started yet."""
    configs = read_config(config_path(settings))
    return Registry([build(config, load_adapter(config, settings), settings) for config in configs])
