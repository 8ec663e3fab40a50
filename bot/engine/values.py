"""What a message says for the open job: a choice from what was shown, values, corrections, one step back."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.engine import filling, hearing, phrases
from bot.engine.choosing import choose
from bot.engine.definitions import Flow, Item
from bot.engine.state import CONFIRM, RETRY, RUN, WAIT, Frame, Move, Say, State, Turn, button, choice
from bot.engine.steps import Steps

_CHANGE = re.compile(
    r"^(?:我?要?想?)(?:重新选|重选|更改|修改|更换|改|换)(?:一下|下|一个|个)?(.+?)[了吧呢啊。！!]*$"
)


class Values(Steps):
    """Answers to the open question, and changes to what was answered before."""

    def _value(self, state: State, turn: Turn, frame: Frame, flow: Flow) -> Move | None:
        """What the sentence says for this frame: a choice from what was shown, or values for its slots."""
        if frame["options"] and turn.intent not in ("deny", "correct"):
            chosen = choose(turn, frame["options"])
            if not chosen and turn.intent == "affirm" and len(frame["options"]) == 1:
                chosen = frame["options"]
            if len(chosen) == 1:
                return self._chosen(state, turn, frame, chosen[0])
            if len(chosen) > 1 and not self._fillable(flow, turn):
                return self._narrow(frame, chosen)
            if not chosen and len(frame["options"]) == 1 and self._goes_on(flow, turn):
                return self._chosen(state, turn, frame, frame["options"][0])
        correcting = turn.intent == "correct" or frame["asked"] == CONFIRM
        known_before = set(frame["values"])
        filled = hearing.fill(flow, frame, turn, correcting=correcting)
        asking = self.ask_which(state, frame, filled)
        if asking:
            return asking
        if filled.new or filled.corrected or filled.held:
            said = [self._correction(flow, frame, slot) for slot in filled.corrected if slot in known_before]
            return self._join(Move(said), self.drive(state, turn))
        if filled.same and turn.intent not in ("affirm", "deny"):
            return self.drive(state, turn)
        return self._change_without_value(state, turn, frame, flow) if turn.intent == "correct" else None

    def _goes_on(self, flow: Flow, turn: Turn) -> bool:
        """礼拜三, where one department was suggested: the answer to what comes after it."""
        follows = self.flows.get(flow.leads_to)
        return follows is not None and turn.intent == "inform" and self._fillable(follows, turn)

    def _fillable(self, flow: Flow, turn: Turn) -> bool:
        entities = {
            entity["entity"]
            for entity in turn.wanted()
            if not (isinstance(entity["value"], dict) and entity["value"].get("candidates") == [])
        }
        return any(entities & set(item.entities) for item in flow.collect)

    def _correction(self, flow: Flow, frame: Frame, slot: str) -> Say:
        item = flow.item(slot)
        label = item.label if item and item.label else ""
        return Say("utter_corrected", {"label": label, "value": str(frame["raw"].get(slot, ""))})

    def _change_without_value(self, state: State, turn: Turn, frame: Frame, flow: Flow) -> Move:
        """换个时间, 改医生: that slot is asked again; 不对 alone: what is to be changed is asked."""
        given = [item for item in flow.collect if item.slot in frame["values"] and item.label]
        hit = next((item for item in given if any(word in turn.text for word in item.words())), None)
        if hit:
            filling.clear(flow, frame, hit.slot)
            frame["asked"] = None
            return self._ask_changed(state, frame, hit, turn)
        buttons = [button(f"改{item.label}") for item in given[:4]]
        return Move([Say("utter_what_to_correct", {}, buttons)])

    @staticmethod
    def _wants_change(flow: Flow, frame: Frame, text: str) -> bool:
        """改日期, 换个医生: a slot of this job by its name, and nothing more."""
        hit = _CHANGE.match(text)
        given = [item for item in flow.collect if item.slot in frame["values"]]
        return hit is not None and any(hit[1] in item.words() for item in given)

    def _ask_changed(self, state: State, frame: Frame, item: Item, turn: Turn) -> Move:
        return self._ask(state, frame, item) if item.ask else self.drive(state, turn)

    def _chosen(self, state: State, turn: Turn, frame: Frame, option: dict) -> Move:
        if option.get("disabled"):
            return self._join(Move([Say("utter_option_gone")]), self.drive(state, turn))
        flow = self.flows[frame["flow"]]
        if hearing.hold_option(flow, frame, turn, option):
            return self.drive(state, turn)
        self._also_said(flow, frame, turn, set(option.get("values") or {}))
        for slot, value in (option.get("values") or {}).items():
            filling.put(flow, frame, slot, value, str(option.get("title") or value))
        if frame["asked"] == RUN:
            frame["options"] = []
            return self._call(state, frame, flow.run, RUN)
        return self.drive(state, turn)

    @staticmethod
    def _also_said(flow: Flow, frame: Frame, turn: Turn, chosen: set[str]) -> None:
        """What the sentence names beside its choice: the day of 消化科，周三下午."""
        taken = chosen.union(*(flow.sources(slot) for slot in chosen))
        free = {entity for item in flow.collect if item.slot not in taken for entity in item.entities}
        entities = [entity for entity in turn.entities if entity["entity"] in free]
        if entities:
            hearing.fill(flow, frame, replace(turn, entities=entities))

    def _narrow(self, frame: Frame, chosen: list[dict]) -> Move:
        buttons = [choice(str(option["title"]), str(option["id"])) for option in chosen[:3]]
        return Move([Say("utter_choose_again", {}, buttons)])

    def _tapped(self, state: State, turn: Turn) -> Move:
        """A tapped choice; one of an older question is said to be gone, unless it belongs to an open frame."""
        if turn.option == "retry" and state.top:
            frame = state.top
            return self.retry(state, turn, frame) if frame["asked"] == RETRY else self.drive(state, turn)
        for frame in reversed(state.stack):
            chosen = choose(turn, frame["options"])
            if chosen:
                while state.top is not frame:
                    state.drop(state.stack[-1])
                return self._chosen(state, turn, frame, chosen[0])
        again = self.drive(state, turn) if state.top and state.top["asked"] not in (RETRY, RUN) else Move()
        return self._join(Move([Say("utter_option_gone")]), again)

    def _read_back(self, state: State, turn: Turn, frame: Frame) -> Move | None:
        """The answer to 您说的是王建国医生吗: yes, no, or the right name at once; None where it says something else."""
        flow = self.flows[frame["flow"]]
        names = self._fillable(flow, turn)
        if turn.intent == "affirm":
            known = set(frame["values"])
            filled = hearing.accept(flow, frame)
            state.dialogue["misheard"] = 0
            if names:
                hearing.fill(flow, frame, turn)
            said = [self._correction(flow, frame, slot) for slot in filled.corrected if slot in known]
            return self._join(Move(said), self.drive(state, turn))
        if names or turn.intent not in ("deny", "correct", "go_back", "skip"):
            return None
        hearing.forget(frame)
        misheard = state.dialogue.get("misheard", 0) + 1
        state.dialogue["misheard"] = misheard
        frame["asked"] = None
        say = Say("utter_misheard") if misheard < 2 else Say("utter_misheard_again", {}, [button("转人工")])
        return self._join(Move([say]), self.drive(state, turn))

    def _confirmation(self, state: State, turn: Turn, frame: Frame) -> Move:
        if turn.uncertain:
            # What is confirmed is done: a yes or a no that was not heard well does neither.
            return Move(
                [Say("utter_confirm_again", {}, [button("确认", "/affirm"), button("不要", "/deny")])]
            )
        if turn.intent == "deny":
            return self.cancel(state, turn, frame)
        frame["confirmed"] = True
        return self.drive(state, turn)

    def _refused(self, state: State, turn: Turn, frame: Frame) -> Move:
        """不要 to an offered list: the way out is told, the question stays."""
        item = self.flows[frame["flow"]].item(frame["asked"])
        if item and item.choose:
            return Move(
                [Say("utter_none_wanted", {}, [button("换个时间"), button("换个医生"), button("不办了")])]
            )
        return self.cancel(state, turn, frame)

    def _go_back(self, state: State, turn: Turn, frame: Frame) -> Move:
        """The question before the one that is open."""
        flow = self.flows[frame["flow"]]
        order = [item.slot for item in flow.collect if item.slot in frame["values"]]
        asked = [slot for slot in state.history(frame) if slot in frame["values"]]
        slot = next(iter([*reversed(asked), *reversed(order)]), None)
        if slot is None:
            return self._join(Move([Say("utter_no_previous")]), self.drive(state, turn))
        filling.clear(flow, frame, slot)
        frame["asked"] = None
        item = flow.item(slot)
        return self._ask_changed(state, frame, item, turn) if item else self.drive(state, turn)

    def _skip(self, state: State, turn: Turn, frame: Frame) -> Move | None:
        """随便: any day, of a shown list the first that is open; what must be said cannot be skipped."""
        flow = self.flows[frame["flow"]]
        item = flow.item(frame["asked"])
        if item and filling.takes_any_day(item) and filling.put_any_day(flow, frame, item, turn):
            return self.drive(state, turn)
        first = next((option for option in frame["options"] if not option.get("disabled")), None)
        if first and item and item.choose and flow.confirm:
            said = Move([Say("utter_chosen_for_you", {"value": str(first["title"])})])
            return self._join(said, self._chosen(state, turn, frame, first))
        return self._join(Move([Say("utter_cannot_skip")]), self.drive(state, turn))

    # Back to what was open before --------------------------------------------------------------------------------

    def _resumed(self, state: State, turn: Turn) -> Move | None:
        """继续, 接着挂号, 回到挂号: the job below is taken up; what lay above it was only in between."""
        frame = state.top
        if frame is None or frame["asked"] == RETRY:
            return None
        for below in reversed(state.stack[:-1]):
            generic = below["asked"] != WAIT and frame["asked"] not in (CONFIRM, WAIT)
            opens = turn.intent in self.flows[below["flow"]].start
            if phrases.resumes(turn.text, self.name(below), generic=generic, opens=opens):
                self._put_on_top(state, below)
                return self._reopened(state, turn, below)
        # At a confirmation 继续 would be a yes, unless it was asked to wait before that was read.
        paused = state.dialogue.get("paused") == state.dialogue["turn"] - 1
        shut = (WAIT,) if paused else (CONFIRM, WAIT)
        if frame["asked"] not in shut and phrases.resumes(turn.text, self.name(frame)):
            return self._reopened(state, turn, frame)
        return None

    def _reopened(self, state: State, turn: Turn, frame: Frame) -> Move:
        if frame["asked"] == WAIT:
            return self._call(state, frame, self.flows[frame["flow"]].run, RUN)
        return self.drive(state, turn)

    @staticmethod
    def _put_on_top(state: State, frame: Frame) -> None:
        """Jobs above are closed; those that wait for an event keep waiting, below."""
        place = state.stack.index(frame)
        for above in state.stack[place + 1 :]:
            if above["asked"] != WAIT:
                state.drop(above)
        state.stack.remove(frame)
        state.stack.append(frame)

    def _given_up(self, state: State, turn: Turn, frame: Frame) -> Move:
        """算了, 号先不挂了: the job whose verb is said, else the one on top."""
        verb = phrases.gives_up(turn.text)
        if verb and verb not in self.name(frame):
            meant = next((f for f in reversed(state.stack) if verb in self.name(f)), None)
            if meant:
                state.stack.remove(meant)
                state.stack.append(meant)
                frame = meant
        return self.cancel(state, turn, frame)
