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
Span = tuple[date, date]
"""First day and the day after the last; the end may be a moment (a datetime), which cuts its day there."""
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


def single(row: Row, name: str) -> float | None:
    """The value of one visit that a threshold asks of: a duration in minutes, money in yuan, a score."""
    if name in ENDS:
        return minutes(row, name)
    value = row[name]
    return value / 100 if value is not None and name.startswith("fee_") else value


def days_of(span: Span) -> list[date]:
    """The days that a span touches."""
    first, last = span
    end = last.date() + timedelta(1) if isinstance(last, datetime) else last
    return [first + timedelta(n) for n in range((end - first).days)]


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

    def family(self) -> str:
        """The surname of most doctors: one that does not tell who is meant."""
        names = [name[0] for doctors in self.doctors.values() for name in doctors]
        return max(sorted(set(names)), key=names.count)

    def within(self, want: dict[str, Any], span: Span) -> Rows:
        """The records that an expectation speaks of, in a span of days."""
        moment = "booked_at" if want.get("m") == "bookings_made" else "appointment_start"
        out = [r for day in days_of(span) for r in self.by_day[moment].get(day, [])]
        if isinstance(span[1], datetime):
            out = [r for r in out if r[moment] < span[1]]
        for name, values in (want.get("f") or {}).items():
            out = [r for r in out if key(r, name, moment) in values]
        for name, values in (want.get("x") or {}).items():
            out = [r for r in out if key(r, name, moment) not in values]
        for metric, op, limit in want.get("where") or []:
            out = [r for r in out if (m := single(r, metric)) is not None and meets(m, op, limit)]
        return out

    def groups(self, want: dict[str, Any], span: Span) -> dict[tuple[Any, ...], tuple[float | None, int]]:
        by, metric = want.get("by") or [], want["m"]
        rows = self.within(want, span)
        begun = [day for day in days_of(span) if day <= self.now.date()]
        if want.get("agg") == "perday":
            want, begun = want | {"agg": "daily"}, [d for d in begun if self._kept(d, want)]
        days = max(1, len(begun))
        if "stage" in by:
            return {(s,): measure(m, want.get("agg"), rows, days, self.now) for s, m in STAGES.items()}
        moment = "booked_at" if metric == "bookings_made" else "appointment_start"
        parts: dict[tuple[Any, ...], Rows] = defaultdict(list)
        for row in rows:
            parts[tuple(key(row, name, moment) for name in by)].append(row)
        if not by:
            parts.setdefault((), [])
        return {k: measure(metric, want.get("agg"), part, days, self.now) for k, part in parts.items()}

    @staticmethod
    def _kept(day: date, want: dict[str, Any]) -> bool:
        """Whether filters and exclusions by the calendar leave a day: `perday` divides by these alone."""
        calendar = {"weekday": day.isoweekday(), "workday": works(day), "date": day.isoformat()}
        return all(calendar[n] in v for n, v in (want.get("f") or {}).items() if n in calendar) and not any(
            calendar[n] in v for n, v in (want.get("x") or {}).items() if n in calendar
        )

    def value(self, want: dict[str, Any], span: Span) -> float | None:
        return self.groups(want, span)[()][0]

    def rows(self, want: dict[str, Any], span: Span, before: Span | None) -> Rows:
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
            limits = want["having"] if isinstance(want["having"][0], list) else [want["having"]]
            of = want.get("having_by", "value")
            rows = [r for r in rows if r[of] is not None and all(meets(r[of], o, x) for o, x in limits)]
        order = want.get("order")
        if not order:
            return _enough(rows, want) if want.get("enough") else rows
        rows = _enough(rows, want)
        by = want.get("order_by", "value")
        rows = sorted((r for r in rows if r[by] is not None), key=lambda r: r[by], reverse=order == "desc")
        if want.get("fewer"):
            rows = [r for r in rows if r[by] < 0]
        limit = want.get("limit")
        if limit and len(rows) > limit:
            edge = rows[limit - 1][by]
            rows = [r for i, r in enumerate(rows) if i < limit or r[by] == edge]
        return rows

    def place(self, want: dict[str, Any], span: Span) -> int:
        """The place, from 1, that the group named in `rank` takes among all."""
        ranked = self.rows(want, span, None)
        name, value = next(iter(want["rank"].items()))
        mine = next(r["value"] for r in ranked if r[name] == value)
        return 1 + next(i for i, r in enumerate(ranked) if r["value"] == mine)

    def durations(self, want: dict[str, Any], span: Span) -> list[float]:
        """Every single duration of a metric: what a distribution spreads out."""
        return [m for r in self.within(want, span) if (m := minutes(r, want["m"])) is not None]

    def beyond(self, want: dict[str, Any], span: Span) -> float:
        """The share of visits, of those that have the duration, beyond the limit in `beyond`."""
        metric, op, limit = want["beyond"]
        values = self.durations(want | {"m": metric}, span)
        return sum(meets(v, op, limit) for v in values) / len(values)

    def usual(self, metric: str, weekday: int) -> float:
        """The mean of the last four days of a weekday: what a forecast must be near."""
        found: list[float] = []
        day = self.now.date() - timedelta(1)
        while len(found) < 4:
            if day.isoweekday() == weekday:
                found.append(self.value({"m": metric}, (day, day + timedelta(1))) or 0)
            day -= timedelta(1)
        return sum(found) / 4


def _enough(rows: Rows, want: dict[str, Any]) -> Rows:
    """Rows without the groups that are too small for a mean or a rate to be ranked."""
    return [r for r in rows if r["n"] >= 5] if want["m"] in RATED else rows


def meets(value: float, op: str, limit: float) -> bool:
    return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[op]


def numbers(rows: Iterable[Row]) -> list[float]:
    return [v for row in rows for v in row.values() if isinstance(v, int | float) and not isinstance(v, bool)]
