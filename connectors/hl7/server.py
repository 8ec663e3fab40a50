"""The listening side of MLLP: what others tell us is stored first and acknowledged then."""

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable

from common import clock
from common.errors import MenzhenError
from common.logs import logger
from connectors.hl7 import charset, mllp
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import STANDARD, Message, Raw, join, parse, segment
from connectors.hl7.times import hl7_time

log = logger("hl7")
MAX_MESSAGE = 1024 * 1024
MAX_CONNECTIONS = 64
_HEADER = re.compile(rb"MSH(.)(.{4}).*?(?=[\r\n]|\Z)", re.DOTALL)


class MLLPServer:
    """Answers each message: `AA` when `handle` returned, `AE` when it failed (send again), `AR` when it can never
    be read. Messages of one connection are taken in order, one at a time."""

    def __init__(
        self,
        host: str,
        port: int,
        handle: Callable[[Message], Awaitable[None]],
        *,
        default_charset: str = charset.UTF8,
        deadline: float = 10.0,
    ) -> None:
        self.host, self.port, self.handle = host, port, handle
        self.default_charset, self.deadline = default_charset, deadline
        self.received = self.stored = self.failed = self.unreadable = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._numbers = itertools.count(1)

    @property
    def listening(self) -> bool:
        return self._server is not None

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken. Port 0 takes a free one, then in `port`."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=MAX_MESSAGE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection; the senders keep what was not acknowledged."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._connections):
            writer.close()
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            log.warning("too_many_connections", limit=MAX_CONNECTIONS)
            writer.close()
            return
        self._connections.add(writer)
        try:
            while (payload := await mllp.read_frame(reader)) is not None:
                writer.write(mllp.frame(await self._answer(payload)))
                await writer.drain()
        except HL7Error as error:
            # Framing is lost: where the next message begins cannot be known, so the sender has to start afresh.
            self.unreadable += 1
            log.warning("frame_unreadable", detail=error.detail)
        except OSError as error:
            log.info("connection_lost", error=type(error).__name__)
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _answer(self, payload: bytes) -> bytes:
        self.received += 1
        try:
            message = parse(payload, self.default_charset)
            if not message.control_id:
                raise HL7Error("MSH-10（消息编号）是空的。", detail="MSH-10 empty")
        except HL7Error as error:
            return self._reject(payload, error)
        header = message.header
        sender = (header.text(3), header.text(4), header.text(5), header.text(6))
        codec = charset.codec(header.text(18)) or self.default_charset
        try:
            async with asyncio.timeout(self.deadline):
                await self.handle(message)
        except HL7Error as error:
            return self._reject(payload, error)
        except Exception as error:
            # The sender keeps the message and sends it again, so nothing is lost whatever went wrong here.
            self.failed += 1
            detail = error.detail if isinstance(error, MenzhenError) else ""
            log.error("not_stored", type=header.raw(9), error=type(error).__name__, detail=detail)
            return self._ack(
                sender, message.trigger, "AE", message.control_id, codec, "暂时无法保存，请重发。"
            )
        self.stored += 1
        return self._ack(sender, message.trigger, "AA", message.control_id, codec)

    def _reject(self, payload: bytes, error: HL7Error) -> bytes:
        self.unreadable += 1
        control_id, sender = _look(payload)
        log.warning("message_unreadable", detail=error.detail, bytes=len(payload), count=self.unreadable)
        return self._ack(sender, "", "AR", control_id, self.default_charset, error.message)

    def _ack(
        self,
        sender: tuple[str, str, str, str],
        trigger: str,
        code: str,
        control_id: str,
        codec: str,
        text: str = "",
    ) -> bytes:
        application, facility, receiver, receiving_facility = sender
        known = codec if codec in (charset.UTF8, charset.GB18030) else charset.UTF8
        header = segment(
            "MSH",
            Raw(STANDARD.characters()),
            receiver,
            receiving_facility,
            application,
            facility,
            hl7_time(clock.now()),
            "",
            ("ACK", trigger, "ACK"),
            f"ACK{next(self._numbers):09d}",
            "P",
            "2.4",
            *[""] * 5,
            charset.msh_18(known),
        )
        body = [header, segment("MSA", code, control_id, text)]
        if code != "AA":
            error = ("207", "Application internal error", "HL70357")
            body.append(segment("ERR", "", "", error, "E", "", "", "", text))
        return charset.encode(join(body), known)


def _look(payload: bytes) -> tuple[str, tuple[str, str, str, str]]:
    """Control id and parties of a message that cannot be read otherwise, as far as its header shows them."""
    match = _HEADER.search(payload[:4096])
    if not match:
        return "", ("", "", "", "")
    fields = match[0].decode("ascii", "replace").split(match[1].decode("latin-1"))
    fields += [""] * (10 - len(fields))
    return fields[9][:199], (fields[2], fields[3], fields[4], fields[5])
