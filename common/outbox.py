"""The transactional outbox: an event is written with the change it tells of, and read in order by who follows.

A follower keeps its own cursor in the same transaction as what it does with the event, so that nothing is
lost or done twice whoever is killed when. The feed is `GET /events?after=N&wait=SECONDS`.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import orjson
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, Text, select

from common import clock, tokens

MAX_BATCH = 500


def table(metadata: MetaData) -> Table:
    """The outbox's table, to be created beside the tables whose changes it tells of."""
    return Table(
        "outbox",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("event_id", String(64), nullable=False, unique=True),
        Column("type", String(64), nullable=False),
        Column("subject", String(128), nullable=False),
        Column("time", String(40), nullable=False),
        Column("data", Text, nullable=False),
        sqlite_autoincrement=True,
    )


class Outbox:
    """Events of one process. `add` inside the transaction of the change; `read` for the feed."""

    def __init__(self, engine: Engine, outbox: Table) -> None:
        self.engine, self.table = engine, outbox
        self._news = asyncio.Event()

    def add(
        self,
        connection: Connection,
        type: str,
        subject: str,
        data: dict[str, Any],
        *,
        event_id: str | None = None,
        time: datetime | None = None,
    ) -> str:
        """Write an event in the caller's transaction; call `published()` after its commit. Returns the event id."""
        event_id = event_id or uuid.uuid4().hex
        connection.execute(
            self.table.insert().values(
                event_id=event_id,
                type=type,
                subject=subject,
                time=(time or clock.now()).isoformat(),
                data=orjson.dumps(data).decode(),
            )
        )
        return event_id

    def published(self) -> None:
        """Wake those who wait for news. Call on the event loop's thread, after the commit."""
        self._news.set()

    def read(self, after: int, limit: int = MAX_BATCH) -> list[dict[str, Any]]:
        """Events with an id above `after`, oldest first."""
        query = (
            select(self.table)
            .where(self.table.c.id > after)
            .order_by(self.table.c.id)
            .limit(min(limit, MAX_BATCH))
        )
        with self.engine.connect() as connection:
            # Plain str keys: SQLAlchemy's own kind of str cannot be serialised by orjson.
            return [
                {str(name): value for name, value in row._mapping.items()} | {"data": orjson.loads(row.data)}
                for row in connection.execute(query)
            ]

    async def wait(self, after: int, seconds: float) -> list[dict[str, Any]]:
        """Like `read`, but waits up to `seconds` where there is nothing yet."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            self._news.clear()
            events = await asyncio.to_thread(self.read, after)
            left = deadline - asyncio.get_running_loop().time()
            if events or left <= 0:
                return events
            try:
                # Other threads and processes may write too: look again at least once a second.
                await asyncio.wait_for(self._news.wait(), min(left, 1.0))
            except TimeoutError:
                continue


async def follow(
    base_url: str,
    after: int,
    name: str,
    *,
    on_error: Callable[[Exception], Awaitable[None] | None] | None = None,
) -> AsyncIterator[dict[str, Any]]:
    """Events of another process, in order, for ever; reconnects with back-off. `name` is the follower's."""
    pause = 0.2
    async with httpx.AsyncClient(base_url=base_url, timeout=40) as client:
        while True:
            try:
                answer = await client.get(
                    "/events",
                    params={"after": after, "wait": 25},
                    headers={"Authorization": f"Bearer {tokens.service(name)}"},
                )
                answer.raise_for_status()
                events = orjson.loads(answer.content)["events"]
                pause = 0.2
            except (httpx.HTTPError, ValueError, KeyError) as error:
                if on_error:
                    outcome = on_error(error)
                    if outcome is not None:
                        await outcome
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
                continue
            for event in events:
                yield event
                after = event["id"]
