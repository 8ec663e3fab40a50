"""The clinic's clockwork: does what is due, in order of time, in batches."""

import asyncio
import contextlib
import time
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from common import clock, logs
from common.errors import MenzhenError
from simulator.database import Prepared
from simulator.hospital import opening
from simulator.hospital.booking import Booking
from simulator.hospital.crowd import Crowd
from simulator.hospital.his import His
from simulator.hospital.schema import agenda
from simulator.hospital.visits import Visits
from simulator.tracing import where

BATCH = 150
TICK = 0.25
SWEEP_SECONDS = 5.0
log = logs.logger("engine")
_DUE = (
    select(agenda.c.id).where(agenda.c.due <= bindparam("now")).order_by(agenda.c.due, agenda.c.id).limit(1)
)
_NEXT = Prepared(
    delete(agenda)
    .where(agenda.c.id == _DUE.scalar_subquery())
    .returning(agenda.c.due, agenda.c.step, agenda.c.subject, agenda.c.data)
)


class Engine:
    """Runs the agenda. One transaction holds at most BATCH steps, so that bookings get in between."""

    def __init__(self, his: His, booking: Booking, visits: Visits, crowd: Crowd) -> None:
        self.his, self.booking, self.visits, self.crowd = his, booking, visits, crowd
        self._task: asyncio.Task[None] | None = None
        self._swept = 0.0
        self._day: date | None = None
        self._stopping = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._stopping = True
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def catch_up(self) -> None:
        """Do everything that is due now."""
        while self.batch():
            continue
        self._sweep()

    def batch(self) -> int:
        """Do the next due steps in one transaction, strictly in order of time; how many.

        Where one fails, the transaction is undone and the steps are done one by one, the failing one dropped.
        """
        now = self.his.now()
        try:
            with self.his.database.write() as connection:
                return self._steps(connection, now, BATCH)
        except Exception as error:
            log.info("batch undone", error=type(error).__name__, where=where(error))
        done = 0
        while done < BATCH and self._alone(now):
            done += 1
        return done

    def _steps(self, connection: Connection, now: str, most: int) -> int:
        for done in range(most):
            # Taken one by one: a step may plan another that is due before those that waited.
            line = _NEXT.first(connection, now=now)
            if line is None:
                return done
            self._step(connection, line)
        return most

    def _alone(self, now: str) -> bool:
        """The next step in a transaction of its own; False where nothing is due."""
        with self.his.database.write() as connection:
            line = _NEXT.first(connection, now=now)
            if line is None:
                return False
            try:
                with connection.begin_nested():
                    self._step(connection, line)
            except MenzhenError as error:
                log.info("step dropped", step=line.step, code=error.code)
            except Exception as error:
                log.error("step failed", step=line.step, error=type(error).__name__, where=where(error))
        return True

    def _step(self, connection: Connection, line: Row[Any]) -> None:
        if line.step == "book":
            self.crowd.book(connection, line.subject, line.data, line.due)
        else:
            self.visits.run(connection, line.step, line.subject, line.due)

    def _sweep(self) -> None:
        """Holds that ran out, people who did not come, a new day's schedule."""
        today = clock.now().date()
        with self.his.database.write() as connection:
            self.booking.expire(connection)
            self.visits.sweep(connection, self.his.now())
            if today != self._day:
                self.crowd.plan(connection, opening.extend(connection, self.his))
        self._day, self._swept = today, time.monotonic()

    def _tick(self) -> None:
        while self.batch() == BATCH and not self._stopping:
            continue
        with self.his.database.write() as connection:
            self.booking.expire(connection)
        if time.monotonic() - self._swept > SWEEP_SECONDS / max(1.0, clock.clock().speed / 60):
            self._sweep()

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await asyncio.to_thread(self._tick)
            except Exception as error:
                log.error("tick failed", error=type(error).__name__, where=where(error))
                await asyncio.sleep(1)
            await asyncio.sleep(TICK)
