"""What the gateway keeps is bounded, over real sockets: conversations that nobody sees, and clients that never read."""

import base64
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from fastapi import FastAPI, Request
from websockets.sync.client import connect

from common import settings as common_settings
from gateway import chat, sockets, talk
from gateway.app import build
from gateway.sockets import Socket
from gateway.store import Identity
from tests.support.processes import free_ports, wait_until

PATIENT = Identity("patient:p1", "patient", "李*", "p1")
LONG = "很长的回答。" * 6_000  # about 100 KB


class Served:
    """An application on a port of its own, in a thread."""

    def __init__(self, app: FastAPI, port: int) -> None:
        config = uvicorn.Config(app, port=port, log_config=None, ws=Socket, timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        wait_until(lambda: self.server.started, what="the server is up")

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


class House:
    """The real gateway in front of an assistant that answers everything at once, with `answer`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer, self.asked = "好的", 0
        assistant = FastAPI()

        @assistant.post("/webhooks/menzhen/webhook")
        async def webhook(request: Request) -> dict[str, Any]:
            self.asked += 1
            said = (await request.json())["message"]
            text = f"{said}：{self.answer}"
            return {
                "messages": [{"text": text, "buttons": [], "card": None}],
                "skill": "",
                "intent": "",
                "slots": {},
            }

        ports = free_ports(4)
        names = ("GATEWAY_PORT", "BOT_PORT", "JOURNEY_PORT", "INSIGHT_PORT")
        for name, port in zip(names, ports, strict=True):
            monkeypatch.setenv(f"MENZHEN_{name}", str(port))
        monkeypatch.setenv("MENZHEN_DATA_DIR", str(folder))
        monkeypatch.setenv("MENZHEN_SECRET_KEY", "a-key-for-this-test-of-some-length")
        monkeypatch.setenv("MENZHEN_MESSAGES_PER_MINUTE", "100000")
        common_settings.get.cache_clear()
        self.settings = common_settings.get()
        self.app = build(self.settings)
        self.servers = [Served(assistant, ports[1]), Served(self.app, ports[0])]
        self.port = ports[0]
        self.session = self.app.state.store.open_session(PATIENT, 600)

    @property
    def kept(self) -> int:
        return len(self.app.state.chat._open)

    def post(
        self, conversation: str | None = None, id: str | None = None, text: str = "在吗"
    ) -> dict[str, Any]:
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/api/chat",
            json={"conversation": conversation, "id": id or uuid.uuid4().hex, "text": text},
            headers={"Authorization": f"Bearer {self.session}"},
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def hello(self, conversation: str | None = None) -> bytes:
        return orjson.dumps({"type": "hello", "session": self.session, "conversation": conversation})

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    running = House(tmp_path, monkeypatch)
    yield running
    running.stop()
    common_settings.get.cache_clear()


class Deaf:
    """A client that shakes hands, says what it has to say, and then never reads a byte of the answers."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.socket.recv(1)

    def send(self, text: bytes) -> None:
        assert len(text) < 65_536
        length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.socket.sendall(b"\x81" + length + b"\0\0\0\0" + text)


class TestConversationsThatNobodySees:
    def test_they_are_no_more_than_so_many(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chat, "MOST_OPEN", 10)
        for _ in range(40):
            house.post()
        assert house.kept <= 11

    def test_they_are_forgotten_after_a_while_and_found_again(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = house.post()["conversation"]
        monkeypatch.setattr(chat, "IDLE_SECONDS", 0.2)
        time.sleep(0.4)
        other = house.post()["conversation"]
        assert house.kept == 1 and other != first
        assert house.post(first)["conversation"] == first

    def test_meanwhile_the_same_message_gets_the_same_answer(self, house: House) -> None:
        first = house.post(id="m1")
        asked = house.asked
        assert house.post(first["conversation"], "m1")["messages"] == first["messages"]
        assert house.asked == asked

    def test_those_that_somebody_sees_stay(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chat, "MOST_OPEN", 3)
        monkeypatch.setattr(chat, "IDLE_SECONDS", 0.0)
        with connect(f"ws://127.0.0.1:{house.port}/chat") as page:
            page.send(house.hello().decode())
            conversation = orjson.loads(page.recv(5))["conversation"]
            for _ in range(10):
                house.post()
            assert house.app.state.chat.at(conversation)


class TestAClientThatNeverReads:
    def test_it_keeps_nobody_waiting_and_is_cut_off(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sockets, "TAKES_NOTHING_SECONDS", 2.0)
        monkeypatch.setattr(talk, "UNTAKEN", 20)
        house.answer = LONG
        url = f"ws://127.0.0.1:{house.port}/chat"
        with connect(url, max_size=2**24) as page:
            page.send(house.hello().decode())
            conversation = orjson.loads(page.recv(5))["conversation"]
            assert orjson.loads(page.recv(5))["type"] == "reply"
            deaf = Deaf(house.port)
            deaf.send(house.hello(conversation))
            here = house.app.state.chat.at(conversation)
            wait_until(lambda: len(here.listeners) == 2, what="both see the conversation")
            slowest = 0.0
            for number in range(80):
                began = time.monotonic()
                page.send(orjson.dumps({"type": "message", "id": f"m{number}", "text": "在吗"}).decode())
                while orjson.loads(page.recv(10))["type"] != "reply":
                    continue
                slowest = max(slowest, time.monotonic() - began)
            # 8 MB were meant for the one who does not read: nobody waited for that, and it is not kept.
            assert slowest < 1.5
            assert len(here.listeners) == 1
            deaf.socket.settimeout(10)
            with pytest.raises((ConnectionError, AssertionError)):
                while deaf.socket.recv(65_536):
                    time.sleep(0.01)
                raise AssertionError("closed")

    def test_one_that_only_talks_is_not_read_any_more(self, house: House) -> None:
        house.answer = LONG
        deaf = Deaf(house.port)
        deaf.send(house.hello())
        deaf.socket.settimeout(3)
        message = orjson.dumps({"type": "message", "id": "", "text": "在" * 400})
        with pytest.raises((TimeoutError, ConnectionError)):
            for number in range(100_000):
                deaf.send(message.replace(b'"id":""', b'"id":"%d"' % number))
        assert house.asked < 3_000
        assert house.post()["type"] == "reply"
