"""The journey's own database: where each booking, payment and change stands, the bus, and what was read from where.

The rows are projections that the workflows write, each in one transaction with the event that tells of it;
writing the same again changes nothing. No names, numbers or addresses of people are kept: only FHIR ids, and the
voucher with a masked name.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    select,
)

from common import clock, outbox
from journey.wakes import Wakes

metadata = MetaData()
outbox_table = outbox.table(metadata)


def _common() -> list[Column[Any]]:
    return [
        Column("id", String(24), primary_key=True),
        Column("patient", String(64), nullable=False),
        Column("conversation", String(128), nullable=False, default=""),
        Column("status", String(16), nullable=False),
        Column("reason", String(32), nullable=False, default=""),
        Column("message", String(400), nullable=False, default=""),
        Column("created_at", String(40), nullable=False),
        Column("updated_at", String(40), nullable=False),
    ]


bookings = Table(
    "bookings",
    metadata,
    *_common(),
    Column("slot", String(128), nullable=False),
    Column("appointment", String(128), nullable=False, default=""),
    Column("invoice", String(128), nullable=False, default=""),
    Column("amount_fen", Integer, nullable=False, default=0),
    Column("pay_url", String(400), nullable=False, default=""),
    Column("held_until", String(40), nullable=False, default=""),
    Column("expires_at", String(40), nullable=False, default=""),
    Column("visit_start", String(40), nullable=False, default=""),
    Column("paid_at", String(40), nullable=False, default=""),
    Column("refund_fen", Integer, nullable=False, default=0),
    Column("given_up", Boolean, nullable=False, default=False),
    Column("voucher", JSON),
)
Index("bookings_of_conversation", bookings.c.conversation)
Index("bookings_of_appointment", bookings.c.appointment)

payments = Table(
    "payments",
    metadata,
    *_common(),
    Column("invoices", JSON, nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Column("pay_url", String(400), nullable=False, default=""),
    Column("expires_at", String(40), nullable=False, default=""),
    Column("paid_at", String(40), nullable=False, default=""),
    Column("refund_fen", Integer, nullable=False, default=0),
)

changes = Table(
    "changes",
    metadata,
    *_common(),
    Column("kind", String(16), nullable=False),
    Column("appointment", String(128), nullable=False),
    Column("slot", String(128), nullable=False, default=""),
    Column("visit_start", String(40), nullable=False, default=""),
    Column("order_no", String(64), nullable=False, default=""),
    Column("refund_fen", Integer, nullable=False, default=0),
    Column("voucher", JSON),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
)

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class News:
    """An event to be written with a change. Its id is made of the row's id, its type and the occasion, so that a
    step that runs again does not tell it again."""

    type: str
    subject: str
    data: dict[str, Any]
    occasion: str = ""


class Store:
    """Transactions on worker threads, one writer at a time; followers and waiters are woken after the commit."""

    def __init__(self, path: Path, wakes: Wakes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(path)
        metadata.create_all(self.engine)
        self.outbox = outbox.Outbox(self.engine, outbox_table)
        self._wakes = wakes
        self._writer = asyncio.Lock()

    async def get(self, table: Table, id: str) -> Row | None:
        rows = await self.find(table, table.c.id == id)
        return rows[0] if rows else None

    async def need(self, table: Table, id: str) -> Row:
        """The row that a workflow was started for. Raises LookupError where it is not there."""
        row = await self.get(table, id)
        if row is None:
            raise LookupError(f"{table.name} {id}")
        return row

    async def find(self, table: Table, *where: Any) -> list[Row]:
        """Rows that meet all conditions, oldest first."""

        def read() -> list[Row]:
            with self.engine.connect() as connection:
                query = select(table).where(*where).order_by(table.c.created_at, table.c.id)
                return [dict(row._mapping) for row in connection.execute(query)]

        return await asyncio.to_thread(read)

    async def add(self, table: Table, row: Row) -> tuple[Row, bool]:
        """The stored row with this id and whether it is new."""

        def write(connection: Connection) -> tuple[Row, bool]:
            query = select(table).where(table.c.id == row["id"])
            if found := connection.execute(query).first():
                return dict(found._mapping), False
            now = clock.now().isoformat()
            connection.execute(table.insert().values(created_at=now, updated_at=now, **row))
            return dict(connection.execute(query).one()._mapping), True

        return await self._write(write)

    async def record(
        self, table: Table, id: str, values: Row, news: Callable[[Row], News] | None = None
    ) -> Row:
        """Change a row and write the event that `news` makes of the changed row, in one transaction.

        Run again, the row stays the same and the event is not written twice.
        """

        def write(connection: Connection) -> Row:
            connection.execute(
                table.update().where(table.c.id == id).values(updated_at=clock.now().isoformat(), **values)
            )
            row = dict(connection.execute(select(table).where(table.c.id == id)).one()._mapping)
            if news is not None:
                told = news(row)
                event_id = f"{id}:{told.type}{told.occasion and ':'}{told.occasion}"
                self._append(connection, told.type, told.subject, told.data, event_id)
            return row

        row = await self._write(write)
        self._wakes.wake(id)
        return row

    async def update_where(self, table: Table, condition: Any, values: Row) -> None:
        """Change all rows that meet the condition."""

        def write(connection: Connection) -> None:
            connection.execute(table.update().where(condition).values(**values))

        await self._write(write)

    async def position(self, name: str) -> int:
        """How far this follower has read; 0 at first."""

        def read() -> int:
            with self.engine.connect() as connection:
                found = connection.execute(select(cursors.c.position).where(cursors.c.name == name)).scalar()
                return found or 0

        return await asyncio.to_thread(read)

    async def advance(self, name: str, position: int, events: Sequence[dict[str, Any]] = ()) -> None:
        """Move a cursor, and take over another process's events in the same transaction, each once."""

        def write(connection: Connection) -> None:
            for each in events:
                time = datetime.fromisoformat(each["time"])
                self._append(connection, each["type"], each["subject"], each["data"], each["event_id"], time)
            moved = connection.execute(
                cursors.update().where(cursors.c.name == name).values(position=position)
            )
            if not moved.rowcount:
                connection.execute(cursors.insert().values(name=name, position=position))

        await self._write(write)

    def close(self) -> None:
        self.engine.dispose()

    def _append(
        self,
        connection: Connection,
        type: str,
        subject: str,
        data: dict[str, Any],
        event_id: str,
        time: datetime | None = None,
    ) -> None:
        known = select(outbox_table.c.id).where(outbox_table.c.event_id == event_id)
        if connection.execute(known).first() is None:
            self.outbox.add(connection, type, subject, data, event_id=event_id, time=time)

    async def _write(self, write: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with self.engine.begin() as connection:
                return write(connection)

        async with self._writer:
            result = await asyncio.to_thread(transaction)
        self.outbox.published()
        return result


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        # Money: an acknowledged change outlives a power cut, too.
        connection.execute("PRAGMA synchronous=FULL")

    return engine
