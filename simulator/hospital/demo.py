"""The demo patients: six invented people, each with something to show, and how they are put into the hospital."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from simulator.hospital import billing, orders, panels, places, rows, schedule, schema
from simulator.hospital.booking import Booking
from simulator.hospital.his import His
from simulator.hospital.lis import Lis
from simulator.hospital.people import Person, Population, parent
from simulator.hospital.schema import appointments, sessions, slots, visits
from simulator.hospital.staff import Template
from simulator.hospital.visits import after


@dataclass(frozen=True, slots=True)
class Demo:
    openid: str
    name: str
    note: str


DEMOS = (
    Demo("wx-zhang", "张建国", "成年男性，刚就诊过，有新出的化验报告，其中有超出参考区间的结果"),
    Demo("wx-li", "李敏", "一位母亲，就诊人中有6岁的儿子王子涵"),
    Demo("wx-wang", "王德福", "72岁，当天有一个已支付的预约，可签到"),
    Demo("wx-chen", "陈静", "有未缴的检验费和药费"),
    Demo("wx-zhao", "赵磊", "新近建档，没有任何就诊、预约和账单"),
    Demo("wx-liu", "刘洋", "近90天爽约3次，已被限制线上预约"),
)


def people(population: Population) -> None:
    """Put the demo patients at the head of the population, so that their numbers never change."""
    add = population.person
    add(46, "M", name="张建国", insurance="职工医保", openid="wx-zhang")
    mother = add(35, "F", name="李敏", insurance="职工医保", openid="wx-li")
    add(72, "M", name="王德福", insurance="职工医保", openid="wx-wang")
    add(29, "F", name="陈静", insurance="居民医保", openid="wx-chen")
    add(33, "M", name="赵磊", insurance="自费", openid="wx-zhao")
    add(41, "M", name="刘洋", insurance="职工医保", openid="wx-liu")
    child = add(6, "M", name="王子涵", insurance="居民医保")
    child.phone = mother.phone
    parent(mother, child)


class DemoData:
    """Writes the demo patients' history, through the HIS's own rules where it lies in the future."""

    def __init__(self, his: His, booking: Booking, lis: Lis) -> None:
        self.his, self.booking, self.lis = his, booking, lis

    def write(self, connection: Connection, made: list[Person]) -> None:
        mrn = {p.openid: p.mrn for p in made if p.openid}
        today = date.fromisoformat(self.his.now()[:10])
        zhang = self._past(connection, mrn["wx-zhang"], "0304", self._workday(today, 1), "FULFILLED")
        self._report(
            connection,
            zhang,
            {
                "LIPID": {"TC": "6.02", "TG": "2.31", "HDL-C": "1.12", "LDL-C": "4.05"},
                "LFT": {"ALT": "63", "AST": "38"},
            },
        )
        chen = self._past(connection, mrn["wx-chen"], "0302", self._workday(today, 1), "FULFILLED")
        self._unpaid(connection, chen)
        for back in (12, 33, 58):
            self._past(connection, mrn["wx-liu"], "1300", self._workday(today, back), "NOSHOW")
        self._today(connection, mrn["wx-wang"], "0304")

    def listing(self, connection: Connection) -> list[dict[str, Any]]:
        """The demo patients for `GET /demo`; identity numbers are masked."""
        listed = []
        for demo in DEMOS:
            p = connection.execute(
                select(schema.patients).where(schema.patients.c.openid == demo.openid)
            ).first()
            if p is None:
                continue
            number = p.id_number or ""
            listed.append(
                {
                    "openid": demo.openid,
                    "code": "demo-" + demo.openid.removeprefix("wx-"),
                    "mrn": p.mrn,
                    "name": p.name,
                    "id_number": number[:3] + "*" * 11 + number[-4:] if number else "",
                    "note": demo.note,
                    "family": [
                        {"mrn": r.relative, "name": r.name, "relation": r.relation_text}
                        for r in rows.relatives(connection, p.mrn)
                    ],
                }
            )
        return listed

    def _workday(self, today: date, back: int) -> date:
        day = today - timedelta(days=back)
        while day.weekday() > 4:
            day -= timedelta(days=1)
        return day

    def _past(self, connection: Connection, mrn: str, department: str, day: date, status: str) -> Any:
        """A past appointment of a demo patient, with its session and slot, as the clinic would have left it."""
        house = self.his.house
        template = next(
            t
            for t in house.templates
            if t.weekday == day.weekday()
            and t.part == "AM"
            and t.campus == "MAIN"
            and t.visit_type == "GEN"
            and house.doctors[t.doctor].department == department
        )
        slot = self._slot(connection, template, day)
        number = rows.next_number(connection, "appointment", start=10000001)
        id, start = f"A{number}", slot["start"]
        booked, done = after(start, -40000), status == "FULFILLED"
        connection.execute(
            update(slots).where(slots.c.id == slot["id"]).values(remaining=slots.c.remaining - 1)
        )
        connection.execute(
            insert(appointments).values(
                id=id,
                placer=f"DEMO-{id}",
                mrn=mrn,
                slot=slot["id"],
                status=status,
                voucher=f"{90000000 + number % 10000}",
                queue_number=3,
                held_at=booked,
                booked_at=booked,
                channel="微信小程序",
                operator="demo",
                bill="",
                cancel_deadline=after(start, -1800),
                visit=f"V{number}",
                stage="left" if done else "",
            )
        )
        times = {
            "checked_in_at": after(start, -600),
            "called_at": after(start, 300),
            "consult_start": after(start, 360),
            "consult_end": after(start, 900),
            "left_at": after(start, 3600),
        }
        connection.execute(
            insert(visits).values(
                id=f"V{number}",
                appointment=id,
                status="completed" if done else "no_show",
                first_visit=1,
                **(times if done else {}),
            )
        )
        a = rows.appointment(connection, id)
        assert a is not None
        fee = house.visit_types["GEN"].fee
        bill = billing.issue(connection, a, "REG", [("REG-GEN", "普通门诊挂号费", 1, fee)], booked, "demo")
        row = rows.bill(connection, bill)
        assert row is not None
        billing.settle(connection, row, f"DEMO-{id}", booked, "微信支付", booked, "demo")
        rows.set_appointment(connection, id, bill=bill)
        for before, then, at in (("", "HELD", booked), ("HELD", "BOOKED", booked)):
            places.enter(connection, a, before, then, "demo", f"DEMO-{id}", at)
        last = times["consult_end"] if done else after(start, 5400)
        places.enter(connection, a, "BOOKED", status, "demo", f"DEMO-{id}", last)
        return rows.appointment(connection, id)

    def _slot(self, connection: Connection, template: Template, day: date) -> dict[str, Any]:
        """The second slot of that half day, made where the day lies before the first start."""
        session, made = schedule.half_day(self.his.house, template, day)
        if not connection.scalar(select(sessions.c.id).where(sessions.c.id == session["id"])):
            connection.execute(insert(sessions), [session | {"stop_reason": None}])
            connection.execute(insert(slots), [s | {"stopped": 0} for s in made])
        return made[1]

    def _report(self, connection: Connection, a: Any, values: dict[str, dict[str, str]]) -> None:
        """Paid lab panels of yesterday whose reports came out a moment ago."""
        now = self.his.now()
        items = [(c, panels.panel(c).name, 1, panels.panel(c).price) for c in values]
        bill_id = billing.issue(connection, a, "LAB", items, a.consult_end, "doctor")
        bill = rows.bill(connection, bill_id)
        assert bill is not None
        paid = after(a.consult_end, 480)
        billing.settle(connection, bill, f"DEMO-{bill_id}", paid, "微信支付", paid, "demo")
        numbers = self.lis.request(a, bill_id, list(values), a.consult_end)
        self.lis.sampled(a.id, after(paid, 900))
        issued = rows.iso(datetime.fromisoformat(now) - timedelta(minutes=20))
        rows.set_visit(
            connection,
            a.visit,
            paid_at=paid,
            sampled_at=after(paid, 900),
            reported_at=issued,
            fee_exam=bill.total,
        )
        for number, fixed in zip(numbers, values.values(), strict=True):
            self.lis.report(connection, a, number, issued, fixed)

    def _unpaid(self, connection: Connection, a: Any) -> None:
        rng = random.Random("demo-unpaid")
        department = self.his.house.departments[a.department]
        items = [(c, panels.panel(c).name, 1, panels.panel(c).price) for c in ("LFT", "CBC")]
        lab = billing.issue(connection, a, "LAB", items, a.consult_end, "doctor")
        self.lis.request(a, lab, ["LFT", "CBC"], a.consult_end)
        drugs = orders.order(rng, department, "CON")["DRUG"]
        billing.issue(connection, a, "DRUG", drugs, a.consult_end, "doctor")

    def _today(self, connection: Connection, mrn: str, department: str) -> None:
        """A paid booking for later today; for the next open half day where today's clinic is over."""
        now = self.his.now()
        query = rows.SLOT.where(
            sessions.c.department == department,
            sessions.c.visit_type == "GEN",
            sessions.c.campus == "MAIN",
            slots.c.remaining > 1,
            slots.c.stopped == 0,
            slots.c.start > after(now, 5400),
        ).order_by(slots.c.start)
        found = (
            connection.execute(query).first()
            or connection.execute(
                rows.SLOT.where(slots.c.start > now, slots.c.remaining > 0, slots.c.stopped == 0)
            ).first()
        )
        if found is None:
            return
        id = self.booking.hold(connection, "DEMO-TODAY", mrn, found.slot, 900, "demo", "微信小程序")
        paid = rows.iso(datetime.fromisoformat(now))
        self.booking.confirm(connection, "", id, "DEMO-TODAY", found.fee, paid, "微信支付", "demo")
