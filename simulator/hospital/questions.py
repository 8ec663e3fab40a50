"""Answers to questions: patients, departments, doctors, slots, appointments, charges."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from simulator.hospital import rows
from simulator.hospital.his import His
from simulator.hospital.hl7 import Message, Segment, from_hl7, segment
from simulator.hospital.refusal import Refused
from simulator.hospital.registry import Registry
from simulator.hospital.schema import appointments, bills, sessions, slots

MAX_ROWS = 1000


class Questions:
    """Each method returns the answer's MSH-9 and its segments after MSA."""

    def __init__(self, his: His, registry: Registry) -> None:
        self.his, self.registry = his, registry
        self.handlers: dict[str, Callable[[Connection, Message], tuple[str, list[str]]]] = {
            "QBP^Q22": self.patients,
            "QBP^Z01": self.departments,
            "QBP^Z02": self.doctors,
            "QBP^Z03": self.appointments,
            "QBP^Z04": self.charges,
            "SQM^S25": self.slots,
        }

    def patients(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        qpd = message.need("QPD")
        criteria: dict[str, str] = {}
        for repetition in qpd.repetitions(3):
            if len(repetition) >= 2 and repetition[0].startswith("@") and repetition[1].strip():
                criteria[repetition[0][1:]] = repetition[1].strip()
        if not criteria:
            raise Refused("BAD_MESSAGE", "缺少查询条件（QPD-3）。")
        body: list[str] = []
        for number, patient in enumerate(self.registry.find(connection, criteria), 1):
            body.append(self.his.segments.pid(patient, number))
            family = rows.relatives(connection, patient.mrn)
            body += [self.his.segments.nk1(r, n) for n, r in enumerate(family, 1)]
        return _answer("RSP^K22^RSP_K21", qpd, body)

    def departments(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        body = [self.his.segments.zdp(d) for d in self.his.house.departments.values()]
        return _answer("RSP^Z01^RSP_K21", message.need("QPD"), body)

    def doctors(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        qpd = message.need("QPD")
        department = qpd.get(3)
        found = [d for d in self.his.house.doctors.values() if department in ("", d.department)]
        return _answer("RSP^Z02^RSP_K21", qpd, [self.his.segments.zdr(d) for d in found])

    def appointments(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        qpd = message.need("QPD")
        mrn, start, end, id, placer = (qpd.get(n) for n in (3, 4, 5, 6, 7))
        query = rows.APPOINTMENT
        if id:
            query = query.where(appointments.c.id == id)
        elif placer:
            query = query.where(appointments.c.placer == placer)
        elif mrn:
            patient = rows.patient(connection, mrn)
            query = query.where(appointments.c.mrn == (patient.mrn if patient else mrn))
        else:
            raise Refused("BAD_MESSAGE", "缺少病历号、预约号或预约单号。")
        if start:
            query = query.where(slots.c.start >= from_hl7(start))
        if end:
            query = query.where(slots.c.start < from_hl7(end, end_of_day=True))
        now = self.his.now()
        body: list[str] = []
        for a in rows.find_appointments(connection, query):
            body += self.his.segments.appointment(a, now)
        return _answer("RSP^Z03^RSP_K21", qpd, body)

    def charges(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        qpd = message.need("QPD")
        mrn, which, id = qpd.get(3), qpd.get(4).upper(), qpd.get(5)
        query = select(bills).order_by(bills.c.issued_at, bills.c.id).limit(MAX_ROWS)
        if id:
            query = query.where(bills.c.id == id)
        elif mrn:
            patient = rows.patient(connection, mrn)
            query = query.where(bills.c.mrn == (patient.mrn if patient else mrn))
        else:
            raise Refused("BAD_MESSAGE", "缺少病历号或账单号。")
        if which == "UNPAID":
            query = query.where(bills.c.status == "UNPAID")
        elif which not in ("", "ALL"):
            raise Refused("BAD_MESSAGE", "QPD-4 只能是 UNPAID 或 ALL。")
        body: list[str] = []
        for bill in connection.execute(query).all():
            body += self.his.segments.zbl(bill, rows.items(connection, bill.id))
        return _answer("RSP^Z04^RSP_K21", qpd, body)

    def slots(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        qrd, qrf = message.need("QRD"), message.first("QRF")
        one = message.first("ZSL").get(1)
        now = self.his.now()
        if one:
            query = rows.SLOT.where(slots.c.id == one)
        else:
            start = from_hl7(qrf.get(2)) if qrf.get(2) else now
            query = rows.SLOT.where(slots.c.start >= start)
            if qrf.get(3):
                query = query.where(slots.c.start < from_hl7(qrf.get(3), end_of_day=True))
            if department := message.first("AIS").get(3):
                query = query.where(sessions.c.department == department)
            if doctor := message.first("AIP").get(3):
                query = query.where(sessions.c.doctor == doctor)
        limit = qrd.get(7)
        if limit and not limit.isdigit():
            raise Refused("BAD_MESSAGE", "QRD-7 须为条数。")
        query = query.order_by(slots.c.start, sessions.c.doctor).limit(min(int(limit or 200), MAX_ROWS))
        body: list[str] = []
        for slot in connection.execute(query).all():
            body += self.his.segments.slot(slot, now)
        found = segment("QAK", {1: qrd.get(4), 2: "OK" if body else "NF"})
        return "SQR^S25^SQR_S25", [found, *body]


def _answer(type: str, qpd: Segment, body: list[str]) -> tuple[str, list[str]]:
    found = segment("QAK", {1: qpd.get(2), 2: "OK" if body else "NF"})
    return type, [found, "|".join(qpd.fields), *body]
