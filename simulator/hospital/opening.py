"""First start: the population, the schedules of two weeks, the demo patients; later starts: what is missing."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from simulator.hospital import demo, schedule
from simulator.hospital.his import His
from simulator.hospital.people import Person, Population
from simulator.hospital.schema import family, meta, patients, sessions, slots


def is_new(connection: Connection) -> bool:
    return connection.scalar(select(meta.c.value).where(meta.c.key == "opened")) is None


def populate(connection: Connection, his: His) -> list[Person]:
    """Write the patients and their families; returns them."""
    now = his.now()
    population = Population(his.house.seed, date.fromisoformat(now[:10]))
    demo.people(population)
    made = population.make()
    connection.execute(insert(patients), [_patient(p, now) for p in made])
    relations = [
        {"mrn": p.mrn, "relative": mrn, "relation": code, "relation_text": word}
        for p in made
        for mrn, code, word in p.family
    ]
    connection.execute(insert(family), relations)
    connection.execute(insert(meta).values(key="opened", value=now))
    return made


def extend(connection: Connection, his: His) -> list[date]:
    """Make the half days and slots of every missing day up to two weeks ahead; the days that were made."""
    days = schedule.missing_days(connection, date.fromisoformat(his.now()[:10]))
    for day in days:
        made_sessions, made_slots = schedule.day_rows(his.house, day)
        known = set(connection.scalars(select(sessions.c.id).where(sessions.c.day == day.isoformat())))
        fresh = [s for s in made_sessions if s["id"] not in known]
        if fresh:
            ids = {s["id"] for s in fresh}
            connection.execute(insert(sessions), fresh)
            connection.execute(insert(slots), [s for s in made_slots if s["session"] in ids])
    return days


def _patient(p: Person, now: str) -> dict[str, Any]:
    return {
        "mrn": p.mrn,
        "name": p.name,
        "sex": p.sex,
        "birth_date": p.birth_date.isoformat(),
        "id_number": p.id_number,
        "phone": p.phone,
        "address": p.address,
        "insurance": p.insurance,
        "insurance_card": p.insurance_card or None,
        "openid": p.openid,
        "registered_at": now,
    }
