"""What the HIS and the LIS tell: from the real simulator over MLLP, and each kind of message by itself."""

import asyncio
from collections.abc import Callable

import pytest

from connectors.adapter import Event
from connectors.his.adapter import HISAdapter
from connectors.his.events import VISIT_COLUMNS, events
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import parse
from tests.connectors.his.support import booking, control
from tests.connectors.his.test_booking import paid
from tests.support.processes import Stack

HEADER = r"MSH|^~\&|HIS|HOSPITAL|MENZHEN|FRONTDESK|20261123093000||{}|C77|P|2.4||||||UNICODE UTF-8" + "\r"
PID = "PID|1||100001^^^HIS^MR||张建国||19800323|M\r"
ZVS = "ZVS|V1|p9f3|本部|骨科|骨科1诊室|王晓楠|主治医师|普通|微信小程序|1|男|46|职工医保|in_progress|20261122200000|20261123093000|20261123091500|||||||||1500||||\r"


async def until(told: list[Event], wanted: Callable[[Event], bool]) -> Event:
    """The first event that is wanted, as soon as it has come."""
    async with asyncio.timeout(30):
        while True:
            for one in told:
                if wanted(one):
                    return one
            await asyncio.sleep(0.05)


async def test_a_booking_is_told_with_its_visit(adapter: HISAdapter, told: list[Event]) -> None:
    held = await adapter.create("Appointment", await booking(adapter, "0501", "100002"), "tell-1")
    await adapter.update("Appointment", held["id"], paid(held, "TELL-1"), "tell-1-confirm")
    event = await until(
        told, lambda e: e.type == "appointment.booked" and e.data["appointment_ref"].endswith(held["id"])
    )
    assert event.data["patient_ref"] == "Patient/100002"
    assert event.data["status"] == "booked" and event.data["start"] == held["start"]
    visit = await until(
        told, lambda e: e.type == "visit.updated" and e.data.get("appointment_ref", "").endswith(held["id"])
    )
    assert visit.data["status"] == "booked" and visit.data["department"] == event.data["department"]
    assert set(VISIT_COLUMNS) <= set(visit.data)
    assert visit.data["appointment_start"] == held["start"] and visit.data["consult_end"] is None


async def test_a_report_and_a_stopped_clinic_are_told(
    hospital: Stack, told: list[Event], adapter: HISAdapter
) -> None:
    made = control(hospital, "publish-report", mrn="100001", panel="CBC")
    report = await until(told, lambda e: e.type == "report.available")
    assert report.data["patient_ref"] == "Patient/100001"
    assert report.data["report_ref"].startswith("DiagnosticReport/") and report.data["title"]
    assert report.subject.removeprefix("DiagnosticReport/") in made

    slot = (await booking(adapter, "0502"))["slot"][0]["reference"]
    control(hospital, "stop-schedule", slot=slot[5:], reason="医生外出会诊")
    stopped = await until(told, lambda e: e.type == "schedule.stopped")
    assert stopped.data["reason"] == "医生外出会诊"
    assert stopped.data["slot_ref"].startswith("Slot/")


async def test_a_merge_names_both(hospital: Stack, told: list[Event]) -> None:
    control(hospital, "patients/merge", surviving="100050", old="100051")
    event = await until(told, lambda e: e.type == "patient.merged")
    assert event.data == {"patient_ref": "Patient/100050", "merged_ref": "Patient/100051"}


def test_the_same_message_again_has_the_same_ids() -> None:
    text = HEADER.format("ADT^A08^ADT_A01") + "EVN|A08\r" + PID + "PV1|1|O\r" + ZVS
    first, second = events(parse(text)), events(parse(text))
    assert [one.event_id for one in first] == [one.event_id for one in second]
    other = events(parse(text.replace("C77", "C78")))
    assert {one.event_id for one in first}.isdisjoint(one.event_id for one in other)
    assert first[0].type == "visit.updated" and first[0].time is not None


def test_a_visit_record_has_numbers_times_and_gaps() -> None:
    [event] = events(parse(HEADER.format("ADT^A04") + PID + ZVS))
    assert event.data["fee_total"] == 1500 and event.data["first_visit"] == 1 and event.data["age"] == 46
    assert event.data["checked_in_at"] == "2026-11-23T09:15:00+08:00"
    assert event.data["called_at"] is None and event.data["satisfaction"] is None
    assert "张建国" not in str(event)


def test_a_changed_person_and_a_bill() -> None:
    [event] = events(parse(HEADER.format("ADT^A08") + PID + "PV1|1|N\r"))
    assert (event.type, event.data) == ("patient.updated", {"patient_ref": "Patient/100001"})
    bill = "FT1|1|B9||20261123||CG|B9||||1500\rZBL|B9|100001|A1|LAB|UNPAID|1500|20261123093000|0403^骨科||D1^王\r"
    [event] = events(parse(HEADER.format("DFT^P03") + PID + bill))
    assert event.type == "charge.posted" and event.data["paid"] is False
    assert event.data["amount_fen"] == 1500 and event.data["appointment_ref"] == "Appointment/A1"


def test_a_corrected_critical_report() -> None:
    text = (
        HEADER.format("ORU^R01")
        + PID
        + "ORC|RE|R5\rOBR|1|||CBC^血常规|||20261123083000|||||||||||||||20261123093000|||C\r"
        + "OBX|1|NM|WBC^白细胞||1.2|10^9/L|3.5-9.5|LL|||F\rOBX|2|NM|HGB^血红蛋白||130|g/L|115-150|N|||F\r"
    )
    [event] = events(parse(text))
    assert event.subject == "DiagnosticReport/R5"
    assert (
        event.data["status"] == "amended" and event.data["critical"] is True and event.data["abnormal"] == 1
    )


@pytest.mark.parametrize(
    "text",
    [
        HEADER.format("XYZ^Z99") + PID,
        HEADER.format("ADT^A99") + PID,
        HEADER.format("ADT^A08"),
        HEADER.format("ADT^A08") + "PID|1||\r",
        HEADER.format("ADT^A40") + PID,
        HEADER.format("SIU^S12") + PID,
        HEADER.format("SIU^S12") + "SCH|1|A1\r" + PID,
        HEADER.format("DFT^P03") + PID,
        HEADER.format("ORU^R01") + PID,
        HEADER.format("ORU^R01") + PID + "OBR|1\r",
        HEADER.format("ADT^A04") + PID + "ZVS|\r",
    ],
)
def test_what_can_never_be_an_event_is_refused(text: str) -> None:
    with pytest.raises(HL7Error):
        events(parse(text))
