"""Interpretation → one SELECT. Every query of this room is made here, with the viewer's rows put in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    asc,
    case,
    cast,
    desc,
    func,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql.elements import Label

from insight.catalogue import Catalogue, Metric
from insight.compile import dialects, measures, rolled
from insight.compile.dimensions import V, dimension, filters, groups_of, time_condition
from insight.compile.measures import OPERATORS, Different, Measure, as_they_are, measure, threshold
from insight.compile.permissions import Viewer, row_columns, row_condition
from insight.compile.rolled import Source
from insight.errors import CatalogueError
from insight.interpretation import Interpretation, TimeRange
from insight.records.patients import Patients

Query = Select[Any] | CompoundSelect[Any]
Dims = tuple[str, ...]


def _bare(i: Interpretation, by: Sequence[str]) -> Interpretation:
    """Grouped by `by`, without order, cut or threshold."""
    return i.with_(group_by=tuple(by), order=None, having=None, limit=None, kind="query", beyond=False)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles for one viewer at one moment (`now`: aware, Asia/Shanghai).

    `rollups`: whether the store's rollups are those of its records. They are read where they give the same answer.
    `patients`: the numbers by which patients can be counted, where the store has them.
    """

    catalogue: Catalogue
    viewer: Viewer
    now: datetime
    rollups: bool = False
    patients: Patients | None = None

    def conditions(
        self, i: Interpretation, time: TimeRange | None, column: str, source: Source | None = None
    ) -> list[ColumnElement[bool]]:
        """Time, filters, thresholds on single visits, and the rows that the viewer may see."""
        source = source or Source(V, [time_condition(time, column)])
        return [
            *row_condition(self.viewer, self.catalogue, source.columns),
            *source.conditions,
            *filters(i.filters, i.exclude, column, self.catalogue, source.columns),
            *[threshold(t, self.catalogue) for t in i.where],
        ]

    def query(self, i: Interpretation, time: TimeRange | None = None) -> Query:
        """The rows of an interpretation: one column per dimension, `value` and `n`.

        `time` replaces the interpretation's own range (for a comparison). Order and groups' threshold are in
        the query; the cut at N is made where ties can be seen.
        """
        metric = self.catalogue.metrics[i.metric or ""]
        span = time or i.time
        if metric.realtime:
            return self._realtime(i)
        if metric.numerator and metric.numerator.kind == "stages":
            return self._stages(i, span)
        if i.beyond:
            return self._beyond(i, span)
        return self._of(i, metric, span)

    def _of(
        self, i: Interpretation, metric: Metric, time: TimeRange | None, extra: Sequence[Any] = ()
    ) -> Select[Any]:
        """A metric of the catalogue, from a rollup where one serves, else from the records."""
        source = self._rollup(i, metric, time, lambda c: rolled.measure(metric, c))
        of = rolled.measure(metric, source.columns) if source else None
        if of is None:
            source, of = None, measure(metric, i.aggregation, self._different(i, time))
        return self._grouped(i, of, time, metric.time, extra, source)

    def _different(self, i: Interpretation, time: TimeRange | None) -> Different:
        """Counts different patients by their numbers; in a bitmap for each group where these are few enough."""
        known = self.patients
        if known is None:
            return as_they_are
        few = known.fit(groups_of(i, time, self.catalogue, known.sizes))

        def different(column: str) -> ColumnElement[int]:
            if column != "patient_id":
                return as_they_are(column)
            return dialects.Different(V.patient_number, known.last) if few else as_they_are("patient_number")

        return different

    def _rollup(
        self, i: Interpretation, metric: Metric, time: TimeRange | None, use: Callable[[Any], Any]
    ) -> Source | None:
        """The smallest rollup that has all that the question, the metric and the viewer's limits touch.

        `use` makes of its columns what will be asked of them, or None where it cannot.
        """
        needed = rolled.columns_needed(i, metric, self.catalogue) if self.rollups else None
        if needed is None:
            return None
        needed |= row_columns(self.viewer, self.catalogue)
        rollup = rolled.smallest(needed)
        if rollup is None:
            return None
        touched = rolled.Touched(rollup.table.c)
        if use(touched) is None:
            return None
        return rolled.source(rollup, time, needed | touched.names, row_condition(self.viewer, self.catalogue))

    def _grouped(
        self, i: Interpretation, of: Measure, time: TimeRange | None, column: str, extra: Sequence[Any] = (),
        source: Source | None = None,
    ) -> Select[Any]:  # fmt: skip
        c = source.columns if source else V
        dims = [
            dimension(name, column, self.catalogue, c).label(name) for name in i.group_by if name != "stage"
        ]
        query = select(*extra, *dims, of.value.label("value"), of.n.label("n"))
        query = query.where(*of.base, *self.conditions(i, time, column, source))
        if not dims:
            return query
        query = query.group_by(*[d.element for d in dims])
        if i.having and i.having.metric is None:
            query = query.having(OPERATORS[i.having.op](of.value, i.having.value))
        if i.order and i.order_by == "value":
            direction = asc if i.order == "asc" else desc
            return query.order_by(direction(of.value), *[d.element for d in dims])
        return query.order_by(*[d.element for d in dims])

    def _beyond(self, i: Interpretation, time: TimeRange | None) -> Select[Any]:
        """The share of visits that meet the thresholds, among those for which these can be told."""
        metric = self.catalogue.metrics[i.where[0].metric or ""]
        hit = measures.count_if(and_(*[threshold(t, self.catalogue) for t in i.where]))
        known = measures.single(metric)
        if known is None:
            raise CatalogueError(f"{metric.name} 没有单次的值", detail=metric.key)
        base = [*measures.condition(metric.base), known.is_not(None)]
        value = cast(hit, Integer) * 1.0 / func.nullif(func.count(), 0)
        return self._grouped(i.with_(where=()), Measure(value, func.count(), base), time, metric.time)

    def _stages(self, i: Interpretation, time: TimeRange | None) -> Query:
        metric = self.catalogue.metrics[i.metric or ""]
        wanted = i.filters.get("stage") or (metric.numerator.of if metric.numerator else ())
        wanted = [s for s in wanted if s not in i.exclude.get("stage", ())]
        parts = []
        for key in wanted:
            label = literal(key, String).label("stage")
            of = self.catalogue.metrics[self.catalogue.stages[key].metric]
            part = self._of(i.with_(order=None, having=None), of, time, [label])
            parts.append(part.order_by(None))
        return parts[0] if len(parts) == 1 else union_all(*parts)

    def _realtime(self, i: Interpretation) -> Select[Any]:
        count, conditions = measures.realtime(self.catalogue.metrics[i.metric or ""], self.now)
        plain = i.with_(where=())
        return self._grouped(plain, Measure(count, count, conditions), None, "appointment_start")

    # -- what explanations and forecasts are made from

    def coverage(
        self, i: Interpretation, time: TimeRange | None, column: str = "appointment_start"
    ) -> Select[Any]:
        """How many records of any status the viewer has in the range, whatever the other filters."""
        return select(func.count()).where(
            *row_condition(self.viewer, self.catalogue), time_condition(time, column)
        )

    def histogram(self, i: Interpretation, width: float) -> Select[Any]:
        """`bin` (the lower edge in the metric's unit) and its visits."""
        metric = self.catalogue.metrics[i.metric or ""]
        value = measures.single(metric)
        if value is None:
            raise CatalogueError(f"{metric.name} 没有分布", detail=metric.key)
        # Durations are binned in whole seconds: minutes as doubles can fall on the wrong side of an edge.
        if metric.is_duration:
            seconds = measures.seconds_of(metric)
            bin_ = func.floor(seconds / float(width * 60)) * width
        else:
            bin_ = func.floor(value / float(width)) * width
        base = [*measures.condition(metric.base), value.is_not(None)]
        edge = bin_.label("bin")
        return (
            select(edge, func.count().label("value"))
            .where(*base, *self.conditions(i, i.time, metric.time))
            .group_by(edge.element)
            .order_by(edge.element)
        )

    def parts(self, i: Interpretation, by: Sequence[str], time: TimeRange | None) -> Select[Any]:
        """As `query` grouped by `by`, without order, cut or threshold."""
        return self.query(_bare(i, by), time)  # type: ignore[return-value]

    def sets(
        self, i: Interpretation, by: Sequence[Dims], time: TimeRange | None
    ) -> list[tuple[list[Dims], Query]]:
        """The parts by each of several lists of dimensions, in one statement for all that one table answers.

        Each statement comes with its lists; where these are several, a row's `place` says to which of them it belongs.
        Only databases among `dialects.GROUPING_SETS` understand those.
        """
        metric = self.catalogue.metrics[i.metric or ""]
        by_table: dict[Any, list[Dims]] = {}
        for dims in by:
            by_table.setdefault(self._table(_bare(i, dims), metric, time) or dims, []).append(dims)
        return [
            (
                lists,
                self._at_once(i, metric, lists, time) if len(lists) > 1 else self.parts(i, lists[0], time),
            )
            for lists in by_table.values()
        ]

    def _table(self, i: Interpretation, metric: Metric, time: TimeRange | None) -> str | None:
        """What answers a question; None where it is not to be answered together with others."""
        term = metric.numerator
        if metric.realtime or term is None or term.kind in ("stages", "distinct"):
            return None
        if self._rollup(i, metric, time, lambda c: rolled.measure(metric, c)) is None:
            return V.visit_id.table.name
        needed = rolled.columns_needed(i, metric, self.catalogue) or set()
        rollup = rolled.smallest(needed | row_columns(self.viewer, self.catalogue))
        return rollup.table.name if rollup else None

    def _at_once(
        self, i: Interpretation, metric: Metric, lists: Sequence[Dims], time: TimeRange | None
    ) -> Select[Any]:
        every = tuple(dict.fromkeys(name for dims in lists for name in dims))
        query = self._of(_bare(i, every), metric, time).order_by(None).group_by(None)
        by_name = {c.name: c.element for c in query.selected_columns if isinstance(c, Label)}
        place = case(
            *[
                (and_(*[func.grouping(by_name[n]) == int(n not in dims) for n in every]), number)
                for number, dims in enumerate(lists)
            ]
        )
        sets = func.grouping_sets(*[tuple_(*[by_name[n] for n in dims]) for dims in lists])
        return query.add_columns(place.label("place")).group_by(sets)

    def stage_totals(self, i: Interpretation, time: TimeRange | None) -> Select[Any]:
        """Seconds and visits of each stage, and of the whole flow, in one row."""
        names = {key: stage.metric for key, stage in self.catalogue.stages.items()}
        if "flow_minutes" in self.catalogue.metrics:
            names["flow"] = "flow_minutes"
        of = {key: self.catalogue.metrics[name] for key, name in names.items()}
        mean = i.with_(aggregation="mean", group_by=())
        source = self._rollup(mean, next(iter(of.values())), time, lambda c: (c.n, rolled.totals(of, c))[1])
        sums = rolled.totals(of, source.columns) if source else None
        if sums is None:
            source = None
            seconds = {key: measures.seconds_of(metric) for key, metric in of.items()}
            sums = {key: (func.sum(column), func.count(column)) for key, column in seconds.items()}
        columns: list[Any] = []
        for key, (total, count) in sums.items():
            columns += [func.coalesce(total, 0).label(f"{key}_sum"), count.label(f"{key}_n")]
        whole = func.coalesce(func.sum(source.columns.n), 0) if source else func.count()
        return select(*columns, whole.label("n")).where(
            *self.conditions(i, time, "appointment_start", source)
        )

    def records(self, i: Interpretation, limit: int) -> Select[Any]:
        """The plain records behind an answer, for export; without patients' pseudonyms."""
        shown = [column for column in V if column.name not in ("patient_id", "patient_number")]
        return select(*shown).where(*self.conditions(i, i.time, "appointment_start")).limit(limit)
