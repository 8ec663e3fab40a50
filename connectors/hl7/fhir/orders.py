"""ORC, OBR, TQ1, SPM, OBX, NTE → ServiceRequest, DiagnosticReport, Specimen, Observation."""

import base64
import binascii
from typing import Any

from connectors.hl7.fhir import systems
from connectors.hl7.fhir.build import Builder
from connectors.hl7.fhir.datatypes import (
    clean,
    code,
    concept,
    concepts,
    entity,
    first,
    period,
    quantity,
    reference_range,
    structured,
)
from connectors.hl7.message import Segment
from connectors.hl7.times import fhir_instant, fhir_time

Link = dict[str, str]
_ATTACHMENT = {"PDF": "application/pdf", "JPEG": "image/jpeg", "JPG": "image/jpeg", "PNG": "image/png", "TEXT": "text/plain", "HTML": "text/html", "RTF": "text/rtf", "XML": "application/xml"}  # fmt: skip
MAX_ATTACHMENT = 8 * 1024 * 1024


def numbers(obr: Segment | None, orc: Segment | None) -> list[dict[str, Any]]:
    """Placer and filler numbers, from OBR else ORC."""
    found = []
    for field, kind in ((2, "PLAC"), (3, "FILL")):
        own = entity(first(obr, field), kind) if obr else None
        one = own or (entity(first(orc, field), kind) if orc else None)
        if one:
            found.append(one)
    return found


def order_key(obr: Segment | None, orc: Segment | None, place: int) -> tuple[str, bool]:
    """What names an order, and whether that holds within the message only."""
    identifiers = numbers(obr, orc)
    if not identifiers:
        return f"order|{place}", True
    what = obr.raw(4) if obr else ""
    return "|".join([*(f"{one.get('system', '')}:{one['value']}" for one in identifiers), what]), False


def service_request(
    build: Builder,
    obr: Segment,
    orc: Segment | None,
    place: int,
    patient: Link | None,
    encounter: Link | None,
) -> Link | None:
    """An order."""
    if patient is None:
        return None
    control = (code(orc.text(5)) or code(orc.text(1))).upper() if orc else ""
    requester = build.practitioner(first(obr, 16)) or (build.practitioner(first(orc, 12)) if orc else None)
    key, own = order_key(obr, orc, place)
    priority = obr.text(5) or obr.text(27, 6) or (orc.text(7, 6) if orc else "")
    return build.add(
        "ServiceRequest",
        key,
        {
            "identifier": numbers(obr, orc),
            "status": systems.ORDER_STATUS.get(control, "active"),
            "intent": "order",
            "priority": systems.PRIORITY.get(priority.strip().upper()),
            "code": concept(first(obr, 4)) or {"text": "未注明项目"},
            "subject": patient,
            "encounter": encounter,
            "occurrenceDateTime": fhir_time(obr.text(36)) or fhir_time(obr.text(6)),
            "authoredOn": fhir_time(orc.text(9)) if orc else None,
            "requester": requester,
            "reasonCode": concepts(obr, 31),
        },
        own=own,
    )


def report(
    build: Builder,
    obr: Segment,
    orc: Segment | None,
    place: int,
    patient: Link | None,
    encounter: Link | None,
    request: Link | None,
) -> Link:
    """A report of results."""
    status = systems.REPORT_STATUS.get(code(obr.text(25)).upper(), "unknown")
    key, own = order_key(obr, orc, place)
    during = period(obr.text(7), obr.text(8))
    effective = (
        {"effectivePeriod": during} if len(during) == 2 else {"effectiveDateTime": during.get("start")}
    )
    interpreters = [who for one in obr.repeats(32) if (who := build.practitioner(one))]
    category = concept(first(obr, 24), f"{systems.V2}0074")
    return build.add(
        "DiagnosticReport",
        key,
        {
            "identifier": numbers(obr, orc),
            "basedOn": [request] if request else [],
            "status": status,
            "category": [category] if category else [],
            "code": concept(first(obr, 4)) or {"text": "未注明项目"},
            "subject": patient,
            "encounter": encounter,
            **effective,
            "issued": fhir_instant(obr.text(22)),
            "resultsInterpreter": interpreters,
        },
        own=own,
    )


def specimen(build: Builder, spm: Segment, place: int, patient: Link | None, request: Link | None) -> Link:
    """SPM → Specimen."""
    number = entity(first(spm, 2), "PLAC")
    during = period(spm.text(17, 1), spm.text(17, 2))
    collected = (
        {"collectedPeriod": during} if len(during) == 2 else {"collectedDateTime": during.get("start")}
    )
    method, site = concept(first(spm, 7)), concept(first(spm, 8))
    return build.add(
        "Specimen",
        f"SPM|{place}|{spm.raw(2)}",
        {
            "identifier": [number] if number else [],
            "type": concept(first(spm, 4), f"{systems.V2}0487"),
            "subject": patient,
            "receivedTime": fhir_time(spm.text(18)),
            "request": [request] if request else [],
            "collection": clean({**collected, "method": method, "bodySite": site}),
            "note": [{"text": spm.text(14)}] if spm.text(14) else [],
        },
        own=True,
    )


def observation(
    build: Builder,
    obx: Segment,
    place: int,
    patient: Link | None,
    encounter: Link | None,
    request: Link | None,
    obr: Segment | None = None,
) -> Link:
    """One result. Where it has no time of its own, that of its order counts."""
    unit = first(obx, 6)
    limits = reference_range(obx.text(7), unit)
    performers = [who for one in obx.repeats(16) if (who := build.practitioner(one))]
    maker = build.organization(first(obx, 23))
    content = {
        "basedOn": [request] if request else [],
        "status": systems.OBSERVATION_STATUS.get(code(obx.text(11)).upper(), "unknown"),
        "code": concept(first(obx, 3)) or {"text": "未注明项目"},
        "subject": patient,
        "encounter": encounter,
        "effectiveDateTime": fhir_time(obx.text(14)) or (fhir_time(obr.text(7)) if obr else None),
        "issued": fhir_instant(obx.text(19)),
        "performer": performers + ([maker] if maker else []),
        "interpretation": [one for field in obx.repeats(8) if (one := _interpretation(field.text(1)))],
        "method": concept(first(obx, 17)),
        "referenceRange": [limits] if limits else [],
        **_value(obx),
    }
    return build.add("Observation", f"OBX|{place}|{obx.raw(1)}|{obx.raw(3)}|{obx.raw(4)}", content, own=True)


def _interpretation(flag: str) -> dict[str, Any] | None:
    flag = code(flag)
    known = systems.INTERPRETATION_ALIAS.get(flag, flag.upper())
    if display := systems.INTERPRETATION.get(known):
        coding = {"system": f"{systems.V3}ObservationInterpretation", "code": known, "display": display}
        return {"coding": [coding]}
    return {"text": flag} if flag else None


def _value(obx: Segment) -> dict[str, Any]:
    kind, unit, repeats = code(obx.text(2)).upper(), first(obx, 6), obx.repeats(5)
    if not repeats:
        return {}
    value = repeats[0]
    if kind in ("NM", "SN"):
        made = structured(value, unit) if kind == "SN" else {"valueQuantity": quantity(value.text(1), unit)}
        return made if any(made.values()) else {"valueString": value.text(1).strip()}
    if kind in ("CE", "CWE", "CNE", "CF", "IS", "ID"):
        return {"valueCodeableConcept": concept(value)}
    if kind in ("DT", "DTM", "TS"):
        moment = fhir_time(value.text(1))
        return {"valueDateTime": moment} if moment else {"valueString": value.text(1).strip()}
    if kind in ("ED", "RP"):
        return {"valueString": "见附件"}
    lines = [one.text(1).strip() for one in repeats]
    return {"valueString": "\n".join(line for line in lines if line)}


def attachment(obx: Segment) -> dict[str, Any] | None:
    """An encapsulated document (ED) or a pointer to one (RP) as an Attachment."""
    kind, value = code(obx.text(2)).upper(), first(obx, 5)
    if value is None or kind not in ("ED", "RP"):
        return None
    if kind == "RP":
        pointer = value.text(1).strip()
        return {"url": pointer} if pointer.startswith(("http://", "https://")) else None
    data = value.text(5).strip()
    if value.text(4).upper() == "BASE64":
        try:
            base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            return None
    else:
        data = base64.b64encode(data.encode("utf-8", "replace")).decode()
    subtype = value.text(3).upper() or value.text(2).upper()
    if not data or len(data) > MAX_ATTACHMENT:
        return None
    return clean({"contentType": _ATTACHMENT.get(subtype, "application/octet-stream"), "data": data})


def text_attachment(text: str) -> dict[str, Any]:
    """Lines of text as an Attachment."""
    data = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return {"contentType": "text/plain; charset=utf-8", "data": data}
