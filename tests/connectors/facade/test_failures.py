"""When a system does not answer: what is left, how fast, and how the facade comes back."""

import asyncio

import pytest

from connectors.facade.guard import Guard
from tests.connectors.facade.conftest import Bench
from tests.connectors.facade.hospital import down
from tests.connectors.facade.test_access import code_of
from tests.connectors.facade.test_reading import resources


async def test_a_system_that_is_down_is_a_503_that_says_when_to_try_again(bench: Bench) -> None:
    bench.his.fault = down()
    answer = await bench.service.get("/Slot")
    assert answer.status_code == 503 and code_of(answer) == "BACKEND_DOWN"
    assert int(answer.headers["retry-after"]) >= 1
    assert "稍后再试" in answer.json()["issue"][0]["details"]["text"]


async def test_a_system_that_does_not_answer_is_a_timeout(bench: Bench) -> None:
    bench.his.delay = 30
    answer = await bench.service.get("/Slot")
    assert answer.status_code == 503 and code_of(answer) == "BACKEND_TIMEOUT"
    assert answer.json()["issue"][0]["code"] == "timeout"


async def test_after_five_failures_it_is_not_asked_any_more(bench: Bench) -> None:
    bench.his.fault = down()
    for _ in range(5):
        await bench.service.get("/Slot")
    asked = len(bench.his.calls)
    bench.his.fault, bench.his.delay = None, 30
    answers = await asyncio.gather(*(bench.service.get("/Slot") for _ in range(20)))
    assert {code_of(answer) for answer in answers} == {"BACKEND_DOWN"}
    assert len(bench.his.calls) == asked
    ready = (await bench.own("/ready")).json()
    assert {s["name"]: s["state"] for s in ready["systems"]} == {"his": "down", "lis": "up", "payment": "up"}


async def test_one_call_at_a_time_tries_whether_it_is_back(bench: Bench) -> None:
    guard = Guard("his", 0.5, failures=2, pause=0.05)
    [his] = [system for system in bench.facade.registry.systems if system.name == "his"]
    his.guard = guard
    bench.his.fault = down()
    for _ in range(2):
        await bench.service.get("/Slot")
    assert guard.open
    bench.his.fault, bench.his.delay = None, 0.1
    asked = len(bench.his.calls)
    answers = []
    while guard.open and len(bench.his.calls) == asked:
        answers = await asyncio.gather(*(bench.service.get("/Slot") for _ in range(6)))
        if any(a.status_code == 200 for a in answers):
            break
        await asyncio.sleep(0.01)
    assert sorted(a.status_code for a in answers) == [200] + [503] * 5
    assert len(bench.his.calls) == asked + 1
    bench.his.delay = 0
    assert (await bench.service.get("/Slot")).status_code == 200


async def test_a_refusal_is_no_failure_of_the_system(bench: Bench) -> None:
    for _ in range(7):
        answer = await bench.service.get("/Invoice/$payment?order=none")
        assert answer.status_code == 404


async def test_an_adapters_own_mistake_is_not_shown(bench: Bench) -> None:
    bench.his.fault = KeyError("110101199003070011")
    answer = await bench.service.get("/Slot")
    assert answer.status_code == 503 and "1101" not in answer.text


async def test_a_caller_in_a_hurry_gets_an_answer_and_harms_nobody(bench: Bench) -> None:
    bench.his.delay = 0.2
    for _ in range(7):
        answer = await bench.service.get("/Slot", headers={"X-Deadline-Ms": "20"})
        assert code_of(answer) == "BACKEND_TIMEOUT"
    assert (await bench.service.get("/Slot")).status_code == 200


async def test_a_search_of_several_systems_says_which_one_is_missing(bench: Bench) -> None:
    bench.his.resources = dict(bench.his.resources) | {"DiagnosticReport": ("read", "search")}
    zhang = await bench.patient_id("100001")
    both = await bench.service.get("/DiagnosticReport", params={"patient": zhang})
    assert both.json()["total"] == 1
    bench.lis.fault = down()
    answer = await bench.service.get("/DiagnosticReport", params={"patient": zhang})
    assert answer.status_code == 200 and "total" not in answer.json()
    [outcome] = resources(answer, "outcome")
    assert outcome["issue"][0]["diagnostics"] == "lis"
    assert "检验系统" in outcome["issue"][0]["details"]["text"]
    bench.his.fault = down()
    assert (await bench.service.get("/DiagnosticReport", params={"patient": zhang})).status_code == 503


async def test_the_directory_stays_when_the_lis_is_gone(bench: Bench) -> None:
    bench.lis.fault = down()
    assert (await bench.service.get("/Slot")).status_code == 200


async def test_a_mistake_of_our_own_is_an_outcome_without_its_text(bench: Bench, monkeypatch) -> None:
    def mistake(*_: object) -> None:
        raise ZeroDivisionError("110101199003070011")

    monkeypatch.setattr("connectors.facade.search.params.read_query", mistake)
    answer = await bench.service.get("/Slot")
    assert answer.status_code == 500 and code_of(answer) == "INTERNAL" and "1101" not in answer.text


async def test_bad_bodies_and_addresses_are_outcomes_too(bench: Bench) -> None:
    json = {"Content-Type": "application/fhir+json"}
    service = bench.service
    deep = b'{"a":' * 200 + b"1" + b"}" * 200
    for method, path, content, headers, status in (
        ("GET", "/Nothing", None, {}, 404),
        ("GET", "/Nothing/1", None, {}, 404),
        ("POST", "/Nothing", b"{}", json, 404),
        ("GET", "/Slot/1/_history", None, {}, 404),
        ("GET", "/Slot/../../etc", None, {}, 404),
        ("GET", "/a/b/c/d", None, {}, 404),
        ("DELETE", "/Slot/1", None, {}, 405),
        ("PATCH", "/Slot/1", None, {}, 405),
        ("PUT", "/Slot", b"{}", json, 405),
        ("POST", "/Slot", b"{}", json, 405),
        ("GET", "/Invoice/$refund", None, {}, 405),
        ("POST", "/Invoice/$nothing", b"{}", json, 405),
        ("POST", "/Appointment", b"{", json, 400),
        ("POST", "/Appointment", b"[1]", json, 400),
        ("POST", "/Appointment", b"", json, 400),
        ("POST", "/Appointment", b'{"a": "\xff"}', json, 400),
        ("POST", "/Appointment", b'{"a": "\\ud800"}', json, 400),
        ("POST", "/Appointment", deep, json, 400),
        ("POST", "/Appointment", b"<x/>", {"Content-Type": "application/xml"}, 415),
        ("POST", "/Appointment", b"{}", {}, 415),
        ("POST", "/Slot/_search", b"{}", json, 415),
        ("POST", "/Appointment", b'"' + b"x" * 1_000_001, json, 413),
        ("GET", "/Slot", None, {"Accept": "application/fhir+xml"}, 406),
        ("GET", "/Slot?" + "&".join(f"x{n}=1" for n in range(100)), None, {}, 400),
        ("GET", "/Slot?start=" + "x" * 5000, None, {}, 400),
        ("GET", "/Slot?_id=" + ",".join("x" * 50), None, {}, 200),
        ("GET", "/Slot?_id=" + ",".join("x" * 51), None, {}, 400),
    ):
        answer = await service.request(method, path, content=content, headers=headers)
        assert answer.status_code == status, (method, path[:60], answer.text)
        if status == 200:
            continue
        assert answer.json()["resourceType"] == "OperationOutcome", path
        assert any(c >= "\u4e00" for c in answer.json()["issue"][0]["details"]["text"])


async def test_a_stream_without_length_is_cut_at_the_limit(bench: Bench) -> None:
    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(400):
            sent += 65536
            yield b"x" * 65536

    answer = await bench.service.post(
        "/Appointment", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413 and code_of(answer) == "TOO_LARGE"


async def test_a_system_that_cannot_start_does_not_keep_the_facade_from_being_ready(bench: Bench) -> None:
    [lis] = [system for system in bench.facade.registry.systems if system.name == "lis"]
    bench.lis.start_fault = down()
    lis.begin()
    for _ in range(200):
        if lis.state == "down":
            break
        await asyncio.sleep(0.01)
    ready = await bench.own("/ready")
    assert ready.status_code == 200 and ready.json()["status"] == "ready"
    assert {"name": "lis", "title": "检验系统", "state": "down", "problem": "BACKEND_DOWN"} in ready.json()[
        "systems"
    ]
    bench.lis.start_fault = None
    for _ in range(300):
        if lis.state == "up":
            break
        await asyncio.sleep(0.01)
    assert lis.state == "up"


async def test_systems_are_asked_how_they_are(bench: Bench) -> None:
    bench.his.fault = down()
    answer = (await bench.own("/systems")).json()["systems"]
    assert [(s["name"], s["reachable"]) for s in answer] == [
        ("his", False),
        ("lis", True),
        ("payment", True),
    ]


@pytest.mark.parametrize("given", ["", "x", "-5", "99999999999999999999", "0"])
async def test_a_senseless_deadline_is_survived(bench: Bench, given: str) -> None:
    answer = await bench.service.get("/Slot", headers={"X-Deadline-Ms": given})
    assert answer.status_code in (200, 503)
