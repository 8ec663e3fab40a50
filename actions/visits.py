"""A family's appointments: fetched, narrowed by what was said, named for choosing."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from actions import people
from actions.choosing import time_words
from actions.hospital import Appointment, appointments
from actions.turn import Caller, Json, Turn, choose, option
from actions.words import day, half, interval, span
from connectors.fhir_client import FhirClient, FhirError


@dataclass(frozen=True, slots=True)
class Visits:
    """Appointments of the caller and the family, by time. `missing` names systems that did not answer."""

    found: list[Appointment]
    missing: list[str]
    whose: dict[str, str]
    """Patient id → 本人, 母亲 …"""

    def who(self, appointment: Appointment) -> str:
        return self.whose.get(appointment.patient, "")


async def of_family(fhir: FhirClient, caller: Caller, since: datetime, said: Any = None) -> Visits:
    """From `since` on. `said`: a relation's code, for one of the family only. Raises FhirError where the caller's
    own cannot be had; a family member's that cannot be had is named in `missing`."""
    everyone = [(caller.patient, "本人")] + [
        (d.id, people.relation_name(d.relation)) for d in caller.dependents
    ]
    if said:
        wanted = (
            {caller.patient} if said == people.SELF else {d.id for d in people.matching(caller, str(said))}
        )
        everyone = [each for each in everyone if each[0] in wanted]
    answers = await asyncio.gather(
        *(appointments(fhir, id, since) for id, _ in everyone), return_exceptions=True
    )
    found: list[Appointment] = []
    missing: list[str] = []
    for number, (answer, (_, word)) in enumerate(zip(answers, everyone, strict=True)):
        if isinstance(answer, FhirError) and number > 0:
            missing.append(f"{word}的预约")
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += answer[0]
            missing += answer[1]
    return Visits(sorted(found, key=lambda a: a.start), list(dict.fromkeys(missing)), dict(everyone))


def narrowed(found: list[Appointment], values: Json) -> list[Appointment]:
    """Those that the frame's department, doctor and date mean; each condition only where it leaves some."""
    department, doctor, date = (values.get(name) or {} for name in ("department", "doctor", "date"))
    tests = []
    if department.get("name"):
        tests.append(lambda a: a.department == department["name"])
    if doctor.get("name"):
        names = {doctor["name"], *(c["name"] for c in doctor.get("candidates") or [])}
        tests.append(lambda a: a.doctor in names)
    if date.get("start"):
        start, end = interval(date)
        tests.append(lambda a: start <= a.start < end)
    for test in tests:
        found = [a for a in found if test(a)]
    return found


def title(appointment: Appointment, who: str, now: datetime) -> str:
    """`11月24日 周二 上午 9:00 骨科 王长河（母亲）`."""
    person = f"（{who}）" if who and who != "本人" else ""
    doctor = f" {appointment.doctor}" if appointment.doctor else ""
    return f"{span(appointment.start, today=now.date())} {appointment.department}{doctor}{person}"


def options(visits: Visits, found: list[Appointment], now: datetime) -> list[Json]:
    """What can be chosen, with the words that mean each."""
    return [
        option(
            f"visit-{a.id}",
            title(a, visits.who(a), now),
            {"appointment": value(a, visits.who(a))},
            words(a, visits.who(a)),
        )
        for a in found
    ]


def words(a: Appointment, who: str) -> list[str]:
    titles = [a.doctor[:1] + word for word in ("医生", "大夫", "主任")] if a.doctor else []
    dates = [day(a.start).split()[0], day(a.start).split()[1], f"{a.start.day}号"]
    return [a.department, a.doctor, *titles, *dates, half(a.start), who, *time_words(a.start)]


def value(a: Appointment, who: str) -> Json:
    """An appointment as the value of a flow's slot."""
    return {
        "id": a.id,
        "patient": a.patient,
        "who": who,
        "department": a.department,
        "doctor": a.doctor,
        "visit_type": a.visit_type,
        "visit_type_code": a.visit_type_code,
        "start": a.start.isoformat(),
        "end": a.end.isoformat() if a.end else "",
        "fee_fen": a.fee_fen,
        "cancel_deadline": a.cancel_deadline.isoformat() if a.cancel_deadline else "",
        "status": a.status,
    }


def options_card(heading: str, options: list[Json], notes: list[str] | None = None) -> Json:
    """An `options` card of options."""
    return {
        "type": "options",
        "title": heading,
        "options": [
            {
                "id": each["id"],
                "title": each["title"],
                "subtitle": "",
                "note": (notes or [""] * len(options))[number],
                "disabled": False,
                "payload": choose(each["id"]),
            }
            for number, each in enumerate(options)
        ],
    }


def incomplete(missing: list[str]) -> str:
    """What is said where a system did not answer; empty where all did."""
    return f"{'、'.join(filter(None, missing)) or '有的系统'}暂时连不上，以下可能不全。" if missing else ""


def midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


async def upcoming(turn: Turn, fhir: FhirClient) -> Visits:
    """Booked appointments that are still to come today or later."""
    visits = await of_family(fhir, turn.caller, midnight(turn.now), turn.frame.values.get("person"))
    limit = turn.now - timedelta(hours=1)
    kept = [a for a in visits.found if a.status == "booked" and (a.end or a.start) > limit]
    return Visits(kept, visits.missing, visits.whose)
