"""The door to the workflows: who may, is it known already, write it down, start it, wait a moment for the outcome."""

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import Table

from common.errors import Forbidden
from common.tokens import Claims
from connectors.resources import actor, bare, fen
from journey import engine, messages
from journey.booking import book
from journey.changing import cancel, reschedule
from journey.context import here
from journey.errors import KeyConflict, NotFound, NothingDue, Refused
from journey.ids import workflow_id
from journey.paying import pay
from journey.requests import NewBooking, NewCancellation, NewPayment, NewReschedule
from journey.store import Row, bookings, changes, payments
from journey.wakes import sleep_or_wake

WAIT = 1.8
"""Real seconds that a caller waits for an outcome; after that it comes as an event."""


async def new_booking(claims: Claims, asked: NewBooking) -> Row:
    """The booking of this key; held, refused, or still pending after WAIT."""
    need_patient(claims, asked.patient)
    row = {
        "id": workflow_id("B", asked.patient, asked.key),
        "patient": asked.patient,
        "slot": asked.slot,
        "conversation": asked.conversation,
        "status": "pending",
        "message": messages.PENDING,
    }
    await _begin(bookings, row, book, ("slot",))
    return await _settled(bookings, row["id"], lambda now: now["status"] != "pending")


async def give_up(claims: Claims, id: str) -> Row:
    """The person does not want to pay. What is booked already stays booked."""
    row = await find(bookings, claims, id)
    if row["status"] in ("pending", "held"):
        await here().store.record(bookings, id, {"given_up": True})
    return await _settled(bookings, id, lambda now: now["status"] not in ("pending", "held"))


async def new_cancellation(claims: Claims, asked: NewCancellation) -> Row:
    return await _new_change(claims, asked, "C", "cancellation", "", messages.CANCEL_PENDING)


async def new_reschedule(claims: Claims, asked: NewReschedule) -> Row:
    return await _new_change(claims, asked, "R", "reschedule", asked.slot, messages.CHANGE_PENDING)


async def new_payment(claims: Claims, asked: NewPayment) -> Row:
    """The payment of this key: an order over all the bills, or why not."""
    need_patient(claims, asked.patient)
    id = workflow_id("P", asked.patient, asked.key)
    invoices = sorted(set(asked.invoices))
    row = await here().store.get(payments, id)
    if row is None:
        row = {
            "id": id,
            "patient": asked.patient,
            "conversation": asked.conversation,
            "status": "waiting",
            "message": messages.PAYMENT_WAITING,
            "invoices": invoices,
            "amount_fen": await _sum_due(asked.patient, invoices),
        }
    await _begin(payments, row | {"invoices": invoices}, pay, ("invoices",))
    return await _settled(payments, id, lambda now: bool(now["pay_url"]) or now["status"] != "waiting")


async def find(table: Table, claims: Claims, id: str) -> Row:
    """The row, if it is there and the bearer may see it: both are `not found`, so that nobody learns of others'."""
    row = await here().store.get(table, id)
    if row is None or not claims.may_see(row["patient"]):
        raise NotFound(detail=f"{table.name}")
    return row


async def bookings_of(claims: Claims, conversation: str, open_only: bool) -> list[Row]:
    """Bookings of a conversation, oldest first; with `open_only` those whose outcome is to come."""
    rows = await here().store.find(bookings, bookings.c.conversation == conversation)
    return [
        row
        for row in rows
        if claims.may_see(row["patient"]) and (not open_only or row["status"] in ("pending", "held", "paid"))
    ]


def need_patient(claims: Claims, patient: str) -> None:
    """Raises Forbidden where the bearer acts for neither self nor a dependent."""
    if not claims.may_see(patient):
        raise Forbidden(detail="other patient")


async def _new_change(
    claims: Claims, asked: NewCancellation, letter: str, kind: str, slot: str, pending: str
) -> Row:
    id = workflow_id(letter, asked.appointment, asked.key)
    row = await here().store.get(changes, id)
    if row is None:
        appointment = await here().hospital.appointment(asked.appointment)
        patient = actor(appointment, "Patient") if appointment else ""
        if appointment is None or not patient or not claims.may_see(patient):
            raise NotFound("没有找到这个预约。", detail="appointment")
        row = {
            "id": id,
            "kind": kind,
            "patient": patient,
            "conversation": asked.conversation,
            "status": "pending",
            "message": pending,
            "appointment": asked.appointment,
            "visit_start": appointment.get("start", ""),
        }
    elif not claims.may_see(row["patient"]):
        raise NotFound("没有找到这个预约。", detail="appointment")
    workflow = cancel if kind == "cancellation" else reschedule
    await _begin(changes, row | {"slot": slot}, workflow, ("appointment", "slot"))
    return await _settled(changes, id, lambda now: now["status"] != "pending")


async def _begin(table: Table, row: Row, workflow: engine.Workflow, content: tuple[str, ...]) -> None:
    """Write the row and start its workflow; a known key with other content raises KeyConflict."""
    stored, new = await here().store.add(table, row)
    if any(stored[name] != row[name] for name in content):
        raise KeyConflict(detail=f"{table.name} {row['id']}")
    if new or stored["status"] == row["status"]:
        # Not only when new: the start may have failed the last time. Started twice, it runs once.
        await engine.start(workflow, row["id"])


async def _settled(table: Table, id: str, settled: Callable[[Row], bool]) -> Row:
    """The row as soon as it is settled, at the latest after WAIT."""
    deadline = asyncio.get_running_loop().time() + WAIT
    with here().wakes.listening(id) as waiting:
        while True:
            row = await here().store.need(table, id)
            left = deadline - asyncio.get_running_loop().time()
            if settled(row) or left <= 0:
                return row
            await sleep_or_wake(waiting, left)


async def _sum_due(patient: str, invoices: list[str]) -> int:
    """The sum of these bills in fen. Raises NotFound (not this patient's) or NothingDue."""
    total = 0
    found: list[dict[str, Any] | None] = await asyncio.gather(*map(here().hospital.invoice, invoices))
    for invoice in found:
        if invoice is None or bare(invoice.get("subject") or "") != patient:
            raise NotFound("没有找到这笔费用。", detail="invoice")
        if invoice.get("status") != "issued":
            raise NothingDue(detail=f"invoice {invoice.get('status')}")
        try:
            total += fen(invoice["totalGross"])
        except (KeyError, TypeError, ValueError):
            raise Refused(detail="invoice without total") from None
    if total <= 0:
        raise NothingDue(detail="nothing to pay")
    return total
