"""Reading and searching: what a bearer gets, page by page, and what the facade says of what it did."""

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from common.settings import get
from tests.connectors.facade.conftest import BASE, Bench
from tests.connectors.facade.hospital import CARD, slot


def resources(answer, mode: str = "match") -> list[dict]:
    body = answer.json()
    Bundle.model_validate(body)
    return [e["resource"] for e in body.get("entry", []) if e["search"]["mode"] == mode]


def link(answer, relation: str) -> str:
    return next((one["url"] for one in answer.json()["link"] if one["relation"] == relation), "")


async def test_a_read_resource_carries_a_version_and_is_not_sent_twice(bench: Bench) -> None:
    id = await bench.first_id("Organization", name="骨科")
    first = await bench.service.get(f"/Organization/{id}")
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("application/fhir+json")
    assert first.json()["id"] == id and first.json()["name"] == "骨科"
    again = await bench.service.get(f"/Organization/{id}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_ids_tell_nothing_of_the_hospitals_own_and_stay_the_same(bench: Bench) -> None:
    answer = await bench.service.get("/Slot", params={"start": "ge2026-11-24"})
    for one in resources(answer):
        assert not one["id"].startswith("S") and len(one["id"]) == 20
        assert one["schedule"]["reference"] != "Schedule/ORTHO.D1"
    assert resources(await bench.service.get("/Slot", params={"start": "ge2026-11-24"})) == resources(answer)


async def test_references_lead_where_they_say(bench: Bench) -> None:
    role = resources(await bench.service.get("/PractitionerRole"))[0]
    person = await bench.service.get("/" + role["practitioner"]["reference"])
    department = await bench.service.get("/" + role["organization"]["reference"])
    assert person.json()["name"][0]["text"] == "王D1"
    assert department.json()["name"] == "骨科"


async def test_an_include_brings_what_the_matches_point_to_once(bench: Bench) -> None:
    answer = await bench.service.get("/PractitionerRole?_include=PractitionerRole:practitioner")
    assert {one["id"] for one in resources(answer, "include")} == {
        one["practitioner"]["reference"].split("/")[1] for one in resources(answer)
    }
    assert all(one["resourceType"] == "Practitioner" for one in resources(answer, "include"))


async def test_pages_follow_each_other_without_gap_or_repeat(bench: Bench) -> None:
    bench.his.put(*(slot(f"T{n}", 8 + n % 8, day=25 + n % 3) for n in range(17)))
    answer = None
    seen, url = [], f"{BASE}/Slot?start=ge2026-11-25&_count=5"
    for _ in range(10):
        answer = await bench.own(url)
        page = resources(answer)
        assert len(page) <= 5
        seen += [one["id"] for one in page]
        if not (url := link(answer, "next").removeprefix(get().url("facade"))):
            break
    assert len(seen) == len(set(seen)) == 17
    assert answer is not None and answer.json()["total"] == 17


async def test_a_cursor_can_be_neither_changed_nor_used_by_somebody_else(bench: Bench) -> None:
    answer = await bench.service.get("/Slot?_count=1")
    cursor = link(answer, "next").partition("_cursor=")[2]
    other = bench.of_patient(await bench.patient_id("100001"))
    for client, used in (
        (bench.service, cursor[:-4] + "AAAA"),
        (bench.service, "杂"),
        (other, cursor),
    ):
        refused = await client.get("/Slot", params={"_cursor": used})
        assert refused.status_code == 400
        assert refused.json()["issue"][0]["details"]["coding"][0]["code"] == "INVALID_CURSOR"


async def test_a_cursor_shows_nothing_of_what_was_searched_for(bench: Bench) -> None:
    bench.his.put(*({**p, "id": f"{n}"} for n, p in enumerate(list(bench.his.kept["Patient"].values()))))
    answer = await bench.service.get("/Patient", params={"name": "张三", "_count": 1})
    assert "next" in [one["relation"] for one in answer.json()["link"]]
    assert "%E5%BC%A0" not in link(answer, "next") and "张" not in link(answer, "next")


async def test_a_count_that_is_too_high_is_reduced_and_reported(bench: Bench) -> None:
    answer = await bench.service.get("/Slot?_count=100000")
    assert answer.status_code == 200
    assert "_count=200" in link(answer, "self")
    [outcome] = resources(answer, "outcome")
    assert outcome["issue"][0]["severity"] == "information"
    assert "200" in outcome["issue"][0]["details"]["text"]


async def test_count_zero_and_summary_count_give_the_number_alone(bench: Bench) -> None:
    for query in ("_count=0", "_summary=count"):
        answer = await bench.service.get(f"/Slot?{query}")
        assert answer.json()["total"] == 4 and "entry" not in answer.json()


async def test_an_unknown_parameter_is_refused_and_left_out_on_request(bench: Bench) -> None:
    refused = await bench.service.get("/Slot?colour=red")
    assert refused.status_code == 400
    assert "colour" in refused.json()["issue"][0]["details"]["text"]
    lenient = await bench.service.get("/Slot?colour=red&status=free", headers={"Prefer": "handling=lenient"})
    assert lenient.status_code == 200 and len(resources(lenient)) == 4
    assert "colour" not in link(lenient, "self") and "status=free" in link(lenient, "self")


async def test_dates_are_met_together_with_and_without_an_offset(bench: Bench) -> None:
    for low, high in (
        ("ge2026-11-24T09:00", "lt2026-11-24T11:00"),
        ("ge2026-11-24T09:00:00+08:00", "lt2026-11-24T03:00:00Z"),
        ("gt2026-11-24T08:30", "le2026-11-24T10:00"),
    ):
        answer = await bench.service.get("/Slot", params=[("start", low), ("start", high)])
        assert [one["start"][11:16] for one in resources(answer)] == ["09:00", "10:00"], (low, high)


async def test_what_makes_no_sense_is_refused_in_chinese(bench: Bench) -> None:
    for query in (
        "start=tomorrow",
        "start=2026-13-01",
        "start=2026-02-30",
        "status=rosy",
        "_count=-1",
        "_count=x",
        "schedule=Patient/1",
        "status=",
        "status=free&status=busy",
        "_include=Slot:nothing",
        "_sort=start",
        "name:exact=x",
        "_format=xml",
    ):
        answer = await bench.service.get(f"/Slot?{query}")
        assert answer.status_code in (400, 406), query
        issue = answer.json()["issue"][0]
        assert issue["severity"] == "error" and any(c >= "\u4e00" for c in issue["details"]["text"]), query


async def test_a_reference_to_nothing_finds_nothing(bench: Bench) -> None:
    answer = await bench.service.get("/Slot?organization=nobodyknowsthis")
    assert answer.status_code == 200 and answer.json()["total"] == 0


async def test_elements_keeps_what_was_asked_for(bench: Bench) -> None:
    [first, *_] = resources(await bench.service.get("/Organization?_elements=name"))
    assert set(first) == {"resourceType", "id", "meta", "name"}
    assert first["meta"]["tag"][0]["code"] == "SUBSETTED"


async def test_a_posted_search_is_the_same_search(bench: Bench) -> None:
    form = {"identifier": f"{CARD}|110101199003070011"}
    posted = await bench.service.post("/Patient/_search", data=form)
    got = await bench.service.get("/Patient", params=form)
    assert resources(posted) == resources(got) and len(resources(got)) == 1


async def test_the_capability_statement_says_what_is_really_there(bench: Bench) -> None:
    body = (await bench.client().get("/metadata")).json()
    CapabilityStatement.model_validate(body)
    assert body["fhirVersion"] == "4.0.1"
    stated = {one["type"]: one for one in body["rest"][0]["resource"]}
    assert set(stated) == {
        *("Patient", "Organization", "Practitioner", "PractitionerRole", "Slot", "Appointment"),
        *("DiagnosticReport", "Observation", "Invoice", "AuditEvent"),
    }
    for type, one in stated.items():
        codes = {i["code"] for i in one["interaction"]}
        if "search-type" in codes and type not in ("Appointment", "Invoice", "Patient"):
            answer = await bench.service.get(f"/{type}?_count=1")
            assert answer.status_code == 200, type
    assert {"name": "pay", "definition": "urn:menzhen:operation:Invoice-pay"} in stated["Invoice"][
        "operation"
    ]
