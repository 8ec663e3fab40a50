"""Imports visit records from CSV: read into the table `incoming`, checked in SQL, then the store, all or nothing."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from insight.errors import ImportFailed
from insight.records import reading
from insight.records.checks import ERRORS, WARNINGS
from insight.records.merging import merge
from insight.records.report import Report
from insight.records.store import Store
from insight.records.writing import copy_rows

__all__ = ["Progress", "Report", "import_csv"]

Progress = Callable[[str, int], None]
_GOOD = " AND ".join(
    f"NOT coalesce({condition}, false)" for condition in ERRORS.values() if condition != "bad_time"
)


def import_csv(store: Store, path: str | Path, now: datetime, progress: Progress | None = None) -> Report:
    """Brings a CSV file into the store; a visit_id that is known is updated, an equal row left alone.

    `progress(stage, rows)` is told of each stage. Nothing is imported where the file cannot be read
    (ImportFailed); single lines that cannot be used are left out, counted and reported.
    """
    path, report, began = Path(path), Report(), time.perf_counter()
    tell = progress or (lambda stage, rows: None)
    with store.writing:
        if store.is_duckdb:
            pooled: Any = store.engine.raw_connection()
            db = pooled.driver_connection.duplicate()  # DuckDB's own connection, beside SQLAlchemy's
            pooled.close()
        else:
            db = duckdb.connect()
        try:
            db.execute("BEGIN")
            tell("读取", 0)
            in_store = store.is_duckdb and _is_large(db, path)
            unread = reading.stage(db, path, report, in_store=in_store)
            tell("检查", report.read)
            _check(db, unread, now, report)
            tell("写入", report.read - report.rejected)
            if store.is_duckdb:
                anew = merge(db, store, now, report, swap=in_store)
            else:
                anew = copy_rows(store, db, now, report)
        except BaseException as error:
            db.execute("ROLLBACK")
            db.close()
            if isinstance(error, duckdb.Error):
                raise _failed(error) from error
            raise
        try:
            db.execute("COMMIT")
        except duckdb.Error as error:
            raise _failed(error) from error
        finally:
            db.close()
        store.changed()
        if anew:
            tell("汇总", report.read - report.rejected)
            store.rebuild()
    report.seconds = round(time.perf_counter() - began, 3)
    tell("完成", report.read)
    return report


def _failed(error: duckdb.Error) -> ImportFailed:
    return ImportFailed("记录没有写进去，库里和原来一样", detail=str(error)[:300])


def _is_large(db: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether a file is laid in a table of the store rather than in memory."""
    first = db.execute("SELECT 1 FROM visits LIMIT 1").fetchone() is None
    limit = reading.FIRST_IN_MEMORY_BYTES if first else reading.IN_MEMORY_BYTES
    return path.is_file() and path.stat().st_size > limit


def _check(db: duckdb.DuckDBPyConnection, unread: list[int], now: datetime, report: Report) -> None:
    """Leaves in `incoming` the usable lines, one per visit_id (the last), and counts and names the others.

    Most files are right: one scan says so, and only what it finds is looked for.
    """
    stamp = now.strftime("TIMESTAMP '%Y-%m-%d %H:%M:%S'")
    columns = [name for name, *_ in db.execute("DESCRIBE incoming").fetchall()]
    good = f"({_GOOD}) AND NOT bad_time" if "bad_time" in columns else f"({_GOOD})"
    flags = ", ".join(f"{test.replace('$now', stamp)} AS w{n}" for n, test in enumerate(WARNINGS.values()))
    counted = ", ".join(f"count(*) FILTER (good AND w{n})" for n in range(len(WARNINGS)))
    found = db.execute(
        f"SELECT count(*), count(*) FILTER (good), {counted} FROM (SELECT {good} AS good, {flags} FROM incoming)"
    ).fetchone()
    staged, usable, *warned = found or (0, 0)
    report.read = staged + report.rejected
    report.warnings = {reason: count for reason, count in zip(WARNINGS, warned, strict=False) if count}
    if usable < staged:
        _leave_out(db, good, "bad_time" in columns, unread, report)
    if "bad_time" in columns:
        db.execute("ALTER TABLE incoming DROP COLUMN bad_time")
    # Hashes of eight bytes take a quarter of the memory; where none is there twice, no id is.
    if _one(db, "SELECT count(DISTINCT hash(visit_id)) FROM incoming") < usable:
        report.repeated = usable - _one(db, "SELECT count(DISTINCT visit_id) FROM incoming")
        if report.repeated:
            db.execute(
                "DELETE FROM incoming WHERE rowid NOT IN (SELECT max(rowid) FROM incoming GROUP BY visit_id)"
            )


def _leave_out(
    db: duckdb.DuckDBPyConnection, good: str, with_bad_time: bool, unread: list[int], report: Report
) -> None:
    """Names the lines that are not usable, and takes them out of `incoming`."""
    reasons = {reason: test for reason, test in ERRORS.items() if with_bad_time or test != "bad_time"}
    case = " ".join(f"WHEN {test} THEN '{reason}'" for reason, test in reasons.items())
    bad = db.execute(
        "SELECT place, reason FROM (SELECT row_number() OVER (ORDER BY rowid) - 1 AS place, "
        f"CASE {case} END AS reason FROM incoming) WHERE reason IS NOT NULL"
    ).fetchall()
    for line, reason in zip(_lines([place for place, _ in bad], unread), (r for _, r in bad), strict=True):
        report.reject(line, reason)
    db.execute(f"DELETE FROM incoming WHERE NOT ({good})")


def _lines(places: list[int], unread: list[int]) -> Iterator[int]:
    """The file's lines of staged rows: after the header, and after the lines that the reader left out before them."""
    skipped = 0
    for place in sorted(places):
        while skipped < len(unread) and unread[skipped] <= place + 2 + skipped:
            skipped += 1
        yield place + 2 + skipped


def _one(db: duckdb.DuckDBPyConnection, sql: str) -> int:
    found = db.execute(sql).fetchone()
    return int(found[0]) if found else 0
