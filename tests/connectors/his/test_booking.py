"""Booking at the real simulated HIS: its ledger is the proof."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connectors.adapter import BackendError, BackendUnavailable, Resource, Search
from connectors.his.adapter import HISAdapter
from connectors.resources import extension, fen
from tests.connectors.his.support import booking, demo_patient, free_slot, tomorrow
from tests.support.processes import Stack


def paid(appointment: Resource, order: str) -> Resource:
    extensions = [*appointment["extension"], {"url": "urn:menzhen:payment-order", "valueString": order}]
    return {**appointment, "status": "booked", "extension": extensions}


def ledger(hospital: Stack, placer: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{hospital.hospital_url}/ledger", params={"placer": placer})
    return answer.raise_for_status().json()["appointments"]


async def test_hold_pay_confirm_and_cancel(adapter: HISAdapter, hospital: Stack) -> None:
    held = await adapter.create("Appointment", await booking(adapter), "book-1")
    assert held["status"] == "pending"
    assert extension(held, "held-until") and extension(held, "invoice")["reference"].startswith("Invoice/")
    assert held["identifier"][0] == {"system": "urn:menzhen:order", "value": "book-1"}

    booked = await adapter.update("Appointment", held["id"], paid(held, "PAY-1"), "book-1-confirm")
    assert booked["status"] == "booked"
    assert len(extension(booked, "voucher-code")) == 8
    assert extension(booked, "queue-number")
    assert [one["status"] for one in ledger(hospital, "book-1")] == ["BOOKED"]

    bill = await adapter.read("Invoice", extension(booked, "invoice")["reference"].split("/")[1])
    assert bill and bill["status"] == "balanced" and extension(bill, "payment-order") == "PAY-1"

    gone = await adapter.update("Appointment", held["id"], {**booked, "status": "cancelled"}, "book-1-cancel")
    assert gone["status"] == "cancelled"
    assert fen(extension(gone, "refund")) == fen(extension(booked, "fee"))
    assert extension(gone, "payment-order") == "PAY-1"
    again = await adapter.update(
        "Appointment", held["id"], {**booked, "status": "cancelled"}, "book-1-cancel"
    )
    assert extension(again, "refund") == extension(gone, "refund")


async def test_found_by_our_own_number(adapter: HISAdapter) -> None:
    held = await adapter.create("Appointment", await booking(adapter, place=1), "book-find")
    for value in ("urn:menzhen:order|book-find", "book-find"):
        [found] = await adapter.search(Search("Appointment", {"identifier": [value]}))
        assert found["id"] == held["id"]
    assert await adapter.search(Search("Appointment", {"identifier": ["urn:other|book-find"]})) == []
    assert await adapter.search(Search("Appointment", {"identifier": ["book-none"]})) == []


async def test_two_at_once_with_the_same_number_book_once(adapter: HISAdapter, hospital: Stack) -> None:
    wanted = await booking(adapter, place=2)
    made = await asyncio.gather(*(adapter.create("Appointment", wanted, "book-twice") for _ in range(6)))
    assert len({one["id"] for one in made}) == 1
    assert len(ledger(hospital, "book-twice")) == 1


async def test_a_slot_that_went_meanwhile_is_said_in_chinese(adapter: HISAdapter) -> None:
    wanted = await booking(adapter, place=3)
    capacity = extension(await adapter.read("Slot", wanted["slot"][0]["reference"][5:]) or {}, "remaining")
    patients = ["100003", "100004", "100005", "100007", "100008", "100009"]
    for number, patient in enumerate(patients[:capacity]):
        other = {
            **wanted,
            "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
        }
        await adapter.create("Appointment", other, f"book-full-{number}")
    slot = await adapter.read("Slot", wanted["slot"][0]["reference"][5:])
    assert slot and slot["status"] == "busy"
    with pytest.raises(BackendError) as caught:
        await adapter.create("Appointment", wanted, "book-full-last")
    assert (caught.value.code, caught.value.status) == ("SLOT_FULL", 409)
    assert "约满" in caught.value.message


async def test_own_bookings_are_seen_in_the_next_search(adapter: HISAdapter) -> None:
    first = await free_slot(adapter, "0402")
    await adapter.create("Appointment", await booking(adapter, "0402"), "book-seen")
    seen = await adapter.read("Slot", first["id"])
    assert seen and extension(seen, "remaining") == extension(first, "remaining") - 1
    next_free = await free_slot(adapter, "0402")
    assert extension(next_free, "remaining") >= 1


async def test_reschedule_moves_the_booking(adapter: HISAdapter, hospital: Stack) -> None:
    wanted = await booking(adapter, "0405", "100003")
    held = await adapter.create("Appointment", wanted, "book-move")
    booked = await adapter.update("Appointment", held["id"], paid(held, "PAY-M"), "book-move-confirm")
    kind, doctor = extension(booked, "visit-type")["code"], extension(booked, "practitioner")
    slots = await adapter.search(
        Search("Slot", {"organization": ["0405"], "status": ["free"], "service-type": [kind]}, 40)
    )
    fee = extension(booked, "fee")
    other = next(
        one
        for one in slots
        if extension(one, "fee") == fee
        and one["start"] > booked["start"]
        and extension(one, "practitioner") == doctor
    )
    moved = {**booked, "slot": [{"reference": f"Slot/{other['id']}"}]}
    after = await adapter.update("Appointment", held["id"], moved, "book-move-2")
    assert after["id"] == held["id"] and after["start"] == other["start"] and after["status"] == "booked"
    assert len(ledger(hospital, "book-move")) == 1


async def test_nothing_to_change_changes_nothing(adapter: HISAdapter) -> None:
    held = await adapter.create("Appointment", await booking(adapter, "1000"), "book-same")
    assert await adapter.update("Appointment", held["id"], held, "book-same-2") == held
    with pytest.raises(BackendError) as caught:
        await adapter.update("Appointment", held["id"], {**held, "status": "fulfilled"}, "book-same-3")
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"slot": [{"reference": "Slot/no-such"}]}, "NO_SLOT"),
        ({"participant": [{"actor": {"reference": "Patient/999"}, "status": "accepted"}]}, "NO_PATIENT"),
        ({"slot": []}, "BAD_MESSAGE"),
        ({"participant": []}, "BAD_MESSAGE"),
    ],
)
async def test_refusals_carry_code_and_chinese(adapter: HISAdapter, change: Resource, code: str) -> None:
    wanted = await booking(adapter, "1000", place=1)
    with pytest.raises(BackendError) as caught:
        await adapter.create("Appointment", {**wanted, **change}, "book-refused")
    assert caught.value.code == code
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.message)


async def test_an_answer_that_got_lost_books_once(
    adapter: HISAdapter, hospital: Stack, fault: Callable[..., None]
) -> None:
    """The HIS books and cuts the line before it answers; the same request again is the same booking."""
    wanted = await booking(adapter, "1000", place=2)
    await adapter.client.stop()
    for mode in ("reset", "half", "garbage", "blackhole"):
        fault(mode, count=1, types=["SRM^S01"])
        await adapter.client.stop()
        with pytest.raises(BackendUnavailable):
            await adapter.create("Appointment", wanted, "book-lost")
    fault("none")
    made = await adapter.create("Appointment", wanted, "book-lost")
    assert [one["status"] for one in ledger(hospital, "book-lost")] == ["HELD"]
    assert made["status"] == "pending"


async def test_the_wrong_encoding_is_refused_and_never_shown(
    adapter: HISAdapter, fault: Callable[..., None]
) -> None:
    fault("wrong_charset", types=["QBP"])
    with pytest.raises(BackendUnavailable):
        await adapter.read("Patient", "100001")


async def test_bills_are_settled_once(adapter: HISAdapter, hospital: Stack) -> None:
    mrn = demo_patient(hospital, "wx-chen")
    bills = await adapter.search(Search("Invoice", {"patient": [mrn], "status": ["issued"]}))
    assert len(bills) >= 2
    total = sum(fen(bill["totalGross"]) for bill in bills)
    asked = {
        "invoice": [f"Invoice/{bill['id']}" for bill in bills],
        "order": "SETTLE-1",
        "amountFen": total,
        "paidAt": "2026-11-23T08:40:00+08:00",
    }
    with pytest.raises(BackendError) as caught:
        await adapter.operation("$settle", "Invoice", None, {**asked, "amountFen": total - 1}, "s")
    assert caught.value.code == "AMOUNT_MISMATCH"
    for _ in range(2):
        answer = await adapter.operation("$settle", "Invoice", None, asked, "s")
        assert answer == {"order": "SETTLE-1", "status": "posted", "amountFen": total}
    assert await adapter.search(Search("Invoice", {"patient": [mrn], "status": ["issued"]})) == []
    with pytest.raises(BackendError) as caught:
        await adapter.operation("$settle", "Invoice", None, {**asked, "order": "SETTLE-2"}, "s")
    assert caught.value.status == 409


async def test_check_in_gives_a_queue_number(adapter: HISAdapter, hospital: Stack) -> None:
    mrn = demo_patient(hospital, "wx-wang")
    booked = await adapter.search(Search("Appointment", {"patient": [mrn], "status": ["booked"]}))
    today = next(one for one in booked if one["start"] < tomorrow().isoformat())
    arrived = await adapter.operation("$check-in", "Appointment", today["id"], {}, "check-in-1")
    assert arrived["status"] == "arrived" and extension(arrived, "queue-number")
    assert arrived == await adapter.update("Appointment", today["id"], {**today, "status": "arrived"}, "k")
