"""The conversation patterns, built once for all skills: what a message means in the state that it meets."""

from __future__ import annotations

import re

from bot.engine import filling, hearing, phrases
from bot.engine.choosing import choose, named
from bot.engine.definitions import Flow
from bot.engine.state import CONFIRM, HEARD, RETRY, RUN, WAIT, Frame, Move, Say, State, Turn, button, choice
from bot.engine.steps import HANDOFF
from bot.engine.values import Values

MAX_MISSES = 2
# What people say that is answered in one sentence and changes nothing.
_TALK_PREFIX = "utter_"
_SURE = 0.5
# Below, a manager's small talk is taken for a question.
_CLEAR = 0.7
_FILLING = frozenset({"inform", "correct", "choose", "affirm", "deny"})
# Said at a confirmation, this is no refusal: something in it is wrong.
_WRONG = re.compile(
    r"^(?:不对|错了|不是(?:这个|这样|的)?|有误|有问题|弄错了|搞错了|信息不对|改一下|要改)[了啊吧呀。！!]*$"
)
_PAID = re.compile(
    r"(?:付|交|支付|缴)(?:好|完|过|成功|掉)?了|已经?(?:付|交|支付|缴)|付款成功|支付成功|好了吗|成功了吗|付没付上"
)


class Engine(Values):
    """`begin` for a new message, `go_on` after each action, until a move without an action."""

    def begin(self, state: State, turn: Turn) -> Move:
        """What to do with a new message. Returns an empty move where small talk is left to the rules."""
        state.dialogue["turn"] = state.dialogue.get("turn", 0) + 1
        state.dialogue["steps"], state.dialogue["running"] = 0, None
        self._forget_unknown_flows(state)
        if turn.intent == "emergency":
            return self._emergency(state, turn)
        if turn.intent == "session_start":
            return self._session_start(state, turn)
        if turn.intent == "event":
            return self._event(state, turn)
        if turn.requests:
            state.dialogue["queue"] = turn.requests[1:]
            first = turn.requests[0]
            turn.intent, turn.text, turn.entities = first["intent"], first["text"], first["entities"]
        if phrases.babble(turn.text) and turn.option is None:
            state.dialogue["offer"] = None
            return self._not_understood(state, turn)
        after_alarm = self._after_alarm(state, turn)
        move = after_alarm or self._answer_offer(state, turn) or self._act(state, turn)
        if move is None:
            return self._not_understood(state, turn)
        if turn.intent == "out_of_scope" and not after_alarm:
            return self._out_of_scope(state, move)
        state.dialogue["misses"] = 0
        return move

    # Whole messages --------------------------------------------------------------------------------------------

    def _forget_unknown_flows(self, state: State) -> None:
        """A conversation may outlive a flow that a new model does not have any more."""
        state.stack[:] = [frame for frame in state.stack if frame["flow"] in self.flows]

    def _emergency(self, state: State, turn: Turn) -> Move:
        """All stops. What was open is put aside and answers nothing any more; 继续 takes it up when all turns out well."""
        aside = [frame for frame in state.stack if frame["asked"] != WAIT]
        state.stack[:] = [frame for frame in state.stack if frame["asked"] == WAIT]
        state.dialogue["aside"] = aside or state.dialogue.get("aside") or []
        state.dialogue["queue"], state.dialogue["offer"] = [], None
        state.dialogue["alarm"] = state.dialogue["turn"]
        return Move([Say("utter_emergency", {"red_flag": turn.red_flag or "急症"})])

    def _after_alarm(self, state: State, turn: Turn) -> Move | None:
        """What follows an emergency answers no old question: 继续 takes the old job up, a clear request opens a new one,
        and to all else the help is told once more."""
        aside = state.dialogue.get("aside") or []
        talking = state.top is not None and state.top["asked"] != WAIT
        if aside and not talking and phrases.resumes(turn.text, self.name(aside[-1])):
            state.dialogue["aside"] = []
            state.stack.extend(frame for frame in aside if frame["flow"] in self.flows)
            return self.drive(state, turn)
        if state.dialogue.get("alarm") != state.dialogue["turn"] - 1:
            return None
        if turn.intent == "cancel_task":
            state.dialogue["aside"] = []
        clear = turn.intent in self.by_intent and not turn.unclear
        if clear or turn.intent in ("repeat", "thanks", "goodbye", "greet"):
            return None
        says = [Say("utter_after_emergency", {}, [button("转人工")])]
        if aside and turn.intent != "cancel_task":
            says.append(Say("utter_put_aside", {"flow_name": self.name(aside[-1])}))
        return Move(says)

    def _session_start(self, state: State, turn: Turn) -> Move:
        state.reset()
        flow = self.by_intent.get("session_start")
        if flow:
            return self.open(state, turn, flow.flow)
        return Move([Say("utter_session_start" if turn.role == "patient" else "utter_session_start_manager")])

    def _event(self, state: State, turn: Turn) -> Move:
        """Something happened outside: it is told to the frame that waits for it, else to a flow that wants it."""
        kind = str((turn.event or {}).get("type", ""))
        if kind in ("silence.warning", "silence.end"):
            if kind == "silence.end":
                state.reset()
            return Move([Say("utter_" + kind.replace(".", "_"))])
        waiting = next((frame for frame in reversed(state.stack) if frame["asked"] == WAIT), None)
        if waiting:
            state.stack.remove(waiting)
            state.stack.append(waiting)
            return self._call(state, waiting, self.flows[waiting["flow"]].run, "event")
        flow = next((flow for flow in self.flows.values() if kind in flow.events), None)
        if flow:
            return self._call(state, state.push(flow.flow), flow.run, "event")
        return self._call(state, None, "action_event", "event") if "action_event" in self.known else Move()

    def _answer_offer(self, state: State, turn: Turn) -> Move | None:
        """An answer to the engine's own question: go on with the job, or which job was meant."""
        offer = state.dialogue.get("offer")
        state.dialogue["offer"] = None
        if not offer:
            return None
        if offer["kind"] == "person":
            # A tap on the confirmation above still confirms.
            if turn.intent == "affirm" and not turn.text.startswith("/") and HANDOFF in self.flows:
                return self.open(state, turn, HANDOFF)
            return None
        if offer["kind"] == "resume":
            frame = state.find(offer["frame"])
            if frame is None or frame is not state.top:
                return None
            if turn.intent == "affirm" or phrases.resumes(turn.text, self.name(frame)):
                return self.drive(state, turn)
            if turn.intent in ("deny", "cancel_task"):
                return self.cancel(state, turn, frame)
            return None
        chosen = choose(turn, offer["options"])
        if len(chosen) == 1:
            then = Turn(
                **offer["turn"],
                intent=chosen[0]["id"].removeprefix("intent:"),
                role=turn.role,
                now=turn.now,
                uncertain=bool(offer.get("uncertain")),
            )
            return self._start_or_refuse(state, then)
        return None

    # One message in its place ----------------------------------------------------------------------------------

    def _act(self, state: State, turn: Turn) -> Move | None:
        frame = state.top
        if frame and frame["asked"] == RETRY and phrases.asks_again(turn.text):
            return self.retry(state, turn, frame)
        if turn.intent == "repeat":
            return self._repeat(state, turn)
        if turn.option is not None:
            return self._tapped(state, turn)
        if frame and self._gives_up(turn, frame):
            return self._given_up(state, turn, frame)
        if turn.intent == "cancel_task":
            return Move([Say("utter_nothing_to_cancel")])
        resumed = self._resumed(state, turn)
        if resumed:
            return resumed
        if frame is None:
            return self._without_frame_act(state, turn)
        if frame["asked"] == HEARD:
            answered = self._read_back(state, turn, frame)
            if answered:
                return answered
        shown = named(turn.text, frame["options"])
        if len(shown) == 1:
            return self._chosen(state, turn, frame, shown[0])
        if frame["asked"] == RETRY and turn.intent == "affirm":
            return self.retry(state, turn, frame)
        if frame["asked"] == RETRY and turn.intent == "deny":
            return self.cancel(state, turn, frame)
        if turn.intent == "go_back":
            return self._go_back(state, turn, frame)
        if turn.intent == "skip" and not self._asks_for_words(frame):
            return self._skip(state, turn, frame)
        return self._in_frame(state, turn, frame)

    def _without_frame_act(self, state: State, turn: Turn) -> Move | None:
        if turn.close and not self._sure(turn):
            return self._clarify(state, turn)
        fallback = self._fallback(turn)
        if fallback:
            return self.open(state, turn, fallback.flow)
        if turn.unclear or turn.intent in ("inform", "choose", "correct"):
            follow_up = self._follow_up(state, turn)
            if follow_up:
                return follow_up
            return self._which_job(state, turn) if turn.intent == "inform" else None
        if turn.intent in self.by_intent:
            return self._start_or_refuse(state, turn)
        if turn.intent in ("affirm", "deny", "go_back", "skip"):
            return Move([Say("utter_nothing_open")])
        return Move() if _TALK_PREFIX + turn.intent in self.known else None

    def _gives_up(self, turn: Turn, frame: Frame) -> bool:
        if turn.intent == "cancel_task":
            return True
        names_value = self._fillable(self.flows[frame["flow"]], turn)
        return bool(phrases.gives_up(turn.text)) and not names_value and turn.intent != "correct"

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

    def _in_frame(self, state: State, turn: Turn, frame: Frame) -> Move | None:
        flow = self.flows[frame["flow"]]
        if frame["asked"] == CONFIRM and turn.intent == "deny" and _WRONG.match(turn.text):
            turn.intent = "correct"
        if self._wants_change(flow, frame, turn.text):
            turn.intent = "correct"
        other = self.by_intent.get(turn.intent)
        same = other is not None and other.flow == frame["flow"]
        if frame["asked"] == WAIT:
            return self._while_waiting(state, turn, frame, other)
        if other and not same and not turn.unclear and not self._answers(frame, turn):
            if turn.close and not self._sure(turn):
                return self._clarify(state, turn)
            return self._start_or_refuse(state, turn)
        if turn.intent in (*_FILLING, "skip") or same or turn.unclear or self._answers(frame, turn):
            move = self._value(state, turn, frame, flow)
            if move:
                return move
        if frame["asked"] == CONFIRM and turn.intent in ("affirm", "deny"):
            return self._confirmation(state, turn, frame)
        if turn.intent == "deny" and frame["asked"] not in (None, CONFIRM):
            return self._refused(state, turn, frame)
        if same and not turn.unclear:
            return self.drive(state, turn)
        if not turn.unclear and _TALK_PREFIX + turn.intent in self.known:
            return self._join(Move([Say(_TALK_PREFIX + turn.intent)]), self.drive(state, turn))
        return None

    def _while_waiting(self, state: State, turn: Turn, frame: Frame, other: Flow | None) -> Move | None:
        """A flow that waits for an event does not stand in the way of others; asked after, it tells how it stands."""
        asks_after = bool(_PAID.search(turn.text)) and len(turn.text) <= 12
        if other and not turn.unclear and not asks_after:
            return self._start_or_refuse(state, turn)
        if turn.intent == "correct" and not asks_after:
            return self._corrected_while_waiting(state, turn, frame)
        if asks_after or turn.intent in ("affirm", "inform", "choose"):
            return self._call(state, frame, self.flows[frame["flow"]].run, RUN)
        if turn.intent == "deny":
            return self.cancel(state, turn, frame)
        return Move([Say(_TALK_PREFIX + turn.intent)]) if _TALK_PREFIX + turn.intent in self.known else None

    def _corrected_while_waiting(self, state: State, turn: Turn, frame: Frame) -> Move | None:
        """不对，换成后天下午, said when the payment was waited for: the questions begin again where the change is;
        the ask that follows gives back what was held."""
        frame["asked"] = None
        move = self._value(state, turn, frame, self.flows[frame["flow"]])
        if move is None:
            frame["asked"] = WAIT
        return move

    def _answers(self, frame: Frame, turn: Turn) -> bool:
        """Whether the sentence may be the answer to the open question rather than a new request: it names what
        was asked for, and was not clearly something else."""
        flow = self.flows[frame["flow"]]
        item = flow.item(frame["asked"])
        if item and filling.TEXT in item.entities and turn.confidence < 0.8:
            return True
        asked = item.entities if item else hearing.kinds(flow, frame) if frame["asked"] == HEARD else ()
        named = {entity["entity"] for entity in turn.wanted()}
        return bool(named & set(asked)) and turn.confidence < 0.75 and len(turn.text) <= 12

    def _asks_for_words(self, frame: Frame) -> bool:
        """Whether the open question takes whatever is said."""
        item = self.flows[frame["flow"]].item(frame["asked"])
        return item is not None and filling.TEXT in item.entities

    # Requests --------------------------------------------------------------------------------------------------

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
                        _TALK_PREFIX + turn.intent
                        if _TALK_PREFIX + turn.intent in self.known
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
        options = [
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

    # Not understood --------------------------------------------------------------------------------------------

    def _repeat(self, state: State, turn: Turn) -> Move:
        last = state.dialogue.get("last") or []
        if last:
            return Move([Say(messages=last)])
        return self.drive(state, turn) if state.top else Move([Say("utter_nothing_to_repeat")])

    def _out_of_scope(self, state: State, move: Move) -> Move:
        """It is told; the second time in a row with a person to turn to."""
        state.dialogue["misses"] = state.dialogue.get("misses", 0) + 1
        if state.dialogue["misses"] < MAX_MISSES:
            return move
        return self._join(Move([self._offer_person(state)]), move)

    @staticmethod
    def _offer_person(state: State) -> Say:
        state.dialogue["offer"] = {"kind": "person"}
        return Say("utter_offer_person", {}, [button("转人工"), button("你能做什么")])

    def _not_understood(self, state: State, turn: Turn) -> Move:
        """First the question again, said otherwise; after the second miss in a row, a person."""
        misses = state.dialogue.get("misses", 0) + 1
        state.dialogue["misses"] = misses
        frame = state.top
        if frame:
            frame["misses"] = misses
        if misses >= MAX_MISSES:
            return Move([self._offer_person(state)])
        if frame and frame["asked"] not in (WAIT, RUN, RETRY):
            return self._join(Move([Say("utter_not_understood")]), self.drive(state, turn))
        clarified = self._clarify(state, turn) if turn.close and not frame else None
        if clarified:
            state.dialogue["misses"] = misses
            return clarified
        return Move([Say("utter_rephrase", {}, [button("你能做什么"), button("转人工")])])


__all__ = ["HANDOFF", "Engine"]
