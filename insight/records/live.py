"""The live feed: visit.updated events become rows, with the feed's cursor in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import structlog
from sqlalchemy import select

from insight.records import patients, rollups
from insight.records.checks import derive, fault, parse_values
from insight.records.schema import COLUMNS, VISITS
from insight.records.store import VALUE_DIMENSIONS, Store

log = structlog.get_logger(room="insight")
CURSOR = "event_cursor"
DEFAULTS = {"fee_total": 0, "fee_drug": 0, "fee_exam": 0, "complaint": 0}


def cursor(store: Store) -> int:
    """The id of the last event that was taken in, 0 before the first."""
    with store.engine.connect() as connection:
        return int(store.state(connection, CURSOR) or 0)


def apply(store: Store, events: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Takes in events in their order, all in one transaction; returns how many rows changed.

    An event that was seen before, or is of another type, changes nothing. A record that is not usable yet (an
    event may carry only some columns) or at all is logged without its contents and passed over.
    """
    if not events:
        return 0
    changed, fresh = 0, False
    touched: set[tuple[date, str]] = set()
    known = store.values()
    with store.writing, store.engine.begin() as connection:
        last = int(store.state(connection, CURSOR) or 0)
        for event in events:
            if int(event["id"]) <= last:
                continue
            last = int(event["id"])
            if event.get("type") != "visit.updated":
                continue
            row, before = _merged(connection, event)
            if row is None:
                continue
            touched |= {(r["appointment_start"].date(), r["department"]) for r in (row, before) if r}
            if store.is_duckdb:
                row["patient_number"] = _number(connection, row, before)
            connection.execute(VISITS.delete().where(VISITS.c.visit_id == row["visit_id"]))
            connection.execute(VISITS.insert().values(**derive(row)))
            changed += 1
            fresh = fresh or any(row.get(d) and row[d] not in known[d] for d in VALUE_DIMENSIONS)
        store.set_state(connection, CURSOR, str(last))
        if changed:
            if rollups.are_marked(connection):
                rollups.renew_groups(connection, sorted(touched))
            store.set_state(connection, "changed_at", now.replace(tzinfo=None).isoformat())
    if fresh:
        store.changed()
    elif changed:
        store.touched()
    return changed


def _merged(connection: Any, event: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The record with the event's columns put over it (None where it cannot be used), and as it was before."""
    data = dict(event.get("data") or {})
    data.setdefault("visit_id", event.get("subject"))
    try:
        new = parse_values(data)
    except ValueError as error:
        log.warning("visit_event_unusable", event_id=event.get("event_id"), problem=str(error))
        return None, None
    if not new.get("visit_id"):
        log.warning("visit_event_unusable", event_id=event.get("event_id"), problem="no visit_id")
        return None, None
    columns = [VISITS.c[name] for name in (*COLUMNS, "patient_number")]
    found = connection.execute(select(*columns).where(VISITS.c.visit_id == new["visit_id"])).first()
    old = dict(found._mapping) if found else None
    row = {**dict.fromkeys(COLUMNS), **DEFAULTS, **(old or {}), **new}
    problem = fault(row)
    if problem:
        log.warning("visit_event_unusable", event_id=event.get("event_id"), problem=problem)
        return None, None
    return row, old


def _number(connection: Any, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> int | None:
    """The record's patient as a number: as before where it is the same patient."""
    if not row["patient_id"]:
        return None
    if before and before["patient_id"] == row["patient_id"] and before["patient_number"] is not None:
        return int(before["patient_number"])
    return patients.number_of(connection, row["patient_id"])
