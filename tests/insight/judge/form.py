"""What the specification wants told beside the numbers: units, the interpretation, the keys of rows, options."""

from datetime import date, datetime
from typing import Any

from .reference import ENDS, STAGES, Reference, Span

UNITS = {
    "minutes": [*ENDS, "stage_minutes"],
    "yuan": ["revenue", "fee_per_visit", "drug_fee_per_visit"],
    "visits": ["registrations", "visits", "bookings_made", "waiting_now", "seen_today"],
    "patients": ["patients"], "doctors": ["doctors"], "complaints": ["complaints"], "score": ["satisfaction"],
    "rate": ["no_show_rate", "cancel_rate", "booking_rate", "drug_share", "complaint_rate", "first_visit_share"],
}  # fmt: skip
UNIT_OF = {metric: unit for unit, metrics in UNITS.items() for metric in metrics}
NAMED = (
    "campus", "department", "clinic_room", "doctor", "doctor_title", "visit_type", "channel", "sex", "age_band",
    "insurance",
)  # fmt: skip
KEYS = {
    "why": ("value", "previous", "change", "contribution"), "bottleneck": ("stage", "value", "share", "change"),
    "anomaly": ("date", "value", "expected"), "forecast": ("date", "value", "low", "high"),
}  # fmt: skip


def of_query(
    want: dict[str, Any], answer: dict[str, Any], span: Span | None, now: datetime, named: bool
) -> str | None:
    """What the interpretation of a plain query says otherwise than it was asked; None where nothing.

    `named`: the question itself names its filters; those of a role are the compiler's and need not be told here.
    """
    meant = answer["interpretation"] or {}
    if want.get("where") is None and answer["unit"] != UNIT_OF.get(want["m"], answer["unit"]):
        return f"unit {answer['unit']}"
    if want.get("where") is None and meant.get("metric") != want["m"]:
        return f"metric {meant.get('metric')}"
    if set(meant.get("group_by") or []) != set(want.get("by") or []):
        return f"group_by {meant.get('group_by')}"
    if want["m"] in ENDS and meant.get("aggregation") != want.get("agg", "mean"):
        return f"aggregation {meant.get('aggregation')}"
    filters = want.get("f") or {}
    told = meant.get("filters") or {}
    for name in NAMED:
        if named and name in filters and sorted(told.get(name) or []) != sorted(filters[name]):
            return f"filter {name} {told.get(name)}"
    if span and not {"hour", "workday", "weekday"} & filters.keys():
        return _time(meant.get("time") or {}, span, now)
    return None


def _time(told: dict[str, str], span: Span, now: datetime) -> str | None:
    try:
        start, end = (datetime.fromisoformat(told[name]).replace(tzinfo=None) for name in ("start", "end"))
    except (KeyError, TypeError, ValueError):
        return f"time {told}"
    today = datetime(now.year, now.month, now.day)
    ends = {_moment(span[1])}
    if _moment(span[1]) > today:  # not over: what has elapsed may be meant
        ends |= {now, today, datetime.fromordinal(today.toordinal() + 1)}
    return None if start == _moment(span[0]) and end in ends else f"time {told}"


def _moment(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)


def of_kind(
    want: dict[str, Any], answer: dict[str, Any], reference: Reference, span: Span | None
) -> str | None:
    """What the rows of an analysis lack."""
    kind = (answer["interpretation"] or {}).get("kind")
    rows = answer["rows"]
    for name in KEYS.get(str(kind), ()):
        if any(name not in row for row in rows):
            return f"rows without {name}"
    if kind == "forecast" and any(not row["low"] <= row["value"] <= row["high"] for row in rows):
        return "value outside low and high"
    if kind == "bottleneck":
        # The largest value or the largest share: a stage that few pass through may be long and yet a small share.
        orders = ([row[name] for row in rows] for name in ("value", "share"))
        if all(order != sorted(order, reverse=True) for order in orders):
            return "stages not the largest first"
        if span and {row["stage"] for row in rows} != STAGES.keys():
            return "not the four stages"
    return None


def of_options(answer: dict[str, Any], needed: bool) -> str | None:
    options = answer["options"]
    if len(options) > 3:
        return f"{len(options)} options"
    return "no options" if needed and not options else None
