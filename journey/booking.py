"""The way of a booking: hold → payment order → paid in time → confirmed by the HIS → voucher.

Not paid in time, or given up: the order is closed first, and only a closed order lets the hold go. Paid, but the
HIS says no: the money goes back. Paid, and the HIS does not answer: asked again until the day of the visit is over.
"""

from datetime import datetime, timedelta
from typing import Any

from dbos import DBOS

from common import clock
from common.settings import get
from connectors.resources import bare, extension, fen
from journey import cashier, messages
from journey.context import here
from journey.errors import Refused, Unanswered
from journey.ids import order_number, step_key
from journey.steps import end_of_day, insist, log, real_seconds, step
from journey.store import News, Row, bookings
from journey.vouchers import voucher

HOLD_PATIENCE = 20.0
"""Real seconds for the hold and for the payment order; a person is waiting in the chat."""
PAY_MARGIN = timedelta(seconds=20)
"""The order closes that much before the hold ends, so that who pays in the last second still gets the slot."""
MONEY_PATIENCE = 7 * 86400.0
"""Real seconds for which money that is due back is asked for."""


@DBOS.workflow(name="booking", max_recovery_attempts=None)
async def book(id: str) -> str:
    """The workflow. Its id is the booking's; every outcome is a value, never an exception."""
    held = await step("hold", hold, id)
    if held == "unknown":
        await step("forget", forget, id)
        return "failed"
    if held not in ("fee", "free"):
        return held
    if held == "fee":
        if await step("order", order, id) != "held":
            # Nobody was given an address to pay at: let the slot go first, the cashier may be long in coming.
            released = await step("release", release, id)
            await step("close", close, id)
            return released
        paid = await step("wait", wait_for_payment, id)
        if paid != "paid" and await step("close", close, id) != "paid":
            return await step("release", release, id)
    confirmed = await step("confirm", confirm, id)
    if confirmed == "booked":
        return confirmed
    return await step("refund", refund, id)


async def hold(id: str) -> str:
    """→ `fee`, `free`, `full`, `failed`, `unknown` (nobody answered: the HIS may have held it all the same)."""
    row = await here().store.need(bookings, id)
    limit = datetime.fromisoformat(row["created_at"]) + timedelta(seconds=get().hold_seconds)
    try:
        if clock.now() > limit:
            raise Unanswered(detail="began again long after the person asked")
        appointment = await insist(
            "hold",
            lambda: here().hospital.hold(row["slot"], row["patient"], id),
            min(HOLD_PATIENCE, real_seconds(limit)),
            stop=lambda: _given_up(id),
        )
    except Refused as error:
        status = "full" if error.code == "SLOT_FULL" else "failed"
        await _fail(id, error.code, error.message, status)
        return status
    except Unanswered:
        if await _given_up(id):
            await _released(id)
        else:
            await _fail(id, "BACKEND_DOWN", messages.HOLD_UNANSWERED)
        return "unknown"
    if appointment.get("status") != "pending":
        # The same number again after a long pause of ours: the HIS let it go meanwhile.
        await _fail(id, "HOLD_EXPIRED", messages.HOLD_EXPIRED)
        return "failed"
    fee = extension(appointment, "fee")
    amount = fen(fee) if fee else 0
    await here().store.record(
        bookings,
        id,
        {
            "appointment": appointment["id"],
            "invoice": bare(extension(appointment, "invoice") or ""),
            "amount_fen": amount,
            "held_until": extension(appointment, "held-until") or limit.isoformat(),
            "visit_start": appointment["start"],
        },
    )
    return "fee" if amount else "free"


async def order(id: str) -> str:
    """The cashier's order for the registration bill → `held`, `given_up`, or `failed` without the cashier."""
    row = await here().store.need(bookings, id)
    until = datetime.fromisoformat(row["held_until"])
    expires = until - min(PAY_MARGIN, (until - datetime.fromisoformat(row["created_at"])) / 10)
    if row["given_up"]:
        return "given_up"
    try:
        payment = await insist(
            "order",
            lambda: here().hospital.order([row["invoice"]], order_number(id), row["amount_fen"], expires),
            min(HOLD_PATIENCE, real_seconds(expires)),
            stop=lambda: _given_up(id),
        )
    except (Refused, Unanswered) as error:
        await here().store.record(bookings, id, {"reason": error.code, "message": messages.CASHIER_DOWN})
        return "failed"
    await here().store.record(
        bookings,
        id,
        {
            "status": "held",
            "message": messages.HELD,
            "pay_url": payment.pay_url,
            "expires_at": (payment.expires_at or expires).isoformat(),
        },
        lambda changed: _news("booking.held", changed),
    )
    return "held"


async def wait_for_payment(id: str) -> str:
    """→ `paid`, `given_up` or `expired`."""
    return await cashier.wait_for_payment(bookings, id, lambda: _given_up(id))


async def close(id: str) -> str:
    """No way to pay any more → `closed`; or it was paid after all → `paid`.

    Whether somebody paid must be known: the cashier is asked until the day after the visit."""
    row = await here().store.need(bookings, id)
    return await cashier.close(bookings, id, real_seconds(end_of_day(row["visit_start"])) + 86400)


async def release(id: str) -> str:
    """The hold goes back. Where the HIS is not there to be told, it lets go by itself when the hold ends."""
    row = await here().store.need(bookings, id)
    await _let_go("release", row, real_seconds(row["held_until"]))
    if row["status"] in ("pending", "failed") and not row["given_up"]:
        await _fail(id, row["reason"] or "CASHIER_DOWN", messages.CASHIER_DOWN)
        return "failed"
    return await _released(id)


async def forget(id: str) -> str:
    """After a hold that nobody answered: should the HIS have heard it, the slot is given back."""
    row = await here().store.need(bookings, id)

    async def attempt() -> str:
        appointment = await here().hospital.appointment_of_order(row["patient"], id)
        if appointment is not None and appointment.get("status") == "pending":
            await here().hospital.cancel(appointment["id"], step_key(id, "release"), "未支付")
        return "forgotten"

    try:
        return await insist("forget", attempt, get().hold_seconds / clock.clock().speed)
    except (Refused, Unanswered) as error:
        return error.code


async def confirm(id: str) -> str:
    """The HIS's word that it is booked → `booked`, or its code of refusal."""
    store, hospital = here().store, here().hospital
    row = await store.need(bookings, id)
    paid = row["amount_fen"] > 0

    async def tell() -> None:
        await store.record(
            bookings,
            id,
            {"message": messages.CONFIRM_SLOW if paid else messages.CONFIRM_SLOW_FREE},
            lambda changed: _news("booking.waiting", changed),
        )

    async def attempt() -> dict[str, Any]:
        paid_at = row["paid_at"] or clock.now().isoformat()
        return await hospital.confirm(row["appointment"], order_number(id), paid_at, step_key(id, "confirm"))

    try:
        appointment = await insist("confirm", attempt, real_seconds(end_of_day(row["visit_start"])), tell)
    except (Refused, Unanswered) as error:
        await store.record(bookings, id, {"reason": error.code})
        return error.code
    shown = voucher(appointment, await hospital.patient_name(row["patient"]))
    await store.record(
        bookings,
        id,
        {"status": "booked", "reason": "", "message": messages.BOOKED, "voucher": shown},
        lambda changed: _news("booking.booked", changed),
    )
    return "booked"


async def refund(id: str) -> str:
    """Paid, but not booked: everything goes back to the payer, and the hold, should it still be there, too."""
    store = here().store
    row = await store.need(bookings, id)
    amount, refunded = row["amount_fen"], 0
    text = messages.confirm_refused(row["reason"])

    async def tell() -> None:
        await store.record(
            bookings,
            id,
            {"status": "failed", "message": text + messages.REFUND_SLOW},
            lambda changed: _news("booking.waiting", changed, "refund"),
        )

    if amount:
        refunded = await cashier.refund(order_number(id), amount, "预约未成功", MONEY_PATIENCE, tell)
        text += messages.refunded(refunded) if refunded else messages.REFUND_BY_HAND
    await store.record(bookings, id, {"refund_fen": refunded})
    await _fail(id, row["reason"], text)
    await _let_go("unhold", row, HOLD_PATIENCE)
    return "failed"


async def _let_go(what: str, row: Row, seconds: float) -> None:
    """Give the slot back. A refusal means that the HIS did so itself; so it does when the hold ends."""
    key = step_key(row["id"], "release")
    try:
        await insist(what, lambda: here().hospital.cancel(row["appointment"], key, "未完成支付"), seconds)
    except (Refused, Unanswered) as error:
        log.info("hold left to the HIS", booking=row["id"], code=error.code)


async def _given_up(id: str) -> bool:
    return (await here().store.need(bookings, id))["given_up"]


async def _released(id: str) -> str:
    given_up = await _given_up(id)
    values = {
        "status": "released",
        "reason": "GIVEN_UP" if given_up else "NOT_PAID",
        "message": messages.GIVEN_UP if given_up else messages.NOT_PAID,
        "pay_url": "",
    }
    await here().store.record(bookings, id, values, lambda changed: _news("booking.released", changed))
    return "released"


async def _fail(id: str, reason: str, message: str, status: str = "failed") -> None:
    values = {"status": status, "reason": reason, "message": message, "pay_url": ""}
    await here().store.record(bookings, id, values, lambda changed: _news("booking.failed", changed))


def public(row: Row) -> dict[str, Any]:
    """The Booking of the API."""
    names = (
        "id",
        "status",
        "reason",
        "message",
        "appointment",
        "invoice",
        "amount_fen",
        "pay_url",
        "expires_at",
    )
    return {name: row[name] for name in names} | {"refund_fen": row["refund_fen"], "voucher": row["voucher"]}


def _news(type: str, row: Row, occasion: str = "") -> News:
    data = {
        "conversation": row["conversation"],
        "patient": row["patient"],
        "reason": row["reason"],
        "message": row["message"],
        "booking": public(row),
    }
    return News(type, f"Booking/{row['id']}", data, occasion)
