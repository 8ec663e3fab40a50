"""Waiting inside this process for news of one booking, payment or change. A wake is a hint: whoever wakes looks."""

import asyncio
import contextlib
from collections.abc import Iterator


class Wakes:
    """Used on the event loop's thread only. Nothing depends on a wake alone: waiters look again by themselves."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def wake(self, id: str) -> None:
        """Wake all who listen to this id."""
        for waiting in self._waiting.get(id, ()):
            waiting.set()

    @contextlib.contextmanager
    def listening(self, id: str) -> Iterator[asyncio.Event]:
        """An event that is set by each wake from now on; clear it before looking."""
        waiting = asyncio.Event()
        self._waiting.setdefault(id, set()).add(waiting)
        try:
            yield waiting
        finally:
            self._waiting[id].discard(waiting)
            if not self._waiting[id]:
                del self._waiting[id]


async def sleep_or_wake(waiting: asyncio.Event, seconds: float) -> bool:
    """Sleep at most `seconds`; True where it was cut short by a wake, which is then used up."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waiting.wait(), max(seconds, 0.0))
    woken = waiting.is_set()
    waiting.clear()
    return woken
