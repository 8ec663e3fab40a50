"""Cancelling an appointment (with the refund that the HIS says is due) and moving it to another slot."""

from typing import Any

from dbos import DBOS

from connectors.resources import bare, extension, fen
from journey import cashier, messages
from journey.booking import MONEY_PATIENCE
from journey.context import here
from journey.errors import Refused, Unanswered
from journey.ids import step_key
from journey.steps import insist, real_seconds, step
from journey.store import News, Row, bookings, changes
from journey.vouchers import voucher

PATIENCE = 1800.0
"""Real seconds for which the HIS is asked to cancel or to move, at most until the visit begins."""


@DBOS.workflow(name="cancellation", max_recovery_attempts=None)
async def cancel(id: str) -> str:
    """Cancel in the HIS, then pay back what it says is due."""
    outcome = await step("cancel", cancel_in_his, id)
    if outcome == "refused":
        return outcome
    return await step("payback", pay_back, id)


@DBOS.workflow(name="reschedule", max_recovery_attempts=None)
async def reschedule(id: str) -> str:
    """One question to the HIS: the new slot holds before the old one is free, there."""
    return await step("move", move_in_his, id)


async def cancel_in_his(id: str) -> str:
    """→ `cancelled` or `refused`."""
    row = await here().store.need(changes, id)
    try:
        appointment = await insist(
            "cancel",
            lambda: here().hospital.cancel(row["appointment"], step_key(id, "cancel"), "患者退号"),
            _patience(row),
        )
    except Refused as error:
        return await _refuse(id, error.code, error.message)
    except Unanswered as error:
        return await _refuse(id, error.code, messages.CANCEL_UNANSWERED)
    due = extension(appointment, "refund")
    values = {
        "refund_fen": fen(due) if due else 0,
        "order_no": str(extension(appointment, "payment-order") or ""),
    }
    await here().store.record(changes, id, values)
    await _refresh_booking(row, appointment)
    return "cancelled"


async def pay_back(id: str) -> str:
    """→ `done`. A refund that could not be made is said to the person and left to a clerk."""
    row = await here().store.need(changes, id)
    due, text = row["refund_fen"], messages.CANCELLED

    async def tell() -> None:
        values = {"message": messages.CANCELLED + messages.REFUND_SLOW}
        await here().store.record(changes, id, values, lambda changed: _news("cancellation.waiting", changed))

    if due and row["order_no"]:
        given = await cashier.refund(row["order_no"], due, "退号", MONEY_PATIENCE, tell)
        text += messages.refunded(given) if given else messages.REFUND_BY_HAND
    elif due:
        # Paid at a counter or a machine: the money goes back where it came from.
        text += messages.REFUND_BY_HAND
    values = {"status": "done", "message": text}
    await here().store.record(changes, id, values, lambda changed: _news("cancellation.done", changed))
    return "done"


async def move_in_his(id: str) -> str:
    """→ `done` or `refused`."""
    row = await here().store.need(changes, id)

    try:
        appointment = await insist(
            "move",
            lambda: here().hospital.move(row["appointment"], row["slot"], step_key(id, "move")),
            _patience(row),
        )
    except Refused as error:
        return await _refuse(id, error.code, error.message)
    except Unanswered as error:
        return await _refuse(id, error.code, messages.CHANGE_UNANSWERED)
    shown = voucher(appointment, await here().hospital.patient_name(row["patient"]))
    values = {"status": "done", "message": messages.CHANGED, "voucher": shown}
    await here().store.record(changes, id, values, lambda changed: _news("booking.rescheduled", changed))
    await _refresh_booking(row, appointment, shown)
    return "done"


def public(row: Row) -> dict[str, Any]:
    """The Cancellation or Reschedule of the API."""
    shown = {"id": row["id"], "status": row["status"], "reason": row["reason"], "message": row["message"]}
    if row["kind"] == "cancellation":
        return shown | {"refund_fen": row["refund_fen"]}
    return shown | {"voucher": row["voucher"]}


def _patience(row: Row) -> float:
    return min(PATIENCE, real_seconds(row["visit_start"])) if row["visit_start"] else PATIENCE


async def _refuse(id: str, code: str, message: str) -> str:
    row = await here().store.need(changes, id)
    type = "cancellation.refused" if row["kind"] == "cancellation" else "booking.reschedule_refused"
    values = {"status": "refused", "reason": code, "message": message}
    await here().store.record(changes, id, values, lambda changed: _news(type, changed))
    return "refused"


async def _refresh_booking(row: Row, appointment: dict[str, Any], new: dict[str, Any] | None = None) -> None:
    """The voucher that the booking of this appointment shows follows the change."""
    for booking in await here().store.find(bookings, bookings.c.appointment == row["appointment"]):
        if booking["voucher"] is None:
            continue
        changed = new or booking["voucher"] | {"status": "cancelled", "status_text": "已取消", "notes": []}
        values = {"voucher": changed, "appointment": bare(appointment.get("id") or row["appointment"])}
        await here().store.record(bookings, booking["id"], values)


def _news(type: str, row: Row) -> News:
    data = {
        "conversation": row["conversation"],
        "patient": row["patient"],
        "appointment": row["appointment"],
        "reason": row["reason"],
        "message": row["message"],
        row["kind"]: public(row),
    }
    return News(type, f"Appointment/{row['appointment']}", data)
