"""The truth of the judge: metrics of the specification counted straight over the records, row by row.

It shares no code with `insight`: it is read beside the specification, not beside the compiler.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from .town import works

Row = dict[str, Any]
Rows = list[Row]
TIMES = (
    "booked_at", "appointment_start", "checked_in_at", "called_at", "consult_start", "consult_end", "paid_at",
    "sampled_at", "reported_at", "dispensed_at", "left_at",
)  # fmt: skip
NUMBERS = ("first_visit", "age", "fee_total", "fee_drug", "fee_exam", "satisfaction", "complaint")
ENDS = {
    "wait_minutes": ("checked_in_at", "consult_start"), "consult_minutes": ("consult_start", "consult_end"),
    "flow_minutes": ("checked_in_at", "left_at"), "payment_minutes": ("consult_end", "paid_at"),
    "report_minutes": ("sampled_at", "reported_at"), "pharmacy_minutes": ("paid_at", "dispensed_at"),
}  # fmt: skip
STAGES = {
    "wait": "wait_minutes",
    "consult": "consult_minutes",
    "payment": "payment_minutes",
    "pharmacy": "pharmacy_minutes",
}
RATED = {
    "no_show_rate", "cancel_rate", "booking_rate", "fee_per_visit", "drug_fee_per_visit", "drug_share", "satisfaction",
    "complaint_rate", "first_visit_share", *ENDS,
}  # fmt: skip


def load(path: Path) -> Rows:
    """Records of a CSV file of the specification, typed."""
    out = []
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            typed: Row = dict(row)
            for name in TIMES:
                typed[name] = datetime.fromisoformat(row[name]) if row[name] else None
            for name in NUMBERS:
                typed[name] = int(row[name]) if row[name] else None
            out.append(typed)
    return out


def minutes(row: Row, metric: str) -> float | None:
    first, last = (row[name] for name in ENDS[metric])
    return (last - first).total_seconds() / 60 if first and last and last >= first else None


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    low = int(at)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (at - low)


def measure(
    metric: str, aggregation: str | None, rows: Rows, days: int, now: datetime
) -> tuple[float | None, int]:
    """(value, n) of a metric. `days`: what 日均 divides by."""
    if metric in ENDS:
        values = [m for r in rows if (m := minutes(r, metric)) is not None]
        return (_aggregated(values, aggregation or "mean"), len(values)) if values else (None, 0)
    done = [r for r in rows if r["status"] == "completed"]
    kept = [r for r in rows if r["status"] != "cancelled"]
    met = [r for r in rows if r["status"] in ("completed", "no_show")]
    n, money = len(done), sum(r["fee_total"] for r in done) / 100
    drugs = sum(r["fee_drug"] for r in done) / 100
    scores = [r["satisfaction"] for r in done if r["satisfaction"]]
    today = [r for r in rows if r["appointment_start"].date() == now.date()]
    waiting = [
        r for r in today
        if r["checked_in_at"] and r["checked_in_at"] <= now and not r["called_at"] and not r["consult_start"]
        and r["status"] == "in_progress"
    ]  # fmt: skip
    seen = [
        r
        for r in rows
        if r["consult_end"] and now.date() == r["consult_end"].date() and r["consult_end"] <= now
    ]
    doctors = len({r["doctor"] for r in done})
    table: dict[str, tuple[float, float, int]] = {
        "registrations": (len(kept), 1, len(kept)), "visits": (n, 1, n), "bookings_made": (len(rows), 1, len(rows)),
        "patients": (len({r["patient_id"] for r in done}), 1, n), "doctors": (doctors, 1, n),
        "no_show_rate": (sum(r["status"] == "no_show" for r in rows), len(met), len(met)),
        "cancel_rate": (sum(r["status"] == "cancelled" for r in rows), len(rows), len(rows)),
        "booking_rate": (sum(r["booked_at"].date() < r["appointment_start"].date() for r in kept), len(kept), len(kept)),
        "revenue": (money, 1, n), "fee_per_visit": (money, n, n), "drug_fee_per_visit": (drugs, n, n),
        "drug_share": (drugs, money, n), "satisfaction": (sum(scores), len(scores), len(scores)),
        "complaints": (sum(r["complaint"] for r in done), 1, n),
        "complaint_rate": (sum(r["complaint"] for r in done), n, n),
        "first_visit_share": (sum(r["first_visit"] for r in done), n, n), "visits_per_doctor": (n, doctors, n),
        "waiting_now": (len(waiting), 1, len(waiting)), "seen_today": (len(seen), 1, len(seen)),
    }  # fmt: skip
    above, below, count = table[metric]
    if not below:
        return None, 0
    return above / below / (days if aggregation == "daily" else 1), count


def _aggregated(values: list[float], how: str) -> float:
    if how == "mean":
        return sum(values) / len(values)
    if how in ("max", "min"):
        return max(values) if how == "max" else min(values)
    return quantile(values, 0.5 if how == "median" else int(how[1:]) / 100)


def key(row: Row, dimension: str, moment: str = "appointment_start") -> Any:
    """The group of a row, as the specification writes it."""
    at: datetime = row[moment]
    day = at.date()
    if dimension in ("hour", "weekday"):
        return at.hour if dimension == "hour" else at.isoweekday()
    buckets = {
        "date": day, "week": day - timedelta(day.weekday()), "month": day.replace(day=1),
        "quarter": date(day.year, 3 * ((day.month - 1) // 3) + 1, 1), "year": date(day.year, 1, 1),
    }  # fmt: skip
    if dimension in buckets:
        return buckets[dimension].isoformat()
    if dimension == "workday":
        return works(day)
    if dimension == "first_visit":
        return bool(row["first_visit"])
    if dimension == "age_band":
        age = row["age"]
        return "儿童" if age <= 14 else "青年" if age <= 44 else "中年" if age <= 59 else "老年"
    return row[dimension]


class Reference:
    """Answers an expectation over one set of records."""

    def __init__(self, rows: Rows, now: datetime) -> None:
        self.now = now
        self.by_day: dict[str, dict[date, Rows]] = {
            m: defaultdict(list) for m in ("appointment_start", "booked_at")
        }
        for moment, days in self.by_day.items():
            for row in rows:
                days[row[moment].date()].append(row)
        self.doctors: dict[str, list[str]] = defaultdict(list)
        for name, department in sorted({(r["doctor"], r["department"]) for r in rows}):
            self.doctors[department].append(name)

    def within(self, want: dict[str, Any], span: tuple[date, date]) -> Rows:
        """The records that an expectation speaks of, in a span of whole days."""
        moment = "booked_at" if want.get("m") == "bookings_made" else "appointment_start"
        days = self.by_day[moment]
        out = []
        for offset in range((span[1] - span[0]).days):
            out += days.get(span[0] + timedelta(offset), [])
        for name, values in (want.get("f") or {}).items():
            out = [r for r in out if key(r, name, moment) in values]
        for name, values in (want.get("x") or {}).items():
            out = [r for r in out if key(r, name, moment) not in values]
        for metric, op, limit in want.get("where") or []:
            out = [r for r in out if (m := minutes(r, metric)) is not None and meets(m, op, limit)]
        return out

    def groups(
        self, want: dict[str, Any], span: tuple[date, date]
    ) -> dict[tuple[Any, ...], tuple[float | None, int]]:
        by, metric = want.get("by") or [], want["m"]
        rows = self.within(want, span)
        ended = min(span[1], self.now.date() + timedelta(1))
        days = max(1, (ended - span[0]).days)
        if "stage" in by:
            return {(s,): measure(m, want.get("agg"), rows, days, self.now) for s, m in STAGES.items()}
        moment = "booked_at" if metric == "bookings_made" else "appointment_start"
        parts: dict[tuple[Any, ...], Rows] = defaultdict(list)
        for row in rows:
            parts[tuple(key(row, name, moment) for name in by)].append(row)
        if not by:
            parts.setdefault((), [])
        return {k: measure(metric, want.get("agg"), part, days, self.now) for k, part in parts.items()}

    def value(self, want: dict[str, Any], span: tuple[date, date]) -> float | None:
        return self.groups(want, span)[()][0]

    def rows(self, want: dict[str, Any], span: tuple[date, date], before: tuple[date, date] | None) -> Rows:
        """The rows of an answer; ranked, cut and thinned as the specification says."""
        by = want.get("by") or []
        inside = dict(want)
        if want.get("share"):
            inside["f"] = {k: v for k, v in (want.get("f") or {}).items() if k not in by}
        now_groups = self.groups(inside, span)
        before_groups = self.groups(inside, before) if before else {}
        whole = sum(v for v, _ in now_groups.values() if v is not None)
        out = []
        for group, (value, n) in now_groups.items():
            if value is None or (by and not n):
                continue
            row: Row = dict(zip(by, group, strict=True)) | {"value": value, "n": n}
            if before:
                then = before_groups.get(group, (None, 0))[0]
                row["previous"] = then
                row["change"] = None if then is None else value - then
                row["change_rate"] = (value - then) / then if then else None
            if want.get("share"):
                row["share"] = value / whole if whole else None
            out.append(row)
        if want.get("share"):
            out = [r for r in out if all(r[k] in v for k, v in (want.get("f") or {}).items() if k in by)]
        return self._cut(out, want)

    def _cut(self, rows: Rows, want: dict[str, Any]) -> Rows:
        if want.get("having"):
            op, limit = want["having"]
            rows = [r for r in rows if meets(r["value"], op, limit)]
        order = want.get("order")
        if not order:
            return rows
        if want["m"] in RATED:
            rows = [r for r in rows if r["n"] >= 5]
        by = want.get("order_by", "value")
        rows = sorted((r for r in rows if r[by] is not None), key=lambda r: r[by], reverse=order == "desc")
        if want.get("fewer"):
            rows = [r for r in rows if r[by] < 0]
        limit = want.get("limit")
        if limit and len(rows) > limit:
            edge = rows[limit - 1][by]
            rows = [r for i, r in enumerate(rows) if i < limit or r[by] == edge]
        return rows

    def beyond(
        self, metric: str, op: str, limit: float, want: dict[str, Any], span: tuple[date, date]
    ) -> float:
        """The share of visits, of those that have the duration, beyond a limit."""
        values = [m for r in self.within(want, span) if (m := minutes(r, metric)) is not None]
        return sum(meets(v, op, limit) for v in values) / len(values)

    def usual(self, metric: str, weekday: int) -> float:
        """The mean of the last four days of a weekday: what a forecast must be near."""
        day, found = self.now.date() - timedelta(1), []
        while len(found) < 4:
            if day.isoweekday() == weekday:
                found.append(self.value({"m": metric}, (day, day + timedelta(1))) or 0)
            day -= timedelta(1)
        return sum(found) / 4


def meets(value: float, op: str, limit: float) -> bool:
    return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[op]


def numbers(rows: Iterable[Row]) -> list[float]:
    return [v for row in rows for v in row.values() if isinstance(v, int | float) and not isinstance(v, bool)]
