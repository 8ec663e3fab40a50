"""What the parts of the HIS share: database, house, clock, segments and the durable queue of notices."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row

from common import clock
from common.settings import Settings
from simulator.database import Database, Prepared
from simulator.hospital import rows, schema
from simulator.hospital.envelope import Envelope
from simulator.hospital.hl7 import segment, to_hl7
from simulator.hospital.segments import Segments
from simulator.hospital.staff import Hospital, hospital

_QUEUE = Prepared(schema.outqueue.insert(), ["control_id", "kind", "body"])


class His:
    """The HIS of one process. Notices are written in the caller's transaction and sent later by `sender`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.directory = settings.data_dir / "hospital"
        self.house: Hospital = hospital(settings.simulator_seed)
        self.database = Database(self.directory / "his.db", schema.metadata)
        self.segments = Segments(self.house)
        self.silent = False
        """While set, nothing is told: the first opening fills in a day that nobody was there to hear of."""
        self.envelope = Envelope(settings.his_charset, settings.his_version)

    def now(self) -> str:
        """The clinic's time as the tables keep it."""
        return rows.iso(clock.now())

    def notice(self, connection: Connection, type: str, segments: list[str], now: str) -> None:
        """Queue a message, e.g. type `SIU^S12`."""
        if self.silent:
            return
        control_id = uuid.uuid4().hex[:20]
        body = self.envelope.message(type, control_id, now, segments)
        _QUEUE(connection, control_id=control_id, kind=type, body=body)

    def tell_appointment(self, connection: Connection, trigger: str, id: str, now: str) -> None:
        """`SIU^trigger` with the whole group of an appointment."""
        if self.silent:
            return
        a = rows.appointment(connection, id)
        assert a is not None
        made = self.segments
        body = [
            made.sch(a, a.placer, a.id, a.status),
            made.pid(a),
            made.pv1(a),
            segment("RGS", {1: 1}),
            *made.place(a),
            made.zsl(a, now),
            made.zap(a),
            made.zvs(a),
        ]
        self.notice(connection, f"SIU^{trigger}", body, now)

    def tell_visit(self, connection: Connection, trigger: str, id: str, now: str) -> None:
        """`ADT^A04` (arrived) or `ADT^A08` (moved on) with the visit of an appointment."""
        if self.silent:
            return
        a = rows.appointment(connection, id)
        assert a is not None
        event = segment("EVN", {1: trigger, 2: to_hl7(now)})
        made = self.segments
        body = [event, made.pid(a), made.pv1(a), made.zap(a), made.zvs(a)]
        self.notice(connection, f"ADT^{trigger}", body, now)

    def tell_patient(self, connection: Connection, trigger: str, patient: Row[Any], now: str) -> None:
        """`ADT^A28` (new) or `ADT^A08` (changed), with family members."""
        family = rows.relatives(connection, patient.mrn)
        body = [
            segment("EVN", {1: trigger, 2: to_hl7(now)}),
            self.segments.pid(patient),
            segment("PV1", {1: 1, 2: "N"}),
            *(self.segments.nk1(r, n) for n, r in enumerate(family, 1)),
        ]
        self.notice(connection, f"ADT^{trigger}", body, now)

    def tell_bill(self, connection: Connection, id: str, now: str) -> None:
        """`DFT^P03`: a bill issued (`CG`) or paid (`PY`), with its visit."""
        if self.silent:
            return
        b = rows.bill(connection, id)
        assert b is not None
        patient = rows.patient(connection, b.mrn)
        visit = rows.appointment(connection, b.appointment)
        assert patient is not None
        kind = "PY" if b.status == "PAID" else "CG"
        made = self.segments
        body = [segment("EVN", {1: "P03", 2: to_hl7(now)}), made.pid(patient)]
        if visit:
            body.append(made.pv1(visit))
        body.append(segment("FT1", {1: 1, 2: b.id, 4: to_hl7(now), 6: kind, 7: b.id, 10: 1, 11: b.total}))
        body += made.zbl(b, rows.items(connection, id))
        if visit:
            body += [made.zap(visit), made.zvs(visit)]
        self.notice(connection, "DFT^P03", body, now)
