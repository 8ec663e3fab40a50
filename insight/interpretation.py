"""What a question was taken to mean: the one form between understanding, compiling and answering."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Kind = Literal[
    "query", "distribution", "realtime", "why", "bottleneck", "anomaly", "forecast", "subscription", "alert",
    "suggestions", "definition", "list_subscriptions", "unsubscribe",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeRange:
    """[start, end) in aware Asia/Shanghai time; either end may be open. `text`: the words it came from."""

    start: datetime | None
    end: datetime | None
    text: str = ""
    grain: str = "day"
    default: bool = False
    elapsed: bool = False
    """Cut to the part of a running period that has elapsed, for a fair comparison."""

    def as_json(self) -> dict[str, str | None]:
        return {
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
        }

    def days(self, now: datetime) -> int:
        """Calendar days of the range that have begun by `now`."""
        if self.start is None or self.end is None:
            return 0
        end = min(self.end, now + timedelta(microseconds=1))
        if end <= self.start:
            return 0
        return ((end - timedelta(microseconds=1)).date() - self.start.date()).days + 1


@dataclass(frozen=True, slots=True)
class Threshold:
    """`metric` `op` `value`, in the metric's own unit (minutes, yuan, 0–1)."""

    op: Literal[">", ">=", "<", "<="]
    value: float
    metric: str | None = None
    average: bool = False
    """Against the average of what is asked; `value` is then filled in when the question is run."""

    def as_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"op": self.op, "value": self.value}
        if self.average:
            out["average"] = True
        return out | {"metric": self.metric} if self.metric else out


@dataclass(frozen=True, slots=True)
class Moved:
    """A condition on how much groups changed: `by` the change itself, or its rate (0–1). Falls are below zero.

    By `share`: on how much of each group the part is (老年患者占比超过30%的科室).
    """

    op: Literal[">", ">=", "<", "<="]
    value: float
    by: Literal["change", "change_rate", "share"]

    def as_json(self) -> dict[str, Any]:
        return {"op": self.op, "value": self.value, "by": self.by}


@dataclass(frozen=True, slots=True)
class Run:
    """`count` buckets (`unit`: date, week, month, quarter, year) in a row that each rose or fell, or met the
    threshold in `having`."""

    count: int
    unit: str
    direction: Literal["up", "down"] | None = None

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "unit": self.unit, "direction": self.direction}


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the day or kind of day that is asked for by itself (上午 beside 下午), as filters."""

    label: str
    filters: dict[str, tuple[Any, ...]]

    def as_json(self) -> dict[str, Any]:
        shown = {
            name: [str(v) if name == "day" else v for v in values] for name, values in self.filters.items()
        }
        return {"label": self.label, "filters": shown}


@dataclass(frozen=True, slots=True)
class Interpretation:
    kind: Kind = "query"
    metric: str | None = None
    aggregation: str | None = None
    """mean, median, max, min or pNN for durations; daily for 日均."""
    group_by: tuple[str, ...] = ()
    filters: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    exclude: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    where: tuple[Threshold, ...] = ()
    """Conditions on single visits (waited longer than …)."""
    having: Threshold | None = None
    """A condition on the groups of the answer."""
    further: tuple[Threshold, ...] = ()
    """More conditions on the groups: the upper end of 20到30分钟, a second metric."""
    moved: Moved | None = None
    """A condition on the change of the groups: 增长超过10%的科室."""
    time: TimeRange | None = None
    compare: TimeRange | None = None
    compare_kind: str | None = None
    """环比, 同比 or 对比."""
    order: Literal["asc", "desc"] | None = None
    order_by: Literal["value", "change", "change_rate", "share"] = "value"
    limit: int | None = None
    place: int | None = None
    """Only the group at this place of the ranking: 第二名."""
    standing: tuple[str, tuple[Any, ...]] | None = None
    """(dimension, values) whose places in the ranking are asked for: 内科排第几."""
    share: bool = False
    share_of: Literal["rest", "all"] = "rest"
    """What a share is a share of: the other filters' visits, or the whole hospital's."""
    beyond: bool = False
    """The share of visits that meet `where`."""
    versus: str | None = None
    """The dimension of which two named values are compared."""
    run: Run | None = None
    """连续三周下降: groups in which that happened."""
    parts: tuple[Part, ...] = ()
    within: "Interpretation | None" = None
    """A ranking whose groups are looked at: 候诊最长的科室 in 候诊最长的科室的满意度."""
    also: tuple["Interpretation", ...] = ()
    """What is asked for beside this: further metrics or aggregations of the same question."""
    direction: Literal["up", "down", "any"] | None = None
    chart: str | None = None
    schedule: dict[str, Any] | None = None
    used: tuple[tuple[str, str], ...] = ()
    """(words of the question, what they were taken for)."""
    notes: tuple[str, ...] = ()

    def having_json(self) -> dict[str, Any] | None:
        return self.having.as_json() if self.having else None

    def with_(self, **changes: Any) -> "Interpretation":
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """The `interpretation` of the answer, as the specification has it, and what goes beyond it where used."""
        out: dict[str, Any] = {
            "kind": self.kind,
            "metric": self.metric,
            "aggregation": self.aggregation,
            "group_by": list(self.group_by),
            "filters": {name: list(values) for name, values in self.filters.items()},
            "having": self.having_json(),
            "time": self.time.as_json() if self.time else None,
            "compare": self.compare.as_json() if self.compare else None,
            "order": self.order,
            "limit": self.limit,
        }
        if self.exclude:
            out["exclude"] = {name: list(values) for name, values in self.exclude.items()}
        if self.where:
            out["where"] = [t.as_json() for t in self.where]
        if self.further:
            out["further"] = [t.as_json() for t in self.further]
        if self.moved:
            out["moved"] = self.moved.as_json()
        if self.place:
            out["place"] = self.place
        if self.standing:
            out["standing"] = {self.standing[0]: list(self.standing[1])}
        if self.run:
            out["run"] = self.run.as_json()
        if self.parts:
            out["parts"] = [part.as_json() for part in self.parts]
        if self.within:
            out["within"] = self.within.as_json()
        if self.also:
            out["also"] = [other.as_json() for other in self.also]
        if self.compare_kind:
            out["compare_kind"] = self.compare_kind
        if self.order_by != "value":
            out["order_by"] = self.order_by
        if self.share or self.beyond:
            out["share"] = True
        if self.used:
            out["used"] = [{"text": text, "as": meaning} for text, meaning in self.used]
        return out
