"""A client of the voice process's socket, for tests and benchmarks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.voice.sounds import packets

Frame = dict[str, Any]


@dataclass
class Closed(Exception):
    """The other end closed: the code, and the last error that it told."""

    code: int
    error: Frame | None


class Line:
    """One open socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, content: Frame | bytes | str) -> None:
        """Where the other end has closed meanwhile, the next `receive` tells."""
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(
                json.dumps(content, ensure_ascii=False) if isinstance(content, dict) else content
            )

    async def receive(self) -> Frame:
        """The next answer. Raises Closed where it is an error, once the close has come."""
        try:
            frame: Frame = json.loads(await asyncio.wait_for(self.socket.recv(), 30))
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006, None) from None
        if "error" not in frame:
            return frame
        try:
            await asyncio.wait_for(self.socket.recv(), 30)
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006, frame["error"]) from None
        raise AssertionError("an error, and no close after it")

    async def ask(self, content: Frame | bytes | str) -> Frame:
        """Send, and the one answer to it."""
        await self.send(content)
        return await self.receive()

    async def speak(self, pcm: bytes, seconds: float = 0.1, rate: int = 16_000) -> list[Frame]:
        """Packets as fast as they are answered; all answers."""
        return [await self.ask(packet) for packet in packets(pcm, seconds, rate)]

    async def hear(self, pcm: bytes, seconds: float = 0.1, rate: int = 16_000) -> Frame:
        """What is said in the sound, its end told: the only final."""
        early = [frame for frame in await self.speak(pcm, seconds, rate) if "partial" not in frame]
        assert not early, f"a final before the end: {early}"
        return await self.ask({"reset": 1})


class Talker:
    """Connects to a voice process."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.replace("http", "ws", 1) + "/"
        self.token = token

    @asynccontextmanager
    async def line(self, **config: Any) -> AsyncIterator[Line]:
        """A socket, with this configuration where one is given."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with connect(self.url, additional_headers=headers, proxy=None, max_size=2**22) as socket:
            line = Line(socket)
            if config:
                await line.send({"config": config})
            yield line
