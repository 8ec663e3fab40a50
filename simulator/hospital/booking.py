"""Holds, confirmations, cancellations and changes of appointments, each in the caller's transaction.

No slot is given twice: the place is taken by `UPDATE … WHERE remaining > 0`, the patient's second booking of the
same slot is stopped by a unique index, and the same request number finds what it did before.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.exc import IntegrityError

from simulator.hospital import billing, rows
from simulator.hospital.his import His
from simulator.hospital.places import (
    digest,
    enter,
    find,
    free,
    no_shows,
    open_visit,
    queue_number,
    remember,
    repeated,
    take,
    voucher,
)
from simulator.hospital.refusal import Refused
from simulator.hospital.schema import appointments

FIRST = 10000001
MIN_HOLD, MAX_HOLD = 30, 3600
CANCEL_BEFORE = timedelta(minutes=30)
BLACKLIST_COUNT = 3


class Booking:
    """The HIS's appointment book."""

    def __init__(self, his: His) -> None:
        self.his = his

    def hold(
        self,
        connection: Connection,
        placer: str,
        mrn: str,
        slot_id: str,
        seconds: int,
        operator: str,
        channel: str,
        *,
        background: bool = False,
        now: str = "",
    ) -> str:
        """Take a place for a time, with its unpaid registration bill; returns the appointment's id."""
        if not placer or not slot_id:
            raise Refused("BAD_MESSAGE", "缺少预约单号（ARQ-1）或号源号（ZSL-1）。")
        content = digest(mrn, slot_id)
        before = repeated(connection, "HOLD", placer, content)
        if before:
            return before
        now = now or self.his.now()
        patient, slot = rows.patient(connection, mrn), rows.slot(connection, slot_id)
        if patient is None:
            raise Refused("NO_PATIENT")
        if slot is None:
            raise Refused("NO_SLOT")
        self._check_slot(slot, now)
        if not background and no_shows(connection, patient.mrn, now) >= BLACKLIST_COUNT:
            raise Refused("BLACKLISTED")
        number = rows.next_number(connection, "appointment", start=FIRST)
        id = f"A{number}"
        until = rows.iso(
            datetime.fromisoformat(now) + timedelta(seconds=min(max(seconds, MIN_HOLD), MAX_HOLD))
        )
        try:
            with connection.begin_nested():
                connection.execute(
                    appointments.insert().values(
                        id=id,
                        placer=placer,
                        mrn=patient.mrn,
                        slot=slot_id,
                        status="HELD",
                        held_until=until,
                        held_at=now,
                        channel=channel,
                        operator=operator,
                        bill="",
                        cancel_deadline=rows.iso(datetime.fromisoformat(slot.start) - CANCEL_BEFORE),
                        visit=f"V{number}",
                        stage="",
                        background=int(background),
                    )
                )
        except IntegrityError:
            raise Refused("DUPLICATE") from None
        take(connection, slot_id)
        open_visit(connection, id, f"V{number}", patient.mrn, slot.department, background)
        made = rows.appointment(connection, id)
        assert made is not None
        kind = self.his.house.visit_types[slot.visit_type]
        item = (f"REG-{slot.visit_type}", f"{kind.name}门诊挂号费", 1, slot.fee)
        bill = billing.issue(connection, made, "REG", [item], now, operator)
        rows.set_appointment(connection, id, bill=bill)
        remember(connection, "HOLD", placer, content, id)
        enter(connection, made, "", "HELD", operator, placer, now)
        return id

    def confirm(
        self,
        connection: Connection,
        placer: str,
        filler: str,
        order_no: str,
        amount: int,
        paid_at: str,
        method: str,
        operator: str,
        *,
        now: str = "",
    ) -> str:
        """The registration bill was paid: book. After the hold ran out it is booked all the same if a place is left."""
        a = find(connection, placer, filler)
        now = now or self.his.now()
        if not order_no:
            raise Refused("NOT_PAID", "缺少支付订单号。")
        bill = rows.bill(connection, a.bill)
        assert bill is not None
        if (
            a.status in ("BOOKED", "ARRIVED", "FULFILLED", "NOSHOW", "CANCELLED")
            and bill.order_no == order_no
        ):
            return a.id
        if a.status in ("BOOKED", "ARRIVED", "FULFILLED"):
            raise Refused("DUPLICATE", "该预约已由另一笔订单支付，本次费用将原路退回。")
        if a.status not in ("HELD", "RELEASED") or (a.status == "RELEASED" and a.reason != "expired"):
            raise Refused("HOLD_EXPIRED", "该预约已取消，费用将原路退回。")
        if amount != bill.total:
            raise Refused("NOT_PAID", "支付金额与挂号费不符。")
        if a.status == "RELEASED":
            self._retake(connection, a, now)
            billing.change(connection, a.bill, "UNPAID", now, operator, order_no)
            bill = rows.bill(connection, a.bill)
            assert bill is not None
        billing.settle(connection, bill, order_no, paid_at or now, method, now, operator)
        rows.set_appointment(
            connection,
            a.id,
            status="BOOKED",
            booked_at=now,
            held_until=None,
            stage="booked",
            reason="",
            voucher=voucher(connection, self.his.house.seed, a.id),
            queue_number=queue_number(connection, a.session),
        )
        remember(connection, "CONFIRM", placer, digest(a.id, order_no), a.id)
        enter(connection, a, a.status, "BOOKED", operator, order_no, now)
        self.his.tell_appointment(connection, "S12", a.id, now)
        return a.id

    def cancel(
        self,
        connection: Connection,
        placer: str,
        filler: str,
        reason: str,
        operator: str,
        *,
        now: str = "",
    ) -> tuple[str, str, int]:
        """Release a hold or cancel a booking; returns (id, order to refund, fen). Again: the same."""
        a = find(connection, placer, filler)
        bill = rows.bill(connection, a.bill)
        assert bill is not None
        if a.status in ("CANCELLED", "RELEASED"):
            if a.status == "RELEASED" and a.reason == "expired":
                # Given up after it ran out: a late payment must not book it any more.
                rows.set_appointment(connection, a.id, reason="released")
            return a.id, bill.order_no or "", a.refund_fen
        now = now or self.his.now()
        if a.status == "HELD":
            self.release(connection, a, "released", operator, placer, now)
            return a.id, "", 0
        if a.status != "BOOKED" or (now > a.cancel_deadline and not a.stopped):
            raise Refused("TOO_LATE", "已过线上退号时间或已就诊，请到人工窗口办理。")
        free(connection, a.slot)
        rows.set_appointment(
            connection, a.id, status="CANCELLED", reason=reason[:200], refund_fen=bill.total, stage=""
        )
        rows.set_visit(connection, a.visit, status="cancelled")
        billing.change(connection, a.bill, "REFUNDED", now, operator, placer)
        enter(connection, a, "BOOKED", "CANCELLED", operator, placer, now)
        self.his.tell_appointment(connection, "S15", a.id, now)
        return a.id, bill.order_no or "", bill.total

    def reschedule(
        self, connection: Connection, placer: str, filler: str, slot_id: str, operator: str
    ) -> str:
        """Move a booking; the old place is free only when the new one holds."""
        content = digest(filler, slot_id)
        before = repeated(connection, "RESCHEDULE", placer, content)
        if before:
            return before
        a, now = find(connection, "", filler), self.his.now()
        new = rows.slot(connection, slot_id)
        if new is None:
            raise Refused("NO_SLOT")
        if a.status == "HELD":
            raise Refused("NOT_PAID", "预约尚未支付，请支付后再改约，或取消后重新预约。")
        if a.status != "BOOKED" or (now > a.cancel_deadline and not a.stopped):
            raise Refused("TOO_LATE", "已过线上改约时间或已就诊，请到人工窗口办理。")
        if new.slot == a.slot:
            raise Refused("DUPLICATE", "新时段与原时段相同，无需改约。")
        self._check_slot(new, now)
        if new.fee != a.fee:
            raise Refused("BAD_MESSAGE", "新号源的挂号费与原号源不同，请退号后重新预约。")
        take(connection, slot_id)
        try:
            with connection.begin_nested():
                deadline = rows.iso(datetime.fromisoformat(new.start) - CANCEL_BEFORE)
                rows.set_appointment(
                    connection,
                    a.id,
                    slot=slot_id,
                    cancel_deadline=deadline,
                    queue_number=queue_number(connection, new.session),
                )
        except IntegrityError:
            raise Refused("DUPLICATE") from None
        free(connection, a.slot)
        remember(connection, "RESCHEDULE", placer, content, a.id)
        enter(connection, a, f"BOOKED {a.slot}", f"BOOKED {slot_id}", operator, placer, now, slot_id)
        self.his.tell_appointment(connection, "S13", a.id, now)
        return a.id

    def expire(self, connection: Connection) -> int:
        """Release every hold whose time ran out; how many."""
        now = self.his.now()
        ids = connection.scalars(
            select(appointments.c.id).where(appointments.c.status == "HELD", appointments.c.held_until <= now)
        ).all()
        for id in ids:
            a = rows.appointment(connection, id)
            assert a is not None
            self.release(connection, a, "expired", "clinic", a.placer, a.held_until)
        return len(ids)

    def release(self, connection: Connection, a: Row[Any], reason: str, who: str, key: str, now: str) -> None:
        """Give an unpaid hold's place back."""
        free(connection, a.slot)
        rows.set_appointment(connection, a.id, status="RELEASED", reason=reason)
        rows.set_visit(connection, a.visit, status="cancelled")
        billing.change(connection, a.bill, "CANCELLED", now, who, key)
        enter(connection, a, "HELD", "RELEASED", who, key, now)

    def _check_slot(self, slot: Row[Any], now: str) -> None:
        if slot.stopped:
            raise Refused("SLOT_STOPPED")
        if slot.start <= now:
            raise Refused("SLOT_PAST")

    def _retake(self, connection: Connection, a: Row[Any], now: str) -> None:
        """Take the place again for a hold that ran out before the money came."""
        if a.stopped or a.start <= now:
            raise Refused("HOLD_EXPIRED")
        try:
            take(connection, a.slot)
            with connection.begin_nested():
                rows.set_appointment(connection, a.id, status="HELD")
        except (Refused, IntegrityError):
            raise Refused("HOLD_EXPIRED") from None
        rows.set_visit(connection, a.visit, status="booked")
