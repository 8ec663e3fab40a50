"""The visit record: one row a visit. Times are local (Asia/Shanghai) without offset, money is in fen."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

METADATA = MetaData()

TEXTS = [
    "visit_id",
    "patient_id",
    "campus",
    "department",
    "clinic_room",
    "doctor",
    "doctor_title",
    "visit_type",
    "channel",
    "sex",
    "insurance",
    "status",
]
TIMES = [
    "booked_at",
    "appointment_start",
    "checked_in_at",
    "called_at",
    "consult_start",
    "consult_end",
    "paid_at",
    "sampled_at",
    "reported_at",
    "dispensed_at",
    "left_at",
]
INTEGERS = ["first_visit", "age", "fee_total", "fee_drug", "fee_exam", "satisfaction", "complaint"]
COLUMNS = [
    "visit_id",
    "patient_id",
    "campus",
    "department",
    "clinic_room",
    "doctor",
    "doctor_title",
    "visit_type",
    "channel",
    "first_visit",
    "sex",
    "age",
    "insurance",
    "status",
    "booked_at",
    "appointment_start",
    "checked_in_at",
    "called_at",
    "consult_start",
    "consult_end",
    "paid_at",
    "sampled_at",
    "reported_at",
    "dispensed_at",
    "left_at",
    "fee_total",
    "fee_drug",
    "fee_exam",
    "satisfaction",
    "complaint",
]
REQUIRED = ("visit_id", "department", "status", "appointment_start")
STATUSES = ("completed", "cancelled", "no_show", "in_progress", "booked")

# Durations that are kept ready as whole seconds, NULL where an end is missing or the duration is below zero.
DURATIONS: dict[str, tuple[str, str]] = {
    "wait_seconds": ("checked_in_at", "consult_start"),
    "consult_seconds": ("consult_start", "consult_end"),
    "flow_seconds": ("checked_in_at", "left_at"),
    "payment_seconds": ("consult_end", "paid_at"),
    "report_seconds": ("sampled_at", "reported_at"),
    "pharmacy_seconds": ("paid_at", "dispensed_at"),
}
DERIVED = ("visit_date", "visit_hour", *DURATIONS)


def _column(name: str) -> Column[Any]:
    if name == "visit_id":
        return Column(name, String, nullable=False)
    if name in TIMES:
        return Column(name, DateTime)
    if name in INTEGERS:
        return Column(name, BigInteger if name.startswith("fee_") else SmallInteger)
    return Column(name, String)


VISITS = Table(
    "visits",
    METADATA,
    *[_column(name) for name in COLUMNS],
    Column("visit_date", Date),
    Column("visit_hour", SmallInteger),
    *[Column(name, Integer) for name in DURATIONS],
    Column("patient_number", Integer),  # see patients.py; empty where patients are not numbered
)

# What the service remembers beside the records: the cursor of the event feed, the time of the last change.
STATE = Table("insight_state", METADATA, Column("key", String, nullable=False), Column("value", Text))

INDEXES = (
    Index("visits_visit_id", VISITS.c.visit_id, unique=True),
    Index("visits_appointment", VISITS.c.appointment_start),
    Index("visits_booked", VISITS.c.booked_at),
)
"""Made on row stores only: DuckDB scans its zone maps faster, and an index over twenty million ids costs memory."""
