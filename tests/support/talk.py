"""A person at the chat page: logs in at the gateway, speaks over the socket, taps buttons, waits for news."""

import uuid
from typing import Any, Self

import httpx
import orjson
from websockets.sync.client import connect

from cli.chatting import choices
from tests.support.processes import Stack

REPLY_SECONDS = 20


class Reply:
    """What came back: the messages of one turn or of one push."""

    def __init__(self, frame: dict[str, Any]) -> None:
        self.frame = frame
        self.messages: list[dict[str, Any]] = frame.get("messages") or []
        self.skill: str | None = frame.get("skill")
        self.slots: dict[str, Any] = frame.get("slots") or {}

    @property
    def text(self) -> str:
        """All sentences, an error's included."""
        if self.frame["type"] == "error":
            return str(self.frame["message"])
        return "\n".join(m["text"] for m in self.messages if m.get("text"))

    def card(self, type: str) -> dict[str, Any]:
        """The last card of this type. Raises AssertionError."""
        found = [m["card"] for m in self.messages if m.get("card") and m["card"]["type"] == type]
        assert found, f"no {type} card in: {self}"
        return found[-1]

    def has_card(self, type: str) -> bool:
        return any(m.get("card") and m["card"]["type"] == type for m in self.messages)

    @property
    def choices(self) -> list[dict[str, Any]]:
        """What can be tapped."""
        return [c for m in self.messages for c in choices(m)]

    def __repr__(self) -> str:
        cards = [m["card"]["type"] for m in self.messages if m.get("card")]
        return f"{self.text!r} cards={cards} buttons={[c['title'] for c in self.choices]}"


class Person:
    """`with Person(stack, "patient:100001") as zhang: zhang.say("挂号")`."""

    path = "/chat"

    def __init__(self, stack: Stack, who: str, conversation: str | None = None) -> None:
        self.stack, self.who, self.conversation = stack, who, conversation
        self.pushes: list[Reply] = []
        self.last = Reply({"type": "reply"})

    def __enter__(self) -> Self:
        answer = httpx.post(
            self.stack.settings.gateway_url + "/api/login/service",
            json={"as": self.who},
            headers=self.stack.auth(self.stack.service_token()),
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        self.session = answer.json()["session"]
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def connect(self) -> None:
        self.socket = connect(
            self.stack.settings.gateway_url.replace("http", "ws", 1) + self.path, max_size=2**20
        )
        self.send(self.hello())
        ready = self._next("ready")
        self.conversation = ready["conversation"]
        if ready["new"]:
            self.greeting = Reply(self._next("reply", "error"))
            self.last = self.greeting

    def hello(self) -> dict[str, Any]:
        return {"type": "hello", "session": self.session, "conversation": self.conversation}

    def received(self, frame: dict[str, Any]) -> None:
        """Whatever comes, in its order."""
        if frame["type"] == "push":
            self.pushes.append(Reply(frame))

    def received_sound(self, pcm: bytes) -> None:
        raise AssertionError("sound on a socket that has none")

    def send(self, frame: dict[str, Any]) -> None:
        self.socket.send(orjson.dumps(frame).decode())

    def _next(self, *types: str, seconds: float = REPLY_SECONDS) -> dict[str, Any]:
        while True:
            message = self.socket.recv(seconds)
            if isinstance(message, bytes):
                self.received_sound(message)
                continue
            frame: dict[str, Any] = orjson.loads(message)
            self.received(frame)
            if frame["type"] in types:
                return frame

    def say(self, text: str, payload: str | None = None, id: str | None = None) -> Reply:
        """One message and its reply."""
        id = id or uuid.uuid4().hex
        self.send({"type": "message", "id": id, "text": text, "payload": payload})
        while (frame := self._next("reply", "error"))["to"] not in (id, None):
            continue
        self.last = Reply(frame)
        return self.last

    def tap(self, title: str) -> Reply:
        """Tap the first choice of the last reply whose title contains `title`."""
        for choice in self.last.choices:
            if title in choice["title"] and not choice.get("url"):
                return self.say(choice["title"], choice.get("payload"))
        raise AssertionError(f"nothing to tap like {title!r} in: {self.last}")

    def tap_first(self) -> Reply:
        """Tap the first choice of a card of the last reply."""
        first = self.last.choices[0]
        return self.say(first["title"], first.get("payload"))

    def pay(self) -> Reply:
        """Pay what the last payment card asks for, as on the phone, and wait for the news."""
        url = self.last.card("payment")["url"]
        httpx.post(url, json={}, timeout=10).raise_for_status()
        return self.news()

    def news(self, seconds: float = REPLY_SECONDS) -> Reply:
        """The next push."""
        if not self.pushes:
            self._next("push", seconds=seconds)
        self.last = self.pushes.pop(0)
        return self.last
