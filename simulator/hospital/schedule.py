"""Half days and slots of a calendar day, made from the weekly roster."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, select

from simulator.hospital import schema
from simulator.hospital.staff import CONVENIENCE, EXPERT, GENERAL, SPECIAL, Hospital, Template

AHEAD = 14
"""Days after today for which slots exist."""
_HOURS = {"AM": (time(8, 0), time(11, 30)), "PM": (time(13, 30), time(17, 0))}
_MINUTES = {GENERAL: 30, EXPERT: 20, SPECIAL: 30, CONVENIENCE: 30}
_STOP_REASONS = ("医生外出会诊", "医生临时请假", "设备检修")


def half_day(
    hospital: Hospital, template: Template, day: date
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The session row and its slot rows; the same for the same seed."""
    rng = random.Random(f"session-{hospital.seed}-{template.doctor}-{day}-{template.part}")
    session_id = f"{day:%Y%m%d}{template.doctor[1:]}{template.part[0]}"
    visit_type = template.visit_type
    stopped = rng.random() < 0.012 and visit_type == EXPERT
    session = {
        "id": session_id,
        "doctor": template.doctor,
        "department": hospital.doctors[template.doctor].department,
        "campus": template.campus,
        "room": template.room,
        "day": day.isoformat(),
        "part": template.part,
        "visit_type": visit_type,
        "fee": hospital.visit_types[visit_type].fee,
        "stop_reason": rng.choice(_STOP_REASONS) if stopped else None,
    }
    first, last = _HOURS[template.part]
    start, end = datetime.combine(day, first), datetime.combine(day, last)
    step = timedelta(minutes=_MINUTES[visit_type])
    general = rng.randint(3, 6)
    slots = []
    while start + step <= end:
        capacity = {GENERAL: general, EXPERT: rng.choice((1, 2)), SPECIAL: 1, CONVENIENCE: 6}[visit_type]
        slots.append(
            {
                "id": f"{day:%Y%m%d}{template.doctor[1:]}{start:%H%M}",
                "session": session_id,
                "start": start.isoformat(),
                "end": (start + step).isoformat(),
                "capacity": capacity,
                "remaining": capacity,
                "stopped": int(stopped),
            }
        )
        start += step
    return session, slots


def day_rows(hospital: Hospital, day: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All sessions and slots of a day."""
    sessions: list[dict[str, Any]] = []
    slots: list[dict[str, Any]] = []
    for template in hospital.templates:
        if template.weekday == day.weekday():
            session, its_slots = half_day(hospital, template, day)
            sessions.append(session)
            slots.extend(its_slots)
    return sessions, slots


def missing_days(connection: Connection, today: date) -> list[date]:
    """Days from today on, two weeks ahead, that have no sessions yet."""
    known = set(
        connection.scalars(
            select(schema.sessions.c.day).where(schema.sessions.c.day >= today.isoformat()).distinct()
        )
    )
    days = [today + timedelta(days=n) for n in range(AHEAD + 1)]
    return [day for day in days if day.isoformat() not in known]
