"""Holds, confirmations, cancellations and changes, proved by the HIS's own ledger."""

from typing import Any

from tests.simulator.conftest import Hospital
from tests.simulator.wire import cancel, code, confirm, hold, message, reschedule, slots

ZHAO, LIU = "100005", "100006"


def states(hospital: Hospital, appointment: str) -> list[str]:
    entries = hospital.truth(appointment=appointment)["entries"]
    return [e["after"] for e in entries if e["entity"] == "appointment"]


async def booked(hospital: Hospital, placer: str, mrn: str, slot: str) -> Any:
    held = await hospital.ask(hold(placer, mrn, slot))
    assert code(held) == "AA", code(held)
    fee = int(held.first("ZSL").get(5))
    answer = await hospital.ask(confirm(placer, held.first("ZAP").get(1), f"O-{placer}", fee))
    assert code(answer) == "AA"
    return answer


async def test_hold_pay_confirm_cancel(hospital: Hospital) -> None:
    slot = (await hospital.free_slots())[0]
    held = await hospital.ask(hold("P1", ZHAO, slot))
    zap = held.first("ZAP")
    assert held.segments[0].get(9, 3) == "SRR_S01" and zap.get(2) == "HELD"
    assert zap.get(5) == "20261124074500", "held for 900 s of the clinic's time"
    bill = [b for b in hospital.truth(placer="P1")["bills"] if b["id"] == zap.get(8)][0]
    assert (bill["status"], bill["kind"], bill["total"]) == ("UNPAID", "REG", 1500)
    answer = await hospital.ask(confirm("P1", zap.get(1), "O1", 1500))
    zap = answer.first("ZAP")
    assert zap.get(2) == "BOOKED" and len(zap.get(3)) == 8 and zap.get(4).isdigit()
    gone = await hospital.ask(cancel("P1", zap.get(1)))
    assert gone.first("ZAP").get(2) == "CANCELLED"
    assert (gone.first("ZPY").get(1), gone.first("ZPY").get(2)) == ("O1", "1500")
    assert states(hospital, zap.get(1)) == ["HELD", "BOOKED", "CANCELLED"]
    assert [b["status"] for b in hospital.truth(placer="P1")["bills"]] == ["REFUNDED"]
    assert hospital.balance() == []


async def test_the_same_request_again_changes_nothing(hospital: Hospital) -> None:
    slot = (await hospital.free_slots())[0]
    first = await hospital.ask(hold("P1", ZHAO, slot))
    again = await hospital.ask(hold("P1", ZHAO, slot))
    id = first.first("ZAP").get(1)
    assert again.first("ZAP").get(1) == id
    for _ in range(3):
        answer = await hospital.ask(confirm("P1", id, "O1", 1500))
        assert code(answer) == "AA" and answer.first("ZAP").get(2) == "BOOKED"
    gone = [await hospital.ask(cancel("P1", id)) for _ in range(2)]
    assert [g.first("ZPY").get(2) for g in gone] == ["1500", "1500"]
    assert states(hospital, id) == ["HELD", "BOOKED", "CANCELLED"]


async def test_a_request_number_cannot_mean_two_things(hospital: Hospital) -> None:
    one, other = (await hospital.free_slots())[:2]
    await hospital.ask(hold("P1", ZHAO, one))
    assert code(await hospital.ask(hold("P1", ZHAO, other))) == "DUPLICATE"


async def test_a_full_slot_is_refused_and_free_again_after_a_release(hospital: Hospital) -> None:
    slot = (await hospital.free_slots(visit_type="EXP"))[0]
    free = int((await hospital.ask(slots(one=slot))).first("ZSL").get(3))
    held = [await hospital.ask(hold(f"P{n}", str(100010 + n), slot)) for n in range(free)]
    assert [code(h) for h in held] == ["AA"] * free
    assert code(await hospital.ask(hold("PX", ZHAO, slot))) == "SLOT_FULL"
    released = await hospital.ask(cancel("P0", held[0].first("ZAP").get(1)))
    assert released.first("ZAP").get(2) == "RELEASED" and not released.all("ZPY")
    assert code(await hospital.ask(hold("PY", ZHAO, slot))) == "AA"
    assert hospital.balance() == []


async def test_what_the_hospital_does_not_accept(hospital: Hospital, moment) -> None:
    slot = (await hospital.free_slots())[0]
    await hospital.ask(hold("P1", ZHAO, slot))
    refusals = {
        "DUPLICATE": hold("P2", ZHAO, slot),
        "BLACKLISTED": hold("P3", LIU, slot),
        "NO_PATIENT": hold("P4", "999999", slot),
        "NO_SLOT": hold("P5", ZHAO, "20991231001M"),
        "BAD_MESSAGE": hold("", ZHAO, slot),
        "NOT_FOUND": cancel("P6", "A99999999"),
    }
    for expected, request in refusals.items():
        answer = await hospital.ask(request)
        assert code(answer) == expected
        error = answer.first("ERR")
        assert error.get(5) == expected and error.get(8), "a Chinese sentence for the person"
    moment.set("2026-11-25T18:00:00")
    assert code(await hospital.ask(hold("P7", "100011", slot))) == "SLOT_PAST"


async def test_an_unpaid_hold_is_released_by_the_clinics_clock(hospital: Hospital, moment) -> None:
    slot = (await hospital.free_slots())[0]
    id = (await hospital.ask(hold("P1", ZHAO, slot))).first("ZAP").get(1)
    before = int((await hospital.ask(slots(one=slot))).first("ZSL").get(3))
    moment.move(seconds=901)
    hospital.process.engine.catch_up()
    assert int((await hospital.ask(slots(one=slot))).first("ZSL").get(3)) == before + 1
    assert states(hospital, id) == ["HELD", "RELEASED"]
    late = await hospital.ask(confirm("P1", id, "O1", 1500))
    assert late.first("ZAP").get(2) == "BOOKED", "a late payment still books where a place is left"
    assert hospital.balance() == []


async def test_a_late_payment_for_a_place_that_went_is_refused(hospital: Hospital, moment) -> None:
    slot = (await hospital.free_slots(visit_type="EXP"))[0]
    held = await hospital.ask(hold("P1", ZHAO, slot))
    fee = int(held.first("ZSL").get(5))
    moment.move(seconds=901)
    hospital.process.engine.catch_up()
    free = int((await hospital.ask(slots(one=slot))).first("ZSL").get(3))
    for n in range(free):
        assert code(await hospital.ask(hold(f"Q{n}", str(100010 + n), slot))) == "AA"
    late = await hospital.ask(confirm("P1", held.first("ZAP").get(1), "O1", fee))
    assert code(late) == "HOLD_EXPIRED"
    assert hospital.balance() == []


async def test_a_hold_that_was_given_up_is_not_booked_by_a_late_payment(hospital: Hospital) -> None:
    slot = (await hospital.free_slots())[0]
    id = (await hospital.ask(hold("P1", ZHAO, slot))).first("ZAP").get(1)
    await hospital.ask(cancel("P1", id))
    assert code(await hospital.ask(confirm("P1", id, "O1", 1500))) == "HOLD_EXPIRED"


async def test_money_must_be_right(hospital: Hospital) -> None:
    slot = (await hospital.free_slots())[0]
    id = (await hospital.ask(hold("P1", ZHAO, slot))).first("ZAP").get(1)
    assert code(await hospital.ask(confirm("P1", id, "O1", 1))) == "NOT_PAID"
    assert code(await hospital.ask(confirm("P1", id, "O1", 1500))) == "AA"
    assert code(await hospital.ask(confirm("P1", id, "O2", 1500))) == "DUPLICATE", (
        "two orders for one booking"
    )


async def test_cancelling_ends_half_an_hour_before(hospital: Hospital, moment) -> None:
    slot = (await hospital.free_slots())[0]
    answer = await booked(hospital, "P1", ZHAO, slot)
    start = answer.first("SCH").get(11, 4)
    moment.set(f"2026-11-25T{start[8:10]}:{start[10:12]}:00")
    assert code(await hospital.ask(cancel("P1", answer.first("ZAP").get(1)))) == "TOO_LATE"


async def test_a_booking_moves_without_losing_the_old_place_first(hospital: Hospital) -> None:
    one, other = (await hospital.free_slots())[:2]
    id = (await booked(hospital, "P1", ZHAO, one)).first("ZAP").get(1)
    moved = await hospital.ask(reschedule("P2", id, other))
    assert moved.first("ZSL").get(1) == other and moved.first("ZAP").get(2) == "BOOKED"
    again = await hospital.ask(reschedule("P2", id, other))
    assert again.first("ZSL").get(1) == other
    assert states(hospital, id) == ["HELD", "BOOKED", f"BOOKED {other}"]
    dear = (await hospital.free_slots(visit_type="EXP"))[0]
    refused = await hospital.ask(reschedule("P3", id, dear))
    assert code(refused) == "BAD_MESSAGE" and "挂号费" in refused.first("ERR").get(8)
    assert hospital.truth(appointment=id)["appointments"][0]["slot"] == other
    assert hospital.balance() == []


async def test_appointments_are_found_by_patient_number_and_request(hospital: Hospital) -> None:
    slot = (await hospital.free_slots())[0]
    id = (await booked(hospital, "P1", ZHAO, slot)).first("ZAP").get(1)
    for fields in (f"{ZHAO}|20261124|20261130", f"|||{id}", "||||P1"):
        answer = await hospital.ask(message("QBP^Z03^QBP_Q21", f"QPD|Z03^Appointments|TAG|{fields}"))
        assert [a.get(1) for a in answer.all("ZAP")] == [id]
        assert answer.first("SCH").get(1) == "P1" and answer.first("PID").get(3) == ZHAO


async def test_a_stopped_clinic_takes_nobody_and_gives_the_money_back(hospital: Hospital, moment) -> None:
    slot = (await hospital.free_slots())[0]
    id = (await booked(hospital, "P1", ZHAO, slot)).first("ZAP").get(1)
    from simulator.hospital import manage

    given = {
        "session": "",
        "slot": slot,
        "doctor": "",
        "day": "",
        "part": "",
        "reason": "设备检修",
        "open": False,
    }
    with hospital.process.his.database.write() as connection:
        stopped = manage.stop(hospital.process, connection, given)
    assert id in stopped["appointments"]
    shown = (await hospital.ask(slots(one=slot))).first("ZSL")
    assert (shown.get(8), shown.get(9)) == ("STOPPED", "设备检修")
    assert code(await hospital.ask(hold("P2", "100011", slot))) == "SLOT_STOPPED"
    moment.set("2026-11-25T17:00:00")
    gone = await hospital.ask(cancel("P1", id))
    assert gone.first("ZPY").get(2) == "1500", "also after the usual deadline"
