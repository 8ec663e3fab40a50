"""The MLLP side: frames in, frames out, many connections, limits on size and time, and the faults for tests."""

import asyncio
import contextlib

from common import logs
from simulator.faults import Fault, Faults
from simulator.hospital.hl7 import Message, Unreadable
from simulator.hospital.refusal import Refused
from simulator.hospital.server import Server
from simulator.tracing import where

START, END = b"\x0b", b"\x1c\x0d"
MAX_MESSAGE = 1 << 20
IDLE_SECONDS = 600
FRAME_SECONDS = 10
"""A frame that was begun must be whole within this time."""
log = logs.logger("mllp")


class TooLong(Exception):
    """A frame above MAX_MESSAGE bytes."""


class Mllp:
    """A server for one `Server`; at most `workers` messages are worked on at once."""

    def __init__(self, server: Server, faults: Faults, workers: int = 8) -> None:
        self.server, self.faults = server, faults
        self.frame_seconds: float = FRAME_SECONDS
        self._free = asyncio.Semaphore(workers)
        self._connections: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port."""
        self._listener = await asyncio.start_server(self._serve, host, port, limit=1 << 16)
        return self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._listener:
            self._listener.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while (raw := await self._frame(reader, writer)) is not None:
                if not await self._one(raw, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            log.debug("peer went away")
        except TimeoutError:
            log.info("slow or idle peer closed")
        except asyncio.CancelledError:
            # Only `stop` cancels; asyncio's stream server would log a connection that ends as cancelled.
            log.debug("connection closed at the end")
        finally:
            self._connections.discard(task)
            with contextlib.suppress(ConnectionError, RuntimeError):
                writer.close()

    async def _frame(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        """The next frame's content; None at the end of the stream."""
        skipped = 0
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                byte = await reader.read(1)
            if byte in (b"", START):
                break
            skipped += 1
            if skipped > MAX_MESSAGE:
                raise ConnectionResetError("no frame in sight")
        if not byte:
            return None
        try:
            async with asyncio.timeout(self.frame_seconds):
                return await self._rest(reader)
        except TooLong:
            answer = self.server.refuse(None, Refused("BAD_MESSAGE", "消息过长。"), "AR")
            await self._send(writer, answer)
            # What still comes is read and dropped for a moment: closing at once would reset the connection
            # and take the answer with it.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    while await reader.read(1 << 16):
                        pass
            return None

    async def _rest(self, reader: asyncio.StreamReader) -> bytes:
        collected = bytearray()
        while True:
            try:
                collected += await reader.readuntil(END)
                if len(collected) > MAX_MESSAGE:
                    raise TooLong
                return bytes(collected[: -len(END)])
            except asyncio.LimitOverrunError as overrun:
                collected += await reader.readexactly(overrun.consumed)
                if len(collected) > MAX_MESSAGE:
                    raise TooLong from None

    async def _one(self, raw: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one frame; False where the connection is done."""
        message: Message | None = None
        problem: Refused | Unreadable | None = None
        try:
            message = self.server.decode(raw)
        except (Refused, Unreadable) as error:
            problem = error
            log.info("unreadable", detail=error.detail, size=len(raw))
        fault = self.faults.take(message.kind if message else "")
        if fault and not fault.applied:
            return await self._break(fault, "", reader, writer)
        if message is None:
            assert problem is not None
            answer = self.server.refuse(None, problem, "AE" if isinstance(problem, Refused) else "AR")
        else:
            async with self._free:
                answer = await asyncio.to_thread(self._answer, message)
        if fault:
            return await self._break(fault, answer, reader, writer)
        await self._send(writer, answer)
        return True

    def _answer(self, message: Message) -> str:
        try:
            return self.server.answer(message)
        except Exception as error:
            log.error("internal error", error=error.__class__.__name__, where=where(error))
            return self.server.refuse(message, Refused("BUSY"))

    async def _send(self, writer: asyncio.StreamWriter, answer: str) -> None:
        codec = self.server.his.envelope.codec
        writer.write(START + answer.encode(codec, "replace") + END)
        await writer.drain()

    async def _break(
        self, fault: Fault, answer: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Do to the answer what the fault says; False where the connection is done."""
        codec = self.server.his.envelope.codec
        frame = START + answer.encode(codec, "replace") + END
        if fault.mode == "delay":
            await asyncio.sleep(fault.seconds)
            if answer:
                await self._send(writer, answer)
            return True
        if fault.mode == "blackhole":
            return True
        if fault.mode == "half":
            writer.write(frame[: max(1, len(frame) // 2)])
            await writer.drain()
            return False
        if fault.mode == "garbage":
            writer.write(START + b"\x00\xff\xfe<html>502</html>\x07" + END)
        elif fault.mode == "wrong_charset":
            other = "gb18030" if codec == "utf-8" else "utf-8"
            writer.write(START + answer.encode(other, "replace") + END)
        else:
            writer.transport.abort()
            return False
        await writer.drain()
        return True
