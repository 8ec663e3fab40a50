"""A patient's and an auditor's hands on a running stack: book, pay, give up; then read the hospital's own books."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from tests.support.processes import Stack, wait_until

FINAL = ("booked", "released", "full", "failed")
FIRST_MRN = 100001


@dataclass(frozen=True, slots=True)
class Books:
    """What the hospital and the cashier wrote about one booking: states in order, fen paid and given back."""

    appointments: list[list[str]]
    orders: list[str]
    paid_fen: int
    refunded_fen: int

    @property
    def state(self) -> str:
        """The last state of the one appointment. Raises AssertionError where there are none or several."""
        assert len(self.appointments) == 1, f"appointments in the HIS: {self.appointments}"
        return self.appointments[0][-1]


class Clinic:
    """Requests of a test to one stack; refused connections are left to `wait_until`."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.http = httpx.Client(timeout=10, trust_env=False)
        self._service = stack.auth(stack.service_token())

    # -- asking the facade -------------------------------------------------------------------------
    def fhir(self, path: str, **params: Any) -> dict[str, Any]:
        """A read or search with a service token; asked again while a system is too slow to answer."""

        def ask() -> httpx.Response | None:
            answer = self.http.get(f"{self.stack.facade_url}/{path}", params=params, headers=self._service)
            return None if answer.status_code == 503 else answer

        return wait_until(ask, 30, f"an answer to {path}").raise_for_status().json()

    def found(self, type: str, **params: Any) -> list[dict[str, Any]]:
        """The resources of a search."""
        return [entry["resource"] for entry in self.fhir(type, **params).get("entry", ())]

    def patient(self, number: int) -> str:
        """FHIR id of the simulated hospital's patient number 0 … 1999."""
        [found] = self.found("Patient", identifier=f"urn:menzhen:mrn|{FIRST_MRN + number}")
        return found["id"]

    def free_slots(self, count: int, days: int = 1) -> list[dict[str, Any]]:
        """Slots with a place left, on a day `days` from the stack's today."""
        day = (self.stack.now() + timedelta(days=days)).date()
        window = [f"ge{day}", f"lt{day + timedelta(days=1)}"]
        slots = self.found("Slot", status="free", start=window, _count=200)
        assert len(slots) >= count, f"only {len(slots)} free slots"
        return slots[:: max(len(slots) // count, 1)][:count]

    # -- acting as a patient -----------------------------------------------------------------------
    def as_patient(self, patient: str) -> dict[str, str]:
        return self.stack.auth(self.stack.patient_token(patient))

    def post(self, path: str, patient: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """A request to journey with this patient's token."""
        return self.http.post(
            self.stack.journey_url + path, json=body or {}, headers=self.as_patient(patient)
        )

    def ask_to_book(self, patient: str, slot: str, key: str, conversation: str = "talk") -> dict[str, Any]:
        """The Booking that `POST /bookings` answers: settled, or still pending."""
        body = {"slot": slot, "patient": patient, "key": key, "conversation": conversation}
        return self.post("/bookings", patient, body).raise_for_status().json()["booking"]

    def book(self, patient: str, slot: str, key: str, conversation: str = "talk") -> dict[str, Any]:
        """The Booking once it is held or refused."""
        id = self.ask_to_book(patient, slot, key, conversation)["id"]
        return self.until(id, "held", "booked", "full", "failed", "released")

    def release(self, booking: dict[str, Any], patient: str) -> dict[str, Any]:
        """The booking after it was given up."""
        self.post(f"/bookings/{booking['id']}/release", patient).raise_for_status()
        return self.until(booking["id"], *FINAL)

    def change(self, path: str, patient: str, body: dict[str, Any]) -> dict[str, Any]:
        """The cancellation or reschedule once it is decided; asking again with the same key is how one waits."""

        def ask() -> dict[str, Any] | None:
            [(_, found)] = self.post(path, patient, body).raise_for_status().json().items()
            return None if found["status"] == "pending" else found

        return wait_until(ask, 30, f"the outcome of {path}")

    def booking(self, id: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.stack.journey_url}/bookings/{id}", headers=self._service)
        answer.raise_for_status()
        return answer.json()["booking"]

    def until(self, id: str, *statuses: str, seconds: float = 40) -> dict[str, Any]:
        """The booking as soon as it has one of these statuses."""

        def look() -> dict[str, Any] | None:
            booking = self.booking(id)
            return booking if booking["status"] in statuses else None

        return wait_until(look, seconds, f"booking {id} to be {statuses}")

    def pay(self, booking: dict[str, Any]) -> None:
        """As the payer's phone does at the address of the booking."""
        answer = self.http.post(booking["pay_url"], json={})
        assert answer.status_code < 400, answer.text

    def booked(self, patient: str, slot: str, key: str) -> dict[str, Any]:
        """Book and pay; the booking once it is booked."""
        held = self.until(self.book(patient, slot, key)["id"], "held")
        self.pay(held)
        return self.until(held["id"], "booked")

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """All events of the bus."""
        events: list[dict[str, Any]] = []
        while True:
            url = f"{self.stack.journey_url}/events"
            answer = self.http.get(url, params={"after": after}, headers=self._service)
            answer.raise_for_status()
            batch = answer.json()["events"]
            if not batch:
                return events
            events += batch
            after = batch[-1]["id"]

    def events_of(self, id: str) -> list[str]:
        """Types of journey's own events about one booking, payment or change."""
        return [event["type"] for event in self.events() if event["event_id"].startswith(f"{id}:")]

    # -- reading the books -------------------------------------------------------------------------
    def books(self, id: str) -> Books:
        """What HIS and cashier have in their own ledgers about the workflow `id`."""
        url = self.stack.hospital_url + "/ledger"
        his = self.http.get(url, params={"placer": id}).raise_for_status().json()
        histories = [
            [
                e["after"]
                for e in his["entries"]
                if (e["entity"], e["entity_id"]) == ("appointment", one["id"])
            ]
            for one in his["appointments"]
        ]
        cashier = self.stack.cashier_ledger()
        orders = [order for order in cashier["orders"] if order["order_no"] == f"MZ{id}"]
        numbers = {order["order_no"] for order in orders}
        refunds = [refund for refund in cashier["refunds"] if refund["order_no"] in numbers]
        paid = [order for order in orders if order.get("paid_at")]
        return Books(
            histories,
            [order["status"] for order in orders],
            sum(order["amount_fen"] for order in paid),
            sum(refund["amount_fen"] for refund in refunds),
        )

    def let_go_behind_our_back(self, booking: dict[str, Any]) -> None:
        """Somebody at the hospital's counter releases a hold that is being paid."""
        id = booking["appointment"]
        body = {"resourceType": "Appointment", "id": id, "status": "cancelled"}
        headers = self._service | {
            "Idempotency-Key": f"counter-{id}",
            "Content-Type": "application/fhir+json",
        }
        answer = self.http.put(f"{self.stack.facade_url}/Appointment/{id}", json=body, headers=headers)
        answer.raise_for_status()

    # -- the hospital's and our own bad days -------------------------------------------------------
    @contextlib.contextmanager
    def journey_with(self, **settings: Any) -> Iterator[None]:
        """Journey started again with other settings for a while."""
        journey = self.stack["journey"]
        journey.restart({f"MENZHEN_{name.upper()}": str(value) for name, value in settings.items()})
        try:
            yield
        finally:
            journey.restart()

    @contextlib.contextmanager
    def fault(self, where: str, **fault: Any) -> Iterator[None]:
        """A fault of the simulated `hospital` or `cashier` for a while."""
        url = {"hospital": self.stack.hospital_url, "cashier": self.stack.cashier_url}[where] + "/faults"
        self.http.post(url, json=fault).raise_for_status()
        try:
            yield
        finally:
            self.http.post(url, json={"mode": "none"}).raise_for_status()

    def close(self) -> None:
        with contextlib.suppress(httpx.HTTPError):
            self.http.close()
