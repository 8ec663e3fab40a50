"""Writing: once per key, checked before any system sees it, and refused in words that a person understands."""

import asyncio
from typing import Any

import pytest
from fhir.resources.R4B.appointment import Appointment

from connectors.resources import ORDER_SYSTEM
from tests.connectors.facade.conftest import Bench
from tests.connectors.facade.test_access import code_of
from tests.connectors.facade.test_reading import resources


def booking(slot: str, patient: str) -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "status": "pending",
        "slot": [{"reference": f"Slot/{slot}"}],
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
    }


def key(value: str) -> dict[str, str]:
    return {"If-None-Exist": f"identifier={ORDER_SYSTEM}|{value}"}


@pytest.fixture
async def zhang(bench: Bench) -> str:
    return await bench.patient_id("100001")


async def test_a_booking_is_made_and_can_be_read_by_its_patient(bench: Bench, zhang: str) -> None:
    slot = await bench.first_id("Slot")
    made = await bench.service.post("/Appointment", json=booking(slot, zhang), headers=key("k1"))
    assert made.status_code == 201
    Appointment.model_validate(made.json())
    assert made.headers["location"].endswith(f"/Appointment/{made.json()['id']}")
    read = await bench.of_patient(zhang).get(f"/Appointment/{made.json()['id']}")
    assert read.json() == made.json() and read.headers["etag"] == made.headers["etag"]
    assert read.json()["slot"] == [{"reference": f"Slot/{slot}"}]
    assert bench.his.kept["Appointment"]["A1"]["slot"] == [{"reference": "Slot/S8"}]
    found = await bench.of_patient(zhang).get("/Appointment", params={"identifier": f"{ORDER_SYSTEM}|k1"})
    assert [one["id"] for one in resources(found)] == [made.json()["id"]]


async def test_the_same_key_again_is_the_same_booking(bench: Bench, zhang: str) -> None:
    slot = await bench.first_id("Slot")
    first = await bench.service.post("/Appointment", json=booking(slot, zhang), headers=key("k1"))
    again = await bench.service.post("/Appointment", json=booking(slot, zhang), headers=key("k1"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() and bench.his.holds == 1


async def test_two_clicks_at_once_are_one_booking(bench: Bench, zhang: str) -> None:
    slot = await bench.first_id("Slot")
    bench.his.delay = 0.02
    answers = await asyncio.gather(
        *(bench.service.post("/Appointment", json=booking(slot, zhang), headers=key("k1")) for _ in range(8))
    )
    assert sorted(a.status_code for a in answers) == [200] * 7 + [201]
    assert bench.his.holds == 1 and [c for c in bench.his.calls if c[0] == "create"] == [
        ("create", "Appointment")
    ]


async def test_a_key_that_was_used_for_something_else_is_refused(bench: Bench, zhang: str) -> None:
    slots = [one["id"] for one in resources(await bench.service.get("/Slot"))]
    await bench.service.post("/Appointment", json=booking(slots[0], zhang), headers=key("k1"))
    other = await bench.service.post("/Appointment", json=booking(slots[1], zhang), headers=key("k1"))
    assert other.status_code == 409 and code_of(other) == "DUPLICATE"


async def test_a_slot_that_went_meanwhile_says_so(bench: Bench, zhang: str) -> None:
    slot = await bench.first_id("Slot")
    li = await bench.patient_id("100002")
    await bench.service.post("/Appointment", json=booking(slot, li), headers=key("k1"))
    late = await bench.service.post("/Appointment", json=booking(slot, zhang), headers=key("k2"))
    assert late.status_code == 409 and code_of(late) == "SLOT_FULL"
    assert "约满" in late.json()["issue"][0]["details"]["text"]


async def test_a_booking_without_a_key_is_refused(bench: Bench, zhang: str) -> None:
    answer = await bench.service.post("/Appointment", json=booking(await bench.first_id("Slot"), zhang))
    assert answer.status_code == 400 and code_of(answer) == "KEY_REQUIRED"
    for wrong in ("", "a b", "x" * 101, "杂"):
        headers = [(b"If-None-Exist", f"identifier={ORDER_SYSTEM}|{wrong}".encode())]
        answer = await bench.service.post("/Appointment", json=booking("x", zhang), headers=headers)
        assert answer.status_code == 400, wrong
    assert bench.his.holds == 0


async def test_what_is_wrong_with_a_body_is_said_with_its_place(bench: Bench, zhang: str) -> None:
    slot = await bench.first_id("Slot")
    good = booking(slot, zhang)
    for change, path in (
        ({"status": None}, "Appointment.status"),
        ({"status": "rosy"}, "Appointment.status"),
        ({"status": "noshow"}, "Appointment.status"),
        ({"slot": []}, "Appointment.slot"),
        ({"slot": "S1"}, "Appointment.slot"),
        ({"slot": [{"reference": "Patient/1"}]}, "Appointment.slot"),
        ({"participant": [{"status": "accepted"}]}, "Appointment.participant"),
        ({"participant": 3}, "Appointment.participant"),
        ({"start": "soon"}, "Appointment.start"),
        ({"resourceType": "Patient"}, "resourceType"),
    ):
        body = {k: v for k, v in (good | change).items() if v is not None}
        answer = await bench.service.post("/Appointment", json=body, headers=key("k1"))
        assert answer.status_code == 422, change
        [issue] = answer.json()["issue"]
        assert issue["expression"][0].startswith(path), (change, issue)
        assert any(c >= "\u4e00" for c in issue["details"]["text"])
    assert not [c for c in bench.his.calls if c[0] == "create"]


async def test_a_reference_to_nothing_is_refused(bench: Bench, zhang: str) -> None:
    answer = await bench.service.post("/Appointment", json=booking("nothere", zhang), headers=key("k1"))
    assert answer.status_code == 422 and code_of(answer) == "UNKNOWN_REFERENCE"


async def test_cancelling_needs_no_more_than_the_status(bench: Bench, zhang: str) -> None:
    me = bench.of_patient(zhang)
    id = await bench.first_id("Appointment", patient=zhang)
    answer = await me.put(f"/Appointment/{id}", json={"resourceType": "Appointment", "status": "cancelled"})
    assert answer.status_code == 200 and answer.json()["status"] == "cancelled"
    assert bench.his.kept["Appointment"]["OLD100001"]["status"] == "cancelled"


async def test_another_slot_reaches_the_his_under_its_own_id(bench: Bench, zhang: str) -> None:
    id = await bench.first_id("Appointment", patient=zhang)
    slots = resources(await bench.service.get("/Slot"))
    body = {"resourceType": "Appointment", "status": "booked"}
    body |= {"slot": [{"reference": f"Slot/{slots[2]['id']}"}]}
    answer = await bench.service.put(f"/Appointment/{id}", json=body, headers={"Idempotency-Key": "c1"})
    assert answer.json()["slot"] == body["slot"]
    assert bench.his.kept["Appointment"]["OLD100001"]["slot"] == [{"reference": "Slot/S10"}]


async def test_if_match_keeps_a_change_from_overwriting_another(bench: Bench, zhang: str) -> None:
    id = await bench.first_id("Appointment", patient=zhang)
    tag = (await bench.service.get(f"/Appointment/{id}")).headers["etag"]
    body = {"resourceType": "Appointment", "status": "cancelled"}
    bench.his.kept["Appointment"]["OLD100001"]["status"] = "arrived"
    stale = await bench.service.put(f"/Appointment/{id}", json=body, headers={"If-Match": tag})
    assert stale.status_code == 412
    tag = (await bench.service.get(f"/Appointment/{id}")).headers["etag"]
    fresh = await bench.service.put(f"/Appointment/{id}", json=body, headers={"If-Match": tag})
    assert fresh.status_code == 200


async def test_a_known_person_is_not_registered_twice(bench: Bench) -> None:
    card = "110101197001010011"
    body = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": card}],
        "name": [{"text": "王五"}],
    }
    headers = {"If-None-Exist": f"identifier=urn:oid:2.16.156.10011.1.3|{card}"}
    first = await bench.service.post("/Patient", json=body, headers=headers)
    again = await bench.service.post("/Patient", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    nameless = await bench.service.post("/Patient", json=body | {"name": []}, headers=headers | key("x"))
    assert nameless.status_code == 422


async def test_a_check_in_answers_with_the_appointment(bench: Bench, zhang: str) -> None:
    id = await bench.first_id("Appointment", patient=zhang)
    answer = await bench.of_patient(zhang).post(f"/Appointment/{id}/$check-in")
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["status"]) == (id, "arrived")


async def test_an_operation_speaks_of_bills_by_the_systems_ids(bench: Bench, zhang: str) -> None:
    bill = await bench.first_id("Invoice", patient=zhang)
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "invoice", "valueReference": {"reference": f"Invoice/{bill}"}},
            {"name": "order", "valueString": "o1"},
            {"name": "amountFen", "valueInteger": 2500},
            {"name": "expires", "valueDateTime": "2026-11-24T10:00:00+08:00"},
        ],
    }
    answer = await bench.service.post("/Invoice/$pay", json=body)
    values = {p["name"]: p[next(k for k in p if k != "name")] for p in answer.json()["parameter"]}
    assert values == {"order": "o1", "status": "WAITING", "payUrl": "http://pay/o1", "amountFen": 2500}
    assert bench.cashier.orders["o1"]["invoices"] == ["Invoice/B1"]
    unknown = await bench.service.get("/Invoice/$payment?order=nope")
    assert unknown.status_code == 404 and code_of(unknown) == "ORDER_NOT_FOUND"
