"""PV1, PV2 → Encounter with its places and people; IN1 → Coverage; DG1, AL1, PR1 → what is known of the patient."""

from typing import Any

from connectors.hl7.fhir import systems
from connectors.hl7.fhir.build import Builder
from connectors.hl7.fhir.datatypes import clean, code, concept, concepts, entity, first, identifier, period
from connectors.hl7.message import Segment
from connectors.hl7.times import fhir_time
from connectors.resources import extensions, reference

_PARTICIPANTS = (
    (7, "ATND", "attender"),
    (8, "REF", "referrer"),
    (9, "CON", "consultant"),
    (17, "ADM", "admitter"),
)
_PLACES = ((3, "active"), (6, "completed"), (11, "active"), (42, "planned"), (43, "completed"))
Link = dict[str, str]


def encounter(build: Builder, pv1: Segment, trigger: str, patient: Link | None) -> Link:
    """The visit of a message."""
    number = identifier(first(pv1, 19), "VN")
    alternate = identifier(first(pv1, 50))
    kind = code(pv1.text(2)).upper()
    known = systems.ENCOUNTER_CLASS.get(kind)
    participants, places = [], []
    for field, role, display in _PARTICIPANTS:
        coding = {"system": f"{systems.V3}ParticipationType", "code": role, "display": display}
        for one in pv1.repeats(field):
            if who := build.practitioner(one):
                participants.append({"type": [{"coding": [coding]}], "individual": who})
    for field, status in _PLACES:
        for one in pv1.repeats(field):
            if where := build.location(one):
                places.append({"location": where, "status": status})
    during = period(pv1.text(44), pv1.text(45))
    content = {
        "identifier": [one for one in (number, alternate) if one],
        "status": _status(trigger, kind, during),
        "class": {"system": f"{systems.V3}ActCode", "code": known[0], "display": known[1]}
        if known
        else {"system": f"{systems.V3}NullFlavor", "code": "UNK", "display": "unknown"},
        "type": concepts(pv1, 4, f"{systems.V2}0007") + concepts(pv1, 18),
        "serviceType": concept(first(pv1, 10), f"{systems.V2}0069"),
        "subject": patient,
        "participant": participants,
        "period": during,
        "location": places,
        "hospitalization": _hospitalization(build, pv1),
        "account": [reference("Account", one["id"]) for one in build.of("Account")],
        "extension": extensions(("insurance", "string", pv1.text(20))),
    }
    if not number:
        return build.add("Encounter", "PV1", content, own=True)
    return build.add("Encounter", f"{number.get('system', '')}|{number['value']}", content)


def _status(trigger: str, kind: str, during: dict[str, Any]) -> str:
    if fixed := systems.ENCOUNTER_STATUS.get(trigger):
        return fixed
    if "end" in during:
        return "finished"
    return "planned" if kind == "P" else "in-progress"


def _hospitalization(build: Builder, pv1: Segment) -> dict[str, Any]:
    return clean(
        {
            "preAdmissionIdentifier": identifier(first(pv1, 5)),
            "admitSource": concept(first(pv1, 14), f"{systems.V2}0023"),
            "reAdmission": concept(first(pv1, 13), f"{systems.V2}0092"),
            "dietPreference": concepts(pv1, 38),
            "specialCourtesy": concepts(pv1, 22),
            "specialArrangement": concepts(pv1, 15),
            "destination": build.location(first(pv1, 37)),
            "dischargeDisposition": concept(first(pv1, 36), f"{systems.V2}0112"),
        }
    )


def more(pv2: Segment, encounter_: dict[str, Any]) -> None:
    """PV2 adds why, and how urgent."""
    reasons = concepts(pv2, 3)
    if pv2.text(12):
        reasons.append({"text": pv2.text(12)})
    if reasons:
        encounter_["reasonCode"] = reasons
    if priority := concept(first(pv2, 25), f"{systems.V2}0217"):
        encounter_["priority"] = priority


def coverage(build: Builder, in1: Segment, patient: Link) -> Link:
    """IN1 → Coverage."""
    payor = build.organization(first(in1, 4)) or build.organization(first(in1, 3))
    group = in1.text(8).strip()
    plan = concept(first(in1, 2))
    classes = [
        {"type": {"coding": [{"system": f"{systems.CORE}coverage-class", "code": kind}]}, "value": value}
        for kind, value in (("group", group), ("plan", in1.text(35).strip() or in1.text(2).strip()))
        if value
    ]
    relation = concept(first(in1, 17), f"{systems.V2}0063")
    return build.add(
        "Coverage",
        f"IN1|{in1.raw(1)}",
        {
            "identifier": [one for field in in1.repeats(49) if (one := identifier(field))],
            "status": "active",
            "type": concept(first(in1, 15)) or plan,
            "subscriberId": in1.text(36).strip(),
            "beneficiary": patient,
            "relationship": relation,
            "period": period(in1.text(12), in1.text(13)),
            "payor": [payor or patient],
            "class": classes,
        },
        own=True,
    )


def condition(build: Builder, dg1: Segment, patient: Link, encounter_: Link | None) -> Link | None:
    """DG1 → Condition."""
    what = concept(first(dg1, 3)) or ({"text": dg1.text(4)} if dg1.text(4) else None)
    if what is None:
        return None
    clinical = {"system": f"{systems.CORE}condition-clinical", "code": "active"}
    category = {"system": f"{systems.CORE}condition-category", "code": "encounter-diagnosis"}
    number = entity(first(dg1, 20), "FILL")
    return build.add(
        "Condition",
        f"DG1|{dg1.raw(1)}|{dg1.raw(3)}|{dg1.raw(4)}",
        {
            "identifier": [number] if number else [],
            "clinicalStatus": {"coding": [clinical]},
            "category": [{"coding": [category]}],
            "code": what,
            "subject": patient,
            "encounter": encounter_,
            "onsetDateTime": fhir_time(dg1.text(5)),
            "recordedDate": fhir_time(dg1.text(19)),
            "asserter": build.practitioner(first(dg1, 16)),
        },
        own=True,
    )


def allergy(build: Builder, al1: Segment, patient: Link) -> None:
    """AL1 (and IAM, whose fields are alike up to 5) → AllergyIntolerance."""
    what = concept(first(al1, 3))
    if what is None:
        return
    kind, severity = code(al1.text(2)).upper(), code(al1.text(4)).upper()
    signs = [one for field in al1.repeats(5) if (one := concept(field))]
    active = {"system": f"{systems.CORE}allergyintolerance-clinical", "code": "active"}
    category = systems.ALLERGY_CATEGORY.get(kind)
    build.add(
        "AllergyIntolerance",
        f"AL1|{al1.raw(1)}|{al1.raw(3)}",
        {
            "clinicalStatus": {"coding": [active]},
            "type": "allergy",
            "category": [category] if category else [],
            "criticality": systems.CRITICALITY.get(severity),
            "code": what,
            "patient": patient,
            "onsetDateTime": fhir_time(al1.text(6)) if al1.name == "AL1" else None,
            "reaction": [clean({"manifestation": signs, "severity": systems.SEVERITY.get(severity)})]
            if signs
            else [],
        },
        own=True,
    )


def procedure(build: Builder, pr1: Segment, patient: Link, encounter_: Link | None) -> Link | None:
    """PR1 → Procedure."""
    what = concept(first(pr1, 3)) or ({"text": pr1.text(4)} if pr1.text(4) else None)
    if what is None:
        return None
    performers = [
        {"actor": who}
        for field in (8, 11, 12)
        for one in pr1.repeats(field)
        if (who := build.practitioner(one))
    ]
    number = entity(first(pr1, 19), "FILL")
    return build.add(
        "Procedure",
        f"PR1|{pr1.raw(1)}|{pr1.raw(3)}|{pr1.raw(5)}",
        {
            "identifier": [number] if number else [],
            "status": "completed",
            "category": concept(first(pr1, 6)),
            "code": what,
            "subject": patient,
            "encounter": encounter_,
            "performedDateTime": fhir_time(pr1.text(5)),
            "performer": performers,
            "reasonCode": concepts(pr1, 15),
        },
        own=True,
    )
