"""Every access is written down, or it does not happen."""

import asyncio

from fhir.resources.R4B.auditevent import AuditEvent
from sqlalchemy.exc import OperationalError

from connectors.facade import audit
from tests.connectors.facade.conftest import Bench
from tests.connectors.facade.test_access import code_of
from tests.connectors.facade.test_reading import resources


async def written(bench: Bench, **params: str) -> list[dict]:
    await asyncio.to_thread(bench.facade.audit.flush)
    found = resources(await bench.service.get("/AuditEvent", params=params))
    for one in found:
        AuditEvent.model_validate(one)
    return found


def summary(event: dict) -> tuple[str, str, str, str]:
    [subtype] = event["subtype"]
    agent = event["agent"][0]["who"]["identifier"]["value"]
    return agent, subtype["code"], subtype["display"], event["outcomeDesc"]


async def test_who_looked_at_whose_data_is_known(bench: Bench) -> None:
    zhang, li = await bench.patient_id("100001"), await bench.patient_id("100002")
    me = bench.of_patient(zhang)
    await me.get("/DiagnosticReport")
    await me.get("/Invoice", params={"patient": li})
    await me.get(f"/Patient/{li}")
    seen = {summary(e) for e in await written(bench, patient=zhang)}
    assert (f"patient:{zhang}", "search", "DiagnosticReport", "200") in seen
    tried = {summary(e) for e in await written(bench, patient=li) if "patient:" in summary(e)[0]}
    assert tried == {
        (f"patient:{zhang}", "search", "Invoice", "403 FORBIDDEN"),
        (f"patient:{zhang}", "read", "Patient", "404 NOT_FOUND"),
    }


async def test_writes_refusals_and_attempts_without_a_token_are_written_too(bench: Bench) -> None:
    await bench.client().get("/Slot")
    await bench.service.put(
        "/Appointment/nothere", json={"resourceType": "Appointment", "status": "cancelled"}
    )
    seen = [summary(e)[1:] for e in await written(bench)]
    assert ("search", "Slot", "401 NOT_AUTHORISED") in seen
    assert ("update", "Appointment", "404 NOT_FOUND") in seen


async def test_the_record_holds_no_content(bench: Bench) -> None:
    await bench.service.get("/Patient", params={"identifier": "110101199003070011", "name": "张三"})
    events = await written(bench)
    assert events and "110101199003070011" not in str(events) and "张三" not in str(events)


async def test_it_can_be_searched_by_agent_and_date(bench: Bench) -> None:
    zhang = await bench.patient_id("100001")
    await bench.of_patient(zhang).get("/Slot")
    assert len(await written(bench, agent=f"patient:{zhang}")) == 1
    assert await written(bench, agent=f"patient:{zhang}", date="lt2020-01-01") == []
    assert len(await written(bench, agent=f"patient:{zhang}", date="gt2020-01-01")) == 1


async def test_the_record_is_newest_first_and_paged(bench: Bench) -> None:
    for _ in range(7):
        await bench.service.get("/Slot?_summary=count")
    first = await written(bench, _count="3")
    assert len(first) == 3
    numbers = [int(e["id"][1:]) for e in first]
    assert numbers == sorted(numbers, reverse=True)


async def test_what_cannot_be_recorded_is_refused_until_it_can(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr(audit, "RETRY_SECONDS", 0.02)
    insert, broken = audit.Audit._insert, True

    def fails(self: audit.Audit, batch: list[audit.Access]) -> None:
        if broken:
            raise OperationalError("insert", {}, Exception("disk full"))
        insert(self, batch)

    monkeypatch.setattr(audit.Audit, "_insert", fails)
    await bench.service.get("/Slot?_summary=count")
    refused = None
    for _ in range(200):
        refused = await bench.service.get("/Slot")
        if refused.status_code == 503:
            break
        await asyncio.sleep(0.01)
    assert refused is not None and code_of(refused) == "AUDIT_UNAVAILABLE"
    asked = len(bench.his.calls)
    assert (await bench.service.get("/Slot")).status_code == 503
    assert len(bench.his.calls) == asked
    broken = False
    for _ in range(200):
        if (await bench.service.get("/Slot")).status_code == 200:
            break
        await asyncio.sleep(0.01)
    lost = [e for e in await written(bench) if summary(e)[2:] == ("Slot", "200")]
    assert len(lost) >= 2


async def test_a_full_queue_refuses_instead_of_forgetting(tmp_path) -> None:
    one = audit.Audit(tmp_path / "audit.db", limit=2)
    from datetime import UTC, datetime

    import pytest

    from connectors.facade.outcome import AuditUnavailable

    access = audit.Access(datetime.now(UTC), "a", "service", "read", "Slot", "1", (), 200)
    with pytest.raises(AuditUnavailable):
        one.record(access)
    one.start()
    for _ in range(50):
        one.flush()
        one.record(access)
    one.stop()
    again = audit.Audit(tmp_path / "audit.db")
    assert len(again.search(limit=100)) == 50
    again.engine.dispose()
    with pytest.raises(AuditUnavailable):
        one.check()
