"""What the reply says may be said next, at every kind of question of the real assistant."""

from __future__ import annotations

from typing import Any

from tests.bot.action_server import Actions
from tests.bot.assistant import Assistant, Reply, Talk

KEYS = {"kinds", "slot", "flow", "options"}


def expects(reply: Reply) -> dict[str, Any]:
    found = reply.raw["expects"]
    assert set(found) == KEYS
    return found


def ids(reply: Reply) -> list[str]:
    return [option["id"] for option in expects(reply)["options"]]


def test_nothing_asked_is_free_speech_with_the_buttons_by_their_titles(talk: Talk) -> None:
    found = expects(talk.say("/session_start"))
    assert (found["slot"], found["flow"]) == (None, None)
    assert found["kinds"] == ["free", "choice"]
    assert "我要挂号" in [word for option in found["options"] for word in option["words"]]


def test_small_talk_expects_anything(talk: Talk) -> None:
    assert expects(talk.say("谢谢你")) == {"kinds": ["free"], "slot": None, "flow": None, "options": []}


def test_a_department_is_expected_where_it_is_asked_for(talk: Talk) -> None:
    found = expects(talk.say("我要挂号"))
    assert (found["kinds"], found["slot"], found["flow"]) == (
        ["department"],
        "department",
        "book_appointment",
    )


def test_a_day_is_expected_where_it_is_asked_for(talk: Talk) -> None:
    found = expects(talk.say("我要挂骨科"))
    assert (found["kinds"], found["slot"]) == (["date_time"], "date")


def test_what_was_offered_is_expected_with_its_words_and_another_day(talk: Talk) -> None:
    reply = talk.say("我想挂明天骨科的号")
    found = expects(reply)
    assert (found["kinds"], found["slot"]) == (["choice", "date_time"], "appointment_slot")
    assert ids(reply)[:2] == ["2026-11-24-s1", "2026-11-24-s2"]
    assert found["options"][0] == {"id": "2026-11-24-s1", "title": "09:00 王建国", "words": ["09:00"]}


def test_several_of_a_name_are_expected_as_options(talk: Talk) -> None:
    found = expects(talk.say("我想挂妇产科"))
    assert found["kinds"] == ["department", "choice"]
    assert {option["title"] for option in found["options"]} == {"妇科", "产科"}


def test_a_confirmation_expects_yes_or_no_and_nothing_wider(talk: Talk) -> None:
    talk.say("我想挂明天骨科的号")
    found = expects(talk.say("第一个"))
    assert (found["kinds"], found["slot"], found["options"]) == (["yes_no"], None, [])


def test_what_to_change_expects_the_slots_that_can_be_changed(talk: Talk) -> None:
    talk.say("我想挂明天骨科的号")
    talk.say("第一个")
    found = expects(talk.say("不对"))
    assert "改日期" in [option["title"] for option in found["options"]]
    assert {"yes_no", "choice", "date_time", "department"} <= set(found["kinds"])


def test_the_offer_to_go_on_expects_yes_or_no(talk: Talk) -> None:
    talk.say("我想挂明天骨科的号")
    talk.say("我要退号")
    reply = talk.say("算了")
    assert "继续" in reply.buttons
    found = expects(reply)
    assert (found["kinds"], found["slot"]) == (["yes_no", "choice"], None)
    assert {option["id"]: option["words"] for option in found["options"]}["/affirm"] == ["继续"]


def test_a_failure_expects_the_way_out(talk: Talk, actions: Actions) -> None:
    actions.broken["action_offer_slots"] = "failed"
    found = expects(talk.say("我想挂明天骨科的号"))
    assert "yes_no" in found["kinds"]
    assert {option["title"] for option in found["options"]} == {"再试一次", "转人工"}


def test_after_the_end_nothing_is_expected_any_more(talk: Talk) -> None:
    talk.say("我想挂明天骨科的号")
    talk.say("第一个")
    found = expects(talk.say("确认"))
    assert (found["kinds"][0], found["slot"], found["flow"]) == ("free", None, None)


def test_an_emergency_leaves_no_question_open(talk: Talk) -> None:
    talk.say("我想挂明天骨科的号")
    found = expects(talk.say("胸口压着疼出冷汗"))
    assert found["kinds"][0] == "free" and found["slot"] is None
    assert "tel:120" not in str(found["options"])


def test_a_broken_turn_has_it_too(assistant: Assistant, talk: Talk) -> None:
    assert expects(talk.say("我" * 600))["kinds"] == ["free"]
