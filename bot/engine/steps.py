"""What a flow does next: ask, confirm, run; and what follows an action's answer (`flow_signal`)."""

from __future__ import annotations

from typing import Any

from bot.engine import filling, hearing
from bot.engine.definitions import Flow, Item
from bot.engine.state import CONFIRM, HEARD, RETRY, RUN, WAIT, Frame, Move, Say, State, Turn, button, choice

MAX_STEPS = 8
HANDOFF = "human_handoff"
# Messages after which a finished job does not lend its values any more.
FOLLOWS_WITHIN = 2


class Steps:
    """Runs flows. `known` are the actions and responses that the domain has."""

    def __init__(self, flows: dict[str, Flow], known: set[str]) -> None:
        self.flows, self.known = flows, known
        self.by_intent = {intent: flow for flow in flows.values() for intent in flow.start}

    def name(self, frame: Frame) -> str:
        """What the frame's job is called."""
        return self.flows[frame["flow"]].name

    # What comes next -------------------------------------------------------------------------------------------

    def drive(self, state: State, turn: Turn) -> Move:
        """The next step of the frame on top: a missing slot, the confirmation, or the run."""
        frame = state.top
        if frame is None or frame["asked"] == WAIT:
            return Move()
        if frame.get("held"):
            frame["asked"] = HEARD
            return Move([hearing.question(frame)])
        flow = self.flows[frame["flow"]]
        for item in flow.collect:
            if not item.optional and item.slot not in frame["values"]:
                return self._ask(state, frame, item)
        if flow.confirm and not frame["confirmed"]:
            frame["asked"], frame["options"] = CONFIRM, []
            return self._call(state, frame, flow.confirm, CONFIRM)
        frame["asked"], frame["options"] = RUN, []
        return self._call(state, frame, flow.run, RUN)

    def _ask(self, state: State, frame: Frame, item: Item) -> Move:
        if frame["asked"] != item.slot:
            frame["misses"] = 0
        frame["asked"], frame["options"] = item.slot, []
        history = state.history(frame)
        if item.slot not in history:
            history.append(item.slot)
        return self._call(state, frame, item.ask, "ask")

    def _call(self, state: State, frame: Frame | None, action: str, purpose: str) -> Move:
        """Run an action of a flow, or say a response in its place."""
        if action.startswith("utter_"):
            move = Move([Say(action, self._values(frame))])
            if purpose == RUN and frame is not None:
                return self._join(move, self.ended(state, frame, Turn()))
            return move
        if action not in self.known:
            return Move([Say("utter_internal_error")])
        steps = state.dialogue.get("steps", 0) + 1
        state.dialogue["steps"] = steps
        if steps > MAX_STEPS:
            state.dialogue["running"] = None
            return Move([Say("utter_internal_error")])
        state.dialogue["running"] = {
            "action": action,
            "purpose": purpose,
            "frame": frame["id"] if frame else None,
        }
        return Move(action=action)

    def _values(self, frame: Frame | None) -> dict[str, str]:
        return {slot: str(text) for slot, text in frame["raw"].items()} if frame else {}

    @staticmethod
    def _join(first: Move, second: Move) -> Move:
        return Move([*first.says, *second.says], second.action)

    # What an action answered -----------------------------------------------------------------------------------

    def go_on(self, state: State, turn: Turn, signal: dict[str, Any] | None, said: bool) -> Move:
        """After an action ran. `said`: whether it uttered anything; without a signal an ask has asked, a run is done."""
        running = state.dialogue.get("running") or {}
        state.dialogue["running"] = None
        purpose = running.get("purpose", "")
        frame = state.find(running.get("frame"))
        signal = signal or {}
        if purpose == "release":
            return self._cancelled(state, turn, frame) if frame else Move([Say("utter_nothing_to_cancel")])
        if frame is None:
            return self._without_frame(signal, said)
        self._apply(frame, signal)
        outcome = signal.get("outcome") or {"ask": "asked", CONFIRM: "asked"}.get(purpose, "done")
        return self._outcome(state, turn, frame, outcome, signal, purpose, said)

    def _outcome(
        self,
        state: State,
        turn: Turn,
        frame: Frame,
        outcome: str,
        signal: dict[str, Any],
        purpose: str,
        said: bool,
    ) -> Move:
        if outcome == "asked":
            return self._listening(state, frame, purpose)
        if outcome == "next":
            if purpose == "ask" and frame["asked"] in state.history(frame):
                # It answered itself: nothing was asked that one could go back to.
                state.history(frame).remove(frame["asked"])
            if purpose == CONFIRM:
                frame["confirmed"] = True
            return self.drive(state, turn)
        if outcome == "failed":
            return self._failed(frame, purpose, said)
        if outcome == "wait":
            frame["asked"] = WAIT
            if purpose == "event":
                state.stack.remove(frame)
                state.stack.insert(0, frame)
                return Move()
            return self._next_request(state, turn) or Move()
        if outcome == "handoff":
            return self.open(state, turn, HANDOFF)
        start = signal.get("start")
        if start and start.get("flow") in self.flows:
            state.drop(frame)
            return self._start(state, turn, start["flow"], start.get("values") or {})
        return self.ended(state, frame, turn, finished=outcome != "abandon", pushed=purpose == "event")

    def _listening(self, state: State, frame: Frame, purpose: str) -> Move:
        if purpose in (RUN, "event"):
            frame["asked"] = RUN
        elif purpose == CONFIRM:
            frame["asked"] = CONFIRM
        return Move()

    def _apply(self, frame: Frame, signal: dict[str, Any]) -> None:
        """An action's changes to its frame; what depends on a value that it clears is cleared too."""
        flow = self.flows[frame["flow"]]
        for slot in signal.get("clear") or []:
            filling.clear(flow, frame, slot)
        for slot, value in (signal.get("set") or {}).items():
            frame["values"][slot] = value
            frame["raw"].setdefault(slot, _words(value))
        if "options" in signal:
            frame["options"] = list(signal["options"] or [])
        if "state" in signal:
            frame["state"] = {**frame["state"], **(signal["state"] or {})}

    def _failed(self, frame: Frame, purpose: str, said: bool) -> Move:
        frame["state"] = {**frame["state"], "_retry": purpose}
        frame["asked"] = RETRY
        if frame["flow"] == HANDOFF:
            return Move([] if said else [Say("utter_person_unavailable")])
        buttons = [choice("再试一次", "retry"), button("转人工")]
        response = "utter_retry_or_person" if said else "utter_backend_failed"
        return Move([Say(response, {"flow_name": self.name(frame)}, buttons)])

    def retry(self, state: State, turn: Turn, frame: Frame) -> Move:
        """The step that failed, once more."""
        purpose = frame["state"].pop("_retry", RUN)
        frame["asked"] = None
        if purpose == RUN:
            frame["asked"], frame["options"] = RUN, []
            return self._call(state, frame, self.flows[frame["flow"]].run, RUN)
        return self.drive(state, turn)

    @staticmethod
    def _without_frame(signal: dict[str, Any], said: bool) -> Move:
        if signal.get("outcome") == "failed" and not said:
            return Move([Say("utter_internal_error")])
        return Move()

    # The end of a flow -----------------------------------------------------------------------------------------

    def open(self, state: State, turn: Turn, flow: str, values: dict[str, Any] | None = None) -> Move:
        """Start a flow on top of the others, with what the message says for it."""
        if flow not in self.flows:
            return Move([Say("utter_person_unavailable" if flow == HANDOFF else "utter_internal_error")])
        frame = state.push(flow, values or self._inherited(state, turn, self.flows[flow]))
        frame["raw"] = {slot: _words(value) for slot, value in frame["values"].items()}
        filled = hearing.fill(self.flows[flow], frame, turn)
        asking = self.ask_which(state, frame, filled)
        return asking or self.drive(state, turn)

    def _start(self, state: State, turn: Turn, flow: str, values: dict[str, Any]) -> Move:
        """A job that a finished one leads to: where it was left open for that, it goes on with the new values."""
        below = state.top
        if below is None or below["flow"] != flow or below["asked"] == WAIT:
            return self.open(state, turn, flow, values)
        for slot, value in values.items():
            filling.put(self.flows[flow], below, slot, value, _words(value))
        below["asked"] = None
        filled = hearing.fill(self.flows[flow], below, turn)
        return self.ask_which(state, below, filled) or self.drive(state, turn)

    def _inherited(self, state: State, turn: Turn, flow: Flow) -> dict[str, Any]:
        """Of a job that has just ended, what the one that follows it takes over; of another department only the day."""
        done = self.just_done(state)
        if done is None or done["flow"] not in flow.inherits:
            return {}
        values = {slot: value for slot, value in done["values"].items() if flow.item(slot)}
        named = next((e["value"] for e in turn.wanted() if e["entity"] == "department"), None)
        if named is not None and named.get("code") != (values.get("department") or {}).get("code"):
            days = {item.slot for item in flow.collect if "date_time" in item.entities}
            values = {slot: value for slot, value in values.items() if slot in days}
        return dict(values)

    @staticmethod
    def just_done(state: State) -> dict[str, Any] | None:
        """The job that ended within the last few messages."""
        done = state.dialogue.get("done")
        recent = done and state.dialogue.get("turn", 0) - done["turn"] <= FOLLOWS_WITHIN
        return done if recent else None

    def ask_which(self, state: State, frame: Frame, filled: filling.Filled) -> Move | None:
        """内科: which of several; 欧阳医生: nobody of that name."""
        if filled.ambiguous and not frame.get("held"):
            item, value = filled.ambiguous
            frame["asked"] = item.slot
            if item.slot not in state.history(frame):
                state.history(frame).append(item.slot)
            frame["options"] = [
                {
                    "id": f"{item.slot}:{candidate['code']}",
                    "title": _candidate_title(candidate, value["candidates"]),
                    "values": {item.slot: candidate},
                    "words": [candidate["name"]],
                }
                for candidate in value["candidates"]
            ]
            shown = frame["options"][:3]
            more = "、".join(option["title"] for option in frame["options"][3:])
            say = Say("utter_which_one", {"name": value["name"], "more": f"，还有{more}" if more else ""})
            say.buttons = [choice(option["title"], option["id"]) for option in shown]
            return Move([say])
        if filled.unknown:
            move = Move([Say("utter_unknown_name", {"name": filled.unknown})])
            return self._join(move, self.drive(state, Turn()))
        return None

    def ended(
        self, state: State, frame: Frame, turn: Turn, *, finished: bool = True, pushed: bool = False
    ) -> Move:
        """A flow is over: the next request, then what was open below, then the closing words."""
        at_once = state.began_now(frame)
        state.drop(frame)
        if finished and not pushed:
            kept = {"flow": frame["flow"], "values": frame["values"], "turn": state.dialogue.get("turn", 0)}
            state.dialogue["done"] = kept
        waiting = self._next_request(state, turn)
        if waiting:
            return waiting
        below = state.top
        if below and below["asked"] != WAIT:
            if pushed or frame["flow"] == HANDOFF:
                return Move()
            if at_once:
                return self._join(
                    Move([Say("utter_back_to", {"flow_name": self.name(below)})]), self.drive(state, turn)
                )
            return self.offer_resume(state, below)
        if finished and not at_once and not pushed and frame["flow"] != HANDOFF:
            return Move([Say("utter_anything_else")])
        return Move()

    def offer_resume(self, state: State, frame: Frame) -> Move:
        """“继续挂号吗？”"""
        state.dialogue["offer"] = {"kind": "resume", "frame": frame["id"]}
        buttons = [button("继续", "/affirm"), button("不用了", "/deny")]
        return Move([Say("utter_offer_resume", {"flow_name": self.name(frame)}, buttons)])

    def _next_request(self, state: State, turn: Turn) -> Move | None:
        queue = state.dialogue.get("queue") or []
        while queue:
            request = queue.pop(0)
            flow = self.by_intent.get(request["intent"])
            if flow is None or turn.role not in flow.roles:
                continue
            then = Turn(
                request["intent"],
                request["text"],
                request["confidence"],
                request["entities"],
                role=turn.role,
                now=turn.now,
                uncertain=turn.uncertain,
            )
            return self._join(
                Move([Say("utter_next_request", {"flow_name": flow.name})]), self.open(state, then, flow.flow)
            )
        return None

    def cancel(self, state: State, turn: Turn, frame: Frame) -> Move:
        """Stop a frame: its holds are released first, then it is said."""
        flow = self.flows[frame["flow"]]
        if flow.release and flow.release in self.known:
            return self._call(state, frame, flow.release, "release")
        return self._cancelled(state, turn, frame)

    def _cancelled(self, state: State, turn: Turn, frame: Frame) -> Move:
        move = Move([Say("utter_cancelled", {"flow_name": self.name(frame)})])
        state.drop(frame)
        waiting = self._next_request(state, turn)
        if waiting:
            return self._join(move, waiting)
        below = state.top
        if below and below["asked"] != WAIT:
            return self._join(move, self.offer_resume(state, below))
        return move


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("name") or value.get("title") or "")
    return str(value)


def _candidate_title(candidate: dict[str, Any], candidates: list[dict[str, Any]]) -> str:
    """A doctor's name with what tells namesakes apart."""
    department = candidate.get("department")
    name = department.get("name") if isinstance(department, dict) else None
    namesakes = [c for c in candidates if c["name"] == candidate["name"]]
    details = [candidate.get("title"), name if len(namesakes) > 1 or name else None]
    said = " ".join(detail for detail in details if detail)
    return f"{candidate['name']}（{said}）" if said else candidate["name"]
