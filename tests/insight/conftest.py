"""Stores with the invented hospital's records: DuckDB always, PostgreSQL where it answers."""

import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from insight.catalogue import Catalogue, get
from insight.engine import Insight
from insight.records.importing import import_csv
from insight.records.store import Store

from . import hospital

ADMIN = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime.fromisoformat(hospital.NOW)


@pytest.fixture(scope="session")
def records() -> list[dict[str, Any]]:
    return hospital.records()


@pytest.fixture(scope="session")
def csv_file(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]) -> Path:
    return hospital.write_csv(tmp_path_factory.mktemp("visits") / "visits.csv", records)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, csv_file: Path, now: datetime) -> Iterator[Store]:
    opened = Store(str(tmp_path_factory.mktemp("store") / "visits.duckdb"))
    import_csv(opened, csv_file, now)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def insight(store: Store) -> Insight:
    return Insight(store)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return get()


@pytest.fixture(scope="session")
def postgres(csv_file: Path, now: datetime) -> Iterator[Store]:
    """The same records in a PostgreSQL database of this run's own."""
    name = f"menzhen_insight_test_{uuid.uuid4().hex[:8]}"
    admin = create_engine(ADMIN, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    except OperationalError:
        away = "PostgreSQL does not answer on 127.0.0.1:5432 (start it, trust authentication for postgres)"
        if os.environ.get("MENZHEN_REQUIRE_SERVICES"):
            pytest.fail(away)
        pytest.skip(away)
    opened = Store(f"postgresql+psycopg://postgres@127.0.0.1:5432/{name}")
    try:
        import_csv(opened, csv_file, now)
        yield opened
    finally:
        opened.close()
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()
