"""What the engine works on: the turn that came in, the state that is kept, the move that goes out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Frame = dict[str, Any]

CONFIRM, RUN, WAIT, RETRY, HEARD = "confirm", "run", "wait", "retry", "heard"


@dataclass
class Turn:
    """One message of a person (or of the system), understood.

    `entities` are dictionaries `{"entity", "text", "value", "start", "end", "scope"?, "negated"?}`; `requests` the
    two halves of a message that asks for two things; `close` the jobs that an ambiguous message may mean;
    `complaint` what ails them (`text`, and whether it is `sure` to be a complaint); `option` the id of a tapped choice; `event` a pushed event; `now` the clinic's time, aware; `uncertain` a spoken
    message that was not heard well.
    """

    intent: str = ""
    text: str = ""
    confidence: float = 1.0
    entities: list[dict[str, Any]] = field(default_factory=list)
    ranking: list[tuple[str, float]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    close: list[str] = field(default_factory=list)
    unclear: bool = False
    role: str = "patient"
    option: str | None = None
    event: dict[str, Any] | None = None
    complaint: dict[str, Any] | None = None
    red_flag: str | None = None
    now: datetime | None = None
    uncertain: bool = False

    def wanted(self) -> list[dict[str, Any]]:
        """The entities that the sentence does not deny."""
        return [entity for entity in self.entities if not entity.get("negated")]


@dataclass
class Say:
    """Something to be said: a response of the domain with its values, or messages as they are."""

    response: str = ""
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For the message processor."""
        return {
            "response": self.response,
            "values": self.values,
            "buttons": self.buttons,
            "messages": self.messages,
        }


@dataclass
class Move:
    """What happens next: sentences, then an action, or (without one) listening."""

    says: list[Say] = field(default_factory=list)
    action: str | None = None


@dataclass
class State:
    """All that the engine remembers between two messages; both parts are plain JSON.

    `dialogue`: `turn` counts messages, `steps` the actions of this turn, `running` what was called and why,
    `queue` requests still to be served, `offer` a question of the engine's own, `misses` sentences not understood
    in a row, `misheard` read-backs denied in a row, `done` the job that ended last with its values, `aside` the frames that an emergency stopped, `alarm`
    the turn of the last emergency, `paused` that of the last 等一下, `told` the flow that the message was a complaint for, `asked` per frame the slots asked for so far, `began` per frame the turn in which it was opened,
    `last` the last reply's messages.
    """

    stack: list[Frame] = field(default_factory=list)
    dialogue: dict[str, Any] = field(default_factory=dict)

    @property
    def top(self) -> Frame | None:
        """The frame that is being talked about."""
        return self.stack[-1] if self.stack else None

    def reset(self) -> None:
        """Forget everything but the count of turns."""
        self.stack.clear()
        turn = self.dialogue.get("turn", 0)
        self.dialogue.clear()
        self.dialogue["turn"] = turn

    def find(self, frame_id: str | None) -> Frame | None:
        """An open frame by its id."""
        return next((frame for frame in self.stack if frame["id"] == frame_id), None)

    def push(self, flow: str, values: dict[str, Any] | None = None) -> Frame:
        """Open a frame on top."""
        frame: Frame = {
            "flow": flow,
            "id": uuid.uuid4().hex,
            "values": dict(values or {}),
            "raw": {},
            "options": [],
            "asked": None,
            "confirmed": False,
            "misses": 0,
            "state": {},
        }
        self.stack.append(frame)
        self.dialogue.setdefault("began", {})[frame["id"]] = self.dialogue.get("turn", 0)
        return frame

    def drop(self, frame: Frame) -> None:
        """Close a frame, wherever it lies."""
        self.stack[:] = [other for other in self.stack if other["id"] != frame["id"]]
        for kept in ("began", "asked"):
            self.dialogue.get(kept, {}).pop(frame["id"], None)

    def began_now(self, frame: Frame) -> bool:
        """Whether the frame was opened by the message that is being answered."""
        return self.dialogue.get("began", {}).get(frame["id"]) == self.dialogue.get("turn", 0)

    def history(self, frame: Frame) -> list[str]:
        """The slots that were asked for in this frame, in order; to be appended to."""
        return self.dialogue.setdefault("asked", {}).setdefault(frame["id"], [])


def button(title: str, payload: str | None = None) -> dict[str, str]:
    """A button; without a payload it sends its title."""
    return {"title": title, "payload": payload} if payload else {"title": title}


def choice(title: str, option: str) -> dict[str, str]:
    """A button that taps a choice."""
    return {"title": title, "payload": f'/choose{{"option": "{option}"}}'}
