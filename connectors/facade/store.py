"""The facade's own database: ids, merged patients, idempotency keys, payment orders and the event outbox."""

from pathlib import Path

from sqlalchemy import Column, Engine, Index, MetaData, String, Table, create_engine, event

from common import outbox

metadata = MetaData()

ids = Table(
    "ids",
    metadata,
    Column("namespace", String(64), primary_key=True),
    Column("type", String(40), primary_key=True),
    Column("business_id", String(200), primary_key=True),
    Column("facade_id", String(32), nullable=False),
    Index("ids_by_facade_id", "facade_id"),
)
"""Facade id ↔ id in a system. `namespace` is a system's name, or `MR` for ids that are medical record numbers."""

merged = Table(
    "merged",
    metadata,
    Column("old_id", String(32), primary_key=True),
    Column("new_id", String(32), nullable=False),
    Column("time", String(40), nullable=False),
)
"""Patients that the hospital merged into another (ADT^A40)."""

created = Table(
    "created",
    metadata,
    Column("type", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("facade_id", String(32), nullable=False),
    Column("content", String(64), nullable=False),
    Column("time", String(40), nullable=False),
)
"""What each idempotency key made, with a digest of what was asked for."""

orders = Table(
    "orders",
    metadata,
    Column("order_no", String(200), primary_key=True),
    Column("patient", String(32), nullable=False),
)
"""Whose payment an order is: the bearer may ask for the state of his own orders only."""

events = outbox.table(metadata)


def open_engine(path: Path) -> Engine:
    """A SQLite database in WAL mode, durable at each commit, that waits for another writer up to five seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def open_store(path: Path) -> Engine:
    """The facade's database, with its tables made."""
    engine = open_engine(path)
    metadata.create_all(engine)
    return engine
