"""Opens the store of visit records: DuckDB by default, any SQLAlchemy URL otherwise."""

import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, Engine, create_engine, func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable, DropIndex

from common import settings
from insight.errors import StoreError
from insight.records import patients, rollups
from insight.records.patients import PATIENTS, Patients
from insight.records.schema import INDEXES, STATE, VISITS

OTHERS_SECONDS = 30.0
VALUE_DIMENSIONS = [
    "campus",
    "department",
    "clinic_room",
    "doctor",
    "doctor_title",
    "visit_type",
    "channel",
    "sex",
    "insurance",
]


def default_path() -> Path:
    """Where this installation keeps its records."""
    return settings.get().data_dir / "insight" / "visits.duckdb"


def url_of(store: str | None) -> str:
    """An SQLAlchemy URL from `--store`: a URL as it is, a path as a DuckDB file, None as the default file."""
    if store is None:
        return f"duckdb:///{default_path()}"
    return store if "://" in store or store.startswith("duckdb:") else f"duckdb:///{store}"


class Store:
    """Visit records in one database. Reads may run on many threads; writes take turns (`writing`)."""

    def __init__(self, store: str | None = None, *, create: bool = True, memory: str = "1GB") -> None:
        url = url_of(store)
        self.is_duckdb = url.startswith("duckdb")
        path = url.removeprefix("duckdb:///") if self.is_duckdb else ""
        self.in_memory = self.is_duckdb and path in ("", ":memory:", "duckdb://")
        if self.is_duckdb and not self.in_memory:
            if not create and not Path(path).exists():
                raise StoreError(f"没有就诊记录库：{path}", detail="store file missing")
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {}
        if self.is_duckdb:
            options["connect_args"] = {"config": {"memory_limit": memory, "threads": 2}}
            options |= (
                {"poolclass": StaticPool}
                if self.in_memory
                else {
                    "poolclass": QueuePool,
                    "pool_size": 12,
                    "max_overflow": 8,
                }
            )
        self.writing = threading.RLock()
        try:
            self.engine: Engine = create_engine(url, **options)
            self._create()
        except (SQLAlchemyError, duckdb.Error, ImportError, OSError) as error:
            raise StoreError(detail=f"{type(error).__name__}: {str(error)[:300]}") from error
        self._known: dict[str, tuple[float, Any]] = {}

    def _create(self) -> None:
        """The tables by themselves: METADATA.create_all would make their indexes everywhere."""
        found = inspect(self.engine)
        new = not found.has_table(VISITS.name)
        older = not new and "patient_number" not in {c["name"] for c in found.get_columns(VISITS.name)}
        with self.engine.begin() as connection:
            for table in (VISITS, STATE, *([PATIENTS] if self.is_duckdb else [])):
                connection.execute(CreateTable(table, if_not_exists=True))
            if older:
                connection.execute(text(f"ALTER TABLE {VISITS.name} ADD COLUMN patient_number INTEGER"))
            if new:
                rollups.mark(connection)
            elif not rollups.are_marked(connection):
                rollups.drop(connection)  # made by another version, they may have other columns
            rollups.create(connection)
            for index in INDEXES:
                connection.execute(
                    DropIndex(index, if_exists=True)
                    if self.is_duckdb
                    else CreateIndex(index, if_not_exists=True)
                )

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def close(self) -> None:
        self.engine.dispose()

    # -- what the understander needs to know of the data

    def changed(self) -> None:
        """Forget what was read of the records; call after a write that may bring new values."""
        self._known = {}

    def touched(self) -> None:
        """Forget when the records were last changed; call after any write."""
        self._forget("as_of", "span", "patients")

    def _forget(self, *names: str) -> None:
        self._known = {name: kept for name, kept in self._known.items() if name not in names}

    def _remembered(self, name: str, read: Callable[[], Any]) -> Any:
        """What was read once. A store that others may write to is read again after half a minute.

        What is read while a write goes on lands among what that write forgets.
        """
        known = self._known
        kept = known.get(name)
        if kept is None or (not self.is_duckdb and time.monotonic() - kept[0] > OTHERS_SECONDS):
            kept = known[name] = (time.monotonic(), read())
        return kept[1]

    def values(self) -> dict[str, list[str]]:
        """dimension → its values in the records, sorted."""
        return self._remembered("values", self._read_values)

    def _read_values(self) -> dict[str, list[str]]:
        with self.engine.connect() as connection:
            return {
                name: sorted(
                    row[0]
                    for row in connection.execute(select(self._column(name)).distinct())
                    if row[0] not in (None, "")
                )
                for name in VALUE_DIMENSIONS
            }

    def _column(self, name: str) -> Any:
        """A column of the smallest table that has all of its values."""
        rollup = next((r for r in rollups.ROLLUPS if name in r.dimensions), None) if self.rollups() else None
        return rollup.table.c[name] if rollup else VISITS.c[name]

    def owners(self) -> dict[str, dict[str, set[str]]]:
        """`{"doctor": {name: departments}, "clinic_room": {name: departments}}`."""
        return self._remembered("owners", self._read_owners)

    def _read_owners(self) -> dict[str, dict[str, set[str]]]:
        owners: dict[str, dict[str, set[str]]] = {"doctor": {}, "clinic_room": {}}
        with self.engine.connect() as connection:
            for name, found in owners.items():
                column = self._column(name)
                for value, department in connection.execute(
                    select(column, column.table.c.department).distinct()
                ):
                    if value:
                        found.setdefault(value, set()).add(department)
        return owners

    def span(self) -> tuple[date, date] | None:
        """First and last day with records, None where there are none."""
        return self._remembered("span", self._read_span)

    def _read_span(self) -> tuple[date, date] | None:
        with self.engine.connect() as connection:
            days = rollups.TABLES[0].c.visit_date if self.rollups() else VISITS.c.visit_date
            first, last = connection.execute(select(func.min(days), func.max(days))).one()
        return (_as_date(first), _as_date(last)) if first else None

    def as_of(self) -> datetime | None:
        """When the records were last changed (local time), None where they never were."""
        return self._remembered("as_of", self._read_as_of)

    def _read_as_of(self) -> datetime | None:
        with self.engine.connect() as connection:
            value = self.state(connection, "changed_at")
        return datetime.fromisoformat(value) if value else None

    def rollups(self) -> bool:
        """Whether the rollups are those of the records, and may be read instead of them."""
        return self._remembered("rollups", self._read_rollups)

    def _read_rollups(self) -> bool:
        with self.engine.connect() as connection:
            # DuckDB knows how many records there are; elsewhere counting them would cost as much as it saves.
            if not self.is_duckdb:
                return rollups.are_marked(connection)
            return rollups.agree(connection) and patients.are_numbered(connection)

    def patients(self) -> Patients | None:
        """The numbers by which patients can be counted, None where they have none."""
        return (
            self._remembered("patients", self._read_patients) if self.is_duckdb and self.rollups() else None
        )

    def _read_patients(self) -> Patients:
        with self.engine.connect() as connection:
            count = connection.execute(select(func.count()).select_from(PATIENTS)).scalar_one()
        return Patients(count, {name: len(values) for name, values in self.values().items()})

    def rebuild(self) -> None:
        """Makes the rollups and patients' numbers from the records, a piece at a time; meanwhile the records answer."""
        with self.writing:
            with self.engine.begin() as connection:
                rollups.unmark(connection)
                rollups.draft(connection)
                pieces = rollups.pieces(connection)
                if self.is_duckdb:
                    connection.execute(patients.enter())
            for piece in pieces:
                with self.engine.begin() as connection:
                    if self.is_duckdb:
                        connection.execute(patients.fill(piece))
                    rollups.draft_piece(connection, piece)
            with self.engine.begin() as connection:
                rollups.publish(connection)
        self._forget("rollups", "patients")

    def state(self, connection: Connection, key: str) -> str | None:
        return connection.execute(select(STATE.c.value).where(STATE.c.key == key)).scalar()

    def set_state(self, connection: Connection, key: str, value: str) -> None:
        """In the caller's transaction."""
        connection.execute(STATE.delete().where(STATE.c.key == key))
        connection.execute(STATE.insert().values(key=key, value=value))


def _as_date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
