"""The clinic's clockwork: does what is due, in order of time, in batches."""

import asyncio
import contextlib
import time
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from common import clock, logs
from common.errors import MenzhenError
from simulator.hospital import opening
from simulator.hospital.booking import Booking
from simulator.hospital.his import His
from simulator.hospital.schema import agenda
from simulator.hospital.visits import Visits
from simulator.tracing import where

BATCH = 150
TICK = 0.25
SWEEP_SECONDS = 5.0
log = logs.logger("engine")


class Engine:
    """Runs the agenda. One transaction holds at most BATCH steps, so that bookings get in between."""

    def __init__(self, his: His, booking: Booking, visits: Visits) -> None:
        self.his, self.booking, self.visits = his, booking, visits
        self._task: asyncio.Task[None] | None = None
        self._swept = 0.0
        self._day: date | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def catch_up(self) -> None:
        """Do everything that is due now."""
        while self.batch():
            pass
        self._sweep()

    def batch(self) -> int:
        """Do the next due steps in one transaction, strictly in order of time; how many."""
        now = self.his.now()
        done = 0
        with self.his.database.write() as connection:
            while done < BATCH:
                # Asked anew for each: a step may plan another that is due before those that waited.
                line = connection.execute(
                    select(agenda).where(agenda.c.due <= now).order_by(agenda.c.due, agenda.c.id).limit(1)
                ).first()
                if line is None:
                    break
                connection.execute(delete(agenda).where(agenda.c.id == line.id))
                self._step(connection, line)
                done += 1
        return done

    def _step(self, connection: Connection, line: Row[Any]) -> None:
        """One step in a savepoint: a step that cannot be done is given up and logged, and the day goes on."""
        try:
            with connection.begin_nested():
                self.visits.run(connection, line.step, line.subject, line.due)
        except MenzhenError as error:
            log.info("step dropped", step=line.step, code=error.code)
        except Exception as error:
            log.error("step failed", step=line.step, error=type(error).__name__, where=where(error))

    def _sweep(self) -> None:
        """Holds that ran out, people who did not come, a new day's schedule."""
        today = clock.now().date()
        with self.his.database.write() as connection:
            self.booking.expire(connection)
            self.visits.sweep(connection, self.his.now())
            if today != self._day:
                opening.extend(connection, self.his)
        self._day, self._swept = today, time.monotonic()

    def _tick(self) -> None:
        while self.batch() == BATCH:
            pass
        with self.his.database.write() as connection:
            self.booking.expire(connection)
        if time.monotonic() - self._swept > SWEEP_SECONDS / max(1.0, clock.clock().speed / 60):
            self._sweep()

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._tick)
            except Exception as error:
                log.error("tick failed", error=type(error).__name__, where=where(error))
                await asyncio.sleep(1)
            await asyncio.sleep(TICK)
