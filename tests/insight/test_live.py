"""The live feed: each event once, in order, with the cursor in the same transaction."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from insight.records import live
from insight.records.schema import VISITS
from insight.records.store import Store


@pytest.fixture(params=["duckdb", "postgresql"])
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "duckdb":
        return Store(str(tmp_path / "live.duckdb"))
    return request.getfixturevalue("postgres")


def event(number: int, visit: str, **data: Any) -> dict[str, Any]:
    return {
        "id": number,
        "event_id": f"e{number}",
        "type": "visit.updated",
        "subject": visit,
        "time": "2026-11-22T08:00:00+08:00",
        "data": data,
    }


def row(store: Store, visit: str) -> Any:
    with store.engine.connect() as connection:
        return connection.execute(select(VISITS).where(VISITS.c.visit_id == visit)).first()


BOOKED = {
    "department": "内科",
    "status": "booked",
    "appointment_start": "2026-11-22T09:00:00+08:00",
    "campus": "本部",
    "doctor": "新来的",
}


def test_a_visit_grows_event_by_event(feed: Store, now: datetime) -> None:
    start = live.cursor(feed)
    live.apply(feed, [event(start + 1, "L1", **BOOKED)], now)
    live.apply(
        feed, [event(start + 2, "L1", status="in_progress", checked_in_at="2026-11-22T00:50:00Z")], now
    )
    live.apply(feed, [event(start + 3, "L1", consult_start="2026-11-22T09:20:00")], now)
    found = row(feed, "L1")
    assert (found.department, found.status, found.wait_seconds) == ("内科", "in_progress", 1800)
    assert "新来的" in feed.values()["doctor"]


def test_an_event_seen_before_changes_nothing(feed: Store, now: datetime) -> None:
    start = live.cursor(feed)
    live.apply(feed, [event(start + 1, "L2", **BOOKED), event(start + 2, "L2", status="cancelled")], now)
    assert live.apply(feed, [event(start + 1, "L2", status="booked")], now) == 0
    assert row(feed, "L2").status == "cancelled"
    assert live.cursor(feed) == start + 2


def test_unusable_and_foreign_events_are_passed_over(feed: Store, now: datetime) -> None:
    start = live.cursor(feed)
    events = [
        event(start + 1, "L3", status="in_progress"),
        event(start + 2, "L4", **(BOOKED | {"satisfaction": "great"})),
        event(start + 3, "L5", **(BOOKED | {"status": "lost"})),
        event(start + 4, "L6", **BOOKED) | {"type": "report.available"},
        event(start + 5, "L7", **BOOKED),
    ]
    assert live.apply(feed, events, now) == 1
    assert row(feed, "L3") is None and row(feed, "L5") is None and row(feed, "L6") is None
    assert row(feed, "L7") is not None
    assert live.cursor(feed) == start + 5


def test_a_failing_batch_leaves_neither_rows_nor_cursor(feed: Store, now: datetime) -> None:
    start = live.cursor(feed)
    broken: dict[str, Any] = event(start + 2, "L9", **BOOKED) | {"id": "no number"}
    with pytest.raises(ValueError):
        live.apply(feed, [event(start + 1, "L8", **BOOKED), broken], now)
    assert row(feed, "L8") is None and live.cursor(feed) == start
