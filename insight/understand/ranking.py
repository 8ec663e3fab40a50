"""Rankings: in which order, how many, and what words like 更 and 多 mean beside the rest of a question."""

from typing import Any

from insight.catalogue import Metric
from insight.understand.choosing import IMPLIED, LONG, SHORT, Unclear
from insight.understand.draft import BARE, EACH, WHICH, Draft


def settle(d: Draft, notes: list[str]) -> Draft:
    """Words whose meaning hangs on the rest: 更, 长, 高 compare two things, or rank what is asked for."""
    several = any(len(v) > 1 for v in (d.values or {}).values()) or len(d.ranges or ()) > 1 or bool(d.parts)
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
    if d.compare == "difference" or d.which_more or more:
        d = _both_named(d)
    names = [name for name, _ in d.dims or ()]
    d = _among_named(_doctors_counted(d))
    names = [name for name, _ in d.dims or ()]
    if d.peak and d.dims and all(how == EACH for _, how in d.dims) and d.rank and not d.kind:
        d = d.with_(aggregation=d.peak, rank=None)  # 各科室最长候诊时间: of single visits, for each
    weekdays = (d.values or {}).get("weekday", ())
    if names == ["date"] and len(weekdays) > 1 and (d.which_more or more) and not d.rank:
        d = d.with_(dims=None, which_more=more)  # 周一和周五哪天人多
    stages = names == ["stage"] or not names and d.metrics == ("stage_minutes",)
    if d.share and stages and d.kind is None:
        d = d.with_(kind="bottleneck", share=None)  # 各环节耗时占比: the stages' parts of the flow
    if names == ["date", "hour"] and d.rank and dict(d.dims or ())["hour"] == WHICH:
        d = d.with_(dims=(("hour", WHICH),))  # 每天几点最忙
    if d.parts and not d.dims and d.rank:
        # 上午和下午哪个最忙: the two are compared
        own = IMPLIED[d.rank][0] if d.rank in IMPLIED and not d.metrics else None
        d = d.with_(rank=None, top=None, metrics=(own,) if own else d.metrics)
    if more in ("busy", "idle") and not d.metrics:
        d = d.with_(metrics=("visits",))
    moved = d.direction in ("up", "down") and not (d.kind or d.rank or d.change_rank or d.compare or d.trend)
    listed = any(how == WHICH for _, how in d.dims or ()) or (
        d.direction in ("up", "down")
        and any(how == BARE for _, how in d.dims or ())
        and not (d.kind or d.rank or d.change_rank or d.trend)
    )
    if listed and d.direction in ("up", "down") and not (d.kind or d.rank or d.change_rank or d.trend):
        d = d.with_(change_rank=f"{d.direction}_all")
    elif moved and not d.dims:
        d = d.with_(compare="difference")
    whose = [n for n, v in (d.values or {}).items() if n not in ("hour", "weekday", "day") and len(v) == 1]
    if d.ranking == "desc" and not (d.dims or d.kind or d.change_rank or d.rank or d.top) and len(whose) == 1:
        d = d.with_(ranking=None, standing=True)  # 内科的收入排名
    elif d.ranking and not d.dims and not d.kind and not d.change_rank:
        d = d.with_(dims=(("department", EACH),))
        notes.append("没有说按什么排，按科室排")
    return d


def _doctors_counted(d: Draft) -> Draft:
    """哪个科室医生最多: the doctors are counted, not ranked."""
    others = tuple(dim for dim in d.dims or () if dim[0] != "doctor")
    listed = any(name == "doctor" and how != EACH for name, how in d.dims or ())
    if listed and others and d.rank in ("desc", "asc") and not (d.metrics or d.kind or d.share or d.bound):
        return d.with_(metrics=("doctors",), dims=others, weak=None)
    return d


def _among_named(d: Draft) -> Draft:
    """内科、外科和儿科谁最忙: a ranking of the named ones."""
    several = [n for n, v in (d.values or {}).items() if len(v) > 1 and n not in ("hour", "weekday", "day")]
    if d.rank and not d.dims and len(several) == 1 and not (d.kind or d.together or d.parts or d.compare):
        return d.with_(dims=((several[0], WHICH),))
    return d


def _both_named(d: Draft) -> Draft:
    """初诊和复诊差多少, 男女谁更多: the dimension's word names both of its values."""
    both: dict[str, tuple[Any, ...]] = {"first_visit": (True, False), "sex": ("男", "女")}
    names = [name for name, how in d.dims or () if how == BARE]
    if len(names) != 1 or len(d.dims or ()) != 1 or names[0] not in both or len(d.ranges or ()) > 1:
        return d
    if names[0] in (d.values or {}) or d.rank or d.kind:
        return d
    return d.with_(
        values={**(d.values or {}), names[0]: both[names[0]]}, ranking=None, adjective=None, dims=None
    )


def order_of(
    d: Draft, metric: Metric | None, group_by: tuple[str, ...]
) -> tuple[Any, int | None, int | None]:
    """(order, how many are listed, the one place that is asked for). Raises Unclear."""
    if d.rank is None and d.top is None and d.ranking is None and d.place is None:
        return None, None, None
    if d.place:
        return _placed(d, metric, group_by)
    if d.rank and len(d.dims or ()) == 2 and all(how == BARE for _, how in d.dims or ()):
        raise Unclear("rank_dimension", "请分开问在什么之间排名")  # 最长的医生和科室
    order = direction(d, metric) if d.rank else d.ranking or "desc"
    if d.top and d.top[1] == "last":
        order = "asc" if not d.rank else order
    if not group_by:
        if metric and metric.is_duration and d.rank in (*LONG, *SHORT, "desc", "asc"):
            return None, None, None
        if d.kind in ("why", "bottleneck", "anomaly", "forecast"):
            return None, None, None
        raise Unclear("rank_dimension", "没有说明在什么之间排名")
    limit = d.top[0] if d.top else (1 if d.rank else None)
    return order, limit, None


def _placed(d: Draft, metric: Metric | None, group_by: tuple[str, ...]) -> tuple[str, int, int]:
    """第二名, 倒数第二, 第二高的: one place of a ranking."""
    assert d.place is not None
    place, how = d.place
    if not group_by or d.top or d.kind:
        raise Unclear("rank_dimension", "没有说明在什么之间排名")
    if how in ("first", "last"):
        order = direction(d, metric) if d.rank else d.ranking or "desc"
        if how == "last":
            order = "asc" if order == "desc" else "desc"
    else:
        order = direction(d.with_(rank=how), metric)
    return order, 1, place


def direction(d: Draft, metric: Metric | None) -> str:
    """asc or desc, as the word of ranking has it for the metric. Raises Unclear."""
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


def aggregation_of(d: Draft, metric: Metric | None, group_by: tuple[str, ...]) -> str | None:
    """How single values are brought together. Raises Unclear."""
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


_AGGREGATIONS = {"median": "中位数", "max": "单次最大值", "min": "单次最小值"}
