"""Runs compiled queries and shapes their rows: buckets, comparisons, shares, ranking, small groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from insight.answer import parts
from insight.catalogue import Catalogue
from insight.compile.dialects import GROUPING_SETS, render
from insight.compile.query import Compiler, Query
from insight.interpretation import Interpretation, Threshold, TimeRange

Row = dict[str, Any]


LEADING = 5


@dataclass(slots=True)
class Result:
    """Rows as the answer gives them, and what was left out or must be said."""

    rows: list[Row]
    sql: str
    notes: list[str] = field(default_factory=list)
    small: int = 0
    tied: int = 0
    total: int = 0
    """Groups before the cut."""
    leading: list[Row] = field(default_factory=list)
    """The first few of a ranking that was cut shorter: a picture of one bar says nothing."""
    facts: dict[str, Any] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """A database value as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else value


@dataclass(slots=True)
class Runner:
    connection: Connection
    compiler: Compiler
    catalogue: Catalogue
    statements: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.compiler.now

    def fetch(self, query: Query) -> list[Row]:
        """Rows of a query as dictionaries of JSON values; the SQL is kept for those who ask for it."""
        self.statements.append(render(query, self.connection.dialect))
        found = self.connection.execute(query)
        names = list(found.keys())
        rows = [dict(zip(names, map(plain, row), strict=True)) for row in found]
        for row in rows:
            if "first_visit" in row and row["first_visit"] is not None:
                row["first_visit"] = bool(row["first_visit"])
            if isinstance(row.get("value"), float) and row["value"] != row["value"]:
                row["value"] = None
        return rows

    def parts(
        self, i: Interpretation, by: Sequence[tuple[str, ...]], time: TimeRange | None
    ) -> list[list[Row]]:
        """The rows by each of several lists of dimensions, in the order of the lists."""
        if self.connection.dialect.name not in GROUPING_SETS:
            return [self.fetch(self.compiler.parts(i, dims, time)) for dims in by]
        found: dict[tuple[str, ...], list[Row]] = {}
        for lists, query in self.compiler.sets(i, by, time):
            rows = self.fetch(query)
            for number, dims in enumerate(lists):
                mine = [row for row in rows if row.get("place", 0) == number]
                mine.sort(key=lambda row: [(row[n] is not None, row[n]) for n in dims])
                found[dims] = [{n: row[n] for n in (*dims, "value", "n")} for row in mine]
        return [found[dims] for dims in by]

    def covered(self, i: Interpretation, time: TimeRange | None) -> int:
        """Records of any status that the viewer has in the range."""
        metric = self.catalogue.metrics.get(i.metric or "")
        column = metric.time if metric else "appointment_start"
        return int(self.connection.execute(self.compiler.coverage(i, time, column)).scalar() or 0)

    def averaged(self, i: Interpretation) -> Interpretation:
        """The interpretation with the average that it compares with filled in: of visits for what is a mean or a
        rate, of the groups for what is counted."""
        limit = i.having
        if limit is None or not limit.average:
            return i
        metric = self.catalogue.metrics[limit.metric or i.metric or ""]
        how = "mean" if limit.metric else i.aggregation
        whole = i.with_(metric=metric.key, aggregation=how, having=None, order=None, limit=None, compare=None)
        rows = self.values(whole.with_(group_by=()) if metric.is_mean else whole, i.time)
        known = [row["value"] for row in rows if row["value"] is not None]
        return i.with_(having=replace(limit, value=sum(known) / len(known) if known else 0.0))

    def run(self, i: Interpretation) -> Result:
        """The rows of a plain question, a list, a ranking, a share or a comparison."""
        if i.parts:
            rows, small = parts.rows_of(self, i)
            result = Result(rows, "", total=len(rows), small=small)
            self._rank(i, result)
            result.sql = ";\n".join(self.statements)
            return result
        rows = self.values(i, i.time)
        if i.compare is not None:
            rows = self._compared(i, rows, self.values(i.with_(having=None, order=None), i.compare))
        if i.moved is not None:
            rows = [row for row in rows if parts.meets(row.get(i.moved.by), i.moved.op, i.moved.value)]
        if i.versus:
            rows = self._versus(i, rows)
        if i.share and not i.beyond:
            self._shares(i, rows)
            if i.compare is not None:
                self._share_changes(i, rows)
        if i.having is not None and i.having.metric:
            rows = self._having(i, i.having, rows)
        for limit in i.further:
            if limit.metric:
                rows = self._having(i, limit, rows)
            else:
                rows = [row for row in rows if parts.meets(row["value"], limit.op, limit.value)]
        result = Result(rows, "", total=len(rows))
        self._rank(i, result)
        result.sql = ";\n".join(self.statements)
        return result

    def values(self, i: Interpretation, time: TimeRange | None) -> list[Row]:
        """Rows of one range: dimensions in `group_by`'s order, value, n; groups without visits left out."""
        rows = [row for row in self.fetch(self.compiler.query(i, time)) if row.get("n")]
        metric = self.catalogue.metrics[i.metric or ""]
        if metric.realtime and not i.group_by and not rows:
            rows = [{"value": 0, "n": 0}]  # nobody waits: a number too
        if i.aggregation == "daily" and time is not None:
            for row in rows:
                row["value"] = row["value"] / max(1, self._days(i, row, time))
        if metric.key == "stage_minutes" and not i.order:
            places = list(self.catalogue.stages)
            rows.sort(key=lambda row: places.index(row["stage"]))
        return [
            {**{name: row[name] for name in i.group_by}, "value": row["value"], "n": row["n"]} for row in rows
        ]

    def _days(self, i: Interpretation, row: Row, time: TimeRange) -> int:
        """Calendar days that a row's value is spread over: those of its bucket, or of its weekday."""
        days = _calendar_days(time, self.now)
        for name in ("date", "week", "month", "quarter", "year"):
            if name in row:
                days = [d for d in days if _bucket(d, name) == row[name]]
        if "weekday" in row:
            days = [d for d in days if d.isoweekday() == row["weekday"]]
        if "weekday" in i.filters:
            days = [d for d in days if d.isoweekday() in i.filters["weekday"]]
        if "weekday" in i.exclude:
            days = [d for d in days if d.isoweekday() not in i.exclude["weekday"]]
        if "day" in i.filters:
            days = [d for d in days if d in i.filters["day"]]
        if "day" in i.exclude:
            days = [d for d in days if d not in i.exclude["day"]]
        return len(days)

    def _compared(self, i: Interpretation, rows: list[Row], before: list[Row]) -> list[Row]:
        """`previous`, `change` and `change_rate` beside each value; time buckets are matched by their place."""
        keys = [name for name in i.group_by]
        old = {self._key(row, keys, i.compare): row for row in before}
        for row in rows:
            earlier = old.get(self._key(row, keys, i.time))
            _change(row, earlier["value"] if earlier else None)
        return rows

    def _key(self, row: Row, keys: list[str], time: TimeRange | None) -> tuple[Any, ...]:
        """A group's key; dates count from the start of their range, so that ranges can be laid side by side."""
        out: list[Any] = []
        for name in keys:
            value = row[name]
            if name in ("date", "week") and time and time.start:
                value = (date.fromisoformat(value) - time.start.date()).days // (7 if name == "week" else 1)
            elif name in ("month", "quarter") and time and time.start:
                moment = date.fromisoformat(value)
                value = (moment.year - time.start.year) * 12 + moment.month - time.start.month
            elif name == "year" and time and time.start:
                value = int(value[:4]) - time.start.year
            out.append(value)
        return tuple(out)

    def _versus(self, i: Interpretation, rows: list[Row]) -> list[Row]:
        """Two named values: in the order in which they were named, the second against the first."""
        name = i.versus or ""
        wanted = list(i.filters.get(name, ()))
        by_value = {row[name]: row for row in rows}
        out = [by_value[value] for value in wanted if value in by_value]
        for row in out[1:]:
            _change(row, out[0]["value"])
        return out

    def _shares(self, i: Interpretation, rows: list[Row]) -> None:
        """Each row's part of the whole: of the visits that the other filters leave, or of the hospital's."""
        shared = {name for name in i.group_by if name in i.filters}
        if i.share_of == "all":
            kept: dict[str, Any] = {k: v for k, v in i.filters.items() if k in ("hour", "weekday", "day")}
        else:
            kept = {name: values for name, values in i.filters.items() if name not in shared}
        whole = i.with_(
            group_by=(), filters=kept, having=None, order=None, limit=None, compare=None, share=False
        )
        total = self.fetch(self.compiler.query(whole))
        value = total[0]["value"] if total else None
        if i.aggregation == "daily" and value is not None and i.time:
            value /= max(1, i.time.days(self.now))
        for row in rows:
            row["share"] = row["value"] / value if value else None

    def _share_changes(self, i: Interpretation, rows: list[Row]) -> None:
        """`previous_share` and `share_change` beside each share: 微信占比环比 asks for these."""
        then = i.with_(time=i.compare, compare=None, having=None, order=None)
        before = self.values(then, then.time)
        self._shares(then, before)
        old = {self._key(row, list(i.group_by), i.compare): row["share"] for row in before}
        for row in rows:
            row["previous_share"] = old.get(self._key(row, list(i.group_by), i.time))
            known = row["previous_share"] is not None and row["share"] is not None
            row["share_change"] = row["share"] - row["previous_share"] if known else None

    def _having(self, i: Interpretation, limit: Threshold, rows: list[Row]) -> list[Row]:
        """Groups whose other metric meets the threshold (满意度低于4的科室的门诊量)."""
        other = i.with_(
            metric=limit.metric, having=Threshold(limit.op, limit.value), order=None, further=(), moved=None,
            compare=None, share=False, aggregation="mean",
        )  # fmt: skip
        metric = self.catalogue.metrics[limit.metric or ""]
        kept = {
            tuple(row[n] for n in i.group_by)
            for row in self.values(other, i.time)
            if row["n"] >= (self.catalogue.small_group if metric.is_mean else 1)
        }
        return [row for row in rows if tuple(row[n] for n in i.group_by) in kept]

    def _standing(self, i: Interpretation, rows: list[Row]) -> list[Row]:
        """The named groups with their `rank` (equal values share it) `of` how many."""
        assert i.standing is not None
        name, wanted = i.standing
        places = [row["value"] for row in rows]
        return [
            {**row, "rank": places.index(row["value"]) + 1, "of": len(rows)}
            for row in rows
            if row[name] in wanted
        ]

    def _rank(self, i: Interpretation, result: Result) -> None:
        """Order, small groups, the cut at N with its ties."""
        if i.order is None:
            return
        metric = self.catalogue.metrics[i.metric or ""]
        rows, by = result.rows, i.order_by
        rows = [row for row in rows if row.get(by) is not None]
        if metric.is_mean or i.beyond:
            large = [row for row in rows if row["n"] >= self.catalogue.small_group]
            result.small += len(rows) - len(large)
            rows = large
        if by != "value" and i.direction in ("up", "down"):
            # What rose is not among 下降最多的, however little it rose.
            rows = [row for row in rows if (row[by] > 0) == (i.direction == "up") and row[by] != 0]
        if i.direction == "any":
            rows.sort(key=lambda row: abs(row[by]), reverse=True)
        else:
            rows.sort(key=lambda row: row[by], reverse=i.order == "desc")
        result.total = len(rows)
        if i.standing:
            rows = self._standing(i, rows)
        if i.place is not None:
            edge = rows[i.place - 1][by] if len(rows) >= i.place else None
            result.rows = [row for row in rows if row[by] == edge] if edge is not None else []
            result.tied = max(0, len(result.rows) - 1)
            return
        if i.limit is not None and len(rows) > i.limit:
            edge = rows[i.limit - 1][by]
            cut = rows[: i.limit] + [row for row in rows[i.limit :] if row[by] == edge]
            result.tied = len(cut) - i.limit
            result.leading = rows[:LEADING] if len(cut) == 1 else []
            rows = cut
        result.rows = rows


def _change(row: Row, previous: Any) -> None:
    row["previous"] = previous
    known = previous is not None and row["value"] is not None
    row["change"] = row["value"] - previous if known else None
    row["change_rate"] = row["change"] / previous if known and previous else None


def _calendar_days(time: TimeRange, now: datetime) -> list[date]:
    if time.start is None or time.end is None:
        return []
    first, count = time.start.date(), time.days(now)
    return [first + timedelta(n) for n in range(count)]


def _bucket(day: date, name: str) -> str:
    if name == "week":
        day -= timedelta(day.weekday())
    elif name == "month":
        day = day.replace(day=1)
    elif name == "quarter":
        day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    elif name == "year":
        day = day.replace(month=1, day=1)
    return day.isoformat()
