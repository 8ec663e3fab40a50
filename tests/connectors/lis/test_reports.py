"""Reports out of a vendor's views: flags, ranges, units and states as vendors mix them."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from common import clock
from common import settings as common_settings
from connectors import lis
from connectors.adapter import BackendError, Resource, Search
from connectors.lis.adapter import LISAdapter
from connectors.resources import extension
from tests.support.processes import Stack

VIEWS = {
    "V_LIS_PATIENT": "PAT_ID MRN PAT_NAME SEX BIRTHDAY ID_CARD",
    "V_LIS_REQUEST": "REQ_NO PAT_ID VISIT_NO DEPT_CODE DEPT_NAME DOCTOR_NAME GROUP_CODE GROUP_NAME SAMPLE_TYPE REQ_TIME SAMPLE_TIME STATUS",
    "V_LIS_RESULT": "REPORT_NO REQ_NO PAT_ID REPORT_TIME CHECK_TIME REPORT_DOCTOR CHECK_DOCTOR REMARK STATUS",
    "V_LIS_ITEM": "REPORT_NO SEQ ITEM_CODE ITEM_NAME ITEM_EN LOINC RESULT UNIT REF_RANGE REF_LOW REF_HIGH FLAG CRITICAL",
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "V_LIS_PATIENT": [
        {"PAT_ID": "P1", "MRN": "7001", "PAT_NAME": "甲"},
        {"PAT_ID": "P2", "MRN": "7002", "PAT_NAME": "乙"},
    ],
    "V_LIS_REQUEST": [
        {"REQ_NO": "R1", "PAT_ID": "P1", "GROUP_CODE": "CBC", "GROUP_NAME": "血常规", "REQ_TIME": "2026-11-20 08:00:00", "SAMPLE_TIME": "2026-11-20 08:30:00", "STATUS": 3},
        {"REQ_NO": "R2", "PAT_ID": "P1", "GROUP_CODE": "CBC", "GROUP_NAME": "血常规", "REQ_TIME": "2026-11-23 08:00:00", "SAMPLE_TIME": "2026-11-23 08:20:00", "STATUS": 1},
        {"REQ_NO": "R3", "PAT_ID": "P1", "GROUP_CODE": "XX", "GROUP_NAME": "", "REQ_TIME": "2026-11-23 08:10:00", "SAMPLE_TIME": "", "STATUS": "0"},
        {"REQ_NO": "R4", "PAT_ID": "P1", "GROUP_CODE": "CBC", "GROUP_NAME": "血常规", "REQ_TIME": "2026-11-21 08:00:00", "SAMPLE_TIME": None, "STATUS": 9},
        {"REQ_NO": "R5", "PAT_ID": "P2", "GROUP_CODE": "UA", "GROUP_NAME": "尿常规", "REQ_TIME": "2026-11-19 08:00:00", "SAMPLE_TIME": "2026-11-19 08:00:00", "STATUS": 3},
    ],
    "V_LIS_RESULT": [
        {"REPORT_NO": "Q0", "REQ_NO": "R1", "PAT_ID": "P1", "REPORT_TIME": "2026-11-20 09:00:00", "CHECK_TIME": None, "STATUS": 2},
        {"REPORT_NO": "Q1", "REQ_NO": "R1", "PAT_ID": "P1", "REPORT_TIME": "2026-11-20 09:30:00", "CHECK_TIME": "2026-11-20 09:40:00", "REPORT_DOCTOR": "丙", "CHECK_DOCTOR": "丁", "REMARK": "标本轻度溶血", "STATUS": 3},
        {"REPORT_NO": "Q5", "REQ_NO": "R5", "PAT_ID": "P2", "REPORT_TIME": "2026-11-19 09:30:00", "CHECK_TIME": None, "STATUS": "1"},
    ],
    "V_LIS_ITEM": [],
}  # fmt: skip
ITEMS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"RESULT": "12.5", "UNIT": "10^9/L", "REF_RANGE": "3.5-9.5", "REF_LOW": "3.5", "REF_HIGH": "9.5", "FLAG": "↑", "LOINC": "6690-2", "ITEM_EN": "WBC"},
     {"code": "H", "value": 12.5, "ucum": "10*9/L", "range": "3.5-9.5"}),
    ({"RESULT": "3.1", "UNIT": "mmol/L", "REF_LOW": 3.9, "REF_HIGH": 6.1, "FLAG": "L"}, {"code": "L", "value": 3.1, "ucum": "mmol/L", "range": "3.9-6.1"}),
    ({"RESULT": "1.1", "UNIT": "mmol/L", "REF_LOW": "3.9", "REF_HIGH": "6.1", "FLAG": "↓", "CRITICAL": "1"}, {"code": "LL"}),
    ({"RESULT": "9.9", "REF_HIGH": "6.1", "FLAG": "", "CRITICAL": 0}, {"code": "H", "range": "≤6.1"}),
    ({"RESULT": "5", "REF_LOW": "3.9", "REF_HIGH": "6.1", "FLAG": None}, {"code": "N", "value": 5}),
    ({"RESULT": "5", "FLAG": None}, {"code": ""}),
    ({"RESULT": "阳性", "REF_RANGE": "阴性", "FLAG": "阳性"}, {"code": "POS", "text": "阳性", "range": "阴性"}),
    ({"RESULT": "<0.5", "UNIT": "mIU/L", "FLAG": "N"}, {"code": "N", "value": 0.5, "comparator": "<", "ucum": "m[IU]/L"}),
    ({"RESULT": "≥ 200", "UNIT": "个/μL", "FLAG": "h"}, {"code": "H", "value": 200, "comparator": ">="}),
    ({"RESULT": "2+", "UNIT": "", "FLAG": "*"}, {"code": "A", "text": "2+"}),
    ({"RESULT": "1:80", "FLAG": "怪标志"}, {"code": "A", "text": "1:80"}),
    ({"RESULT": None, "FLAG": ""}, {"code": "", "absent": True}),
    ({"RESULT": "7", "UNIT": "自造单位", "FLAG": "HH"}, {"code": "HH", "value": 7, "ucum": None}),
]  # fmt: skip
for place, (given, _) in enumerate(ITEMS, 1):
    ROWS["V_LIS_ITEM"].append({"REPORT_NO": "Q1", "SEQ": place, "ITEM_CODE": f"I{place}", "ITEM_NAME": f"项目{place}", **given})  # fmt: skip


@pytest.fixture
async def adapter(tmp_path: Path, hospital: Stack) -> AsyncIterator[LISAdapter]:
    """On views of our own making, at the stack's clock (2026-11-23 08:30)."""
    with sqlite3.connect(tmp_path / "lis.db") as database:
        for view, columns in VIEWS.items():
            names = columns.split()
            database.execute(f"CREATE TABLE {view} ({', '.join(names)})")
            marks = ",".join("?" * len(names))
            rows = [[row.get(name) for name in names] for row in ROWS[view]]
            database.executemany(f"INSERT INTO {view} VALUES ({marks})", rows)
    url = f"sqlite:///{tmp_path}/lis.db"
    made = lis.create(common_settings.get().model_copy(update={"lis_url": url}))
    yield made
    await made.stop()


async def reports(adapter: LISAdapter, **params: Any) -> dict[str, Resource]:
    found = await adapter.search(Search("DiagnosticReport", {"patient": ["7001"], **params}))
    return {one["id"]: one for one in found}


async def test_states_of_a_report(adapter: LISAdapter) -> None:
    found = await reports(adapter)
    assert {id: one["status"] for id, one in found.items()} == {
        "R1": "amended",
        "R2": "registered",
        "R3": "registered",
    }
    assert list(found) == ["R3", "R2", "R1"], "newest first"
    corrected = found["R1"]
    assert corrected["issued"] == "2026-11-20T09:40:00+08:00"
    assert corrected["conclusion"] == "标本轻度溶血" and len(corrected["result"]) == len(ITEMS)
    assert corrected["subject"] == {"reference": "Patient/7001"}
    assert extension(corrected, "critical") is True
    [preliminary] = await adapter.search(Search("DiagnosticReport", {"patient": ["Patient/7002"]}))
    assert preliminary["status"] == "preliminary" and "result" not in preliminary


async def test_what_is_not_there_yet_has_an_expected_time(adapter: LISAdapter) -> None:
    found = await reports(adapter)
    # The slower of the two known CBC reports took an hour from sampling at 08:20.
    assert extension(found["R2"], "expected-at") == "2026-11-23T09:20:00+08:00"
    assert extension(found["R2"], "delayed") is None and clock.now().hour == 8
    assert extension(found["R3"], "expected-at") is None, "no sample was taken"


async def test_search_parameters(adapter: LISAdapter) -> None:
    day = clock.now().replace(day=20, hour=0, minute=0, second=0, microsecond=0)
    assert set(await reports(adapter, date=[("ge", day, day), ("lt", day.replace(day=21), day)])) == {"R1"}
    assert set(await reports(adapter, status=["registered"])) == {"R2", "R3"}
    assert set(await reports(adapter, code=["CBC"])) == {"R1", "R2"}
    assert set(await reports(adapter, code=["血常规"], status=["amended"])) == {"R1"}
    assert await reports(adapter, code=["http://loinc.org|CBC"]) == {}
    [white] = await adapter.search(
        Search("Observation", {"patient": ["7001"], "code": ["http://loinc.org|6690-2"]})
    )
    assert white["valueQuantity"]["value"] == 12.5
    with pytest.raises(BackendError):
        await adapter.search(Search("DiagnosticReport", {}))


async def test_results_come_along_when_included(adapter: LISAdapter) -> None:
    search = Search("DiagnosticReport", {"_id": ["R1"]}, include=("DiagnosticReport:result",))
    report, *results = await adapter.search(search)
    assert [one["id"] for one in results] == [one["reference"][12:] for one in report["result"]]


@pytest.mark.parametrize("place", range(1, len(ITEMS) + 1))
async def test_items_as_vendors_write_them(adapter: LISAdapter, place: int) -> None:
    found = await adapter.read("Observation", f"Q1.{place}")
    assert found is not None
    get_fhir_model_class("Observation").model_validate(found)
    expected = ITEMS[place - 1][1]
    codes = [coding["code"] for one in found.get("interpretation", []) for coding in one["coding"]]
    assert codes == ([expected["code"]] if expected["code"] else [])
    if "value" in expected:
        assert found["valueQuantity"]["value"] == expected["value"]
    if "ucum" in expected:
        assert found["valueQuantity"].get("code") == expected["ucum"]
    if "comparator" in expected:
        assert found["valueQuantity"]["comparator"] == expected["comparator"]
    if "text" in expected:
        assert found["valueString"] == expected["text"]
    if "range" in expected:
        assert found["referenceRange"][0]["text"] == expected["range"]
    assert ("dataAbsentReason" in found) == expected.get("absent", False)


async def test_the_views_cannot_be_written(adapter: LISAdapter) -> None:
    with pytest.raises(BackendError):
        await adapter.create("Observation", {"resourceType": "Observation"}, "k")
    with adapter.client.engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM V_LIS_ITEM")


async def test_a_missing_view_is_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "lis.db") as database:
        for view in ("V_LIS_PATIENT", "V_LIS_REQUEST"):
            database.execute(f"CREATE TABLE {view} ({', '.join(VIEWS[view].split())})")
    url = f"sqlite:///{tmp_path}/lis.db"
    broken = lis.create(common_settings.get().model_copy(update={"lis_url": url}))
    state = await broken.check()
    assert state["reachable"] is False
    assert "V_LIS_RESULT" in state["problems"][0] and "V_LIS_ITEM" in state["problems"][1]
    await broken.stop()
