"""Starts the project's real processes on free ports, for end-to-end tests and benchmarks.

    with stack(["hospital", "cashier", "facade", "journey"], data_dir=tmp_path) as running:
        httpx.get(running.facade_url + "/Slot", headers=running.auth(running.patient_token("p1")))
        running["journey"].kill()
        running["journey"].start()

Every process shares the data directory, the secret key, the ports and the clock. Each one's output goes to
`data_dir/logs/NAME.log`, and its end is shown where a process dies or does not get ready.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from common import clock, settings, tokens
from common.tokens import PATIENT_SCOPES, STAFF_SCOPES, Claims

ROOT = Path(__file__).resolve().parent.parent.parent
CLOCK_START = "2026-11-23T08:30"
"""A Monday morning, after the first patients came."""

_PORTS = (
    "gateway_port",
    "facade_port",
    "facade_mllp_port",
    "journey_port",
    "insight_port",
    "actions_port",
    "bot_port",
    "voice_port",
    "his_port",
    "hospital_control_port",
    "cashier_port",
)

# Acting as a stack changes this process's environment: one thread at a time.
_TOKENS = threading.RLock()
_MAIN = [sys.executable, "-m"]
_COMMANDS: dict[str, tuple[list[str], str]] = {
    "hospital": ([*_MAIN, "simulator", "hospital"], "hospital_control_port"),
    "cashier": ([*_MAIN, "simulator", "cashier"], "cashier_port"),
    "facade": ([*_MAIN, "connectors.facade"], "facade_port"),
    "journey": ([*_MAIN, "journey"], "journey_port"),
    "insight": ([*_MAIN, "insight"], "insight_port"),
    "actions": ([*_MAIN, "actions"], "actions_port"),
    "bot": ([str(ROOT / ".venv-bot/bin/python"), "-m", "bot"], "bot_port"),
    "voice": ([*_MAIN, "voice"], "voice_port"),
    "gateway": ([*_MAIN, "gateway"], "gateway_port"),
}
"""Command and the port that answers `GET /ready`, in the order of starting."""

_WAVES = (
    ("hospital", "cashier"),
    ("facade",),
    ("journey",),
    ("insight", "actions", "bot", "voice"),
    ("gateway",),
)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listened on just now, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def wait_until(
    condition: Callable[[], Any], seconds: float = 20.0, what: str = "condition", every: float = 0.05
) -> Any:
    """The first true value of `condition()`. Raises AssertionError after `seconds`.

    A refused connection counts as "not yet", since processes are killed and started meanwhile.
    """
    deadline = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = condition()
        except httpx.TransportError as error:
            last = error
        else:
            if last:
                return last
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s; last seen: {last!r}")


class Process:
    """One process of the system: start, readiness over HTTP, SIGKILL, orderly stop, log file."""

    def __init__(
        self, name: str, command: list[str], env: Mapping[str, str], ready_url: str, log: Path
    ) -> None:
        self.name, self.command, self.env, self.ready_url, self.log = name, command, env, ready_url, log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        """Raises AssertionError where the process was never started."""
        assert self._child is not None, f"{self.name} was not started"
        return self._child.pid

    def launch(self, extra_env: Mapping[str, str] | None = None) -> None:
        """Start without waiting for readiness."""
        assert not self.alive, f"{self.name} runs already"
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**self.env, **(extra_env or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until `GET /ready` answers 200. Raises AssertionError with the log's end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.alive:
                raise AssertionError(f"{self.name} ended before it was ready\n{self.tail()}")
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(self.ready_url, timeout=2).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} was not ready within {seconds} s\n{self.tail()}")

    def start(self, extra_env: Mapping[str, str] | None = None, seconds: float = 60.0) -> None:
        """Start and wait until ready."""
        self.launch(extra_env)
        self.wait_ready(seconds)

    def kill(self) -> None:
        """SIGKILL to the process and its children, as a power cut would."""
        self._signal(signal.SIGKILL)
        self.wait_dead()

    def wait_dead(self, seconds: float = 30.0) -> int:
        """Wait for its end, for instance where it kills itself. Returns the exit status."""
        assert self._child is not None
        return self._child.wait(seconds)

    def stop(self, seconds: float = 10.0) -> None:
        """SIGTERM, and SIGKILL where that is not enough."""
        if not self.alive:
            return
        self._signal(signal.SIGTERM)
        try:
            self.wait_dead(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self, extra_env: Mapping[str, str] | None = None) -> None:
        """Kill and start again."""
        self.kill()
        self.start(extra_env)

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _signal(self, number: int) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


class Stack:
    """The processes of one installation, with settings of their own."""

    def __init__(self, data_dir: Path, start: str = CLOCK_START, speed: float = 1.0, **values: Any) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        (data_dir / "logs").mkdir(exist_ok=True)
        ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        chosen: dict[str, Any] = {
            **ports,
            "data_dir": data_dir,
            "clock": f"{time.time()}|{start}|{speed}",
            "secret_key": "key-of-the-tests-" + os.urandom(16).hex(),
            "cashier_url": f"http://127.0.0.1:{ports['cashier_port']}",
            "wechat_url": f"http://127.0.0.1:{ports['cashier_port']}",
            **values,
        }
        self.data_dir = data_dir
        self.environment = {f"MENZHEN_{name.upper()}": str(value) for name, value in chosen.items()}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MENZHEN_")}
        self._child_environment = {**inherited, "PYTHONUNBUFFERED": "1", **self.environment}
        with self.active():
            self.settings = settings.get()
        self.processes: dict[str, Process] = {}

    # -- processes ---------------------------------------------------------------------------------
    def start(
        self, services: Iterable[str], extra_env: Mapping[str, str] | None = None, seconds: float = 90.0
    ) -> None:
        """Start these services in the order of their dependencies; those of one wave at once."""
        wanted = set(services)
        if unknown := wanted - _COMMANDS.keys():
            raise ValueError(f"unknown services: {sorted(unknown)}")
        for wave in _WAVES:
            starting = [self._make(name) for name in wave if name in wanted]
            for process in starting:
                process.launch(extra_env)
            for process in starting:
                process.wait_ready(seconds)

    def _make(self, name: str) -> Process:
        command, port = _COMMANDS[name]
        ready = f"http://127.0.0.1:{getattr(self.settings, port)}/ready"
        log = self.data_dir / "logs" / f"{name}.log"
        self.processes[name] = Process(name, command, self._child_environment, ready, log)
        return self.processes[name]

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def stop(self) -> None:
        """Stop all, the last started first."""
        for process in reversed(self.processes.values()):
            process.stop()

    def logs(self) -> str:
        """The end of every log, for a failure's message."""
        return "\n".join(f"=== {name}\n{each.tail()}" for name, each in self.processes.items())

    # -- acting as one of its processes ------------------------------------------------------------
    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Inside, this process has the stack's settings and clock: tokens, clients, `clock.now()`."""
        kept = {k: v for k, v in os.environ.items() if k.startswith("MENZHEN_")}
        _replace_environment(self.environment)
        try:
            yield
        finally:
            _replace_environment(kept)

    def token(self, claims: Claims, seconds: int = 3600) -> str:
        """A token that the stack's processes accept."""
        with _TOKENS, self.active():
            return tokens.issue(claims, seconds)

    def patient_token(self, patient: str, dependents: Iterable[str] = ()) -> str:
        """As the gateway issues it to this patient (FHIR id of the facade)."""
        return self.token(
            Claims(
                f"patient:{patient}", "patient", PATIENT_SCOPES, patient, tuple(dependents), session="test"
            )
        )

    def staff_token(self, role: str, department: str = "", doctor: str = "") -> str:
        """As the gateway issues it to a director, head, doctor or finance clerk."""
        return self.token(Claims(f"staff:{role}", role, STAFF_SCOPES, department=department, doctor=doctor))

    def service_token(self, name: str = "test") -> str:
        with _TOKENS, self.active():
            return tokens.service(name, 3600)

    @staticmethod
    def auth(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def now(self) -> Any:
        """The clinic's time in this stack."""
        return clock.parse(self.settings.clock).now()

    # -- addresses ---------------------------------------------------------------------------------
    @property
    def facade_url(self) -> str:
        """Base of the FHIR API."""
        return self.settings.facade_url

    @property
    def journey_url(self) -> str:
        return self.settings.journey_url

    @property
    def hospital_url(self) -> str:
        """The simulated hospital's control port."""
        return f"http://127.0.0.1:{self.settings.hospital_control_port}"

    @property
    def cashier_url(self) -> str:
        return self.settings.cashier_url

    def hospital_ledger(self) -> dict[str, Any]:
        """What the HIS has written in its books."""
        return _json(httpx.get(self.hospital_url + "/ledger", timeout=10))

    def cashier_ledger(self) -> dict[str, Any]:
        """All orders and refunds of the cashier."""
        return _json(httpx.get(self.cashier_url + "/ledger", timeout=10))

    def pay(self, order: str) -> None:
        """Pay as a tap on the phone would."""
        _json(httpx.post(f"{self.cashier_url}/pay/{order}", json={}, timeout=10))


@contextlib.contextmanager
def stack(
    services: Iterable[str], data_dir: Path, start: str = CLOCK_START, speed: float = 1.0, **values: Any
) -> Iterator[Stack]:
    """Start `services`, hand out the Stack, stop all at the end. `values` are further settings by name.

    Give a directory of pytest's (`tmp_path`, `tmp_path_factory`): it keeps the logs of the last runs.
    """
    running = Stack(data_dir, start, speed, **values)
    try:
        running.start(services)
        yield running
    except Exception as error:
        error.add_note(running.logs())
        raise
    finally:
        running.stop()


def _json(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    return answer.json() if "json" in answer.headers.get("content-type", "") else {}


def _replace_environment(values: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("MENZHEN_")]:
        del os.environ[name]
    os.environ.update(values)
    settings.get.cache_clear()
    clock.clock.cache_clear()
