"""预约挂号 over the webhook: what a person is offered, told and given, proved by the hospital's own books."""

from datetime import timedelta
from typing import Any

import httpx

from tests.actions.caller import Conversation, date_time
from tests.actions.conftest import People
from tests.support.processes import Stack, wait_until

BONES = {"code": "0403", "name": "骨科"}


def tomorrow(town: Stack, days: int = 1, first: int = 0, last: int = 24) -> dict[str, str]:
    midnight = town.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
    start, end = midnight + timedelta(hours=first), midnight + timedelta(hours=last)
    return date_time(start.isoformat(), end.isoformat())


def offered(people: People, metadata: Any, town: Stack, **values: Any) -> Conversation:
    """A conversation in which slots are on offer."""
    known = {"department": BONES, "date": tomorrow(town)} | values
    talk = people.talk(metadata, "book_appointment", **known).run("action_offer_slots")
    assert talk.outcome == "asked", talk.messages
    return talk


def held(people: People, metadata: Any, town: Stack, number: int = 0, **values: Any) -> Conversation:
    """A conversation whose slot is held and waits for its payment."""
    talk = offered(people, metadata, town, **values).choose(number)
    assert talk.run("action_ask_patient").outcome == "next"
    talk.run("action_book_appointment")
    assert talk.outcome == "wait", talk.messages
    return talk


def appointments(town: Stack, mrn: str) -> list[str]:
    """States of a patient's appointments in the HIS."""
    return [a["status"] for a in town.hospital_ledger()["appointments"] if a["mrn"] == mrn]


class TestAsking:
    def test_without_a_department_the_common_ones_are_offered(self, people: People) -> None:
        talk = people.talk(people.fresh(), "book_appointment").run("action_ask_department")
        assert "哪个科" in talk.text
        assert "骨科" in [o["title"] for o in talk.frame["options"]]

    def test_a_doctor_tells_the_department(self, people: People) -> None:
        doctor = {"code": "D1", "name": "王长河", "department": "0403"}
        talk = people.talk(people.fresh(), "book_appointment", doctor=doctor)
        talk.frame["values"]["doctor"]["department"] = {"code": "0403", "name": "骨科"}
        talk.run("action_ask_department")
        assert talk.outcome == "next"
        assert talk.frame["values"]["department"] == BONES

    def test_without_a_day_the_next_half_days_with_free_slots(self, people: People, town: Stack) -> None:
        talk = people.talk(people.fresh(), "book_appointment", department=BONES).run("action_ask_date")
        card = talk.card("options")
        assert 1 <= len(card["options"]) <= 6
        assert all("余" in o["note"] for o in card["options"])
        talk.choose(0).run("action_offer_slots")
        assert talk.card("slots")["slots"]

    def test_emergency_room_needs_no_booking(self, people: People) -> None:
        room = {"code": "2000", "name": "急诊科"}
        talk = people.talk(people.fresh(), "book_appointment", department=room).run("action_ask_date")
        assert "不用预约" in talk.text and "120" in talk.text
        assert talk.outcome == "abandon"


class TestOffering:
    def test_at_most_eight_of_the_wanted_half_day_in_order(self, people: People, town: Stack) -> None:
        talk = offered(people, people.fresh(), town, date=tomorrow(town, 1, 0, 12))
        slots = talk.card("slots")["slots"]
        assert 1 <= len(slots) <= 8
        assert [s["start"] for s in slots] == sorted(s["start"] for s in slots)
        assert all(s["start"][11:13] < "12" and s["department"] == "骨科" for s in slots)
        assert all(s["remaining"] > 0 for s in slots)

    def test_more_shows_others(self, people: People, town: Stack) -> None:
        talk = offered(people, people.fresh(), town)
        first = {s["payload"] + s["start"] + s["doctor"] for s in talk.card("slots")["slots"]}
        assert talk.frame["options"][-1]["id"] == "more-1"
        talk.choose(-1).run("action_offer_slots")
        second = {s["payload"] + s["start"] + s["doctor"] for s in talk.card("slots")["slots"]}
        assert second != first

    def test_only_the_named_doctor(self, people: People, town: Stack) -> None:
        talk = offered(
            people,
            people.fresh(),
            town,
            doctor={"code": "", "name": "王长河"},
            date=tomorrow(town, 0, 0, 24 * 7),
        )
        assert {s["doctor"] for s in talk.card("slots")["slots"]} == {"王长河"}

    def test_a_day_that_is_over_is_said_and_others_offered(self, people: People, town: Stack) -> None:
        talk = people.talk(people.fresh(), "book_appointment", department=BONES, date=tomorrow(town, -2))
        talk.run("action_offer_slots")
        assert "已经过了" in talk.text
        assert talk.card("options")["options"]
        assert "date" not in talk.frame["values"]

    def test_beyond_two_weeks_is_said(self, people: People, town: Stack) -> None:
        talk = people.talk(people.fresh(), "book_appointment", department=BONES, date=tomorrow(town, 40))
        talk.run("action_offer_slots")
        assert "两周" in talk.text
        assert talk.card("options")["options"]


class TestForWhom:
    def test_oneself_is_not_asked(self, people: People) -> None:
        metadata = people.fresh()
        talk = people.talk(metadata, "book_appointment", department=BONES).run("action_ask_patient")
        assert talk.outcome == "next"
        assert talk.frame["values"]["patient"]["id"] == metadata["patient"]

    def test_the_son_is_found(self, people: People) -> None:
        metadata = people.metadata(people.demo["li"])
        talk = people.talk(metadata, "book_appointment", person="SON").run("action_ask_patient")
        assert talk.outcome == "next"
        assert talk.frame["values"]["patient"]["id"] in {d["id"] for d in metadata["dependents"]}

    def test_a_relative_who_is_not_bound_is_said(self, people: People) -> None:
        zhao = people.metadata(people.demo["zhao"])
        talk = people.talk(zhao, "book_appointment", person="MTH").run("action_ask_patient")
        assert "还没有绑定母亲" in talk.text
        assert talk.outcome == "asked"

    def test_children_doctor_asks_for_the_child(self, people: People) -> None:
        metadata = people.metadata(people.demo["li"])
        child = {"code": "0700", "name": "儿科"}
        talk = people.talk(metadata, "book_appointment", department=child).run("action_ask_patient")
        assert talk.frame["values"]["patient"]["id"] == metadata["dependents"][0]["id"]


class TestHoldingAndPaying:
    def test_from_confirmation_to_voucher(self, people: People, town: Stack) -> None:
        metadata = people.fresh()
        talk = offered(people, metadata, town).choose(0).run("action_ask_patient")
        lines = dict(talk.run("action_confirm_booking").card("confirm")["lines"])
        assert lines["科室"] == "骨科" and lines["费用"].endswith("元") and "月" in lines["时间"]
        payment = talk.run("action_book_appointment").card("payment")
        assert payment["amount_fen"] > 0 and not payment["qr"]
        assert talk.outcome == "wait"

        talk.run("action_book_appointment", "付好了", "affirm")
        assert "还没有收到" in talk.text
        httpx.post(payment["url"], json={}, timeout=10)

        def booked() -> bool:
            return talk.run("action_book_appointment", "付好了", "affirm").outcome == "done"

        wait_until(booked, what="the paid booking is booked", every=0.3)
        voucher = talk.card("voucher")
        assert voucher["code"] and voucher["department"] == "骨科" and "*" in voucher["patient"]

    def test_the_event_brings_the_voucher_once(self, people: People, town: Stack) -> None:
        talk = held(people, people.fresh(), town)
        id = talk.frame["state"]["booking"]
        httpx.post(talk.card("payment")["url"], json={}, timeout=10)
        booking = {}

        def is_booked() -> bool:
            answer = httpx.get(
                f"{town.journey_url}/bookings/{id}", headers=town.auth(town.service_token()), timeout=10
            )
            booking.update(answer.json()["booking"])
            return booking["status"] == "booked"

        wait_until(is_booked, what="booked")
        event = {"type": "booking.booked", "subject": f"Booking/{id}", "data": {"booking": booking}}
        assert talk.run("action_book_appointment", event=event).card("voucher")["code"]
        later = people.talk(talk.metadata)
        later.sender = talk.sender
        assert later.run("action_event", event=event).messages == []

    def test_news_of_other_things_do_not_end_the_waiting(self, people: People, town: Stack) -> None:
        talk = held(people, people.fresh(), town, number=1)
        event = {"type": "report.available", "data": {"title": "血常规"}}
        talk.run("action_book_appointment", event=event)
        assert "血常规" in talk.text
        assert talk.outcome == "wait"

    def test_another_choice_gives_the_held_slot_back(self, people: People, town: Stack) -> None:
        metadata = people.fresh()
        mrn = str(people._fresh)
        talk = held(people, metadata, town, number=2)
        assert "HELD" in appointments(town, mrn)
        talk.frame["values"].pop("appointment_slot")
        talk.frame["values"]["date"] = tomorrow(town, 2)
        talk.run("action_offer_slots")
        assert talk.card("slots")["slots"]
        wait_until(lambda: "RELEASED" in appointments(town, mrn), what="the first hold is released")
        talk.choose(0).run("action_book_appointment")
        assert talk.outcome == "wait"

    def test_cancelling_releases(self, people: People, town: Stack) -> None:
        metadata = people.fresh()
        mrn = str(people._fresh)
        talk = held(people, metadata, town, number=3)
        talk.run("action_release_booking")
        assert "释放" in talk.text
        wait_until(lambda: "RELEASED" in appointments(town, mrn), what="released")

    def test_a_slot_that_went_meanwhile_offers_others(self, people: People, town: Stack) -> None:
        talk = offered(
            people,
            people.fresh(),
            town,
            doctor={"code": "", "name": "王长河"},
            date=tomorrow(town, 0, 0, 24 * 9),
        )
        slot = dict(talk.frame["options"][0]["values"]["appointment_slot"])
        for _ in range(slot["remaining"]):
            other = people.talk(people.fresh(), "book_appointment", appointment_slot=slot)
            other.run("action_ask_patient").run("action_book_appointment")
        talk.choose(0).run("action_ask_patient").run("action_book_appointment")
        assert "约满" in talk.text, talk.messages
        assert talk.outcome == "next"
        assert "appointment_slot" not in talk.frame["values"]
        talk.run("action_offer_slots")
        assert slot["start"] not in {
            s["start"] for s in talk.card("slots")["slots"] if s["doctor"] == slot["doctor"]
        }

    def test_who_is_barred_is_told_why(self, people: People, town: Stack) -> None:
        talk = offered(people, people.metadata(people.demo["liu"]), town).choose(4)
        talk.run("action_ask_patient").run("action_book_appointment")
        assert "爽约" in talk.text
        assert talk.outcome == "abandon"
