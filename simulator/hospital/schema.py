"""The tables of the simulated HIS. Times are ISO text without offset, clinic time (Asia/Shanghai); money is fen."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
ACTIVE = ("HELD", "BOOKED", "ARRIVED")
"""Appointment states in which the same patient cannot take the same slot again."""
OCCUPYING = ("HELD", "BOOKED", "ARRIVED", "FULFILLED", "NOSHOW")
"""Appointment states that use up a place of the slot."""

meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))

counters = Table(
    "counters", metadata, Column("name", String, primary_key=True), Column("value", Integer, nullable=False)
)

patients = Table(
    "patients",
    metadata,
    Column("mrn", String, primary_key=True),
    Column("name", String, nullable=False, index=True),
    Column("sex", String, nullable=False),  # M, F
    Column("birth_date", String, nullable=False),
    Column("id_number", String, unique=True),
    Column("phone", String, index=True),
    Column("address", String),
    Column("insurance", String, nullable=False, server_default="自费"),
    Column("insurance_card", String, index=True),
    Column("openid", String, unique=True),
    Column("registered_at", String, nullable=False),
    Column("merged_into", String),
)

family = Table(
    "family",
    metadata,
    Column("mrn", String, ForeignKey("patients.mrn"), primary_key=True),
    Column("relative", String, ForeignKey("patients.mrn"), primary_key=True),
    Column("relation", String, nullable=False),  # HL7 table 0063: what the relative is to the patient
    Column("relation_text", String, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("doctor", String, nullable=False),
    Column("department", String, nullable=False),
    Column("campus", String, nullable=False),
    Column("room", String, nullable=False),
    Column("day", String, nullable=False, index=True),
    Column("part", String, nullable=False),  # AM, PM
    Column("visit_type", String, nullable=False),
    Column("fee", Integer, nullable=False),
    Column("stop_reason", String),
    Column("next_number", Integer, nullable=False, server_default="1"),
    Column("free_at", String),
    UniqueConstraint("doctor", "day", "part"),
)

slots = Table(
    "slots",
    metadata,
    Column("id", String, primary_key=True),
    Column("session", String, ForeignKey("sessions.id"), nullable=False, index=True),
    Column("start", String, nullable=False, index=True),
    Column("end", String, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("remaining", Integer, nullable=False),
    Column("stopped", Integer, nullable=False, server_default="0"),
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", String, primary_key=True),
    Column("placer", String, nullable=False, unique=True),
    Column("mrn", String, ForeignKey("patients.mrn"), nullable=False, index=True),
    Column("slot", String, ForeignKey("slots.id"), nullable=False, index=True),
    Column("status", String, nullable=False, index=True),
    Column("voucher", String, unique=True),
    Column("queue_number", Integer),
    Column("held_until", String),
    Column("held_at", String),
    Column("booked_at", String),
    Column("channel", String, nullable=False),
    Column("operator", String, nullable=False, server_default=""),
    Column("bill", String, nullable=False),
    Column("cancel_deadline", String, nullable=False),
    Column("reason", String, nullable=False, server_default=""),
    Column("refund_fen", Integer, nullable=False, server_default="0"),
    Column("visit", String, nullable=False, unique=True),
    Column("stage", String, nullable=False, server_default=""),
    Column("background", Integer, nullable=False, server_default="0"),
)
Index(
    "one_active_booking_of_a_slot",
    appointments.c.slot,
    appointments.c.mrn,
    unique=True,
    sqlite_where=text("status IN ('HELD', 'BOOKED', 'ARRIVED')"),
)
Index("holds_to_expire", appointments.c.held_until, sqlite_where=text("status = 'HELD'"))

requests = Table(
    "requests",
    metadata,
    Column("kind", String, primary_key=True),  # HOLD, CONFIRM, RESCHEDULE, CANCEL
    Column("placer", String, primary_key=True),
    Column("content", String, nullable=False),
    Column("appointment", String, nullable=False),
)

bills = Table(
    "bills",
    metadata,
    Column("id", String, primary_key=True),
    Column("mrn", String, ForeignKey("patients.mrn"), nullable=False, index=True),
    Column("appointment", String, nullable=False, index=True),
    Column("kind", String, nullable=False),  # REG, EXAM, LAB, DRUG, TREAT
    Column("status", String, nullable=False),  # UNPAID, PAID, REFUNDED, CANCELLED
    Column("total", Integer, nullable=False),
    Column("issued_at", String, nullable=False),
    Column("department", String, nullable=False),
    Column("doctor", String, nullable=False),
    Column("order_no", String, index=True),
    Column("paid_at", String),
    Column("method", String),
)

bill_items = Table(
    "bill_items",
    metadata,
    Column("bill", String, ForeignKey("bills.id"), primary_key=True),
    Column("no", Integer, primary_key=True),
    Column("code", String, nullable=False),
    Column("name", String, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price", Integer, nullable=False),
    Column("amount", Integer, nullable=False),
)

visits = Table(
    "visits",
    metadata,
    Column("id", String, primary_key=True),
    Column("appointment", String, nullable=False, unique=True),
    Column("status", String, nullable=False),  # booked, in_progress, completed, cancelled, no_show
    Column("first_visit", Integer, nullable=False),
    *(
        Column(name, String)
        for name in [
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
    ),
    Column("fee_drug", Integer, nullable=False, server_default="0"),
    Column("fee_exam", Integer, nullable=False, server_default="0"),
    Column("fee_other", Integer, nullable=False, server_default="0"),
    Column("satisfaction", Integer),
    Column("complaint", Integer, nullable=False, server_default="0"),
)

agenda = Table(
    "agenda",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("due", String, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("data", Text, nullable=False, server_default="{}"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("time", String, nullable=False),
    Column("who", String, nullable=False),
    Column("entity", String, nullable=False),  # appointment, bill, slot, patient
    Column("entity_id", String, nullable=False, index=True),
    Column("mrn", String, nullable=False, index=True),
    Column("slot", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("key", String, nullable=False),
    sqlite_autoincrement=True,
)

outqueue = Table(
    "outqueue",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("control_id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("state", String, nullable=False, server_default="waiting"),  # waiting, refused
    sqlite_autoincrement=True,
)
