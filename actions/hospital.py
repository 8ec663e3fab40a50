"""What the facade's FHIR resources mean to a skill: departments, slots and appointments as small objects."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actions.turn import Json
from actions.words import moment
from connectors.fhir_client import FhirClient
from connectors.resources import DEPARTMENT_SYSTEM, bare, extension, fen

KEPT_SECONDS = 600
"""How long the list of departments is kept; it is public and changes rarely."""
MOST_SLOTS = 200
SHORT_TITLES = {"主任医师": "主任医师", "副主任医师": "副主任医师"}


def _text(resource: Mapping[str, Any], name: str) -> str:
    value = extension(resource, name)
    return "" if value is None else str(value)


def _fee(resource: Mapping[str, Any]) -> int:
    value = extension(resource, "fee")
    return fen(value) if value else 0


@dataclass(frozen=True, slots=True)
class Department:
    """A department: `id` of the facade's Organization, `code` of the hospital."""

    id: str
    code: str
    name: str
    aliases: tuple[str, ...]
    location: str
    phone: str
    introduction: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of the schedule, with what a person chooses by. Times aware, money in fen."""

    id: str
    start: datetime
    end: datetime
    doctor: str
    doctor_title: str
    visit_type: str
    visit_type_name: str
    department: str
    room: str
    campus: str
    location: str
    fee_fen: int
    remaining: int
    status: str
    stop_reason: str

    @property
    def free(self) -> bool:
        return self.status == "free" and self.remaining > 0

    @property
    def stopped(self) -> bool:
        return bool(self.stop_reason)

    def card(self, payload: str = "") -> Json:
        """As an entry of the `slots` card."""
        return {
            "payload": payload,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "doctor": self.doctor,
            "doctor_title": self.doctor_title,
            "visit_type": self.visit_type_name,
            "department": self.department,
            "room": self.room,
            "campus": self.campus,
            "fee_fen": self.fee_fen,
            "remaining": self.remaining,
        }

    def value(self) -> Json:
        """As the value of a flow's slot."""
        return {**self.card(), "id": self.id, "location": self.location, "visit_type_code": self.visit_type}


def slot_of(resource: Mapping[str, Any]) -> Slot:
    """A Slot resource. Raises KeyError, ValueError where it has no times."""
    kind = extension(resource, "visit-type") or {}
    return Slot(
        id=str(resource["id"]),
        start=moment(resource["start"]),
        end=moment(resource["end"]),
        doctor=_text(resource, "practitioner"),
        doctor_title=_text(resource, "practitioner-title"),
        visit_type=kind.get("code", ""),
        visit_type_name=kind.get("display", ""),
        department=_text(resource, "department"),
        room=_text(resource, "room"),
        campus=_text(resource, "campus"),
        location=_text(resource, "location-text"),
        fee_fen=_fee(resource),
        remaining=int(extension(resource, "remaining") or 0),
        status=resource.get("status", ""),
        stop_reason=_text(resource, "stop-reason"),
    )


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booking. `status` is FHIR's; `patient` the facade's id."""

    id: str
    status: str
    patient: str
    patient_name: str
    start: datetime
    end: datetime | None
    department: str
    department_id: str
    doctor: str
    visit_type: str
    visit_type_code: str
    campus: str
    room: str
    location: str
    fee_fen: int
    code: str
    number: str
    stage: str
    cancel_deadline: datetime | None

    @property
    def open(self) -> bool:
        """Still to come, or under way."""
        return self.status in ("booked", "arrived", "pending")


def appointment_of(resource: Mapping[str, Any]) -> Appointment:
    """An Appointment resource. Raises KeyError, ValueError where it has no start."""
    actors = {
        str((p.get("actor") or {}).get("reference", "")).split("/")[0]: p["actor"]
        for p in resource.get("participant") or ()
        if p.get("actor")
    }
    patient = actors.get("Patient") or {}
    service = actors.get("HealthcareService") or {}
    kind = extension(resource, "visit-type") or {}
    deadline = _text(resource, "cancel-deadline")
    end = resource.get("end")
    return Appointment(
        id=str(resource["id"]),
        status=resource.get("status", ""),
        patient=bare(patient),
        patient_name=patient.get("display", ""),
        start=moment(resource["start"]),
        end=moment(end) if end else None,
        department=_text(resource, "department") or service.get("display", ""),
        department_id=bare(service),
        doctor=_text(resource, "practitioner") or (actors.get("Practitioner") or {}).get("display", ""),
        visit_type=kind.get("display", ""),
        visit_type_code=kind.get("code", ""),
        campus=_text(resource, "campus"),
        room=_text(resource, "room"),
        location=_text(resource, "location-text"),
        fee_fen=_fee(resource),
        code=_text(resource, "voucher-code"),
        number=_text(resource, "queue-number"),
        stage=_text(resource, "stage"),
        cancel_deadline=moment(deadline) if deadline else None,
    )


_departments: dict[str, tuple[float, list[Department]]] = {}


async def departments(fhir: FhirClient) -> list[Department]:
    """All departments, without campuses; kept for some minutes. Raises Unavailable, Refused."""
    kept = _departments.get("all")
    if kept and time.monotonic() - kept[0] < KEPT_SECONDS:
        return kept[1]
    found = await fhir.search("Organization", _count=MOST_SLOTS)
    listed = [d for d in map(_department, found) if d]
    if listed:
        _departments["all"] = (time.monotonic(), listed)
    return listed


def _department(resource: Json) -> Department | None:
    code = next(
        (
            i.get("value", "")
            for i in resource.get("identifier") or ()
            if i.get("system") == DEPARTMENT_SYSTEM
        ),
        "",
    )
    if not code:
        return None
    phone = next(
        (t.get("value", "") for t in resource.get("telecom") or () if t.get("system") == "phone"), ""
    )
    return Department(
        id=str(resource["id"]),
        code=code,
        name=resource.get("name", ""),
        aliases=tuple(resource.get("alias") or ()),
        location=_text(resource, "location-text"),
        phone=phone,
        introduction=_text(resource, "introduction"),
    )


async def department(fhir: FhirClient, value: Any) -> Department | None:
    """The department that a value names by code, or else by name or alias; None where there is none."""
    code, name = (
        (value.get("code"), value.get("name")) if isinstance(value, Mapping) else ("", str(value or ""))
    )
    everyone = await departments(fhir)
    by_code = next((d for d in everyone if code and d.code == code), None)
    return by_code or next((d for d in everyone if name and (d.name == name or name in d.aliases)), None)


async def slots(
    fhir: FhirClient, organization: str, start: datetime, end: datetime | None, *, free: bool = True
) -> list[Slot]:
    """Slots of a department that begin in [start, end), by time; at most MOST_SLOTS of the earliest."""
    bounds = [f"ge{start.isoformat()}"] + ([f"lt{end.isoformat()}"] if end else [])
    found = await fhir.search(
        "Slot",
        organization=f"Organization/{organization}",
        start=bounds,
        status="free" if free else None,
        _count=MOST_SLOTS,
    )
    listed = sorted(map(slot_of, found), key=lambda s: (s.start, s.doctor))
    return [slot for slot in listed if slot.free] if free else listed


async def appointments(
    fhir: FhirClient, patient: str, since: datetime
) -> tuple[list[Appointment], list[str]]:
    """A patient's appointments from `since` on, by time, and the systems that did not answer."""
    found = await fhir.search("Appointment", patient=f"Patient/{patient}", date=f"ge{since.isoformat()}")
    return sorted(map(appointment_of, found), key=lambda a: a.start), found.incomplete
