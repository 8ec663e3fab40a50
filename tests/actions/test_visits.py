"""我的预约、退号、改约、缴费 over the webhook, with the hospital's books as proof."""

from datetime import timedelta

import httpx

from tests.actions.caller import Conversation, Json
from tests.actions.conftest import People
from tests.actions.test_booking import appointments, held, tomorrow
from tests.support.processes import Stack, wait_until


def booked(people: People, town: Stack, days: int = 2) -> tuple[Json, str]:
    """A patient with one paid appointment: metadata and record number."""
    metadata = people.fresh()
    mrn = str(people._fresh)
    talk = held(people, metadata, town, number=days, date=tomorrow(town, days))
    httpx.post(talk.card("payment")["url"], json={}, timeout=10)
    wait_until(
        lambda: talk.run("action_book_appointment", "付好了").outcome == "done", what="booked", every=0.3
    )
    assert "BOOKED" in appointments(town, mrn)
    return metadata, mrn


class TestMyAppointments:
    def test_nothing_booked(self, people: People) -> None:
        zhao = people.metadata(people.demo["zhao"])
        assert "没有" in people.talk(zhao, "my_appointments").run("action_my_appointments").text

    def test_what_when_where(self, people: People, town: Stack) -> None:
        metadata, _ = booked(people, town)
        talk = people.talk(metadata, "my_appointments").run("action_my_appointments")
        day = tomorrow(town, 2)["start"][:10]
        [item] = [i for i in talk.card("appointments")["items"] if i["start"].startswith(day)]
        assert item["department"] == "骨科" and item["code"] and item["qr"].startswith("data:image/svg")
        assert item["payload_cancel"].startswith("退掉") and "骨科" in item["payload_change"]
        assert "门诊楼" in talk.text or "预约" in talk.text

    def test_today_is_queued_and_checked_in(self, people: People) -> None:
        wang = people.metadata(people.demo["wang"])
        assert "号" in people.talk(wang, "queue_status").run("action_queue_status").text
        assert "签到" in people.talk(wang, "check_in").run("action_check_in").text
        nobody = people.metadata(people.demo["zhao"])
        assert "没有预约" in people.talk(nobody, "queue_status").run("action_queue_status").text
        assert "没有预约" in people.talk(nobody, "check_in").run("action_check_in").text


class TestCancelling:
    def test_the_only_one_is_taken_and_the_refund_said(self, people: People, town: Stack) -> None:
        metadata, mrn = booked(people, town)
        talk = people.talk(metadata, "cancel_appointment", date=tomorrow(town, 2)).run(
            "action_choose_appointment"
        )
        assert talk.outcome == "next", talk.messages
        lines = dict(talk.run("action_confirm_cancellation").card("confirm")["lines"])
        assert "原路退回" in lines["退款"]
        talk.run("action_cancel_appointment")
        assert talk.outcome == "done", talk.messages
        wait_until(lambda: "CANCELLED" in appointments(town, mrn), what="cancelled in the HIS")
        refunds = [o for o in town.cashier_ledger()["orders"] if o["status"] == "REFUNDED"]
        assert refunds

    def test_twice_the_same_is_done_once(self, people: People, town: Stack) -> None:
        metadata, mrn = booked(people, town)
        talk = people.talk(metadata, "cancel_appointment", date=tomorrow(town, 2)).run(
            "action_choose_appointment"
        )
        if talk.outcome == "asked":
            talk.choose(0)
        assert talk.run("action_cancel_appointment").outcome == "done", talk.messages
        assert talk.run("action_cancel_appointment").outcome == "done", talk.messages
        wait_until(lambda: "CANCELLED" in appointments(town, mrn), what="cancelled in the HIS")
        assert appointments(town, mrn).count("CANCELLED") == 1

    def test_nothing_to_cancel(self, people: People) -> None:
        zhao = people.metadata(people.demo["zhao"])
        talk = people.talk(zhao, "cancel_appointment").run("action_choose_appointment")
        assert "没有可以退的预约" in talk.text
        assert talk.outcome == "abandon"


class TestRescheduling:
    def test_moved_to_another_day_and_the_old_one_gone(self, people: People, town: Stack) -> None:
        metadata, mrn = booked(people, town)
        bones = {"code": "0403", "name": "骨科"}
        talk = people.talk(metadata, "reschedule_appointment", department=bones)
        assert talk.run("action_choose_appointment").outcome == "next"
        assert talk.run("action_offer_new_slots").card("options")["options"]
        talk.frame["values"]["date"] = tomorrow(town, 3)
        slots = talk.run("action_offer_new_slots").card("slots")["slots"]
        assert {s["visit_type"] for s in slots} == {talk.frame["values"]["appointment"]["visit_type"]}
        talk.choose(0).run("action_confirm_reschedule")
        assert dict(talk.card("confirm")["lines"])["改到"]
        talk.run("action_reschedule_appointment")
        assert talk.outcome == "done"
        day = (town.now() + timedelta(days=3)).date().isoformat()
        assert talk.card("voucher")["start"].startswith(day)
        assert appointments(town, mrn).count("BOOKED") == 1

    def test_the_first_date_names_the_old_the_second_the_new(self, people: People, town: Stack) -> None:
        metadata, _ = booked(people, town)
        old, new = tomorrow(town, 2), tomorrow(town, 4)
        text = "把后天的号改到星期五"
        dates: list[Json] = [
            {"entity": "date_time", "text": "后天", "value": old, "start": 1, "end": 3},
            {"entity": "date_time", "text": "星期五", "value": new, "start": 7, "end": 10},
        ]
        talk = people.talk(metadata, "reschedule_appointment", date=old)
        talk.run("action_choose_appointment", text, "reschedule_appointment", dates)
        assert talk.frame["values"]["date"] == new
        assert talk.outcome == "next"


class TestPaying:
    def test_a_bill_is_shown_confirmed_paid_and_posted(self, people: People, town: Stack) -> None:
        chen = people.metadata(people.demo["chen"])
        shown = people.talk(chen, "bill_query").run("action_bill_query")
        total = shown.card("bill")["total_fen"]
        assert total > 0 and "待缴" in shown.text

        talk = people.talk(chen, "pay_bill").run("action_ask_bill")
        assert talk.outcome == "next"
        talk.run("action_confirm_payment")
        assert talk.card("bill")["total_fen"] == total
        assert dict(talk.card("confirm")["lines"])["合计"].endswith("元")
        payment = talk.run("action_pay_bill").card("payment")
        assert payment["amount_fen"] == total
        httpx.post(payment["url"], json={}, timeout=10)
        wait_until(lambda: talk.run("action_pay_bill", "付好了").outcome == "done", what="posted", every=0.3)
        assert "没有待缴" in people.talk(chen, "bill_query").run("action_bill_query").text

    def test_nothing_to_pay(self, people: People) -> None:
        zhao = people.metadata(people.demo["zhao"])
        talk: Conversation = people.talk(zhao, "pay_bill").run("action_ask_bill")
        assert "没有待缴" in talk.text
        assert talk.outcome == "abandon"
