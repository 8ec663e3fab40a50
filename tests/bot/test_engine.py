"""The engine as pure functions: guards, broken flow files, merging of values; what no conversation shows easily."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine import definitions
from bot.engine.engine import Engine
from bot.engine.state import WAIT, State, Turn
from bot.engine.steps import MAX_STEPS
from tests.bot.assistant import HERE

FLOWS = definitions.load(HERE / "skills" / "flows")
KNOWN = {name for flow in FLOWS.values() for name in flow.actions()} | {
    "utter_greet",
    "utter_thanks",
    "utter_out_of_scope",
}
INTENTS = sorted(
    {intent for flow in FLOWS.values() for intent in flow.start}
    | set(
        [
            "affirm",
            "deny",
            "cancel_task",
            "correct",
            "go_back",
            "repeat",
            "skip",
            "choose",
            "inform",
            "greet",
            "emergency",
            "event",
            "session_start",
        ]
    )
)
OUTCOMES: list[Any] = ["asked", "next", "done", "failed", "abandon", "handoff", "wait", None]


def engine() -> Engine:
    return Engine(FLOWS, KNOWN)


class TestGuards:
    def test_an_action_that_never_gets_on_ends_the_turn(self) -> None:
        state, turn = State(), Turn("book_appointment", "挂号")
        move = engine().begin(state, turn)
        steps = 0
        while move.action:
            steps += 1
            move = engine().go_on(state, turn, {"outcome": "next"}, said=True)
        assert steps == MAX_STEPS and move.says[-1].response == "utter_internal_error"

    def test_a_flow_that_the_model_does_not_have_any_more(self) -> None:
        state = State([{"flow": "gone", "id": "1", "values": {}, "options": [], "asked": None}], {})
        assert engine().begin(state, Turn("book_appointment", "挂号")).action == "action_ask_department"

    def test_another_flow_to_go_on_with_takes_its_values(self) -> None:
        state, turn = State(), Turn("report_query", "查报告")
        engine().begin(state, turn)
        start = {"flow": "book_appointment", "values": {"department": {"code": "1", "name": "骨科"}}}
        move = engine().go_on(state, turn, {"outcome": "done", "start": start}, said=True)
        assert [frame["flow"] for frame in state.stack] == ["book_appointment"]
        assert move.says[0].response == "utter_ask_date"

    def test_a_cleared_value_of_the_run_is_asked_again(self) -> None:
        state, turn = State(), Turn("book_appointment", "挂号")
        frame = state.push(
            "book_appointment", {"department": {}, "date": {}, "appointment_slot": {"id": "s"}}
        )
        frame["confirmed"] = True
        engine().begin(state, Turn("affirm", "好"))
        move = engine().go_on(state, turn, {"outcome": "next", "clear": ["appointment_slot"]}, said=True)
        assert move.action == "action_offer_slots" and not frame["confirmed"]


class TestNeverSilent:
    @settings(deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(INTENTS),
                st.booleans(),
                st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=10),
            ),
            max_size=12,
        )
    )
    def test_whatever_is_said_and_whatever_actions_answer(self, turns: Any) -> None:
        """Every turn ends, and no engine state breaks the next one; only waiting and small talk may say nothing."""
        state = State()
        for intent, unclear, outcomes in turns:
            turn = Turn(intent, "话", unclear=unclear, event={"type": "x"} if intent == "event" else None)
            move = engine().begin(state, turn)
            called = 0
            while move.action:
                outcome = outcomes[called % len(outcomes)]
                called += 1
                signal = {"outcome": outcome} if outcome else None
                move = engine().go_on(state, turn, signal, said=called % 2 == 0)
                assert called <= MAX_STEPS + 1
            waiting = any(frame["asked"] == WAIT for frame in state.stack)
            assert move.says or called or waiting or intent in ("event", "greet"), (intent, unclear)


class TestFlowFiles:
    def check(self, content: Any, complaint: str) -> None:
        with pytest.raises(definitions.FlowError, match=complaint):
            definitions.read(content, "x.yml")

    def test_what_is_missing_is_named(self) -> None:
        self.check({"flow": "x"}, "缺少 name、run")

    def test_what_is_unknown_is_named(self) -> None:
        self.check({"flow": "x", "name": "x", "run": "x", "colect": []}, "colect")

    def test_a_slot_that_must_be_asked_needs_a_question(self) -> None:
        self.check({"flow": "x", "name": "x", "run": "x", "collect": [{"slot": "a"}]}, "ask")

    def test_a_dependency_on_nothing(self) -> None:
        item = {"slot": "a", "ask": "utter_a", "depends": ["b"]}
        self.check({"flow": "x", "name": "x", "run": "x", "collect": [item]}, "b")


@pytest.mark.parametrize("text", ["改日期", "换个时间", "我要改一下日期", "重新选日期吧"])
def test_a_slot_is_asked_again_by_its_name_whatever_the_classifier_thought(text: str) -> None:
    state = State()
    frame = state.push("book_appointment", {"department": {}, "date": {}, "appointment_slot": {"id": "s"}})
    frame["asked"] = "confirm"
    move = engine().begin(state, Turn("chitchat", text))
    assert move.says[-1].response == "utter_ask_date" or move.action == "action_offer_slots"
    assert "appointment_slot" not in frame["values"]
