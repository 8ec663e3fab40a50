"""The process: opens the hospital, serves MLLP, runs the clinic, and answers on its control port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from common import logs
from common.settings import Settings
from simulator.faults import Faults
from simulator.hospital import control, opening
from simulator.hospital.backfill import Backfill
from simulator.hospital.billing import Billing
from simulator.hospital.booking import Booking
from simulator.hospital.changes import Changes
from simulator.hospital.crowd import Crowd
from simulator.hospital.demo import DemoData
from simulator.hospital.engine import Engine
from simulator.hospital.his import His
from simulator.hospital.lis import Lis
from simulator.hospital.mllp import Mllp
from simulator.hospital.questions import Questions
from simulator.hospital.registry import Registry
from simulator.hospital.sender import Sender
from simulator.hospital.server import Server
from simulator.hospital.visits import Visits

log = logs.logger("hospital")


class HospitalProcess:
    """All parts of the simulated hospital, wired together."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.his = His(settings)
        self.lis = Lis(self.his)
        self.registry = Registry(self.his)
        self.booking = Booking(self.his)
        self.billing = Billing(self.his)
        self.visits = Visits(self.his, self.booking, self.lis)
        self.demo = DemoData(self.his, self.booking, self.lis)
        self.crowd = Crowd(self.his, self.booking)
        self.engine = Engine(self.his, self.booking, self.visits, self.crowd)
        self.faults = Faults()
        changes = Changes(self.his, self.registry, self.booking, self.billing, self.visits)
        self.server = Server(self.his, Questions(self.his, self.registry), changes)
        self.mllp = Mllp(self.server, self.faults)
        self.sender = Sender(self.his)
        self.backfill = Backfill(self.his)
        self._history: asyncio.Task[None] | None = None
        self.ready = False

    def open(self) -> None:
        """Make what is missing: everything at the first start, new days later."""
        with self.his.database.write() as connection:
            new = opening.is_new(connection)
            made = opening.populate(connection, self.his) if new else []
            days = opening.extend(connection, self.his)
            if new:
                self.demo.write(connection, made)
            self.crowd.plan(connection, days)
        self.his.silent = new
        self.engine.catch_up()
        self.his.silent = False
        if new:
            with self.his.database.write() as connection:
                self.crowd.tell_today(connection)

    def write_history(self) -> None:
        """The visit records of the days before the first opening, where they are not there yet."""
        with self.his.database.read() as connection:
            self.backfill.write(connection)

    async def start(self) -> None:
        await asyncio.to_thread(self.open)
        port = await self.mllp.start(self.settings.host, self.settings.his_port)
        self.engine.start()
        self.sender.start()
        self.ready = True
        self._history = asyncio.create_task(asyncio.to_thread(self.write_history))
        log.info("open", mllp=port, directory=str(self.his.directory))

    async def stop(self) -> None:
        self.ready = False
        self.backfill.stop()
        if self._history:
            await self._history
        await self.mllp.stop()
        await self.engine.stop()
        await self.sender.stop()
        self.lis.database.close()
        self.his.database.close()


def application(settings: Settings) -> FastAPI:
    """The control application; its life is the hospital's."""
    process = HospitalProcess(settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await process.start()
        yield
        await process.stop()

    app = FastAPI(title="simulated hospital", lifespan=life, openapi_url=None)
    control.routes(app, process)
    return app
