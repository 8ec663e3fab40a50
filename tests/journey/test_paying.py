"""Paying bills: one order over all of them, posted in the HIS, or the money back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.clinic import Clinic
from tests.support.processes import wait_until

DEMO_WITH_BILLS = "wx-chen"


@pytest.fixture(scope="module")
def debtor(clinic: Clinic) -> dict[str, Any]:
    """The demonstration patient with unpaid bills, and the bills."""
    [patient] = clinic.found("Patient", identifier=f"urn:menzhen:wechat|{DEMO_WITH_BILLS}")
    bills = clinic.found("Invoice", patient=patient["id"], status="issued")
    assert len(bills) >= 2
    return {"id": patient["id"], "bills": bills}


def _total(bills: list[dict[str, Any]]) -> int:
    return sum(round(bill["totalGross"]["value"] * 100) for bill in bills)


def _ask(debtor: dict[str, Any], bills: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return {"invoices": [bill["id"] for bill in bills], "patient": debtor["id"], "key": key}


def _until(clinic: Clinic, debtor: dict[str, Any], id: str, *statuses: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        url = f"{clinic.stack.journey_url}/payments/{id}"
        payment = clinic.http.get(url, headers=clinic.as_patient(debtor["id"])).json()["payment"]
        return payment if payment["status"] in statuses else None

    return wait_until(look, 30, f"payment {id} to be {statuses}")


def test_others_bills_cannot_be_paid_or_seen(
    clinic: Clinic, debtor: dict[str, Any], numbers: Iterator[int], key: str
) -> None:
    stranger = clinic.patient(next(numbers))
    body = _ask(debtor, debtor["bills"], key)
    assert clinic.post("/payments", stranger, body).status_code == 403
    assert clinic.post("/payments", stranger, body | {"patient": stranger}).status_code == 404


def test_one_order_pays_all_bills(clinic: Clinic, debtor: dict[str, Any], key: str) -> None:
    bills = debtor["bills"]
    body = _ask(debtor, bills, key)
    waiting = clinic.post("/payments", debtor["id"], body).json()["payment"]
    assert (waiting["status"], waiting["amount_fen"]) == ("waiting", _total(bills))
    assert clinic.post("/payments", debtor["id"], body).json()["payment"]["id"] == waiting["id"]
    clinic.pay(waiting)
    posted = _until(clinic, debtor, waiting["id"], "posted", "failed")
    assert posted["status"] == "posted", posted
    for bill in bills:
        assert clinic.fhir(f"Invoice/{bill['id']}")["status"] == "balanced"
    assert clinic.events_of(waiting["id"]) == ["payment.posted"]
    again = clinic.post("/payments", debtor["id"], body | {"key": "another"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "nothing_due")


def test_unknown_bills_are_not_found(clinic: Clinic, debtor: dict[str, Any], key: str) -> None:
    body = {"invoices": ["nosuchbill"], "patient": debtor["id"], "key": key}
    assert clinic.post("/payments", debtor["id"], body).status_code == 404
