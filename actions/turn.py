"""One call of an action: who asks, what they said, the open flow's frame, and what is answered."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.words import moment
from common import clock

OUTCOMES = ("asked", "next", "done", "failed", "abandon", "handoff", "wait")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dependent:
    """A family member whom the caller may act for. `relation` is a code of HL7 table 0063, `name` masked."""

    id: str
    relation: str
    name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who talks to us, as the gateway says with every message. `patient` is the facade's Patient id."""

    role: str
    token: str
    patient: str
    name: str
    department: str
    dependents: tuple[Dependent, ...]
    now: datetime
    channel: str = "web"

    @property
    def is_patient(self) -> bool:
        return self.role == "patient"

    @property
    def in_public(self) -> bool:
        """At a kiosk: a screen that is nobody's own, where pages of others cannot be opened."""
        return self.channel == "kiosk"


@dataclass(slots=True)
class Frame:
    """The top frame of `flow_stack`; empty where no flow is open."""

    flow: str = ""
    id: str = ""
    values: Json = field(default_factory=dict)
    raw: Json = field(default_factory=dict)
    options: list[Json] = field(default_factory=list)
    asked: str | None = None
    confirmed: bool = False
    misses: int = 0
    state: Json = field(default_factory=dict)

    @classmethod
    def top(cls, tracker: Tracker) -> "Frame":
        stack = tracker.get_slot("flow_stack") or []
        return cls.of(stack[-1]) if stack else cls()

    @classmethod
    def of(cls, frame: Json) -> "Frame":
        """From the slot's form; fields that are missing or null take their empty value."""
        known = {name: frame[name] for name in cls.__dataclass_fields__ if frame.get(name) is not None}
        return cls(**known)

    def has(self, slot: str) -> bool:
        return self.values.get(slot) not in (None, "", [], {})


def option(id: str, title: str, values: Json, words: list[str] | None = None, *, place: bool = True) -> Json:
    """Something that can be chosen by ordinal, by its words, or by tapping; without a `place` it is not counted
    (看更多 is not 最后一个)."""
    return {"id": id, "title": title, "values": values, "words": words or [], "place": place}


def choose(id: str) -> str:
    """The payload of a tap on an option."""
    return f'/choose{{"option": "{id}"}}'


class Turn:
    """What an action reads and what it answers."""

    def __init__(self, tracker: Tracker) -> None:
        message = tracker.latest_message or {}
        metadata = message.get("metadata") or {}
        self.tracker = tracker
        self.text: str = message.get("text") or ""
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.entities: list[Json] = list(message.get("entities") or [])
        self.conversation: str = tracker.sender_id or ""
        self.event: Json = metadata.get("event") or {}
        self.frame = Frame.top(tracker)
        # The jobs that wait below the open one, the nearest first.
        self.below = [Frame.of(frame) for frame in reversed((tracker.get_slot("flow_stack") or [])[:-1])]
        self.caller = _caller(metadata)
        self.now = self.caller.now
        self.messages: list[Json] = []
        self.signal: Json = {}
        self.slots: Json = {}

    # -- what is said ------------------------------------------------------------------------------
    def say(
        self, text: str | None = None, *, card: Json | None = None, buttons: list[Json] | None = None
    ) -> None:
        """Add a message: a text, buttons, a card, or several of them."""
        self.messages.append({"text": text, "buttons": buttons or [], "card": card})

    def entity(self, name: str) -> Any:
        """The value of the first entity of that name which the sentence does not deny; None if there is none."""
        return next(
            (e.get("value") for e in self.entities if e.get("entity") == name and not e.get("negated")), None
        )

    # -- what the engine is told -------------------------------------------------------------------
    def put(self, **values: Any) -> None:
        """Set values of the frame."""
        self.signal.setdefault("set", {}).update(values)
        self.frame.values.update(values)

    def clear(self, *slots: str) -> None:
        """Clear values of the frame."""
        self.signal.setdefault("clear", []).extend(slots)
        for slot in slots:
            self.frame.values.pop(slot, None)

    def keep(self, **state: Any) -> None:
        """Keep something in the frame for the skill's own use."""
        self.frame.state.update(state)
        self.signal["state"] = dict(self.frame.state)

    def offer(self, options: list[Json]) -> None:
        """What can be chosen now; a question was put with it."""
        self.signal["options"] = options
        self.end("asked")

    def start(self, flow: str, **values: Any) -> None:
        """Another flow to go on with."""
        self.signal["start"] = {"flow": flow, "values": values}

    def end(self, outcome: str) -> None:
        """How the action ended; one of OUTCOMES."""
        if outcome not in OUTCOMES:
            raise ValueError(outcome)
        self.signal["outcome"] = outcome

    def events(self) -> list[Json]:
        """Rasa events: the signal to the flow policy and other slots."""
        events = [SlotSet(name, value) for name, value in self.slots.items()]
        if self.signal:
            events.append(SlotSet("flow_signal", self.signal))
        return events


def _caller(metadata: Json) -> Caller:
    now = metadata.get("now")
    return Caller(
        role=metadata.get("role") or "patient",
        token=metadata.get("token") or "",
        patient=metadata.get("patient") or "",
        name=metadata.get("name") or "",
        department=metadata.get("department") or "",
        dependents=tuple(
            Dependent(str(d.get("id") or ""), str(d.get("relation") or ""), str(d.get("name") or ""))
            for d in metadata.get("dependents") or []
        ),
        now=moment(now) if now else clock.now(),
        channel=str(metadata.get("channel") or "web"),
    )
