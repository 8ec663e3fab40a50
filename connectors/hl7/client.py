"""The asking side of MLLP: a few kept connections, one message at a time on each, answers matched by control id."""

import asyncio
import itertools
import os
from collections import deque
from dataclasses import dataclass

from common import clock
from common.logs import logger
from connectors.adapter import BackendError, BackendUnavailable
from connectors.hl7 import charset, mllp
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Message, Raw, join, parse, segment
from connectors.hl7.times import hl7_time

log = logger("hl7")
_STALE_ANSWERS = 3


class Timeout(BackendUnavailable):
    """No answer within the deadline."""

    code = "BACKEND_TIMEOUT"
    message = "医院系统没有及时回应，请稍后再试。"


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends to whom (MSH-3 to MSH-6), in which version and character set."""

    application: str = "MENZHEN"
    facility: str = "FRONTDESK"
    receiver: str = "HIS"
    receiving_facility: str = "HOSPITAL"
    version: str = "2.4"
    charset: str = charset.UTF8

    def header(self, message_type: tuple[str, ...], control_id: str) -> str:
        """The MSH segment of a message that is sent now."""
        return segment(
            "MSH",
            Raw("^~\\&"),
            self.application,
            self.facility,
            self.receiver,
            self.receiving_facility,
            hl7_time(clock.now()),
            "",
            message_type,
            control_id,
            "P",
            self.version,
            *[""] * 5,
            charset.msh_18(self.charset),
        )


class Connection:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.used = False

    async def exchange(self, data: bytes, control_id: str, default_charset: str) -> Message:
        """Send a message and read its answer. Raises HL7Error, OSError or EOFError."""
        self.writer.write(mllp.frame(data))
        await self.writer.drain()
        for _ in range(_STALE_ANSWERS):
            payload = await mllp.read_frame(self.reader)
            if payload is None:
                raise EOFError
            answer = parse(payload, default_charset)
            if answer.need("MSA").text(2) == control_id:
                self.used = True
                return answer
        raise HL7Error("应答与请求对不上。", detail="MSA-2 is not ours")

    def close(self) -> None:
        self.writer.close()

    @property
    def gone(self) -> bool:
        return self.reader.at_eof() or self.writer.is_closing()


class MLLPClient:
    """Asks one system. Safe for many tasks at once; a call takes a free connection or waits for one."""

    def __init__(self, host: str, port: int, party: Party, deadline: float, connections: int = 8) -> None:
        self.host, self.port, self.party, self.deadline = host, port, party, deadline
        self._free: deque[Connection] = deque()
        self._slots = asyncio.Semaphore(connections)
        # Control ids differ between processes and restarts, so that no late answer is taken for a new one.
        self._prefix = os.urandom(4).hex().upper()
        self._numbers = itertools.count(1)

    async def ask(self, message_type: tuple[str, ...], *segments: str) -> Message:
        """Send a message of these segments (without MSH) and return the answer, whose MSA is ours.

        A kept connection that turns out to be closed is replaced and the message sent again once: every message
        of ours may come twice. Raises BackendUnavailable when the system cannot be reached, does not answer
        within the deadline, or answers with what cannot be read; BackendError for text that cannot be sent.
        """
        control_id = f"{self._prefix}{next(self._numbers):08d}"
        text = join([self.party.header(message_type, control_id), *segments])
        try:
            data = charset.encode(text, self.party.charset)
        except HL7Error as error:
            raise BackendError(error.message, code=error.code, status=422, detail=error.detail) from None
        try:
            async with asyncio.timeout(self.deadline), self._slots:
                return await self._send(data, control_id)
        except TimeoutError:
            raise Timeout(detail=f"{message_type[1]}: no answer in {self.deadline} s") from None
        except OSError as error:
            raise BackendUnavailable(detail=f"{message_type[1]}: {type(error).__name__}") from None
        except EOFError:
            raise BackendUnavailable(detail=f"{message_type[1]}: closed without an answer") from None
        except HL7Error as error:
            log.warning("answer_unreadable", trigger=message_type[1], detail=error.detail)
            raise BackendUnavailable(
                "医院系统的应答无法读取。", code="BACKEND_GARBLED", detail=error.detail
            ) from None

    async def _send(self, data: bytes, control_id: str) -> Message:
        while True:
            connection = await self._take()
            fresh = not connection.used
            try:
                answer = await connection.exchange(data, control_id, self.party.charset)
            except (OSError, EOFError):
                connection.close()
                if fresh:
                    raise
                self.drop()
                continue
            except BaseException:
                # Also when cancelled: whatever comes on it now would be an answer to a question nobody asks.
                connection.close()
                raise
            self._free.append(connection)
            return answer

    async def _take(self) -> Connection:
        while self._free:
            connection = self._free.pop()
            if not connection.gone:
                return connection
            connection.close()
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=mllp.MAX_FRAME)
        return Connection(reader, writer)

    def drop(self) -> None:
        """Close the free connections, for instance when one of them turned out to be dead."""
        while self._free:
            self._free.pop().close()

    async def stop(self) -> None:
        """Close all that is free; calls under way end by their deadline."""
        self.drop()
