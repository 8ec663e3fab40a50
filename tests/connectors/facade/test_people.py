"""One person, one id: across systems, through merges, and in what the systems tell us."""

from datetime import datetime

import pytest
from sqlalchemy import select

from common.clock import SHANGHAI
from connectors.adapter import BackendUnavailable, Event
from connectors.facade import store
from connectors.facade.ids import Ids
from connectors.facade.store import open_store
from tests.connectors.facade.conftest import Bench
from tests.connectors.facade.hospital import CARD, down, patient
from tests.connectors.facade.test_access import code_of
from tests.connectors.facade.test_reading import resources

AT = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)


async def events(bench: Bench, after: int = 0) -> list[dict]:
    return (await bench.own("/events", params={"after": after})).json()["events"]


async def test_a_report_of_the_lis_belongs_to_the_person_that_the_his_knows(bench: Bench) -> None:
    zhang = await bench.patient_id("100001")
    [report] = resources(await bench.of_patient(zhang).get("/DiagnosticReport"))
    assert report["subject"]["reference"] == f"Patient/{zhang}"
    read = await bench.of_patient(zhang).get(f"/DiagnosticReport/{report['id']}")
    assert read.status_code == 200


async def test_it_is_the_same_id_whichever_system_was_seen_first(bench: Bench) -> None:
    report = resources(await bench.service.get("/DiagnosticReport"))[0]
    zhang = await bench.patient_id("100001")
    assert report["subject"]["reference"] == f"Patient/{zhang}"


async def test_a_patient_of_whom_the_lis_knows_nothing_has_no_reports(bench: Bench) -> None:
    hua = await bench.patient_id("100003")
    assert resources(await bench.of_patient(hua).get("/DiagnosticReport")) == []


async def test_equal_names_and_birthdays_never_make_one_person(bench: Bench) -> None:
    bench.his.put(patient("100009", "张三", "110101199003070099"))
    assert await bench.patient_id("100009") != await bench.patient_id("100001")


async def test_merged_patients_point_at_each_other(bench: Bench) -> None:
    old, new = await bench.patient_id("100003"), await bench.patient_id("100001")
    merged = Event(
        "patient.merged",
        "Patient/100001",
        {"patient_ref": "Patient/100001", "merged_ref": "Patient/100003"},
        "m1",
        AT,
    )
    await bench.his.tell(merged)
    gone = (await bench.service.get(f"/Patient/{old}")).json()
    assert gone["active"] is False
    assert gone["link"] == [{"other": {"reference": f"Patient/{new}"}, "type": "replaced-by"}]
    stays = (await bench.service.get(f"/Patient/{new}")).json()
    assert {"other": {"reference": f"Patient/{old}"}, "type": "replaces"} in stays["link"]
    [told] = await events(bench)
    assert told["data"] == {"patient": new, "merged": old}


async def test_who_held_the_old_id_sees_what_is_the_new_ones(bench: Bench) -> None:
    old, new = await bench.patient_id("100003"), await bench.patient_id("100001")
    before = bench.of_patient(old)
    assert resources(await before.get("/Invoice")) == []
    data = {"patient_ref": "Patient/100001", "merged_ref": "Patient/100003"}
    await bench.his.tell(Event("patient.merged", "Patient/100001", data, "m1"))
    for params in ({}, {"patient": old}, {"patient": new}):
        assert len(resources(await before.get("/Invoice", params=params))) == 1
    assert (
        await before.get("/Invoice", params={"patient": await bench.patient_id("100002")})
    ).status_code == 403


async def test_events_leave_with_our_ids_once_each_and_in_order(bench: Bench) -> None:
    zhang = await bench.patient_id("100001")
    booked = Event(
        "appointment.booked",
        "Appointment/OLD100001",
        {
            "patient_ref": "Patient/100001",
            "appointment_ref": "Appointment/OLD100001",
            "slots_ref": ["Slot/S8", "Slot/S9"],
            "department": "骨科",
            "note": "Patient/100001",
        },
        "e1",
        AT,
    )
    stopped = Event("schedule.stopped", "Slot/S9", {"slot_ref": "Slot/S9", "reason": ""}, "e2", AT)
    await bench.his.tell(booked, stopped)
    await bench.his.tell(booked)
    first, second = await events(bench)
    assert (first["type"], second["type"]) == ("appointment.booked", "schedule.stopped")
    assert first["data"]["patient"] == zhang and first["data"]["department"] == "骨科"
    assert first["time"] == AT.isoformat()
    read = await bench.service.get(f"/Appointment/{first['data']['appointment']}")
    assert read.status_code == 200 and first["subject"] == f"Appointment/{read.json()['id']}"
    assert (await bench.service.get(f"/Slot/{first['data']['slots'][1]}")).json()["start"][11:13] == "09"
    assert await events(bench, after=first["id"]) == [second]


async def test_an_event_without_an_id_is_still_taken_once(bench: Bench) -> None:
    for _ in range(2):
        await bench.his.tell(Event("patient.updated", "Patient/100001", {"patient_ref": "Patient/100001"}))
    assert len(await events(bench)) == 1


async def test_an_event_that_cannot_be_stored_is_not_acknowledged(bench: Bench) -> None:
    bench.lis.fault = down()
    with pytest.raises(BackendUnavailable):
        await bench.lis.tell(
            Event("report.available", "DiagnosticReport/R1", {"patient_ref": "Patient/P1"}, "r1")
        )
    assert await events(bench) == []
    bench.lis.fault = None
    await bench.lis.tell(
        Event("report.available", "DiagnosticReport/R1", {"patient_ref": "Patient/P1"}, "r1")
    )
    [told] = await events(bench)
    assert told["data"]["patient"] == await bench.patient_id("100001")


async def test_a_payment_is_acknowledged_when_its_event_is_stored(bench: Bench) -> None:
    refused = await bench.own(
        "/callbacks/payment", method="POST", content=b"o1", headers={"signature": "bad"}
    )
    assert refused.status_code == 401 and refused.json()["error"]["code"] == "SIGN_ERROR"
    for _ in range(2):
        taken = await bench.own(
            "/callbacks/payment", method="POST", content=b"o1", headers={"signature": "good"}
        )
        assert taken.status_code == 200 and taken.json() == {"code": "SUCCESS"}
    [told] = await events(bench)
    assert (told["type"], told["subject"], told["data"]) == (
        "payment.completed",
        "Payment/o1",
        {"order": "o1"},
    )


async def test_the_feed_refuses_what_is_no_number(bench: Bench) -> None:
    for query in ("after=x", "after=-1", "wait=nan", "after=1e300"):
        assert (await bench.own(f"/events?{query}")).status_code == 400, query


async def test_ids_outlive_a_restart_and_the_loss_of_the_cache(bench: Bench) -> None:
    zhang = await bench.patient_id("100001")
    again = Ids(bench.facade.engine, "another secret than before")
    assert again.known([("MR", "Patient", "100001")]) == {("MR", "Patient", "100001"): zhang}
    assert again.back(zhang) == [("MR", "Patient", "100001")]


async def test_ids_are_the_same_should_the_table_be_lost(bench: Bench, tmp_path) -> None:
    zhang = await bench.patient_id("100001")
    from common import settings

    empty = Ids(open_store(tmp_path / "new" / "facade.db"), settings.get().key())
    assert empty.assign([("MR", "Patient", "100001")])[("MR", "Patient", "100001")] == zhang


async def test_nothing_of_a_person_stands_in_the_table_of_ids(bench: Bench) -> None:
    await bench.service.get("/Patient", params={"identifier": f"{CARD}|110101199003070011"})
    with bench.facade.engine.connect() as connection:
        rows = connection.execute(select(store.ids)).all()
    assert rows and all("110101199003070011" not in str(row) for row in rows)


async def test_the_vocabulary_holds_what_people_call_departments_and_doctors(bench: Bench) -> None:
    words = (await bench.own("/vocabulary")).json()
    ortho = next(d for d in words["departments"] if d["name"] == "骨科")
    assert (ortho["code"], ortho["aliases"], ortho["campus"]) == ("ORTHO", ["看骨头的"], "东院区")
    assert words["doctors"][0] | {"id": ""} == {
        "code": "D1",
        "id": "",
        "name": "王D1",
        "title": "主任医师",
        "department": "ORTHO",
        "specialties": [],
    }
    assert (await bench.own("/vocabulary")).json()["version"] == words["version"]
    bench.his.kept["Organization"]["ORTHO"] = bench.his.kept["Organization"]["ORTHO"] | {"alias": ["正骨"]}
    assert (await bench.own("/vocabulary")).json()["version"] != words["version"]
    bench.his.fault = down()
    failed = await bench.own("/vocabulary")
    assert failed.status_code == 503 and failed.json()["error"]["code"] == "BACKEND_DOWN"
    assert code_of(await bench.service.get("/Slot")) == "BACKEND_DOWN"
