"""HTTP answers that break the way networks do, for fault tests; the ASGI layer outside everything else."""

import asyncio
from typing import Any

from simulator.faults import Fault, Faults

_HIT = ("/v1/", "/pay/", "/sns/")


class Breaking:
    """Wraps an application. Control paths are never hit."""

    def __init__(self, app: Any, faults: Faults) -> None:
        self.app, self.faults = app, faults

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        hit = scope["type"] == "http" and scope["path"].startswith(_HIT)
        fault = self.faults.take(scope["path"]) if hit and self.faults.current.mode != "twice" else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        start, body = 502, b""
        if fault.applied:
            start, body = await self._run(scope, receive)
        await self._break(fault, start, body, send, receive)

    async def _run(self, scope: Any, receive: Any) -> tuple[int, bytes]:
        """Let the request take effect, and keep its answer."""
        status, chunks = 500, bytearray()

        async def keep(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                chunks.extend(message.get("body", b""))

        await self.app(scope, receive, keep)
        return status, bytes(chunks)

    async def _break(self, fault: Fault, status: int, body: bytes, send: Any, receive: Any) -> None:
        if fault.mode == "delay":
            await asyncio.sleep(fault.seconds)
            await _answer(send, status, body)
        elif fault.mode == "blackhole":
            while (await receive())["type"] != "http.disconnect":
                continue
        elif fault.mode == "garbage":
            await _answer(send, 200, b"\x00\xff\xfe<html>\x07")
        elif fault.mode == "wrong_charset":
            await _answer(send, status, body.decode("utf-8", "replace").encode("gb18030", "replace"))
        else:
            if fault.mode == "half":
                await _start(send, status, len(body) + 64)
                await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
                await asyncio.sleep(0.05)
            # uvicorn hands out `send` as a method of the cycle that owns the connection.
            send.__self__.transport.abort()


async def _start(send: Any, status: int, length: int) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _answer(send: Any, status: int, body: bytes) -> None:
    await _start(send, status, len(body))
    await send({"type": "http.response.body", "body": body})
