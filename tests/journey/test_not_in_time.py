"""Not paid in time; hospital or cashier slow or silent: what the patient hears, and that nothing is lost."""

import contextlib
from datetime import datetime, timedelta

import pytest

from tests.support.clinic import Clinic
from tests.support.processes import wait_until

HOLD = timedelta(seconds=900)


def test_not_paid_in_time_is_closed_and_released(clinic: Clinic, patient: str, key: str) -> None:
    # Its own clock runs ahead of the hospital's, so that the hold is nearly over when it begins.
    origin, start, speed = clinic.stack.settings.clock.split("|")
    ahead = (datetime.fromisoformat(start) + HOLD - timedelta(seconds=8)).isoformat()
    [debtor] = clinic.found("Patient", identifier="urn:menzhen:wechat|wx-chen")
    bill = clinic.found("Invoice", patient=debtor["id"], status="issued")[0]["id"]
    body = {"invoices": [bill], "patient": debtor["id"], "key": key}
    with clinic.journey_with(clock=f"{origin}|{ahead}|{speed}", hold_seconds=4):
        held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
        assert held["status"] in ("held", "pending")
        waiting = clinic.post("/payments", debtor["id"], body).json()["payment"]
        released = clinic.until(held["id"], "released", "failed")
        wait_until(lambda: clinic.events_of(waiting["id"]), 30, "the end of the bill's payment")
    assert (released["status"], released["reason"]) == ("released", "NOT_PAID")
    books = clinic.books(held["id"])
    assert (books.state, books.orders, books.paid_fen) == ("RELEASED", ["CLOSED"], 0)
    assert clinic.events_of(held["id"]) == ["booking.held", "booking.released"]
    assert clinic.events_of(waiting["id"]) == ["payment.expired"]
    assert clinic.books(waiting["id"]).orders == ["CLOSED"]
    assert clinic.fhir(f"Invoice/{bill}")["status"] == "issued"


def test_paid_while_the_order_was_being_closed_is_booked(clinic: Clinic, patient: str, key: str) -> None:
    journey = clinic.stack["journey"]
    with clinic.journey_with(kill_at="close.before"):
        held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
        with contextlib.suppress(Exception):
            clinic.post(f"/bookings/{held['id']}/release", patient)
        journey.wait_dead()
        clinic.pay(held)
    booked = clinic.until(held["id"], "booked", "released", "failed")
    books = clinic.books(held["id"])
    assert (booked["status"], books.state, books.orders) == ("booked", "BOOKED", ["PAID"])


@pytest.mark.parametrize("applied", [True, False], ids=["answer lost", "request lost"])
def test_the_hospital_silent_at_the_confirmation(
    clinic: Clinic, patient: str, key: str, applied: bool
) -> None:
    held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
    with clinic.fault("hospital", mode="blackhole", types=["SRM^S03"], applied=applied):
        clinic.pay(held)
        wait_until(lambda: "booking.waiting" in clinic.events_of(held["id"]), 30, "booking.waiting")
        told = clinic.booking(held["id"])
        assert told["status"] == "paid"
        assert "已收到您的付款" in told["message"]
    clinic.until(held["id"], "booked")
    books = clinic.books(held["id"])
    assert (books.appointments, books.orders, books.refunded_fen) == ([["HELD", "BOOKED"]], ["PAID"], 0)
    assert clinic.events_of(held["id"]) == ["booking.held", "booking.waiting", "booking.booked"]


def test_the_hold_whose_answer_was_lost_is_held_once(clinic: Clinic, patient: str, key: str) -> None:
    with clinic.fault("hospital", mode="reset", types=["SRM^S01"], count=1, applied=True):
        booking = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
        clinic.until(booking["id"], "held")
    assert clinic.books(booking["id"]).appointments == [["HELD"]]
    clinic.post(f"/bookings/{booking['id']}/release", patient)


def test_money_is_given_back_when_the_cashier_is_there_again(clinic: Clinic, patient: str, key: str) -> None:
    held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
    clinic.let_go_behind_our_back(held)
    with clinic.fault("cashier", mode="reset", types=["/v1/refunds", "POST /v1/refunds"], applied=False):
        clinic.pay(held)
        wait_until(lambda: "booking.waiting" in clinic.events_of(held["id"]), 30, "booking.waiting")
        assert "正在原路退回" in clinic.booking(held["id"])["message"]
    wait_until(lambda: "booking.failed" in clinic.events_of(held["id"]), 30, "booking.failed")
    books = clinic.books(held["id"])
    assert books.paid_fen == books.refunded_fen == held["amount_fen"]


def test_a_cancellation_that_the_hospital_does_not_answer_is_pending_then_done(
    clinic: Clinic, patient: str, key: str
) -> None:
    booked = clinic.booked(patient, clinic.free_slots(1)[0]["id"], key)
    body = {"appointment": booked["appointment"], "key": f"{key}-cancel"}
    with clinic.fault("hospital", mode="blackhole", types=["SRM^S04"], applied=False):
        pending = clinic.post("/cancellations", patient, body).json()["cancellation"]
        assert pending["status"] == "pending"
        assert "响应较慢" in pending["message"]
    wait_until(lambda: "cancellation.done" in clinic.events_of(pending["id"]), 30, "cancellation.done")
    books = clinic.books(booked["id"])
    assert (books.state, books.refunded_fen) == ("CANCELLED", booked["amount_fen"])
