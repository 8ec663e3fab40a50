"""Something ails the person while they book: it is never overheard, whatever was just asked, and the booking goes on."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.conftest import Patients, appointments
from tests.support.caller import Caller
from tests.support.processes import Stack
from tests.support.talk import Person, Reply

SYMPTOMS = [
    "胸口疼",
    "头疼",
    "肚子疼",
    "头晕",
    "心慌",
    "气短",
    "胸闷",
    "咳嗽",
    "发烧",
    "嗓子疼",
    "牙疼",
    "耳朵嗡嗡响",
    "眼睛看不清",
    "身上起红疹子",
    "痒得厉害",
    "拉肚子",
    "便秘",
    "恶心想吐",
    "尿频",
    "尿血",
    "月经不调",
    "失眠",
    "没力气",
    "鼻塞流鼻涕",
    "胃不舒服",
    "反酸",
    "我头有点疼",
    "我这两天一直咳嗽",
    "心里发慌",
    "肚子拧着疼",
    "脖子上长了个包",
    "掉头发",
    "腰疼",
    "膝盖疼",
    "脚崴了",
    "手麻",
    "颈椎不舒服",
    "背疼",
    "今天早上开始胸口疼",
    "确认不了我头晕得很",
]
EMERGENCIES = ("喘不上气", "胸口疼出冷汗", "晕倒了", "吐血", "我不想活了")
# What is said where what ails the person is understood: where to go, what else is to be known, or 120.
TAKEN = ("建议先看", "可以看", "？比如", "疼主要在哪里", "有没有", "天旋地转", "请说说哪里不舒服")


def department(person: Person) -> str:
    person.say("我要挂号")
    return "options"


def day(person: Person) -> str:
    person.say("我要挂号")
    person.say("骨科")
    return "options"


def slot(person: Person) -> str:
    person.say("我想挂后天上午骨科的号")
    return "slots"


def confirmation(person: Person) -> str:
    person.say("我想挂后天上午骨科的号")
    person.tap_first()
    return "confirm"


STATES = [department, day, slot, confirmation]


def understood(reply: Reply) -> bool:
    return "没听懂" not in reply.text and any(words in reply.text for words in TAKEN)


class TestInEveryState:
    @pytest.mark.timeout(400)
    @pytest.mark.parametrize("state", STATES)
    def test_a_symptom_leads_to_a_department_and_back(
        self, town: Stack, patients: Patients, state: Callable[[Person], str]
    ) -> None:
        missed: list[str] = []
        with Person(town, patients.fresh()) as person:
            card = state(person)
            assert person.last.has_card(card), person.last
            for symptom in SYMPTOMS:
                if not understood(person.say(symptom)):
                    missed.append(f"{symptom}: {person.last}")
                if not person.last.has_card(card):
                    person.say("继续")
                if not person.last.has_card(card):
                    missed.append(f"after {symptom}: {person.last}")
                    person.say("取消")
                    state(person)
        assert not missed, "\n".join(missed)
        assert appointments(town, patients.mrn(person.who)) == []

    @pytest.mark.parametrize("state", STATES)
    def test_an_emergency_stops_everything_and_can_be_left(
        self, town: Stack, patients: Patients, state: Callable[[Person], str]
    ) -> None:
        for sentence in EMERGENCIES:
            with Person(town, patients.fresh()) as person:
                card = state(person)
                assert person.say(sentence).has_card("emergency"), (sentence, person.last)
                assert "120" in person.last.text
                assert person.say("继续").has_card(card), (sentence, person.last)

    def test_while_the_payment_is_waited_for(self, person: Person) -> None:
        confirmation(person)
        assert person.say("确认").has_card("payment")
        assert person.say("胸口疼").has_card("triage"), person.last
        assert "120" in person.last.text
        person.say("取消")
        assert "付" in person.say("付好了").text


class TestWhatFollows:
    def test_the_suggested_department_takes_the_booking_over(
        self, town: Stack, person: Person, patients: Patients
    ) -> None:
        slot(person)
        assert person.say("头疼").has_card("triage")
        first = person.last.card("triage")["departments"][0]["name"]
        person.tap(first)
        slots = person.last.card("slots")["slots"]
        # The day that was said before stands.
        assert slots[0]["department"] == first and slots[0]["start"][:10] == "2026-11-25"
        person.tap_first()
        assert first in str(person.last.card("confirm")["lines"])
        person.say("确认")
        person.pay()
        assert [a["status"] for a in appointments(town, patients.mrn(person.who))] == ["BOOKED"]

    def test_more_that_ails_counts_too(self, person: Person) -> None:
        department(person)
        assert person.say("咳嗽").has_card("triage")
        before = {d["name"] for d in person.last.card("triage")["departments"]}
        person.say("还有膝盖疼")
        assert {d["name"] for d in person.last.card("triage")["departments"]} > before, person.last

    def test_beside_an_answer_the_answer_counts_and_help_is_told(self, person: Person) -> None:
        slot(person)
        second = person.last.card("slots")["slots"][1]
        reply = person.say("第二个吧，我胸口疼")
        assert second["doctor"] in str(reply.card("confirm")["lines"])
        assert "120" in reply.text and "胸口疼" in reply.text

    def test_with_the_wish_to_book_it_gives_the_department_and_keeps_the_day(self, person: Person) -> None:
        assert person.say("我牙疼，帮我挂个后天的号").has_card("triage"), person.last
        person.tap("口腔科")
        assert person.last.card("slots")["slots"][0]["start"][:10] == "2026-11-25"

    @pytest.mark.parametrize("sentence", ["没有发烧", "推迟到下周三", "第二个"])
    def test_what_is_no_complaint_opens_nothing(self, person: Person, sentence: str) -> None:
        slot(person)
        assert not person.say(sentence).has_card("triage"), person.last


class TestAtTheKiosk:
    @pytest.fixture
    def caller(self, listening: Stack, patients: Patients) -> Iterator[Caller]:
        with Caller(listening, patients.fresh()) as someone:
            yield someone

    @pytest.mark.parametrize("state", STATES)
    def test_a_symptom_said_aloud_is_heard_in_every_state(
        self, caller: Caller, state: Callable[[Person], str]
    ) -> None:
        card = state(caller)
        for symptom in ("头疼", "肚子疼", "咳嗽", "发烧", "胸口疼"):
            assert understood(caller.speak(symptom)), (symptom, caller.heard, caller.last)
            assert caller.say("继续").has_card(card), caller.last
