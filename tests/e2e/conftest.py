"""The whole town, started once: simulated hospital, facade, journey, insight, actions, Rasa, gateway."""

import asyncio
import copy
import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import demo
from tests.support.processes import ROOT, Process, Stack, free_ports
from tests.support.talk import Person

EVERYTHING = ["hospital", "cashier", "facade", "journey", "insight", "actions", "bot", "gateway"]


def train_once() -> None:
    """The model that the tests talk to; does nothing where it is up to date."""
    lock = ROOT / "var" / "train.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        subprocess.run([ROOT / ".venv-bot/bin/python", "-m", "bot.train"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every process, on a simulated Monday morning, with history in insight and staff accounts."""
    train_once()
    data_dir: Path = tmp_path_factory.mktemp("town")
    running = Stack(data_dir, log_ins_per_minute=10_000, messages_per_minute=10_000)
    with running.active():
        demo.write_staff(running.settings)
    try:
        running.start(EVERYTHING, seconds=180)
        with running.active():
            asyncio.run(demo.fill(running.settings))
        yield running
    finally:
        running.stop()


@pytest.fixture(autouse=True)
def logs_of_failures(request: pytest.FixtureRequest) -> Iterator[None]:
    """A failure shows the ends of the processes' logs."""
    yield
    report = getattr(request.node, "report_call", None)
    if report is not None and report.failed and "town" in request.fixturenames:
        report.sections.append(("logs", request.getfixturevalue("town").logs()))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.when == "call":
        item.report_call = report  # type: ignore[attr-defined]


@pytest.fixture
def deaf(town: Stack) -> Stack:
    """The town with no voice process running."""
    if "voice" in town.processes:
        town["voice"].stop()
    return town


@pytest.fixture
def impatient(deaf: Stack, tmp_path: Path) -> Iterator[Stack]:
    """The town through another gateway, whose kiosks wait a second only."""
    port = free_ports(1)[0]
    values = {"GATEWAY_PORT": port, "DATA_DIR": tmp_path, "KIOSK_IDLE_SECONDS": 1, "KIOSK_WIPE_SECONDS": 1}
    environment = deaf._child_environment | {f"MENZHEN_{k}": str(v) for k, v in values.items()}
    ready = f"http://127.0.0.1:{port}/ready"
    shutil.copy(deaf.data_dir / "demo.json", tmp_path)
    gateway = Process("kiosk", [sys.executable, "-m", "gateway"], environment, ready, tmp_path / "kiosk.log")
    gateway.start()
    beside = copy.copy(deaf)
    beside.settings = deaf.settings.model_copy(update={"gateway_port": port})
    yield beside
    gateway.stop()


@pytest.fixture
def listening(town: Stack) -> Stack:
    """The town with the voice process running."""
    if "voice" not in town.processes:
        town.start(["voice"])
    elif not town["voice"].alive:
        town["voice"].start()
    return town


class Patients:
    """Patients of the simulated hospital nobody else in the suite has used."""

    def __init__(self, town: Stack) -> None:
        self.town = town
        self.demo = {
            p["openid"].removeprefix("wx-"): p
            for p in _rows(httpx.get(town.hospital_url + "/demo", timeout=10).json())
        }
        self._next = 100_500

    def fresh(self) -> str:
        """`patient:MRN` of somebody with nothing in the HIS's books."""
        while True:
            self._next += 1
            answer = httpx.get(self.town.hospital_url + "/ledger", params={"mrn": self._next}, timeout=10)
            if not answer.raise_for_status().json()["appointments"]:
                return f"patient:{self._next}"

    def mrn(self, who: str) -> str:
        return who.partition(":")[2]


def _rows(body: Any) -> list[dict[str, Any]]:
    return body["patients"] if isinstance(body, dict) else body


@pytest.fixture(scope="session")
def patients(town: Stack) -> Patients:
    return Patients(town)


@pytest.fixture
def person(town: Stack, patients: Patients) -> Iterator[Person]:
    """A patient nobody has spoken to yet, at the chat page."""
    with Person(town, patients.fresh()) as someone:
        yield someone


@pytest.fixture
def director(town: Stack) -> Iterator[Person]:
    with Person(town, "manager:yuanzhang") as someone:
        yield someone


def appointments(town: Stack, mrn: str) -> list[dict[str, Any]]:
    """The HIS's own books of one patient: what was booked through us, not at the desk."""
    answer = httpx.get(town.hospital_url + "/ledger", params={"mrn": mrn}, timeout=10)
    answer.raise_for_status()
    return [row for row in answer.json()["appointments"] if row["operator"] == "MENZHEN"]
