"""What really happened, for tests: appointments, slots, bills and the ledger, and whether they balance."""

from typing import Any

from sqlalchemy import Connection, func, select

from simulator.hospital import schema
from simulator.hospital.schema import OCCUPYING, appointments, bills, slots


def ledger(
    connection: Connection, mrn: str, placer: str, slot: str, appointment: str, limit: int
) -> dict[str, Any]:
    """Everything that the filters fit; without filters the newest `limit` of each kind."""
    query = select(appointments).order_by(appointments.c.id.desc()).limit(limit)
    for column, value in (("mrn", mrn), ("placer", placer), ("slot", slot), ("id", appointment)):
        if value:
            query = query.where(appointments.c[column] == value)
    found = _rows(connection, query)
    ids, slot_ids = [a["id"] for a in found], {a["slot"] for a in found} | ({slot} if slot else set())
    entries = schema.ledger
    filtered = any((mrn, placer, slot, appointment))
    bill_query = select(bills).order_by(bills.c.id.desc()).limit(limit)
    entry_query = select(entries).order_by(entries.c.id.desc()).limit(limit)
    slot_query = select(slots).order_by(slots.c.start).limit(limit)
    if filtered:
        by_mrn = mrn and not (placer or slot or appointment)
        bill_query = bill_query.where(bills.c.mrn == mrn if by_mrn else bills.c.appointment.in_(ids))
        bill_ids = [b["id"] for b in _rows(connection, bill_query)]
        named = entries.c.entity_id.in_([*ids, *bill_ids])
        entry_query = entry_query.where(named | (entries.c.mrn == mrn) if by_mrn else named)
        slot_query = slot_query.where(slots.c.id.in_(slot_ids))
    return {
        "appointments": found[::-1],
        "slots": _rows(connection, slot_query) if filtered else [],
        "bills": _rows(connection, bill_query)[::-1],
        "entries": _rows(connection, entry_query)[::-1],
    }


def balance(connection: Connection) -> dict[str, Any]:
    """Whether slots and appointments agree: `capacity − remaining` is the number of occupying appointments,
    the ledger's last line of each appointment and bill is its state, and no slot is above its capacity."""
    used = (
        select(appointments.c.slot, func.count().label("n"))
        .where(appointments.c.status.in_(OCCUPYING))
        .group_by(appointments.c.slot)
        .subquery()
    )
    n = func.coalesce(used.c.n, 0)
    wrong = (
        select(slots.c.id)
        .outerjoin(used, used.c.slot == slots.c.id)
        .where((slots.c.capacity - slots.c.remaining != n) | (slots.c.remaining < 0) | (n > slots.c.capacity))
    )
    problems = [f"slot {id}" for id in connection.scalars(wrong)]
    entries = schema.ledger
    last = select(func.max(entries.c.id)).group_by(entries.c.entity, entries.c.entity_id)
    states = {
        (e.entity, e.entity_id): e.after
        for e in connection.execute(select(entries).where(entries.c.id.in_(last)))
    }
    for entity, table in (("appointment", appointments), ("bill", bills)):
        for id, status in connection.execute(select(table.c.id, table.c.status)):
            if states.get((entity, id), "").split(" ")[0] != status:
                problems.append(f"{entity} {id}")
    return {"balanced": not problems, "problems": problems[:50]}


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(query)]
