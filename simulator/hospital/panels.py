"""Laboratory panels from data/panels.yml, and invented results that look like a patient's."""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import SettingsError
from simulator.hospital.staff import DATA

ILL = 0.3
"""Share of panels in which something is out of range on purpose."""
CRITICAL = 0.03


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Range(_Strict):
    """A reference interval for a sex (M, F, empty for both) and an age in years, `to` exclusive."""

    sex: str = ""
    from_: int = Field(0, alias="from")
    to: int = 200
    low: float | None = None
    high: float | None = None


class Item(_Strict):
    code: str
    name: str
    en: str
    loinc: str
    unit: str = ""
    digits: int = 1
    ranges: tuple[Range, ...] = ()
    typical: tuple[float, float] | None = None
    critical: tuple[float | None, float | None] = (None, None)
    expected: str = ""
    others: tuple[str, ...] = ()
    free: bool = False

    def range(self, sex: str, age: int) -> Range:
        """The interval for this person; an open one where the file has none."""
        fits = (r for r in self.ranges if r.sex in ("", sex) and r.from_ <= age < r.to)
        return next(fits, Range.model_validate({}))


class Panel(_Strict):
    code: str
    name: str
    sample: str
    price: int
    arrows: bool
    source: str
    items: tuple[Item, ...]


class _File(_Strict):
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One item's result; `flag` is empty, H, L, HH, LL or A (a text that is not the expected one)."""

    item: Item
    value: str
    low: str
    high: str
    flag: str

    @property
    def reference(self) -> str:
        """As printed on a report: `3.5-9.5`, `<5.2`, `>1.0`, `阴性`."""
        if self.item.expected:
            return "" if self.item.free else self.item.expected
        if self.low and self.high:
            return f"{self.low}-{self.high}"
        return f"<{self.high}" if self.high else f">{self.low}" if self.low else ""


@lru_cache
def all_panels() -> dict[str, Panel]:
    """Raises SettingsError where the file is wrong."""
    path = DATA / "panels.yml"
    try:
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"{path.name} 有误：{error}", detail=f"{path.name} does not fit") from None
    return {p.code: p for p in file.panels}


def panel(code: str) -> Panel:
    return all_panels()[code]


def results(
    code: str, sex: str, age: int, rng: random.Random, fixed: dict[str, str] | None = None
) -> list[Result]:
    """A panel's results for a person; `fixed` gives values of chosen items."""
    items = panel(code).items
    ill = {rng.randrange(len(items)) for _ in range(rng.choice((1, 1, 2)))} if rng.random() < ILL else set()
    critical = bool(ill) and rng.random() < CRITICAL
    made = []
    for n, item in enumerate(items):
        if fixed and item.code in fixed:
            value: str = str(fixed[item.code])
        elif item.expected:
            odd = (n in ill or (item.free and rng.random() < 0.5)) and item.others
            value = rng.choice(item.others) if odd else item.expected
        else:
            value = _draw(item, item.range(sex, age), rng, n in ill, critical)
        made.append(judge(item, item.range(sex, age), value))
    return made


def _draw(item: Item, r: Range, rng: random.Random, ill: bool, critical: bool) -> str:
    if item.typical:
        middle, spread = item.typical
    else:
        assert r.low is not None and r.high is not None
        middle, spread = (r.low + r.high) / 2, (r.high - r.low) / 5.2
    value = max(0.0, rng.gauss(middle, spread))
    if ill:
        up = r.low is None or (r.high is not None and rng.random() < 0.65)
        edge: Any = r.high if up else r.low
        value = edge * rng.uniform(1.04, 1.35) if up else edge * rng.uniform(0.72, 0.97)
        limit = item.critical[1 if up else 0]
        if critical and limit is not None:
            value = limit * (1.05 if up else 0.95)
    return f"{value:.{item.digits}f}"


def judge(item: Item, r: Range, value: str) -> Result:
    """Set the flag by the interval that is printed beside the value."""
    low = "" if r.low is None else f"{r.low:.{item.digits}f}"
    high = "" if r.high is None else f"{r.high:.{item.digits}f}"
    if item.expected:
        return Result(item, value, "", "", "A" if value != item.expected and not item.free else "")
    number, flag = float(value), ""
    if r.high is not None and number > r.high:
        flag = "HH" if item.critical[1] is not None and number >= item.critical[1] else "H"
    elif r.low is not None and number < r.low:
        flag = "LL" if item.critical[0] is not None and number <= item.critical[0] else "L"
    return Result(item, value, low, high, flag)
