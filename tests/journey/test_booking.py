"""What a patient gets who books, pays, gives up, clicks twice; proved by the HIS's and the cashier's ledgers."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.resources import extension
from tests.support.clinic import Clinic


@pytest.fixture
def slot(clinic: Clinic, patient: str) -> str:
    return clinic.free_slots(1)[0]["id"]


def test_book_and_pay_gives_a_voucher(clinic: Clinic, patient: str, slot: str, key: str) -> None:
    held = clinic.book(patient, slot, key)
    assert held["status"] == "held", held
    assert held["amount_fen"] > 0
    assert held["pay_url"].startswith("http")
    assert held["expires_at"] > clinic.stack.now().isoformat()
    clinic.pay(held)
    booked = clinic.until(held["id"], "booked")
    voucher = booked["voucher"]
    assert voucher["code"]
    assert voucher["qr"].startswith("data:image/svg+xml")
    assert "*" in voucher["patient"]
    assert voucher["fee_fen"] == held["amount_fen"]
    assert voucher["department"] and voucher["doctor"] and voucher["start"] < voucher["end"]
    books = clinic.books(held["id"])
    assert (books.state, books.orders, books.paid_fen) == ("BOOKED", ["PAID"], held["amount_fen"])
    assert clinic.events_of(held["id"]) == ["booking.held", "booking.booked"]


def test_two_clicks_are_one_booking(clinic: Clinic, patient: str, slot: str, key: str) -> None:
    with ThreadPoolExecutor(6) as clicks:
        answers = list(clicks.map(lambda _: clinic.ask_to_book(patient, slot, key), range(6)))
    assert len({answer["id"] for answer in answers}) == 1
    clinic.until(answers[0]["id"], "held")
    assert clinic.books(answers[0]["id"]).appointments == [["HELD"]]
    clinic.release(answers[0], patient)


def test_given_up_lets_the_slot_go_and_closes_the_order(
    clinic: Clinic, patient: str, slot: str, key: str
) -> None:
    held = clinic.book(patient, slot, key)
    answer = clinic.release(held, patient)
    assert answer["status"] == "released", answer
    assert answer["reason"] == "GIVEN_UP"
    books = clinic.books(held["id"])
    assert (books.state, books.orders, books.paid_fen) == ("RELEASED", ["CLOSED"], 0)
    assert clinic.release(held, patient) == answer


def test_paid_in_the_moment_of_giving_up_is_booked(clinic: Clinic, patient: str, slot: str, key: str) -> None:
    held = clinic.book(patient, slot, key)
    clinic.pay(held)
    clinic.post(f"/bookings/{held['id']}/release", patient)
    booked = clinic.until(held["id"], "booked", "released", "failed")
    books = clinic.books(held["id"])
    assert (booked["status"], books.state, books.refunded_fen) == ("booked", "BOOKED", 0)


def test_paid_but_the_slot_is_gone_gives_the_money_back(
    clinic: Clinic, patient: str, slot: str, key: str
) -> None:
    held = clinic.book(patient, slot, key)
    clinic.let_go_behind_our_back(held)
    clinic.pay(held)
    failed = clinic.until(held["id"], "failed", "booked")
    assert (failed["status"], failed["reason"]) == ("failed", "HOLD_EXPIRED")
    assert "退回" in failed["message"]
    books = clinic.books(held["id"])
    assert books.state == "RELEASED"
    assert books.paid_fen == books.refunded_fen == held["amount_fen"] == failed["refund_fen"]
    assert clinic.events_of(held["id"])[-1] == "booking.failed"


def test_the_same_slot_again_with_another_key_is_refused_with_the_hospitals_word(
    clinic: Clinic, patient: str, slot: str, key: str
) -> None:
    held = clinic.book(patient, slot, key)
    again = clinic.book(patient, slot, key + "-again")
    assert (again["status"], again["reason"]) == ("failed", "DUPLICATE")
    assert again["message"]
    assert clinic.books(again["id"]).appointments == []
    clinic.release(held, patient)


def test_a_full_slot_says_so(clinic: Clinic, key: str) -> None:
    slots = clinic.free_slots(100, days=3)
    slot = min(slots, key=lambda one: _remaining(one))
    for number in range(_remaining(slot)):
        assert clinic.book(clinic.patient(600 + number), slot["id"], f"{key}-{number}")["status"] == "held"
    late = clinic.book(clinic.patient(699), slot["id"], f"{key}-late")
    assert (late["status"], late["reason"]) == ("full", "SLOT_FULL")


def test_an_unknown_slot_is_a_clear_failure(clinic: Clinic, patient: str, key: str) -> None:
    answer = clinic.book(patient, "no-such-slot", key)
    assert answer["status"] == "failed"
    assert answer["message"]


def test_a_key_used_for_another_slot_is_refused(clinic: Clinic, patient: str, key: str) -> None:
    one, other = clinic.free_slots(2)
    held = clinic.book(patient, one["id"], key)
    body = {"slot": other["id"], "patient": patient, "key": key, "conversation": ""}
    answer = clinic.post("/bookings", patient, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_conflict")
    clinic.release(held, patient)


def test_open_bookings_of_a_conversation(clinic: Clinic, patient: str, slot: str, key: str) -> None:
    held = clinic.book(patient, slot, key, conversation=key)
    url, auth = clinic.stack.journey_url + "/bookings", clinic.as_patient(patient)
    params = {"conversation": key, "open": "true"}
    shown = clinic.http.get(url, params=params, headers=auth).json()["bookings"]
    assert [one["id"] for one in shown] == [held["id"]]
    clinic.release(held, patient)
    assert clinic.http.get(url, params=params, headers=auth).json()["bookings"] == []
    everything = clinic.http.get(url, params={"conversation": key}, headers=auth).json()["bookings"]
    assert [one["status"] for one in everything] == ["released"]


def _remaining(slot: dict[str, Any]) -> int:
    return int(extension(slot, "remaining"))
