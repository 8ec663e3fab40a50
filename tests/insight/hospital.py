"""A small invented hospital: deterministic visit records, and the plain-Python truth about them."""

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from insight.records.schema import COLUMNS

LAST = datetime(2026, 11, 21)
NOW = "2026-11-22T09:00:00+08:00"
DOCTORS = {"内科": ["王一帆", "李思"], "外科": ["赵云山"], "眼科": ["钱小明", "周末生"], "儿科": ["孙丽"]}
ROOMS = {name: [f"{name}{n + 1}诊室" for n in range(2)] for name in DOCTORS}


def records(days: int = 70, seed: int = 5) -> list[dict[str, Any]]:
    """Visits of `days` days up to LAST, typed as in the store."""
    rng = random.Random(seed)
    out = []
    for back in range(days, 0, -1):
        day = LAST + timedelta(1 - back)
        for number in range(8 if day.weekday() >= 5 else 24):
            out.append(_visit(rng, day, number))
    return out


def _visit(rng: random.Random, day: datetime, number: int) -> dict[str, Any]:
    department = rng.choice(list(DOCTORS))
    start = day + timedelta(hours=rng.choice([8, 9, 10, 14, 15]), minutes=10 * rng.randrange(6))
    status = rng.choices(["completed", "cancelled", "no_show"], [85, 8, 7])[0]
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
        "visit_id": f"V{day:%Y%m%d}{number:03}",
        "patient_id": f"P{rng.randrange(300):04}",
        "campus": rng.choice(["本部", "东院"]),
        "department": department,
        "clinic_room": rng.choice(ROOMS[department]),
        "doctor": rng.choice(DOCTORS[department]),
        "doctor_title": rng.choice(["主任医师", "主治医师"]),
        "visit_type": rng.choice(["普通", "专家"]),
        "channel": rng.choice(["微信小程序", "窗口", "电话"]),
        "first_visit": rng.randrange(2),
        "sex": rng.choice("男女"),
        "age": rng.randrange(90),
        "insurance": rng.choice(["自费", "城镇职工医保"]),
        "status": status,
        "booked_at": start - timedelta(hours=rng.randrange(1, 90)),
        "appointment_start": start,
        "fee_total": 1500, "fee_drug": 0, "fee_exam": 0, "complaint": 0,
    }  # fmt: skip
    if status == "completed":
        _flow(rng, row, start)
    return row


def _flow(rng: random.Random, row: dict[str, Any], start: datetime) -> None:
    moment = start - timedelta(minutes=rng.randrange(0, 40))
    for name, low, high in (
        ("checked_in_at", 0, 60), ("called_at", 60, 3000), ("consult_start", 10, 200), ("consult_end", 60, 1500),
        ("paid_at", 30, 900), ("dispensed_at", 60, 1800), ("left_at", 30, 300),
    ):  # fmt: skip
        moment += timedelta(seconds=rng.randrange(low, high))
        row[name] = moment if rng.random() > 0.05 else None
    if rng.random() < 0.3 and row["paid_at"]:
        row["sampled_at"] = row["paid_at"] + timedelta(minutes=5)
        row["reported_at"] = row["sampled_at"] + timedelta(seconds=rng.randrange(1200, 9000))
    row["fee_drug"], row["fee_exam"] = rng.randrange(20_000), rng.randrange(30_000)
    row["fee_total"] = 1500 + row["fee_drug"] + row["fee_exam"]
    row["satisfaction"] = rng.choice([None, 3, 4, 5])
    row["complaint"] = int(rng.random() < 0.03)


def write_csv(path: Path, rows: list[dict[str, Any]], columns: list[str] | None = None) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(columns or COLUMNS)
        for row in rows:
            writer.writerow([_cell(row.get(name)) for name in columns or COLUMNS])
    return path


def _cell(value: Any) -> Any:
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else value


# -- the truth, computed the slow way


def seconds(row: dict[str, Any], start: str, end: str) -> float | None:
    a, b = row[start], row[end]
    return (b - a).total_seconds() if a and b and b >= a else None


def truth(metric: str, rows: list[dict[str, Any]]) -> tuple[float | None, int]:
    """(value, n) of a metric over records, by the definitions of the catalogue."""
    done = [r for r in rows if r["status"] == "completed"]
    kept = [r for r in rows if r["status"] != "cancelled"]
    durations = {
        "wait_minutes": ("checked_in_at", "consult_start"), "consult_minutes": ("consult_start", "consult_end"),
        "flow_minutes": ("checked_in_at", "left_at"), "payment_minutes": ("consult_end", "paid_at"),
        "report_minutes": ("sampled_at", "reported_at"), "pharmacy_minutes": ("paid_at", "dispensed_at"),
    }  # fmt: skip
    if metric in durations:
        values = [s for r in rows if (s := seconds(r, *durations[metric])) is not None]
        return (sum(values) / len(values) / 60 if values else None), len(values)
    scores = [r["satisfaction"] for r in rows if r["satisfaction"]]
    shown = [r for r in rows if r["status"] in ("completed", "no_show")]
    n = len(done)
    out: dict[str, tuple[float | None, int]] = {
        "visits": (n, n),
        "registrations": (len(kept), len(kept)),
        "patients": (len({r["patient_id"] for r in done}), n),
        "doctors": (len({r["doctor"] for r in done}), n),
        "visits_per_doctor": (n / len({r["doctor"] for r in done}) if n else None, n),
        "revenue": (sum(r["fee_total"] for r in done) / 100, n),
        "fee_per_visit": (sum(r["fee_total"] for r in done) / 100 / n if n else None, n),
        "drug_fee_per_visit": (sum(r["fee_drug"] for r in done) / 100 / n if n else None, n),
        "drug_share": (
            sum(r["fee_drug"] for r in done) / sum(r["fee_total"] for r in done) if n else None,
            n,
        ),
        "satisfaction": (sum(scores) / len(scores) if scores else None, len(scores)),
        "complaints": (sum(r["complaint"] for r in done), n),
        "complaint_rate": (sum(r["complaint"] for r in done) / n if n else None, n),
        "first_visit_share": (sum(r["first_visit"] for r in done) / n if n else None, n),
        "no_show_rate": (
            sum(r["status"] == "no_show" for r in shown) / len(shown) if shown else None,
            len(shown),
        ),
        "cancel_rate": (
            sum(r["status"] == "cancelled" for r in rows) / len(rows) if rows else None,
            len(rows),
        ),
        "booking_rate": (
            sum(r["booked_at"].date() < r["appointment_start"].date() for r in kept) / len(kept)
            if kept
            else None,
            len(kept),
        ),
    }
    return out[metric]


METRICS = [
    "visits",
    "registrations",
    "patients",
    "doctors",
    "visits_per_doctor",
    "revenue",
    "fee_per_visit",
    "drug_fee_per_visit",
    "drug_share",
    "satisfaction",
    "complaints",
    "complaint_rate",
    "first_visit_share",
    "no_show_rate",
    "cancel_rate",
    "booking_rate",
    "wait_minutes",
    "consult_minutes",
    "flow_minutes",
    "payment_minutes",
    "report_minutes",
    "pharmacy_minutes",
]


def group_of(row: dict[str, Any], dimension: str) -> Any:
    start = row["appointment_start"]
    if dimension == "hour":
        return start.hour
    if dimension == "weekday":
        return start.isoweekday()
    if dimension == "date":
        return start.date().isoformat()
    if dimension == "week":
        return (start.date() - timedelta(start.weekday())).isoformat()
    if dimension == "month":
        return start.date().replace(day=1).isoformat()
    if dimension == "first_visit":
        return bool(row["first_visit"])
    if dimension == "age_band":
        return next(
            label
            for label, low in (("老年", 60), ("中年", 45), ("青年", 15), ("儿童", 0))
            if row["age"] >= low
        )
    return row[dimension]
