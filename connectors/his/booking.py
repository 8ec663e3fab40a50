"""SCH, AIS, AIP, AIL, ZSL, ZAP → Slot and Appointment."""

import re
from typing import Any

from connectors.adapter import Resource
from connectors.his.clinic import schedule_id
from connectors.his.people import name, record_number
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Group, Segment
from connectors.hl7.times import fhir_instant
from connectors.resources import ORDER_SYSTEM, VISIT_TYPE_SYSTEM, extensions, money, reference

SLOT_STATUS = {"OPEN": "free", "FULL": "busy", "STOPPED": "busy-unavailable", "PAST": "busy-unavailable"}
APPOINTMENT_STATUS = {
    "HELD": "pending",
    "BOOKED": "booked",
    "ARRIVED": "arrived",
    "FULFILLED": "fulfilled",
    "CANCELLED": "cancelled",
    "RELEASED": "cancelled",
    "NOSHOW": "noshow",
}
_NUMBER = re.compile(r"-?[0-9]{1,15}")
_REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"


class Parts:
    """The segments of one slot or appointment, looked up once."""

    __slots__ = ("by_name",)

    def __init__(self, group: Group) -> None:
        self.by_name: dict[str, Segment] = {}
        for segment in group.segments:
            self.by_name.setdefault(segment.name, segment)

    def text(self, name: str, field: int, component: int = 1) -> str:
        segment = self.by_name.get(name)
        return segment.text(field, component) if segment else ""

    def need(self, name: str) -> Segment:
        segment = self.by_name.get(name)
        if segment is None:
            raise HL7Error(f"消息缺少 {name} 段。", detail=f"group without {name}")
        return segment


def number(text: str) -> int | None:
    """A whole number of at most 15 digits; None where it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def _slot_extensions(parts: Parts) -> list[dict[str, Any]]:
    zsl = parts.need("ZSL")
    fee = number(zsl.text(5))
    return extensions(
        ("visit-type", "Coding", _visit_type(zsl)),
        ("fee", "Money", None if fee is None else money(fee)),
        ("room", "string", parts.text("AIL", 3)),
        ("location-text", "string", parts.text("AIL", 3, 9)),
        ("campus", "string", zsl.text(6, 2) or zsl.text(6)),
        ("department", "string", parts.text("AIS", 3, 2)),
        ("practitioner", "string", parts.text("AIP", 3, 2)),
        ("practitioner-title", "string", parts.text("AIP", 4, 2)),
    )


def _visit_type(zsl: Segment) -> dict[str, str]:
    code, text = zsl.text(4, 1), zsl.text(4, 2)
    return {"system": VISIT_TYPE_SYSTEM, "code": code, "display": text or code} if code else {}


def slot(group: Group) -> Resource:
    """A Slot, with what a person chooses by (fee, room, doctor …) as own extensions. Raises HL7Error."""
    parts = Parts(group)
    zsl = parts.need("ZSL")
    kind = _visit_type(zsl)
    return {
        "resourceType": "Slot",
        "id": zsl.text(1) or parts.text("SCH", 2),
        "schedule": reference("Schedule", schedule_id(parts.text("AIS", 3), parts.text("AIP", 3))),
        "status": SLOT_STATUS.get(zsl.text(8), "busy-unavailable"),
        "start": fhir_instant(parts.text("SCH", 11, 4)),
        "end": fhir_instant(parts.text("SCH", 11, 5)),
        "extension": [
            *_slot_extensions(parts),
            *extensions(
                ("capacity", "integer", number(zsl.text(2))),
                ("remaining", "integer", number(zsl.text(3))),
                ("stop-reason", "string", zsl.text(9)),
            ),
        ],
    } | ({"serviceType": [{"coding": [kind], "text": kind["display"]}]} if kind else {})


def appointment(group: Group) -> Resource:
    """An Appointment in the state the HIS has it in. Raises HL7Error."""
    parts = Parts(group)
    zap = parts.need("ZAP")
    state = zap.text(2)
    if state not in APPOINTMENT_STATUS:
        raise HL7Error("预约状态不认识。", detail="ZAP-2 unknown")
    resource: Resource = {
        "resourceType": "Appointment",
        "id": zap.text(1) or parts.text("SCH", 2),
        "status": APPOINTMENT_STATUS[state],
        "participant": _participants(parts),
        "extension": [*_slot_extensions(parts), *_booking_extensions(parts, zap)],
    }
    if placer := parts.text("SCH", 1):
        resource["identifier"] = [{"system": ORDER_SYSTEM, "value": placer}]
    if slot_id := parts.text("ZSL", 1):
        resource["slot"] = [reference("Slot", slot_id)]
    if kind := _visit_type(parts.need("ZSL")):
        resource["serviceType"] = [{"coding": [kind], "text": kind["display"]}]
    for key, value in (
        ("start", fhir_instant(parts.text("SCH", 11, 4))),
        ("end", fhir_instant(parts.text("SCH", 11, 5))),
        ("created", fhir_instant(zap.text(6))),
    ):
        if value:
            resource[key] = value
    if resource["status"] == "cancelled":
        text = "未支付，号源已释放" if state == "RELEASED" else "已取消"
        resource["cancelationReason"] = {
            "coding": [{"system": _REASON_SYSTEM, "code": "other"}],
            "text": text,
        }
    return resource


def _booking_extensions(parts: Parts, zap: Segment) -> list[dict[str, Any]]:
    bill = zap.text(8)
    refund = number(parts.text("ZPY", 2))
    return extensions(
        ("voucher-code", "string", zap.text(3)),
        ("queue-number", "string", zap.text(4)),
        ("held-until", "dateTime", fhir_instant(zap.text(5))),
        ("channel", "string", zap.text(7)),
        ("invoice", "Reference", reference("Invoice", bill) if bill else None),
        ("cancel-deadline", "dateTime", fhir_instant(zap.text(9))),
        ("visit-id", "string", zap.text(10)),
        ("stage", "string", zap.text(11)),
        ("payment-order", "string", parts.text("ZPY", 1)),
        ("refund", "Money", None if refund is None else money(refund)),
    )


def _participants(parts: Parts) -> list[dict[str, Any]]:
    pid = parts.by_name.get("PID")
    actors = [
        reference("Patient", record_number(pid), name(pid, 5)["text"]) if pid else None,
        _actor("Practitioner", parts.text("AIP", 3, 1), parts.text("AIP", 3, 2)),
        _actor("HealthcareService", parts.text("AIS", 3, 1), parts.text("AIS", 3, 2)),
        _actor("Location", parts.text("AIS", 3, 1), parts.text("AIL", 3, 9)),
    ]
    return [{"actor": actor, "status": "accepted"} for actor in actors if actor]


def _actor(type: str, id: str, display: str) -> dict[str, str] | None:
    return reference(type, id, display) if id else None
