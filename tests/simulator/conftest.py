"""A hospital and a cashier for each test: real sockets, a database of its own, a clock that the test sets."""

import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from common import clock
from common.settings import Settings
from simulator.hospital import truth
from simulator.hospital.app import HospitalProcess
from tests.simulator import wire

MORNING = datetime(2026, 11, 24, 7, 30, tzinfo=clock.SHANGHAI)
"""A Tuesday, before the clinic opens."""


class TestClock:
    """The clinic's clock of a test; it stands still unless the test moves it."""

    __test__ = False

    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> clock.Clock:
        return clock.Clock(time.time(), self.at, 1e-9)

    def move(self, **delta: float) -> None:
        self.at += timedelta(**delta)

    def set(self, text: str) -> None:
        self.at = datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> TestClock:
    made = TestClock()
    monkeypatch.setattr(clock, "clock", made)
    return made


def settings_for(directory: Path, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "data_dir": directory,
        "his_port": wire.free_port(),
        "facade_mllp_port": wire.free_port(),
        "his_charset": "UTF-8",
        "his_version": "2.4",
        "simulator_seed": 7,
    }
    return Settings(**(given | changes))


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data of a hospital after its first opening, to be copied."""
    directory = tmp_path_factory.mktemp("opened")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "clock", TestClock())
        process = HospitalProcess(settings_for(directory))
        process.open()
        process.write_history()
        for database in (process.his.database, process.lis.database):
            with database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.rollback()
            database.close()
    yield directory


@dataclass
class Hospital:
    """A running hospital: `ask` over MLLP, the truth behind it, and its parts."""

    process: HospitalProcess
    port: int
    codec: str

    async def ask(self, text: str) -> Any:
        async with wire.Client(self.port, self.codec) as client:
            return await client.ask(text)

    def client(self) -> wire.Client:
        return wire.Client(self.port, self.codec)

    def truth(self, **filters: str) -> dict[str, Any]:
        with self.process.his.database.read() as connection:
            given = {"mrn": "", "placer": "", "slot": "", "appointment": ""} | filters
            return truth.ledger(connection, **given, limit=100000)

    def balance(self) -> list[str]:
        with self.process.his.database.read() as connection:
            return truth.balance(connection)["problems"]

    async def free_slots(self, department: str = "0403", visit_type: str = "GEN", **more: Any) -> list[str]:
        answer = await self.ask(
            wire.slots(department, **dict[str, Any]({"start": "20261125", "end": "20261127"} | more))
        )
        return [s.get(1) for s in answer.all("ZSL") if s.get(8) == "OPEN" and s.get(4) == visit_type]


@pytest_asyncio.fixture
async def start(opened: Path, tmp_path: Path, moment: TestClock) -> AsyncIterator[Callable[..., Any]]:
    """`await start(his_charset=…)` starts a hospital with those settings."""
    running: list[HospitalProcess] = []

    async def begin(**changes: Any) -> Hospital:
        directory = tmp_path / "data"
        if not directory.exists():
            shutil.copytree(opened, directory)
        settings = settings_for(directory, **changes)
        process = HospitalProcess(settings)
        running.append(process)
        await process.start()
        return Hospital(process, settings.his_port, process.his.envelope.codec)

    yield begin
    for process in running:
        if process.ready:
            await process.stop()


@pytest_asyncio.fixture
async def hospital(start: Callable[..., Any]) -> Hospital:
    return await start()
