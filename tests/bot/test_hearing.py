"""What was not heard well is read back before it counts, in every skill; through the real Rasa process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine import definitions, expects
from bot.engine.engine import Engine
from bot.engine.state import State, Turn
from tests.bot.action_server import Actions, Server
from tests.bot.assistant import HERE, Assistant, Reply, Talk

DOCTORS = [
    {"code": "D1", "name": "王建国", "department": "0403", "title": "主任医师"},
    {"code": "D2", "name": "李敏", "department": "0403", "title": "主治医师"},
]
DOUBTFUL = {"uncertain": True, "confidence": 0.55, "raw": "王 建 过"}


@pytest.fixture(scope="module")
def assistant(trained: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """One that knows two doctors by name."""
    folder = tmp_path_factory.mktemp("hearing")
    for part in ("domain", "models"):
        (folder / part).symlink_to(trained / part)
    (folder / "var").mkdir()
    (folder / "var" / "vocabulary.json").write_text(json.dumps({"doctors": DOCTORS}), encoding="utf-8")
    running = Assistant(folder, server.url)
    yield running
    running.stop()


def mumble(talk: Talk, text: str) -> Reply:
    """Said aloud and not heard well."""
    return talk.say(text, voice=DOUBTFUL)


class TestReadBack:
    def test_a_doctor_counts_when_affirmed(self, talk: Talk, actions: Actions) -> None:
        reply = mumble(talk, "我想挂骨科王建国医生的号")
        assert "您说的是王建国医生吗" in reply.text and reply.buttons == ["是的", "不是"]
        # What is not read back is kept, the doctor is not yet.
        assert reply.slots["department"]["name"] == "骨科" and "doctor" not in reply.slots
        reply = talk.say("是的")
        assert reply.slots["doctor"]["name"] == "王建国" and "哪天" in reply.text

    def test_a_day_is_read_back_with_its_date(self, talk: Talk) -> None:
        talk.say("我要挂骨科")
        reply = mumble(talk, "后天下午")
        assert "您说的是后天下午（11月25日）吗" in reply.text and "date" not in reply.slots
        assert "2026-11-25 有这些号" in talk.say("对").text

    def test_doctor_and_day_are_read_back_together(self, talk: Talk) -> None:
        reply = mumble(talk, "挂骨科王建国医生明天上午的号")
        assert "您说的是王建国医生、明天上午（11月24日）吗" in reply.text
        reply = talk.say("/affirm")
        assert reply.slots["doctor"]["name"] == "王建国" and reply.slots["date"]["start"].startswith(
            "2026-11-24"
        )

    def test_what_was_heard_well_is_not_read_back(self, talk: Talk) -> None:
        heard = {"uncertain": False, "confidence": 0.97, "raw": "明天 上午 骨科"}
        assert "有这些号" in talk.say("我想挂明天上午骨科的号", voice=heard).text

    def test_a_department_is_not_read_back(self, talk: Talk) -> None:
        talk.say("我要挂号")
        assert "哪天" in mumble(talk, "骨科").text

    def test_the_next_question_may_be_answered_with_the_right_name_at_once(self, talk: Talk) -> None:
        mumble(talk, "我想挂骨科王建国医生的号")
        reply = talk.say("不是，是李敏医生")
        assert reply.slots["doctor"]["name"] == "李敏" and "您说的是" not in reply.text

    def test_heard_twice_alike_it_counts(self, talk: Talk) -> None:
        mumble(talk, "我想挂骨科王建国医生的号")
        assert mumble(talk, "王建国医生").slots["doctor"]["name"] == "王建国"

    def test_denied_it_is_asked_again_and_the_second_time_a_person_is_offered(self, talk: Talk) -> None:
        talk.say("我要挂骨科")
        mumble(talk, "后天")
        reply = talk.say("不是")
        assert "请再说一遍" in reply.text and "哪天" in reply.text and "date" not in reply.slots
        mumble(talk, "后天")
        assert "转人工" in talk.say("不是").buttons

    def test_a_question_in_between_is_answered_and_the_read_back_comes_again(self, talk: Talk) -> None:
        mumble(talk, "我想挂骨科王建国医生的号")
        reply = talk.say("停车场在哪")
        assert "停车场在东门" in reply.text and "您说的是王建国医生吗" in reply.text
        assert talk.say("对").slots["doctor"]["name"] == "王建国"

    def test_what_cannot_be_understood_brings_it_again(self, talk: Talk) -> None:
        mumble(talk, "我想挂骨科王建国医生的号")
        assert "您说的是王建国医生吗" in talk.say("叽里咕噜叽里").text

    def test_say_it_again_reads_it_back_again(self, talk: Talk) -> None:
        mumble(talk, "我想挂骨科王建国医生的号")
        assert "您说的是王建国医生吗" in talk.say("再说一遍").text
        assert talk.say("是的").slots["doctor"]["name"] == "王建国"

    def test_giving_up_needs_no_answer(self, talk: Talk) -> None:
        mumble(talk, "我想挂骨科王建国医生的号")
        assert talk.say("算了不挂了").slots == {}

    def test_a_correction_that_was_not_heard_well_changes_nothing_before_it_is_affirmed(
        self, talk: Talk
    ) -> None:
        talk.say("我想挂明天上午骨科的号")
        reply = mumble(talk, "不对，换成后天下午")
        assert "您说的是后天下午（11月25日）吗" in reply.text
        assert reply.slots["date"]["start"].startswith("2026-11-24")
        reply = talk.say("是的")
        assert "日期改为后天下午" in reply.text and reply.slots["date"]["start"].startswith("2026-11-25")

    def test_the_answer_is_expected(self, talk: Talk) -> None:
        reply = mumble(talk, "我想挂骨科王建国医生的号")
        assert {"yes_no", "doctor"} <= set(reply.raw["expects"]["kinds"])


class TestConfirmation:
    def test_a_yes_that_was_not_heard_well_books_nothing(self, talk: Talk, actions: Actions) -> None:
        talk.say("我想挂明天上午骨科的号")
        talk.say("第一个")
        reply = mumble(talk, "确认")
        assert "没听准" in reply.text and actions.booked == []
        assert "挂好了" in talk.say("确认").text

    def test_a_no_that_was_not_heard_well_stops_nothing(self, talk: Talk) -> None:
        talk.say("我想挂明天上午骨科的号")
        talk.say("第一个")
        assert mumble(talk, "不要").slots["appointment_slot"]

    def test_a_tap_is_certain(self, talk: Talk, actions: Actions) -> None:
        talk.say("我想挂明天上午骨科的号")
        talk.say("第一个")
        assert "挂好了" in talk.say("/affirm").text


FLOWS = definitions.load(HERE / "skills" / "flows")
KNOWN = {name for flow in FLOWS.values() for name in flow.actions()}
DOCTOR = {"entity": "doctor", "text": "王建国", "value": {"code": "D1", "name": "王建国"}}
DAY = {
    "entity": "date_time",
    "text": "明天",
    "value": {"start": "2026-11-24T00:00:00+08:00", "end": "2026-11-25T00:00:00+08:00", "grain": "day"},
    "scope": "day",
}
DEPARTMENT = {"entity": "department", "text": "骨科", "value": {"code": "0403", "name": "骨科"}}
INTENTS = [
    "inform",
    "book_appointment",
    "correct",
    "deny",
    "affirm",
    "go_back",
    "skip",
    "repeat",
    "cancel_task",
]


@pytest.mark.parametrize(
    ("text", "end", "said"),
    [
        ("明天", "2026-11-25T00:00:00+08:00", "明天（11月24日）"),
        ("11月24号", "2026-11-25T00:00:00+08:00", "11月24号"),
        ("这周", "2026-11-30T00:00:00+08:00", "这周"),
    ],
)
def test_a_day_is_told_with_its_date_once(text: str, end: str, said: str) -> None:
    engine, state = Engine(FLOWS, KNOWN), State()
    day = {**DAY, "text": text, "value": {**DAY["value"], "end": end}}
    move = engine.begin(state, Turn("book_appointment", text, entities=[day], uncertain=True))
    assert move.says[-1].values == {"said": said}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(INTENTS),
            st.lists(st.sampled_from([DOCTOR, DAY, DEPARTMENT]), max_size=3, unique_by=str),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_nothing_doubtful_counts_before_it_is_said_twice_or_affirmed(turns: list[Any]) -> None:
    """Whatever is said in whatever order: a doctor or a day that is in the frame was said well, affirmed, or repeated."""
    engine, state = Engine(FLOWS, KNOWN), State()
    vouched: set[str] = set()
    heard: set[str] = set()
    for intent, entities, uncertain in turns:
        move = engine.begin(state, Turn(intent, "话", entities=list(entities), uncertain=uncertain))
        while move.action:
            move = engine.go_on(state, Turn(intent, "话", uncertain=uncertain), None, said=True)
        named = {entity["entity"] for entity in entities}
        if not uncertain:
            vouched |= named
        if intent == "affirm":
            vouched |= heard
        vouched |= named & heard
        heard |= named
        for frame in state.stack:
            values = set(frame["values"])
            assert not ({"doctor"} & values) or "doctor" in vouched
            assert not ({"date"} & values) or "date_time" in vouched
            assert expects.question(state, FLOWS)["kinds"]
