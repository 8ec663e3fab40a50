"""Who may come in, what bad requests get, and the bus that others follow."""

from typing import Any

import httpx
import pytest

from tests.support.clinic import Clinic
from tests.support.processes import wait_until


def _error(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()["error"]
    assert any("\u4e00" <= character <= "\u9fff" for character in body["message"]), body
    return answer.status_code, body["code"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/bookings"),
        ("GET", "/bookings/B1"),
        ("GET", "/bookings?conversation=c"),
        ("POST", "/bookings/B1/release"),
        ("POST", "/cancellations"),
        ("POST", "/reschedules"),
        ("POST", "/payments"),
        ("GET", "/payments/P1"),
        ("GET", "/events"),
    ],
)
def test_nothing_without_a_token(clinic: Clinic, method: str, path: str) -> None:
    url = clinic.stack.journey_url + path
    body: dict[str, Any] = {
        "slot": "s",
        "patient": "p",
        "appointment": "a",
        "invoices": ["i"],
        "key": "k",
    }
    content = body if method == "POST" else None
    assert _error(clinic.http.request(method, url, json=content)) == (401, "not_authorised")
    broken = {"Authorization": "Bearer not.a.token"}
    assert _error(clinic.http.request(method, url, json=content, headers=broken))[0] == 401
    manager = clinic.stack.auth(clinic.stack.staff_token("director"))
    assert _error(clinic.http.request(method, url, json=content, headers=manager))[0] == 403


def test_a_patient_books_for_self_and_family_only(clinic: Clinic, patient: str, key: str) -> None:
    stranger, slot = "somebodyelse", clinic.free_slots(1)[0]["id"]
    body = {"slot": slot, "patient": stranger, "key": key}
    assert _error(clinic.post("/bookings", patient, body)) == (403, "forbidden")
    mother = clinic.stack.auth(clinic.stack.patient_token("mother", [patient]))
    url = clinic.stack.journey_url + "/bookings"
    answer = clinic.http.post(url, json=body | {"patient": patient}, headers=mother)
    id = answer.json()["booking"]["id"]
    clinic.until(id, "held")
    assert _error(clinic.post(f"/bookings/{id}/release", stranger)) == (404, "not_found")
    assert _error(clinic.http.get(f"{url}/{id}", headers=clinic.as_patient(stranger))) == (404, "not_found")
    assert clinic.http.post(f"{url}/{id}/release", headers=mother).status_code == 200
    clinic.until(id, "released")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"slot": "s", "patient": "p"},
        {"slot": "s", "patient": "p", "key": ""},
        {"slot": "s/../../x", "patient": "p", "key": "k"},
        {"slot": "<b>s</b>", "patient": "p", "key": "k"},
        {"slot": ["s"], "patient": "p", "key": "k"},
        {"slot": "s", "patient": "p", "key": "k" * 10_000},
        {"slot": "s", "patient": "p", "key": "k", "conversation": "c" * 10_000},
    ],
)
def test_bad_bodies_are_refused_in_chinese(clinic: Clinic, body: dict[str, Any]) -> None:
    assert _error(clinic.post("/bookings", "p", body)) == (422, "bad_request")


def test_what_is_no_json_is_refused(clinic: Clinic) -> None:
    headers = clinic.as_patient("p") | {"Content-Type": "application/json"}
    url = clinic.stack.journey_url
    for content in (b"", b"{", b"\xff\xfe", b"[" * 5000):
        answer = clinic.http.post(f"{url}/bookings", content=content, headers=headers)
        assert _error(answer)[0] in (400, 422)
        assert _error(answer)[1] == "bad_request"
    assert _error(clinic.http.get(f"{url}/nowhere", headers=headers)) == (404, "not_found")
    assert _error(clinic.http.put(f"{url}/bookings", headers=headers))[0] == 405


def test_patients_do_not_read_the_bus(clinic: Clinic) -> None:
    answer = clinic.http.get(clinic.stack.journey_url + "/events", headers=clinic.as_patient("p"))
    assert _error(answer) == (403, "forbidden")


def test_the_bus_has_the_facades_events_and_our_own_in_one_order(
    clinic: Clinic, patient: str, key: str
) -> None:
    booked = clinic.booked(patient, clinic.free_slots(1)[0]["id"], key)

    def told() -> list[dict[str, Any]] | None:
        mine = [event for event in clinic.events() if event["data"].get("patient") == patient]
        return mine if {"appointment.booked", "booking.booked"} <= {event["type"] for event in mine} else None

    wait_until(told, 30, "both events on the bus")
    events = clinic.events()
    numbers = [event["id"] for event in events]
    assert numbers == sorted(numbers)
    assert len({event["event_id"] for event in events}) == len(events)
    [own] = [event for event in events if event["event_id"] == f"{booked['id']}:booking.booked"]
    assert own["data"]["conversation"] == "talk"
    assert own["data"]["booking"]["voucher"]["code"] == booked["voucher"]["code"]


def test_the_bus_goes_on_after_a_kill_without_gaps_or_doubles(clinic: Clinic) -> None:
    before = clinic.events()
    clinic.stack["journey"].restart()
    after = clinic.events()
    assert after[: len(before)] == before
    assert len({event["event_id"] for event in after}) == len(after)


def test_a_follower_that_waits_is_answered_when_something_happens(
    clinic: Clinic, patient: str, key: str
) -> None:
    last = max((event["id"] for event in clinic.events()), default=0)
    held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
    url, auth = f"{clinic.stack.journey_url}/events", clinic.stack.auth(clinic.stack.service_token())
    answer = clinic.http.get(url, params={"after": last, "wait": 9}, headers=auth)
    assert answer.json()["events"]
    clinic.post(f"/bookings/{held['id']}/release", patient)
