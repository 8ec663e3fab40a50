"""A person at the kiosk: the same socket for touch and for speech."""

import uuid
from typing import Any

import httpx
from websockets.sync.client import connect

from tests.support import speech
from tests.support.processes import Stack
from tests.support.talk import Person, Reply

PACKET_SECONDS = 0.1


class Caller(Person):
    """`with Caller(town, "patient:100001") as li: li.speak("我要挂号")`."""

    path = "/voice"

    def __init__(self, stack: Stack, who: str, conversation: str | None = None, voice: str = "f2") -> None:
        super().__init__(stack, who, conversation)
        self.voice = voice
        self.captions: list[str] = []
        self.sound = b""

    def hello(self) -> dict[str, Any]:
        return {**super().hello(), "kiosk": True}

    def received(self, frame: dict[str, Any]) -> None:
        super().received(frame)
        if frame["type"] == "partial":
            self.captions.append(frame["text"])

    def received_sound(self, pcm: bytes) -> None:
        self.sound += pcm

    def listen(
        self, pcm: bytes, rate: int = speech.RATE, *, end: bool = True, held: bool = False
    ) -> dict[str, Any]:
        """Sound into the microphone → the frame `heard`, `nothing_heard` or `error`. `held`: with the finger on the
        button."""
        self.begin(rate, held=held)
        self.feed(pcm, rate)
        if end:
            self.send({"type": "end"})
        return self.outcome()

    def begin(self, rate: int = speech.RATE, *, held: bool = False) -> None:
        self.captions = []
        self.send({"type": "listen", "id": uuid.uuid4().hex, "sample_rate": rate, "held": held})

    def feed(self, pcm: bytes, rate: int = speech.RATE) -> None:
        size = int(rate * PACKET_SECONDS) * 2
        for place in range(0, len(pcm), size):
            self.socket.send(pcm[place : place + size])

    def outcome(self) -> dict[str, Any]:
        return self._next("heard", "nothing_heard", "error")

    def hear(self, pcm: bytes, rate: int = speech.RATE) -> Reply:
        """Sound → the assistant's reply. Raises AssertionError where nothing was understood."""
        heard = self.listen(pcm, rate)
        assert heard["type"] == "heard", heard
        while (frame := self._next("reply", "error"))["to"] not in (heard["id"], None):
            continue
        self.heard = heard
        self.last = Reply(frame)
        return self.last

    def speak(self, text: str) -> Reply:
        """A sentence in this person's voice → the reply."""
        return self.hear(speech.say(text, self.voice))


def send_file(person: Person, content: bytes, id: str | None = None) -> httpx.Response:
    """A voice message as a file."""
    return httpx.post(
        person.stack.settings.gateway_url + "/api/voice",
        params={"conversation": person.conversation or "", "id": id or uuid.uuid4().hex},
        content=content,
        headers=person.stack.auth(person.session),
        timeout=40,
    )


def open_socket(stack: Stack, path: str = "/voice", **headers: str) -> Any:
    """A bare socket at the gateway."""
    url = stack.settings.gateway_url.replace("http", "ws", 1) + path
    return connect(url, additional_headers=headers, max_size=2**20)
