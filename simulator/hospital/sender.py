"""Delivers the notices to the front desk over MLLP: in order, again with back-off until each is taken.

The queue is a table of the HIS's own database, filled in the transaction of the change, so that a killed process
loses nothing. After a crash between answer and note the same message (same MSH-10) may come twice.
"""

import asyncio
import contextlib

from sqlalchemy import delete, func, select, update

from common import logs
from simulator.hospital.his import His
from simulator.hospital.hl7 import Unreadable, parse
from simulator.hospital.mllp import END, START
from simulator.hospital.schema import outqueue
from simulator.tracing import where

ANSWER_SECONDS = 10
MAX_PAUSE = 15.0
BATCH = 100
log = logs.logger("sender")


class Sender:
    """One connection to the facade's MLLP port, kept open while there is something to say."""

    def __init__(self, his: His) -> None:
        self.his = his
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._stopping = True
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def waiting(self) -> int:
        """How many notices wait."""
        with self.his.database.read() as connection:
            query = select(func.count()).where(outqueue.c.state == "waiting")
            return connection.scalar(query) or 0

    async def _run(self) -> None:
        pause = 0.2
        try:
            while not self._stopping:
                try:
                    sent = await self._round()
                except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                    await self._hang_up()
                    log.debug("front desk not reached", error=type(error).__name__)
                    sent = False
                except Exception as error:
                    await self._hang_up()
                    log.error("delivery failed", error=type(error).__name__, where=where(error))
                    sent = False
                if sent:
                    pause = 0.2
                    continue
                await asyncio.sleep(pause)
                if sent is False:
                    pause = min(pause * 2, MAX_PAUSE)
        finally:
            await self._hang_up()

    async def _round(self) -> bool | None:
        """Send what waits. True: something went; None: nothing waits; False: it was refused for now."""
        batch = await asyncio.to_thread(self._batch)
        if not batch:
            return None
        for id, control_id, body in batch:
            code = await self._send(control_id, body)
            if code == "AA":
                await asyncio.to_thread(self._done, id)
            elif code == "AR":
                log.warning("notice refused for good", control_id=control_id)
                await asyncio.to_thread(self._refused, id)
            else:
                await asyncio.to_thread(self._again, id)
                return False
        return True

    async def _send(self, control_id: str, body: str) -> str:
        """The acknowledgement code for one message; empty where the answer is none."""
        if self._streams is None:
            settings = self.his.settings
            async with asyncio.timeout(ANSWER_SECONDS):
                self._streams = await asyncio.open_connection(settings.host, settings.facade_mllp_port)
        reader, writer = self._streams
        codec = self.his.envelope.codec
        writer.write(START + body.encode(codec, "replace") + END)
        async with asyncio.timeout(ANSWER_SECONDS):
            await writer.drain()
            raw = await reader.readuntil(END)
        try:
            msa = parse(raw.lstrip(START)[: -len(END)].decode(codec)).first("MSA")
        except (Unreadable, UnicodeDecodeError):
            raise ConnectionError("unreadable acknowledgement") from None
        if msa.get(2) != control_id:
            raise ConnectionError("acknowledgement of another message")
        return msa.get(1)

    async def _hang_up(self) -> None:
        if self._streams:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _batch(self) -> list[tuple[int, str, str]]:
        with self.his.database.read() as connection:
            query = (
                select(outqueue.c.id, outqueue.c.control_id, outqueue.c.body)
                .where(outqueue.c.state == "waiting")
                .order_by(outqueue.c.id)
                .limit(BATCH)
            )
            return [tuple(row) for row in connection.execute(query)]

    def _done(self, id: int) -> None:
        with self.his.database.write() as connection:
            connection.execute(delete(outqueue).where(outqueue.c.id == id))

    def _refused(self, id: int) -> None:
        with self.his.database.write() as connection:
            connection.execute(update(outqueue).where(outqueue.c.id == id).values(state="refused"))

    def _again(self, id: int) -> None:
        with self.his.database.write() as connection:
            connection.execute(
                update(outqueue).where(outqueue.c.id == id).values(attempts=outqueue.c.attempts + 1)
            )
