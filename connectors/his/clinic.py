"""ZDP and ZDR → Organization, Location, HealthcareService, Practitioner, PractitionerRole, Schedule.

A department's code is the id of its Organization, Location and HealthcareService; a doctor's code that of the
Practitioner and the PractitionerRole. Campuses are Organizations and Locations `campus-CODE`. A Schedule is one
doctor in one department: `DEPARTMENT.DOCTOR`.
"""

from datetime import datetime, timedelta
from typing import Any

from connectors.adapter import Resource
from connectors.hl7.message import Segment
from connectors.resources import (
    CAMPUS_SYSTEM,
    DEPARTMENT_SYSTEM,
    DOCTOR_SYSTEM,
    VISIT_TYPE_SYSTEM,
    extensions,
    reference,
)

HORIZON_DAYS = 14
_ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
_GENDER = {"M": "male", "F": "female"}


def campus_id(code: str) -> str:
    """The id of a campus's Organization and Location."""
    return f"campus-{code}"


def campuses(departments: list[Segment]) -> dict[str, str]:
    """Campus code → name."""
    return {zdp.text(3, 1): zdp.text(3, 2) for zdp in departments if zdp.text(3, 1)}


def campus_organization(code: str, name: str) -> Resource:
    return {
        "resourceType": "Organization",
        "id": campus_id(code),
        "identifier": [{"system": CAMPUS_SYSTEM, "value": code}],
        "active": True,
        "type": [{"coding": [{"system": _ORGANIZATION_TYPE, "code": "prov"}], "text": "院区"}],
        "name": name or code,
    }


def campus_location(code: str, name: str) -> Resource:
    return {
        "resourceType": "Location",
        "id": campus_id(code),
        "identifier": [{"system": CAMPUS_SYSTEM, "value": code}],
        "status": "active",
        "mode": "instance",
        "name": name or code,
        "physicalType": {"text": "院区"},
        "managingOrganization": reference("Organization", campus_id(code)),
    }


def organization(zdp: Segment) -> Resource:
    """A department. `partOf` is the parent department, else the campus."""
    code = zdp.text(1)
    resource: Resource = {
        "resourceType": "Organization",
        "id": code,
        "identifier": [{"system": DEPARTMENT_SYSTEM, "value": code}],
        "active": True,
        "type": [{"coding": [{"system": _ORGANIZATION_TYPE, "code": "dept"}], "text": "科室"}],
        "name": zdp.text(2),
        "extension": extensions(
            ("campus", "string", zdp.text(3, 2)),
            ("location-text", "string", zdp.text(4)),
            ("introduction", "string", zdp.text(7)),
        ),
    }
    if aliases := [one.text() for one in zdp.repeats(8) if one.text()]:
        resource["alias"] = aliases
    if phone := zdp.text(6):
        resource["telecom"] = [{"system": "phone", "value": phone}]
    if parent := zdp.text(5):
        resource["partOf"] = reference("Organization", parent)
    elif campus := zdp.text(3, 1):
        resource["partOf"] = reference("Organization", campus_id(campus), zdp.text(3, 2))
    return _filled(resource)


def location(zdp: Segment) -> Resource:
    """Where a department is."""
    code = zdp.text(1)
    resource: Resource = {
        "resourceType": "Location",
        "id": code,
        "identifier": [{"system": DEPARTMENT_SYSTEM, "value": code}],
        "status": "active",
        "mode": "instance",
        "name": zdp.text(2),
        "description": zdp.text(4),
        "managingOrganization": reference("Organization", code, zdp.text(2)),
        "extension": extensions(("campus", "string", zdp.text(3, 2))),
    }
    if campus := zdp.text(3, 1):
        resource["partOf"] = reference("Location", campus_id(campus), zdp.text(3, 2))
    return _filled(resource)


def healthcare_service(zdp: Segment) -> Resource:
    """A department's outpatient clinic."""
    code, name = zdp.text(1), zdp.text(2)
    return _filled(
        {
            "resourceType": "HealthcareService",
            "id": code,
            "identifier": [{"system": DEPARTMENT_SYSTEM, "value": code}],
            "active": True,
            "providedBy": reference("Organization", code, name),
            "name": f"{name}门诊",
            "comment": zdp.text(7),
            "location": [reference("Location", code, zdp.text(4))],
            "appointmentRequired": True,
        }
    )


def practitioner(zdr: Segment) -> Resource:
    """A doctor, with the title as a qualification."""
    code, title = zdr.text(1), zdr.text(3)
    resource: Resource = {
        "resourceType": "Practitioner",
        "id": code,
        "identifier": [{"system": DOCTOR_SYSTEM, "value": code}],
        "active": True,
        "name": [{"use": "official", "text": zdr.text(2)}],
        "gender": _GENDER.get(zdr.text(5).upper(), "unknown"),
    }
    if title:
        resource["qualification"] = [{"code": {"text": title}}]
    return resource


def practitioner_role(zdr: Segment) -> Resource:
    """A doctor's work in the department: title, specialities, kinds of visit."""
    code, department = zdr.text(1), zdr.text(4, 1)
    kinds = [_visit_type(one.text(1), one.text(2)) for one in zdr.repeats(7)]
    return _filled(
        {
            "resourceType": "PractitionerRole",
            "id": code,
            "active": True,
            "practitioner": reference("Practitioner", code, zdr.text(2)),
            "organization": reference("Organization", department, zdr.text(4, 2)),
            "code": [{"text": zdr.text(3)}] if zdr.text(3) else [],
            "specialty": [{"text": one.text()} for one in zdr.repeats(6) if one.text()],
            "location": [reference("Location", department)],
            "healthcareService": [reference("HealthcareService", department)],
            "extension": [
                part for kind in kinds for part in extensions(("visit-type", "Coding", kind["coding"][0]))
            ],
        }
    )


def schedule(zdr: Segment, now: datetime) -> Resource:
    """A doctor's schedule in the department, for the days that can be booked."""
    code, department = zdr.text(1), zdr.text(4, 1)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "resourceType": "Schedule",
        "id": schedule_id(department, code),
        "active": True,
        "serviceType": [_visit_type(one.text(1), one.text(2)) for one in zdr.repeats(7)],
        "actor": [
            reference("Practitioner", code, zdr.text(2)),
            reference("HealthcareService", department, zdr.text(4, 2)),
            reference("Location", department),
        ],
        "planningHorizon": {
            "start": today.isoformat(),
            "end": (today + timedelta(days=HORIZON_DAYS)).isoformat(),
        },
    }


def schedule_id(department: str, doctor: str) -> str:
    """The Schedule of a doctor in a department; of the department itself where a slot names no doctor."""
    return f"{department}.{doctor}" if doctor else department


def _visit_type(code: str, name: str) -> dict[str, Any]:
    coding = {"system": VISIT_TYPE_SYSTEM, "code": code, "display": name or code}
    return {"coding": [coding], "text": name or code}


def _filled(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if value not in ("", [], None)}
