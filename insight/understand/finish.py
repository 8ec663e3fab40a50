"""A draft → an interpretation that can be answered, or what must be asked back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chinese import calendar
from chinese.holidays import HolidayError
from insight.catalogue import Catalogue, Metric
from insight.compile.dimensions import days_of
from insight.interpretation import Interpretation, Threshold, TimeRange
from insight.understand import comparing, periods
from insight.understand.choosing import IMPLIED, LONG, SHORT, Unclear, metric_of
from insight.understand.draft import BARE, EACH, WHICH, Draft
from insight.understand.times import day_kinds


@dataclass(slots=True)
class Finisher:
    draft: Draft
    catalogue: Catalogue
    now: datetime
    notes: list[str]

    def finish(self) -> Interpretation:
        """Raises Unclear."""
        self._settle()
        d = self.draft
        kind: Any = d.kind or "query"
        key = metric_of(d, self.catalogue)
        metric = self.catalogue.metrics[key] if key else None
        if metric and metric.realtime:
            return self._realtime(metric)
        time = self._time()
        filters, exclude = self._filters(time)
        where, having = self._thresholds(metric)
        group_by, versus = self._groups(metric, time, filters)
        order, limit = self._order(metric, group_by)
        aggregation = self._aggregation(metric, group_by)
        direction: Any = d.direction if d.direction in ("up", "down") else None
        if d.change_rank and d.kind is None:
            direction = d.change_rank.split("_")[0]
        i = Interpretation(
            kind=kind,
            metric=key,
            aggregation=aggregation,
            group_by=group_by,
            filters=filters,
            exclude=exclude,
            where=where,
            having=having,
            time=time,
            order=order,
            limit=limit,
            share=bool(d.share) and not where,
            share_of="all" if d.share_all else "rest",
            beyond=bool(d.share) and bool(where),
            versus=versus,
            direction=direction,
            chart=d.chart,
            schedule=d.schedule,
        )
        i = comparing.share(i, d, metric)
        i = comparing.change(i, d)
        return comparing.compare(i, d, self.catalogue, self.now)

    def _settle(self) -> None:
        """Words whose meaning hangs on the rest: 更, 长, 高 compare two things, or rank what is asked for."""
        d = self.draft
        several = any(len(v) > 1 for v in (d.values or {}).values()) or len(d.ranges or ()) > 1
        against = len(d.ranges or ()) == 2 or d.compare in ("yoy", "mom")
        alone = not any(len(v) > 1 for v in (d.values or {}).values())
        named = bool(d.dims) and not any(how == EACH for _, how in d.dims or ())
        if d.adjective and against and alone and named and not (d.rank or d.change_rank or d.kind):
            # 药占比比9月高的科室: those that rose
            d = d.with_(change_rank="up_all" if d.adjective == "desc" else "down_all", adjective=None)
        more = d.which_more or (d.adjective if d.adjective and (d.dims or several or d.compare) else None)
        if more and not several and d.dims and not d.rank and not d.bound and d.kind is None:
            plain = {"busy": "desc", "idle": "asc"}.get(more, more)
            asked = any(how == WHICH for _, how in d.dims) or more in ("busy", "idle")
            d = d.with_(rank=more) if asked else d.with_(ranking=plain)
            d = d.with_(which_more=None)
        elif more and several:
            d = d.with_(which_more=more)
        if d.metrics == ("doctors",) and d.bound and d.bound_metric and not d.dims:
            # 多少医生接诊超过100人次: those doctors
            d = d.with_(metrics=(d.bound_metric,), bound_metric=None, dims=(("doctor", WHICH),))
        if more in ("busy", "idle") and not d.metrics:
            d = d.with_(metrics=("visits",))
        moved = d.direction in ("up", "down") and not (
            d.kind or d.rank or d.change_rank or d.compare or d.trend
        )
        listed = any(how == WHICH for _, how in d.dims or ()) or (
            d.direction in ("up", "down")
            and any(how == BARE for _, how in d.dims or ())
            and not (d.kind or d.rank or d.change_rank or d.trend)
        )
        if listed and d.direction in ("up", "down") and not (d.kind or d.rank or d.change_rank or d.trend):
            d = d.with_(change_rank=f"{d.direction}_all")
        elif moved and not d.dims:
            d = d.with_(compare="difference")
        if d.ranking and not d.dims and not d.kind and not d.change_rank:
            d = d.with_(dims=(("department", EACH),))
            self.notes.append("没有说按什么排，按科室排")
        self.draft = d

    # -- time and filters

    def _time(self) -> TimeRange:
        d = self.draft
        ranges = d.ranges or ()
        if (d.now or d.kind == "alert") and not ranges:
            start = periods.midnight(self.now)
            return TimeRange(start, calendar.add(start, 1, "day"), "今天")
        if not ranges:
            if d.same_period:
                end = periods.midnight(self.now)
                start = calendar.floor(self.now, "year")
                return TimeRange(calendar.add_months(start, -12), calendar.add_months(end, -12), "去年同期")
            return periods.default_range(self.now, self.catalogue.default_days)
        if len(ranges) == 1:
            return periods.closed(ranges[0], self.now)
        if d.compare and len(ranges) == 2:
            return max((periods.closed(r, self.now) for r in ranges), key=lambda r: r.start or self.now)
        joined = periods.union(ranges)
        if joined is not None:
            return joined
        if len(ranges) == 2:
            return max((periods.closed(r, self.now) for r in ranges), key=lambda r: r.start or self.now)
        raise Unclear("time", "问题里有几段不相连的时间")

    def _filters(self, time: TimeRange) -> tuple[dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]:
        d = self.draft
        filters, exclude = dict(d.values or {}), dict(d.exclude or {})
        for target, kind in ((filters, d.day_kind), (exclude, d.exclude_day_kind)):
            if kind:
                try:
                    target["day"] = day_kinds(time, kind)
                except HolidayError as error:
                    raise Unclear("time", f"放假安排未知：{error}") from error
        gone = [day for r in d.without or () for day in days_of(periods.closed(r, self.now))]
        if gone:
            exclude["day"] = tuple(dict.fromkeys((*exclude.get("day", ()), *gone)))
        if "day" in filters and "weekday" in filters:
            raise Unclear("compare", "工作日和星期几不能同时筛选，请分开问")
        for name in filters:
            if name in exclude:
                exclude[name] = tuple(v for v in exclude[name] if v not in filters[name])
        return filters, {name: values for name, values in exclude.items() if values}

    def _thresholds(self, metric: Metric | None) -> tuple[tuple[Threshold, ...], Threshold | None]:
        d = self.draft
        if d.kind == "alert" and d.bound is None:
            raise Unclear("alert", "没有说明超过多少才提醒")
        if d.bound is None:
            return (), None
        key = d.bound_metric or (
            "wait_minutes" if d.weak == "wait_minutes" else metric.key if metric else None
        )
        if key is None:
            raise Unclear("duration", "没有说明是什么超过了这个数")
        target = self.catalogue.metrics[key]
        if d.bound.average:
            if not d.dims or d.share or d.kind:
                raise Unclear("dimension", f"没有说明哪些的{target.name}和平均比")
            same = metric is not None and metric.key == key
            return (), Threshold(d.bound.op, 0.0, None if same else key, average=True)
        value = d.bound.value
        if target.unit == "rate" and not d.bound.percent and value > 1:
            value /= 100
            self.notes.append(f"把 {d.bound.value:g} 理解为 {d.bound.value:g}%")
        if d.bound.percent and target.unit != "rate":
            raise Unclear("metric", f"{target.name}不是比率，不能和百分数比较")
        single = (
            target.is_duration
            or (target.numerator is not None and target.numerator.kind in ("mean",))
            or target.key == "revenue"
        )
        same = metric is not None and metric.key == key
        grouped = bool(d.dims)
        if d.kind == "alert":
            return (), Threshold(d.bound.op, value, None if same or metric is None else key)
        if d.share and single:
            return (Threshold(d.bound.op, value, key),), None
        counts = metric is not None and not same and metric.unit in ("visits", "patients")
        if single and counts and (not grouped or d.counted or d.rank or d.metrics):
            return (Threshold(d.bound.op, value, key),), None
        if grouped or d.which_more:
            return (), Threshold(d.bound.op, value, None if same else key)
        if single and not same:
            return (Threshold(d.bound.op, value, key),), None
        raise Unclear("dimension", f"没有说明哪些{target.name}{d.bound.op}{value:g}")

    # -- dimensions

    def _groups(
        self, metric: Metric | None, time: TimeRange, filters: dict[str, tuple[Any, ...]]
    ) -> tuple[tuple[str, ...], str | None]:
        d = self.draft
        names = [name for name, _ in d.dims or ()]
        if metric and metric.key == "stage_minutes" and "stage" not in names:
            names.insert(0, "stage")
        if metric and metric.key in ("doctors", "visits_per_doctor"):
            names = [n for n in names if n != "doctor" or (("doctor", WHICH) in (d.dims or ()))]
        ranges = d.ranges or ()
        grain = periods.same_grain(ranges) if len(ranges) > 1 and not d.compare else None
        if grain and periods.union(ranges) and not d.together and grain not in names:
            names.append(grain)
        if (d.trend or d.every) and not {"hour", "date", "week", "month", "quarter", "year", "weekday"} & set(
            names
        ):
            names.append("date" if d.every else periods.trend_grain(time, self.now))
        if d.direction == "any" and d.kind is None and not d.compare and not names:
            names.append(periods.trend_grain(time, self.now))
        versus = None
        several = [
            name
            for name, values in filters.items()
            if len(values) > 1
            and name not in ("hour", "day")
            and (name != "weekday" or bool(d.compare or d.which_more))
        ]
        if several and not d.together and not d.rank and not d.kind:
            versus = next((name for name in several if name in names), several[-1])
            if versus not in names:
                names.insert(0, versus)
            elif not (d.compare or d.which_more):
                versus = None
        if len(names) > 2:
            raise Unclear("dimension", "最多按两个维度一起看")
        if len(names) == 1 and versus and versus != names[0]:
            versus = None
        return tuple(dict.fromkeys(names)), versus if len(names) == 1 else None

    def _order(self, metric: Metric | None, group_by: tuple[str, ...]) -> tuple[Any, int | None]:
        d = self.draft
        if d.rank is None and d.top is None and d.ranking is None:
            return None, None
        order = self._direction(metric) if d.rank else d.ranking or "desc"
        if d.top and d.top[1] == "last":
            order = "asc" if not d.rank else order
        if not group_by:
            if metric and metric.is_duration and d.rank in (*LONG, *SHORT, "desc", "asc"):
                return None, None
            if d.kind in ("why", "bottleneck", "anomaly", "forecast"):
                return None, None
            raise Unclear("rank_dimension", "没有说明在什么之间排名")
        limit = d.top[0] if d.top else (1 if d.rank else None)
        return order, limit

    def _direction(self, metric: Metric | None) -> str:
        d = self.draft
        rank = d.rank or "desc"
        if rank in IMPLIED:
            return IMPLIED[rank][1]
        if rank in (*LONG, *SHORT):
            if metric and not metric.is_duration and metric.key != "stage_minutes":
                raise Unclear("metric", f"{metric.name}没有快慢")
            return "desc" if rank in LONG else "asc"
        if rank in ("best", "worst"):
            if metric is None or metric.good == "none":
                raise Unclear("metric", f"{metric.name if metric else ''}没有好坏之分")
            best = "desc" if metric.good == "high" else "asc"
            return best if rank == "best" else {"desc": "asc", "asc": "desc"}[best]
        return rank

    def _aggregation(self, metric: Metric | None, group_by: tuple[str, ...]) -> str | None:
        d = self.draft
        if metric is None:
            return None
        if metric.is_duration or metric.key == "stage_minutes":
            if d.aggregation and d.aggregation != "daily":
                return d.aggregation
            if d.rank in (*LONG, "desc") and not group_by and not d.kind:
                return "max"
            if d.rank in (*SHORT, "asc") and not group_by and not d.kind:
                return "min"
            return "mean"
        if d.aggregation == "daily":
            if metric.is_mean:
                raise Unclear("metric", f"{metric.name}本身是平均数，没有日均")
            return "daily"
        if d.aggregation in (None, "mean"):
            if d.aggregation == "mean" and metric.key in (
                "visits",
                "registrations",
                "bookings_made",
                "patients",
                "revenue",
                "complaints",
            ):
                if {"hour", "date", "weekday", "doctor"} & set(group_by) and not {"date"} & set(group_by):
                    return "daily" if "doctor" not in group_by else None
                raise Unclear("average", f"平均{metric.name}：是日均，还是每位医生平均？")
            return None
        raise Unclear("aggregation", f"{metric.name}没有{_AGGREGATIONS.get(d.aggregation, '分位数')}")

    # -- now

    def _realtime(self, metric: Metric) -> Interpretation:
        d = self.draft
        today = periods.midnight(self.now)
        if d.ranges:
            time = d.ranges[0]
            if time.end is not None and time.end <= today or time.start is not None and time.start > self.now:
                if metric.realtime == "seen":
                    return Finisher(
                        d.with_(metrics=("visits",)), self.catalogue, self.now, self.notes
                    ).finish()
                raise Unclear("realtime", f"{metric.name}只有此刻的数")
        group_by = tuple(name for name, _ in d.dims or ())
        filters, exclude = self._filters(TimeRange(today, calendar.add(today, 1, "day"), "此刻"))
        order, limit = self._order(metric, group_by)
        if d.kind == "alert" and d.bound is None:
            raise Unclear("alert", "没有说明超过多少才提醒")
        having = Threshold(d.bound.op, d.bound.value) if d.kind == "alert" and d.bound else None
        kind: Any = d.kind if d.kind in ("alert", "subscription") else "realtime"
        return Interpretation(
            kind=kind, having=having, schedule=d.schedule, metric=metric.key, group_by=group_by, filters=filters, exclude=exclude,
            time=TimeRange(today, self.now, "此刻"), order=order, limit=limit, chart=d.chart,
        )  # fmt: skip


_AGGREGATIONS = {"median": "中位数", "max": "单次最大值", "min": "单次最小值"}
