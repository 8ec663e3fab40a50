"""`./menzhen up`: everything on this machine against the simulated hospital."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from cli import demo
from cli.commands import train
from cli.output import CommandError, parser
from cli.services import services
from cli.supervisor import StartError, Supervisor, Unit, read_state
from common import clock
from common.settings import ROOT, Settings, get


def run(argv: Sequence[str]) -> int:
    arguments = parser("up", "启动全部服务，连接模拟医院。")
    arguments.add_argument("--detach", action="store_true", help="在后台运行；./menzhen down 停止")
    arguments.add_argument("--now", metavar="ISO", help="模拟医院此刻的时间，例如 2026-11-23T08:30")
    arguments.add_argument("--speed", type=float, default=1.0, help="模拟时钟的倍速，默认 1")
    options = arguments.parse_args(argv)
    settings = get()
    if state := read_state(settings):
        print(f"已经在运行：{state['gateway']}  （./menzhen status 看状态，./menzhen down 停止）")
        return 0
    if options.detach:
        return detach(settings, argv)
    environment = prepare(settings, options.now, options.speed)
    return asyncio.run(serve(settings, environment))


def prepare(settings: Settings, start: str | None, speed: float) -> dict[str, str]:
    """Key, model, ports and clock; returns the environment of all processes. Raises CommandError."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    key = settings.data_dir / "secret.key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(48))
    environment = os.environ | {"MENZHEN_DATA_DIR": str(settings.data_dir), "PYTHONUNBUFFERED": "1"}
    environment["MENZHEN_CLOCK"] = setting = clock_setting(settings, start, speed)
    os.environ["MENZHEN_CLOCK"] = setting
    busy = [
        port for service in services(settings) for port in service.ports if not is_free(settings.host, port)
    ]
    if busy:
        raise CommandError(
            f"端口 {'、'.join(map(str, busy))} 已被别的程序占用，请先停止它，或用 MENZHEN_…_PORT 换端口"
        )
    if train.train(force=False) != 0:
        raise CommandError("助手没有训练成功，见上面的提示")
    demo.write_staff(settings)
    return environment


def clock_setting(settings: Settings, start: str | None, speed: float) -> str:
    """The setting of the clock all processes share; empty for the machine's own."""
    if not start and speed == 1.0:
        return settings.clock
    try:
        moment = datetime.fromisoformat(start) if start else datetime.now(clock.SHANGHAI)
        return clock.parse(f"{time.time()}|{moment.isoformat()}|{speed}").as_setting()
    except ValueError:
        raise CommandError("--now 要写成 2026-11-23T08:30 这样，--speed 要大于 0", 2) from None


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


async def serve(settings: Settings, environment: dict[str, str]) -> int:
    """Start, say when all is ready, run until a signal comes, stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor(settings, services(settings), environment, changed=show)
    began = time.monotonic()
    print("正在启动…", flush=True)
    starting = asyncio.create_task(supervisor.start())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            return 130
        try:
            await starting
            await demo.fill(settings)
        except (StartError, demo.DemoError) as error:
            raise CommandError(str(error)) from None
        print(await demo.welcome(settings, time.monotonic() - began), flush=True)
        watch = asyncio.create_task(demo.keep_vocabulary(settings))
        await stopped
        watch.cancel()
        print("\n正在停止…", flush=True)
        return 0
    finally:
        await supervisor.stop()


def show(unit: Unit) -> None:
    """One line a change that a person wants to know."""
    if unit.state == "ready":
        print(f"  ✓ {unit.service.title}（{unit.ready_seconds:.1f} 秒）", flush=True)
    elif unit.state == "restarting" and not unit.supervisor.stopping:
        print(f"  ! {unit.service.title} 意外退出，正在重启", flush=True)


def detach(settings: Settings, argv: Sequence[str]) -> int:
    """Run the same command in the background and wait until it is ready."""
    path = settings.data_dir / "logs" / "up.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "cli", "up", *(a for a in argv if a != "--detach")]
    with path.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
        )
    shown = 0
    while True:
        text = path.read_text(errors="replace")
        print(text[shown:], end="", flush=True)
        shown = len(text)
        if process.poll() is not None:
            raise CommandError(f"启动失败，见 {path}")
        if demo.READY_MARK in text:
            return 0
        time.sleep(0.2)
