"""Which metric a question is about: named, or implied by the wording."""

from insight.catalogue import Catalogue
from insight.understand.draft import Draft

LONG, SHORT = ("slow", "long"), ("fast", "short")
IMPLIED = {
    "busy": ("visits", "desc"), "idle": ("visits", "asc"), "crowded": ("patients", "desc"),
    "deserted": ("patients", "asc"), "costly": ("fee_per_visit", "desc"), "cheap": ("fee_per_visit", "asc"),
    "pleased": ("satisfaction", "desc"), "displeased": ("satisfaction", "asc"), "blamed": ("complaints", "desc"),
    "rich": ("revenue", "desc"),
}  # fmt: skip
_COUNTS = ("visits", "registrations", "patients", "bookings_made", "waiting_now", "seen_today")
_MONEY = ("revenue", "fee_per_visit", "drug_fee_per_visit")
FITTING = {
    "busy": _COUNTS, "idle": _COUNTS, "crowded": _COUNTS, "deserted": _COUNTS, "costly": _MONEY, "cheap": _MONEY,
    "pleased": ("satisfaction",), "displeased": ("satisfaction",), "blamed": ("complaints", "complaint_rate"),
    "rich": ("revenue",),
}  # fmt: skip
"""Metrics that a word of ranking with a metric of its own can be about: 最忙 says nothing of 满意度."""
COUNTED = {"visits": "visits", "patients": "patients"}


class Unclear(Exception):
    """The question has no single reading. `need` says what is missing, for the options."""

    def __init__(self, need: str, message: str) -> None:
        self.need, self.message = need, message
        super().__init__(message)


def metric_of(d: Draft, catalogue: Catalogue) -> str | None:
    """The metric that is asked for; None where an anomaly is looked for in all. Raises Unclear."""
    if d.kind == "bottleneck":
        return "stage_minutes"
    if set(d.metrics or ()) == {"visits", "patients"}:
        return "patients"  # 接诊多少患者: the verb is no second metric
    if set(d.metrics or ()) == {"wait_minutes", "waiting_now"}:
        return "waiting_now"  # 排队等候的人数
    if d.metrics and len(d.metrics) > 1:
        raise Unclear("metrics", "一次只能回答一个指标")
    key = d.metrics[0] if d.metrics else None
    stage = bool(d.dims) and any(name == "stage" for name, _ in d.dims or ())
    if stage and (key is None or catalogue.metrics[key].is_duration):
        return "stage_minutes"
    if key is None:
        key = _implied(d)
    if key is None:
        return None if d.kind == "anomaly" else _missing(d)
    timed = catalogue.metrics[key].is_duration or key == "stage_minutes"
    if d.pace and not timed and (d.which_more or d.adjective) and not d.rank:
        raise Unclear("duration", f"{catalogue.metrics[key].name}没有快慢长短")
    if d.rank in FITTING and key not in FITTING[d.rank] and key != "wait_minutes":
        raise Unclear("metrics", f"没有听懂按{catalogue.metrics[key].name}还是按别的来排")
    if key == "wait_minutes" and (d.counted or d.rank in ("busy", "crowded")) and not d.bound:
        if d.now and not d.ranges:
            return "waiting_now"
        if d.rank in ("busy", "crowded", "idle", "deserted"):
            raise Unclear("metrics", "想问候诊时长，还是此刻候诊的人数")
    if key in ("no_show_rate", "cancel_rate") and d.counted and not d.share:
        raise Unclear("count_of_rate", "目前只统计比率，不统计人次")
    return key


def _implied(d: Draft) -> str | None:
    """The metric that the wording implies where none is named."""
    if d.rank in IMPLIED:
        return IMPLIED[d.rank][0]
    if d.pace and d.weak != "wait_minutes" and not d.bound:
        return "flow_minutes" if d.pace in "快慢" else None
    if d.place and d.place[1] in IMPLIED:
        return IMPLIED[d.place[1]][0]
    if d.weak in ("registrations", "bookings_made") and not (d.vague or d.how_long or d.bound):
        return d.weak
    if d.weak == "wait_minutes" and not (d.bound and not d.share and not d.dims):
        if d.bound and d.counted:
            return COUNTED[d.counted]
        if d.bound and d.share and not d.dims:
            return "visits"  # 等了超过一小时的占几成: a share of visits
        return "wait_minutes"
    if d.weak in ("visits", "flow") and (d.how_long or d.aggregation in ("max", "min", "median")):
        return "flow_minutes" if d.weak == "flow" else "consult_minutes"
    if d.rank in ("slow", "fast") or (d.rank in ("long", "short") and d.weak == "flow"):
        return "flow_minutes"
    if d.counted == "patients" and (d.vague or "").startswith("money"):
        return None  # 自费病人花了多少钱: the people only say whose money
    if d.counted and not (d.share and d.values and not d.bound):
        return COUNTED[d.counted]
    if d.kind == "alert" and d.bound:
        return d.bound_metric or ("wait_minutes" if d.weak == "wait_minutes" else None)
    if d.bound_metric or (d.bound and d.weak == "wait_minutes"):
        if d.dims and not d.share:
            return d.bound_metric
        return "visits"
    if (
        d.weak in ("visits", "flow")
        and (d.rank or d.dims or d.ranges or d.values)
        and not (d.vague or "").startswith(("money", "time", "vague"))
    ):
        return "visits"
    if d.share or d.kind == "distribution":
        return "visits" if d.dims or d.values else None
    if d.kind == "why" and d.direction:
        return None
    if d.kind == "forecast" and d.dims:
        return "visits"
    return None


def _missing(d: Draft) -> str:
    if (d.vague or "").startswith("money"):
        raise Unclear("money", "想问收入总额，还是次均费用？")
    if (d.vague or "").startswith("time"):
        raise Unclear("duration", "想问哪一段时间？")
    if d.rank in ("long", "short"):
        raise Unclear("duration", "没有说明是哪一段时间")
    if d.rank in ("best", "worst", "desc", "asc") or d.vague:
        raise Unclear("metric", "没有说明看哪个指标")
    raise Unclear("metric", "没有说明要看哪个指标")
