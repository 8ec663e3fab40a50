"""The questions that the HIS puts to its own database, and small writes that several parts share."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from simulator.database import Prepared
from simulator.hospital import schema
from simulator.hospital.schema import appointments, bill_items, bills, patients, sessions, slots, visits

SLOT: Any = select(
    slots.c.id.label("slot"),
    slots.c.start,
    slots.c.end,
    slots.c.capacity,
    slots.c.remaining,
    slots.c.stopped,
    slots.c.session,
    sessions.c.doctor,
    sessions.c.department,
    sessions.c.campus,
    sessions.c.room,
    sessions.c.day,
    sessions.c.part,
    sessions.c.visit_type,
    sessions.c.fee,
    sessions.c.stop_reason,
).join_from(slots, sessions, sessions.c.id == slots.c.session)

APPOINTMENT: Any = (
    SLOT.add_columns(
        *(c for c in appointments.c if c.name not in ("slot", "mrn")),
        *(c for c in patients.c if c.name != "registered_at"),
        *(c.label("visit_" + c.name) for c in visits.c if c.name in ("status",)),
        *(c for c in visits.c if c.name not in ("id", "appointment", "status")),
    )
    .join(appointments, appointments.c.slot == slots.c.id)
    .join(patients, patients.c.mrn == appointments.c.mrn)
    .join(visits, visits.c.id == appointments.c.visit)
)


_APPOINTMENT_BY_ID = Prepared(APPOINTMENT.where(appointments.c.id == bindparam("id")))
_PATIENT_BY_MRN = Prepared(select(patients).where(patients.c.mrn == bindparam("mrn")))
_BILL_BY_ID = Prepared(select(bills).where(bills.c.id == bindparam("id")))
_ITEMS_OF_BILL = Prepared(
    select(bill_items).where(bill_items.c.bill == bindparam("bill")).order_by(bill_items.c.no)
)
_LEDGER = Prepared(schema.ledger.insert(), [c.name for c in schema.ledger.c if c.name != "id"])


def iso(moment: datetime) -> str:
    """Clinic time as the tables keep it: local, without offset, whole seconds."""
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def appointment(connection: Connection, id: str) -> Row[Any] | None:
    """An appointment with its slot, session, patient and visit."""
    return _APPOINTMENT_BY_ID.first(connection, id=id)


def find_appointments(connection: Connection, query: Select[Any]) -> Sequence[Row[Any]]:
    return connection.execute(query.order_by(slots.c.start, appointments.c.id).limit(200)).all()


def slot(connection: Connection, id: str) -> Row[Any] | None:
    return connection.execute(SLOT.where(slots.c.id == id)).first()


def patient(connection: Connection, mrn: str) -> Row[Any] | None:
    """The patient with that number; after a merge, the surviving one."""
    for _ in range(5):
        found = _PATIENT_BY_MRN.first(connection, mrn=mrn)
        if found is None or found.merged_into is None:
            return found
        mrn = found.merged_into
    return None


def relatives(connection: Connection, mrn: str) -> Sequence[Row[Any]]:
    """Family members with `relation`, `relation_text` and the relative's name."""
    return connection.execute(
        select(schema.family, patients.c.name)
        .join(patients, patients.c.mrn == schema.family.c.relative)
        .where(schema.family.c.mrn == mrn)
        .order_by(schema.family.c.relative)
    ).all()


def items(connection: Connection, bill: str) -> Sequence[Row[Any]]:
    return _ITEMS_OF_BILL(connection, bill=bill)


def bill(connection: Connection, id: str) -> Row[Any] | None:
    return _BILL_BY_ID.first(connection, id=id)


def next_number(connection: Connection, name: str, count: int = 1, start: int = 1) -> int:
    """The first of `count` fresh numbers of that name."""
    first = insert(schema.counters).values(name=name, value=start + count)
    statement = first.on_conflict_do_update(
        index_elements=["name"], set_={"value": schema.counters.c.value + count}
    ).returning(schema.counters.c.value)
    return connection.execute(statement).scalar_one() - count


@lru_cache
def _update(table: Table, keys: tuple[str, ...]) -> Prepared:
    values: dict[str, Any] = {key: bindparam("new_" + key) for key in keys}
    return Prepared(update(table).where(table.c.id == bindparam("the_id")).values(values))


def _set(connection: Connection, table: Table, id: str, values: dict[str, Any]) -> None:
    new = {"new_" + key: value for key, value in values.items()}
    _update(table, tuple(values))(connection, the_id=id, **new)


def set_appointment(connection: Connection, id: str, **values: Any) -> None:
    _set(connection, appointments, id, values)


def set_visit(connection: Connection, id: str, **values: Any) -> None:
    _set(connection, visits, id, values)


def enter(
    connection: Connection,
    *,
    time: str,
    who: str,
    entity: str,
    id: str,
    mrn: str = "",
    slot: str = "",
    before: str = "",
    after: str = "",
    amount: int = 0,
    key: str = "",
) -> None:
    """One line of the append-only ledger: who changed what from which state to which, under which request."""
    _LEDGER(
        connection,
        time=time,
        who=who,
        entity=entity,
        entity_id=id,
        mrn=mrn,
        slot=slot,
        before=before,
        after=after,
        amount=amount,
        key=key,
    )


def pseudonym(mrn: str) -> str:
    """The patient's number in visit records: stable, and not to be turned back without the hospital's salt."""
    return "P" + hashlib.blake2s(mrn.encode(), key=b"simulated-hospital", digest_size=5).hexdigest()


def age(birth_date: str, day: str) -> int:
    born, on = date.fromisoformat(birth_date), date.fromisoformat(day[:10])
    return max(0, on.year - born.year - ((on.month, on.day) < (born.month, born.day)))
