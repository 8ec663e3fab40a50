"""Metrics over rollups: chosen where they give the same answer as the records, and nowhere else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, cast, func, or_, select, union_all
from sqlalchemy.types import BigInteger, Double

from insight.catalogue import Catalogue, Metric, Term
from insight.compile.dimensions import local
from insight.compile.measures import Measure, scaled
from insight.interpretation import Interpretation, TimeRange
from insight.records.rollups import AGE_STEP, FEES, ROLLUPS, Rollup, V, measures
from insight.records.schema import DURATIONS

CALENDAR = {"date", "week", "month", "quarter", "year", "weekday", "day"}
"""Dimensions that are made from `visit_date`, which every rollup has."""
SUMMED = {*FEES, "complaint"}
ADDED = {name: cast(expression, BigInteger) for name, expression in measures().items()}
"""measure → what one record adds to it; made once, as every range that ends within a day needs some of them."""


def columns_needed(i: Interpretation, metric: Metric, catalogue: Catalogue) -> set[str] | None:
    """The dimensions of the record that the question and the metric touch; None where rollups cannot serve."""
    if metric.time != "appointment_start" or metric.realtime or i.where or i.beyond:
        return None
    if i.aggregation not in (None, "mean") and (metric.is_duration or i.aggregation != "daily"):
        return None
    out = set()
    for name in (*i.group_by, *i.filters, *i.exclude):
        if name == "hour":
            out.add("visit_hour")
        elif name == "age_band":
            if any(lower % AGE_STEP for _, lower in catalogue.age_bands):
                return None
            out.add("age")
        elif name not in CALENDAR and name != "stage":
            out.add(name)
    for term in (metric.numerator, metric.denominator):
        if term is not None and term.kind == "distinct":
            out.add(term.of)
    return out | {name for name in metric.base if not _is_given(metric, name)}


def _is_given(metric: Metric, name: str) -> bool:
    """Whether a condition of the metric only says that what it averages is there."""
    term = metric.numerator
    return term is not None and term.kind == "mean" and term.of == name and metric.base[name] == "given"


def smallest(needed: set[str]) -> Rollup | None:
    """The rollup with the fewest rows that has all the dimensions."""
    return next((rollup for rollup in ROLLUPS if needed <= set(rollup.dimensions)), None)


def measure(metric: Metric, c: Any) -> Measure | None:
    """The metric over a rollup's columns, None where it is made of something that rollups do not keep."""
    term = metric.numerator
    if term is None:
        return None
    base = _conditions(
        {name: wanted for name, wanted in metric.base.items() if not _is_given(metric, name)}, c
    )
    if base is None:
        return None
    if term.kind == "minutes":
        return _duration(term.of, base, c)
    if term.kind == "mean":
        if term.of != "satisfaction":
            return None
        n = _total(c.satisfaction_given)
        return Measure(
            cast(_total(c.satisfaction), Double) / func.nullif(n, 0), n, [*base, c.satisfaction_given > 0]
        )
    value = _term(term, c)
    if value is None:
        return None
    if metric.denominator is not None:
        per = _term(metric.denominator, c)
        if per is None:
            return None
        value = cast(value, Double) / func.nullif(per, 0)
    return Measure(scaled(value, metric.scale), _total(c.n), base)


def _duration(ends: Sequence[str], base: list[ColumnElement[bool]], c: Any) -> Measure | None:
    name = _duration_column(ends)
    if name is None:
        return None
    n = _total(c[name + "_given"])
    return Measure(
        cast(_total(c[name]), Double) / func.nullif(n, 0) / 60.0, n, [*base, c[name + "_given"] > 0]
    )


def _duration_column(ends: Sequence[str]) -> str | None:
    return next((name for name, pair in DURATIONS.items() if pair == tuple(ends)), None)


def totals(metrics: Mapping[str, Metric], c: Any) -> dict[str, tuple[Any, Any]] | None:
    """Seconds and visits of each of several durations; None where one of them is not kept."""
    out = {}
    for key, metric in metrics.items():
        name = _duration_column(metric.numerator.of if metric.numerator else ())
        if name is None:
            return None
        out[key] = _total(c[name]), _total(c[name + "_given"])
    return out


def _total(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _conditions(spec: dict[str, Any], c: Any) -> list[ColumnElement[bool]] | None:
    """A catalogue's condition on dimensions of the rollup; None where it is about anything else."""
    out: list[ColumnElement[bool]] = []
    for name, wanted in spec.items():
        if name not in c or name in MEASURED or wanted == "given":
            return None
        values = wanted["not"] if isinstance(wanted, dict) else wanted
        if not isinstance(values, list):
            return None
        out.append(c[name].not_in(values) if isinstance(wanted, dict) else c[name].in_(values))
    return out


MEASURED = set(ADDED)


def _term(term: Term, c: Any) -> ColumnElement[Any] | None:
    if term.kind == "count":
        return _total(c.n)
    if term.kind == "distinct":
        # A rollup that has it as a dimension has a row for each of its values.
        return func.count(func.distinct(c[term.of])) if term.of in c and term.of not in MEASURED else None
    if term.kind == "sum":
        return _total(c[term.of]) if term.of in SUMMED else None
    if term.kind == "share":
        hits = _hits(term.of, c)
        return None if hits is None else cast(hits, Double) / func.nullif(_total(c.n), 0)
    return None


def _hits(spec: dict[str, Any], c: Any) -> ColumnElement[Any] | None:
    """How many records meet a condition on one thing that is counted, or on dimensions."""
    counted = {
        "booked_ahead": (True, c.booked_ahead),
        "complaint": ([1], c.complaint),
        "first_visit": ([1], c.first_visits),
    }
    if len(spec) == 1:
        ((name, wanted),) = spec.items()
        if name in counted and wanted == counted[name][0]:
            return _total(counted[name][1])
    conditions = _conditions(spec, c)
    return None if conditions is None else _total(case((and_(*conditions), c.n), else_=0))


class Touched:
    """A rollup's columns, which remembers those that were asked for."""

    def __init__(self, columns: Any) -> None:
        self.columns = columns
        self.names: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self.columns[name]

    __getattr__ = __getitem__


@dataclass(frozen=True, slots=True)
class Source:
    """What a query reads: columns named as those of the record, and the condition that its time range makes."""

    columns: Any
    conditions: list[ColumnElement[bool]]


def source(
    rollup: Rollup, time: TimeRange | None, names: Iterable[str], rows: Iterable[ColumnElement[bool]]
) -> Source | None:
    """The rollup's rows of a range, with the records themselves for the parts of days at its ends.

    None where the range has no whole day. `names`: the dimensions and measures that are read. `rows`: what the viewer
    may see, over the record's columns, for the part that reads the records.
    """
    start = local(time.start) if time and time.start else None
    end = local(time.end) if time and time.end else None
    first = _midnight_from(start) if start else None
    last = end.replace(hour=0, minute=0, second=0, microsecond=0) if end else None
    if first and last and first >= last:
        return None
    table = rollup.table.c
    whole: list[ColumnElement[bool]] = []
    parts: list[ColumnElement[bool]] = []
    if start and first:
        whole.append(table.visit_date >= first.date())
        if start < first:
            parts.append(and_(V.appointment_start >= start, V.appointment_start < first))
    if end and last:
        whole.append(table.visit_date < last.date())
        if last < end:
            parts.append(and_(V.appointment_start >= last, V.appointment_start < end))
    if not parts:
        return Source(table, whole)
    wanted = sorted(names)
    single = [(ADDED[name] if name in ADDED else rollup.key(name)).label(name) for name in wanted]
    days = select(table.visit_date, *[table[name] for name in wanted]).where(*whole)
    records = select(V.visit_date, *single).where(or_(*parts), *rows)
    return Source(union_all(days, records).subquery("visits_and_days").c, [])


def _midnight_from(moment: datetime) -> datetime:
    """The first midnight that is not before a moment."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == moment else midnight + timedelta(1)
