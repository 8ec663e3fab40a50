"""What databases say differently: quantiles, calendar buckets, seconds between times. One template a dialect.

DuckDB and PostgreSQL run here; ClickHouse, StarRocks/Doris and Trino get their SQL from the same templates.
"""

from typing import Any

from sqlalchemy import CompoundSelect, Select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import Date, Double, Integer

TEMPLATES: dict[str, dict[str, str]] = {
    # Quantiles interpolate linearly between the two nearest values, in every dialect but those marked.
    "quantile": {
        "default": "percentile_cont({q}) WITHIN GROUP (ORDER BY {x})",
        "duckdb": "quantile_cont({x}, {q})",
        "clickhouse": "quantileExactInclusive({q})({x})",
        "starrocks": "percentile_cont({x}, {q})",
        "trino": "approx_percentile({x}, {q})",  # Trino has no exact quantile
        "sqlite": "quantile_cont({x}, {q})",  # an aggregate that the benchmark registers
    },
    # Different whole numbers from 0 to {last}: in DuckDB as the bits of a bitmap.
    "different": {
        "default": "count(DISTINCT {x})",
        "duckdb": "coalesce(bit_count(bitstring_agg({x}, 0, {last})), 0)",
    },
    "bucket": {
        "default": "CAST(date_trunc('{unit}', {x}) AS DATE)",
        "clickhouse": "toDate(date_trunc('{unit}', {x}))",
        "starrocks": "CAST(date_trunc('{unit}', {x}) AS DATE)",
    },
    "weekday": {
        "default": "CAST(extract(isodow FROM {x}) AS INTEGER)",
        "clickhouse": "toDayOfWeek({x})",
        "starrocks": "weekday({x}) + 1",
        "trino": "day_of_week({x})",
        "sqlite": "((CAST(strftime('%w', {x}) AS INTEGER) + 6) % 7 + 1)",
    },
    "hour_of": {
        "default": "CAST(extract(hour FROM {x}) AS INTEGER)",
        "clickhouse": "toHour({x})",
        "sqlite": "CAST(strftime('%H', {x}) AS INTEGER)",
    },
    "seconds": {
        "default": "extract(epoch FROM ({b} - {a}))",
        "duckdb": "date_diff('second', {a}, {b})",
        "clickhouse": "dateDiff('second', {a}, {b})",
        "starrocks": "timestampdiff(SECOND, {a}, {b})",
        "trino": "date_diff('second', {a}, {b})",
        "sqlite": "(julianday({b}) - julianday({a})) * 86400.0",
    },
}
SQLITE_BUCKETS = {
    "day": "date({x})",
    "week": "date({x}, '-6 days', 'weekday 1')",
    "month": "date({x}, 'start of month')",
    "quarter": "date({x}, 'start of month', '-' || ((CAST(strftime('%m', {x}) AS INTEGER) - 1) % 3) || ' months')",
    "year": "date({x}, 'start of year')",
}


class Quantile(FunctionElement[float]):
    """quantile(column, q), q between 0 and 1."""

    inherit_cache = False
    type = Double()

    def __init__(self, column: ColumnElement[Any], q: float) -> None:
        self.q = float(q)
        super().__init__(column)


class Different(FunctionElement[int]):
    """How many different numbers there are, each from 0 to `last`."""

    inherit_cache = False
    type = Integer()

    def __init__(self, column: ColumnElement[Any], last: int) -> None:
        self.last = last
        super().__init__(column)


class Bucket(FunctionElement[Any]):
    """The date on which the day, week (Monday), month, quarter or year of a time starts."""

    inherit_cache = False
    type = Date()

    def __init__(self, column: ColumnElement[Any], unit: str) -> None:
        self.unit = unit
        super().__init__(column)


class Weekday(FunctionElement[int]):
    """1 (Monday) to 7."""

    inherit_cache = True
    type = Integer()


class HourOf(FunctionElement[int]):
    """0 to 23."""

    inherit_cache = True
    type = Integer()


class Seconds(FunctionElement[float]):
    """Seconds from the first time to the second."""

    inherit_cache = True
    type = Double()


def _template(name: str, dialect: str) -> str:
    return TEMPLATES[name].get(dialect, TEMPLATES[name]["default"])


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


@compiles(Quantile)
def _quantile(element: Quantile, compiler: SQLCompiler, **kw: Any) -> str:
    (x,) = _arguments(element, compiler, **kw)
    return _template("quantile", compiler.dialect.name).format(x=x, q=repr(element.q))


@compiles(Different)
def _different(element: Different, compiler: SQLCompiler, **kw: Any) -> str:
    (x,) = _arguments(element, compiler, **kw)
    return _template("different", compiler.dialect.name).format(x=x, last=element.last)


@compiles(Bucket)
def _bucket(element: Bucket, compiler: SQLCompiler, **kw: Any) -> str:
    (x,) = _arguments(element, compiler, **kw)
    if compiler.dialect.name == "sqlite":
        return SQLITE_BUCKETS[element.unit].format(x=x)
    return _template("bucket", compiler.dialect.name).format(x=x, unit=element.unit)


@compiles(Weekday)
def _weekday(element: Weekday, compiler: SQLCompiler, **kw: Any) -> str:
    (x,) = _arguments(element, compiler, **kw)
    return _template("weekday", compiler.dialect.name).format(x=x)


@compiles(HourOf)
def _hour_of(element: HourOf, compiler: SQLCompiler, **kw: Any) -> str:
    (x,) = _arguments(element, compiler, **kw)
    return _template("hour_of", compiler.dialect.name).format(x=x)


@compiles(Seconds)
def _seconds(element: Seconds, compiler: SQLCompiler, **kw: Any) -> str:
    a, b = _arguments(element, compiler, **kw)
    return _template("seconds", compiler.dialect.name).format(a=a, b=b)


class _Foreign(DefaultDialect):
    """A dialect that only renders SQL, for warehouses that are reached by their own drivers."""

    supports_statement_cache = False
    paramstyle = "named"

    def __init__(self, name: str) -> None:
        super().__init__(paramstyle="named")
        self.name = name


GROUPING_SETS = ("duckdb", "postgresql")
"""Where several lists of dimensions are grouped by in one pass."""
FOREIGN = ("clickhouse", "starrocks", "trino")


def render(query: Select[Any] | CompoundSelect[Any], dialect: Any) -> str:
    """The query as text with its values in place, to be read or to be run elsewhere.

    `dialect`: an SQLAlchemy dialect, or one of the names in `FOREIGN`.
    """
    chosen = _Foreign(dialect) if isinstance(dialect, str) else dialect
    return str(query.compile(dialect=chosen, compile_kwargs={"literal_binds": True}))
