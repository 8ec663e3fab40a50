"""How a workflow's steps run: checkpointed by DBOS, run again after a crash, insisting on an answer.

A step that was killed after its effect and before its checkpoint runs again. So each one is idempotent: writes
to hospital and cashier carry a key made of the workflow's id and the step, and its own rows take the same again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from dbos import DBOS

from common import clock, logs
from journey.errors import Refused, Unanswered
from journey.killpoints import killpoint

log = logs.logger("journey")
T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
"""Seconds between two tries, doubled each time. The facade's circuit breaker keeps a dead system unburdened."""
SLOW = 3.0
"""Seconds after which a person who waits is told that it takes longer."""


async def step(name: str, body: Callable[..., Awaitable[T]], id: str, *more: str) -> T:
    """Run `body(id, *more)` as the step `name` of the workflow `id`. Its result is stored: JSON-like and small."""

    async def run() -> T:
        pause = FIRST_PAUSE
        while True:
            try:
                killpoint(f"{name}.before")
                result = await body(id, *more)
                killpoint(f"{name}.recorded")
                return result
            except Exception:
                # An exception would end the workflow for good, with a slot held or money in nobody's hands.
                log.exception("step failed", step=name, workflow=id)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    result = await DBOS.run_step_async({"name": name}, run)
    killpoint(f"{name}.done")
    return result


async def insist(
    what: str,
    attempt: Callable[[], Awaitable[T]],
    seconds: float,
    on_slow: Callable[[], Awaitable[Any]] | None = None,
    stop: Callable[[], Awaitable[bool]] | None = None,
) -> T:
    """The answer of `attempt`, tried again with back-off while nobody answers, for up to `seconds` of real time.

    `on_slow` is called once where it takes more than SLOW seconds. A fault of our own is tried again like an
    unanswered call (and logged): a patient's money must not hang on it. Raises Refused where the system said
    no, Unanswered at the end, or when `stop` says that nobody wants it any more.
    """
    began, pause, told = time.monotonic(), FIRST_PAUSE, False
    while True:
        try:
            result = await attempt()
            killpoint(f"{what}.effect")
            return result
        except Refused:
            raise
        except Unanswered as error:
            log.warning("unanswered", what=what, code=error.code, detail=error.detail)
        except Exception:
            log.exception("step failed", what=what)
        elapsed = time.monotonic() - began
        if elapsed >= seconds or (stop is not None and await stop()):
            raise Unanswered(detail=f"{what}: no answer in {elapsed:.0f} s")
        if on_slow is not None and not told and elapsed >= SLOW:
            await on_slow()
            told = True
        await asyncio.sleep(min(pause, max(seconds - elapsed, FIRST_PAUSE)))
        pause = min(pause * 2, LONGEST_PAUSE)


def real_seconds(until: datetime | str) -> float:
    """Real seconds until the clinic's clock shows this moment, at least 0."""
    moment = datetime.fromisoformat(until) if isinstance(until, str) else until
    return max(clock.clock().seconds_until(moment), 0.0)


def end_of_day(start: str) -> datetime:
    """Midnight after the day of a visit."""
    day = datetime.fromisoformat(start).astimezone(clock.SHANGHAI)
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
