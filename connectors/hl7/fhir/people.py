"""PID, PD1, MRG, NK1, GT1 → Patient, RelatedPerson, Account."""

from typing import Any

from connectors.hl7.fhir import systems
from connectors.hl7.fhir.build import Builder
from connectors.hl7.fhir.datatypes import (
    addresses,
    concept,
    concepts,
    first,
    identifier,
    name,
    names,
    number,
    telecoms,
)
from connectors.hl7.message import Segment
from connectors.hl7.times import fhir_time, parse_date
from connectors.resources import ID_CARD_SYSTEM, extensions

_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"


def patient(build: Builder, pid: Segment) -> dict[str, str] | None:
    """The patient of a message; None where the segment names nobody."""
    identifiers = _identifiers(pid)
    people = names(pid, 5) + [
        {"use": "nickname", **one} if "use" not in one else one for one in names(pid, 9)
    ]
    if not identifiers and not people:
        return None
    content = {
        "identifier": identifiers,
        "name": people,
        "telecom": telecoms(pid, 13, 40, use="home") + telecoms(pid, 14, use="work"),
        "gender": systems.GENDER.get(pid.text(8).strip().upper(), "unknown" if pid.text(8).strip() else ""),
        "address": addresses(pid, 11),
        "maritalStatus": concept(first(pid, 16), f"{systems.V2}0002"),
        "communication": [{"language": one} for one in concepts(pid, 15)],
        "extension": extensions(
            ("religion", "CodeableConcept", concept(first(pid, 17))),
            ("birth-place", "string", pid.text(23)),
            ("nationality", "CodeableConcept", concept(first(pid, 28)) or concept(first(pid, 26))),
            *(("race", "CodeableConcept", one) for one in concepts(pid, 10)),
            *(("ethnic-group", "CodeableConcept", one) for one in concepts(pid, 22)),
        ),
        **_birth(pid),
        **_death(pid),
        **_multiple(pid),
    }
    key = identifiers[0] if identifiers else people[0]
    link = build.add(
        "Patient", f"{key.get('system', '')}|{key.get('value', key)}", content, own=not identifiers
    )
    if account := identifier(first(pid, 18)):
        build.add(
            "Account",
            f"{account.get('system', '')}|{account['value']}",
            {"identifier": [account], "status": "active", "subject": [link]},
        )
    return link


def _identifiers(pid: Segment) -> list[dict[str, Any]]:
    """PID-3 first, since it is what names the patient; then PID-2 and 4, social security and driver's numbers."""
    found = [identifier(one) for number_ in (3, 2, 4) for one in pid.repeats(number_)]
    if card := pid.text(19).strip():
        resident = len(card) == 18 and card[:17].isdecimal()
        kind, system = ("NI", ID_CARD_SYSTEM) if resident else ("SS", "http://hl7.org/fhir/sid/us-ssn")
        coding = {"system": systems.IDENTIFIER_TYPE, "code": kind}
        found.append({"type": {"coding": [coding]}, "system": system, "value": card})
    if licence := pid.text(20).strip():
        coding = {"system": systems.IDENTIFIER_TYPE, "code": "DL"}
        found.append({"type": {"coding": [coding]}, "value": licence})
    kept: dict[tuple[Any, Any], dict[str, Any]] = {}
    for one in found:
        if one:
            kept.setdefault((one.get("system"), one["value"]), one)
    return list(kept.values())


def _birth(pid: Segment) -> dict[str, Any]:
    text = pid.text(7)
    day = parse_date(text)
    if day is None:
        part = fhir_time(text)
        return {"birthDate": part} if part and len(part) <= 7 else {}
    born: dict[str, Any] = {"birthDate": day.isoformat()}
    moment = fhir_time(text)
    if moment and len(moment) > 10:
        born["_birthDate"] = {"extension": [{"url": _BIRTH_TIME, "valueDateTime": moment}]}
    return born


def _death(pid: Segment) -> dict[str, Any]:
    if moment := fhir_time(pid.text(29)):
        return {"deceasedDateTime": moment}
    flag = pid.text(30).upper()
    return {"deceasedBoolean": flag == "Y"} if flag in ("Y", "N") else {}


def _multiple(pid: Segment) -> dict[str, Any]:
    order = number(pid.text(25))
    if isinstance(order, int) and 0 <= order < 100:
        return {"multipleBirthInteger": order}
    flag = pid.text(24).upper()
    return {"multipleBirthBoolean": flag == "Y"} if flag in ("Y", "N") else {}


def primary_care(build: Builder, pd1: Segment, link: dict[str, str]) -> None:
    """PD1: where and by whom the patient is looked after."""
    organizations = [build.organization(one) for one in pd1.repeats(3)]
    doctors = [build.practitioner(one) for one in pd1.repeats(4)]
    found = [one for one in [*organizations, *doctors] if one]
    if found:
        build.get(link)["generalPractitioner"] = found


def merged(build: Builder, mrg: Segment, link: dict[str, str]) -> None:
    """MRG: the number that is given up becomes an inactive Patient that points to the surviving one."""
    old = [one for field in mrg.repeats(1) if (one := identifier(field))]
    if not old or not (old[0]["value"]):
        return
    person = [one] if (one := name(first(mrg, 7))) else []
    gone = build.add(
        "Patient",
        f"{old[0].get('system', '')}|{old[0]['value']}",
        {
            "identifier": old,
            "name": person,
            "active": False,
            "link": [{"other": link, "type": "replaced-by"}],
        },
    )
    if gone != link:
        survivor = build.get(link)
        survivor.setdefault("active", True)
        survivor.setdefault("link", []).append({"other": gone, "type": "replaces"})


def related(build: Builder, nk1: Segment, link: dict[str, str]) -> None:
    """NK1 → RelatedPerson."""
    relation = concept(first(nk1, 3), f"{systems.V2}0063")
    codes = [systems.RELATION.get(one.get("code", "")) for one in (relation or {}).get("coding", [])]
    extra = [{"system": f"{systems.V3}RoleCode", "code": one} for one in codes if one]
    if relation and extra:
        relation = relation | {"coding": extra + relation.get("coding", [])}
    _person(
        build, link, nk1, f"NK1|{nk1.raw(1)}|{nk1.raw(2)}|{nk1.raw(33)}", 2, 4, (5, 6), 15, 16, 33, relation
    )


def guarantor(build: Builder, gt1: Segment, link: dict[str, str]) -> None:
    """GT1 → RelatedPerson who pays."""
    role = {"system": f"{systems.V3}RoleClass", "code": "GUAR", "display": "guarantor"}
    relation = {"coding": [role]}
    _person(build, link, gt1, f"GT1|{gt1.raw(1)}|{gt1.raw(3)}", 3, 5, (6, 7), 9, 8, 2, relation)


def _person(
    build: Builder,
    link: dict[str, str],
    of: Segment,
    key: str,
    name_field: int,
    address_field: int,
    phone_fields: tuple[int, ...],
    sex_field: int,
    birth_field: int,
    id_field: int,
    relation: dict[str, Any] | None,
) -> None:
    found = names(of, name_field)
    identifiers = [one for field in of.repeats(id_field) if (one := identifier(field))]
    if not found and not identifiers and relation is None:
        return
    day = parse_date(of.text(birth_field))
    build.add(
        "RelatedPerson",
        key,
        {
            "identifier": identifiers,
            "patient": link,
            "relationship": [relation] if relation else [],
            "name": found,
            "telecom": telecoms(of, *phone_fields),
            "gender": systems.GENDER.get(of.text(sex_field).strip().upper(), ""),
            "birthDate": day.isoformat() if day else None,
            "address": addresses(of, address_field),
        },
        own=True,
    )


def mother(build: Builder, pid: Segment, link: dict[str, str]) -> None:
    """PID-6 and PID-21: the mother's names and numbers."""
    found = names(pid, 6)
    identifiers = [one for field in pid.repeats(21) if (one := identifier(field))]
    if found or identifiers:
        role = {"system": f"{systems.V3}RoleCode", "code": "MTH", "display": "mother"}
        content = {
            "identifier": identifiers,
            "patient": link,
            "relationship": [{"coding": [role]}],
            "name": found,
        }
        build.add("RelatedPerson", "PID-6", content, own=True)
