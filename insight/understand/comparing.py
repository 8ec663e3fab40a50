"""Shares, rankings by change, and what a value is compared with."""

import re
from datetime import datetime, timedelta
from typing import Any

from chinese import calendar
from insight.catalogue import Catalogue, Metric
from insight.interpretation import Interpretation, Part, TimeRange
from insight.understand import periods
from insight.understand.choosing import Unclear
from insight.understand.draft import Draft

_FESTIVE = re.compile(r"国庆|五一|劳动节|春节|元旦|清明|端午|中秋|黄金周")
RATE_OF = {"complaints": "complaint_rate", "bookings_made": "booking_rate"}
STEPS: dict[str, calendar.Unit] = {
    "date": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}
TIMES = ("hour", "weekday", "day")


def share(i: Interpretation, d: Draft, metric: Metric | None, catalogue: Catalogue) -> Interpretation:
    if i.kind == "distribution":
        if i.group_by:
            return i.with_(
                kind="query",
                share=bool(metric and metric.is_additive or metric and metric.key == "patients"),
            )
        if metric is None or not (
            metric.is_duration
            or metric.key in ("satisfaction", "fee_per_visit", "drug_fee_per_visit", "revenue")
        ):
            raise Unclear("dimension", "没有说明按什么看分布")
        return i.with_(filters={k: v for k, v in i.filters.items()})
    if not i.share or i.beyond:
        return i
    named = "first_visit_share" if i.filters.get("first_visit") == (True,) else ""
    if (
        named in catalogue.metrics
        and not (d.metrics or i.group_by or d.parts)
        and d.share_dim == "first_visit"
    ):
        rest = {name: values for name, values in i.filters.items() if name != "first_visit"}
        return i.with_(metric=named, filters=rest, share=False, versus=None)  # 初诊的比例 has a name
    if metric and (
        metric.key in ("no_show_rate", "cancel_rate") or (metric.unit == "rate" and not i.group_by)
    ):
        return i.with_(share=False)  # 爽约的比例 is the rate itself
    if metric and metric.key == "drug_fee_per_visit":
        return i.with_(metric="drug_share", share=False)  # 药费占比
    if metric and metric.key in RATE_OF and not i.group_by and not d.share_dim:
        return i.with_(metric=RATE_OF[metric.key], share=False)
    if metric and metric.is_mean:
        if i.group_by:
            raise Unclear("metric", f"{metric.name}不能相加，没有占比")
        raise Unclear("metric", f"{metric.name}没有占比")
    if d.share_part and i.group_by and not i.parts:
        names = TIMES if d.share_part == "time" else (d.share_part,)
        if not set(names) & set(i.filters):
            raise Unclear("dimension", "没有听懂是谁占谁的比例")
        said = d.stretch if d.share_part == "time" else "、".join(label(v) for v in i.filters[d.share_part])
        return _part_of_each(i, names, said or "所问时段")
    if d.share_dim == "time" and not i.parts and set(TIMES) & set(i.filters):
        return _share_of_time(i, d.stretch or "所问时段")
    if not i.group_by and not i.parts:
        dim = d.share_dim
        if dim is None or dim not in i.filters:
            dim = next((name for name in i.filters if name not in TIMES), None)
        if dim is None:
            raise Unclear("dimension", "没有说明谁占谁的比例")
        i = i.with_(group_by=(dim,), versus=None)
    return i


def _share_of_time(i: Interpretation, said: str) -> Interpretation:
    """上午占全天的比例, 周末占比: a stretch of time by itself, against the whole range."""
    if i.group_by or i.order:
        raise Unclear("dimension", "没有听懂是谁占谁的比例")
    return _part_of_each(i, TIMES, said)


def label(value: Any) -> str:
    return {True: "初诊", False: "复诊"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _part_of_each(i: Interpretation, names: tuple[str, ...], said: str) -> Interpretation:
    """What is filtered by some dimensions as a part of all, within each group."""
    named = {name: i.filters[name] for name in names if name in i.filters}
    rest = {name: values for name, values in i.filters.items() if name not in names}
    by: Any = "share" if i.order else "value"
    return i.with_(filters=rest, parts=(Part(said, named),), versus=None, order_by=by)


def change(i: Interpretation, d: Draft) -> Interpretation:
    """Ranking by change: 涨得最多的科室."""
    if not d.change_rank or i.kind != "query":
        return i
    if not i.group_by:
        raise Unclear("rank_dimension", "没有说明在什么之间比变化")
    order = "asc" if d.change_rank.startswith("down") else "desc"
    by: Any = "change_rate" if d.change_rank.endswith("rate") else "change"
    cut = None if d.change_rank.endswith("_all") else 1  # 收入降了的科室 are all those that did
    return i.with_(order=order, order_by=by, limit=d.top[0] if d.top else cut)


def compare(i: Interpretation, d: Draft, catalogue: Catalogue, now: datetime) -> Interpretation:
    if i.kind in ("why", "bottleneck", "anomaly", "forecast", "alert", "subscription") and i.kind != "why":
        return i
    time = i.time
    assert time is not None
    kind = d.compare
    ranges = tuple(periods.closed(r, now) for r in d.ranges or ())
    if len(ranges) == 2 and not (
        i.group_by and periods.union(ranges) and not kind and i.order_by != "change"
    ):
        other = min(ranges, key=lambda r: r.start or now)
        overlap = other.end and time.start and other.end > time.start
        if overlap and kind:
            own, before = periods.compared(ranges[0], "mom", now)
            return i.with_(time=own, compare=before, compare_kind="环比")
        if d.same_period and kind:
            other = _same_part(time, other)
        if other is not time and other.start != time.start:
            against = _against(i, time, other, now)
            if against.compare and _FESTIVE.search(time.text) and _FESTIVE.search(other.text):
                return _told_days(against, catalogue)
            if not _alike(against, catalogue):
                raise Unclear("compare", "这两段时间不一样长，不能直接比")
            return against
    if d.same_period and len(ranges) == 1 and not kind:
        if ranges[0].text.startswith("上") and not i.kind == "why":
            raise Unclear("compare", f"没有说明是哪一段时间的{ranges[0].text}同期")
        kind = "yoy"
    if kind in ("difference", "ask") and len(ranges) == 1 and d.against and not i.versus:
        other = ranges[0]
        unit = calendar.unit_of(other.start, other.end) if other.start and other.end else None
        if (
            unit
            and i.kind == "query"
            and other.end
            and other.end <= now
            and not d.which_more
            and not _named(i)
        ):
            start, end = calendar.period(now, unit)
            current = TimeRange(start, end, "本期")
            if other.end == start:
                own, before = periods.compared(current, "mom", now)
                return i.with_(time=own, compare=before, compare_kind="环比")
    moved = i.moved is not None and i.moved.by != "share"
    if (i.order_by not in ("value", "share") or moved) and kind not in ("yoy", "mom"):
        kind = "mom"
    if i.parts and kind in ("ask", "difference"):
        return i
    if kind == "difference" and not i.versus:
        kind = "mom"
    if kind == "ask" and not i.versus and i.kind == "query":
        if i.group_by and not d.against:
            return i
        raise Unclear("compare", "没有说明和什么比较")
    if i.kind == "why" and kind is None:
        if (
            time.days(now) <= 2
            and time.start is not None
            and i.metric
            and catalogue.metrics[i.metric].is_mean
        ):
            before = TimeRange(time.start - timedelta(28), time.start, "之前 28 天")
            return i.with_(compare=before, compare_kind="对比")
        kind = "mom"
    bucket = next((name for name in i.group_by if name in STEPS), None)
    if kind == "mom" and bucket and i.kind == "query":
        return _step_by_step(i, time, STEPS[bucket])  # 每月环比: each against the one before it
    if kind in ("yoy", "mom") and not i.versus:
        own, before = periods.compared(time, kind, now)
        return i.with_(time=own, compare=before, compare_kind="同比" if kind == "yoy" else "环比")
    return i


def _step_by_step(i: Interpretation, time: TimeRange, unit: calendar.Unit) -> Interpretation:
    """The range laid beside itself one bucket earlier."""
    assert time.start is not None and time.end is not None
    start, end = calendar.add(time.start, -1, unit), calendar.add(time.end, -1, unit)
    before = TimeRange(start, end, "上一期", time.grain)
    return i.with_(compare=before, compare_kind="环比")


def _against(i: Interpretation, time: TimeRange, other: TimeRange, now: datetime) -> Interpretation:
    """Two ranges; where the later is not over, the earlier is cut to the same length."""
    own = periods.elapsed(time, now)
    if own.elapsed and other.start and other.end and time.start:
        same = (
            calendar.unit_of(time.start, time.end) == calendar.unit_of(other.start, other.end)
            if time.end
            else False
        )
        if same:
            cut = min(other.start + (now - time.start), other.end)
            other = TimeRange(other.start, cut, other.text, other.grain, elapsed=True)
    return i.with_(time=own, compare=other, compare_kind="对比")


def _alike(i: Interpretation, catalogue: Catalogue) -> bool:
    """Whether sums over the two ranges can be laid side by side: 30 days and 31 can, a year and ten months cannot."""
    metric = catalogue.metrics.get(i.metric or "")
    spans = [r.end - r.start for r in (i.time, i.compare) if r and r.start and r.end]
    if metric is None or metric.is_mean or i.aggregation == "daily" or len(spans) < 2:
        return True
    short = max(spans) <= timedelta(10)  # holidays of seven and of eight days
    return max(spans) / min(spans) < (1.35 if short else 1.15)


def _told_days(i: Interpretation, catalogue: Catalogue) -> Interpretation:
    """Two holidays are compared as they are; where they have different numbers of days, sums are told with them."""
    assert i.time is not None and i.compare is not None
    metric = catalogue.metrics.get(i.metric or "")
    days = [(r.end - r.start).days for r in (i.time, i.compare) if r.start and r.end]
    if metric is None or metric.is_mean or i.aggregation == "daily" or len(days) < 2 or days[0] == days[1]:
        return i
    told = f"{i.time.text}共 {days[0]} 天，{i.compare.text}共 {days[1]} 天，天数不同"
    return i.with_(notes=(*i.notes, told))


def _same_part(time: TimeRange, other: TimeRange) -> TimeRange:
    """今天和上周同期比: the same part of the other period, a week (month, quarter, year) earlier."""
    unit = calendar.unit_of(other.start, other.end) if other.start and other.end else None
    if unit not in ("week", "month", "quarter", "year"):
        return other
    if not time.start or not time.end or not other.start or not other.end:
        return other
    if time.end - time.start >= other.end - other.start:
        return other
    start, end = (calendar.add(moment, -1, unit) for moment in (time.start, time.end))
    return TimeRange(start, end, other.text + "同期", time.grain)


def _named(i: Interpretation) -> bool:
    return any(len(values) > 1 for values in i.filters.values())
