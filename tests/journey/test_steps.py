"""Insisting on an answer, and handing events to subscribers that fail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import clock
from journey import bus, killpoints, steps
from journey.errors import Refused, Unanswered
from journey.store import Store
from journey.wakes import Wakes


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(bus, "_PAUSE", 0.001)


def answers(*outcomes: object) -> tuple[Callable[[], Any], list[object]]:
    """An attempt that has these outcomes one after the other, and what was asked so far."""
    asked: list[object] = []

    async def attempt() -> object:
        outcome = outcomes[len(asked)]
        asked.append(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return attempt, asked


async def test_asked_again_until_there_is_an_answer() -> None:
    attempt, asked = answers(Unanswered(), RuntimeError("a fault of our own"), Unanswered(), "held")
    assert await steps.insist("hold", attempt, 20) == "held"
    assert len(asked) == 4


async def test_a_refusal_is_an_answer() -> None:
    attempt, asked = answers(Refused("号满了。", code="SLOT_FULL"), "never asked")
    with pytest.raises(Refused, match="SLOT_FULL"):
        await steps.insist("hold", attempt, 20)
    assert len(asked) == 1


async def test_the_end_of_patience_is_said() -> None:
    attempt, asked = answers(Unanswered())
    with pytest.raises(Unanswered):
        await steps.insist("hold", attempt, 0)
    assert len(asked) == 1


async def test_nobody_is_asked_for_what_nobody_wants_any_more() -> None:
    attempt, asked = answers(Unanswered(), Unanswered(), "too late")

    async def given_up() -> bool:
        return len(asked) == 2

    with pytest.raises(Unanswered):
        await steps.insist("hold", attempt, 20, stop=given_up)
    assert len(asked) == 2


async def test_who_waits_is_told_once_that_it_takes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "SLOW", 0.0)
    attempt, _ = answers(Unanswered(), Unanswered(), Unanswered(), "booked")
    told: list[str] = []

    async def tell() -> None:
        told.append("slow")

    assert await steps.insist("confirm", attempt, 20, tell) == "booked"
    assert told == ["slow"]


def test_the_day_of_a_visit_ends_at_midnight_in_the_clinic() -> None:
    assert steps.end_of_day("2026-11-24T01:30:00+00:00").isoformat() == "2026-11-25T00:00:00+08:00"


def test_nothing_is_killed_in_life(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr("os.kill", lambda pid, number: killed.append(number))
    killpoints.killpoint("hold.effect")
    assert killed == []
    monkeypatch.setattr(killpoints, "get", lambda: type("S", (), {"kill_at": "hold.effect"}))
    killpoints.killpoint("order.effect")
    assert killed == []
    killpoints.killpoint("hold.effect")
    assert len(killed) == 1


def an_event(number: int) -> dict[str, Any]:
    time = clock.now().isoformat()
    return {
        "id": number,
        "event_id": f"e{number}",
        "type": "t",
        "subject": "s",
        "time": time,
        "data": {},
    }


async def test_a_subscriber_that_fails_is_called_again_and_does_not_stop_the_bus(tmp_path: Path) -> None:
    store = Store(tmp_path / "journey.db", Wakes())
    await store.advance("facade", 2, [an_event(1), an_event(2)])
    seen: list[str] = []

    class Enough(BaseException):
        pass

    async def clumsy(event: bus.Event) -> None:
        seen.append(event["event_id"])
        if event["event_id"] == "e1" and seen.count("e1") < 3:
            raise RuntimeError("not yet")

    async def broken(event: bus.Event) -> None:
        raise RuntimeError("never")

    async def last(event: bus.Event) -> None:
        if event["event_id"] == "e2":
            raise Enough

    with pytest.raises(Enough):
        await bus.deliver(store, [clumsy, broken, last])
    assert seen == ["e1", "e1", "e1", "e2"]
    assert await store.position("subscribers") == 0, "an unfinished batch is delivered again"
