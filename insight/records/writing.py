"""Writes checked rows to a store that is not DuckDB: batches into a temporary table, then one upsert."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, MetaData, Table, and_, func, insert, not_, select, text

from insight.records.schema import COLUMNS, DERIVED, VISITS
from insight.records.store import Store

if TYPE_CHECKING:
    from insight.records.importing import Report

ALL = (*COLUMNS, *DERIVED)
_INCOMING = Table(
    "visits_incoming", MetaData(), *[Column(c.name, c.type) for c in VISITS.columns], prefixes=["TEMPORARY"]
)


def copy_rows(
    store: Store, batches: Iterable[list[tuple[Any, ...]]], now: datetime, report: "Report"
) -> None:
    """Upserts by visit_id in one transaction; fills `inserted`, `updated`, `unchanged` of the report."""
    with store.engine.begin() as connection:
        _INCOMING.create(connection)
        total = 0
        for rows in batches:
            _load(store, connection, rows)
            total += len(rows)
        new = _INCOMING.alias("n")
        old = VISITS.alias("o")
        joined = new.join(old, new.c.visit_id == old.c.visit_id)
        same = and_(*[new.c[name].is_not_distinct_from(old.c[name]) for name in COLUMNS])
        known = connection.execute(select(func.count()).select_from(joined)).scalar_one()
        report.unchanged = connection.execute(
            select(func.count()).select_from(joined).where(same)
        ).scalar_one()
        report.updated, report.inserted = known - report.unchanged, total - known
        changed = select(new.c.visit_id).select_from(joined).where(not_(same))
        unknown = ~select(old.c.visit_id).where(old.c.visit_id == new.c.visit_id).exists()
        if report.updated:
            connection.execute(VISITS.delete().where(VISITS.c.visit_id.in_(changed)))
        connection.execute(insert(VISITS).from_select(ALL, select(*[new.c[c] for c in ALL]).where(unknown)))
        _INCOMING.drop(connection)
        store.set_state(connection, "changed_at", now.replace(tzinfo=None).isoformat())
        if store.dialect == "postgresql":
            connection.execute(text("ANALYZE visits"))


def _load(store: Store, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    if store.dialect != "postgresql":
        connection.execute(insert(_INCOMING), [dict(zip(ALL, row, strict=True)) for row in rows])
        return
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY visits_incoming ({', '.join(ALL)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
