"""The journey's own database: each thing once, in order, whoever runs it again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import clock
from journey.ids import order_number, workflow_id
from journey.store import News, Store, bookings
from journey.wakes import Wakes, sleep_or_wake


def a_row(id: str = "B1", **values: Any) -> dict[str, Any]:
    return {"id": id, "patient": "p1", "slot": "s1", "conversation": "c", "status": "pending"} | values


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "journey.db", Wakes())


def _held(row: dict[str, Any]) -> News:
    return News("booking.held", f"Booking/{row['id']}", {"status": row["status"]})


def an_event(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "event_id": f"e{number}",
        "type": "visit.updated",
        "subject": "Visit/1",
        "time": clock.now().isoformat(),
        "data": {"n": number},
    }


async def test_the_same_request_twice_is_one_row(store: Store) -> None:
    first, new = await store.add(bookings, a_row())
    again, new_again = await store.add(bookings, a_row(slot="other"))
    assert (new, new_again) == (True, False)
    assert again == first


async def test_a_step_run_again_tells_of_it_once(store: Store) -> None:
    await store.add(bookings, a_row())
    for _ in range(3):
        await store.record(bookings, "B1", {"status": "held"}, _held)
    assert [event["type"] for event in store.outbox.read(0)] == ["booking.held"]


async def test_an_event_taken_over_twice_is_there_once_and_the_cursor_moves(store: Store) -> None:
    await store.advance("facade", 7, [an_event(7)])
    await store.advance("facade", 7, [an_event(7)])
    await store.advance("facade", 9, [an_event(9)])
    assert [event["event_id"] for event in store.outbox.read(0)] == ["e7", "e9"]
    assert await store.position("facade") == 9


async def test_a_change_that_fails_leaves_neither_row_nor_event(store: Store) -> None:
    await store.add(bookings, a_row())

    def broken(_: dict[str, Any]) -> News:
        raise RuntimeError("no news")

    with pytest.raises(RuntimeError):
        await store.record(bookings, "B1", {"status": "held"}, broken)
    assert (await store.need(bookings, "B1"))["status"] == "pending"
    assert store.outbox.read(0) == []


async def test_what_was_written_is_there_for_the_next_process(tmp_path: Path, store: Store) -> None:
    await store.add(bookings, a_row(voucher={"code": "X"}))
    await store.advance("facade", 3, [an_event(3)])
    store.close()
    reopened = Store(tmp_path / "journey.db", Wakes())
    assert (await reopened.need(bookings, "B1"))["voucher"] == {"code": "X"}
    assert await reopened.position("facade") == 3


async def test_writers_at_once_lose_nothing(store: Store) -> None:
    await asyncio.gather(*(store.add(bookings, a_row(f"B{n}")) for n in range(50)))
    assert len(await store.find(bookings)) == 50


async def test_a_follower_that_waits_is_woken_by_a_change(store: Store) -> None:
    await store.add(bookings, a_row())
    waiting = asyncio.create_task(store.outbox.wait(0, 20))
    await asyncio.sleep(0)
    await store.record(bookings, "B1", {"status": "held"}, _held)
    events = await asyncio.wait_for(waiting, 15)
    assert [event["type"] for event in events] == ["booking.held"]


async def test_a_wake_ends_a_sleep_and_is_used_up() -> None:
    wakes = Wakes()
    with wakes.listening("B1") as waiting:
        wakes.wake("B2")
        assert not await sleep_or_wake(waiting, 0)
        wakes.wake("B1")
        assert await sleep_or_wake(waiting, 60)
        assert not await sleep_or_wake(waiting, 0)
    wakes.wake("B1")


@given(patient=st.text(max_size=20), other=st.text(max_size=20), key=st.text(max_size=40))
@settings(max_examples=50)
def test_a_key_counts_within_one_patient(patient: str, other: str, key: str) -> None:
    mine = workflow_id("B", patient, key)
    assert mine == workflow_id("B", patient, key)
    assert (mine == workflow_id("B", other, key)) == (patient == other)
    assert len(order_number(mine)) <= 32
