"""What stands around every call to a hospital system: circuit breaker, inside it the deadline, inside it the call."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import HALF_OPENED, OPENED, OpenedState
from purgatory.service._async.circuitbreaker import AsyncCircuitBreaker

from common import logs
from connectors.adapter import BackendError, BackendUnavailable
from connectors.facade.outcome import frames

T = TypeVar("T")
FAILURES = 5
"""Failures in a row after which the system is not asked any more."""
PAUSE = 5.0
"""Seconds until one call is let through to see whether it is back."""
log = logs.logger("facade")


class _CallerInHurry(BackendUnavailable):
    """The caller left too little time to blame the system."""

    code = "BACKEND_TIMEOUT"
    message = "医院系统没有及时回答，请稍后再试。"


class _AdapterFault(BackendUnavailable):
    """A mistake in an adapter. It says nothing of whether the system is there, so that no odd request of one
    person can close a system to everybody."""


class Guard:
    """One system's breaker and deadline."""

    def __init__(self, name: str, deadline: float, *, failures: int = FAILURES, pause: float = PAUSE) -> None:
        self.name, self.deadline, self.pause = name, deadline, pause
        self.problem = ""
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=failures,
            default_ttl=pause,
            exclude=[BackendError, _CallerInHurry, _AdapterFault, asyncio.CancelledError],
        )
        self._breaker: AsyncCircuitBreaker | None = None
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether calls are refused at once."""
        return self._breaker is not None and self._breaker.context.state == OPENED

    @property
    def retry_after(self) -> int:
        """Whole seconds until it is worth trying again."""
        opened = self._breaker.context.opened_at if self._breaker else None
        if opened is None:
            return 1
        return max(1, math.ceil(opened + self.pause - time.time()))

    async def call(self, what: Callable[[], Awaitable[T]], until: float) -> T:
        """Run `what()` within the system's deadline and the request's (`until`, the loop's clock).

        Raises BackendError as the adapter did, BackendUnavailable for everything else that goes wrong.
        """
        breaker = self._breaker
        if breaker is None:
            breaker = self._breaker = await self._factory.get_breaker(self.name)
        if breaker.context.state == HALF_OPENED and self._probing:
            raise self._down()
        try:
            async with breaker:
                self._probing = breaker.context.state == HALF_OPENED
                try:
                    return await self._in_time(what, until)
                finally:
                    self._probing = False
        except OpenedState:
            raise self._down() from None

    async def _in_time(self, what: Callable[[], Awaitable[T]], until: float) -> T:
        allowed = min(self.deadline, until - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(max(allowed, 0)):
                result = await what()
        except TimeoutError:
            log.warning("system did not answer in time", system=self.name, seconds=round(allowed, 3))
            if allowed < self.deadline / 2:
                raise _CallerInHurry(detail=self.name) from None
            self.problem = "BACKEND_TIMEOUT"
            raise BackendUnavailable(
                _CallerInHurry.message, code="BACKEND_TIMEOUT", detail=self.name
            ) from None
        except BackendError:
            raise
        except BackendUnavailable as error:
            self.problem = error.code
            log.warning("system unavailable", system=self.name, code=error.code, detail=error.detail)
            raise
        except Exception as error:
            log.error("adapter failed", system=self.name, error=type(error).__name__, at=frames(error))
            raise _AdapterFault(detail=f"{self.name}: {type(error).__name__}") from error
        self.problem = ""
        return result

    def _down(self) -> BackendUnavailable:
        return BackendUnavailable(code="BACKEND_DOWN", detail=f"{self.name}: circuit open")
