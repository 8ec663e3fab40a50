"""Imports visit records from CSV: DuckDB's reader into a staging table, checks in SQL, then the store, all or nothing."""

import csv
import mmap
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from insight.errors import ImportFailed
from insight.records.checks import ERRORS, WARNINGS, derived_sql
from insight.records.schema import COLUMNS, DERIVED, INTEGERS, REQUIRED, TIMES
from insight.records.store import Store
from insight.records.writing import copy_rows

Progress = Callable[[str, int], None]
SHOWN_ERRORS = 50
_OFFSET = re.compile(rb":\d\d(?:\.\d+)?[-+Z]")


@dataclass
class Report:
    """What an import did. `errors` holds the first of the lines left out: line number (from 1) and reason."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"读入 {self.read:,} 行：新增 {self.inserted:,}，更新 {self.updated:,}，无变化 {self.unchanged:,}，"
            f"文件内重复 {self.repeated:,}，不能用 {self.rejected:,}（用时 {self.seconds:.1f} 秒）"
        ]
        lines += [f"  {reason}：{count:,} 行" for reason, count in self.reasons.items()]
        lines += [f"  注意：{reason}：{count:,} 行" for reason, count in self.warnings.items()]
        lines += [f"  第 {error['line']} 行：{error['reason']}" for error in self.errors]
        return "\n".join(lines)


def _header(path: Path) -> list[str]:
    """The column names of the file, in its order. Raises ImportFailed where it is no such CSV."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            names = next(csv.reader(handle), [])
    except FileNotFoundError:
        raise ImportFailed(f"没有这个文件：{path}") from None
    except IsADirectoryError:
        raise ImportFailed(f"这是一个文件夹：{path}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ImportFailed("文件不是 UTF-8 的 CSV", detail=str(error)) from error
    names = [name.strip() for name in names]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ImportFailed(f"文件缺少这些列：{'、'.join(missing)}")
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise ImportFailed(f"文件里重复的列：{'、'.join(double)}")
    return names


def _has_offsets(path: Path) -> bool:
    """Whether any time in the file carries a UTC offset. DuckDB's reader passes over offsets without a word."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _OFFSET.search(data) is not None


def _stage(db: duckdb.DuckDBPyConnection, path: Path, report: Report) -> list[int]:
    """Reads the file into the temporary table `staged`; returns the lines that cannot be read, which go to the report."""
    names = _header(path)
    offsets = _has_offsets(path)
    kind = "VARCHAR" if offsets else "TIMESTAMP"
    types = {n: kind if n in TIMES else "BIGINT" if n in INTEGERS else "VARCHAR" for n in names}
    columns = ", ".join(f"'{n.replace(chr(39), '')}': '{t}'" for n, t in types.items())
    db.execute("SET TimeZone = 'Asia/Shanghai'")
    times = [n for n in names if n in TIMES] if offsets else []
    picked = ", ".join(_picked(n, names, times) for n in COLUMNS)
    bad_time = " OR ".join(f"({n} IS NOT NULL AND {_moment(n)} IS NULL)" for n in times) or "false"
    try:
        db.execute(
            f"CREATE TEMP TABLE staged AS SELECT {picked}, {bad_time} AS bad_time FROM read_csv(?, header=true, auto_detect=false, "
            f"delim=',', quote='\"', escape='\"', nullstr='', columns={{{columns}}}, store_rejects=true, "
            "rejects_limit=0, buffer_size=8000000, max_line_size=200000)",
            [str(path)],
        )
    except duckdb.Error as error:
        raise ImportFailed("文件读不下去，不是约定的 CSV 格式", detail=str(error)[:300]) from error
    unread = db.execute(
        "SELECT line, any_value(column_name), any_value(error_type), count(*) FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    for line, column, problem, _ in unread:
        _reject(report, line, _reject_reason(str(problem), column))
    return [line for line, *_ in unread]


def _moment(name: str) -> str:
    """A time with an offset as local time; without one it is local already."""
    return f"TRY_CAST({name} AS TIMESTAMPTZ)::TIMESTAMP"


def _picked(name: str, names: list[str], with_offsets: list[str]) -> str:
    if name not in names:
        return f"NULL::{_sql_type(name)} AS {name}"
    return f"{_moment(name)} AS {name}" if name in with_offsets else name


def _sql_type(name: str) -> str:
    return "TIMESTAMP" if name in TIMES else "BIGINT" if name in INTEGERS else "VARCHAR"


def _reject_reason(kind: str, column: str | None) -> str:
    if kind == "CAST":
        return f"{column or '某列'} 的值读不懂"
    return {
        "MISSING COLUMNS": "列数太少",
        "TOO MANY COLUMNS": "列数太多",
        "UNQUOTED VALUE": "引号不成对",
    }.get(kind, "这一行不是合法的 CSV")


def _reject(report: Report, line: int, reason: str) -> None:
    report.rejected += 1
    report.reasons[reason] = report.reasons.get(reason, 0) + 1
    if len(report.errors) < SHOWN_ERRORS:
        report.errors.append({"line": line, "reason": reason})


def _clean(db: duckdb.DuckDBPyConnection, unread: list[int], now: datetime, report: Report) -> None:
    """staged → the view `clean`: usable rows, one per visit_id (the last), with derived columns. One scan counts all."""
    stamp = now.strftime("TIMESTAMP '%Y-%m-%d %H:%M:%S'")
    good = " AND ".join(f"NOT coalesce({condition}, false)" for condition in ERRORS.values())
    warnings = {reason: condition.replace("$now", stamp) for reason, condition in WARNINGS.items()}
    counted = ", ".join(f"count(*) FILTER (({condition}) AND {good})" for condition in warnings.values())
    row = db.execute(
        f"SELECT count(*), count(*) FILTER ({good}), count(DISTINCT visit_id) FILTER ({good}), {counted} FROM staged"
    ).fetchone()
    staged, usable, distinct, *warned = row or (0, 0, 0)
    report.read = staged + report.rejected
    report.repeated = usable - distinct
    report.warnings = {reason: count for reason, count in zip(warnings, warned, strict=False) if count}
    if usable < staged:
        case = " ".join(f"WHEN {condition} THEN '{reason}'" for reason, condition in ERRORS.items())
        bad = db.execute(
            "SELECT place, reason FROM (SELECT row_number() OVER (ORDER BY rowid) - 1 AS place, "
            f"CASE {case} END AS reason FROM staged) WHERE reason IS NOT NULL"
        ).fetchall()
        for place, reason in bad:
            _reject(report, _line(place, unread), reason)
    derived = ", ".join(f"{sql} AS {name}" for name, sql in derived_sql().items())
    last = (
        " QUALIFY row_number() OVER (PARTITION BY visit_id ORDER BY rowid DESC) = 1"
        if report.repeated
        else ""
    )
    db.execute(
        f"CREATE TEMP VIEW clean AS SELECT {', '.join(COLUMNS)}, {derived} FROM staged WHERE {good}{last}"
    )


def _line(row: int, unread: list[int]) -> int:
    """The file's line of a staged row: after the header, and after the lines that the reader left out before it."""
    line = row + 2
    for bad in unread:
        if bad <= line:
            line += 1
    return line


def _one(db: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> int:
    found = db.execute(sql, values or []).fetchone()
    return int(found[0]) if found else 0


_ALL = ", ".join((*COLUMNS, *DERIVED))


def _merge_duckdb(db: duckdb.DuckDBPyConnection, now: datetime, report: Report) -> None:
    """clean → visits in one transaction; equal rows are left alone."""
    total = report.read - report.rejected - report.repeated
    known = _one(db, "SELECT count(*) FROM visits") and _one(
        db, "SELECT count(*) FROM visits v WHERE v.visit_id IN (SELECT visit_id FROM clean)"
    )
    source = "clean"
    if known:
        source = "fresh"
        same = " AND ".join(f"v.{c} IS NOT DISTINCT FROM c.{c}" for c in COLUMNS)
        db.execute(
            "CREATE TEMP TABLE fresh AS SELECT c.* FROM clean c WHERE NOT EXISTS "
            f"(SELECT 1 FROM visits v WHERE v.visit_id = c.visit_id AND {same})"
        )
        left = _one(db, "SELECT count(*) FROM fresh")
        report.unchanged = total - left
        report.updated = known - report.unchanged
        if report.updated:
            db.execute("DELETE FROM visits WHERE visit_id IN (SELECT visit_id FROM fresh)")
    report.inserted = total - report.unchanged - report.updated
    # Records lie in the order of their time, so that a range of days touches few row groups.
    order = "" if _one(db, _UNSORTED.format(source=source)) == 0 else " ORDER BY appointment_start"
    db.execute(f"INSERT INTO visits ({_ALL}) SELECT {_ALL} FROM {source}{order}")
    db.execute("DELETE FROM insight_state WHERE key = 'changed_at'")
    db.execute("INSERT INTO insight_state VALUES ('changed_at', ?)", [now.replace(tzinfo=None).isoformat()])


_ALL = ", ".join((*COLUMNS, *DERIVED))
_UNSORTED = (
    "SELECT count(*) FROM (SELECT visit_date < lag(visit_date) OVER () AS back FROM {source}) WHERE back"
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
            unread = _stage(db, path, report)
            tell("检查", report.read)
            _clean(db, unread, now, report)
            tell("写入", report.read - report.rejected)
            if store.is_duckdb:
                _merge_duckdb(db, now, report)
            else:
                copy_rows(store, _batches(db), now, report)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        finally:
            db.close()
    store.changed()
    report.seconds = round(time.perf_counter() - began, 3)
    tell("完成", report.read)
    return report


def _batches(db: duckdb.DuckDBPyConnection, size: int = 20_000) -> Iterator[list[tuple[Any, ...]]]:
    cursor = db.execute(f"SELECT {_ALL} FROM clean ORDER BY appointment_start")
    while rows := cursor.fetchmany(size):
        yield rows
