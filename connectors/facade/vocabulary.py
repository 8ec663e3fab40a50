"""The hospital's own words for the assistant: departments with aliases, doctors with titles."""

import asyncio
import hashlib
from typing import Any

import orjson

from connectors.facade.core import Call, Facade
from connectors.facade.params import Query
from connectors.facade.search import ask_all
from connectors.resources import DEPARTMENT_SYSTEM, DOCTOR_SYSTEM, extension

MANY = 100_000


async def vocabulary(facade: Facade, call: Call) -> dict[str, Any]:
    """`{"departments": […], "doctors": […], "version"}`; the version changes with the content.

    Raises BackendUnavailable where a system that knows of them does not answer: half a vocabulary would be wrong.
    """
    organizations, roles, persons = await asyncio.gather(
        *(_all(facade, call, type) for type in ("Organization", "PractitionerRole", "Practitioner"))
    )
    own = [o for o in organizations if _identifier(o, DEPARTMENT_SYSTEM)]
    names = {o["id"]: o.get("name", "") for o in own}
    departments = [_department(o, names) for o in own]
    codes = {o["id"]: _identifier(o, DEPARTMENT_SYSTEM) for o in organizations}
    people = {person["id"]: person for person in persons}
    doctors = []
    for role in roles:
        person = people.get(_id(role.get("practitioner")))
        if person and (code := _identifier(person, DOCTOR_SYSTEM)):
            doctors.append(_doctor(code, person, role, codes.get(_id(role.get("organization")), "")))
    content = {
        "departments": sorted(departments, key=lambda one: one["code"]),
        "doctors": sorted(doctors, key=lambda one: (one["code"], one["department"])),
    }
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()[:16]
    return content | {"version": digest}


async def _all(facade: Facade, call: Call, type: str) -> list[dict[str, Any]]:
    found = await ask_all(facade, call, Query(type), MANY)
    if found.failures:
        raise found.failures[0][1]
    return found.resources


def _department(organization: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "code": _identifier(organization, DEPARTMENT_SYSTEM),
        "id": organization["id"],
        "name": organization.get("name", ""),
        "aliases": organization.get("alias", []),
        "campus": extension(organization, "campus") or "",
        "location": extension(organization, "location-text") or "",
        "parent": names.get(_id(organization.get("partOf")), ""),
    }


def _doctor(code: str, person: dict[str, Any], role: dict[str, Any], department: str) -> dict[str, Any]:
    names = person.get("name") or [{}]
    titles = [one.get("text", "") for one in role.get("code", ())] or [
        one.get("code", {}).get("text", "") for one in person.get("qualification", ())
    ]
    return {
        "code": code,
        "id": person["id"],
        "name": names[0].get("text", ""),
        "title": titles[0] if titles else "",
        "department": department,
        "specialties": [one.get("text", "") for one in role.get("specialty", ())],
    }


def _identifier(resource: dict[str, Any], system: str) -> str:
    return next((i["value"] for i in resource.get("identifier", ()) if i.get("system") == system), "")


def _id(reference: dict[str, Any] | None) -> str:
    return (reference or {}).get("reference", "").partition("/")[2]
