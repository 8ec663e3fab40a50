"""The conversation patterns, built once for all skills: what a message means in the state that it meets."""

from __future__ import annotations

import re

from bot.engine import filling, hearing, phrases
from bot.engine.choosing import choose, named
from bot.engine.definitions import Flow
from bot.engine.interruptions import Interruptions
from bot.engine.requests import TALK_PREFIX
from bot.engine.state import CONFIRM, HEARD, RETRY, RUN, WAIT, Frame, Move, Say, State, Turn, button
from bot.engine.steps import HANDOFF

MAX_MISSES = 2
_FILLING = frozenset({"inform", "correct", "choose", "affirm", "deny"})
# Said at a confirmation, this is no refusal: something in it is wrong.
_WRONG = re.compile(
    r"^(?:不对|错了|不是(?:这个|这样|的)?|有误|有问题|弄错了|搞错了|信息不对|改一下|要改)[了啊吧呀。！!]*$"
)
_PAID = re.compile(
    r"[没未](?:付|交|支付|缴)|怎么(?:付|交|支付|缴)|(?:在)?哪[里儿]?(?:付|交|支付|缴)|付款码|二维码|(?:付|交|支付|缴)(?:好|完|过|成功|掉)?了|已经?(?:付|交|支付|缴)|付款成功|支付成功|好了吗|成功了吗|付没付上"
)


class Engine(Interruptions):
    """`begin` for a new message, `go_on` after each action, until a move without an action."""

    def begin(self, state: State, turn: Turn) -> Move:
        """What to do with a new message. Returns an empty move where small talk is left to the rules."""
        state.dialogue["turn"] = state.dialogue.get("turn", 0) + 1
        state.dialogue["steps"], state.dialogue["running"], state.dialogue["told"] = 0, None, None
        self._forget_unknown_flows(state)
        if turn.intent == "emergency":
            return self._emergency(state, turn)
        if turn.intent == "session_start":
            return self._session_start(state, turn)
        if turn.intent == "event":
            return self._event(state, turn)
        if turn.requests and not self._one_wish(turn):
            state.dialogue["queue"] = turn.requests[1:]
            first = turn.requests[0]
            turn.intent, turn.text, turn.entities = first["intent"], first["text"], first["entities"]
        if phrases.babble(turn.text) and turn.option is None:
            state.dialogue["offer"] = None
            return self._not_understood(state, turn)
        after_alarm = self._after_alarm(state, turn)
        answered = after_alarm or self._answer_offer(state, turn)
        told = None if answered else self._complained(state, turn)
        before = state.top is not None
        move = answered or told or self._act(state, turn) or self._perhaps_complained(state, turn)
        if move is None:
            return self._not_understood(state, turn)
        if before and not told:
            move = self._noted(turn, move)
        if turn.intent == "out_of_scope" and not after_alarm:
            return self._out_of_scope(state, move)
        state.dialogue["misses"] = 0
        return move

    # Whole messages --------------------------------------------------------------------------------------------

    def _forget_unknown_flows(self, state: State) -> None:
        """A conversation may outlive a flow that a new model does not have any more."""
        state.stack[:] = [frame for frame in state.stack if frame["flow"] in self.flows]

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
        if phrases.pauses(turn.text):
            state.dialogue["paused"] = state.dialogue["turn"]
            return Move([Say("utter_paused", {}, [button("继续"), button("取消")] if frame else [])])
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
        verb, meant = phrases.gives_up(turn.text), self.by_intent.get(turn.intent)
        if verb and meant and verb in meant.name:
            # 我不想退了, when nothing is being given back any more.
            return Move([Say("utter_nothing_to_cancel")])
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
        return Move() if TALK_PREFIX + turn.intent in self.known else None

    def _gives_up(self, turn: Turn, frame: Frame) -> bool:
        if turn.intent == "cancel_task":
            return True
        names_value = self._fillable(self.flows[frame["flow"]], turn)
        return bool(phrases.gives_up(turn.text)) and not names_value and turn.intent != "correct"

    def _in_frame(self, state: State, turn: Turn, frame: Frame) -> Move | None:
        flow = self.flows[frame["flow"]]
        if frame["asked"] == CONFIRM and turn.intent == "deny" and _WRONG.match(turn.text):
            turn.intent = "correct"
        other = self.by_intent.get(turn.intent)
        if self._wants_change(flow, frame, turn.text) or self._changes_values(flow, frame, turn, other):
            turn.intent, other = "correct", None
        if other and self._asks_within(flow, frame, turn, other):
            turn.intent, other = "inform", None
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
        if turn.intent == "affirm" and len(frame["options"]) > 1 and self._chooses(flow, frame):
            return self._join(Move([Say("utter_choose_first")]), self.drive(state, turn))
        if same and not turn.unclear:
            return self.drive(state, turn)
        if not turn.unclear and TALK_PREFIX + turn.intent in self.known:
            return self._join(Move([Say(TALK_PREFIX + turn.intent)]), self.drive(state, turn))
        return None

    def _changes_values(self, flow: Flow, frame: Frame, turn: Turn, other: Flow | None) -> bool:
        """我改主意了，换皮肤科: what is said anew of this job, and not of one that was done before."""
        if other is None or other.flow == flow.flow or not phrases.changes_to(turn.text):
            return False
        named = {entity["entity"] for entity in turn.wanted()}
        return any(named & set(item.entities) for item in flow.collect if item.slot in frame["values"])

    def _asks_within(self, flow: Flow, frame: Frame, turn: Turn, other: Flow) -> bool:
        """有没有专家号, 周四下午有号吗, asked of what is being chosen: the answer is what this job shows next."""
        named = {entity["entity"] for entity in turn.wanted()}
        return (
            other.flow in flow.inherits
            and "department" in frame["values"]
            and bool(named)
            and named <= {"visit_type", "date_time"}
        )

    @staticmethod
    def _chooses(flow: Flow, frame: Frame) -> bool:
        item = flow.item(frame["asked"])
        return item is not None and (
            item.choose or "date_time" in item.entities or "department" in item.entities
        )

    def _while_waiting(self, state: State, turn: Turn, frame: Frame, other: Flow | None) -> Move | None:
        """A flow that waits for an event does not stand in the way of others; asked after, it tells how it stands."""
        asks_after = bool(_PAID.search(turn.text)) and len(turn.text) <= 12
        if other and not turn.unclear and not asks_after:
            return self._start_or_refuse(state, turn)
        if turn.intent == "correct" and not asks_after:
            return self._corrected_while_waiting(state, turn, frame)
        if asks_after or turn.intent in ("affirm", "inform", "choose"):
            # 还没付，怎么付 is one question.
            state.dialogue["queue"] = []
            return self._call(state, frame, self.flows[frame["flow"]].run, RUN)
        if turn.intent == "deny":
            return self.cancel(state, turn, frame)
        return Move([Say(TALK_PREFIX + turn.intent)]) if TALK_PREFIX + turn.intent in self.known else None

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
