"""SQLite as the simulated systems use it: write-ahead log, one writer at a time, explicit transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, MetaData, create_engine, event
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.sql.expression import Executable


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


class Prepared:
    """A statement compiled once, for what the clinic does thousands of times a day.

    Parameters are named by the statement's bindparams.
    """

    def __init__(self, statement: Executable, keys: list[str] | None = None) -> None:
        compiled: Any = statement.compile(dialect=dialect(paramstyle="qmark"), column_keys=keys)  # type: ignore[attr-defined]
        self.sql = str(compiled)
        self.names: list[str] = compiled.positiontup
        self.constants = {n: v for n, v in compiled.params.items() if v is not None}

    def __call__(self, connection: Connection, **values: Any) -> CursorResult[Any]:
        return connection.exec_driver_sql(self.sql, self._order(values))

    def many(self, connection: Connection, values: list[dict[str, Any]]) -> None:
        """Run it for each dictionary."""
        if values:
            connection.exec_driver_sql(self.sql, [self._order(v) for v in values])

    def _order(self, values: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(values[n] if n in values else self.constants[n] for n in self.names)


def _prepare(raw: Any, _: Any) -> None:
    # The driver must not begin transactions by itself: `_begin` says which kind.
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=OFF", "cache_size=-16000"):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
