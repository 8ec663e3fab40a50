"""The background load of a day: about 520 invented visits on a working day, planned when the day comes into sight.

A plan says who books when, by which channel, at which half day, and whether he cancels or stays away. It is the
same for the same seed and day; what happens after check-in is drawn in `visits`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from math import exp, sqrt
from typing import NamedTuple

from simulator.hospital.people import age_on
from simulator.hospital.staff import Hospital

PER_DAY = 520
WEEKDAYS = (1.22, 1.12, 1.06, 1.02, 1.0, 0.7, 0.5)
"""Load by weekday from Monday, 1 being PER_DAY on a usual working day's scale."""
HOURS = {8: 0.26, 9: 0.24, 10: 0.19, 11: 0.06, 13: 0.06, 14: 0.1, 15: 0.06, 16: 0.03}
CHANNELS = {"微信小程序": 0.4, "自助机": 0.15, "窗口": 0.2, "App": 0.15, "电话": 0.1}
DESK = ("窗口", "自助机")
_AHEAD = {0: 0.27, 1: 0.26, 2: 0.16, 4: 0.13, 7: 0.1, 10: 0.05, 13: 0.03}
CANCELLED, ABSENT = 0.06, 0.045


class Someone(NamedTuple):
    """As much of a patient as planning needs."""

    mrn: str
    sex: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class Planned:
    """One person's intention. `fate` is come, cancel or absent; `starts` the wanted time of that day."""

    booked_at: datetime
    starts: datetime
    department: str
    campus: str
    mrn: str
    channel: str
    fate: str
    expert: bool


def poisson(rng: random.Random, mean: float) -> int:
    if mean > 40:
        return max(0, round(rng.gauss(mean, sqrt(mean))))
    limit, count, product = exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def day_load(day: date, rng: random.Random) -> int:
    """How many visits are booked for that day."""
    return poisson(rng, PER_DAY * WEEKDAYS[day.weekday()] * rng.lognormvariate(0, 0.04))


def plan_day(house: Hospital, day: date, people: Sequence[Someone]) -> list[Planned]:
    """The plans for a day, in the order of booking. Departments are open as the roster says."""
    rng = random.Random(f"load-{house.seed}-{day}")
    open_at = {
        (house.doctors[t.doctor].department, t.campus, t.part)
        for t in house.templates
        if t.weekday == day.weekday()
    }
    departments = [d for d in house.departments.values() if d.load]
    loads = list(accumulate(d.load for d in departments))
    hours, hour_weights = list(HOURS), list(accumulate(HOURS.values()))
    channels, channel_weights = list(CHANNELS), list(accumulate(CHANNELS.values()))
    planned: list[Planned] = []
    for _ in range(day_load(day, rng)):
        department = rng.choices(departments, cum_weights=loads)[0]
        hour = rng.choices(hours, cum_weights=hour_weights)[0]
        part = "AM" if hour < 12 else "PM"
        campus = "EAST" if "EAST" in department.rooms and rng.random() < 0.34 else "MAIN"
        person = rng.choice(people)
        if (department.code, campus, part) not in open_at:
            continue
        for _ in range(60):
            if department.takes(person.sex, age_on(person.birth_date, day)):
                break
            person = rng.choice(people)
        channel = rng.choices(channels, cum_weights=channel_weights)[0]
        starts = datetime.combine(day, time(hour, rng.choice((0, 10, 20, 30, 40, 50))))
        booked = _booked_at(rng, day, starts, channel)
        chance = rng.random()
        far = 1.4 if (day - booked.date()).days >= 4 else 1.0 if booked.date() < day else 0.4
        fate = "cancel" if chance < CANCELLED * far else "come"
        if fate == "come" and chance > 1 - ABSENT * far * (1.5 if channel == "电话" else 1):
            fate = "absent"
        planned.append(
            Planned(booked, starts, department.code, campus, person.mrn, channel, fate, rng.random() < 0.42)
        )
    return sorted(planned, key=lambda p: p.booked_at)


def _booked_at(rng: random.Random, day: date, starts: datetime, channel: str) -> datetime:
    """When the booking was made: at the desk mostly on the day, online up to two weeks before."""
    if channel in DESK:
        ahead = 0 if rng.random() < 0.85 else rng.randint(1, 5)
    else:
        ahead = rng.choices(list(_AHEAD), list(_AHEAD.values()))[0]
        if channel == "电话" and ahead == 0 and rng.random() < 0.6:
            ahead = 1
    if ahead:
        seconds = int(rng.triangular(6.5, 22.9, 11) * 3600)
        return datetime.combine(day - timedelta(days=ahead), time()) + timedelta(seconds=seconds)
    earliest = datetime.combine(day, time(7 if channel in DESK else 6))
    return max(earliest, starts - timedelta(seconds=int(rng.triangular(900, 9000, 2400))))
