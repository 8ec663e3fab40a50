"""Writes visit records out as the CSV that is read in."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import select

from insight.records.schema import COLUMNS, VISITS
from insight.records.store import Store

BATCH = 20_000


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value


def rows(store: Store) -> Iterator[list[Any]]:
    """All records in the order of their appointment, cells as the CSV has them."""
    query = select(*[VISITS.c[name] for name in COLUMNS]).order_by(
        VISITS.c.appointment_start, VISITS.c.visit_id
    )
    with store.engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(query)
        while batch := result.fetchmany(BATCH):
            for row in batch:
                yield [_cell(value) for value in row]


def export_csv(store: Store, out: TextIO) -> int:
    """Writes header and records; returns how many records."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows(store):
        writer.writerow(row)
        count += 1
    return count
