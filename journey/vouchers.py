"""The voucher that a patient shows: the data of the chat's `voucher` card, made of the facade's Appointment."""

from typing import Any

import segno

from connectors.resources import extension, fen

_STATUS = {
    "pending": ("held", "待支付"),
    "booked": ("booked", "预约成功"),
    "arrived": ("arrived", "已签到"),
    "fulfilled": ("fulfilled", "已就诊"),
    "cancelled": ("cancelled", "已取消"),
    "noshow": ("noshow", "未就诊（已过号）"),
}
_NOTE_ARRIVE = "请在就诊时段开始前 15 分钟到院签到，凭此凭证和有效证件就诊。"


def mask_name(name: str) -> str:
    """A person's name as others may see it: `张三` → `张*`, `欧阳小宝` → `欧**宝`. Empty stays empty."""
    name = name.strip()
    if len(name) < 2:
        return "*" * len(name)
    return name[0] + "*" if len(name) == 2 else name[0] + "*" * (len(name) - 2) + name[-1]


def qr(code: str) -> str:
    """The voucher code, and nothing else, as an SVG data URI."""
    return segno.make(code, error="m", micro=False).svg_data_uri(scale=4, border=2)


def voucher(appointment: dict[str, Any], patient_name: str) -> dict[str, Any]:
    """The card's fields. `patient_name` is masked here; times are the Appointment's, with offset; money in fen."""

    def text(name: str) -> str:
        value = extension(appointment, name)
        return "" if value is None else str(value)

    visit_type = extension(appointment, "visit-type") or {}
    fee = extension(appointment, "fee")
    status, status_text = _STATUS.get(appointment.get("status", ""), (appointment.get("status", ""), ""))
    code = text("voucher-code")
    deadline = text("cancel-deadline")
    notes = [_NOTE_ARRIVE] if status in ("booked", "held") else []
    if deadline and status == "booked":
        notes.append(f"如需退号，请在 {_clock(deadline)} 前办理。")
    return {
        "code": code,
        "number": text("queue-number"),
        "patient": mask_name(patient_name),
        "department": text("department") or _display(appointment, "HealthcareService", "Organization"),
        "doctor": text("practitioner") or _display(appointment, "Practitioner", "PractitionerRole"),
        "visit_type": visit_type.get("display") or visit_type.get("code") or "",
        "start": appointment.get("start", ""),
        "end": appointment.get("end", ""),
        "campus": text("campus"),
        "room": text("room"),
        "location": text("location-text"),
        "fee_fen": fen(fee) if fee else 0,
        "status": status,
        "status_text": status_text,
        "notes": notes,
        "qr": qr(code) if code else "",
    }


def _display(appointment: dict[str, Any], *types: str) -> str:
    for participant in appointment.get("participant") or ():
        actor = participant.get("actor") or {}
        if str(actor.get("reference", "")).split("/")[0] in types:
            return actor.get("display", "")
    return ""


def _clock(moment: str) -> str:
    """`2026-11-24T17:00:00+08:00` as a person reads it."""
    date, _, time = moment.partition("T")
    _, month, day = date.split("-")
    return f"{int(month)}月{int(day)}日 {time[:5]}"
