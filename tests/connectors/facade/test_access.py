"""Who sees what: every route for every role, and another patient's data for nobody."""

import itertools

import pytest

from common.tokens import PATIENT_SCOPES
from connectors.facade.access import DIRECTORY
from connectors.facade.params import SEARCH
from tests.connectors.facade.conftest import Bench
from tests.connectors.facade.test_reading import resources

OWNED = sorted(set(SEARCH) - DIRECTORY - {"AuditEvent", "Patient", "ChargeItem"})
"""What belongs to a patient and is in the hospital of the tests."""
STAFF = ("director", "head", "doctor", "finance")


@pytest.fixture
async def people(bench: Bench) -> dict[str, str]:
    """zhang (with daughter hua) and li, by facade id."""
    names = {"zhang": "100001", "li": "100002", "hua": "100003"}
    return {name: await bench.patient_id(mrn) for name, mrn in names.items()}


async def others_ids(bench: Bench, patient: str) -> dict[str, str]:
    """Type → id of something that belongs to this patient."""
    found = {}
    for type in OWNED:
        answer = await bench.service.get(f"/{type}", params={"patient": patient})
        found[type] = resources(answer)[0]["id"]
    return found


def code_of(answer) -> str:
    return answer.json()["issue"][0]["details"]["coding"][0]["code"]


async def test_without_a_token_only_the_capability_statement_is_shown(bench: Bench) -> None:
    anyone = bench.client()
    assert (await anyone.get("/metadata")).status_code == 200
    for method, path in (
        *(("GET", f"/{type}") for type in SEARCH),
        *(("GET", f"/{type}/x") for type in SEARCH),
        *(("POST", f"/{type}") for type in SEARCH),
        *(("POST", f"/{type}/_search") for type in SEARCH),
        *(("PUT", f"/{type}/x") for type in SEARCH),
        *(("POST", f"/Invoice/${name}") for name in ("pay", "payment", "close", "refund", "settle")),
        ("GET", "/Invoice/$payment?order=1"),
        ("POST", "/Appointment/x/$check-in"),
    ):
        answer = await anyone.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert "Bearer" in answer.headers["www-authenticate"]
    for path in ("/events", "/vocabulary", "/systems"):
        assert (await anyone.get(f"http://facade{path}")).status_code == 401


async def test_a_token_that_is_no_token_of_ours_opens_nothing(bench: Bench) -> None:
    for token in ("nonsense", "a.b.c", "", "é"):
        client = bench.client()
        answer = await client.get("/Slot", headers=[(b"Authorization", f"Bearer {token}".encode())])
        assert answer.status_code == 401


async def test_a_patient_sees_self_and_dependents_and_nobody_else(bench: Bench, people) -> None:
    me = bench.of_patient(people["zhang"], people["hua"])
    found = resources(await me.get("/Patient"))
    assert {one["id"] for one in found} == {people["zhang"], people["hua"]}
    for type in OWNED:
        for one in resources(await me.get(f"/{type}")):
            assert people["zhang"] in str(one) and people["li"] not in str(one), type


async def test_searching_another_patient_is_forbidden_however_it_is_said(bench: Bench, people) -> None:
    me = bench.of_patient(people["zhang"])
    for type, name in itertools.product(OWNED, ("patient", "subject")):
        if name not in SEARCH[type]:
            continue
        for value in (people["li"], f"Patient/{people['li']}", f"{people['zhang']},{people['li']}", "nobody"):
            answer = await me.get(f"/{type}", params={name: value})
            assert answer.status_code == 403, (type, name, value)
            posted = await me.post(f"/{type}/_search", data={name: value})
            assert posted.status_code == 403, (type, name, value)
    assert (await me.get("/Patient", params={"_id": people["li"]})).status_code == 403


async def test_what_belongs_to_another_reads_as_if_it_were_not_there(bench: Bench, people) -> None:
    me = bench.of_patient(people["zhang"])
    for type, id in {**await others_ids(bench, people["li"]), "Patient": people["li"]}.items():
        missing = await me.get(f"/{type}/nothere")
        theirs = await me.get(f"/{type}/{id}")
        assert theirs.status_code == missing.status_code == 404, type
        assert theirs.json() == missing.json(), type
        found = await me.get(f"/{type}", params={"_id": id})
        assert found.status_code == 403 if type == "Patient" else found.json()["total"] == 0, type


async def test_patients_are_found_by_identity_among_ones_own_only(bench: Bench, people) -> None:
    me = bench.of_patient(people["zhang"], people["hua"])
    for params in ({"identifier": "110101198505050022"}, {"name": "李四"}, {"phone": "13800000002"}):
        assert (await me.get("/Patient", params=params)).json()["total"] == 0
    mine = await me.get("/Patient", params={"identifier": "110101201801010023"})
    assert [one["id"] for one in resources(mine)] == [people["hua"]]


async def test_nothing_of_another_can_be_written(bench: Bench, people) -> None:
    me = bench.of_patient(people["zhang"])
    theirs = await others_ids(bench, people["li"])
    slot = await bench.first_id("Slot")
    booking = {
        "resourceType": "Appointment",
        "status": "pending",
        "slot": [{"reference": f"Slot/{slot}"}],
        "participant": [{"actor": {"reference": f"Patient/{people['li']}"}, "status": "accepted"}],
    }
    key = {"If-None-Exist": "identifier=urn:menzhen:order|k1"}
    assert (await me.post("/Appointment", json=booking, headers=key)).status_code == 403
    gone = {"resourceType": "Appointment", "status": "cancelled"}
    assert (await me.put(f"/Appointment/{theirs['Appointment']}", json=gone)).status_code == 404
    assert (await me.post(f"/Appointment/{theirs['Appointment']}/$check-in")).status_code == 404
    pay = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "invoice", "valueReference": {"reference": f"Invoice/{theirs['Invoice']}"}},
            {"name": "order", "valueString": "o1"},
            {"name": "amountFen", "valueInteger": 9900},
        ],
    }
    assert (await me.post("/Invoice/$pay", json=pay)).status_code == 404
    assert bench.his.holds == 0 and not bench.cashier.orders
    assert bench.his.kept["Appointment"]["OLD100002"]["status"] == "booked"


async def test_staff_see_the_directory_and_no_patient(bench: Bench, people) -> None:
    theirs = await others_ids(bench, people["li"])
    for role, scope in itertools.product(STAFF, ("", "user/*.cruds patient/*.cruds system/*.cruds")):
        client = bench.of_staff(role, scope) if scope else bench.of_staff(role)
        for type in ("Organization", "Practitioner", "PractitionerRole", "Slot"):
            assert (await client.get(f"/{type}")).status_code == 200, (role, type)
        for type in [*OWNED, "Patient", "AuditEvent"]:
            assert (await client.get(f"/{type}")).status_code in (403, 405), (role, type)
            assert (await client.get(f"/{type}/{theirs.get(type, people['li'])}")).status_code in (403, 405)
        assert (await client.get("http://facade/events")).status_code == 403


async def test_a_scope_that_is_not_there_is_not_granted(bench: Bench, people) -> None:
    for scope, method, path in (
        ("", "GET", "/Slot"),
        ("patient/Slot.s", "GET", f"/Slot/{await bench.first_id('Slot')}"),
        ("patient/Slot.r", "GET", "/Slot"),
        ("user/Slot.rs system/*.cruds", "GET", "/Slot"),
        ("patient/Slot.rs\npatient/Slot.x", "GET", "/Appointment"),
        (PATIENT_SCOPES, "POST", "/Patient"),
        (PATIENT_SCOPES, "PUT", f"/Patient/{people['zhang']}"),
        (PATIENT_SCOPES, "GET", "/AuditEvent"),
    ):
        client = bench.of_patient(people["zhang"], scope=scope)
        answer = await client.request(method, path, json={} if method != "GET" else None)
        assert answer.status_code == 403, (scope, path)


async def test_money_moves_only_on_a_services_word(bench: Bench, people) -> None:
    me = bench.of_patient(people["zhang"], scope="patient/*.cruds")
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "order", "valueString": "o1"}]}
    for name in ("settle", "refund", "close"):
        assert (await me.post(f"/Invoice/${name}", json=parameters)).status_code == 403
    booked = await bench.first_id("Appointment", patient=people["zhang"])
    bench.his.kept["Appointment"]["OLD100001"]["status"] = "pending"
    confirm = {
        "resourceType": "Appointment",
        "status": "booked",
        "extension": [{"url": "urn:menzhen:payment-order", "valueString": "o1"}],
    }
    for body in (confirm, {"resourceType": "Appointment", "status": "booked"}):
        assert (await me.put(f"/Appointment/{booked}", json=body)).status_code == 403
    assert bench.his.kept["Appointment"]["OLD100001"]["status"] == "pending"


async def test_the_state_of_an_order_is_its_payers(bench: Bench, people) -> None:
    zhang, li = bench.of_patient(people["zhang"]), bench.of_patient(people["li"])
    bill = await bench.first_id("Invoice", patient=people["zhang"])

    def pay(amount: int) -> dict:
        return {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "invoice", "valueReference": {"reference": f"Invoice/{bill}"}},
                {"name": "order", "valueString": "o1"},
                {"name": "amountFen", "valueInteger": amount},
            ],
        }

    assert (await zhang.post("/Invoice/$pay", json=pay(1))).status_code == 422
    assert (await zhang.post("/Invoice/$pay", json=pay(2500))).status_code == 200
    assert (await zhang.get("/Invoice/$payment?order=o1")).status_code == 200
    assert (await li.get("/Invoice/$payment?order=o1")).status_code == 404
    assert (await bench.service.get("/Invoice/$payment?order=o1")).status_code == 200


async def test_the_audit_is_for_services(bench: Bench, people) -> None:
    me = bench.of_patient(people["zhang"], scope="patient/*.cruds")
    assert (await me.get("/AuditEvent")).status_code == 403
    assert (await bench.service.get("/AuditEvent")).status_code == 200
