"""The LIS adapter passes what every adapter must."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from common import settings as common_settings
from common.settings import Settings
from connectors import lis
from connectors.adapter import Adapter, BackendUnavailable, Search
from tests.connectors.conformance import DEADLINE, AdapterConformance
from tests.support.processes import Stack


@pytest.fixture
async def adapter(hospital: Stack) -> AsyncIterator[Adapter]:
    made = lis.create(hospital.settings)
    await made.start()
    yield made
    await made.stop()


def reported(settings: Settings) -> str:
    """The record number of a patient with a report."""
    with sqlite3.connect(settings.data_dir / "hospital" / "lis.db") as database:
        query = "SELECT MRN FROM V_LIS_PATIENT p JOIN V_LIS_RESULT r ON r.PAT_ID = p.PAT_ID LIMIT 1"
        return str(database.execute(query).fetchone()[0])


class TestConformance(AdapterConformance):
    folder = "lis"

    async def samples(self, adapter: Adapter) -> list[Search]:
        patient = reported(common_settings.get())
        return [
            Search("DiagnosticReport", {"patient": [patient]}),
            Search("DiagnosticReport", {"patient": [patient], "status": ["final"]}),
            Search("Observation", {"patient": [f"Patient/{patient}"]}),
        ]

    async def write(self, adapter: Adapter) -> None:
        return None

    def probes(self) -> list[Callable[[Adapter], Awaitable[Any]]]:
        return [
            lambda a: a.read("DiagnosticReport", "R1"),
            lambda a: a.search(Search("Observation", {"patient": ["1"]})),
        ]

    def pointed_at(self, port: int) -> Settings:
        """A database that is not there; a file has no port."""
        return common_settings.get().model_copy(
            update={"lis_url": f"sqlite:////nowhere/{port}.db", "backend_deadline": DEADLINE}
        )


async def test_a_database_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "lis.db").write_bytes(b"this is no database" * 100)
    settings = common_settings.get().model_copy(update={"lis_url": f"sqlite:///{tmp_path}/lis.db"})
    adapter = lis.create(settings)
    with pytest.raises(BackendUnavailable):
        await adapter.search(Search("DiagnosticReport", {"patient": ["1"]}))
    assert (await adapter.check())["reachable"] is False
    await adapter.stop()


async def test_a_locked_database_is_said_within_the_deadline(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "lis.db") as database:
        database.execute("CREATE TABLE t (a)")
    holding = sqlite3.connect(tmp_path / "lis.db", isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")
    settings = common_settings.get().model_copy(
        update={"lis_url": f"sqlite:///{tmp_path}/lis.db", "backend_deadline": DEADLINE}
    )
    adapter = lis.create(settings)
    with pytest.raises(BackendUnavailable):
        await adapter.read("DiagnosticReport", "R1")
    await adapter.stop()
    holding.close()
