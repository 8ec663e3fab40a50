"""A small cache for answers of the HIS: bounded, short-lived, and one question at a time per key."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cache(Generic[T]):
    """Keeps an answer for `seconds`. Who asks for the same key meanwhile waits for the same answer.

    `clear()` also keeps out answers to questions that were under way, since they may be older than the change.
    """

    def __init__(self, seconds: float, size: int) -> None:
        self.seconds, self.size = seconds, size
        self._kept: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._asking: dict[Hashable, asyncio.Task[T]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """The kept answer, or what `ask` returns; its errors are raised and not kept."""
        kept = self._kept.get(key)
        if kept and time.monotonic() - kept[0] < self.seconds:
            return kept[1]
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, ask))
            task.add_done_callback(_retrieved)
            self._asking[key] = task
        # Shielded: one who gives up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        own = asyncio.current_task()
        try:
            answer = await ask()
        finally:
            current = self._asking.get(key) is own
            if current:
                del self._asking[key]
        if current:
            self._kept[key] = (time.monotonic(), answer)
            self._kept.move_to_end(key)
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return answer

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._asking.clear()


def _retrieved(task: "asyncio.Task[T]") -> None:
    """Marks the error of a task that nobody waits for any more as seen; those who waited got it."""
    if not task.cancelled():
        task.exception()
