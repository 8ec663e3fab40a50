"""Thresholds: on single visits, on the groups of an answer, or on how much these changed."""

from dataclasses import dataclass

from insight.catalogue import Catalogue, Metric
from insight.interpretation import Moved, Threshold
from insight.understand.choosing import Unclear
from insight.understand.draft import Draft
from insight.understand.quantities import Bound

UNITS = {
    "minutes": ("分钟", "分"), "yuan": ("元", "块", "块钱"), "score": ("分",),
    "visits": ("人次", "人", "例", "次", "笔", "个", "名", "位", "件"), "patients": ("人", "人次", "个", "名", "位"),
    "doctors": ("人", "个", "名", "位"), "complaints": ("次", "件", "例", "个", "笔", "人次"), "rate": ("%", "分"),
}  # fmt: skip
"""In which words a metric's values are counted."""


@dataclass(frozen=True, slots=True)
class Limits:
    where: tuple[Threshold, ...] = ()
    having: tuple[Threshold, ...] = ()
    moved: Moved | None = None


def limits(d: Draft, metric: Metric | None, catalogue: Catalogue, notes: list[str]) -> Limits:
    """Raises Unclear where it cannot be told what is limited."""
    if d.bound is None:
        if d.kind == "alert":
            raise Unclear("alert", "没有说明超过多少才提醒")
        return Limits()
    if d.share_part and d.bound.percent and not (d.further or d.bound.upper or d.bound_metric):
        return Limits(moved=Moved(d.bound.op, d.bound.value, "share"))
    if d.moved:
        return Limits(moved=_moved(d, metric, notes))
    where: list[Threshold] = []
    having: list[Threshold] = []
    for bound, named in ((d.bound, d.bound_metric), *(d.further or ())):
        single, made = _one(d, bound, named, metric, catalogue, notes)
        (where if single else having).extend(made)
    if d.kind == "alert" and len(having) > 1:
        raise Unclear("alert", "一个提醒只能有一个条件")
    if where and having and (d.share or not d.dims):
        raise Unclear("dimension", "这几个条件不能一起用，请分开问")
    return Limits(tuple(where), tuple(having))


def _one(
    d: Draft, bound: Bound, named: str | None, metric: Metric | None, catalogue: Catalogue, notes: list[str]
) -> tuple[bool, list[Threshold]]:
    """(whether single visits are meant, the thresholds): two of them where a stretch is named."""
    key = named or ("wait_minutes" if d.weak == "wait_minutes" else metric.key if metric else None)
    if key is None:
        raise Unclear("duration", "没有说明是什么超过了这个数")
    target = catalogue.metrics[key]
    same = metric is not None and metric.key == key
    if bound.average:
        if not d.dims or d.share or d.kind:
            raise Unclear("dimension", f"没有说明哪些的{target.name}和平均比")
        return False, [Threshold(bound.op, 0.0, None if same else key, average=True)]
    low = _value(bound.value, bound, target, notes)
    ends = [(bound.op, low)]
    if bound.upper is not None:
        ends.append(("<=", _value(bound.upper, bound, target, notes)))
    single = (
        target.is_duration
        or (target.numerator is not None and target.numerator.kind == "mean")
        or target.key == "revenue"
    )
    if d.kind == "alert":
        return False, [Threshold(op, value, None if same or metric is None else key) for op, value in ends]
    counts = metric is not None and not same and metric.unit in ("visits", "patients")
    if single and (d.share or counts and (not d.dims or d.counted or d.rank or d.metrics)):
        return True, [Threshold(op, value, key) for op, value in ends]
    if d.dims or d.which_more:
        return False, [Threshold(op, value, None if same else key) for op, value in ends]
    if single and not same:
        return True, [Threshold(op, value, key) for op, value in ends]
    raise Unclear("dimension", f"没有说明哪些{target.name}{bound.op}{low:g}")


def _value(value: float, bound: Bound, target: Metric, notes: list[str]) -> float:
    """The number in the metric's unit. Raises Unclear for minutes of money and the like."""
    if bound.percent and target.unit != "rate":
        raise Unclear("metric", f"{target.name}不是比率，不能和百分数比较")
    if bound.unit and not bound.percent and bound.unit not in UNITS.get(target.unit, ()):
        raise Unclear("metric", f"{target.name}不以「{bound.unit}」计")
    if target.unit == "rate" and not bound.percent and value > 1:
        value /= 100
        notes.append(f"把 {value * 100:g} 理解为 {value * 100:g}%")
    return value


def _moved(d: Draft, metric: Metric | None, notes: list[str]) -> Moved:
    """增长超过10%, 下降了两成以上, 多了50人次以上: of the change, falls below zero."""
    assert d.bound is not None
    if not d.dims or d.kind or d.further or d.bound.upper is not None or d.share:
        raise Unclear("rank_dimension", "没有说明在什么之间比变化")
    if d.moved == "any":
        raise Unclear("metric", "没有说明是增加还是减少")
    by_rate = d.bound.percent
    if by_rate and metric is not None and metric.unit == "rate":
        raise Unclear("metric", f"{metric.name}的变化是百分点，还是百分比")
    value = d.bound.value
    if not by_rate and metric is not None:
        value = _value(value, d.bound, metric, notes)
    op = d.bound.op
    if d.moved == "down":
        value, op = -value, {">": "<", ">=": "<=", "<": ">", "<=": ">="}[op]  # type: ignore[assignment]
    return Moved(op, value, "change_rate" if by_rate else "change")
