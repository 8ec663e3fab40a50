"""A draft → an interpretation that can be answered, or what must be asked back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chinese import calendar
from chinese.holidays import HolidayError
from insight.catalogue import Catalogue, Metric
from insight.compile.dimensions import days_of
from insight.interpretation import Interpretation, Part, Threshold, TimeRange
from insight.understand import comparing, periods, runs
from insight.understand.choosing import Unclear, metric_of
from insight.understand.draft import WHICH, Draft
from insight.understand.limits import limits
from insight.understand.ranking import aggregation_of, order_of, settle
from insight.understand.times import day_kinds


@dataclass(slots=True)
class Finisher:
    draft: Draft
    catalogue: Catalogue
    now: datetime
    notes: list[str]

    def finish(self) -> Interpretation:
        """Raises Unclear."""
        if self.draft.run:
            return runs.finish(self)
        self.draft = d = settle(self.draft, self.notes)
        kind: Any = d.kind or "query"
        key = metric_of(d, self.catalogue)
        metric = self.catalogue.metrics[key] if key else None
        if metric and metric.realtime:
            return self._realtime(metric)
        time = self._time()
        filters, exclude = self._filters(time)
        limited = limits(d, metric, self.catalogue, self.notes)
        where, having = limited.where, limited.having
        standing = self._standing(filters)
        if standing:
            filters = {name: values for name, values in filters.items() if name != standing[0]}
        group_by, versus = self._groups(metric, time, filters)
        order, limit, place = order_of(d, metric, group_by)
        aggregation = aggregation_of(d, metric, group_by)
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
            having=having[0] if having else None,
            further=having[1:],
            moved=limited.moved,
            time=time,
            order=order,
            limit=limit,
            place=place,
            share=bool(d.share) and not where,
            share_of="all" if d.share_all else "rest",
            beyond=bool(d.share) and bool(where),
            versus=versus,
            direction=direction,
            chart=d.chart,
            schedule=d.schedule,
        )
        if standing:
            if group_by not in ((), (standing[0],)) or i.place or d.top or d.share or metric is None:
                raise Unclear("rank_dimension", "没有听懂在什么之间排名")
            i = i.with_(
                group_by=(standing[0],), order=d.ranking or "desc", limit=None, standing=standing, versus=None
            )
        if d.whole and not d.parts and (d.compare in ("ask", "difference") or d.which_more or d.adjective):
            return self._against_whole(i, metric)
        if d.parts:
            i = self._apart(i, time)
        i = comparing.share(i, d, metric, self.catalogue)
        i = comparing.change(i, d)
        i = comparing.compare(i, d, self.catalogue, self.now)
        if i.parts and i.compare is not None:
            raise Unclear("compare", "还不会算这种占比的变化，请分开问两段时间")
        return i

    # -- time and filters

    def _time(self) -> TimeRange:
        d = self.draft
        ranges = d.ranges or ()
        lasting = d.kind in ("bottleneck", "anomaly", "why")  # 现在的瓶颈: of late
        if (d.now and not lasting or d.kind == "alert") and not ranges:
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

    # -- dimensions

    def _standing(self, filters: dict[str, tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]] | None:
        """Whose place in the ranking is asked for: 内科排第几, 内科的门诊量排名."""
        d = self.draft
        named = [n for n in filters if n not in ("hour", "weekday", "day")]
        if not d.standing:
            return None
        if not named or d.kind or d.rank:
            raise Unclear("rank_dimension", "没有说明是谁的排名")
        order = ["doctor", "clinic_room", "department", d.share_dim, *reversed(named)]
        name = next(n for n in order if n in named)
        return name, filters[name]

    def _apart(self, i: Interpretation, time: TimeRange) -> Interpretation:
        """上午和下午, 工作日和周末: each by itself."""
        if i.order or i.kind not in ("query", "subscription") or len(i.group_by) > 1 or i.versus or self.draft.compare in ("yoy", "mom"):  # fmt: skip
            raise Unclear("compare", "这两种时间请分开问，或者说“各时段”“按星期”")
        if len(self.draft.ranges or ()) > 1:
            raise Unclear("time", "问题里有几段时间，请分开问")
        return i.with_(parts=tuple(self._part(i, part, time) for part in self.draft.parts or ()))

    def _against_whole(self, i: Interpretation, metric: Metric | None) -> Interpretation:
        """内科的候诊和全院比: the named ones beside all. Sums of a part and of the whole are no comparison."""
        named = {n: v for n, v in i.filters.items() if n not in ("hour", "weekday", "day")}
        if len(named) != 1 or i.group_by not in ((), tuple(named)) or i.order or i.kind != "query":
            raise Unclear("compare", "没有说明和什么比较")
        if metric is None or not metric.is_mean or len(self.draft.ranges or ()) > 1:
            raise Unclear("compare", f"{metric.name if metric else ''}是合计数，部分不能和全院比；可以问占比")
        (name, values), rest = (
            next(iter(named.items())),
            {n: v for n, v in i.filters.items() if n not in named},
        )
        parts = [Part("全院", {}), *(Part(comparing.label(v), {name: (v,)}) for v in values)]
        return i.with_(filters=rest, group_by=(), versus=None, parts=tuple(parts))

    def _part(self, i: Interpretation, part: tuple[str, str, tuple[Any, ...]], time: TimeRange) -> Part:
        label, kind, values = part
        if kind in ("workday", "restday"):
            try:
                return Part(label, {"day": day_kinds(time, kind)})
            except HolidayError as error:
                raise Unclear("time", f"放假安排未知：{error}") from error
        return Part(label, {kind: values})

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
        if len(several) > 1 and not d.dims and (d.compare or d.which_more):
            raise Unclear("dimension", "这几个条件不知道怎么配对，请分开问")
        if len(several) == 2 and not d.dims and not d.together and not d.rank and not d.kind:
            return tuple(several), None
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

    # -- now

    def _realtime(self, metric: Metric) -> Interpretation:
        d = self.draft
        today = periods.midnight(self.now)
        if d.ranges:
            time = d.ranges[0]
            running = (
                time.start is not None
                and today <= time.start <= self.now
                and (time.end is None or time.end > today)
            )
            if not running:  # 本周看完多少人 is more than today
                if metric.realtime == "seen":
                    return Finisher(
                        d.with_(metrics=("visits",)), self.catalogue, self.now, self.notes
                    ).finish()
                raise Unclear("realtime", f"{metric.name}只有此刻的数")
        group_by = tuple(name for name, _ in d.dims or ())
        filters, exclude = self._filters(TimeRange(today, calendar.add(today, 1, "day"), "此刻"))
        order, limit, place = order_of(d, metric, group_by)
        if d.kind == "alert" and d.bound is None:
            raise Unclear("alert", "没有说明超过多少才提醒")
        having = Threshold(d.bound.op, d.bound.value) if d.kind == "alert" and d.bound else None
        kind: Any = d.kind if d.kind in ("alert", "subscription") else "realtime"
        return Interpretation(
            kind=kind, having=having, schedule=d.schedule, metric=metric.key, group_by=group_by, filters=filters, exclude=exclude,
            time=TimeRange(today, self.now, "此刻"), order=order, limit=limit, place=place, chart=d.chart,
        )  # fmt: skip
