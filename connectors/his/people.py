"""PID and NK1 ↔ Patient."""

import re
from collections.abc import Iterable
from typing import Any

from connectors.adapter import Resource
from connectors.hl7.message import Segment, Value, segment
from connectors.hl7.times import fhir_time, hl7_date
from connectors.resources import (
    ID_CARD_SYSTEM,
    INSURANCE_CARD_SYSTEM,
    MRN_SYSTEM,
    WECHAT_SYSTEM,
    actor,
    bare,
    extensions,
    reference,
)

TYPES = {
    "MR": (MRN_SYSTEM, "HIS"),
    "NI": (ID_CARD_SYSTEM, "PRC"),
    "WX": (WECHAT_SYSTEM, "WECHAT"),
    "HC": (INSURANCE_CARD_SYSTEM, "YB"),
}
"""PID-3.5 → the identifier's system, and PID-3.4."""
_BY_SYSTEM = {system: (kind, authority) for kind, (system, authority) in TYPES.items()}
_TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0203"
_ROLE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_GENDER = {"M": "male", "F": "female", "O": "other", "A": "other"}
_SEX = {"male": "M", "female": "F", "other": "O"}
_HAN = re.compile(r"[\u3400-\u9fff·]")
_ID_CARD = re.compile(r"\d{17}[\dXx]")


def patient(pid: Segment, family: Iterable[Segment] = ()) -> Resource:
    """A Patient whose id is the medical record number. `contact` holds the family members the HIS knows, each with
    the extension `patient` where that person is a patient as well."""
    identifiers = _identifiers(pid)
    resource: Resource = {
        "resourceType": "Patient",
        "id": record_number(pid),
        "identifier": identifiers,
        "active": True,
        "name": [name(pid, 5)],
        "gender": _GENDER.get(pid.text(8).upper(), "unknown"),
    }
    if phones := [one.text(1) or one.text(12) for one in pid.repeats(13)]:
        resource["telecom"] = [
            {"system": "phone", "value": phone, "use": "mobile"} for phone in phones if phone
        ]
    if birth := fhir_time(pid.text(7)):
        resource["birthDate"] = birth[:10]
    if address := "".join(pid.text(11, component) for component in (4, 3, 1)):
        resource["address"] = [{"text": address}]
    if contacts := [_contact(nk1) for nk1 in family]:
        resource["contact"] = contacts
    return {key: value for key, value in resource.items() if value not in ([], "")}


def record_number(pid: Segment) -> str:
    """The medical record number: the MR repetition, else the HIS's own, else the first that is nothing else."""
    repeats = pid.repeats(3)
    for one in repeats:
        if one.text(5) == "MR":
            return one.text(1)
    for one in repeats:
        if one.text(4) == "HIS" or (not one.text(5) and not _ID_CARD.fullmatch(one.text(1))):
            return one.text(1)
    return ""


def name(of: Segment, field: int) -> dict[str, Any]:
    """A HumanName of an XPN that may hold `张三`, `张^三`, or `code^张三`."""
    family, given = of.text(field, 1), of.text(field, 2)
    if given and not _HAN.search(family) and _HAN.search(given):
        family, given = given, ""
    text = family + given if _HAN.search(family) else f"{given} {family}".strip()
    part: dict[str, Any] = {"use": "official", "text": text}
    if given:
        part |= {"family": family, "given": [given]}
    return part


def _identifiers(pid: Segment) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], None] = {}
    for one in pid.repeats(3):
        value, kind = one.text(1), one.text(5)
        if not kind:
            kind = "NI" if _ID_CARD.fullmatch(value) else "MR"
        if value:
            found[kind, value] = None
    if card := pid.text(19):
        found["NI", card] = None
    return [
        {
            "type": {"coding": [{"system": _TYPE_SYSTEM, "code": kind}]},
            "system": TYPES[kind][0] if kind in TYPES else f"urn:menzhen:identifier:{kind.lower()}",
            "value": value,
        }
        for kind, value in found
    ]


def _contact(nk1: Segment) -> dict[str, Any]:
    code, text = nk1.text(3, 1), nk1.text(3, 2)
    coding = {"system": _ROLE_SYSTEM, "code": code, "display": text}
    contact: dict[str, Any] = {
        "relationship": [{"coding": [{k: v for k, v in coding.items() if v}], "text": text or code}],
        "name": name(nk1, 2),
    }
    if number := nk1.text(12):
        contact["extension"] = extensions(("patient", "Reference", reference("Patient", number)))
    return contact


def pid_segment(resource: Resource) -> str:
    """PID of a Patient, for registering (no record number yet) and for changes."""
    identifiers: list[Value] = []
    card = ""
    for one in resource.get("identifier") or ():
        kind, authority = _BY_SYSTEM.get(one.get("system", ""), ("", ""))
        value = one.get("value", "")
        if kind and value:
            identifiers.append((value, None, None, authority, kind))
        if kind == "NI":
            card = value
    names = resource.get("name") or [{}]
    text = names[0].get("text") or names[0].get("family", "") + "".join(names[0].get("given") or ())
    phone = next(
        (t.get("value", "") for t in resource.get("telecom") or () if t.get("system") == "phone"), ""
    )
    address = next((a.get("text", "") for a in resource.get("address") or ()), "")
    return segment(
        "PID",
        1,
        "",
        identifiers,
        "",
        text,
        "",
        hl7_date(resource.get("birthDate", "")),
        _SEX.get(resource.get("gender", ""), "U"),
        "",
        "",
        address,
        "",
        phone,
        *[""] * 5,
        card,
    )


def pid_of(mrn: str) -> str:
    """PID of a known patient, by the record number."""
    return segment("PID", 1, "", (mrn, None, None, "HIS", "MR"))


def with_record_number(resource: Resource, mrn: str) -> Resource:
    """The Patient with this record number, and no other, among its identifiers."""
    others = [one for one in resource.get("identifier") or () if one.get("system") != MRN_SYSTEM]
    return resource | {"identifier": [{"system": MRN_SYSTEM, "value": mrn}, *others]}


def owner(resource: Resource) -> str:
    """The id of the patient whom an Appointment, Invoice or ChargeItem is of."""
    return bare(resource["subject"]) if "subject" in resource else actor(resource, "Patient")
