"""SQLite as the simulated systems use it: write-ahead log, one writer at a time, explicit transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, event


class Database:
    """A database file of one process. Reads run side by side; a write transaction holds the writer's lock.

    The lock only spares writers from polling SQLite; what keeps bookings right are the conditional updates
    and unique constraints of the statements themselves.
    """

    def __init__(self, path: Path, metadata: MetaData) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._writer = threading.Lock()
        self.engine = create_engine(
            f"sqlite:///{path}", connect_args={"timeout": 10, "check_same_thread": False}
        )
        event.listen(self.engine, "connect", _prepare)
        event.listen(self.engine, "begin", _begin)
        with self.write() as connection:
            metadata.create_all(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view of the database."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, rolled back on an exception."""
        with (
            self._writer,
            self.engine.connect() as plain,
            plain.execution_options(immediate=True) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def _prepare(raw: Any, _: Any) -> None:
    # The driver must not begin transactions by itself: `_begin` says which kind.
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=OFF", "cache_size=-16000"):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
