"""连续三周下降, 连续三天超过40分钟: what must have happened in so many buckets in a row."""

from typing import TYPE_CHECKING

from chinese import calendar
from insight.interpretation import Interpretation, Run, TimeRange
from insight.understand.choosing import Unclear, metric_of
from insight.understand.comparing import STEPS
from insight.understand.limits import limits
from insight.understand.ranking import aggregation_of

if TYPE_CHECKING:
    from insight.understand.finish import Finisher


def finish(finisher: "Finisher") -> Interpretation:
    """Without a time, the last so many buckets that are over. Raises Unclear."""
    d, catalogue = finisher.draft, finisher.catalogue
    assert d.run is not None
    count, unit = d.run
    moved = d.change_rank.split("_")[0] if d.change_rank else d.direction
    if d.kind or d.compare or d.rank or d.top or d.place or d.share or d.trend or d.parts or d.inner:
        raise Unclear("compare", "“连续”只能和上升、下降或超过多少一起问")
    if d.moved or (moved in ("up", "down")) == (d.bound is not None):
        raise Unclear("compare", "没有说明连续怎么样，请说上升、下降或超过多少")
    groups = tuple(name for name, _ in d.dims or () if name != unit)
    if len(groups) > 1:
        raise Unclear("dimension", "最多按一个维度看连续的变化")
    counted = d.with_(
        dims=((unit, "each"), *(d.dims or ())), direction=None, adjective=None, change_rank=None
    )
    key = metric_of(
        counted.with_(metrics=d.metrics or ((d.bound_metric,) if d.bound_metric else None)), catalogue
    )
    metric = catalogue.metrics[key] if key else None
    if metric is None or metric.realtime or metric.key == "stage_minutes":
        raise Unclear("metric", "没有说明看哪个指标")
    limited = limits(counted.with_(bound_metric=None), metric, catalogue, finisher.notes)
    if limited.where or limited.moved or len(limited.having) > 1 or any(t.average for t in limited.having):
        raise Unclear("compare", "没有听懂连续超过的是什么")
    filters, exclude = finisher._filters(_time(finisher, count, unit, moved is not None))
    return Interpretation(
        metric=key,
        aggregation=aggregation_of(d, metric, groups),
        group_by=groups,
        filters=filters,
        exclude=exclude,
        having=limited.having[0] if limited.having else None,
        time=_time(finisher, count, unit, d.bound is None),
        run=Run(count, unit, moved if moved in ("up", "down") and d.bound is None else None),  # type: ignore[arg-type]
        chart=d.chart,
    )


def _time(finisher: "Finisher", count: int, unit: str, changing: bool) -> TimeRange:
    """The range asked for; else the buckets before the running one, one more where each is compared with another."""
    if finisher.draft.ranges:
        return finisher._time()
    step = STEPS[unit]
    end = calendar.floor(finisher.now, step)
    needed = count + int(changing)
    return TimeRange(calendar.add(end, -needed, step), end, f"最近 {needed} 个完整的周期")
