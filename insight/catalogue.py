"""The catalogue of metrics, dimensions and roles: `catalogue.yml`, checked when it is read."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from insight.errors import CatalogueError

PATH = Path(__file__).with_name("catalogue.yml")
SCHEMA = Path(__file__).with_name("catalogue.schema.json")

TIME_DIMENSIONS = ("hour", "date", "weekday", "week", "month", "quarter", "year")
BUCKETS = ("date", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Term:
    """One aggregate: `kind` is count, distinct, sum, mean, share, minutes or stages; `of` its column or condition."""

    kind: str
    of: Any = None


@dataclass(frozen=True, slots=True)
class Metric:
    """`base` picks the visits; value = numerator (÷ denominator) × scale over them."""

    key: str
    name: str
    words: tuple[str, ...]
    unit: str
    good: str
    definition: str
    base: dict[str, Any]
    numerator: Term | None
    denominator: Term | None
    scale: float
    time: str
    realtime: str | None

    @property
    def is_duration(self) -> bool:
        return self.numerator is not None and self.numerator.kind == "minutes"

    @property
    def is_mean(self) -> bool:
        """Whether values of few visits say little: means, rates and quotients."""
        return self.numerator is not None and (
            self.denominator is not None or self.numerator.kind in ("mean", "share", "minutes", "stages")
        )

    @property
    def is_additive(self) -> bool:
        """Whether the values of parts add up to the value of the whole."""
        return (
            self.numerator is not None
            and self.denominator is None
            and self.numerator.kind in ("count", "sum")
        )


@dataclass(frozen=True, slots=True)
class Dimension:
    key: str
    name: str
    words: tuple[str, ...]
    values: dict[str, tuple[str, ...]]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Words for several values together: 中青年."""


@dataclass(frozen=True, slots=True)
class Stage:
    key: str
    name: str
    metric: str


@dataclass(frozen=True, slots=True)
class Role:
    key: str
    name: str
    rows: str
    metrics: frozenset[str] | None

    def may_ask(self, metric: str) -> bool:
        return self.metrics is None or metric in self.metrics


@dataclass(frozen=True, slots=True)
class Catalogue:
    metrics: dict[str, Metric]
    dimensions: dict[str, Dimension]
    stages: dict[str, Stage]
    age_bands: tuple[tuple[str, int], ...]
    roles: dict[str, Role]
    small_group: int
    default_days: int

    def stage_name(self, key: str) -> str:
        return self.stages[key].name


def load(path: Path = PATH) -> Catalogue:
    """Reads and checks a catalogue. Raises CatalogueError that names the entry that is wrong."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueError(f"指标目录读不了：{path.name}：{error}", detail=str(error)) from error
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    problems = sorted(validator.iter_errors(raw), key=lambda e: list(map(str, e.absolute_path)))
    if problems:
        where = ".".join(map(str, problems[0].absolute_path)) or "文件"
        raise CatalogueError(f"指标目录 {path.name} 的 {where} 有误：{problems[0].message}", detail=where)
    catalogue = Catalogue(
        metrics={key: _metric(key, entry) for key, entry in raw["metrics"].items()},
        dimensions={
            key: Dimension(
                key,
                entry["name"],
                tuple(entry.get("words", ())),
                {value: tuple(words) for value, words in entry.get("values", {}).items()},
                {word: tuple(values) for word, values in entry.get("groups", {}).items()},
            )
            for key, entry in raw["dimensions"].items()
        },
        stages={key: Stage(key, entry["name"], entry["metric"]) for key, entry in raw["stages"].items()},
        age_bands=tuple(sorted(raw["age_bands"].items(), key=lambda item: item[1])),
        roles={
            key: Role(
                key,
                entry["name"],
                entry["rows"],
                None if entry["metrics"] == "all" else frozenset(entry["metrics"]),
            )
            for key, entry in raw["roles"].items()
        },
        small_group=raw["small_group"],
        default_days=raw["default_days"],
    )
    _check(catalogue, path.name)
    return catalogue


def _metric(key: str, entry: dict[str, Any]) -> Metric:
    value = dict(entry.get("value", {}))
    per = value.pop("per", None)
    if entry.get("value") and len(value) != 1:
        raise CatalogueError(f"指标 {key} 的 value 须恰有一种算法", detail=key)
    numerator = Term(*next(iter(value.items()))) if value else None
    denominator = Term(*next(iter(per.items()))) if per else None
    return Metric(
        key=key,
        name=entry["name"],
        words=tuple(entry.get("words", ())),
        unit=entry["unit"],
        good=entry["good"],
        definition=entry["definition"],
        base=entry.get("of", {}),
        numerator=numerator,
        denominator=denominator,
        scale=float(entry.get("scale", 1)),
        time=entry.get("time", "appointment_start"),
        realtime=entry.get("realtime"),
    )


def _check(catalogue: Catalogue, name: str) -> None:
    """What a schema cannot say: a word means one metric only, references exist."""
    taken: dict[str, str] = {}
    for metric in catalogue.metrics.values():
        for word in (metric.name, *metric.words):
            other = taken.setdefault(word.lower(), metric.key)
            if other != metric.key:
                raise CatalogueError(
                    f"指标目录 {name}：「{word}」同时是 {other} 和 {metric.key} 的叫法", detail=word
                )
    for stage in catalogue.stages.values():
        timed = catalogue.metrics.get(stage.metric)
        if timed is None or not timed.is_duration:
            raise CatalogueError(
                f"指标目录 {name}：环节 {stage.key} 的指标 {stage.metric} 不是时长", detail=stage.key
            )
    for metric in catalogue.metrics.values():
        if metric.numerator and metric.numerator.kind == "stages":
            unknown = [s for s in metric.numerator.of if s not in catalogue.stages]
            if unknown:
                raise CatalogueError(
                    f"指标目录 {name}：{metric.key} 用到没有定义的环节 {unknown[0]}", detail=metric.key
                )
    for role in catalogue.roles.values():
        missing = sorted((role.metrics or frozenset()) - set(catalogue.metrics))
        if missing:
            raise CatalogueError(
                f"指标目录 {name}：角色 {role.key} 用到没有定义的指标 {missing[0]}", detail=role.key
            )


@lru_cache
def get() -> Catalogue:
    """This installation's catalogue."""
    return load()


SKELETON = """\
  {key}:
    name: {name}
    words: []
    of: {{status: [completed]}}
    value: {{count: true}}
    unit: visits
    good: none
    definition: 请写明口径
"""


def add_metric(path: Path, key: str, name: str) -> None:
    """Writes the skeleton of a metric at the end of the catalogue's metrics. Raises CatalogueError."""
    text = path.read_text(encoding="utf-8")
    place = text.find("\ndimensions:")
    head = text[:place].rstrip("\n")
    tail = text[place:]
    comments: list[str] = []
    while head.rsplit("\n", 1)[-1].startswith("#") or not head.rsplit("\n", 1)[-1].strip():
        head, _, line = head.rpartition("\n")
        comments.insert(0, line)
    changed = (
        head + "\n" + SKELETON.format(key=key, name=name) + "\n".join(["", *comments]).rstrip("\n") + tail
    )
    trial = path.with_suffix(".new")
    trial.write_text(changed, encoding="utf-8")
    try:
        if key in load(path).metrics:
            raise CatalogueError(f"已经有指标 {key}", detail=key)
        load(trial)
        trial.replace(path)
    finally:
        trial.unlink(missing_ok=True)
