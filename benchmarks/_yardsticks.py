"""The same questions as SQL on DuckDB, SQLite and PostgreSQL, with and without rollups, on the same records."""

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks._mixed import DIRECTOR, NOW
from insight.catalogue import get
from insight.compile.query import Compiler
from insight.errors import MenzhenError
from insight.interpretation import SHANGHAI, Interpretation, TimeRange
from insight.records.importing import import_csv
from insight.records.store import Store

POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/"
DATABASE = "menzhen_insight_bench"
YEAR = TimeRange(datetime(2025, 11, 22, tzinfo=SHANGHAI), datetime(2026, 11, 22, tzinfo=SHANGHAI))
ASKED = {
    "mean_wait_by_department": Interpretation(metric="wait_minutes", aggregation="mean", group_by=("department",), time=YEAR),
    "visits_by_month": Interpretation(metric="visits", group_by=("month",), time=YEAR),
    "p90_wait_by_hour": Interpretation(metric="wait_minutes", aggregation="p90", group_by=("hour",), time=YEAR),
    "patients_by_department": Interpretation(metric="patients", group_by=("department",), time=YEAR),
}  # fmt: skip


class _Quantile:
    """The quantile that SQLite lacks, by linear interpolation."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.q = 0.5

    def step(self, value: float | None, q: float) -> None:
        self.q = q
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        if not self.values:
            return None
        self.values.sort()
        place = self.q * (len(self.values) - 1)
        low = int(place)
        high = min(low + 1, len(self.values) - 1)
        return self.values[low] + (self.values[high] - self.values[low]) * (place - low)


def timed(store: Store, rounds: int = 3) -> dict[str, str]:
    """Milliseconds of each question: from the records / from a rollup where one serves."""
    out = {}
    for name, i in ASKED.items():
        found = []
        for rolled in (False, True):
            compiler = Compiler(get(), DIRECTOR, NOW, rolled, store.patients() if rolled else None)
            query, times = compiler.query(i), []
            with store.engine.connect() as connection:
                for _ in range(rounds):
                    began = time.perf_counter()
                    connection.execute(query).all()
                    times.append(time.perf_counter() - began)
            found.append(f"{statistics.median(times) * 1000:.1f}")
        out[name] = " / ".join(found) + " ms"
    return out


def measure(source: Path, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """One file of records in all three."""
    out: dict[str, Any] = {}
    for name, url in (("duckdb", str(folder / "same.duckdb")), ("sqlite", f"sqlite:///{folder}/same.db")):
        tell(f"同一 SQL：{name}")
        store = Store(url)
        if name == "sqlite":
            event.listen(
                store.engine, "connect", lambda db, _: db.create_aggregate("quantile_cont", 2, _Quantile)
            )
            store.engine.dispose()
        out[name] = _loaded(store, source)
    tell("同一 SQL：postgresql")
    admin = create_engine(POSTGRES + "postgres", isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {DATABASE}"))
        out["postgresql"] = _loaded(Store(POSTGRES + DATABASE), source)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {DATABASE} WITH (FORCE)"))
    except (SQLAlchemyError, MenzhenError) as error:
        out["postgresql"] = f"not measured: {type(error).__name__}"
    finally:
        admin.dispose()
    return out


def _loaded(store: Store, source: Path) -> dict[str, Any]:
    try:
        report = import_csv(store, source, NOW)
        return {"visits": report.inserted, "import_seconds": round(report.seconds, 1), **timed(store)}
    finally:
        store.close()
