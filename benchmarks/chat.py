"""A whole turn, socket in to reply out, with ten patients talking at once; beside stock Rasa in the same run."""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
from websockets.asyncio.client import connect

from cli import demo
from common.settings import ROOT
from tests.support.processes import Stack, free_ports

SCRIPT = [
    "我想挂骨科的号",
    "明天上午",
    "第一个",
    "停车场在哪",
    "换成后天下午",
    "算了不挂了",
    "我的报告出来了吗",
    "我的预约",
    "谢谢",
]
SERVICES = ["hospital", "cashier", "facade", "journey", "insight", "actions", "bot", "gateway"]
FIRST_MRN = 100_900

Speak = Callable[[str], Awaitable[Any]]


@dataclass
class Round:
    """What one round of one system gave."""

    seconds: float = 0.0
    turns: list[float] = field(default_factory=list)
    silent: int = 0

    def figures(self) -> dict[str, float]:
        ordered = sorted(self.turns)
        return {
            "turns": len(ordered),
            "turns_per_second": round(len(ordered) / self.seconds, 1),
            "p50_ms": round(statistics.median(ordered) * 1000, 1),
            "p95_ms": round(ordered[int(len(ordered) * 0.95) - 1] * 1000, 1),
            "silent": self.silent,
        }


async def patient(speak: Speak, repeats: int, result: Round) -> None:
    """One patient: the script, again and again, without a pause for thought."""
    for _ in range(repeats):
        for sentence in SCRIPT:
            began = time.perf_counter()
            answer = await speak(sentence)
            result.turns.append(time.perf_counter() - began)
            result.silent += not answer


@contextlib.asynccontextmanager
async def at_menzhen(stack: Stack, mrn: int) -> Any:
    """A patient's socket at the gateway."""
    async with httpx.AsyncClient(timeout=30) as http:
        answer = await http.post(
            stack.settings.gateway_url + "/api/login/service",
            json={"as": f"patient:{mrn}"},
            headers=stack.auth(stack.service_token("bench")),
        )
        answer.raise_for_status()
    async with connect(stack.settings.gateway_url.replace("http", "ws", 1) + "/chat") as socket:
        await socket.send(orjson.dumps({"type": "hello", "session": answer.json()["session"]}).decode())

        async def speak(text: str) -> Any:
            id = uuid.uuid4().hex
            await socket.send(orjson.dumps({"type": "message", "id": id, "text": text}).decode())
            while True:
                frame = orjson.loads(await socket.recv())
                if frame.get("to") == id and frame["type"] in ("reply", "error"):
                    return frame.get("messages")

        while orjson.loads(await socket.recv())["type"] != "reply":
            continue
        yield speak


@contextlib.asynccontextmanager
async def at_stock(url: str, number: int) -> Any:
    """A patient at stock Rasa's REST channel."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        sender = f"{number}-{uuid.uuid4().hex}"

        async def speak(text: str) -> Any:
            answer = await http.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
            return answer.json()

        yield speak


async def one_round(open_one: Callable[[int], Any], patients: int, repeats: int) -> Round:
    """All patients at once. Sockets are opened before the clock starts."""
    result = Round()
    async with contextlib.AsyncExitStack() as held:
        speaks = [await held.enter_async_context(open_one(FIRST_MRN + i)) for i in range(patients)]
        began = time.perf_counter()
        await asyncio.gather(*(patient(speak, repeats, result) for speak in speaks))
        result.seconds = time.perf_counter() - began
    return result


def memory(pid: int) -> float:
    """Resident megabytes of a process and its children."""
    process = psutil.Process(pid)
    return round(sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 2**20, 1)


@contextlib.contextmanager
def menzhen(data_dir: Path) -> Iterator[Stack]:
    """The whole system on free ports."""
    stack = Stack(data_dir, log_ins_per_minute=100_000, messages_per_minute=100_000)
    with stack.active():
        demo.write_staff(stack.settings)
    try:
        stack.start(SERVICES, seconds=180)
        with stack.active():
            asyncio.run(demo.fill(stack.settings))
        yield stack
    finally:
        stack.stop()


@contextlib.contextmanager
def stock_rasa(epochs: int) -> Iterator[tuple[str, int]]:
    """Stock Rasa with its default pipeline and policies, trained on the same sentences; URL and process id."""
    from benchmarks.chat_stock.run import serve, train

    model = train(epochs)
    port = free_ports(1)[0]
    process = serve(model, port)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(url + "/status", timeout=2).status_code == 200:
                    break
            if process.poll() is not None:
                raise SystemExit("stock Rasa did not start")
            time.sleep(0.5)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(20)


def compare(rounds: int, patients: int, repeats: int, epochs: int) -> dict[str, Any]:
    """Rounds in turn, ours and stock Rasa's (none for 0 epochs); medians and the ratio of each pair."""
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    found: dict[str, Any] = {"patients": patients, "rounds": rounds, "script": len(SCRIPT)}
    with contextlib.ExitStack() as held:
        stack = held.enter_context(menzhen(Path(held.enter_context(tempfile.TemporaryDirectory()))))
        stock = held.enter_context(stock_rasa(epochs)) if epochs else None
        with stack.active():
            asyncio.run(one_round(lambda i: at_menzhen(stack, i), patients, 1))
        if stock:
            asyncio.run(one_round(lambda i: at_stock(stock[0], i), patients, 1))
        for _ in range(rounds):
            ours.append(asyncio.run(one_round(lambda i: at_menzhen(stack, i), patients, repeats)).figures())
            if stock:
                theirs.append(
                    asyncio.run(one_round(lambda i: at_stock(stock[0], i), patients, repeats)).figures()
                )
        found["menzhen"] = middle(ours) | {
            "memory_mb": {name: memory(process.pid) for name, process in stack.processes.items()}
        }
        if stock:
            found["stock_rasa"] = middle(theirs) | {"memory_mb": {"rasa": memory(stock[1])}}
            found["ratio"] = {
                "turns_per_second": ratio(ours, theirs, "turns_per_second"),
                "p50": ratio(ours, theirs, "p50_ms"),
                "p95": ratio(ours, theirs, "p95_ms"),
            }
    return found


def middle(figures: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(f[key] for f in figures) for key in figures[0]}


def ratio(ours: list[dict[str, float]], theirs: list[dict[str, float]], key: str) -> float:
    return round(statistics.median(a[key] / b[key] for a, b in zip(ours, theirs, strict=True)), 2)


def start_up(runs: int) -> dict[str, float]:
    """Seconds of `./menzhen up --detach` until ready, everything installed and trained; first and later starts."""
    names = [
        "gateway",
        "facade",
        "facade_mllp",
        "journey",
        "insight",
        "actions",
        "bot",
        "his",
        "hospital_control",
        "cashier",
    ]
    ports = {f"MENZHEN_{n.upper()}_PORT": str(p) for n, p in zip(names, free_ports(len(names)), strict=True)}
    seconds = []
    with tempfile.TemporaryDirectory() as data_dir:
        url = f"http://127.0.0.1:{ports['MENZHEN_CASHIER_PORT']}"
        environment = (
            os.environ
            | ports
            | {
                "MENZHEN_DATA_DIR": data_dir,
                "MENZHEN_CASHIER_URL": url,
                "MENZHEN_WECHAT_URL": url,
            }
        )
        for _ in range(runs + 1):
            began = time.perf_counter()
            subprocess.run(
                [ROOT / "menzhen", "up", "--detach"], check=True, env=environment, stdout=subprocess.DEVNULL
            )
            seconds.append(time.perf_counter() - began)
            subprocess.run([ROOT / "menzhen", "down"], check=True, env=environment, stdout=subprocess.DEVNULL)
    return {"first_seconds": round(seconds[0], 1), "later_seconds": round(statistics.median(seconds[1:]), 1)}


def training() -> dict[str, float]:
    """Seconds of a full training."""
    began = time.perf_counter()
    subprocess.run([ROOT / "menzhen", "train", "--force"], check=True, stdout=subprocess.DEVNULL)
    return {"seconds": round(time.perf_counter() - began, 1)}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench chat", description=__doc__)
    parser.add_argument("--patients", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--repeats", type=int, default=4, help="how often each patient goes through the script a round"
    )
    parser.add_argument(
        "--no-stock", action="store_true", help="without the yardstick, whose training takes minutes"
    )
    parser.add_argument(
        "--stock-epochs",
        type=int,
        default=1,
        help="of the yardstick's training: a turn costs the same whatever their number (Rasa's default: 100)",
    )
    parser.add_argument("--no-start", action="store_true", help="without timing start-up and training")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    found: dict[str, Any] = {}
    if not options.no_start:
        found["training"] = training()
        found["up"] = start_up(2)
    found["chat"] = compare(
        options.rounds, options.patients, options.repeats, 0 if options.no_stock else options.stock_epochs
    )
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(found) + b"\n")
    else:
        show(found)
    return 0


def show(found: dict[str, Any]) -> None:
    if "training" in found:
        print(f"training                {found['training']['seconds']} s   (to reach: <= 60)")
        print(f"up, first start         {found['up']['first_seconds']} s   (to reach: <= 45)")
        print(f"up, later starts        {found['up']['later_seconds']} s")
    chat = found["chat"]
    print(f"\n{chat['patients']} patients at once, {chat['rounds']} rounds, medians")
    print(f"{'':<14}{'turns/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'silent':>8}  memory MB")
    for name in ("menzhen", "stock_rasa"):
        if name in chat:
            f = chat[name]
            sizes = "  ".join(f"{n} {mb:.0f}" for n, mb in f["memory_mb"].items())
            print(
                f"{name:<14}{f['turns_per_second']:>9}{f['p50_ms']:>9}{f['p95_ms']:>9}{f['silent']:>8.0f}  {sizes}"
            )
    if "ratio" in chat:
        r = chat["ratio"]
        print(
            f"ours / stock: turns/s {r['turns_per_second']} (to reach: >= 2), p95 {r['p95']} (to reach: <= 1)"
        )
