"""Runs the services: ordered start with readiness, own process groups, restart with back-off, clean stop."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson

from cli.services import Service, log_file
from common.settings import ROOT, Settings

STABLE_SECONDS = 30
STOP_SECONDS = 8


class StartError(Exception):
    """A service did not become ready; the message says which and where its log is."""


class Unit:
    """One service under supervision."""

    def __init__(self, service: Service, supervisor: "Supervisor") -> None:
        self.service, self.supervisor = service, supervisor
        self.state = "waiting"
        self.restarts = 0
        self.process: asyncio.subprocess.Process | None = None
        self.ready = asyncio.Event()
        self.ready_seconds = 0.0

    def describe(self) -> dict[str, Any]:
        return {
            "title": self.service.title,
            "state": self.state,
            "pid": self.process.pid if self.process else None,
            "ports": list(self.service.ports),
            "restarts": self.restarts,
            "ready_seconds": round(self.ready_seconds, 1),
        }

    async def run(self) -> None:
        """Start, watch, restart, until the supervisor stops."""
        for name in self.service.after:
            await self.supervisor.units[name].ready.wait()
        pause = 0.5
        while True:
            began = time.monotonic()
            await self._spawn()
            assert self.process
            waiter = asyncio.create_task(self._until_ready(began))
            await self.process.wait()
            waiter.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiter
            if self.supervisor.stopping:
                break
            first = not self.ready.is_set()
            self._set("restarting")
            if first and self.restarts >= 2:
                self.supervisor.failed(self, f"退出码 {self.process.returncode}")
                return
            if time.monotonic() - began > STABLE_SECONDS:
                pause = 0.5
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10)
            self.restarts += 1
        self._set("stopped")

    async def _spawn(self) -> None:
        path = log_file(self.supervisor.settings, self.service.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._set("starting")
        with path.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.service.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.supervisor.environment,
                start_new_session=True,
            )
        self.supervisor.write_state()

    async def _until_ready(self, began: float) -> None:
        async with httpx.AsyncClient(timeout=2) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(self.service.ready_url)).status_code == 200:
                        break
                if time.monotonic() - began > self.service.seconds and not self.ready.is_set():
                    self.supervisor.failed(self, f"{self.service.seconds:.0f} 秒内没有就绪")
                await asyncio.sleep(0.15)
        self.ready_seconds = time.monotonic() - began
        self.ready.set()
        self._set("ready")

    def _set(self, state: str) -> None:
        self.state = state
        self.supervisor.write_state()
        self.supervisor.changed(self)

    async def stop(self) -> None:
        """TERM to the group, KILL to what is left after a while."""
        process = self.process
        if not process or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


class Supervisor:
    """All services of one installation. `changed` is told of each change of a unit's state."""

    def __init__(
        self,
        settings: Settings,
        services: Sequence[Service],
        environment: dict[str, str],
        changed: Callable[[Unit], None] = lambda unit: None,
    ) -> None:
        self.settings, self.environment, self.changed = settings, environment, changed
        self.units = {service.name: Unit(service, self) for service in services}
        self.stopping = False
        self.all_ready = False
        self.problem: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []

    def failed(self, unit: Unit, why: str) -> None:
        if not self.problem.done():
            path = log_file(self.settings, unit.service.name)
            self.problem.set_result(f"{unit.service.title}没有启动：{why}，见 {path}")

    async def start(self) -> None:
        """Start all and wait until each is ready. Raises StartError."""
        self._tasks = [asyncio.create_task(unit.run()) for unit in self.units.values()]
        everyone = asyncio.gather(*(unit.ready.wait() for unit in self.units.values()))
        waited: set[asyncio.Future[Any]] = {everyone, self.problem}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not everyone.done():
            everyone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await everyone
            raise StartError(self.problem.result())
        self.all_ready = True
        self.write_state()

    async def stop(self) -> None:
        """Stop all, the public door first."""
        self.stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        gateway = self.units.get("gateway")
        if gateway:
            await gateway.stop()
        await asyncio.gather(*(unit.stop() for unit in self.units.values()))
        state_file(self.settings).unlink(missing_ok=True)

    def write_state(self) -> None:
        """For `status` and `down`, replaced atomically."""
        if self.stopping:
            return
        path = state_file(self.settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_bytes(
            orjson.dumps(
                {
                    "pid": os.getpid(),
                    "ready": self.all_ready,
                    "clock": self.environment.get("MENZHEN_CLOCK", ""),
                    "gateway": self.settings.gateway_url,
                    "services": {name: unit.describe() for name, unit in self.units.items()},
                }
            )
        )
        temporary.replace(path)


def state_file(settings: Settings) -> Path:
    return settings.data_dir / "run" / "state.json"


def read_state(settings: Settings) -> dict[str, Any] | None:
    """What the running supervisor wrote, or None where none runs."""
    try:
        state = orjson.loads(state_file(settings).read_bytes())
        os.kill(state["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    try:
        command = Path(f"/proc/{state['pid']}/cmdline").read_bytes()
    except OSError:
        return state  # no /proc here: the process exists, which has to do
    return state if b"cli" in command else None
