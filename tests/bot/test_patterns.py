"""The conversation patterns, through the real Rasa process: what a patient says and what they get."""

from __future__ import annotations

from tests.bot.action_server import Actions
from tests.bot.assistant import Assistant, Talk


def at_slots(talk: Talk) -> Talk:
    talk.say("我想挂明天上午骨科的号")
    return talk


def at_confirmation(talk: Talk) -> Talk:
    at_slots(talk)
    talk.say("第一个")
    return talk


class TestSlotFilling:
    def test_all_values_of_a_sentence_are_taken_at_once(self, talk: Talk) -> None:
        reply = talk.say("我妈明天上午想看骨科，要专家号")
        assert reply.skill == "book_appointment"
        assert reply.slots["department"]["name"] == "骨科"
        assert reply.slots["date"]["start"] == "2026-11-24T00:00:00+08:00"
        assert (reply.slots["person"], reply.slots["visit_type"]) == ("MTH", "EXP")
        assert "2026-11-24 有这些号" in reply.text

    def test_only_what_is_missing_is_asked_in_any_order(self, talk: Talk, actions: Actions) -> None:
        assert "哪个科" in talk.say("我要挂号").text
        # The day first, then the department that was asked for.
        assert "哪个科" in talk.say("明天上午").text
        reply = talk.say("皮肤科")
        assert "皮肤科 2026-11-24 有这些号" in reply.text
        assert actions.names().count("action_ask_department") == 2

    def test_a_department_that_several_are_called_by_is_asked_about(self, talk: Talk) -> None:
        reply = talk.say("我想挂妇产科")
        assert set(reply.buttons) == {"妇科", "产科"}
        assert talk.say("产科").slots["department"]["name"] == "产科"


class TestCorrection:
    def test_the_value_changes_and_only_its_dependants_are_asked_again(self, talk: Talk) -> None:
        reply = at_slots(talk).say("不对，换成后天下午")
        assert "日期改为后天下午" in reply.text
        assert reply.slots["date"]["start"] == "2026-11-25T12:00:00+08:00"
        assert reply.slots["department"]["name"] == "骨科"

    def test_a_corrected_day_keeps_the_half_day(self, talk: Talk) -> None:
        reply = at_slots(talk).say("不对，是后天")
        assert (reply.slots["date"]["start"], reply.slots["date"]["end"]) == (
            "2026-11-25T00:00:00+08:00",
            "2026-11-25T12:00:00+08:00",
        )

    def test_a_new_value_at_the_confirmation_is_a_correction(self, talk: Talk) -> None:
        reply = at_confirmation(talk).say("换成后天下午")
        assert "appointment_slot" not in reply.slots
        assert "2026-11-25 有这些号" in reply.text

    def test_not_this_but_that(self, talk: Talk) -> None:
        reply = at_slots(talk).say("不是明天，是周五")
        assert reply.slots["date"]["start"].startswith("2026-11-27")

    def test_the_half_day_alone_keeps_the_day(self, talk: Talk) -> None:
        reply = at_slots(talk).say("下午的")
        assert reply.slots["date"]["start"] == "2026-11-24T12:00:00+08:00"

    def test_another_kind_of_visit_clears_the_chosen_slot(self, talk: Talk, actions: Actions) -> None:
        reply = at_confirmation(talk).say("换成专家号")
        assert reply.slots["visit_type"] == "EXP" and "appointment_slot" not in reply.slots
        assert actions.names()[-1] == "action_offer_slots"

    def test_what_to_change_is_asked_when_it_is_not_said(self, talk: Talk) -> None:
        reply = at_confirmation(talk).say("不对")
        assert "改日期" in reply.buttons and reply.slots["appointment_slot"]
        assert "哪天" in talk.say("改日期").text


class TestDigression:
    def test_a_question_in_the_middle_is_answered_and_the_open_one_asked_again(self, talk: Talk) -> None:
        reply = at_slots(talk).say("停车场在哪")
        assert (
            reply.text.index("停车场在东门") < reply.text.index("接着办挂号") < reply.text.index("有这些号")
        )

    def test_small_talk_in_the_middle(self, talk: Talk) -> None:
        talk.say("我要挂号")
        reply = talk.say("谢谢")
        assert "哪个科" in reply.text and len(reply.raw["messages"]) == 2

    def test_another_job_is_done_first_then_the_first_one_is_offered_again(self, talk: Talk) -> None:
        at_slots(talk)
        assert "退哪一个" in talk.say("我要退号").text
        talk.say("第一个")
        reply = talk.say("确认")
        assert "退好了" in reply.text and "继续挂号" in reply.text
        again = talk.say("继续")
        assert again.slots["department"]["name"] == "骨科" and "有这些号" in again.text

    def test_the_offer_to_go_on_can_be_declined(self, talk: Talk, actions: Actions) -> None:
        at_slots(talk)
        for text in ("我要退号", "第一个", "确认"):
            talk.say(text)
        reply = talk.say("不用了")
        assert reply.slots == {} and len(actions.released) == 1


class TestCancel:
    def test_it_stops_holds_are_released_and_it_is_said(self, talk: Talk, actions: Actions) -> None:
        reply = at_slots(talk).say("算了不挂了")
        assert "挂号已停止" in reply.text and reply.slots == {}
        assert len(actions.released) == 1

    def test_no_at_the_confirmation_books_nothing(self, talk: Talk, actions: Actions) -> None:
        reply = at_confirmation(talk).say("不要")
        assert "已停止" in reply.text and actions.booked == []

    def test_nothing_to_cancel(self, talk: Talk) -> None:
        assert "没有正在办的事" in talk.say("算了").text

    def test_nothing_of_a_finished_job_leaks_into_the_next(self, talk: Talk) -> None:
        at_confirmation(talk).say("确认")
        assert talk.say("我要挂号").slots == {}


class TestGoBackAndSkip:
    def test_the_previous_question_is_asked_again(self, talk: Talk) -> None:
        talk.say("我要挂号")
        talk.say("骨科")
        talk.say("明天")
        assert "哪天" in talk.say("上一步").text
        assert "哪个科" in talk.say("返回上一步").text

    def test_whatever_of_a_list_is_its_first_and_still_confirmed(self, talk: Talk, actions: Actions) -> None:
        reply = at_slots(talk).say("随便")
        assert "确认挂" in reply.text and actions.booked == []

    def test_what_must_be_said_cannot_be_skipped(self, talk: Talk) -> None:
        talk.say("我要挂号")
        assert "哪个科" in talk.say("随便").text


class TestChoosing:
    def chosen(self, talk: Talk, text: str) -> str:
        return talk.say(text).slots.get("appointment_slot", {}).get("id", "")

    def test_by_ordinal(self, talk: Talk) -> None:
        assert self.chosen(at_slots(talk), "第二个") == "2026-11-24-s2"

    def test_the_last(self, talk: Talk) -> None:
        assert self.chosen(at_slots(talk), "最后一个") == "2026-11-24-s4"

    def test_the_earliest(self, talk: Talk) -> None:
        assert self.chosen(at_slots(talk), "最早的那个") == "2026-11-24-s1"

    def test_the_cheapest(self, talk: Talk) -> None:
        assert self.chosen(at_slots(talk), "便宜的") == "2026-11-24-s2"

    def test_by_the_clock(self, talk: Talk) -> None:
        assert self.chosen(at_slots(talk), "九点半的") == "2026-11-24-s2"

    def test_by_tapping(self, talk: Talk) -> None:
        reply = at_slots(talk).tap("2026-11-24-s3")
        assert reply.slots["appointment_slot"]["id"] == "2026-11-24-s3"

    def test_a_tap_on_an_older_list_is_said_to_be_gone(self, talk: Talk, actions: Actions) -> None:
        at_slots(talk).say("不对，换成后天")
        reply = talk.tap("2026-11-24-s1")
        assert "已经过期" in reply.text and "2026-11-25 有这些号" in reply.text
        assert "appointment_slot" not in reply.slots

    def test_several_that_fit_are_asked_about(self, talk: Talk) -> None:
        reply = at_slots(talk).say("王医生那个")
        assert len(reply.buttons) == 2 and all("王建国" in title for title in reply.buttons)

    def test_more_than_there_are(self, talk: Talk) -> None:
        reply = at_slots(talk).say("第九个")
        assert "appointment_slot" not in reply.slots and "有这些号" in reply.text


class TestTwoRequests:
    def test_both_are_done_one_after_the_other(self, talk: Talk) -> None:
        assert "哪个科" in talk.say("挂个号再看看报告").text
        for text in ("骨科", "明天上午", "第一个"):
            talk.say(text)
        reply = talk.say("确认")
        assert reply.text.index("挂好了") < reply.text.index("报告出来了")


class TestRepeat:
    def test_the_last_answer_comes_again_with_its_card(self, talk: Talk) -> None:
        first = at_slots(talk).say("不对，换成后天下午")
        assert talk.say("没听清，再说一遍").raw["messages"] == first.raw["messages"]

    def test_nothing_was_said_yet(self, talk: Talk) -> None:
        assert talk.say("再说一遍").text


class TestBackEndFailure:
    def test_an_unreachable_step_is_told_and_can_be_tried_again(self, talk: Talk, actions: Actions) -> None:
        actions.broken["action_book_appointment"] = "error"
        reply = at_confirmation(talk).say("确认")
        assert "没有办成" in reply.text and reply.buttons == ["再试一次", "转人工"]
        assert actions.booked == []
        actions.broken.clear()
        assert "挂好了" in talk.tap("retry").text and len(actions.booked) == 1

    def test_garbage_silence_and_slowness_are_never_silence(self, talk: Talk, actions: Actions) -> None:
        for how in ("garbage", "slow", "failed", "silent"):
            actions.broken["action_offer_slots"] = how
            reply = talk.assistant.talk().say("我想挂明天上午骨科的号")
            assert reply.text, how

    def test_try_again_may_be_typed(self, talk: Talk, actions: Actions) -> None:
        actions.broken["action_offer_slots"] = "error"
        at_slots(talk)
        actions.broken.clear()
        assert "有这些号" in talk.say("再试一次").text

    def test_a_person_instead(self, talk: Talk, actions: Actions) -> None:
        actions.broken["action_offer_slots"] = "error"
        at_slots(talk)
        assert "导医台" in talk.say("转人工").text

    def test_no_person_either(self, talk: Talk, actions: Actions) -> None:
        actions.broken["action_handoff"] = "error"
        assert "导医台" in talk.say("转人工").text


class TestNotUnderstood:
    def test_out_of_scope_says_what_it_can_do(self, talk: Talk) -> None:
        reply = talk.say("帮我写首诗")
        assert reply.intent == "out_of_scope" and "挂号" in reply.text

    def test_it_never_prescribes(self, talk: Talk) -> None:
        assert "不能诊断" in talk.say("帮我开点消炎药").text

    def test_after_two_misses_a_person_is_offered(self, talk: Talk) -> None:
        talk.say("我要挂号")
        for _ in range(2):
            reply = talk.say("嘛哩嘛哩轰")
        assert reply.text
        assert "转人工" in reply.buttons or "哪个科" in reply.text

    def test_only_a_value_asks_what_it_is_for(self, talk: Talk) -> None:
        reply = talk.say("骨科")
        assert reply.text


class TestEmergency:
    def test_it_stops_everything_at_any_turn(self, talk: Talk) -> None:
        reply = at_confirmation(talk).say("胸口压着疼出冷汗")
        assert reply.skill == "emergency" and "120" in reply.text
        assert reply.raw["messages"][0]["card"]["type"] == "emergency" and "转人工" in reply.buttons
        assert "确认挂" not in reply.text

    def test_it_wins_over_a_request_in_the_same_sentence(self, talk: Talk) -> None:
        assert talk.say("我想挂明天的号，我爸突然昏倒了").skill == "emergency"

    def test_afterwards_the_job_can_be_taken_up(self, talk: Talk) -> None:
        at_confirmation(talk).say("喘不上气")
        assert "确认挂" in talk.say("继续").text

    def test_it_needs_no_action_server(self, talk: Talk, actions: Actions) -> None:
        talk.say("血流不止")
        assert actions.calls == []


class TestEvents:
    def test_a_flow_that_waits_is_told(self, talk: Talk, actions: Actions) -> None:
        assert "请在 15 分钟内支付" in talk.say("我要缴费").text
        reply = talk.say('/event{"type": "payment.posted"}', event={"type": "payment.posted", "data": {}})
        assert reply.text == "缴费成功"

    def test_it_does_not_stand_in_the_way_of_another_job(self, talk: Talk) -> None:
        talk.say("我要缴费")
        assert "哪个科" in talk.say("我要挂号").text
        talk.say('/event{"type": "payment.posted"}', event={"type": "payment.posted", "data": {}})
        assert "哪天" in talk.say("骨科").text

    def test_giving_up_what_waits_releases_it(self, talk: Talk, actions: Actions) -> None:
        talk.say("我要缴费")
        talk.say("算了不交了")
        assert actions.released == ["p1"]

    def test_asked_after_it_tells_how_it_stands(self, talk: Talk, actions: Actions) -> None:
        talk.say("我要缴费")
        talk.say("付好了")
        assert actions.names() == ["action_pay", "action_pay"]

    def test_silence_warns_then_wipes(self, talk: Talk) -> None:
        at_slots(talk)
        warned = talk.say("/event", event={"type": "silence.warning"})
        assert "还在吗" in warned.text and warned.slots
        assert talk.say("/event", event={"type": "silence.end"}).slots == {}


class TestSessionStart:
    def test_it_says_that_it_is_a_machine(self, talk: Talk) -> None:
        assert "机器人" in talk.say("/session_start").text

    def test_it_forgets_what_was_open(self, talk: Talk) -> None:
        assert at_slots(talk).say("/session_start").slots == {}


class TestRoles:
    def test_a_patient_gets_no_figures(self, talk: Talk, actions: Actions) -> None:
        assert "权限" in talk.say("昨天哪个诊室最快").text
        assert actions.calls == []

    def test_a_manager_does(self, assistant: Assistant, actions: Actions) -> None:
        manager = assistant.talk("director")
        assert "3 诊室" in manager.say("昨天哪个诊室最快").text

    def test_what_a_manager_says_unclearly_goes_to_the_figures(
        self, assistant: Assistant, actions: Actions
    ) -> None:
        manager = assistant.talk("director")
        manager.say("昨天哪个诊室最快")
        manager.say("上周呢")
        assert actions.names() == ["action_management_question"] * 2


class TestTwoClicks:
    def test_two_confirmations_book_once(self, talk: Talk, actions: Actions) -> None:
        at_confirmation(talk)
        assert "挂好了" in talk.say("/affirm").text
        again = talk.say("/affirm")
        assert again.text and len(actions.booked) == 1
