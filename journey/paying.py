"""Paying bills: order → paid in time → the HIS posts it. Refused after payment: the money goes back."""

from datetime import datetime, timedelta
from typing import Any

from dbos import DBOS

from common.settings import get
from journey import cashier, messages
from journey.booking import HOLD_PATIENCE, MONEY_PATIENCE
from journey.context import here
from journey.errors import Refused, Unanswered
from journey.ids import order_number, step_key
from journey.steps import insist, real_seconds, step
from journey.store import News, Row, payments


@DBOS.workflow(name="payment", max_recovery_attempts=None)
async def pay(id: str) -> str:
    """The workflow. Its id is the payment's."""
    ordered = await step("bill-order", order, id)
    if ordered == "ordered":
        paid = await step("bill-wait", wait_for_payment, id)
        if paid != "paid" and await step("bill-close", close, id) != "paid":
            return await step("bill-expire", expire, id)
        code, refusal = await step("settle", settle, id)
        if code == "posted":
            return code
        return await step("bill-refund", refund, id, code, refusal)
    return ordered


async def order(id: str) -> str:
    """→ `ordered` or `failed`."""
    row = await here().store.need(payments, id)
    expires = datetime.fromisoformat(row["created_at"]) + timedelta(seconds=get().hold_seconds)
    try:
        payment = await insist(
            "bill-order",
            lambda: here().hospital.order(row["invoices"], order_number(id), row["amount_fen"], expires),
            min(HOLD_PATIENCE, real_seconds(expires)),
        )
    except (Refused, Unanswered) as error:
        text = error.message if isinstance(error, Refused) else messages.PAYMENT_CASHIER_DOWN
        await _end(id, "failed", error.code, text, "payment.failed")
        return "failed"
    values = {
        "pay_url": payment.pay_url,
        "expires_at": (payment.expires_at or expires).isoformat(),
        "message": messages.PAYMENT_WAITING,
    }
    await here().store.record(payments, id, values)
    return "ordered"


async def wait_for_payment(id: str) -> str:
    """→ `paid` or `expired`."""

    async def never() -> bool:
        return False

    return await cashier.wait_for_payment(payments, id, never)


async def close(id: str) -> str:
    """→ `closed`, or `paid` after all."""
    return await cashier.close(payments, id, MONEY_PATIENCE)


async def expire(id: str) -> str:
    """Nobody paid."""
    return await _end(id, "expired", "NOT_PAID", messages.PAYMENT_EXPIRED, "payment.expired")


async def settle(id: str) -> tuple[str, str]:
    """The HIS writes that the bills are paid → `posted`, or its code of refusal and its sentence."""
    row = await here().store.need(payments, id)

    async def tell() -> None:
        values = {"message": messages.PAYMENT_SLOW}
        await here().store.record(payments, id, values, lambda changed: _news("payment.waiting", changed))

    try:
        await insist(
            "settle",
            lambda: here().hospital.settle(
                row["invoices"], order_number(id), row["amount_fen"], row["paid_at"], step_key(id, "settle")
            ),
            MONEY_PATIENCE,
            tell,
        )
    except (Refused, Unanswered) as error:
        return error.code, error.message
    return await _end(id, "posted", "", messages.PAYMENT_POSTED, "payment.posted"), ""


async def refund(id: str, code: str, refusal: str) -> str:
    """Paid, but not posted: everything goes back."""
    row = await here().store.need(payments, id)
    text = messages.settle_refused(refusal)

    async def tell() -> None:
        values = {"status": "failed", "message": text + messages.REFUND_SLOW}
        await here().store.record(
            payments, id, values, lambda changed: _news("payment.waiting", changed, "refund")
        )

    given = await cashier.refund(order_number(id), row["amount_fen"], "缴费未入账", MONEY_PATIENCE, tell)
    await here().store.record(payments, id, {"refund_fen": given})
    text += messages.refunded(given) if given else messages.REFUND_BY_HAND
    return await _end(id, "failed", code, text, "payment.failed")


def public(row: Row) -> dict[str, Any]:
    """The Payment of the API."""
    names = (
        "id",
        "status",
        "reason",
        "message",
        "invoices",
        "amount_fen",
        "pay_url",
        "expires_at",
        "refund_fen",
    )
    return {name: row[name] for name in names}


async def _end(id: str, status: str, reason: str, message: str, type: str) -> str:
    values = {"status": status, "reason": reason, "message": message, "pay_url": ""}
    await here().store.record(payments, id, values, lambda changed: _news(type, changed))
    return status


def _news(type: str, row: Row, occasion: str = "") -> News:
    data = {
        "conversation": row["conversation"],
        "patient": row["patient"],
        "reason": row["reason"],
        "message": row["message"],
        "payment": public(row),
    }
    return News(type, f"Payment/{row['id']}", data, occasion)
