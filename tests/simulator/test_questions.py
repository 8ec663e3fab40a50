"""What the front desk can ask the HIS."""

from datetime import date, timedelta

import pytest

from tests.simulator.conftest import Hospital
from tests.simulator.wire import code, message, slots


def candidates(*criteria: str) -> str:
    return message("QBP^Q22^QBP_Q21", f"QPD|Q22^Find Candidates^HL7|TAG|{'~'.join(criteria)}")


@pytest.mark.parametrize(
    "criterion", ["@PID.3.1^100002", "@PID.3.1^wx-li", "@PID.5^李敏~@PID.13^19900000001"]
)
async def test_a_patient_is_found_by_number_wechat_account_or_name_and_phone(
    hospital: Hospital, criterion: str
) -> None:
    answer = await hospital.ask(candidates(criterion))
    assert answer.segments[0].get(9, 3) == "RSP_K21"
    assert answer.first("QAK").get(2) == "OK"
    found = [p for p in answer.all("PID") if p.get(3) == "100002"]
    assert len(found) == 1
    assert ["wx-li", "", "", "WECHAT", "WX"] in found[0].repetitions(3)
    child = answer.first("NK1")
    assert (child.get(2), child.get(3), child.get(12)) == ("王子涵", "CHD", "100007")


async def test_all_criteria_must_match(hospital: Hospital) -> None:
    answer = await hospital.ask(candidates("@PID.3.1^100002", "@PID.5^张三"))
    assert answer.first("QAK").get(2) == "NF"
    assert not answer.all("PID")


async def test_a_question_without_criteria_is_refused(hospital: Hospital) -> None:
    assert code(await hospital.ask(candidates())) == "BAD_MESSAGE"


async def test_departments_and_doctors_are_listed(hospital: Hospital) -> None:
    departments = await hospital.ask(message("QBP^Z01^QBP_Q21", "QPD|Z01^Departments|TAG"))
    by_name = {d.get(2): d for d in departments.all("ZDP")}
    assert len(by_name) == 26
    ent = by_name["耳鼻咽喉科"]
    assert ["五官科"] in ent.repetitions(8)
    assert by_name["心血管内科"].get(5) == by_name["内科"].get(1)
    doctors = await hospital.ask(message("QBP^Z02^QBP_Q21", "QPD|Z02^Doctors|TAG|"))
    assert len(doctors.all("ZDR")) == 100
    of_one = await hospital.ask(message("QBP^Z02^QBP_Q21", f"QPD|Z02^Doctors|TAG|{ent.get(1)}"))
    assert {d.get(4, 2) for d in of_one.all("ZDR")} == {"耳鼻咽喉科"}


async def test_slots_come_in_order_with_place_price_and_state(hospital: Hospital) -> None:
    answer = await hospital.ask(slots("0403", "20261125", "20261125"))
    starts = [s.get(11, 4) for s in answer.all("SCH")]
    assert starts == sorted(starts) and starts[0] == "20261125080000"
    assert len(starts) == len(answer.all("AIS")) == len(answer.all("AIP")) == len(answer.all("AIL"))
    first = answer.first("ZSL")
    assert first.get(4) in ("GEN", "EXP", "VIP", "CON") and first.get(6, 2) in ("本部", "东院")
    assert int(first.get(3)) <= int(first.get(2))
    one = await hospital.ask(slots(one=first.get(1)))
    assert [s.get(1) for s in one.all("ZSL")] == [first.get(1)]
    assert one.first("AIL").get(3).endswith("诊室")


async def test_the_number_of_slots_is_limited_as_asked(hospital: Hospital) -> None:
    assert len((await hospital.ask(slots("0403", limit=5))).all("SCH")) == 5


async def test_a_slot_of_this_morning_that_began_is_past(hospital: Hospital, moment) -> None:
    moment.set("2026-11-24T10:15:00")
    answer = await hospital.ask(slots("0300", "20261124", "20261124"))
    by_state = {s.get(8) for s in answer.all("ZSL") if s.get(1)[11:] <= "1000"}
    assert by_state <= {"PAST", "STOPPED"}


async def test_every_department_is_open_on_working_days_two_weeks_ahead(hospital: Hospital) -> None:
    first = date(2026, 11, 24)
    for ahead in range(15):
        day = first + timedelta(days=ahead)
        if day.weekday() > 4:
            continue
        answer = await hospital.ask(slots("", f"{day:%Y%m%d}", f"{day:%Y%m%d}", limit=1000))
        more = await hospital.ask(slots("", f"{day:%Y%m%d}1200", f"{day:%Y%m%d}", limit=1000))
        mornings = {s.get(3) for s in answer.all("AIS")}
        afternoons = {s.get(3) for s in more.all("AIS")}
        assert len(mornings) == len(afternoons) == 24


async def test_a_new_day_brings_a_new_day_of_slots(hospital: Hospital, moment) -> None:
    moment.move(days=1)
    hospital.process.engine.catch_up()
    answer = await hospital.ask(slots("0403", "20261209", "20261209"))
    assert answer.first("QAK").get(2) == "OK"
    assert hospital.balance() == []


async def test_charges_are_listed_with_their_items(hospital: Hospital) -> None:
    answer = await hospital.ask(message("QBP^Z04^QBP_Q21", "QPD|Z04^Charges|TAG|100004|UNPAID"))
    bills = {b.get(1): b for b in answer.all("ZBL")}
    assert {b.get(4) for b in bills.values()} == {"LAB", "DRUG"}
    for id, bill in bills.items():
        assert int(bill.get(6)) == sum(int(i.get(7)) for i in answer.all("ZBI") if i.get(1) == id)
    one = await hospital.ask(message("QBP^Z04^QBP_Q21", f"QPD|Z04^Charges|TAG|||{next(iter(bills))}"))
    assert len(one.all("ZBL")) == 1


async def test_the_demo_patients_have_what_they_are_said_to_have(hospital: Hospital) -> None:
    with hospital.process.his.database.read() as connection:
        listed = {p["openid"]: p for p in hospital.process.demo.listing(connection)}
    assert set(listed) == {"wx-zhang", "wx-li", "wx-wang", "wx-chen", "wx-zhao", "wx-liu"}
    assert all("*" * 11 in p["id_number"] for p in listed.values())
    today = hospital.truth(mrn=listed["wx-wang"]["mrn"])["appointments"]
    assert [a["status"] for a in today] == ["BOOKED"] and today[0]["slot"].startswith("20261124")
    assert hospital.truth(mrn=listed["wx-zhao"]["mrn"])["appointments"] == []
    assert [a["status"] for a in hospital.truth(mrn=listed["wx-liu"]["mrn"])["appointments"]] == [
        "NOSHOW"
    ] * 3
