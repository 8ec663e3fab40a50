"""Cards of docs/architecture.md that several skills show."""

import segno

from actions.hospital import Appointment
from actions.turn import Json
from actions.words import clock_time, day
from chinese.names import mask_name

STATUS = {
    "pending": "待支付",
    "booked": "预约成功",
    "arrived": "已签到",
    "fulfilled": "已就诊",
    "cancelled": "已取消",
    "noshow": "未就诊（已过号）",
}
ARRIVE = "请在就诊时段开始前 15 分钟到院签到，凭此凭证和有效证件就诊。"


def masked(name: str) -> str:
    """`张三` → `张*`; a name that is masked already stays so."""
    return name if "*" in name else mask_name(name)


def voucher(appointment: Appointment) -> Json:
    """The fields of a `voucher` card, without its type."""
    deadline = appointment.cancel_deadline
    notes = [ARRIVE] if appointment.status == "booked" else []
    if deadline and appointment.status == "booked":
        notes.append(f"如需退号，请在 {day(deadline)} {clock_time(deadline)} 前办理。")
    return {
        "code": appointment.code,
        "number": appointment.number,
        "patient": masked(appointment.patient_name),
        "department": appointment.department,
        "doctor": appointment.doctor,
        "visit_type": appointment.visit_type,
        "start": appointment.start.isoformat(),
        "end": appointment.end.isoformat() if appointment.end else "",
        "campus": appointment.campus,
        "room": appointment.room,
        "location": appointment.location,
        "fee_fen": appointment.fee_fen,
        "status": appointment.status,
        "status_text": STATUS.get(appointment.status, ""),
        "notes": notes,
        "qr": qr(appointment.code) if appointment.code and appointment.open else "",
    }


def qr(code: str) -> str:
    """A voucher's code or the address of a payment, and nothing else, as an SVG data URI."""
    return segno.make(code, error="m", micro=False).svg_data_uri(scale=4, border=2)


def confirm(title: str, lines: list[tuple[str, str]]) -> Json:
    """A `confirm` card; empty values are left out."""
    return {
        "type": "confirm",
        "title": title,
        "lines": [[label, value] for label, value in lines if value],
        "payload": "/affirm",
        "cancel": "/deny",
    }
