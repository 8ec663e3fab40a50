"""How long things take: believable distributions by department, hour, doctor, campus. All values are seconds.

Shares and means are invented for the demonstration; they come from no hospital.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from math import log

from simulator.hospital.staff import Department, Doctor

# How crowded the hour is, 1 being usual.
CROWD = {7: 0.8, 8: 1.1, 9: 1.4, 10: 1.45, 11: 1.1, 12: 0.7, 13: 0.8, 14: 1.05, 15: 0.95, 16: 0.75}
_TYPE_CONSULT = {"GEN": 1.0, "EXP": 1.25, "VIP": 1.9, "CON": 0.45}
_TYPE_WAIT = {"GEN": 1.0, "EXP": 1.1, "VIP": 0.5, "CON": 0.6}
ONLINE = ("微信小程序", "App")


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds: check-in to call, call to consultation, consultation, its end to payment, payment to sampling,
    sampling to report, payment to drugs, last step to leaving."""

    wait: int
    walk_in_room: int
    consult: int
    payment: int
    to_sample: int
    report: int
    pharmacy: int
    leave: int


@lru_cache
def _habit(room: str) -> float:
    """A room is a little faster or slower than its neighbours day after day: where it lies, who keeps the desk."""
    return random.Random(f"room-{room}").uniform(0.85, 1.2)


def draw(
    rng: random.Random,
    department: Department,
    doctor: Doctor,
    campus: str,
    room: str,
    hour: int,
    visit_type: str,
    channel: str,
    first: bool,
) -> Durations:
    """The durations of one visit."""
    crowd = CROWD.get(hour, 0.7)
    habit = _habit(room)
    east = 0.92 if campus == "EAST" else 1.0
    wait = rng.lognormvariate(log(department.queue * crowd), 0.5) * doctor.pace * habit * east
    consult = rng.lognormvariate(log(department.consult), 0.42) * doctor.pace**0.6
    consult *= _TYPE_CONSULT[visit_type] * (1.12 if first else 1.0)
    payment = rng.lognormvariate(log(6 if channel in ONLINE else 10), 0.55) * (0.8 + 0.2 * crowd) / east
    report = rng.lognormvariate(log(50 / east), 0.4) + (rng.uniform(240, 500) if rng.random() < 0.04 else 0)
    pharmacy = rng.lognormvariate(log(17 if department.code == "5000" else 9), 0.45) * (0.75 + 0.25 * crowd)
    return Durations(
        wait=max(30, int(wait * _TYPE_WAIT[visit_type] * 60)),
        walk_in_room=rng.randint(20, 100),
        consult=max(60, int(consult * 60)),
        payment=max(40, int(payment * 60)),
        to_sample=int(180 + rng.lognormvariate(log(8), 0.5) * 60),
        report=max(600, int(report * 60)),
        pharmacy=max(60, int(pharmacy * 60)),
        leave=rng.randint(60, 240),
    )


def arrival(rng: random.Random, online: bool) -> int:
    """Seconds from the slot's start at which a person comes; mostly before it."""
    return -int(max(-900, rng.gauss(1000, 540))) if online else -rng.randint(0, 600)


def satisfaction(rng: random.Random, doctor: Doctor, waited: int) -> int | None:
    """1–5 of those who answer, lower the longer they waited (`waited` in seconds)."""
    if rng.random() > 0.4:
        return None
    return max(1, min(5, round(rng.gauss(4.45 + doctor.charm - 0.011 * (waited / 60 - 25), 0.8))))


def complains(rng: random.Random, waited: int) -> bool:
    return rng.random() < (0.016 if waited > 3600 else 0.004)
