"""The conversation patterns, each over the real assistant: built once, so tried once."""

import pytest

from tests.e2e.conftest import Patients, appointments
from tests.support.processes import Stack, wait_until
from tests.support.talk import Person


def offered(person: Person, sentence: str = "我想挂明天上午骨科的号") -> None:
    person.say(sentence)
    assert person.last.has_card("slots"), person.last


def day_of(person: Person) -> str:
    return person.last.card("slots")["slots"][0]["start"][:10]


class TestCorrection:
    def test_another_day_while_choosing(self, person: Person) -> None:
        offered(person)
        before = day_of(person)
        person.say("不对，换成后天下午")
        assert day_of(person) > before
        assert all(s["start"][11:13] >= "12" for s in person.last.card("slots")["slots"])
        assert person.last.card("slots")["slots"][0]["department"] == "骨科"

    def test_another_department_at_the_confirmation(self, person: Person) -> None:
        offered(person)
        person.tap_first()
        person.say("不对，我要挂皮肤科")
        assert person.last.card("slots")["slots"][0]["department"] == "皮肤科"

    def test_another_day_after_the_slot_was_held(
        self, town: Stack, person: Person, patients: Patients
    ) -> None:
        offered(person)
        person.tap_first()
        assert person.say("确认").has_card("payment")
        person.say("不对，换成后天下午")
        assert person.last.has_card("slots"), person.last
        mrn = patients.mrn(person.who)
        wait_until(
            lambda: all(a["status"] == "RELEASED" for a in appointments(town, mrn)),
            what="first hold released",
        )


class TestDigression:
    def test_a_question_in_between_is_answered_and_the_open_one_asked_again(self, person: Person) -> None:
        offered(person)
        reply = person.say("停车场在哪")
        assert "停车" in reply.text
        assert reply.has_card("slots") or "选" in reply.text or "时间" in reply.text, reply
        person.say("第一个")
        assert person.last.has_card("confirm"), person.last

    def test_another_task_in_between_and_back(self, person: Person) -> None:
        offered(person)
        person.say("先查一下我的报告")
        assert "报告" in person.last.text or person.last.has_card("reports")
        person.say("继续")
        assert person.last.has_card("slots"), person.last


class TestChoosing:
    def test_by_number(self, person: Person) -> None:
        offered(person)
        second = person.last.card("slots")["slots"][1]
        person.say("第二个")
        assert second["doctor"] in str(person.last.card("confirm")["lines"])

    def test_by_doctor(self, person: Person) -> None:
        offered(person)
        doctor = person.last.card("slots")["slots"][0]["doctor"]
        person.say(f"{doctor}医生那个")
        if person.last.has_card("slots"):
            assert {s["doctor"] for s in person.last.card("slots")["slots"]} == {doctor}
        else:
            assert doctor in str(person.last.card("confirm")["lines"])

    def test_the_earliest(self, person: Person) -> None:
        offered(person)
        first = min(s["start"] for s in person.last.card("slots")["slots"])
        person.say("最早的那个")
        assert first[11:16].lstrip("0") in dict(person.last.card("confirm")["lines"])["时间"]

    def test_a_choice_of_an_old_list_is_said_to_be_gone(self, person: Person) -> None:
        offered(person)
        old = person.last.choices[0]
        person.say("不对，换成后天下午")
        reply = person.say(old["title"], old["payload"])
        assert not reply.has_card("confirm"), reply
        assert reply.text


class TestStopping:
    @pytest.mark.parametrize("words", ["算了不挂了", "不办了", "取消吧"])
    def test_never_mind_ends_the_task(self, person: Person, words: str) -> None:
        offered(person)
        reply = person.say(words)
        assert reply.text
        assert not reply.has_card("slots")
        assert person.say("第一个").text

    def test_no_at_the_confirmation_books_nothing(
        self, town: Stack, person: Person, patients: Patients
    ) -> None:
        offered(person)
        person.tap_first()
        assert person.say("不了").text
        assert appointments(town, patients.mrn(person.who)) == []


class TestSmallThings:
    def test_say_that_again(self, person: Person) -> None:
        offered(person)
        before = person.last.messages
        assert person.say("没听清，再说一遍").messages == before

    def test_back_one_step(self, person: Person) -> None:
        offered(person)
        person.tap_first()
        assert person.last.has_card("confirm")
        assert person.say("上一步").has_card("slots")

    def test_two_requests_in_one_message(self, person: Person) -> None:
        reply = person.say("看看我的报告，再告诉我停车场在哪")
        assert "停车" in reply.text and "报告" in reply.text, reply

    def test_a_person_is_offered_when_asked_for(self, person: Person) -> None:
        reply = person.say("转人工")
        assert "服务台" in reply.text or "人工" in reply.text

    def test_what_it_can_do(self, person: Person) -> None:
        assert "挂号" in person.say("你能做什么").text

    def test_a_greeting_says_that_it_is_a_machine(self, person: Person) -> None:
        assert "机器" in person.greeting.text or "智能助手" in person.greeting.text

    def test_thanks_are_answered(self, person: Person) -> None:
        assert person.say("谢谢你").text


class TestEmergency:
    @pytest.mark.parametrize(
        "words", ["胸口压着疼出冷汗", "孩子抽搐了叫不醒", "我爸突然半边身子动不了说话不清楚"]
    )
    def test_stops_everything(self, person: Person, words: str) -> None:
        reply = person.say(words)
        assert "120" in reply.text or reply.card("emergency")["phone"] == "120"

    def test_in_the_middle_of_a_booking(self, person: Person) -> None:
        offered(person)
        reply = person.say("我现在胸口压着疼出冷汗")
        assert reply.has_card("emergency"), reply
        assert not reply.has_card("slots")


class TestOutOfScope:
    @pytest.mark.parametrize("words", ["帮我写首诗", "帮我开点头孢", "股票今天涨了吗", "我是不是得了癌症"])
    def test_says_so_and_what_it_can_do(self, person: Person, words: str) -> None:
        reply = person.say(words)
        assert reply.text
        assert not reply.has_card("slots")

    def test_never_prescribes(self, person: Person) -> None:
        reply = person.say("头疼吃什么药好")
        assert "医生" in reply.text


class TestUnclear:
    def test_after_two_misses_a_person_is_offered(self, person: Person) -> None:
        person.say("嗯嗯那个啥呀呀")
        reply = person.say("哦哦这个嘛嘛嘛")
        assert "人工" in str(reply.choices) + reply.text, reply


class TestWithinABooking:
    """What people say on the way that must not lead away from it."""

    def test_another_kind_of_number_is_asked_for(self, person: Person) -> None:
        offered(person)
        person.say("有没有专家号")
        if person.last.has_card("slots"):
            assert {s["visit_type"] for s in person.last.card("slots")["slots"]} == {"专家"}
        else:
            assert "骨科的专家号已经没有了" in person.last.text

    def test_another_department_after_a_change_of_mind(self, person: Person) -> None:
        offered(person)
        person.say("我改主意了，换皮肤科")
        assert person.last.card("slots")["slots"][0]["department"] == "皮肤科"

    def test_a_yes_to_a_list_is_asked_which(self, person: Person) -> None:
        offered(person)
        assert "先选一个" in person.say("确认").text
        assert person.last.has_card("slots") and "没听懂" not in person.last.text

    def test_how_to_pay_shows_the_payment_again(self, person: Person) -> None:
        offered(person)
        person.tap_first()
        person.say("确认")
        assert person.say("还没付，怎么付").has_card("payment"), person.last
        assert "待缴" not in person.last.text

    @pytest.mark.parametrize("words", ["等一下", "停一下"])
    def test_waiting_gives_nothing_up(self, person: Person, words: str) -> None:
        offered(person)
        person.tap_first()
        assert "慢慢来" in person.say(words).text
        assert person.say("继续").has_card("confirm"), person.last


class TestWhatWasJustSeen:
    def test_what_does_that_mean_is_about_the_report_on_the_screen(self, town: Stack) -> None:
        with Person(town, "patient:zhang") as zhang:
            zhang.say("我的报告出来了吗")
            zhang.tap_first()
            title = zhang.last.card("report")["title"]
            reply = zhang.say("这个偏高是什么意思")
            assert reply.card("report")["title"] == title
            assert "参考范围" in reply.text

    def test_the_price_is_no_debt(self, person: Person) -> None:
        assert "普通号" in person.say("挂号费多少钱").text
        assert "待缴" not in person.last.text
