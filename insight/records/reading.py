"""Reads a CSV of visit records into the table `incoming`: DuckDB's reader, and what it could not read.

Times are read in the one form that the file's first line shows, on all cores. Only where a line has a time in another
form (an offset, no seconds) is the file read again as text, and each time understood by itself.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import duckdb

from insight.errors import ImportFailed
from insight.records.checks import derived_sql
from insight.records.report import Report
from insight.records.schema import COLUMNS, DERIVED, DURATIONS, INTEGERS, REQUIRED, TIMES

FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
"""As whole strings of these a time is local; anything else is looked at more closely."""
SAMPLE = 100
IN_MEMORY_BYTES = 400_000_000
"""Files up to this size are laid in memory before they are written; larger ones in a table of the store."""
FIRST_IN_MEMORY_BYTES = 32_000_000
"""The same for the first file of a store, whose table becomes that of the records."""
ALL = (*COLUMNS, *DERIVED)
_READER = (
    "header=true, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='', store_rejects=true, rejects_limit=0, "
    "max_line_size=200000"
)


def header(path: Path) -> list[str]:
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


def form_of_times(path: Path, names: list[str]) -> str | None:
    """The form in which the first lines write their times, None where it is none of `FORMS`."""
    place = names.index("appointment_start")
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = csv.reader(handle)
            next(lines, None)
            written = [line[place] for line in islice(lines, SAMPLE) if place < len(line)]
    except (UnicodeDecodeError, csv.Error):
        return None
    return next((form for cell in written for form in FORMS if _fits(cell, form)), None)


def _fits(written: str, form: str) -> bool:
    try:
        datetime.strptime(written, form)
    except ValueError:
        return False
    return True


def stage(db: duckdb.DuckDBPyConnection, path: Path, report: Report, *, in_store: bool) -> list[int]:
    """Reads the file into the table `incoming`, shaped as the records are, in the order of the file.

    Returns the lines that cannot be read, which go to the report. `incoming` is a table of the store or a temporary
    one. Raises ImportFailed.
    """
    names = header(path)
    place = "TABLE" if in_store else "TEMP TABLE"
    form = form_of_times(path, names)
    if form is not None:
        _read(db, path, names, place, form)
        if not _other_forms(db, names, form):
            return _unread(db, report)
        for table in ("incoming", "reject_errors", "reject_scans"):
            db.execute(f"DROP TABLE {table}")
    _read(db, path, names, place, None)
    return _unread(db, report)


def sql_type(name: str) -> str:
    if name in TIMES:
        return "TIMESTAMP"
    if name in INTEGERS:
        return "BIGINT" if name.startswith("fee_") else "SMALLINT"
    return {"visit_date": "DATE", "visit_hour": "SMALLINT"}.get(
        name, "INTEGER" if name in DURATIONS else "VARCHAR"
    )


def _read(db: duckdb.DuckDBPyConnection, path: Path, names: list[str], place: str, form: str | None) -> None:
    """`form`: of all times; without one they are read as text, and `bad_time` says which lines have one that is none."""
    db.execute("SET TimeZone = 'Asia/Shanghai'")
    types = {
        n: "VARCHAR" if n in TIMES and form is None else sql_type(n) if n in COLUMNS else "VARCHAR"
        for n in names
    }
    columns = ", ".join(f"'{n.replace(chr(39), '')}': '{t}'" for n, t in types.items())
    times = [n for n in names if n in TIMES] if form is None else []
    picked = ", ".join(f"{_picked(n, names, times)} AS {n}" for n in COLUMNS)
    bad_time = " OR ".join(f"({n} IS NOT NULL AND {_moment(n)} IS NULL)" for n in times)
    derived = ", ".join(f"{sql} AS {name}" for name, sql in derived_sql().items())
    extra, shape = (f", {bad_time} AS bad_time", ", bad_time BOOLEAN") if times else ("", "")
    strict = f", timestampformat='{form}'" if form else ""
    try:
        db.execute(f"CREATE {place} incoming ({', '.join(f'{n} {sql_type(n)}' for n in ALL)}{shape})")
        db.execute(
            f"INSERT INTO incoming SELECT {', '.join(COLUMNS)}, {derived}{', bad_time' if times else ''} FROM "
            f"(SELECT {picked}{extra} FROM read_csv(?, columns={{{columns}}}, {_READER}{strict}))",
            [str(path)],
        )
    except duckdb.Error as error:
        raise ImportFailed("文件读不下去，不是约定的 CSV 格式", detail=str(error)[:300]) from error


def _picked(name: str, names: Sequence[str], as_text: Sequence[str]) -> str:
    if name not in names:
        return f"NULL::{sql_type(name)}"
    return _moment(name) if name in as_text else name


def _moment(name: str) -> str:
    """A time as local time: one with an offset is brought there, one without is there already."""
    plain = f"strlen({name}) = 19 AND substr({name}, 17, 1) = ':'"
    return f"CASE WHEN {plain} THEN TRY_CAST({name} AS TIMESTAMP) ELSE TRY_CAST({name} AS TIMESTAMPTZ)::TIMESTAMP END"


def _other_forms(db: duckdb.DuckDBPyConnection, names: list[str], form: str) -> bool:
    """Whether a line was left out for a time that is one, only in another form than `form`."""
    found = db.execute(
        "SELECT DISTINCT csv_line FROM reject_errors WHERE error_type = 'CAST' AND list_contains(?, column_name)",
        [TIMES],
    )
    probe = db.cursor()
    while batch := found.fetchmany(1000):
        cells = [
            cell
            for (line,) in batch
            for name, cell in zip(names, next(csv.reader(io.StringIO(line)), []), strict=False)
            if name in TIMES and cell and not _fits(cell, form)
        ]
        if probe.execute(
            "SELECT count(TRY_CAST(t AS TIMESTAMPTZ)) FROM unnest(?) AS c(t)", [cells]
        ).fetchall()[0][0]:
            return True
    return False


def _unread(db: duckdb.DuckDBPyConnection, report: Report) -> list[int]:
    found = db.execute(
        "SELECT line, any_value(column_name), any_value(error_type) FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    for line, column, problem in found:
        report.reject(line, _reason(str(problem), column))
    return [line for line, *_ in found]


def _reason(kind: str, column: str | None) -> str:
    if kind == "CAST":
        return f"{column or '某列'} 的值读不懂"
    return {
        "MISSING COLUMNS": "列数太少",
        "TOO MANY COLUMNS": "列数太多",
        "UNQUOTED VALUE": "引号不成对",
    }.get(kind, "这一行不是合法的 CSV")
