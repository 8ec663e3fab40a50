"""The really started facade over the real adapters and the simulated hospital, asked through the client."""

import asyncio
import importlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.facade import params
from connectors.fhir_client import BackendDown, BackendTimeout, FhirClient, FhirError, Found
from connectors.resources import ORDER_SYSTEM, extension, extensions, fen
from tests.support.processes import Stack, free_ports, stack, wait_until

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Hospital, cashier and facade; the cashier's call-backs come to the facade without a gateway between."""
    [port] = free_ports(1)
    names = ["hospital", "cashier", "facade"]
    folder = tmp_path_factory.mktemp("facade")
    with stack(names, folder, facade_port=port, gateway_port=port, backend_deadline=4.0) as running:
        yield running


@pytest.fixture(autouse=True)
def _settings(town: Stack) -> Iterator[None]:
    with town.active():
        yield


@pytest.fixture
async def service(town: Stack) -> Any:
    client = FhirClient.service("test")
    yield client
    await client.close()


async def patient_id(service: FhirClient, mrn: str) -> str:
    [found] = await service.search("Patient", {"identifier": f"urn:menzhen:mrn|{mrn}"})
    return found["id"]


def of_patient(town: Stack, patient: str, *dependents: str) -> FhirClient:
    return FhirClient(town.facade_url, town.patient_token(patient, dependents))


async def free_slot(town: Stack, service: FhirClient, days: int = 2) -> Resource:
    day = (town.now() + timedelta(days=days)).date()
    dates = [f"ge{day}", f"lt{day + timedelta(days=1)}"]
    return (await service.search("Slot", {"start": dates, "status": "free"}))[0]


async def hold(service: FhirClient, slot: str, patient: str, key: str) -> Resource:
    body = {
        "resourceType": "Appointment",
        "status": "pending",
        "slot": [{"reference": f"Slot/{slot}"}],
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
    }
    return await service.create("Appointment", body, if_none_exist=f"identifier={ORDER_SYSTEM}|{key}")


def events(town: Stack, type: str, **data: Any) -> list[Resource]:
    """Events of a type with these data, of all that the feed has."""
    found: list[Resource] = []
    after = 0
    with httpx.Client(headers=town.auth(town.service_token()), timeout=10) as client:
        while page := client.get(f"{town.settings.url('facade')}/events?after={after}").json()["events"]:
            after = page[-1]["id"]
            found += [
                e for e in page if e["type"] == type and all(e["data"].get(k) == v for k, v in data.items())
            ]
    return found


def fault(town: Stack, **values: Any) -> None:
    httpx.post(town.hospital_url + "/faults", json=values, timeout=5).raise_for_status()


def state(town: Stack, name: str) -> str:
    systems = httpx.get(town.settings.url("facade") + "/ready", timeout=5).json()["systems"]
    return next(system["state"] for system in systems if system["name"] == name)


def valid(resource: Resource) -> None:
    module = importlib.import_module(f"fhir.resources.R4B.{resource['resourceType'].lower()}")
    getattr(module, resource["resourceType"]).model_validate(resource)


@pytest.mark.parametrize("type", sorted(set(params.SEARCH) - {"AuditEvent", "Patient"}))
async def test_all_that_is_answered_is_valid_fhir(service: FhirClient, type: str) -> None:
    given: dict[str, Any] = {"_count": 20}
    if "patient" in params.SEARCH[type]:
        given["patient"] = await patient_id(service, "100001")
    found = await service.search(type, given | {"_include": list(params.INCLUDES.get(type, ()))})
    assert len(found) and not found.incomplete
    for resource in [*found, *found.included]:
        valid(resource)
    one = await service.read(type, found[0]["id"])
    valid(one)
    assert one["id"] == found[0]["id"]


async def test_a_booking_from_the_slot_to_the_ledgers_and_back(town: Stack, service: FhirClient) -> None:
    zhang = await patient_id(service, "100001")
    slot = await free_slot(town, service)
    held = await hold(service, slot["id"], zhang, "facade-test-1")
    valid(held)
    assert held["status"] == "pending"
    again = await hold(service, slot["id"], zhang, "facade-test-1")
    assert again["id"] == held["id"]

    invoice = extension(held, "invoice")["reference"]
    bill = await service.read(*invoice.split("/"))
    amount = fen(bill["totalGross"])
    expires = (town.now() + timedelta(minutes=15)).isoformat()
    order = {"invoice": [invoice], "order": "pay-1", "amountFen": amount, "expires": expires}
    paying = await service.operation("Invoice", "$pay", order)
    assert paying["status"] == "WAITING" and paying["amountFen"] == amount
    town.pay("pay-1")
    [paid] = wait_until(lambda: events(town, "payment.completed", order="pay-1"), what="payment event")
    assert paid["data"]["amount_fen"] == amount
    assert (await service.operation("Invoice", "payment", {"order": "pay-1"}))["status"] == "PAID"

    confirm = {"status": "booked", "extension": extensions(("payment-order", "string", "pay-1"))}
    booked = await service.update("Appointment", held["id"], confirm, key="confirm-1")
    valid(booked)
    assert booked["status"] == "booked" and extension(booked, "voucher-code")
    mine = await of_patient(town, zhang).search("Appointment", {"status": "booked"})
    assert held["id"] in [one["id"] for one in mine]
    wait_until(lambda: events(town, "appointment.booked", appointment=held["id"]), what="SIU event")

    cancelled = await service.update("Appointment", held["id"], {"status": "cancelled"}, key="cancel-1")
    assert cancelled["status"] == "cancelled" and fen(extension(cancelled, "refund")) == amount
    refund = {"order": "pay-1", "refund": "refund-1", "amountFen": amount, "reason": "退号"}
    for _ in range(2):
        await service.operation("Invoice", "$refund", refund)
    [row] = [o for o in town.cashier_ledger()["orders"] if o["order_no"] == "pay-1"]
    assert row["refunded_fen"] == amount
    wait_until(lambda: events(town, "appointment.cancelled", appointment=held["id"]), what="SIU event")


async def test_ten_people_and_one_last_place(town: Stack, service: FhirClient) -> None:
    day = (town.now() + timedelta(days=3)).date()
    dates = [f"ge{day}", f"lt{day + timedelta(days=1)}"]
    slots = await service.search("Slot", {"start": dates, "status": "free", "_count": 200})
    slot = min(slots, key=lambda one: extension(one, "remaining"))
    people = [await patient_id(service, str(100101 + n)) for n in range(10)]
    answers = await asyncio.gather(
        *(hold(service, slot["id"], p, f"race-{n}") for n, p in enumerate(people)), return_exceptions=True
    )
    held = [a for a in answers if isinstance(a, dict)]
    refused = [a for a in answers if isinstance(a, FhirError)]
    assert len(held) == min(10, extension(slot, "remaining"))
    assert {error.code for error in refused} <= {"SLOT_FULL"} and len(held) + len(refused) == 10
    for one in held:
        await service.update("Appointment", one["id"], {"status": "cancelled"}, key=f"free-{one['id']}")


async def test_another_patient_stays_unseen(town: Stack, service: FhirClient) -> None:
    zhang, other = await patient_id(service, "100001"), await patient_id(service, "100002")
    me = of_patient(town, zhang)
    with pytest.raises(FhirError) as error:
        await me.search("DiagnosticReport", {"patient": other})
    assert error.value.status == 403 and "本人" in error.value.message
    for type in ("Appointment", "Invoice", "DiagnosticReport", "Observation"):
        for one in await service.search(type, {"patient": other}):
            with pytest.raises(FhirError) as error:
                await me.read(type, one["id"])
            assert error.value.status == 404


async def test_pages_of_the_client_go_to_the_end(town: Stack, service: FhirClient) -> None:
    page = await service.search("PractitionerRole", {"_count": 40})
    seen: list[str] = []
    while page:
        seen += [one["id"] for one in page]
        page = await service.next_page(page)
    assert len(seen) == len(set(seen)) > 80
    assert await service.next_page(Found()) == Found()


async def test_the_client_says_what_went_wrong(town: Stack, service: FhirClient) -> None:
    with pytest.raises(FhirError) as missing:
        await service.read("Slot", "../../metadata")
    assert (missing.value.code, missing.value.status) == ("NOT_FOUND", 404)
    with pytest.raises(FhirError) as unknown:
        await service.search("Slot", {"colour": "red"})
    assert unknown.value.code == "UNSUPPORTED_PARAMETER" and "colour" in unknown.value.message
    with pytest.raises(FhirError) as expired:
        await FhirClient(town.facade_url, "no token").read("Slot", "1")
    assert expired.value.status == 401
    [nobody] = free_ports(1)
    with pytest.raises(BackendDown):
        await FhirClient(f"http://127.0.0.1:{nobody}/fhir/R4", "x").read("Slot", "1")


async def test_a_token_may_come_from_a_coroutine(town: Stack) -> None:
    async def token() -> str:
        return town.service_token()

    assert await FhirClient(town.facade_url, token).search("Organization", name="骨科")


async def test_a_silent_his_is_a_timeout_within_the_deadline(town: Stack, service: FhirClient) -> None:
    zhang = await patient_id(service, "100001")
    fault(town, mode="blackhole", count=1)
    with pytest.raises(BackendTimeout) as error:
        await FhirClient.service("test", deadline=0.8).search("Appointment", {"patient": zhang})
    assert error.value.retry_after >= 1
    fault(town, mode="none")
    assert await service.search("Appointment", {"patient": zhang})


async def test_the_his_is_killed_and_comes_back(town: Stack, service: FhirClient) -> None:
    zhang = await patient_id(service, "100001")
    reports = await service.search("DiagnosticReport", {"patient": zhang})
    town["hospital"].kill()
    for _ in range(7):
        with pytest.raises(BackendDown):
            await service.search("Appointment", {"patient": zhang})
    assert (state(town, "his"), state(town, "lis")) == ("down", "up")
    # The LIS is a database of its own and still answers.
    assert await service.search("DiagnosticReport", {"patient": zhang}) == reports
    town["hospital"].start()

    async def answers() -> bool:
        try:
            return bool(await service.search("Appointment", {"patient": zhang}))
        except BackendDown:
            return False

    for _ in range(200):
        if await answers():
            break
        await asyncio.sleep(0.05)
    assert await answers()


async def test_a_facade_that_was_killed_knows_its_ids_and_keys(town: Stack, service: FhirClient) -> None:
    zhang = await patient_id(service, "100001")
    slot = await free_slot(town, service, days=4)
    held = await hold(service, slot["id"], zhang, "killed-1")
    town["facade"].kill()
    town["facade"].start()
    assert await patient_id(service, "100001") == zhang
    assert (await hold(service, slot["id"], zhang, "killed-1"))["id"] == held["id"]
    assert (await service.read("Slot", slot["id"]))["start"] == slot["start"]
    released = await service.update("Appointment", held["id"], {"status": "cancelled"}, key="killed-2")
    assert released["status"] == "cancelled"
