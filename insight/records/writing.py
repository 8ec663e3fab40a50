"""Writes checked rows to a store that is not DuckDB: through a temporary table, then one upsert, all in one transaction."""

import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from sqlalchemy import Column, Connection, MetaData, Table, and_, func, insert, not_, select, text, union

from insight.records import rollups
from insight.records.report import Report
from insight.records.schema import COLUMNS, DERIVED, VISITS

if TYPE_CHECKING:
    from insight.records.store import Store

ALL = (*COLUMNS, *DERIVED)
BATCH = 20_000
BLOCK = 1 << 20
_INCOMING = Table(
    "visits_incoming", MetaData(), *[Column(c.name, c.type) for c in VISITS.columns], prefixes=["TEMPORARY"]
)


def copy_rows(store: "Store", db: duckdb.DuckDBPyConnection, now: datetime, report: Report) -> bool:
    """Upserts what is in DuckDB's `incoming`; fills `inserted`, `updated`, `unchanged` of the report.

    Returns whether all rollups are to be made anew after the transaction: those of a few days are made in it.
    """
    total = report.read - report.rejected - report.repeated
    with store.engine.begin() as connection:
        _INCOMING.create(connection)
        _load(store, connection, db)
        new = _INCOMING.alias("n")
        old = VISITS.alias("o")
        joined = new.join(old, new.c.visit_id == old.c.visit_id)
        same = and_(*[new.c[name].is_not_distinct_from(old.c[name]) for name in COLUMNS])
        known = connection.execute(select(func.count()).select_from(joined)).scalar_one()
        report.unchanged = connection.execute(
            select(func.count()).select_from(joined).where(same)
        ).scalar_one()
        report.updated, report.inserted = known - report.unchanged, total - known
        first = not connection.execute(select(VISITS.c.visit_id).limit(1)).first()
        kept_up = not first and rollups.are_marked(connection)
        days = _touched(connection) if kept_up else []
        changed = select(new.c.visit_id).select_from(joined).where(not_(same))
        unknown = ~select(old.c.visit_id).where(old.c.visit_id == new.c.visit_id).exists()
        if report.updated:
            connection.execute(VISITS.delete().where(VISITS.c.visit_id.in_(changed)))
        connection.execute(insert(VISITS).from_select(ALL, select(*[new.c[c] for c in ALL]).where(unknown)))
        _INCOMING.drop(connection)
        if not kept_up:
            rollups.unmark(connection)
        elif report.updated or report.inserted:
            for statement in rollups.renewals(rollups.of_days(days)):
                connection.execute(statement)
        store.set_state(connection, "changed_at", now.replace(tzinfo=None).isoformat())
        if store.dialect == "postgresql":
            for table in (VISITS, *rollups.TABLES):
                connection.execute(text(f"ANALYZE {table.name}"))
    return not kept_up


def _touched(connection: Connection) -> list[date]:
    """The days of the rows that come in, and of those that they may replace."""
    replaced = select(VISITS.c.visit_date).where(VISITS.c.visit_id.in_(select(_INCOMING.c.visit_id)))
    return [day for (day,) in connection.execute(union(select(_INCOMING.c.visit_date), replaced))]


def _load(store: "Store", connection: Connection, db: duckdb.DuckDBPyConnection) -> None:
    if store.dialect != "postgresql":
        for rows in _batches(db):
            connection.execute(insert(_INCOMING), [dict(zip(ALL, row, strict=True)) for row in rows])
        return
    cursor = connection.connection.cursor()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "incoming.csv"
        db.execute(
            f"COPY (SELECT {', '.join(ALL)} FROM incoming ORDER BY appointment_start) TO '{path}' (FORMAT csv, HEADER false)"
        )
        with (
            path.open("rb") as handle,
            cursor.copy(f"COPY visits_incoming ({', '.join(ALL)}) FROM STDIN (FORMAT csv)") as copy,
        ):
            while block := handle.read(BLOCK):
                copy.write(block)


def _batches(db: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    cursor = db.execute(f"SELECT {', '.join(ALL)} FROM incoming ORDER BY appointment_start")
    while rows := cursor.fetchmany(BATCH):
        yield rows
