"""What a sentence means in the state that it meets: the engine with the real flows, its actions answered by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.engine import definitions, phrases
from bot.engine.engine import Engine
from bot.engine.state import CONFIRM, RETRY, RUN, WAIT, Frame, Move, State, Turn
from tests.bot.assistant import NOW, ROOT

FLOWS = definitions.load(ROOT / "bot" / "flows")
KNOWN = {name for flow in FLOWS.values() for name in flow.actions()} | {
    "utter_" + name for name in ("greet", "thanks", "goodbye", "chitchat", "out_of_scope")
}
CLOCK = datetime.fromisoformat(NOW)
SKIN, BONES = {"code": "1300", "name": "皮肤科"}, {"code": "0403", "name": "骨科"}
SLOTS = [
    {"id": f"slot-{n}", "title": f"医生{n}", "values": {"appointment_slot": {"id": str(n)}}}
    for n in (1, 2, 3)
]


def entity(text: str, kind: str, said: str, value: Any, **more: Any) -> dict[str, Any]:
    """An entity where `said` stands in `text`."""
    start = text.index(said)
    return {
        "entity": kind,
        "text": said,
        "value": value,
        "start": start,
        "end": start + len(said),
    } | more


def a_day(days: int, hours: tuple[int, int] = (0, 24)) -> dict[str, str]:
    midnight = CLOCK.replace(hour=0, minute=0) + timedelta(days=days)
    start, end = (midnight + timedelta(hours=hour) for hour in hours)
    return {"start": start.isoformat(), "end": end.isoformat(), "grain": "day"}


class Talk:
    """A conversation with the engine; `at` opens a job at a question."""

    def __init__(self, role: str = "patient") -> None:
        self.engine, self.state, self.role = Engine(FLOWS, KNOWN), State(), role

    def at(self, flow: str, asked: str, options: list[dict[str, Any]] | None = None, **values: Any) -> Frame:
        frame = self.state.push(flow, values)
        frame["asked"], frame["options"] = asked, options or []
        return frame

    def at_slots(self) -> Frame:
        frame = self.at("book_appointment", "appointment_slot", SLOTS, department=BONES, date=a_day(1))
        self.state.history(frame).append("appointment_slot")
        return frame

    def hear(self, intent: str, text: str, *entities: dict[str, Any], **more: Any) -> Move:
        turn = Turn(intent, text, entities=list(entities), role=self.role, now=CLOCK, **more)
        self.turn = turn
        return self.engine.begin(self.state, turn)

    def answer(self, outcome: str, said: bool = True, **signal: Any) -> Move:
        return self.engine.go_on(self.state, self.turn, {"outcome": outcome, **signal}, said)

    @property
    def top(self) -> Frame:
        assert self.state.top
        return self.state.top


def said(move: Move) -> list[str]:
    return [say.response for say in move.says]


class TestOneStepBack:
    def test_leads_to_what_was_really_asked(self) -> None:
        talk = Talk()
        talk.at_slots()
        assert talk.hear("choose", "医生1").action == "action_ask_patient"
        assert talk.answer("next", set={"patient": {"id": "p"}}).action == "action_confirm_booking"
        talk.answer("asked")
        assert talk.hear("go_back", "上一步").action == "action_offer_slots"
        assert "appointment_slot" not in talk.top["values"]


class TestChoosing:
    @pytest.mark.parametrize("text", ["2", "二", "要2", "2吧"])
    def test_a_bare_digit_is_a_place_in_the_list(self, text: str) -> None:
        talk = Talk()
        frame = talk.at_slots()
        digit = "二" if "二" in text else "2"
        talk.hear("inform", text, entity(text, "number", digit, 2))
        assert frame["values"]["appointment_slot"] == {"id": "2"}

    def test_a_digit_in_a_longer_sentence_is_not(self) -> None:
        talk, text = Talk(), "2个人一起去可以吗"
        frame = talk.at_slots()
        talk.hear("hospital_info", text, entity(text, "number", "2", 2))
        assert "appointment_slot" not in frame["values"]

    @pytest.mark.parametrize("text", ["最后面那个", "最末那个", "最下面的"])
    def test_the_last_in_other_words(self, text: str) -> None:
        """看更多, offered below the list, is none of it."""
        talk = Talk()
        frame = talk.at_slots()
        more = {"id": "more-1", "title": "看更多", "values": {"slots_page": 1}, "place": False}
        frame["options"] = [*SLOTS, more]
        talk.hear("choose", text)
        assert frame["values"]["appointment_slot"] == {"id": "3"}

    def test_a_tap_on_a_list_that_is_not_there_any_more(self) -> None:
        talk = Talk()
        frame = talk.at_slots()
        move = talk.hear("choose", "/choose", option="slot-9")
        assert said(move) == ["utter_option_gone"] and "appointment_slot" not in frame["values"]

    def test_what_is_said_beside_the_choice_is_kept(self) -> None:
        talk, text = Talk(), "皮肤科，周三下午"
        options = [{"id": "department-1300", "title": "皮肤科", "values": {"department": SKIN}}]
        frame = talk.at("book_appointment", "department", options)
        day = a_day(2, (12, 18))
        talk.hear(
            "inform",
            text,
            entity(text, "department", "皮肤科", SKIN),
            entity(text, "date_time", "周三下午", day, scope="full"),
        )
        assert frame["values"] == {"department": SKIN, "date": day}


class TestDays:
    def test_of_two_the_one_to_come(self) -> None:
        talk, text = Talk(), "上周拍过片子，想挂明天骨科的号"
        talk.hear(
            "book_appointment",
            text,
            entity(text, "date_time", "上周", a_day(-7, (0, 168)), scope="day"),
            entity(text, "date_time", "明天", a_day(1), scope="day"),
        )
        assert talk.top["values"]["date"] == a_day(1)

    def test_one_that_was_is_no_wish(self) -> None:
        talk, text = Talk(), "我前年做过手术，想挂骨科"
        talk.hear("book_appointment", text, entity(text, "date_time", "前年", a_day(-700, (0, 240))))
        assert "date" not in talk.top["values"]

    def test_yesterday_alone_is_still_heard(self) -> None:
        """So that it can be said that it is over."""
        talk, text = Talk(), "挂昨天的骨科"
        talk.hear("book_appointment", text, entity(text, "date_time", "昨天", a_day(-1)))
        assert talk.top["values"]["date"] == a_day(-1)

    @pytest.mark.parametrize(
        ("intent", "text"),
        [("skip", "哪天都行"), ("skip", "随便"), ("inform", "什么时候都可以"), ("choose", "越快越好")],
    )
    def test_any_day(self, intent: str, text: str) -> None:
        talk = Talk()
        frame = talk.at("book_appointment", "date", department=BONES)
        assert talk.hear(intent, text).action == "action_offer_slots"
        date = frame["values"]["date"]
        assert date["start"] == NOW and date["end"] > a_day(10)["end"]

    @pytest.mark.parametrize(("text", "days"), [("再往后一天", 5), ("推迟两天", 6), ("提前一天", 3)])
    def test_a_day_later_than_what_was_said(self, text: str, days: int) -> None:
        talk = Talk()
        frame = talk.at("book_appointment", "appointment_slot", SLOTS, department=BONES, date=a_day(4))
        talk.hear("inform", text, entity(text, "date_time", text, a_day(1), scope="day"))
        assert frame["values"]["date"] == a_day(days)


class TestPersons:
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("我妈说让我来看看骨科", False),
            ("我妈非让我来挂骨科", False),
            ("听我妈的，挂骨科", False),
            ("我妈推荐的骨科，给我挂一个", False),
            ("我妈想看骨科", True),
            ("给我妈挂骨科", True),
            ("我妈说她腿疼，挂骨科", True),
            ("陪我妈看骨科", True),
        ],
    )
    def test_who_is_only_mentioned_is_not_the_patient(self, text: str, meant: bool) -> None:
        talk = Talk()
        talk.hear("book_appointment", text, entity(text, "person", "我妈", "MTH"))
        assert ("person" in talk.top["values"]) is meant


class TestUnclear:
    @pytest.mark.parametrize("text", ["嗯嗯那个啥呀呀", "叽里咕噜哇啦", "呜噜呜噜咪", "哦哦这个嘛嘛嘛"])
    def test_nonsense_is_no_answer(self, text: str) -> None:
        assert phrases.babble(text)
        talk = Talk()
        frame = talk.at("book_appointment", CONFIRM, department=BONES, date=a_day(1))
        talk.hear("affirm", text)
        assert not frame["confirmed"]

    @pytest.mark.parametrize("text", ["嗯嗯", "好吧", "啊啊啊啊", "哈哈哈哈", "那个呢", "第一个", "骨科"])
    def test_words_are_not_nonsense(self, text: str) -> None:
        assert not phrases.babble(text)

    def test_after_the_second_time_a_person_is_offered_and_taken(self) -> None:
        talk = Talk()
        talk.hear("affirm", "嗯嗯那个啥呀呀")
        move = talk.hear("out_of_scope", "哦哦这个嘛嘛嘛")
        assert said(move) == ["utter_offer_person"]
        talk.hear("affirm", "好")
        assert talk.top["flow"] == "human_handoff"

    def test_what_it_cannot_do_counts_and_small_talk_does_not(self) -> None:
        talk = Talk()
        talk.hear("out_of_scope", "帮我写首诗")
        assert said(talk.hear("out_of_scope", "股票今天涨了吗")) == ["utter_offer_person"]
        talk = Talk()
        talk.hear("chitchat", "今天天气真好")
        assert said(talk.hear("chitchat", "你多大了")) == []

    def test_a_tapped_confirmation_confirms_whatever_was_offered(self) -> None:
        talk = Talk()
        frame = talk.at(
            "book_appointment",
            CONFIRM,
            department=BONES,
            date=a_day(1),
            appointment_slot={"id": "1"},
            patient={"id": "p"},
        )
        talk.hear("affirm", "嗯嗯那个啥呀呀")
        talk.hear("affirm", "嗯嗯那个啥呀呀")
        assert talk.hear("affirm", "/affirm").action == "action_book_appointment" and frame["confirmed"]


class TestTryingAgain:
    @pytest.mark.parametrize(
        ("intent", "text"),
        [("affirm", "重试"), ("affirm", "再试一次"), ("affirm", "确认"), ("chitchat", "再试试")],
    )
    def test_the_booking_goes_on_with_its_values(self, intent: str, text: str) -> None:
        talk = Talk()
        values: dict[str, Any] = {
            "department": BONES,
            "date": a_day(1),
            "appointment_slot": {"id": "1"},
            "patient": {"id": "p"},
        }
        frame = talk.at("book_appointment", CONFIRM, [], **values)
        assert talk.hear("affirm", "确认").action == "action_book_appointment"
        for _ in range(3):
            move = talk.answer("failed")
            assert frame["asked"] == RETRY
            assert [b["title"] for b in move.says[-1].buttons] == ["再试一次", "转人工"]
            assert talk.hear(intent, text).action == "action_book_appointment"
        talk.answer("wait")
        assert frame["asked"] == WAIT and frame["values"] == values


class TestTakingUpAgain:
    def both_open(self) -> Talk:
        talk = Talk()
        talk.at_slots()
        report = {"id": "r", "title": "血脂四项", "values": {"report": {}}}
        talk.at("report_query", "report", [report, {**report, "id": "r2", "title": "肝功能"}])
        return talk

    @pytest.mark.parametrize(
        ("intent", "text"),
        [
            ("affirm", "继续"),
            ("affirm", "好，接着挂"),
            ("affirm", "继续刚才的"),
            ("book_appointment", "接着挂号"),
            ("book_appointment", "继续预约"),
            ("go_back", "回到挂号"),
        ],
    )
    def test_while_another_list_is_open(self, intent: str, text: str) -> None:
        talk = self.both_open()
        assert talk.hear(intent, text).action == "action_offer_slots"
        assert [frame["flow"] for frame in talk.state.stack] == ["book_appointment"]

    def test_the_one_below_is_given_up_by_its_verb(self) -> None:
        talk = self.both_open()
        assert talk.hear("cancel_task", "号先不挂了").action == "action_release_booking"
        assert said(talk.answer("done")) == ["utter_cancelled", "utter_offer_resume"]
        assert [frame["flow"] for frame in talk.state.stack] == ["report_query"]

    def test_giving_up_in_other_words(self) -> None:
        talk = Talk()
        talk.at_slots()
        assert talk.hear("my_appointments", "不好意思啊，我还是不约了").action == "action_release_booking"

    def test_at_a_confirmation_going_on_is_a_yes(self) -> None:
        talk = self.both_open()
        talk.state.stack.pop()
        talk.at("cancel_appointment", CONFIRM, appointment={"id": "a"})
        assert talk.hear("affirm", "继续").action == "action_cancel_appointment"


class TestFollowingUp:
    def after_schedule(self) -> Talk:
        talk, text = Talk(), "后天骨科谁坐诊"
        talk.hear(
            "doctor_schedule",
            text,
            entity(text, "department", "骨科", BONES),
            entity(text, "date_time", "后天", a_day(2), scope="day"),
        )
        talk.answer("done")
        return talk

    def test_a_booking_takes_department_and_day_over(self) -> None:
        talk = self.after_schedule()
        assert talk.hear("book_appointment", "那给我挂一个").action == "action_offer_slots"
        assert talk.top["values"] == {"department": BONES, "date": a_day(2)}

    def test_of_another_department_only_the_day(self) -> None:
        talk, text = self.after_schedule(), "挂皮肤科"
        talk.hear("book_appointment", text, entity(text, "department", "皮肤科", SKIN))
        assert talk.top["values"] == {"department": SKIN, "date": a_day(2)}

    def test_another_value_alone_asks_the_same_again(self) -> None:
        talk, text = self.after_schedule(), "那明天的呢"
        move = talk.hear("inform", text, entity(text, "date_time", "明天", a_day(1), scope="day"))
        assert move.action == "action_doctor_schedule"
        assert talk.top["values"] == {"department": BONES, "date": a_day(1)}

    def test_not_much_later(self) -> None:
        talk = self.after_schedule()
        for _ in range(3):
            talk.hear("thanks", "谢谢")
        assert talk.hear("book_appointment", "挂号").action == "action_ask_department"


class TestManagers:
    @pytest.mark.parametrize(
        ("intent", "text", "confidence"),
        [("chitchat", "为什么这么慢", 0.9), ("out_of_scope", "原因呢", 0.8), ("queue_status", "候诊呢", 0.5)],
    )
    def test_what_looks_like_a_chat_is_a_question(self, intent: str, text: str, confidence: float) -> None:
        move = Talk("director").hear(intent, text, confidence=confidence)
        assert move.action == "action_management_question"

    def test_small_talk_stays_small_talk(self) -> None:
        assert Talk("director").hear("chitchat", "你叫什么名字呀", confidence=0.95).action is None


class TestAfterAnEmergency:
    @pytest.mark.parametrize(
        ("intent", "text"),
        [("choose", "医生1"), ("affirm", "好的知道了"), ("skip", "随便"), ("chitchat", "没人能帮我")],
    )
    def test_nothing_answers_the_old_list(self, intent: str, text: str) -> None:
        talk = Talk()
        frame = talk.at_slots()
        assert said(talk.hear("emergency", "他突然叫不醒了")) == ["utter_emergency"]
        move = talk.hear(intent, text)
        assert said(move) == ["utter_after_emergency", "utter_put_aside"] and move.action is None
        assert "appointment_slot" not in frame["values"]

    def test_a_tap_on_it_does_nothing_either(self) -> None:
        talk = Talk()
        talk.at_slots()
        talk.hear("emergency", "他突然叫不醒了")
        assert said(talk.hear("choose", "/choose", option="slot-1"))[0] == "utter_after_emergency"
        assert said(talk.hear("choose", "/choose", option="slot-1")) == ["utter_option_gone"]

    def test_a_clear_request_is_served(self) -> None:
        talk = Talk()
        talk.at_slots()
        talk.hear("emergency", "他突然叫不醒了")
        talk.hear("human_handoff", "转人工")
        assert talk.top["flow"] == "human_handoff"

    def test_the_job_is_taken_up_on_request_only(self) -> None:
        talk = Talk()
        talk.at_slots()
        talk.hear("emergency", "他突然叫不醒了")
        talk.hear("affirm", "好的")
        assert talk.hear("affirm", "继续").action == "action_offer_slots"

    def test_what_waits_for_its_payment_goes_on_waiting(self) -> None:
        talk = Talk()
        frame = talk.at("book_appointment", WAIT)
        talk.hear("emergency", "他突然叫不醒了")
        assert talk.hear("affirm", "好的").action is None
        move = talk.hear("event", "", event={"type": "booking.booked"})
        assert move.action == "action_book_appointment" and talk.state.stack == [frame]


def test_a_run_that_offered_something_is_still_answered() -> None:
    talk = Talk()
    frame = talk.at("help", RUN, [{"id": "x", "title": "挂号", "values": {}}])
    assert talk.hear("choose", "挂号").action == FLOWS["help"].run and frame["options"] == []
