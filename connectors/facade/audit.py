"""An AuditEvent for every access: queued by the request, written in batches by a thread, never dropped.

If the records cannot be written, requests are refused until they can.
"""

import queue
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, select
from sqlalchemy.exc import SQLAlchemyError

from common import logs
from common.clock import SHANGHAI
from connectors.facade.outcome import AuditUnavailable
from connectors.facade.store import open_engine

metadata = MetaData()
table = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("time", String(40), nullable=False, index=True),
    Column("agent", String(120), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("interaction", String(24), nullable=False),
    Column("type", String(40), nullable=False),
    Column("resource", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", String(40), nullable=False),
)
touched = Table(
    "audit_patient",
    metadata,
    Column("audit_id", Integer, primary_key=True),
    Column("patient", String(64), primary_key=True),
    Index("audit_by_patient", "patient"),
)

LIMIT = 10_000
BATCH = 500
RETRY_SECONDS = 0.5
STOP_SECONDS = 5.0
"""How long the end of the process waits for a database that does not take the records."""
log = logs.logger("audit")


@dataclass(frozen=True, slots=True)
class Access:
    """One access: who, what, whose, when, with what outcome. No content."""

    time: datetime
    agent: str
    role: str
    interaction: str
    type: str
    resource: str
    patients: tuple[str, ...]
    status: int
    code: str = ""


class Audit:
    """The record of accesses, in a database of its own. `start`, then `check` and `record` in each request."""

    def __init__(self, path: Path, *, limit: int = LIMIT) -> None:
        self.engine = open_engine(path)
        metadata.create_all(self.engine)
        with self.engine.connect() as connection:
            last = connection.execute(select(table.c.id).order_by(table.c.id.desc()).limit(1)).scalar()
        self._next = (last or 0) + 1
        self._queue: queue.Queue[Access | None] = queue.Queue(limit)
        self._failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        """Raises AuditUnavailable where an access could not be recorded now. Ask before doing anything."""
        if self._failing or self._queue.full() or not self._thread.is_alive():
            raise AuditUnavailable(detail="failing" if self._failing else "queue full or writer stopped")

    def record(self, access: Access) -> None:
        """Queue an access for writing. Raises AuditUnavailable; the request must then fail."""
        if not self._thread.is_alive():
            raise AuditUnavailable(detail="writer stopped")
        try:
            self._queue.put_nowait(access)
        except queue.Full:
            raise AuditUnavailable(detail="queue full") from None

    def flush(self) -> None:
        """Wait until all that was recorded is written."""
        self._queue.join()

    def stop(self) -> None:
        """Write what is queued and end the thread. What cannot be written even now is told to the log."""
        self._stopping.set()
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self.engine.dispose()

    def _run(self) -> None:
        while True:
            batch: list[Access | None] = [self._queue.get()]
            while len(batch) < BATCH:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            self._write([access for access in batch if access is not None])
            for _ in batch:
                self._queue.task_done()
            if None in batch:
                return

    def _write(self, batch: list[Access]) -> None:
        """Write a batch, however long it takes: while it fails, `check` refuses requests."""
        give_up = 0.0
        while batch:
            try:
                self._insert(batch)
            except SQLAlchemyError as error:
                if not self._failing:
                    log.error("audit cannot be written", error=type(error).__name__)
                self._failing = True
                if self._stopping.is_set():
                    give_up = give_up or time.monotonic() + STOP_SECONDS
                    if time.monotonic() > give_up:
                        log.critical("accesses not recorded", count=len(batch), error=type(error).__name__)
                        return
                time.sleep(RETRY_SECONDS)
            else:
                self._failing = False
                return

    def _insert(self, batch: list[Access]) -> None:
        rows, owners = [], []
        for number, access in enumerate(batch, self._next):
            rows.append(
                {
                    "id": number,
                    "time": access.time.isoformat(),
                    "agent": access.agent[:120],
                    "role": access.role,
                    "interaction": access.interaction[:24],
                    "type": access.type[:40],
                    "resource": access.resource[:64],
                    "status": access.status,
                    "code": access.code[:40],
                }
            )
            owners += [{"audit_id": number, "patient": p[:64]} for p in dict.fromkeys(access.patients)]
        with self.engine.begin() as connection:
            connection.execute(table.insert(), rows)
            if owners:
                connection.execute(touched.insert(), owners)
        self._next += len(batch)

    def search(
        self,
        *,
        patient: str = "",
        agent: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[dict[str, Any]]:
        """AuditEvent resources, newest first, from what was written so far. [start, end)."""
        query = select(table).order_by(table.c.id.desc()).limit(limit).offset(offset)
        if patient:
            query = query.where(
                table.c.id.in_(select(touched.c.audit_id).where(touched.c.patient == patient))
            )
        if agent:
            query = query.where(table.c.agent == agent)
        if start:
            query = query.where(table.c.time >= start.astimezone(SHANGHAI).isoformat())
        if end:
            query = query.where(table.c.time < end.astimezone(SHANGHAI).isoformat())
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
            wanted = select(touched).where(touched.c.audit_id.in_([row.id for row in rows]))
            owners: dict[int, list[str]] = {}
            for row in connection.execute(wanted):
                owners.setdefault(row.audit_id, []).append(row.patient)
        return [_resource(row, owners.get(row.id, [])) for row in rows]


_ACTION = {"read": "R", "search": "E", "create": "C", "update": "U"}


def _resource(row: Any, patients: list[str]) -> dict[str, Any]:
    entities: list[dict[str, Any]] = [
        {
            "what": {"reference": f"Patient/{patient}"},
            "role": {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1"},
        }
        for patient in patients
    ]
    if row.resource and row.type != "Patient":
        entities.append({"what": {"reference": f"{row.type}/{row.resource}"}})
    elif not entities:
        entities.append({"what": {"type": row.type or "CapabilityStatement"}})
    return {
        "resourceType": "AuditEvent",
        "id": f"a{row.id}",
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "subtype": [
            {
                "system": "http://hl7.org/fhir/restful-interaction",
                "code": row.interaction,
                "display": row.type,
            }
        ],
        "action": _ACTION.get(row.interaction, "E"),
        "recorded": row.time,
        "outcome": "0" if row.status < 400 else "4" if row.status < 500 else "8",
        "outcomeDesc": f"{row.status} {row.code}".strip(),
        "agent": [
            {
                "who": {"identifier": {"system": "urn:menzhen:account", "value": row.agent}},
                "role": [{"coding": [{"system": "urn:menzhen:role", "code": row.role}]}],
                "requestor": True,
            }
        ],
        "source": {"observer": {"display": "门诊通 FHIR 接口"}},
        "entity": entities,
    }
