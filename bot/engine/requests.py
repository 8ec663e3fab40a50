"""Which job is meant: opened, refused to those whom it is not for, offered where a sentence may mean several."""

from __future__ import annotations

from typing import Any

from bot.engine import phrases
from bot.engine.definitions import Flow
from bot.engine.state import Move, Say, State, Turn, choice
from bot.engine.values import Values

# What people say that is answered in one sentence and changes nothing.
TALK_PREFIX = "utter_"
_SURE = 0.5
# Below, a manager's small talk is taken for a question.
_CLEAR = 0.7


class Requests(Values):
    """From intents to flows."""

    def _sure(self, turn: Turn) -> bool:
        flow = self.by_intent.get(turn.intent)
        others = [self.by_intent[name] for name in turn.close if name in self.by_intent]
        open_to_role = {f.flow for f in others if turn.role in f.roles}
        return flow is not None and turn.confidence >= _SURE and len(open_to_role) < 2

    def _start_or_refuse(self, state: State, turn: Turn) -> Move:
        """Open the flow of an intent; a job of other people's is refused, or the next likely one is meant."""
        flow = self.by_intent.get(turn.intent)
        if flow is None:
            return Move(
                [
                    Say(
                        TALK_PREFIX + turn.intent
                        if TALK_PREFIX + turn.intent in self.known
                        else "utter_rephrase"
                    )
                ]
            )
        if turn.role in flow.roles:
            return self.open(state, turn, flow.flow)
        for intent, confidence in turn.ranking:
            likely = self.by_intent.get(intent)
            if likely and turn.role in likely.roles and confidence >= 0.25:
                return self.open(state, turn, likely.flow)
        again = self.drive(state, turn) if state.top else Move()
        return self._join(Move([Say("utter_not_for_role", {"flow_name": flow.name})]), again)

    def _clarify(self, state: State, turn: Turn) -> Move | None:
        """Up to three jobs to tap, where a sentence may mean several."""
        flows: dict[str, str] = {}
        for intent in [turn.intent, *turn.close]:
            flow = self.by_intent.get(intent)
            if flow and turn.role in flow.roles and flow.name not in flows.values():
                flows[intent] = flow.name
        if len(flows) < 2:
            return self._start_or_refuse(state, turn) if turn.intent in flows and not turn.unclear else None
        return self._offer_jobs(state, turn, dict(list(flows.items())[:3]), "utter_clarify")

    def _which_job(self, state: State, turn: Turn) -> Move | None:
        """Only a value and nothing open: the jobs that could use it."""
        named = {entity["entity"] for entity in turn.wanted()}
        flows = {
            flow.start[0]: flow.name
            for flow in self.flows.values()
            if flow.start
            and turn.role in flow.roles
            and any(named & set(item.entities) for item in flow.collect)
        }
        if not flows:
            return None
        if len(flows) == 1:
            return self._start_or_refuse(state, Turn(**{**vars(turn), "intent": next(iter(flows))}))
        return self._offer_jobs(state, turn, dict(list(flows.items())[:3]), "utter_which_job")

    def _offer_jobs(self, state: State, turn: Turn, flows: dict[str, str], response: str) -> Move:
        options: list[dict[str, Any]] = [
            {"id": f"intent:{intent}", "title": name, "words": [name]} for intent, name in flows.items()
        ]
        kept = {"text": turn.text, "entities": turn.entities, "confidence": 1.0}
        state.dialogue["offer"] = {
            "kind": "clarify",
            "options": options,
            "turn": kept,
            "uncertain": turn.uncertain,
        }
        said = turn.text if len(turn.text) <= 12 else "这句话"
        return Move([Say(response, {"said": said}, [choice(o["title"], o["id"]) for o in options])])

    def _fallback(self, turn: Turn) -> Flow | None:
        """The flow of this role's unclear sentences, where this is one: a manager asks for figures, not for a chat."""
        flow = next((f for f in self.flows.values() if turn.role in f.fallback_for), None)
        if flow is None or turn.unclear or turn.intent in ("inform", "choose", "correct"):
            return flow
        if turn.intent in ("chitchat", "out_of_scope", "ask_medical_advice"):
            return flow if phrases.asks_for_figures(turn.text) or turn.confidence < _CLEAR else None
        other = self.by_intent.get(turn.intent)
        refused = other is not None and turn.role not in other.roles
        return flow if refused and turn.confidence < _CLEAR else None

    def _follow_up(self, state: State, turn: Turn) -> Move | None:
        """那后天的普通号呢, after a job that is asked again with other values."""
        done = self.just_done(state)
        flow = self.flows.get(done["flow"]) if done else None
        if flow and flow.flow in flow.inherits and turn.role in flow.roles and self._fillable(flow, turn):
            return self.open(state, turn, flow.flow)
        return None
