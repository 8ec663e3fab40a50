"""Changes that the front desk asks for: holds, bookings, cancellations, check-in, registration, payment."""

from collections.abc import Callable

from sqlalchemy import Connection

from simulator.hospital import places, rows
from simulator.hospital.billing import Billing
from simulator.hospital.booking import Booking
from simulator.hospital.his import His
from simulator.hospital.hl7 import Message, Segment, from_hl7, segment
from simulator.hospital.refusal import Refused
from simulator.hospital.registry import Registry, read_pid
from simulator.hospital.visits import Visits

DEFAULT_HOLD = 900


class Changes:
    """Each method returns the answer's MSH-9 and its segments after MSA; it runs in one write transaction."""

    def __init__(
        self, his: His, registry: Registry, booking: Booking, billing: Billing, visits: Visits
    ) -> None:
        self.his, self.registry = his, registry
        self.booking, self.billing, self.visits = booking, billing, visits
        self.handlers: dict[str, Callable[[Connection, Message], tuple[str, list[str]]]] = {
            "SRM^S01": self.hold,
            "SRM^S02": self.reschedule,
            "SRM^S03": self.confirm,
            "SRM^S04": self.cancel,
            "ADT^A04": self.check_in,
            "ADT^A08": self.change_person,
            "ADT^A28": self.register,
            "DFT^P03": self.pay,
        }

    def hold(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        arq = message.need("ARQ")
        seconds = message.first("ZHD").get(1) or str(DEFAULT_HOLD)
        id = self.booking.hold(
            connection,
            arq.get(1),
            _mrn(message.need("PID")),
            message.need("ZSL").get(1),
            _number(seconds, "ZHD-1"),
            _operator(arq),
            arq.get(15, 3) or "微信小程序",
        )
        return "SRR^S01^SRR_S01", self._group(connection, id)

    def confirm(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        arq, zpy = message.need("ARQ"), message.need("ZPY")
        id = self.booking.confirm(
            connection,
            arq.get(1),
            arq.get(2),
            zpy.get(1),
            _number(zpy.get(2), "ZPY-2"),
            from_hl7(zpy.get(3)) if zpy.get(3) else "",
            zpy.get(4),
            _operator(arq),
        )
        return "SRR^S03^SRR_S01", self._group(connection, id)

    def reschedule(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        arq = message.need("ARQ")
        slot = message.need("ZSL").get(1)
        if not arq.get(1) or not arq.get(2):
            raise Refused("BAD_MESSAGE", "缺少新单号（ARQ-1）或预约号（ARQ-2）。")
        id = self.booking.reschedule(connection, arq.get(1), arq.get(2), slot, _operator(arq))
        return "SRR^S02^SRR_S01", self._group(connection, id)

    def cancel(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        arq = message.need("ARQ")
        id, order, refund = self.booking.cancel(
            connection, arq.get(1), arq.get(2), arq.get(6, 2), _operator(arq)
        )
        body = self._group(connection, id)
        if refund:
            body.append(segment("ZPY", {1: order, 2: refund}))
        return "SRR^S04^SRR_S01", body

    def check_in(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        id = message.need("PV1").get(19)
        mrn = _mrn(message.need("PID"))
        self.visits.check_in(connection, id, mrn, "frontdesk")
        a = places.find(connection, "", id)
        return "ACK^A04^ACK", [self.his.segments.zap(a)]

    def register(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        patient = self.registry.register(connection, read_pid(message.need("PID")), "frontdesk")
        return "ACK^A28^ACK", [self.his.segments.pid(patient)]

    def change_person(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        given = read_pid(message.need("PID"))
        if not given.get("mrn"):
            raise Refused("NO_PATIENT", "缺少病历号。")
        patient = self.registry.change(connection, given.pop("mrn"), given, "frontdesk")
        return "ACK^A08^ACK", [self.his.segments.pid(patient)]

    def pay(self, connection: Connection, message: Message) -> tuple[str, list[str]]:
        zpy = message.need("ZPY")
        lines = [(f.get(7) or f.get(2), _number(f.get(11), "FT1-11")) for f in message.all("FT1")]
        paid_at = from_hl7(zpy.get(3)) if zpy.get(3) else self.his.now()
        order, amount = zpy.get(1), _number(zpy.get(2), "ZPY-2")
        patient = rows.patient(connection, _mrn(message.need("PID")))
        if patient is None:
            raise Refused("NO_PATIENT")
        paid = self.billing.pay(
            connection, patient.mrn, lines, order, amount, paid_at, zpy.get(4), "frontdesk"
        )
        for bill in paid:
            if bill.kind == "REG":
                self.booking.confirm(
                    connection, "", bill.appointment, order, bill.total, paid_at, zpy.get(4), "frontdesk"
                )
            else:
                self.visits.paid(connection, bill.appointment)
        return "ACK^P03^ACK", []

    def _group(self, connection: Connection, id: str) -> list[str]:
        return self.his.segments.appointment(places.find(connection, "", id), self.his.now())


def _mrn(pid: Segment) -> str:
    """The medical record number of a PID, with or without assigning authority. Raises Refused."""
    mrn = read_pid(pid).get("mrn")
    if not mrn:
        raise Refused("NO_PATIENT", "缺少病历号。")
    return mrn


def _operator(arq: Segment) -> str:
    return arq.get(15) or "frontdesk"


def _number(text: str, field: str) -> int:
    if not text.isdigit() or len(text) > 12:
        raise Refused("BAD_MESSAGE", f"{field} 须为非负整数。")
    return int(text)
