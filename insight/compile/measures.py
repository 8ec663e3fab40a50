"""Metrics as SQL: which visits count, the value over them, and how many they are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, distinct, func, not_, or_
from sqlalchemy.types import Double

from insight.catalogue import Catalogue, Metric, Term
from insight.compile.dialects import Bucket, Quantile
from insight.compile.dimensions import V, local, seconds_between
from insight.errors import CatalogueError
from insight.interpretation import Threshold

OPERATORS = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` and `n` over the visits that meet `base`."""

    value: ColumnElement[Any]
    n: ColumnElement[int]
    base: list[ColumnElement[bool]]


def condition(spec: dict[str, Any]) -> list[ColumnElement[bool]]:
    """A catalogue's condition: column → values, `given`, `not`, or booked_ahead."""
    out: list[ColumnElement[bool]] = []
    for name, wanted in spec.items():
        if name == "booked_ahead":
            ahead = and_(V.booked_at.is_not(None), V.booked_at < Bucket(V.appointment_start, "day"))
            out.append(ahead if wanted else not_(ahead))
        elif wanted == "given":
            out.append(V[name].is_not(None))
        elif isinstance(wanted, dict):
            out.append(
                V[name].not_in(wanted["not"]) if len(wanted["not"]) > 1 else V[name] != wanted["not"][0]
            )
        else:
            out.append(V[name].in_(wanted) if len(wanted) > 1 else V[name] == wanted[0])
    return out


def seconds_of(metric: Metric) -> ColumnElement[Any]:
    """A duration metric's seconds of one visit."""
    if not metric.is_duration or metric.numerator is None:
        raise CatalogueError(f"{metric.name} 不是时长", detail=metric.key)
    return seconds_between(*metric.numerator.of)


def single(metric: Metric) -> ColumnElement[Any] | None:
    """The metric's value of one visit in the metric's unit, None where a single visit has none."""
    term = metric.numerator
    if term is None:
        return None
    if term.kind == "minutes":
        return seconds_of(metric) / 60.0
    if term.kind == "mean":
        return cast(V[term.of], Double)
    if term.kind == "sum":
        return V[term.of] * metric.scale
    return None


def threshold(spec: Threshold, catalogue: Catalogue) -> ColumnElement[bool]:
    """A condition on single visits; durations are compared in whole seconds."""
    metric = catalogue.metrics[spec.metric or ""]
    if metric.is_duration:
        return OPERATORS[spec.op](seconds_of(metric), spec.value * 60)
    column = single(metric)
    if column is None:
        raise CatalogueError(f"{metric.name} 不能用来筛选单次就诊", detail=metric.key)
    return OPERATORS[spec.op](column, spec.value)


Different = Callable[[str], ColumnElement[int]]
"""From a column's name to how many different values it has."""


def as_they_are(column: str) -> ColumnElement[int]:
    """The values themselves, counted."""
    return func.count(distinct(V[column]))


def measure(metric: Metric, aggregation: str | None, different: Different = as_they_are) -> Measure:
    """value, n and base of a metric of the catalogue (not of real-time ones or stages)."""
    base = condition(metric.base)
    term = metric.numerator
    if term is None or term.kind == "stages":
        raise CatalogueError(f"{metric.name} 不能直接汇总", detail=metric.key)
    if term.kind == "minutes":
        seconds = seconds_of(metric)
        return Measure(
            _duration(seconds, aggregation or "mean"), func.count(seconds), [*base, seconds.is_not(None)]
        )
    if term.kind == "mean":
        base.append(V[term.of].is_not(None))
    value = _term(term, different)
    if metric.denominator is not None:
        value = cast(value, Double) / func.nullif(_term(metric.denominator, different), 0)
    return Measure(scaled(value, metric.scale), func.count(), base)


def scaled(value: ColumnElement[Any], scale: float) -> ColumnElement[Any]:
    """Whole fen are divided, not multiplied by 0.01: the quotient is the nearest double to the decimal."""
    if scale == 1:
        return value
    inverse = round(1 / scale)
    return value / float(inverse) if abs(inverse * scale - 1) < 1e-12 else value * scale


def _duration(seconds: ColumnElement[Any], aggregation: str) -> ColumnElement[Any]:
    """Minutes from whole seconds, aggregated before they are divided."""
    if aggregation == "mean":
        return cast(func.sum(seconds), Double) / func.nullif(func.count(seconds), 0) / 60.0
    if aggregation == "max":
        return func.max(seconds) / 60.0
    if aggregation == "min":
        return func.min(seconds) / 60.0
    if aggregation == "median":
        return Quantile(seconds, 0.5) / 60.0
    if aggregation.startswith("p"):
        return Quantile(seconds, float(aggregation[1:]) / 100) / 60.0
    raise CatalogueError(f"不认识的汇总方式 {aggregation}", detail=aggregation)


def _term(term: Term, different: Different) -> ColumnElement[Any]:
    if term.kind == "count":
        return func.count()
    if term.kind == "distinct":
        return different(term.of)
    if term.kind == "sum":
        return func.coalesce(func.sum(V[term.of]), 0)
    if term.kind == "mean":
        return func.avg(cast(V[term.of], Double))
    if term.kind == "share":
        hit = case((and_(*condition(term.of)), 1), else_=0)
        return cast(func.sum(hit), Double) / func.nullif(func.count(), 0)
    raise CatalogueError(f"不认识的算法 {term.kind}", detail=term.kind)


def realtime(metric: Metric, now: datetime) -> tuple[ColumnElement[Any], list[ColumnElement[bool]]]:
    """Count and conditions of a real-time metric at `now` (which may lie before the last record)."""
    moment, today = local(now), local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    todays = and_(V.appointment_start >= today, V.appointment_start < today + timedelta(1))
    if metric.realtime == "seen":
        ended = and_(V.consult_end >= today, V.consult_end <= moment)
        return func.count(), [ended, V.status.in_(["completed", "in_progress"])]
    # A called time may be missing: whoever has a later one has been called.
    called = func.coalesce(V.called_at, V.consult_start, V.consult_end, V.paid_at, V.left_at)
    waiting = and_(V.checked_in_at <= moment, or_(called.is_(None), called > moment))
    active = or_(V.status == "in_progress", and_(V.status == "completed", called > moment))
    return func.count(), [todays, waiting, active]


def count_if(condition_: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(case((condition_, 1), else_=0)), 0), Integer)
