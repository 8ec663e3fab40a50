"""An adapter on the simulated HIS, its ear open, and the faults that tests switch on."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest

from connectors import his
from connectors.adapter import Event
from connectors.his.adapter import HISAdapter
from tests.support.processes import Stack


@pytest.fixture
async def adapter(hospital: Stack) -> AsyncIterator[HISAdapter]:
    made = his.create(hospital.settings)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def told(hospital: Stack) -> AsyncIterator[list[Event]]:
    """Events that the HIS and the LIS tell, as they come in."""
    events: list[Event] = []

    async def keep(new: Sequence[Event]) -> None:
        events.extend(new)

    listening = his.create(hospital.settings)
    listening.on_event(keep)
    await listening.start()
    yield events
    await listening.stop()


@pytest.fixture
def fault(hospital: Stack) -> Iterator[Callable[..., None]]:
    """`fault("reset", count=1)` makes the HIS misbehave until the test's end."""

    def switch(mode: str, **more: Any) -> None:
        answer = httpx.post(f"{hospital.hospital_url}/faults", json={"mode": mode, **more})
        answer.raise_for_status()

    yield switch
    switch("none")
