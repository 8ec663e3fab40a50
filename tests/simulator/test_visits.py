"""Visits run through the clinic, into the LIS and the bills, and are told step by step."""

import csv
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from simulator.hospital import backfill, hl7, schema
from tests.simulator.conftest import Hospital
from tests.simulator.wire import check_in, code, message

WANG = "100003"


def told(hospital: Hospital, kind: str = "") -> list[hl7.Message]:
    """The notices that wait for the front desk, oldest first."""
    with hospital.process.his.database.read() as connection:
        rows = connection.execute(select(schema.outqueue).order_by(schema.outqueue.c.id)).all()
    return [hl7.parse(r.body) for r in rows if r.kind.startswith(kind)]


def todays(hospital: Hospital) -> str:
    return hospital.truth(mrn=WANG)["appointments"][0]["id"]


def advance(hospital: Hospital, id: str) -> str:
    with hospital.process.his.database.write() as connection:
        return hospital.process.visits.advance(connection, id)


async def test_check_in_gives_the_queue_number_once(hospital: Hospital) -> None:
    id = todays(hospital)
    first = await hospital.ask(check_in(WANG, id))
    assert code(first) == "AA" and first.first("ZAP").get(2) == "ARRIVED"
    again = await hospital.ask(check_in(WANG, id))
    assert again.first("ZAP").get(4) == first.first("ZAP").get(4)
    assert len([m for m in told(hospital, "ADT^A04") if m.first("PV1").get(19)]) == 1
    assert code(await hospital.ask(check_in("100005", id))) == "NOT_FOUND", "another person's booking"


async def test_a_visit_goes_from_check_in_to_leaving(hospital: Hospital, moment) -> None:
    id = todays(hospital)
    await hospital.ask(check_in(WANG, id))
    steps = []
    while step := advance(hospital, id):
        moment.move(minutes=3)
        steps.append(step)
        assert len(steps) < 15
    assert steps[:3] == ["call", "start", "end"] and "leave" in steps
    visit = [m.first("ZVS") for m in told(hospital, "ADT^A08") if m.first("ZAP").get(1) == id][-1]
    assert visit.get(14) == "completed" and visit.get(25)
    times = [visit.get(n) for n in (17, 18, 19, 20)]
    assert times == sorted(times) and all(times)
    states = [e["after"] for e in hospital.truth(appointment=id)["entries"] if e["entity"] == "appointment"]
    assert states == ["HELD", "BOOKED", "ARRIVED", "FULFILLED"]


async def test_a_person_of_the_front_desk_pays_the_bills_of_the_visit(hospital: Hospital) -> None:
    answer = await hospital.ask(message("QBP^Z04^QBP_Q21", "QPD|Z04^Charges|T|100004|UNPAID"))
    bills = [(b.get(1), int(b.get(6))) for b in answer.all("ZBL")]
    total = sum(fen for _, fen in bills)
    lines = [f"FT1|{n}|{id}||20261124080000||PY|{id}|||1|{fen}" for n, (id, fen) in enumerate(bills, 1)]

    def payment(order: str, amount: int) -> str:
        return message(
            "DFT^P03^DFT_P03",
            "EVN|P03",
            "PID|||100004^^^HIS^MR",
            *lines,
            f"ZPY|{order}|{amount}|20261124080000|WECHAT",
        )

    assert code(await hospital.ask(payment("O1", total - 1))) == "NOT_PAID"
    assert code(await hospital.ask(payment("O1", total))) == "AA"
    assert code(await hospital.ask(payment("O1", total))) == "AA", "the same order again"
    assert code(await hospital.ask(payment("O2", total))) == "DUPLICATE", "another order for the same bills"
    entries = [
        e for e in hospital.truth(mrn="100004")["entries"] if e["after"] == "PAID" and e["key"] == "O1"
    ]
    assert len(entries) == len(bills)
    assert {m.first("FT1").get(6) for m in told(hospital, "DFT")} == {"PY"}


async def test_a_whole_day_runs_and_balances(hospital: Hospital, moment) -> None:
    for hour in range(8, 24, 3):
        moment.set(f"2026-11-24T{hour:02d}:30:00")
        hospital.process.engine.catch_up()
    assert hospital.balance() == []
    with hospital.process.his.database.read() as connection:
        query = select(schema.visits).join(
            schema.appointments, schema.appointments.c.visit == schema.visits.c.id
        )
        day = connection.execute(query.where(schema.appointments.c.slot.startswith("20261124"))).all()
    by_status = {
        s: [v for v in day if v.status == s] for s in ("completed", "no_show", "cancelled", "booked")
    }
    assert len(by_status["completed"]) > 200 and by_status["no_show"] and not by_status["booked"]
    for v in by_status["completed"]:
        steps = [v.checked_in_at, v.called_at, v.consult_start, v.consult_end, v.left_at]
        assert steps == sorted(steps)
        assert not v.reported_at or v.reported_at > v.sampled_at > v.paid_at
    kinds = {m.kind for m in told(hospital)}
    assert kinds >= {"SIU^S12", "SIU^S26", "ADT^A04", "ADT^A08", "DFT^P03", "ORU^R01"}
    reports = told(hospital, "ORU")
    flags = {x.get(8) for m in reports for x in m.all("OBX")}
    assert flags >= {"N", "H", "L"} and flags <= {"N", "H", "L", "HH", "LL", "A"}


def lis(hospital: Hospital, query: str) -> list[Any]:
    with hospital.process.lis.database.read() as connection:
        return list(connection.execute(text(query)).mappings())


async def test_the_lis_shows_reports_through_the_vendors_views(hospital: Hospital) -> None:
    patient = lis(hospital, "SELECT * FROM V_LIS_PATIENT WHERE MRN = '100001'")[0]
    assert list(patient) == ["PAT_ID", "MRN", "PAT_NAME", "SEX", "BIRTHDAY", "ID_CARD"]
    results = lis(
        hospital,
        "SELECT i.*, r.REPORT_TIME, r.STATUS AS S, q.GROUP_NAME FROM V_LIS_RESULT r JOIN V_LIS_REQUEST q USING (REQ_NO) "
        f"JOIN V_LIS_ITEM i USING (REPORT_NO) WHERE r.PAT_ID = '{patient['PAT_ID']}'",
    )
    by_code = {r["ITEM_CODE"]: r for r in results}
    ldl = by_code["LDL-C"]
    assert (ldl["RESULT"], ldl["UNIT"], ldl["REF_HIGH"], ldl["FLAG"]) == ("4.05", "mmol/L", "3.40", "↑")
    assert by_code["HDL-C"]["FLAG"] in ("", "N") and ldl["S"] == 2 and " " in ldl["REPORT_TIME"]


async def test_a_report_published_by_hand_is_told_at_once(hospital: Hospital) -> None:
    from simulator.hospital import manage

    with hospital.process.his.database.write() as connection:
        made = manage.publish(hospital.process, connection, WANG, "RFT", "", {"K": "6.50"})
    oru = told(hospital, "ORU")[-1]
    assert oru.first("OBR").get(2) == made["request"] and oru.first("PID").get(3) == WANG
    potassium = [x for x in oru.all("OBX") if x.get(3) == "K"][0]
    assert (potassium.get(5), potassium.get(8), potassium.get(7)) == ("6.50", "HH", "3.50-5.30")
    item = lis(
        hospital, f"SELECT * FROM V_LIS_ITEM WHERE REPORT_NO = '{made['report']}' AND ITEM_CODE = 'K'"
    )[0]
    assert item["CRITICAL"] == 1


def test_visit_records_of_four_months_are_written(opened: Path) -> None:
    with (opened / "hospital" / "visits_backfill.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == backfill.COLUMNS
    past = [r for r in rows if r["appointment_start"] < "2026-11-24"]
    assert len({r["appointment_start"][:10] for r in past}) == 120 and len(past) > 30000
    assert len({r["visit_id"] for r in rows}) == len(rows)
    assert {r["status"] for r in past} == {"completed", "cancelled", "no_show"}
    yesterday = [
        r for r in past if r["appointment_start"].startswith("2026-11-23") and r["status"] == "completed"
    ]
    rooms = {r["clinic_room"] for r in yesterday}
    assert any(sum(r["clinic_room"] == room for r in yesterday) >= 5 for room in rooms), (
        "a ranking has an answer"
    )
    for r in past[:3000]:
        times = [
            r[c] for c in ("checked_in_at", "called_at", "consult_start", "consult_end", "left_at") if r[c]
        ]
        assert times == sorted(times)
        if r["status"] == "completed":
            assert int(r["fee_total"]) >= int(r["fee_drug"]) + int(r["fee_exam"])
