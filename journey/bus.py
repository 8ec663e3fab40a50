"""The bus: takes over the facade's events, keeps them with our own in one order, and hands them to subscribers.

Each event is stored with the cursor of where it came from in one transaction: once, whoever is killed when.
A subscriber is a plain function. It is called for every event at least once, in order, so it does nothing twice
for the same event id.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from common import logs, outbox
from common.settings import get
from journey.store import Store

log = logs.logger("journey")
Event = Mapping[str, Any]
Subscriber = Callable[[Event], Awaitable[None]]

_SOURCE = "facade"
_DELIVERED = "subscribers"
_RETRIES, _PAUSE = 5, 0.5


async def for_ever(task: Callable[[], Awaitable[None]]) -> None:
    """Run a task that should not end, and again where it did."""
    while True:
        try:
            await task()
        except Exception:
            log.exception("background task failed")
        await asyncio.sleep(_PAUSE)


async def take_over(store: Store) -> None:
    """Follow the facade's feed for ever."""
    after = await store.position(_SOURCE)
    silent = False

    async def unreachable(error: Exception) -> None:
        nonlocal silent
        if not silent:
            log.warning("facade's events not reachable", error=type(error).__name__)
        silent = True

    async for event in outbox.follow(get().url("facade"), after, "journey", on_error=unreachable):
        silent = False
        await store.advance(_SOURCE, event["id"], [event])


async def deliver(store: Store, subscribers: Sequence[Subscriber]) -> None:
    """Hand every event of the bus to each subscriber, for ever, from where the last run stopped."""
    position = await store.position(_DELIVERED)
    while True:
        events = await store.outbox.wait(position, 25)
        for event in events:
            for subscriber in subscribers:
                await _call(subscriber, event)
            position = event["id"]
        if events:
            await store.advance(_DELIVERED, position)


async def _call(subscriber: Subscriber, event: Event) -> None:
    """A subscriber that fails is tried again; one that cannot take an event must not stop the bus for all."""
    for attempt in range(_RETRIES):
        try:
            return await subscriber(event)
        except Exception:
            log.exception("subscriber failed", subscriber=subscriber.__name__, event_id=event["event_id"])
            await asyncio.sleep(_PAUSE * 2**attempt)
    log.error("event given up", subscriber=subscriber.__name__, event_id=event["event_id"])
