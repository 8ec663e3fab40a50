"""A visit's way through the clinic: check-in, call, consultation, payment, sampling, report, pharmacy, leaving.

Each step is a line of the agenda with the clinic time at which it is due, written in the transaction of the step
before it: whatever is killed when, the day goes on where it was.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from simulator.database import Prepared
from simulator.hospital import billing, orders, places, rows, timing
from simulator.hospital.booking import Booking
from simulator.hospital.his import His
from simulator.hospital.lis import Lis
from simulator.hospital.refusal import Refused
from simulator.hospital.schema import agenda, bills, sessions

_PLAN = Prepared(agenda.insert(), ["due", "step", "subject", "data"])
_CHECK_IN_LATE = timedelta(minutes=60)
_UNPAID_STAY = 4 * 3600


class Visits:
    """Steps of visits. `now` is the clinic time of the step, which may lie before the clock's in a fast run."""

    def __init__(self, his: His, booking: Booking, lis: Lis) -> None:
        self.his, self.booking, self.lis = his, booking, lis
        self.steps: dict[str, Callable[[Connection, Row[Any], str], object]] = {
            "arrive": self._arrive,
            "call": self._call,
            "start": self._start,
            "end": self._end,
            "pay": self._pay,
            "sample": self._sample,
            "report": self._report,
            "dispense": self._dispense,
            "leave": self._leave,
            "cancel": self._cancel,
        }

    def run(self, connection: Connection, step: str, id: str, now: str) -> None:
        """Do one step of the agenda; one whose appointment went another way meanwhile is dropped."""
        a = rows.appointment(connection, id)
        if a is not None:
            self.steps[step](connection, a, now)

    def check_in(self, connection: Connection, id: str, mrn: str, who: str, now: str = "") -> None:
        """The person is here; again: nothing. Raises Refused."""
        now = now or self.his.now()
        a = rows.appointment(connection, id) or self._by_visit(connection, id)
        patient = rows.patient(connection, mrn)
        if a is None or patient is None or a.mrn != patient.mrn:
            raise Refused("NOT_FOUND", "没有找到该患者的这次预约。")
        if a.status in ("ARRIVED", "FULFILLED"):
            return
        if a.status == "HELD":
            raise Refused("NOT_PAID", "预约尚未支付，支付后才能签到。")
        if a.status != "BOOKED":
            raise Refused("TOO_LATE" if a.status == "NOSHOW" else "NOT_FOUND", "该预约已失效，不能签到。")
        if a.stopped:
            raise Refused("SLOT_STOPPED")
        if now[:10] < a.day:
            raise Refused("BAD_MESSAGE", "就诊当天才能签到。")
        if now > after(a.end, int(_CHECK_IN_LATE.total_seconds())):
            raise Refused("TOO_LATE", "已过就诊时间，不能签到，请到人工窗口咨询。")
        rows.set_appointment(connection, a.id, status="ARRIVED", stage="checked_in")
        rows.set_visit(connection, a.visit, status="in_progress", checked_in_at=now)
        places.enter(connection, a, "BOOKED", "ARRIVED", who, a.id, now)
        self._plan_consultation(connection, a, now)
        self.his.tell_visit(connection, "A04", a.id, now)

    def paid(self, connection: Connection, id: str, now: str = "") -> None:
        """Go on once every bill of the visit is paid."""
        now = now or self.his.now()
        a = rows.appointment(connection, id)
        if a is None or not a.consult_end or a.paid_at:
            return
        its_bills = connection.execute(
            select(bills.c.id, bills.c.kind, bills.c.status).where(
                bills.c.appointment == id, bills.c.kind != "REG", bills.c.status != "CANCELLED"
            )
        ).all()
        if any(b.status == "UNPAID" for b in its_bills):
            return
        self._forget(connection, id, "leave", "pay")
        kinds = {b.kind for b in its_bills}
        d = self._durations(a)
        times = [now]
        if "LAB" in kinds:
            times.append(self.plan(connection, a.id, "sample", after(now, d.to_sample)))
        if "DRUG" in kinds:
            times.append(self.plan(connection, a.id, "dispense", after(now, d.pharmacy)))
        self.plan(connection, a.id, "leave", after(max(times), d.leave))
        self._moved(connection, a, "A08", now, "paid", paid_at=now)

    def advance(self, connection: Connection, id: str) -> str:
        """Do the visit's next step now; returns its name, or nothing where none is left. Raises Refused."""
        now = self.his.now()
        a = places.find(connection, "", id)
        if a.status == "BOOKED":
            self._forget(connection, a.id, "arrive", "cancel")
            self.check_in(connection, a.id, a.mrn, "control", now)
            return "check_in"
        order = agenda.c.due, agenda.c.id
        planned = connection.execute(select(agenda).where(agenda.c.subject == a.id).order_by(*order)).first()
        waits = a.consult_end and not a.paid_at and (planned is None or planned.step == "leave")
        if waits and self._pay(connection, a, now):
            return "pay"
        if planned is None:
            return ""
        connection.execute(delete(agenda).where(agenda.c.id == planned.id))
        self.run(connection, planned.step, a.id, now)
        return planned.step

    def plan(self, connection: Connection, id: str, step: str, due: str) -> str:
        _PLAN(connection, due=due, step=step, subject=id, data="{}")
        return due

    def sweep(self, connection: Connection, now: str) -> None:
        """Who did not come is a no-show; who could not, because the clinic was stopped, gets the money back."""
        limit = rows.iso(datetime.fromisoformat(now) - _CHECK_IN_LATE)
        c = rows.appointments.c
        late = connection.execute(
            rows.APPOINTMENT.where(c.status == "BOOKED", rows.slots.c.end < limit)
        ).all()
        for a in late:
            due = after(a.end, int(_CHECK_IN_LATE.total_seconds()))
            if a.stopped:
                self.booking.cancel(
                    connection, f"stop-{a.id}", a.id, a.stop_reason or "停诊", "clinic", now=due
                )
                continue
            rows.set_appointment(connection, a.id, status="NOSHOW", stage="")
            rows.set_visit(connection, a.visit, status="no_show")
            places.enter(connection, a, "BOOKED", "NOSHOW", "clinic", a.id, due)
            self.his.tell_appointment(connection, "S26", a.id, due)

    def _arrive(self, connection: Connection, a: Row[Any], now: str) -> None:
        if a.status == "BOOKED" and not a.stopped:
            self.check_in(connection, a.id, a.mrn, "clinic", now)

    def _cancel(self, connection: Connection, a: Row[Any], now: str) -> None:
        if a.status == "BOOKED" and now <= a.cancel_deadline:
            self.booking.cancel(connection, f"cancel-{a.id}", a.id, "行程有变", "patient", now=now)

    def _plan_consultation(self, connection: Connection, a: Row[Any], now: str) -> None:
        """The doctor sees one person after the other: a call waits for the one before to leave the room."""
        d = self._durations(a)
        free = connection.scalar(select(sessions.c.free_at).where(sessions.c.id == a.session)) or ""
        earliest = max(now, after(a.start, -900))
        call = max(after(earliest, d.wait), free)
        start = after(call, d.walk_in_room)
        end = after(start, d.consult)
        connection.execute(update(sessions).where(sessions.c.id == a.session).values(free_at=end))
        for step, due in (("call", call), ("start", start), ("end", end)):
            self.plan(connection, a.id, step, due)

    def _call(self, connection: Connection, a: Row[Any], now: str) -> None:
        self._moved(connection, a, "A08", now, "called", called_at=now)

    def _start(self, connection: Connection, a: Row[Any], now: str) -> None:
        self._moved(connection, a, "A08", now, "consulting", consult_start=now)

    def _end(self, connection: Connection, a: Row[Any], now: str) -> None:
        rows.set_appointment(connection, a.id, status="FULFILLED")
        places.enter(connection, a, a.status, "FULFILLED", "clinic", a.id, now)
        d = self._durations(a)
        fees = {"DRUG": 0, "EXAM": 0, "LAB": 0, "TREAT": 0}
        issued = orders.order(self._rng(a, "orders"), self.his.house.departments[a.department], a.visit_type)
        for kind, items in issued.items():
            bill = billing.issue(connection, a, kind, items, now, "doctor")
            fees[kind] += sum(q * p for _, _, q, p in items)
            if kind == "LAB":
                self.lis.request(a, bill, [code for code, *_ in items], now)
            self.his.tell_bill(connection, bill, now)
        if not issued:
            self.plan(connection, a.id, "leave", after(now, d.leave))
        elif a.background:
            self.plan(connection, a.id, "pay", after(now, d.payment))
        else:
            # A person of the front desk pays in the chat; who never does leaves at last with the bill open.
            self.plan(connection, a.id, "leave", after(now, _UNPAID_STAY))
        self._moved(
            connection,
            a,
            "A08",
            now,
            "consulted",
            consult_end=now,
            fee_drug=fees["DRUG"],
            fee_exam=fees["EXAM"] + fees["LAB"],
            fee_other=fees["TREAT"],
        )

    def _pay(self, connection: Connection, a: Row[Any], now: str) -> int:
        """Pay what is open at the window; how many bills."""
        open_bills = connection.execute(
            select(bills).where(
                bills.c.appointment == a.id, bills.c.status == "UNPAID", bills.c.kind != "REG"
            )
        ).all()
        method = "微信支付" if a.channel in timing.ONLINE else "窗口"
        for bill in open_bills:
            billing.settle(connection, bill, f"W{a.id[1:]}", now, method, now, "patient")
            self.his.tell_bill(connection, bill.id, now)
        self.paid(connection, a.id, now)
        return len(open_bills)

    def _sample(self, connection: Connection, a: Row[Any], now: str) -> None:
        self.lis.sampled(a.id, now)
        self.plan(connection, a.id, "report", after(now, self._durations(a).report))
        self._moved(connection, a, "A08", now, "sampled", sampled_at=now)

    def _report(self, connection: Connection, a: Row[Any], now: str) -> None:
        self.lis.report_visit(connection, a, now)
        stage = a.stage if a.stage in ("left", "dispensed") else "reported"
        self._moved(connection, a, "A08", now, stage, reported_at=now)

    def _dispense(self, connection: Connection, a: Row[Any], now: str) -> None:
        self._moved(connection, a, "A08", now, "dispensed", dispensed_at=now)

    def _leave(self, connection: Connection, a: Row[Any], now: str) -> None:
        rng, doctor = self._rng(a, "leave"), self.his.house.doctors[a.doctor]
        waited = seconds_between(a.checked_in_at, a.consult_start)
        self._moved(
            connection,
            a,
            "A08",
            now,
            "left",
            left_at=now,
            status="completed",
            satisfaction=timing.satisfaction(rng, doctor, waited),
            complaint=int(timing.complains(rng, waited)),
        )

    def _moved(
        self, connection: Connection, a: Row[Any], trigger: str, now: str, stage: str, **values: Any
    ) -> None:
        rows.set_appointment(connection, a.id, stage=stage)
        rows.set_visit(connection, a.visit, **values)
        self.his.tell_visit(connection, trigger, a.id, now)

    def _durations(self, a: Row[Any]) -> timing.Durations:
        house = self.his.house
        return timing.draw(
            self._rng(a, "durations"),
            house.departments[a.department],
            house.doctors[a.doctor],
            a.campus,
            a.room,
            int(a.start[11:13]),
            a.visit_type,
            a.channel,
            bool(a.first_visit),
        )

    def _rng(self, a: Row[Any], what: str) -> random.Random:
        return random.Random(f"{what}-{self.his.house.seed}-{a.id}")

    def _forget(self, connection: Connection, id: str, *steps: str) -> None:
        connection.execute(delete(agenda).where(agenda.c.subject == id, agenda.c.step.in_(steps)))

    def _by_visit(self, connection: Connection, visit: str) -> Row[Any] | None:
        return connection.execute(rows.APPOINTMENT.where(rows.appointments.c.visit == visit)).first()


def after(moment: str, seconds: int) -> str:
    """The clinic time so many seconds later."""
    return rows.iso(datetime.fromisoformat(moment) + timedelta(seconds=seconds))


def seconds_between(start: str | None, end: str | None) -> int:
    if not start or not end:
        return 0
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
