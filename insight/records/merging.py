"""Brings checked rows from `incoming` into DuckDB's table of records, and the rollups with them, in one transaction."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from insight.records import patients, rollups
from insight.records.reading import ALL
from insight.records.report import Report
from insight.records.schema import COLUMNS

if TYPE_CHECKING:
    from insight.records.store import Store

_ALL = ", ".join(ALL)
ROW_GROUP = 122_880
"""Records of which DuckDB keeps the least and the greatest of each column, to pass over what a query does not need."""


def merge(
    db: duckdb.DuckDBPyConnection, store: "Store", now: datetime, report: Report, *, swap: bool
) -> bool:
    """`incoming` → visits; equal rows are left alone. `swap`: `incoming` is a table of the store.

    Returns whether all rollups are to be made anew after the transaction: those of a few days are made in it.
    """
    total = report.read - report.rejected - report.repeated
    before = _one(db, "SELECT count(*) FROM visits")
    renewed = _one(
        db, "SELECT count(*) FROM insight_state WHERE key = 'rollups' AND value = ?", [rollups.VERSION]
    )
    source = "incoming"
    known = before and _one(
        db, "SELECT count(*) FROM visits v WHERE v.visit_id IN (SELECT visit_id FROM incoming)"
    )
    if known:
        source = "fresh"
        same = " AND ".join(f"v.{c} IS NOT DISTINCT FROM i.{c}" for c in COLUMNS)
        db.execute(
            f"CREATE TEMP TABLE same AS SELECT i.visit_id FROM incoming i JOIN visits v ON v.visit_id = i.visit_id AND {same}"
        )
        report.unchanged = _one(db, "SELECT count(*) FROM same")
        report.updated = known - report.unchanged
        db.execute(
            f"CREATE TEMP TABLE fresh AS SELECT {_ALL} FROM incoming WHERE visit_id NOT IN (SELECT visit_id FROM same)"
        )
    report.inserted = total - report.unchanged - report.updated
    days = _touched(db, source) if before and renewed and report.inserted + report.updated else []
    if report.updated:
        db.execute("DELETE FROM visits WHERE visit_id IN (SELECT visit_id FROM fresh)")
    _write(db, source, swap and not before)
    touched = (
        _one(db, "SELECT count(*) FROM visits WHERE list_contains(?, visit_date)", [days]) if days else 0
    )
    anew = not renewed or not before or touched > rollups.RENEWED
    if anew:
        db.execute("DELETE FROM insight_state WHERE key = 'rollups'")
    elif days:
        _run(db, store, [patients.enter(), patients.fill()])
        _run(db, store, rollups.renewals(rollups.of_days(days)))
    db.execute("DELETE FROM insight_state WHERE key = 'changed_at'")
    db.execute("INSERT INTO insight_state VALUES ('changed_at', ?)", [now.replace(tzinfo=None).isoformat()])
    return anew


def _touched(db: duckdb.DuckDBPyConnection, source: str) -> list[date]:
    """The days of the rows that come in, and of those that they replace."""
    found = db.execute(
        f"SELECT DISTINCT visit_date FROM {source} UNION SELECT DISTINCT visit_date FROM visits "
        f"WHERE visit_id IN (SELECT visit_id FROM {source})"
    ).fetchall()
    return [day for (day,) in found]


def _write(db: duckdb.DuckDBPyConnection, source: str, first: bool) -> None:
    """Records lie in the order of their time, so that a range of days touches few row groups."""
    spread, span = db.execute(
        "SELECT sum(b - a), max(b) - min(a) FROM (SELECT min(visit_date) AS a, max(visit_date) AS b "
        f"FROM {source} GROUP BY rowid // {ROW_GROUP})"
    ).fetchone() or (0, 0)
    # Row groups that together span the days a few times are in order well enough to be passed over.
    ordered = (spread or 0) <= 4 * (span or 0) + 1
    if first and ordered:
        # A large first file lies in a table of its own already: that becomes the table of records.
        db.execute("DROP TABLE visits")
        db.execute("ALTER TABLE incoming RENAME TO visits")
        db.execute("ALTER TABLE visits ALTER visit_id SET NOT NULL")
        db.execute("ALTER TABLE visits ADD COLUMN patient_number INTEGER")
        return
    order = "" if ordered else " ORDER BY appointment_start"
    db.execute(f"INSERT INTO visits ({_ALL}) SELECT {_ALL} FROM {source}{order}")
    db.execute("DROP TABLE incoming")


def _run(db: duckdb.DuckDBPyConnection, store: "Store", statements: list[Any]) -> None:
    for statement in statements:
        db.execute(
            str(statement.compile(dialect=store.engine.dialect, compile_kwargs={"literal_binds": True}))
        )


def _one(db: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> int:
    found = db.execute(sql, values or []).fetchone()
    return int(found[0]) if found else 0
