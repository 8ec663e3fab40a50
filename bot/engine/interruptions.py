"""What comes in between, whatever is being done: an emergency, a complaint, an event from outside, a new beginning."""

from __future__ import annotations

from bot.engine import filling, hearing, phrases
from bot.engine.definitions import Flow
from bot.engine.requests import Requests
from bot.engine.state import WAIT, Move, Say, State, Turn, button

_PLACES = frozenset({"ordinal", "selector", "department", "doctor"})
_TIMES = frozenset({"date_time", "visit_type"})
# Beside these a complaint would be overheard; other jobs are about it themselves (发烧能查血吗).
NOTED = frozenset({"inform", "choose", "correct", "cancel_task"})


class Interruptions(Requests):
    """None of these answers the open question; each leaves it to be taken up again."""

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

    # What ails a person ------------------------------------------------------------------------------------------

    def _complained(self, state: State, turn: Turn) -> Move | None:
        """胸口疼, whatever was asked: no answer to it, and never lost. The flow that takes complaints opens on top of
        what is open; None where the sentence asks for or answers something itself, and where no complaint is sure."""
        flow = self._taker(turn)
        if flow is None or turn.complaint is None or not turn.complaint["sure"]:
            return None
        job = None if turn.unclear else self.by_intent.get(turn.intent)
        if job and job.flow not in (flow.flow, flow.leads_to):
            return None
        if self._says_more(state, turn, flow, told=job is flow):
            return None
        place = state.top if state.top and state.top["flow"] == flow.leads_to else None
        if place is None and job and job.flow == flow.leads_to:
            # 我头疼，要挂个号: that job is opened first, so that what is said for it is kept.
            place = state.push(job.flow)
        if place and place["asked"] != WAIT and "department" not in place["values"]:
            hearing.fill(self.flows[place["flow"]], place, turn)
        return self._take_complaint(state, turn, flow)

    def _one_wish(self, turn: Turn) -> bool:
        """我牙疼，帮我挂个后天的号 is no two things one after the other: the complaint tells where the booking is to be."""
        flow = self._taker(turn)
        if flow is None or turn.complaint is None or not turn.complaint["sure"]:
            return False
        flows = [self.by_intent.get(request["intent"]) for request in turn.requests]
        if {each.flow if each else "" for each in flows} != {flow.flow, flow.leads_to}:
            return False
        turn.intent = next(r["intent"] for r in turn.requests if r["intent"] not in flow.start)
        turn.requests = []
        return True

    def _perhaps_complained(self, state: State, turn: Turn) -> Move | None:
        """A sentence that means nothing else, with a word in it that people use of what ails them (掉头发)."""
        flow = self._taker(turn)
        return self._take_complaint(state, turn, flow) if flow and turn.complaint else None

    def _noted(self, turn: Turn, handled: Move) -> Move:
        """A complaint beside an answer (第一个吧，我胸口疼): the answer counts, and where help is to be had is told."""
        flow = self._taker(turn)
        if flow is None or turn.complaint is None or not turn.complaint["sure"]:
            return handled
        if turn.intent not in NOTED or any(e["entity"] == "department" for e in turn.wanted()):
            return handled
        return self._join(Move([Say("utter_complaint_noted", {"said": turn.complaint["text"]})]), handled)

    def _taker(self, turn: Turn) -> Flow | None:
        """The flow that takes complaints of this role."""
        if turn.option is not None or turn.text.startswith("/"):
            return None
        return next((f for f in self.flows.values() if f.complaints and turn.role in f.roles), None)

    def _says_more(self, state: State, turn: Turn, flow: Flow, *, told: bool) -> bool:
        """Whether the sentence has an answer or a request in it beside the complaint. A yes or a no is none: what is
        confirmed can wait until it is known what ails the person. Nor is a day before the department is known (今天头
        疼), in a sentence that is clearly `told` as a complaint (这两天一直咳嗽), or when it began (昨晚开始头疼)."""
        if turn.intent in ("cancel_task", "ask_medical_advice", "repeat"):
            return True
        if any(request["intent"] in flow.start for request in turn.requests):
            return True
        top = state.top
        open_place = top is None or (
            top["flow"] in (flow.flow, flow.leads_to) and "department" not in top["values"]
        )
        answers = _PLACES if open_place or told else _PLACES | _TIMES
        return any(
            entity["entity"] in answers
            and not (entity["entity"] == "date_time" and phrases.history(turn.text, entity))
            for entity in turn.wanted()
        )

    def _take_complaint(self, state: State, turn: Turn, flow: Flow) -> Move | None:
        frame = state.top
        state.dialogue["told"] = flow.flow
        if frame is None or frame["flow"] != flow.flow:
            return self.open(state, turn, flow.flow, {flow.complaints: turn.text})
        item = flow.item(frame["asked"])
        if item is None or filling.TEXT in item.entities:
            # It asks for words itself.
            return None
        before = frame["values"].get(flow.complaints)
        said = f"{before}。{turn.text}" if before else turn.text
        filling.put(flow, frame, flow.complaints, said, said)
        return self.drive(state, turn)
