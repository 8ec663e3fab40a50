"""A patient books by chat: the HIS's and the cashier's own books prove it."""

from tests.e2e.conftest import Patients, appointments
from tests.support.processes import Stack, wait_until
from tests.support.talk import Person


def choose_a_slot(person: Person) -> None:
    """From nothing to the question whether to book."""
    person.say("我想挂明天上午骨科的号")
    assert person.last.has_card("slots"), person.last
    person.tap_first()
    assert person.last.has_card("confirm"), person.last


def order_of(town: Stack, number: str) -> dict:
    return next(o for o in town.cashier_ledger()["orders"] if o["order_no"] == number)


def active(rows: list[dict]) -> list[dict]:
    return [row for row in rows if row["status"] in ("HELD", "BOOKED")]


def test_from_a_sentence_to_a_voucher(town: Stack, person: Person, patients: Patients) -> None:
    choose_a_slot(person)
    held = person.say("确认")
    assert held.has_card("payment"), held
    mrn = patients.mrn(person.who)
    assert [a["status"] for a in appointments(town, mrn)] == ["HELD"]

    voucher = person.pay().card("voucher")
    assert voucher["department"] == "骨科"
    assert voucher["code"]
    assert voucher["qr"].startswith("data:image/svg+xml")
    [booked] = appointments(town, mrn)
    assert booked["status"] == "BOOKED"

    mine = person.say("我的预约")
    assert mine.card("appointments")["items"][0]["code"] == voucher["code"]


def test_all_values_at_once_ask_only_what_is_missing(person: Person) -> None:
    reply = person.say("后天下午皮肤科挂个普通号")
    assert reply.has_card("slots"), reply
    assert all(slot["visit_type"] == "普通" for slot in reply.card("slots")["slots"])
    assert all(slot["start"][11:13] >= "12" for slot in reply.card("slots")["slots"])


def test_only_a_department_asks_for_the_day(person: Person) -> None:
    person.say("我要挂眼科")
    reply = person.say("明天下午")
    assert reply.has_card("slots"), reply
    assert reply.card("slots")["slots"][0]["department"] == "眼科"


def test_two_taps_on_confirm_book_once(town: Stack, person: Person, patients: Patients) -> None:
    choose_a_slot(person)
    first = person.say("确认", "/affirm", id="tap-1")
    again = person.say("确认", "/affirm", id="tap-1")
    assert first.messages == again.messages
    third = person.say("确认", "/affirm", id="tap-2")
    assert third.messages
    assert len(active(appointments(town, patients.mrn(person.who)))) == 1


def test_giving_up_frees_the_slot(town: Stack, person: Person, patients: Patients) -> None:
    choose_a_slot(person)
    person.say("确认")
    reply = person.say("算了不挂了")
    assert reply.text
    mrn = patients.mrn(person.who)
    wait_until(lambda: not active(appointments(town, mrn)), what="the hold is released")


def test_a_mother_books_for_her_child(town: Stack, patients: Patients) -> None:
    child = patients.demo["li"]["family"][0]["mrn"]
    with Person(town, "patient:li") as mother:
        mother.say("给我儿子挂明天上午儿科的号")
        assert mother.last.has_card("slots"), mother.last
        mother.tap_first()
        assert "*" in dict(mother.last.card("confirm")["lines"])["就诊人"]
        mother.say("确认")
        assert mother.pay().has_card("voucher")
    assert [a["status"] for a in active(appointments(town, child))] == ["BOOKED"]


def test_who_is_barred_is_told_so(town: Stack) -> None:
    with Person(town, "patient:liu") as barred:
        barred.say("我想挂明天上午骨科的号")
        if barred.last.has_card("slots"):
            barred.tap_first()
        if barred.last.has_card("confirm"):
            barred.say("确认")
        assert "爽约" in barred.last.text or "限制" in barred.last.text, barred.last
        assert not barred.last.has_card("payment")


def test_a_booked_appointment_is_cancelled_and_the_money_returned(
    town: Stack, person: Person, patients: Patients
) -> None:
    choose_a_slot(person)
    person.say("确认")
    person.pay()
    reply = person.say("我要退号")
    for _ in range(3):
        if reply.has_card("confirm"):
            break
        reply = person.tap_first()
    assert reply.has_card("confirm"), reply
    reply = person.say("确认")
    mrn = patients.mrn(person.who)
    wait_until(
        lambda: [a["status"] for a in appointments(town, mrn)] == ["CANCELLED"], what="cancelled in the HIS"
    )
    [mine] = appointments(town, mrn)
    [order] = [o for o in town.cashier_ledger()["orders"] if o["attach"] == mine["bill"]]
    wait_until(
        lambda: order_of(town, order["order_no"])["refunded_fen"] == order["amount_fen"], what="refunded"
    )


def test_a_booked_appointment_is_moved_to_another_day(
    town: Stack, person: Person, patients: Patients
) -> None:
    choose_a_slot(person)
    person.say("确认")
    before = person.pay().card("voucher")
    person.say("我要改约到后天下午")
    for _ in range(4):
        if person.last.has_card("confirm"):
            break
        person.tap_first()
    reply = person.say("确认")
    after = reply.card("voucher") if reply.has_card("voucher") else person.news().card("voucher")
    assert after["start"][:10] > before["start"][:10]
    assert len(active(appointments(town, patients.mrn(person.who)))) == 1
