"""The money's part of a workflow: waiting for the payer, closing an order, giving money back."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Table

from journey import messages
from journey.context import here
from journey.errors import Refused, Unanswered
from journey.hospital import Payment
from journey.ids import order_number, refund_number
from journey.steps import insist, log, real_seconds
from journey.wakes import sleep_or_wake

FIRST_LOOK, LONGEST_LOOK = 1.0, 15.0
"""Seconds between two looks at the cashier while an order waits. A call-back wakes the waiter at once; looking is
for the call-back that never comes."""


async def wait_for_payment(table: Table, id: str, given_up: Callable[[], Awaitable[bool]]) -> str:
    """Until the order of this workflow is paid, given up, or its time is over → `paid`, `given_up`, `expired`."""
    expires_at = (await here().store.need(table, id))["expires_at"]
    pause = FIRST_LOOK
    with here().wakes.listening(id) as waiting:
        while True:
            try:
                payment = await here().hospital.payment(order_number(id))
                if payment.is_paid:
                    await _record_paid(table, id, payment)
                    return "paid"
                if payment.status == "CLOSED":
                    return "expired"
            except (Refused, Unanswered) as error:
                log.warning("payment not known", workflow=id, code=error.code)
            if await given_up():
                return "given_up"
            left = real_seconds(expires_at)
            if left <= 0:
                return "expired"
            woken = await sleep_or_wake(waiting, min(pause, left))
            pause = FIRST_LOOK if woken else min(pause * 1.5, LONGEST_LOOK)


async def close(table: Table, id: str, seconds: float) -> str:
    """Close the order → `closed`; or it was paid after all → `paid`; `unknown` where nobody answered in time."""
    hospital, number = here().hospital, order_number(id)

    async def attempt() -> Payment | None:
        try:
            await hospital.close(number)
        except Refused as error:
            if error.code == "ORDER_NOT_FOUND":
                return None
            if error.code not in ("ORDER_PAID", "ORDER_CLOSED"):
                raise
        payment = await hospital.payment(number)
        return payment if payment.is_paid else None

    try:
        payment = await insist("close", attempt, seconds)
    except (Refused, Unanswered) as error:
        log.error("order not closed", workflow=id, code=error.code)
        return "unknown"
    if payment is None:
        return "closed"
    await _record_paid(table, id, payment)
    return "paid"


async def refund(
    order: str, amount: int, reason: str, seconds: float, tell: Callable[[], Awaitable[Any]]
) -> int:
    """Give back `amount` fen of an order, once → fen given back; 0 where a clerk must."""
    try:
        await insist(
            "refund",
            lambda: here().hospital.refund(order, refund_number(order), amount, reason),
            seconds,
            tell,
        )
    except (Refused, Unanswered) as error:
        log.error("refund not done: a clerk must do it", order=order, amount_fen=amount, code=error.code)
        return 0
    return amount


async def _record_paid(table: Table, id: str, payment: Payment) -> None:
    values = {"status": "paid", "message": messages.CONFIRMING, "paid_at": payment.paid_at, "pay_url": ""}
    await here().store.record(table, id, values)
