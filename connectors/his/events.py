"""Notifications (SIU, ADT, DFT, ORU) → events. Pure: nothing is asked or stored here."""

import hashlib
from collections.abc import Callable
from typing import Any

from connectors.adapter import Event
from connectors.his.booking import APPOINTMENT_STATUS, Parts, number
from connectors.his.people import record_number
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Group, Message, Segment
from connectors.hl7.times import fhir_instant, parse_time

VISIT_COLUMNS = [
    "visit_id",
    "patient_id",
    "campus",
    "department",
    "clinic_room",
    "doctor",
    "doctor_title",
    "visit_type",
    "channel",
    "first_visit",
    "sex",
    "age",
    "insurance",
    "status",
    "booked_at",
    "appointment_start",
    "checked_in_at",
    "called_at",
    "consult_start",
    "consult_end",
    "paid_at",
    "sampled_at",
    "reported_at",
    "dispensed_at",
    "left_at",
    "fee_total",
    "fee_drug",
    "fee_exam",
    "satisfaction",
    "complaint",
]
"""ZVS-1 and on, named as in the visit records."""
_NUMBERS = {"first_visit", "age", "fee_total", "fee_drug", "fee_exam", "satisfaction", "complaint"}
_TIMES = {name for name in VISIT_COLUMNS if name.endswith(("_at", "_start", "_end"))}
_APPOINTMENT = {
    "S12": "appointment.booked",
    "S13": "appointment.changed",
    "S14": "appointment.changed",
    "S15": "appointment.cancelled",
    "S26": "appointment.no_show",
}
_SCHEDULE = {"S23": "schedule.stopped", "S24": "schedule.opened"}
_ABNORMAL = {"H", "L", "HH", "LL", "A", "AA", "↑", "↓"}
_CRITICAL = {"HH", "LL", "AA"}

Draft = tuple[str, str, dict[str, Any]]
"""type, subject, data"""


def events(message: Message) -> list[Event]:
    """What a notification tells, in order. Ids derive from sender and control id, so that the same message again has
    the same ones. Raises HL7Error for a type that is not part of the profile, or where what it is about is missing.
    """
    read = _READERS.get(message.type)
    if read is None:
        raise HL7Error("不接收这种消息。", detail=f"{message.type}^{message.trigger} not expected")
    drafts = read(message)
    if visit := _visit(message):
        drafts.append(visit)
    header = message.header
    sender = f"{header.text(3)}|{header.text(4)}|{message.control_id}"
    time = parse_time(header.text(7))
    return [
        Event(type, subject, data, _event_id(sender, type, subject, place), time)
        for place, (type, subject, data) in enumerate(drafts)
    ]


def _event_id(sender: str, type: str, subject: str, place: int) -> str:
    return hashlib.sha256(f"{sender}|{type}|{subject}|{place}".encode()).hexdigest()[:40]


def _scheduling(message: Message) -> list[Draft]:
    groups = message.groups("SCH")
    if not groups:
        raise HL7Error("SIU 消息缺少 SCH 段。", detail="SIU without SCH")
    if message.trigger in _SCHEDULE:
        return [_stopped(_SCHEDULE[message.trigger], group) for group in groups]
    if message.trigger not in _APPOINTMENT:
        raise HL7Error("不接收这种 SIU 消息。", detail=f"SIU^{message.trigger} not expected")
    return [_appointment(_APPOINTMENT[message.trigger], group) for group in groups]


def _appointment(type: str, group: Group) -> Draft:
    parts = Parts(group)
    pid, zap = parts.need("PID"), parts.need("ZAP")
    id = zap.text(1) or parts.text("SCH", 2)
    mrn = record_number(pid)
    if not id or not mrn:
        raise HL7Error("SIU 消息没有预约号或病历号。", detail="SIU without appointment or record number")
    data = _place(parts) | {
        "patient_ref": f"Patient/{mrn}",
        "appointment_ref": f"Appointment/{id}",
        "status": APPOINTMENT_STATUS.get(zap.text(2), "booked"),
        "state": zap.text(2),
        "order": parts.text("SCH", 1),
        "voucher_code": zap.text(3),
        "queue_number": zap.text(4),
        "fee_fen": number(parts.text("ZSL", 5)),
    }
    if bill := zap.text(8):
        data["invoice_ref"] = f"Invoice/{bill}"
    if (refund := number(parts.text("ZPY", 2))) is not None:
        data |= {"payment_order": parts.text("ZPY", 1), "refund_fen": refund}
    return type, f"Appointment/{id}", data


def _stopped(type: str, group: Group) -> Draft:
    parts = Parts(group)
    id = parts.text("ZSL", 1) or parts.text("SCH", 2)
    if not id:
        raise HL7Error("停诊消息没有号源编号。", detail="SIU without slot")
    return type, f"Slot/{id}", _place(parts) | {"slot_ref": f"Slot/{id}", "reason": parts.text("ZSL", 9)}


def _place(parts: Parts) -> dict[str, Any]:
    slot = parts.text("ZSL", 1)
    return {
        "department": parts.text("AIS", 3, 2),
        "doctor": parts.text("AIP", 3, 2),
        "doctor_title": parts.text("AIP", 4, 2),
        "room": parts.text("AIL", 3),
        "location": parts.text("AIL", 3, 9),
        "campus": parts.text("ZSL", 6, 2),
        "visit_type": parts.text("ZSL", 4, 2),
        "start": fhir_instant(parts.text("SCH", 11, 4)),
        "end": fhir_instant(parts.text("SCH", 11, 5)),
    } | ({"slot_ref": f"Slot/{slot}"} if slot else {})


def _admission(message: Message) -> list[Draft]:
    mrn = record_number(message.need("PID"))
    if not mrn:
        raise HL7Error("ADT 消息没有病历号。", detail="ADT without record number")
    patient = f"Patient/{mrn}"
    if message.trigger == "A40":
        old = [record.text(1) for record in message.need("MRG").repeats(1) if record.text(1)]
        if not old:
            raise HL7Error("合并消息没有原病历号。", detail="MRG-1 empty")
        return [
            ("patient.merged", patient, {"patient_ref": patient, "merged_ref": f"Patient/{one}"})
            for one in old
        ]
    if message.trigger not in ("A04", "A08", "A28", "A31"):
        raise HL7Error("不接收这种 ADT 消息。", detail=f"ADT^{message.trigger} not expected")
    if message.first("ZVS") is not None:
        return []
    return [("patient.updated", patient, {"patient_ref": patient})]


def _charges(message: Message) -> list[Draft]:
    if message.trigger != "P03":
        raise HL7Error("不接收这种 DFT 消息。", detail=f"DFT^{message.trigger} not expected")
    patient = f"Patient/{record_number(message.need('PID'))}"
    bills = {zbl.text(1): zbl for zbl in message.all("ZBL")}
    drafts = []
    for ft1 in message.all("FT1"):
        bill = ft1.text(2) or ft1.text(7)
        if not bill:
            raise HL7Error("DFT 消息没有账单号。", detail="FT1 without bill")
        paid = ft1.text(6) == "PY"
        data = {
            "patient_ref": patient,
            "invoice_ref": f"Invoice/{bill}",
            "paid": paid,
            "amount_fen": number(ft1.text(11)),
        } | _bill(bills.get(bill))
        drafts.append(("charge.posted", f"Invoice/{bill}", data))
    if not drafts:
        raise HL7Error("DFT 消息缺少 FT1 段。", detail="DFT without FT1")
    return drafts


def _bill(zbl: Segment | None) -> dict[str, Any]:
    if zbl is None:
        return {}
    data = {
        "kind": zbl.text(4),
        "state": zbl.text(5),
        "amount_fen": number(zbl.text(6)),
        "department": zbl.text(8, 2) or zbl.text(8),
        "order": zbl.text(9),
    }
    if appointment := zbl.text(3):
        data["appointment_ref"] = f"Appointment/{appointment}"
    return data


def _report(message: Message) -> list[Draft]:
    if message.trigger != "R01":
        raise HL7Error("不接收这种 ORU 消息。", detail=f"ORU^{message.trigger} not expected")
    patient = f"Patient/{record_number(message.need('PID'))}"
    drafts = []
    orders = list(message.all("ORC"))
    for place, group in enumerate(message.groups("OBR")):
        obr = group.segments[0]
        request = obr.text(2) or (orders[place].text(2) if place < len(orders) else "")
        if not request:
            raise HL7Error("报告消息没有申请单号。", detail="ORU without request")
        flags = [obx.text(8).upper() for obx in group.all("OBX")]
        data = {
            "patient_ref": patient,
            "report_ref": f"DiagnosticReport/{request}",
            "title": obr.text(4, 2) or obr.text(4),
            "status": {"F": "final", "C": "amended", "P": "preliminary"}.get(obr.text(25), "final"),
            "issued": fhir_instant(obr.text(22)),
            "abnormal": sum(flag in _ABNORMAL for flag in flags),
            "critical": any(flag in _CRITICAL for flag in flags),
        }
        drafts.append(("report.available", f"DiagnosticReport/{request}", data))
    if not drafts:
        raise HL7Error("报告消息缺少 OBR 段。", detail="ORU without OBR")
    return drafts


def _visit(message: Message) -> Draft | None:
    """The visit record that stands in the message; empty columns are None. Names never stand in it."""
    zvs, pid = message.first("ZVS"), message.first("PID")
    if zvs is None:
        return None
    visit_id = zvs.text(1)
    if not visit_id:
        raise HL7Error("就诊段（ZVS）没有就诊号。", detail="ZVS-1 empty")
    data: dict[str, Any] = {
        name: _column(name, zvs.text(place)) for place, name in enumerate(VISIT_COLUMNS, 1)
    }
    if pid is not None and (mrn := record_number(pid)):
        data["patient_ref"] = f"Patient/{mrn}"
    if (zap := message.first("ZAP")) is not None:
        data["appointment_ref"] = f"Appointment/{zap.text(1)}"
        data["queue_number"] = zap.text(4)
        data["stage"] = zap.text(11)
    return "visit.updated", f"Encounter/{visit_id}", data


def _column(name: str, text: str) -> Any:
    if not text:
        return None
    if name in _NUMBERS:
        return number(text)
    if name in _TIMES:
        return fhir_instant(text) or (text if text[4:5] == "-" else None)
    return text


_READERS: dict[str, Callable[[Message], list[Draft]]] = {
    "SIU": _scheduling,
    "ADT": _admission,
    "DFT": _charges,
    "ORU": _report,
}
