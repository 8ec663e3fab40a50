"""Calls actions as Rasa does, and keeps one flow's frame as the flow policy does."""

import uuid
from typing import Any

import httpx

Json = dict[str, Any]


class Conversation:
    """One person's conversation with one open flow; `run` calls an action and applies its signal to the frame."""

    def __init__(self, url: str, metadata: Json, flow: str = "", **values: Any) -> None:
        self.url, self.metadata = url, metadata
        self.sender = f"test-{uuid.uuid4().hex}"
        self.frame: Json = {
            "flow": flow,
            "id": uuid.uuid4().hex,
            "values": values,
            "raw": {},
            "options": [],
            "asked": None,
            "confirmed": False,
            "misses": 0,
            "state": {},
        }
        self.messages: list[Json] = []
        self.signal: Json = {}

    def run(
        self,
        action: str,
        text: str = "",
        intent: str = "",
        entities: list[Json] | None = None,
        event: Json | None = None,
    ) -> "Conversation":
        """Call an action; its messages and signal are kept, the frame changes."""
        metadata = self.metadata | ({"event": event} if event else {})
        stack = [self.frame] if self.frame["flow"] else []
        call = {
            "next_action": action,
            "sender_id": self.sender,
            "version": "3.6.21",
            "tracker": {
                "sender_id": self.sender,
                "slots": {"flow_stack": stack},
                "latest_message": {
                    "text": text,
                    "intent": {"name": intent},
                    "entities": entities or [],
                    "metadata": metadata,
                },
                "events": [{"event": "user", "text": text}] if text else [],
            },
        }
        answer = httpx.post(self.url, json=call, timeout=15)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        self.messages = [
            {
                "text": m.get("text") or "",
                "buttons": m.get("buttons") or [],
                "card": (m.get("custom") or {}).get("card"),
            }
            for m in body["responses"]
        ]
        self.signal = next((e["value"] for e in body["events"] if e.get("name") == "flow_signal"), {})
        for slot in self.signal.get("clear") or []:
            self.frame["values"].pop(slot, None)
        self.frame["values"] |= self.signal.get("set") or {}
        self.frame["state"] |= self.signal.get("state") or {}
        if "options" in self.signal:
            self.frame["options"] = self.signal["options"]
        return self

    @property
    def outcome(self) -> str:
        return self.signal.get("outcome", "")

    @property
    def text(self) -> str:
        return "\n".join(m["text"] for m in self.messages)

    def card(self, type: str) -> Json:
        """The card of that type. Raises AssertionError where none was shown."""
        cards = [m["card"] for m in self.messages if m["card"] and m["card"]["type"] == type]
        assert cards, f"no card {type} in {self.messages}"
        return cards[0]

    def titles(self) -> list[str]:
        return [b["title"] for m in self.messages for b in m["buttons"]]

    def choose(self, number: int = 0) -> "Conversation":
        """Choose one of what was offered."""
        self.frame["values"] |= self.frame["options"][number]["values"]
        return self


def date_time(start: str, end: str, grain: str = "day") -> Json:
    """A value as the extractor resolves it."""
    return {"start": start, "end": end, "grain": grain}
