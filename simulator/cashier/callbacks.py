"""Delivers call-backs: signed, again after 1, 2, 4 … seconds, at most eight times; what waits survives a crash."""

import asyncio
import contextlib
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Row, select, update

from common import logs
from simulator.cashier import signing
from simulator.cashier.orders import Orders
from simulator.cashier.schema import callbacks
from simulator.faults import Faults
from simulator.tracing import where

ATTEMPTS = 8
TIMEOUT = 5.0
TICK = 0.1
EXPIRE_EVERY = 0.5
log = logs.logger("cashier")


class Caller:
    """Sends what is due, orders side by side; also closes orders whose time ran out."""

    def __init__(self, book: Orders, merchant: str, key: str, faults: Faults) -> None:
        self.book, self.merchant, self.key, self.faults = book, merchant, key, faults
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        expired = 0.0
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
            while True:
                try:
                    if time.monotonic() - expired > EXPIRE_EVERY:
                        await asyncio.to_thread(self._expire)
                        expired = time.monotonic()
                    due = await asyncio.to_thread(self._due)
                    await asyncio.gather(*(self._one(client, row) for row in due))
                except Exception as error:
                    log.error("call-backs failed", error=type(error).__name__, where=where(error))
                    await asyncio.sleep(1)
                await asyncio.sleep(TICK)

    async def _one(self, client: httpx.AsyncClient, row: Row[Any]) -> None:
        taken = await self._send(client, row)
        fault = self.faults.take("callback") if taken else None
        if fault and fault.mode == "twice":
            await self._send(client, row)
        await asyncio.to_thread(self._note, row, taken)

    async def _send(self, client: httpx.AsyncClient, row: Row[Any]) -> bool:
        """Whether the merchant took it: 200 and `{"code": "SUCCESS"}`."""
        body = row.body.encode()
        parts = urlsplit(row.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = signing.headers(self.merchant, self.key, "POST", path, body)
        try:
            answer = await client.post(
                row.url, content=body, headers=headers | {"Content-Type": "application/json"}
            )
            return answer.status_code == 200 and answer.json().get("code") == "SUCCESS"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError) as error:
            log.debug("call-back not taken", event_kind=row.event, error=type(error).__name__)
            return False

    def _expire(self) -> None:
        with self.book.database.write() as connection:
            self.book.expire(connection)

    def _due(self) -> list[Row[Any]]:
        """The oldest waiting call-backs, one an order so that an order's events keep their order."""
        query = (
            select(callbacks)
            .where(callbacks.c.state == "waiting", callbacks.c.next_at <= time.time())
            .order_by(callbacks.c.id)
            .limit(50)
        )
        with self.book.database.read() as connection:
            found: dict[str, Row[Any]] = {}
            for row in connection.execute(query):
                found.setdefault(row.order_no, row)
        return list(found.values())

    def _note(self, row: Row[Any], taken: bool) -> None:
        attempts = row.attempts + 1
        state = "done" if taken else "given_up" if attempts >= ATTEMPTS else "waiting"
        if state == "given_up":
            log.warning("call-back given up", event_kind=row.event, attempts=attempts)
        with self.book.database.write() as connection:
            connection.execute(
                update(callbacks)
                .where(callbacks.c.id == row.id)
                .values(attempts=attempts, state=state, next_at=time.time() + 2.0 ** (attempts - 1))
            )
