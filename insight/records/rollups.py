"""Rollups: sums and counts of the records by day, status and a few dimensions, kept up with every write.

A rollup's row stands for the records that share its dimensions. It has one column for each of `MEASURES`, the sum over
those records; a record of its own is such a row too, so that the two can be laid together. Only what adds up is kept:
medians, quantiles and distinct patients are taken from the records.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Index,
    MetaData,
    SmallInteger,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable
from sqlalchemy.sql.dml import Delete, Insert

from insight.records.schema import DURATIONS, METADATA, STATE, VISITS

VERSION = "2"
"""Of what is kept up beside the records: what another version made is not used until it is made anew."""
KEY = "rollups"
AGE_STEP = 15
"""Ages are kept in steps of so many years: bands that begin elsewhere are answered from the records."""
PIECE = 4_000_000
"""Records that are summed at a time: their groups fit in memory."""
RENEWED = 1_000_000
"""Records of the days that an import touches up to which these are made anew in its transaction."""
FEES = ("fee_total", "fee_drug", "fee_exam")
V = VISITS.c


def measures() -> dict[str, ColumnElement[Any]]:
    """measure → what one record adds to it."""
    out: dict[str, ColumnElement[Any]] = {
        "n": literal(1),
        "booked_ahead": case((V.booked_at < V.visit_date, 1), else_=0),
        "first_visits": func.coalesce(V.first_visit, 0),
        "complaint": func.coalesce(V.complaint, 0),
        "satisfaction": func.coalesce(V.satisfaction, 0),
        "satisfaction_given": case((V.satisfaction.is_not(None), 1), else_=0),
    }
    out |= {name: func.coalesce(V[name], 0) for name in FEES}
    for name in DURATIONS:
        out[name] = func.coalesce(V[name], 0)
        out[name + "_given"] = case((V[name].is_not(None), 1), else_=0)
    return out


def sums() -> dict[str, ColumnElement[Any]]:
    """measure → its sum over records: of the columns themselves, which takes a third less than of what each record adds."""
    out: dict[str, ColumnElement[Any]] = {n: func.sum(expression) for n, expression in measures().items()}
    out["n"] = func.count()
    out |= {
        name: func.coalesce(func.sum(V[name]), 0) for name in ("complaint", "satisfaction", *FEES, *DURATIONS)
    }
    out["first_visits"] = func.coalesce(func.sum(V.first_visit), 0)
    out |= {name + "_given": func.count(V[name]) for name in ("satisfaction", *DURATIONS)}
    return {name: cast(expression, BigInteger) for name, expression in out.items()}


MEASURES = tuple(measures())


@dataclass(frozen=True, slots=True)
class Rollup:
    """`dimensions`: columns of the record beside `visit_date`, by which its rows are told apart."""

    table: Table
    dimensions: tuple[str, ...]

    def key(self, name: str) -> ColumnElement[Any]:
        """A record's value of a dimension, as the rollup has it."""
        return V.age - V.age % AGE_STEP if name == "age" else V[name]


def _rollup(name: str, *dimensions: str) -> Rollup:
    shared = ("campus", "department", "status")
    kinds = {"visit_hour": SmallInteger, "age": SmallInteger, "first_visit": SmallInteger}
    table = Table(
        name,
        METADATA,
        Column("visit_date", Date),
        *[Column(d, kinds.get(d, String)) for d in (*shared, *dimensions)],
        *[Column(m, BigInteger) for m in MEASURES],
    )
    return Rollup(table, (*shared, *dimensions))


# The one with the fewest rows first: the first that has all that a question needs answers it.
ROLLUPS: tuple[Rollup, ...] = (
    _rollup("visits_daily", "visit_type"),
    _rollup("visits_by_channel", "channel", "first_visit"),
    _rollup("visits_by_insurance", "insurance"),
    _rollup("visits_by_person", "sex", "age"),
    _rollup("visits_by_hour", "visit_hour"),
    _rollup("visits_by_doctor", "clinic_room", "doctor", "doctor_title"),
)
TABLES = [rollup.table for rollup in ROLLUPS]
DRAFTS = {table.name: table.to_metadata(MetaData(), name=table.name + "_draft") for table in TABLES}
"""Where they are made anew while the old ones may still be read."""
INDEXES = [Index(f"{table.name}_day", table.c.visit_date) for table in TABLES]
Condition = Callable[[Any], ColumnElement[bool]]
"""From the columns of a table that has `visit_date` and `department` to a condition on them."""


def fill(rollup: Rollup, *conditions: ColumnElement[bool], draft: bool = False) -> Insert:
    """The rows of the records that meet the conditions, put into the rollup or its draft."""
    table = DRAFTS[rollup.table.name] if draft else rollup.table
    keys = [V.visit_date, *[rollup.key(name) for name in rollup.dimensions]]
    names = ["visit_date", *rollup.dimensions, *MEASURES]
    return table.insert().from_select(
        names, select(*keys, *sums().values()).where(*conditions).group_by(*keys), include_defaults=False
    )


def of_days(days: Iterable[date]) -> Condition:
    """The records of some days."""
    wanted = sorted(set(days))
    return lambda columns: columns.visit_date.in_(wanted)


def of_groups(groups: Iterable[tuple[date, str]]) -> Condition:
    """The records of some departments on some days."""
    by_day: dict[date, set[str]] = {}
    for day, department in groups:
        by_day.setdefault(day, set()).add(department)
    return lambda columns: or_(
        *[
            and_(columns.visit_date == day, columns.department.in_(sorted(names)))
            for day, names in sorted(by_day.items())
        ]
    )


def renewals(condition: Condition, near: ColumnElement[bool] | None = None) -> list[Delete | Insert]:
    """Statements that make the rollups' rows of the condition anew. `near`: helps the database to find the records."""
    out: list[Delete | Insert] = []
    for rollup in ROLLUPS:
        out.append(rollup.table.delete().where(condition(rollup.table.c)))
        out.append(fill(rollup, condition(V), *([near] if near is not None else [])))
    return out


def renew_groups(connection: Connection, groups: Sequence[tuple[date, str]]) -> None:
    """Makes the rows of the touched days and departments anew, in the caller's transaction."""
    if not groups:
        return
    first, last = min(day for day, _ in groups), max(day for day, _ in groups)
    near = and_(V.appointment_start >= _midnight(first), V.appointment_start < _midnight(last + timedelta(1)))
    for statement in renewals(of_groups(groups), near):
        connection.execute(statement)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def pieces(connection: Connection) -> list[ColumnElement[bool]]:
    """The records by days, in pieces of which the sums fit in memory; none where there are no records."""
    first, last, records = connection.execute(
        select(func.min(V.visit_date), func.max(V.visit_date), func.count())
    ).one()
    if not records:
        return []
    span = last.toordinal() - first.toordinal() + 1
    length = max(1, min(span, span * PIECE // records))
    out: list[ColumnElement[bool]] = []
    for start in range(first.toordinal(), last.toordinal() + 1, length):
        end = min(start + length - 1, last.toordinal())
        out.append(V.visit_date.between(date.fromordinal(start), date.fromordinal(end)))
    return out


def draft(connection: Connection) -> None:
    """Empty drafts of all rollups."""
    for table in DRAFTS.values():
        connection.execute(DropTable(table, if_exists=True))
        connection.execute(CreateTable(table))


def draft_piece(connection: Connection, piece: ColumnElement[bool]) -> None:
    """The rows of a piece of the records in every draft."""
    for rollup in ROLLUPS:
        connection.execute(fill(rollup, piece, draft=True))


def publish(connection: Connection) -> None:
    """Puts the drafts in the place of the rollups, and says that these are those of the records."""
    drop(connection)
    for name, table in DRAFTS.items():
        connection.execute(text(f"ALTER TABLE {table.name} RENAME TO {name}"))
    create(connection)
    if connection.dialect.name == "postgresql":
        for table in TABLES:
            connection.execute(text(f"ANALYZE {table.name}"))
    mark(connection)


def create(connection: Connection) -> None:
    """The rollups' tables where they are missing; with an index on row stores, DuckDB knows each block's days."""
    for table in TABLES:
        connection.execute(CreateTable(table, if_not_exists=True))
    if connection.dialect.name != "duckdb":
        for index in INDEXES:
            connection.execute(CreateIndex(index, if_not_exists=True))


def drop(connection: Connection) -> None:
    for table in TABLES:
        connection.execute(DropTable(table, if_exists=True))


def unmark(connection: Connection) -> None:
    """Says that the rollups are not those of the records, in the caller's transaction."""
    connection.execute(STATE.delete().where(STATE.c.key == KEY))


def mark(connection: Connection) -> None:
    """Says that the rollups are those of the records, in the caller's transaction."""
    unmark(connection)
    connection.execute(STATE.insert().values(key=KEY, value=VERSION))


def are_marked(connection: Connection) -> bool:
    """Whether the rollups were kept up by this version of their definitions."""
    return connection.execute(select(STATE.c.value).where(STATE.c.key == KEY)).scalar() == VERSION


def agree(connection: Connection) -> bool:
    """Whether the rollups are kept up and stand for as many records as there are (cheap on DuckDB only)."""
    if not are_marked(connection):
        return False
    records = connection.execute(select(func.count()).select_from(VISITS)).scalar_one()
    return all(
        connection.execute(select(func.coalesce(func.sum(table.c.n), 0))).scalar_one() == records
        for table in TABLES
    )
