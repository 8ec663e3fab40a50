"""Visit records of the days before the first opening, as a file that management questions can be asked of.

Columns as in the visit record; names as the clinic writes them, local times, fen. Every person is invented.
"""

import csv
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from simulator.hospital import load, orders, rows, timing
from simulator.hospital.his import His
from simulator.hospital.people import age_on
from simulator.hospital.places import FIRST_SHARE
from simulator.hospital.segments import visit_record
from simulator.hospital.staff import Hospital, Template

DAYS = 120
COLUMNS = [
    "visit_id",
    "patient_id",
    "campus",
    "department",
    "clinic_room",
    "doctor",
    "doctor_title",
    "visit_type",
    "channel",
    "first_visit",
    "sex",
    "age",
    "insurance",
    "status",
    "booked_at",
    "appointment_start",
    "checked_in_at",
    "called_at",
    "consult_start",
    "consult_end",
    "paid_at",
    "sampled_at",
    "reported_at",
    "dispensed_at",
    "left_at",
    "fee_total",
    "fee_drug",
    "fee_exam",
    "satisfaction",
    "complaint",
]
_CROWD = 9000
"""Different people who came in those days; most are not in the patient index any more."""
_MISSING = 0.03


class Backfill:
    """Writes `visits_backfill.csv`; the same bytes for the same seed and day."""

    def __init__(self, his: His) -> None:
        self.his, self.house = his, his.house
        self.path: Path = his.directory / "visits_backfill.csv"
        self._stopped = False

    def stop(self) -> None:
        """Leave off; the next start begins anew."""
        self._stopped = True

    def write(self, connection: Connection) -> int:
        """Write the file if there is none yet; the number of rows. It appears whole or not at all."""
        if self.path.exists():
            return 0
        now = self.his.now()
        unfinished = self.path.with_suffix(".part")
        count = 0
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in self._rows(connection, now):
                writer.writerow(row)
                count += 1
        if not self._stopped:
            unfinished.replace(self.path)
        return count

    def _rows(self, connection: Connection, now: str) -> Iterator[list[Any]]:
        today = date.fromisoformat(now[:10])
        crowd = _crowd(self.house.seed, today)
        known: dict[str, list[str]] = defaultdict(list)
        for back in range(DAYS, 0, -1):
            if self._stopped:
                return
            # Bookings and questions go first: this thread gives way after each day.
            time.sleep(0.002)
            yield from _day(self.house, today - timedelta(days=back), crowd, known)
        # What the HIS itself knows of other days: the demo patients' past, and bookings made before today.
        slots, c = rows.slots, rows.appointments.c
        query = rows.APPOINTMENT.where(
            (slots.c.start < now[:10])
            | ((slots.c.start >= f"{today + timedelta(days=1)}") & (c.booked_at < now))
        )
        for a in connection.execute(query.order_by(slots.c.start, c.id)):
            yield visit_record(self.house, a)


def _crowd(seed: int, today: date) -> list[load.Someone]:
    rng = random.Random(f"history-{seed}")
    made = []
    for n in range(_CROWD):
        age = int(min(93, max(0, rng.gauss(48, 21)))) if rng.random() < 0.84 else rng.randint(0, 13)
        birth = today - timedelta(days=int(age * 365.25) + rng.randint(1, 364))
        made.append(load.Someone(f"H{n:06d}", rng.choice("MF"), birth))
    return made


def _day(
    house: Hospital, day: date, crowd: list[load.Someone], known: dict[str, list[str]]
) -> Iterator[list[Any]]:
    """A day's visits in the order of their appointments."""
    duty: dict[tuple[str, str, str], list[Template]] = defaultdict(list)
    for t in house.templates:
        if t.weekday == day.weekday():
            duty[house.doctors[t.doctor].department, t.campus, t.part].append(t)
    rng = random.Random(f"history-{house.seed}-{day}")
    plans = sorted(load.plan_day(house, day, crowd), key=lambda p: p.starts)
    for number, plan in enumerate(plans, 1):
        part = "AM" if plan.starts.hour < 12 else "PM"
        sitting = duty[plan.department, plan.campus, part]
        wanted = [t for t in sitting if (t.visit_type in ("EXP", "VIP")) == plan.expert] or sitting
        back = known[plan.department]
        # More than half of those who come were here before, most of them lately.
        first = not back or rng.random() < FIRST_SHARE
        mrn = plan.mrn if first else back[-1 - int(len(back) * rng.random() ** 1.5)]
        if first:
            back.append(mrn)
        visit = f"V{day:%Y%m%d}{number:04d}"
        yield _visit(
            house, visit, replace(plan, mrn=mrn), rng.choice(wanted), crowd[int(mrn[1:])], first, rng
        )


def _visit(
    house: Hospital,
    visit: str,
    plan: load.Planned,
    template: Template,
    someone: load.Someone,
    first: bool,
    rng: random.Random,
) -> list[Any]:
    doctor, department = house.doctors[template.doctor], house.departments[plan.department]
    kind = house.visit_types[template.visit_type]
    age = age_on(someone.birth_date, plan.starts.date())
    insurance = "居民医保" if age < 18 else rng.choice(_INSURANCE)
    status = {"come": "completed", "cancel": "cancelled", "absent": "no_show"}[plan.fate]
    times: list[datetime | None] = [None] * 9
    fees, score, complaint = (0 if status == "cancelled" else kind.fee, 0, 0), None, 0
    if status == "completed":
        d = timing.draw(
            rng,
            department,
            doctor,
            template.campus,
            template.room,
            plan.starts.hour,
            template.visit_type,
            plan.channel,
            first,
        )
        ordered = orders.order(rng, department, template.visit_type)
        times = _times(plan, d, set(ordered), rng)
        sums = {k: sum(q * p for _, _, q, p in items) for k, items in ordered.items()}
        drug, exam = sums.get("DRUG", 0), sums.get("EXAM", 0) + sums.get("LAB", 0)
        fees = (kind.fee + drug + exam + sums.get("TREAT", 0), drug, exam)
        waited = d.wait + d.walk_in_room
        score, complaint = timing.satisfaction(rng, doctor, waited), int(timing.complains(rng, waited))
        if rng.random() < _MISSING:
            # As in real life, something is not recorded.
            times[rng.choice((1, 3, 8, 8))] = None
    return [
        visit,
        rows.pseudonym(plan.mrn),
        house.campuses[template.campus].name,
        department.name,
        template.room,
        doctor.name,
        doctor.title,
        kind.name,
        plan.channel,
        int(first),
        "男" if someone.sex == "M" else "女",
        age,
        insurance,
        status,
        plan.booked_at.isoformat(),
        plan.starts.isoformat(),
        *(t.isoformat() if t else "" for t in times),
        *fees,
        "" if score is None else score,
        complaint,
    ]


_INSURANCE = (
    ("职工医保",) * 58
    + ("居民医保",) * 16
    + ("自费",) * 12
    + ("异地医保",) * 8
    + ("商业保险",) * 4
    + ("公费医疗",) * 2
)


def _times(
    plan: load.Planned, d: timing.Durations, ordered: set[str], rng: random.Random
) -> list[datetime | None]:
    """checked_in, called, consult_start, consult_end, paid, sampled, reported, dispensed, left."""

    def later(moment: datetime, seconds: int) -> datetime:
        return moment + timedelta(seconds=seconds)

    online = plan.channel not in load.DESK
    arrived = max(later(plan.starts, timing.arrival(rng, online)), later(plan.booked_at, 60)).replace(
        microsecond=0
    )
    called = later(max(arrived, later(plan.starts, -900)), d.wait)
    start = later(called, d.walk_in_room)
    end = later(start, d.consult)
    paid = sampled = reported = dispensed = None
    last = end
    if ordered:
        last = paid = later(end, d.payment)
    if paid and "LAB" in ordered:
        sampled = later(paid, d.to_sample)
        reported = later(sampled, d.report)
        last = max(last, sampled)
    if paid and "DRUG" in ordered:
        dispensed = later(paid, d.pharmacy)
        last = max(last, dispensed)
    return [arrived, called, start, end, paid, sampled, reported, dispensed, later(last, d.leave)]
