"""Cancelling and moving: the HIS's word counts, and what it says is due goes back to the payer, once."""

from typing import Any

import pytest

from connectors.resources import extension
from tests.support.clinic import Clinic


@pytest.fixture
def booked(clinic: Clinic, patient: str, key: str) -> dict[str, Any]:
    return clinic.booked(patient, clinic.free_slots(1)[0]["id"], key)


def test_cancelled_and_refunded_once(clinic: Clinic, patient: str, booked: dict[str, Any], key: str) -> None:
    body = {"appointment": booked["appointment"], "key": f"{key}-cancel"}
    done = clinic.change("/cancellations", patient, body)
    assert (done["status"], done["refund_fen"]) == ("done", booked["amount_fen"])
    assert "退回" in done["message"]
    again = clinic.change("/cancellations", patient, body)
    other_key = clinic.change("/cancellations", patient, body | {"key": "another"})
    assert again == done
    assert other_key["status"] == "done"
    books = clinic.books(booked["id"])
    assert (books.state, books.refunded_fen) == ("CANCELLED", booked["amount_fen"])
    assert clinic.booking(booked["id"])["voucher"]["status"] == "cancelled"
    assert clinic.events_of(done["id"]) == ["cancellation.done"]


def test_too_late_is_a_clear_answer(clinic: Clinic, patient: str, key: str) -> None:
    soon = clinic.free_slots(1, days=0)[0]
    booked = clinic.booked(patient, soon["id"], key)
    body = {"appointment": booked["appointment"], "key": f"{key}-cancel"}
    answer = clinic.change("/cancellations", patient, body)
    assert (answer["status"], answer["reason"], answer["refund_fen"]) == ("refused", "TOO_LATE", 0)
    assert answer["message"]
    books = clinic.books(booked["id"])
    assert (books.state, books.refunded_fen) == ("BOOKED", 0)


def test_somebody_elses_appointment_is_not_found(
    clinic: Clinic, booked: dict[str, Any], numbers: Any, key: str
) -> None:
    stranger = clinic.patient(next(numbers))
    body = {"appointment": booked["appointment"], "key": f"{key}-cancel"}
    assert clinic.post("/cancellations", stranger, body).status_code == 404
    slot = clinic.free_slots(2)[1]["id"]
    assert clinic.post("/reschedules", stranger, body | {"slot": slot}).status_code == 404
    assert clinic.books(booked["id"]).state == "BOOKED"


def _slot_for(clinic: Clinic, booked: dict[str, Any], *, same_fee: bool) -> dict[str, Any]:
    for slot in clinic.free_slots(100, days=2):
        fee = round(extension(slot, "fee")["value"] * 100)
        if (fee == booked["amount_fen"]) is same_fee:
            return slot
    raise AssertionError("no such slot")


def test_moved_to_another_slot(clinic: Clinic, patient: str, booked: dict[str, Any], key: str) -> None:
    slot = _slot_for(clinic, booked, same_fee=True)
    body = {"appointment": booked["appointment"], "slot": slot["id"], "key": f"{key}-move"}
    moved = clinic.change("/reschedules", patient, body)
    assert moved["status"] == "done", moved
    assert moved["voucher"]["start"] == slot["start"]
    assert clinic.change("/reschedules", patient, body) == moved
    assert clinic.booking(booked["id"])["voucher"]["start"] == slot["start"]
    books = clinic.books(booked["id"])
    assert (books.state.split()[0], books.refunded_fen) == ("BOOKED", 0)
    assert len(books.appointments[0]) == 3
    assert clinic.events_of(moved["id"]) == ["booking.rescheduled"]


def test_a_slot_of_another_fee_is_refused_and_the_old_one_kept(
    clinic: Clinic, patient: str, booked: dict[str, Any], key: str
) -> None:
    slot = _slot_for(clinic, booked, same_fee=False)
    body = {"appointment": booked["appointment"], "slot": slot["id"], "key": f"{key}-move"}
    answer = clinic.change("/reschedules", patient, body)
    assert answer["status"] == "refused"
    assert "挂号费" in answer["message"]
    assert clinic.books(booked["id"]).state == "BOOKED"
