"""SCH → Appointment, FT1 → ChargeItem, RXA → Immunization, RXE and RXO → MedicationRequest, TXA → DocumentReference."""

from collections.abc import Sequence
from typing import Any

from connectors.hl7.fhir import systems
from connectors.hl7.fhir.build import Builder
from connectors.hl7.fhir.datatypes import clean, code, concept, concepts, entity, first, number, quantity
from connectors.hl7.message import Segment
from connectors.hl7.times import fhir_instant, fhir_time, parse_time

Link = dict[str, str]
_DOCUMENT_STATUS = {"AU": "final", "LA": "final", "IP": "preliminary", "PA": "preliminary", "DI": "preliminary", "DO": "preliminary", "IN": "preliminary"}  # fmt: skip


def appointment(build: Builder, sch: Segment, trigger: str, tq1: Segment | None) -> Link:
    """SCH; participants are added as their segments come."""
    filler = code(sch.text(25)).upper()
    status = systems.FILLER_STATUS.get(filler) or systems.APPOINTMENT_STATUS.get(trigger, "proposed")
    if trigger in ("S15", "S17", "S26"):
        status = systems.APPOINTMENT_STATUS[trigger]
    start, end = sch.text(11, 4), sch.text(11, 5)
    if tq1 is not None:
        start, end = start or tq1.text(7), end or tq1.text(8)
    opened, closed = parse_time(start), parse_time(end)
    # Both or none, and in this order (invariant app-2).
    times = (
        {"start": fhir_instant(start), "end": fhir_instant(end)}
        if opened and closed and opened <= closed
        else {}
    )
    if not times and status not in ("cancelled", "entered-in-error"):
        status = "proposed" if status in ("booked", "pending") else status
    minutes = number(sch.text(9))
    numbers = [one for field, kind in ((1, "PLAC"), (2, "FILL")) if (one := entity(first(sch, field), kind))]
    key = numbers[-1] if numbers else None
    return build.add(
        "Appointment",
        f"{key.get('system', '')}|{key['value']}" if key else "SCH",
        {
            "identifier": numbers,
            "status": status,
            "appointmentType": concept(first(sch, 8), f"{systems.V2}0277"),
            "reasonCode": concepts(sch, 7, f"{systems.V2}0276"),
            "minutesDuration": minutes if isinstance(minutes, int) and minutes > 0 else None,
            **times,
            "participant": [],
        },
        own=not key,
    )


def participant(build: Builder, segment: Segment) -> dict[str, Any] | None:
    """AIP, AIL, AIG or AIS as a participant of an Appointment; AIS and AIG have no actor of their own."""
    actor: Link | None = None
    kind = None
    if segment.name == "AIP":
        actor, kind = build.practitioner(first(segment, 3)), concept(first(segment, 4))
    elif segment.name == "AIL":
        actor, kind = build.location(first(segment, 3)), concept(first(segment, 4))
    elif segment.name == "AIG" and (thing := concept(first(segment, 3))):
        title = thing.get("text") or thing["coding"][0]["code"]
        device = {"deviceName": [{"name": title, "type": "user-friendly-name"}]}
        actor, kind = build.add("Device", f"AIG|{segment.raw(3)}", device), concept(first(segment, 4))
    if actor is None:
        return None
    return clean({"type": [kind] if kind else [], "actor": actor, "status": "accepted"})


def charge(
    build: Builder, ft1: Segment, patient: Link, encounter: Link | None, accounts: Sequence[Link]
) -> Link:
    """FT1 → ChargeItem. A payment (PY) is a ChargeItem that is billed."""
    transaction = ft1.text(2).strip()
    kind = code(ft1.text(6)).upper()
    what = concept(first(ft1, 25)) or concept(first(ft1, 7)) or {"text": ft1.text(8) or "未注明项目"}
    amount, unit_price = number(ft1.text(11)), number(ft1.text(12))
    value = amount if amount is not None else unit_price
    currency = ft1.text(11, 1, sub=2) or "CNY"
    performers = [{"actor": who} for one in ft1.repeats(20) if (who := build.practitioner(one))]
    number_ = {"value": transaction} if transaction else None
    return build.add(
        "ChargeItem",
        f"FT1|{ft1.raw(1)}|{transaction}",
        {
            "identifier": [number_] if number_ else [],
            "status": "billed" if kind == "PY" else "aborted" if kind == "CR" else "billable",
            "code": what,
            "subject": patient,
            "context": encounter,
            "occurrenceDateTime": fhir_time(ft1.text(4)),
            "performer": performers,
            "quantity": quantity(ft1.text(10), None),
            "priceOverride": {"value": value, "currency": currency if len(currency) == 3 else "CNY"}
            if value is not None
            else None,
            "enteredDate": fhir_time(ft1.text(5)),
            "enterer": build.practitioner(first(ft1, 24)),
            "reason": concepts(ft1, 19),
            "account": list(accounts),
        },
        own=True,
    )


def immunization(
    build: Builder, rxa: Segment, orc: Segment | None, patient: Link, encounter: Link | None
) -> Link:
    """RXA → Immunization."""
    state = code(rxa.text(20)).upper()
    numbers = [
        one for field, kind in ((2, "PLAC"), (3, "FILL")) if orc and (one := entity(first(orc, field), kind))
    ]
    dose = quantity(rxa.text(6), first(rxa, 7))
    expires = fhir_time(rxa.text(16))
    maker = first(rxa, 17)
    performer = build.practitioner(first(rxa, 10))
    source = concept(first(rxa, 9))
    return build.add(
        "Immunization",
        f"RXA|{rxa.raw(2)}|{rxa.raw(3)}|{rxa.raw(5)}|{[one['value'] for one in numbers]}",
        {
            "identifier": numbers,
            "status": "not-done" if state in ("RE", "NA") else "completed",
            "statusReason": concept(first(rxa, 18)) if state in ("RE", "NA") else None,
            "vaccineCode": concept(first(rxa, 5)) or {"text": "未注明疫苗"},
            "patient": patient,
            "encounter": encounter,
            "occurrenceDateTime": fhir_time(rxa.text(3)),
            **({} if fhir_time(rxa.text(3)) else {"occurrenceString": "未注明时间"}),
            "primarySource": code(rxa.text(9)) in ("", "00"),
            "reportOrigin": source,
            "location": build.location(first(rxa, 11)),
            "manufacturer": build.organization(None, maker.text(2) or maker.text(1)) if maker else None,
            "lotNumber": rxa.text(15).strip(),
            "expirationDate": expires[:10] if expires and len(expires) >= 10 else None,
            "doseQuantity": dose if dose and dose.get("value") not in (999, 0) else None,
            "performer": [{"actor": performer}] if performer else [],
        },
        own=True,
    )


def route(rxr: Segment, resource: dict[str, Any]) -> None:
    """RXR adds route and site."""
    way, site = concept(first(rxr, 1)), concept(first(rxr, 2))
    if resource["resourceType"] == "Immunization":
        resource |= clean({"route": way, "site": site})
    elif resource["resourceType"] == "MedicationRequest" and (way or site):
        resource["dosageInstruction"] = [
            {**one, **clean({"route": way, "site": site})} for one in resource.get("dosageInstruction", [{}])
        ]


def medication_request(
    build: Builder, rx: Segment, orc: Segment | None, patient: Link, encounter: Link | None
) -> Link:
    """RXO (2 dose, 4 unit) or RXE (3 dose, 5 unit) → MedicationRequest."""
    encoded = rx.name == "RXE"
    what, low, unit = (2, 3, 5) if encoded else (1, 2, 4)
    numbers = [
        one for field, kind in ((2, "PLAC"), (3, "FILL")) if orc and (one := entity(first(orc, field), kind))
    ]
    control = code(orc.text(1)).upper() if orc else ""
    dose = quantity(rx.text(low), first(rx, unit))
    advice = [one.text(1) or one.text(2) for one in rx.repeats(7)]
    dosage = clean(
        {
            "text": "；".join(one for one in advice if one),
            "doseAndRate": [{"doseQuantity": dose}] if dose else [],
        }
    )
    amount = quantity(rx.text(10 if encoded else 11), first(rx, 11 if encoded else 12))
    return build.add(
        "MedicationRequest",
        f"{rx.name}|{rx.raw(what)}|{[one['value'] for one in numbers]}",
        {
            "identifier": numbers,
            "status": {"revoked": "cancelled"}.get(
                systems.ORDER_STATUS.get(control, "active"), systems.ORDER_STATUS.get(control, "active")
            ),
            "intent": "order",
            "medicationCodeableConcept": concept(first(rx, what)) or {"text": "未注明药品"},
            "subject": patient,
            "encounter": encounter,
            "authoredOn": fhir_time(orc.text(9)) if orc else None,
            "requester": build.practitioner(first(orc, 12)) if orc else None,
            "dosageInstruction": [dosage] if dosage else [],
            "dispenseRequest": {"quantity": amount} if amount else None,
        },
        own=True,
    )


def document(build: Builder, txa: Segment, patient: Link | None, encounter: Link | None) -> Link:
    """TXA → DocumentReference; its content comes from the OBX segments that follow."""
    number_ = entity(first(txa, 12), "FILL")
    parent = entity(first(txa, 13), "FILL")
    authors = [who for one in txa.repeats(9) if (who := build.practitioner(one))]
    completion = code(txa.text(17)).upper()
    available = code(txa.text(19)).upper()
    links = [{"code": "replaces", "target": {"identifier": parent}}] if parent else []
    return build.add(
        "DocumentReference",
        f"TXA|{txa.raw(12)}",
        {
            "masterIdentifier": number_,
            "status": "entered-in-error" if available in ("CA", "OB") else "current",
            "docStatus": _DOCUMENT_STATUS.get(completion),
            "type": concept(first(txa, 2), f"{systems.V2}0270"),
            "subject": patient,
            "date": fhir_instant(txa.text(6)),
            "author": authors,
            "authenticator": build.practitioner(first(txa, 22)),
            "relatesTo": links,
            "description": txa.text(16).strip() or txa.text(25).strip(),
            "content": [
                {"attachment": clean({"creation": fhir_time(txa.text(7)), "title": txa.text(16).strip()})}
            ],
            "context": clean(
                {
                    "encounter": [encounter] if encounter else [],
                    "period": clean({"start": fhir_time(txa.text(4))}),
                }
            ),
        },
        own=True,
    )
