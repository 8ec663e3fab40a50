"""SQLite as the simulated systems use it: write-ahead log, one writer at a time, explicit transactions."""

import threading
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, event
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
        with self.engine.connect() as connection, connection.begin():
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
    """A statement compiled once and run on the driver itself, for what the clinic does thousands of times a day.

    Parameters are named by the statement's bindparams; rows are named tuples. It takes part in the connection's
    transaction; errors are sqlite3's own.
    """

    def __init__(self, statement: Executable, keys: list[str] | None = None) -> None:
        compiled: Any = statement.compile(dialect=dialect(paramstyle="qmark"), column_keys=keys)  # type: ignore[attr-defined]
        self.sql = str(compiled)
        self.names: list[str] = compiled.positiontup
        self.constants = {n: v for n, v in compiled.params.items() if v is not None}
        self._make: Any = None

    def __call__(self, connection: Connection, **values: Any) -> list[Any]:
        """Run it; its rows, if it returns any."""
        cursor = _driver(connection).execute(self.sql, self._order(values))
        rows = cursor.fetchall()
        if not rows:
            return []
        if self._make is None:
            columns = [str(column[0]) for column in cursor.description]
            found: Any = namedtuple("Found", columns)  # type: ignore[misc]
            self._make = found._make
        return [self._make(row) for row in rows]

    def first(self, connection: Connection, **values: Any) -> Any:
        """Run it; its first row or None."""
        rows = self(connection, **values)
        return rows[0] if rows else None

    def many(self, connection: Connection, values: list[dict[str, Any]]) -> None:
        """Run it for each dictionary."""
        _driver(connection).executemany(self.sql, [self._order(v) for v in values])

    def _order(self, values: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(values[n] if n in values else self.constants[n] for n in self.names)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _prepare(raw: Any, _: Any) -> None:
    # The driver must not begin transactions by itself: `_begin` says which kind.
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=OFF", "cache_size=-16000"):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
