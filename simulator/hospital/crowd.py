"""The people of the background load: their bookings, made in bulk where they lie in the past, else one by one."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from simulator.hospital import load, rows, schema, timing
from simulator.hospital.booking import CANCEL_BEFORE, FIRST, Booking
from simulator.hospital.his import His
from simulator.hospital.places import FIRST_SHARE
from simulator.hospital.refusal import Refused
from simulator.hospital.schema import agenda, patients, sessions, slots
from simulator.hospital.visits import after

METHODS = {"窗口": "窗口", "自助机": "自助机", "电话": "窗口"}


class Crowd:
    """Plans each day's load when the day comes into sight."""

    def __init__(self, his: His, booking: Booking) -> None:
        self.his, self.booking = his, booking

    def plan(self, connection: Connection, days: Iterable[date]) -> None:
        """Plan days that were just made: what is booked before now at once, the rest on the agenda."""
        now = self.his.now()
        people = [
            load.Someone(p.mrn, p.sex, date.fromisoformat(p.birth_date))
            for p in connection.execute(
                select(patients.c.mrn, patients.c.sex, patients.c.birth_date)
                # Demo patients and people who registered meanwhile are nobody's background.
                .where(patients.c.openid.is_(None), patients.c.merged_into.is_(None))
                .where(patients.c.registered_at == select(schema.meta.c.value).scalar_subquery())
                .order_by(patients.c.mrn)
            )
        ]
        later: list[dict[str, Any]] = []
        for day in days:
            book = _DayBook(connection, self.his, day)
            for number, plan in enumerate(load.plan_day(self.his.house, day, people)):
                if rows.iso(plan.booked_at) <= now:
                    book.add(plan, now)
                else:
                    later.append(_line(plan, f"BG{day:%Y%m%d}{number:04d}"))
            book.write(connection)
        if later:
            connection.execute(insert(agenda), later)

    def book(self, connection: Connection, subject: str, data: str, now: str) -> None:
        """One person books as planned, by the same rules as everybody. Full clinics send people away."""
        plan = orjson.loads(data)
        query = rows.SLOT.where(
            sessions.c.day == plan["starts"][:10],
            sessions.c.department == plan["department"],
            sessions.c.campus == plan["campus"],
            slots.c.remaining > 0,
            slots.c.stopped == 0,
            slots.c.start > now,
        )
        free = connection.execute(query).all()
        if not free:
            return
        slot = min(free, key=lambda s: _distance(s.start, s.visit_type, plan["starts"], plan["expert"]))
        try:
            id = self.booking.hold(
                connection,
                subject,
                plan["mrn"],
                slot.slot,
                900,
                "crowd",
                plan["channel"],
                background=True,
                now=now,
            )
        except Refused:
            return
        method = METHODS.get(plan["channel"], "微信支付")
        self.booking.confirm(connection, "", id, f"W{id[1:]}", slot.fee, now, method, "crowd", now=now)
        fate = _fate(plan["fate"], id, slot.start, now, plan["channel"])
        if fate:
            connection.execute(insert(agenda), [fate])

    def tell_today(self, connection: Connection) -> None:
        """After the first opening: today's visits as they stand, once each, so that the day is known outside."""
        now = self.his.now()
        c = rows.appointments.c
        query = select(c.id, c.status).join(slots, slots.c.id == c.slot)
        found = connection.execute(
            query.where(slots.c.start.startswith(now[:10])).order_by(slots.c.start)
        ).all()
        for a in found:
            if a.status == "BOOKED":
                self.his.tell_appointment(connection, "S12", a.id, now)
            else:
                self.his.tell_visit(connection, "A08", a.id, now)


class _DayBook:
    """Bookings of one day that were made before the hospital's first opening, written all at once."""

    def __init__(self, connection: Connection, his: His, day: date) -> None:
        self.his = his
        self.free: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        query = rows.SLOT.where(sessions.c.day == day.isoformat(), slots.c.stopped == 0)
        for s in connection.execute(query):
            if s.remaining:
                self.free[s.department, s.campus].append(dict(s._mapping))
        self.taken: set[tuple[str, str]] = set()
        self.numbers: dict[str, int] = defaultdict(lambda: 1)
        self.used: dict[str, int] = defaultdict(int)
        self.made: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.plans: list[tuple[load.Planned, dict[str, Any]]] = []

    def add(self, plan: load.Planned, now: str) -> None:
        """Find the plan a place, if there is one."""
        booked, starts = rows.iso(plan.booked_at), rows.iso(plan.starts)
        fits = [
            s
            for s in self.free[plan.department, plan.campus]
            if s["remaining"] > self.used[s["slot"]]
            and s["start"] > booked
            and (s["slot"], plan.mrn) not in self.taken
        ]
        if not fits:
            return
        slot = min(fits, key=lambda s: _distance(s["start"], s["visit_type"], starts, plan.expert))
        self.used[slot["slot"]] += 1
        self.taken.add((slot["slot"], plan.mrn))
        self.plans.append((plan, slot))

    def write(self, connection: Connection) -> None:
        if not self.plans:
            return
        first = rows.next_number(connection, "appointment", len(self.plans), FIRST)
        bill = rows.next_number(connection, "bill", len(self.plans), 20000001)
        for n, (plan, slot) in enumerate(self.plans):
            self._rows(plan, slot, first + n, bill + n)
        for table in (
            schema.appointments,
            schema.visits,
            schema.bills,
            schema.bill_items,
            schema.ledger,
            agenda,
        ):
            if self.made[table.name]:
                connection.execute(insert(table), self.made[table.name])
        connection.execute(
            update(slots)
            .where(slots.c.id == bindparam("i"))
            .values(remaining=slots.c.remaining - bindparam("n")),
            [{"i": id, "n": n} for id, n in self.used.items()],
        )
        connection.execute(
            update(sessions).where(sessions.c.id == bindparam("i")).values(next_number=bindparam("n")),
            [{"i": id, "n": n} for id, n in self.numbers.items()],
        )

    def _rows(self, plan: load.Planned, slot: dict[str, Any], number: int, bill_number: int) -> None:
        id, bill, order = f"A{number}", f"B{bill_number}", f"W{number}"
        booked = rows.iso(plan.booked_at)
        kind = self.his.house.visit_types[slot["visit_type"]]
        deadline = rows.iso(datetime.fromisoformat(slot["start"]) - CANCEL_BEFORE)
        self.made["appointments"].append(
            {
                "id": id,
                "placer": f"BG-{id}",
                "mrn": plan.mrn,
                "slot": slot["slot"],
                "status": "BOOKED",
                "voucher": f"{(number * 7919) % 10**7 + 10**7:08d}",
                "queue_number": self.numbers[slot["session"]],
                "held_at": booked,
                "booked_at": booked,
                "channel": plan.channel,
                "operator": "crowd",
                "bill": bill,
                "cancel_deadline": deadline,
                "visit": f"V{number}",
                "stage": "booked",
                "background": 1,
            }
        )
        self.numbers[slot["session"]] += 1
        self.made["visits"].append(
            {
                "id": f"V{number}",
                "appointment": id,
                "status": "booked",
                "first_visit": int(
                    random.Random(f"first-{plan.mrn}-{plan.department}").random() <= FIRST_SHARE
                ),
            }
        )
        self.made["bills"].append(
            {
                "id": bill,
                "mrn": plan.mrn,
                "appointment": id,
                "kind": "REG",
                "status": "PAID",
                "total": slot["fee"],
                "issued_at": booked,
                "department": slot["department"],
                "doctor": slot["doctor"],
                "order_no": order,
                "paid_at": booked,
                "method": METHODS.get(plan.channel, "微信支付"),
            }
        )
        item = (f"REG-{slot['visit_type']}", f"{kind.name}门诊挂号费")
        self.made["bill_items"].append(
            {
                "bill": bill,
                "no": 1,
                "code": item[0],
                "name": item[1],
                "quantity": 1,
                "price": slot["fee"],
                "amount": slot["fee"],
            }
        )
        for entity, entity_id, amount, states in (
            ("appointment", id, 0, ("", "HELD", "BOOKED")),
            ("bill", bill, slot["fee"], ("", "UNPAID", "PAID")),
        ):
            for before, then in zip(states, states[1:], strict=False):
                self.made["ledger"].append(
                    {
                        "time": booked,
                        "who": "crowd",
                        "entity": entity,
                        "entity_id": entity_id,
                        "mrn": plan.mrn,
                        "slot": slot["slot"] if entity == "appointment" else "",
                        "before": before,
                        "after": then,
                        "amount": amount,
                        "key": order,
                    }
                )
        fate = _fate(plan.fate, id, slot["start"], booked, plan.channel)
        if fate:
            self.made["agenda"].append(fate)


def _distance(start: str, visit_type: str, wanted: str, expert: bool) -> tuple[bool, float]:
    """How far a slot is from what the person wants: the kind first, then the time."""
    gap = datetime.fromisoformat(start) - datetime.fromisoformat(wanted)
    return (visit_type in ("EXP", "VIP")) != expert, abs(gap.total_seconds())


def _fate(fate: str, id: str, start: str, booked: str, channel: str) -> dict[str, Any] | None:
    """The agenda's line for coming or cancelling; None for one who will not come."""
    rng = random.Random(f"fate-{id}")
    if fate == "absent":
        return None
    if fate == "cancel":
        last = datetime.fromisoformat(start) - CANCEL_BEFORE
        span = (last - datetime.fromisoformat(booked)).total_seconds()
        if span > 120:
            when = datetime.fromisoformat(booked) + timedelta(seconds=rng.uniform(60, span))
            return {"due": rows.iso(when), "step": "cancel", "subject": id, "data": "{}"}
    online = channel not in load.DESK
    due = max(after(start, timing.arrival(rng, online)), after(booked, 120))
    return {"due": due, "step": "arrive", "subject": id, "data": "{}"}


def _line(plan: load.Planned, subject: str) -> dict[str, Any]:
    data = {
        "starts": rows.iso(plan.starts),
        "department": plan.department,
        "campus": plan.campus,
        "mrn": plan.mrn,
        "channel": plan.channel,
        "fate": plan.fate,
        "expert": plan.expert,
    }
    return {
        "due": rows.iso(plan.booked_at),
        "step": "book",
        "subject": subject,
        "data": orjson.dumps(data).decode(),
    }
