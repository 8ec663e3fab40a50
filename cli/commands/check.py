"""`./menzhen check`: each hospital system and service: reachable, version, time, settings that break things."""

import asyncio
import shutil
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from cli.output import parser, print_json
from cli.services import BOT_PYTHON, services
from common import clock, tokens
from common.errors import MenzhenError, SettingsError
from common.settings import Settings, get
from voice import models
from voice.errors import VoiceError
from voice.recognise import habits
from voice.recognise.habits import address


def run(argv: Sequence[str]) -> int:
    arguments = parser("check", "检查各医院系统与服务。")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    rows = asyncio.run(examine(get()))
    for row in rows:
        if options.json:
            print_json(row)
        else:
            mark = "✓" if row["reachable"] and not row["problems"] else "✗" if not row["reachable"] else "!"
            extra = " ".join(
                str(row[k]) for k in ("version", "time", "milliseconds") if row.get(k) not in (None, "")
            )
            print(f"{mark} {row['name']:<10} {row['title']} {extra}")
            for problem in row["problems"]:
                print(f"    {problem}")
    return 0 if all(row["reachable"] and not row["problems"] for row in rows) else 1


async def examine(settings: Settings) -> list[dict[str, Any]]:
    """A row each: machine, services, then the hospital's systems as the facade sees them."""
    async with httpx.AsyncClient(timeout=5) as client:
        found = await asyncio.gather(
            *(service(client, s.name, s.title, s.ready_url) for s in services(settings))
        )
        return [machine(settings), *found, speech(settings), *await systems(client, settings)]


def machine(settings: Settings) -> dict[str, Any]:
    problems = []
    if not BOT_PYTHON.exists():
        problems.append("Rasa 环境还没有安装：./menzhen up 会装")
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free / 2**30
    if free < 2:
        problems.append(f"磁盘只剩 {free:.1f} GB")
    for program, use in (("chromium", "页面的浏览器测试"), ("fc-list", "图片图表所需的中文字体检查")):
        if not shutil.which(program):
            problems.append(f"没有 {program}（{use}用，可选）")
    return row(
        "machine",
        "本机",
        True,
        version=f"Python {sys.version.split()[0]} SQLite {sqlite3.sqlite_version}",
        problems=problems,
    )


def row(name: str, title: str, reachable: bool, **more: Any) -> dict[str, Any]:
    return {"name": name, "title": title, "reachable": reachable, "problems": [], **more}


async def service(client: httpx.AsyncClient, name: str, title: str, url: str) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        answer = await client.get(url)
    except httpx.HTTPError:
        return row(name, title, False, problems=["没有运行，或没有回答"])
    problems = [] if answer.status_code == 200 else [f"还没有就绪（HTTP {answer.status_code}）"]
    took = round((time.perf_counter() - began) * 1000)
    return row(name, title, True, milliseconds=took, problems=problems)


def speech(settings: Settings) -> dict[str, Any]:
    """The speech model that is set: there and whole, able to be held to a question; and who may connect."""
    problems = []
    try:
        folder = models.find(settings)
        models.check(folder)
        if not models.takes_grammar(folder):
            problems.append(
                "这个模型不能限定说法（只有 HCLG.fst），问科室、医生时容易听错；请换带 HCLr.fst、Gr.fst 的模型"
            )
        host, _ = address(settings, habits.read())
    except (VoiceError, SettingsError) as error:
        problems.append(error.message)
        host = settings.host
    if host not in ("127.0.0.1", "localhost", "::1"):
        problems.append(
            f"语音服务会在 {host} 上对外开放；它只应由网关在本机访问（VOSK_SERVER_INTERFACE、MENZHEN_HOST）"
        )
    return row("speech-model", "语音模型", True, version=settings.voice_model, problems=problems)


async def systems(client: httpx.AsyncClient, settings: Settings) -> list[dict[str, Any]]:
    """What the facade's adapters say of the systems behind them."""
    try:
        answer = await client.get(
            settings.url("facade") + "/systems",
            headers={"Authorization": f"Bearer {tokens.service('check')}"},
        )
        answer.raise_for_status()
        checks = answer.json()["systems"]
    except (httpx.HTTPError, MenzhenError, ValueError, KeyError):
        return [row("systems", "医院各系统", False, problems=["FHIR 接口没有回答，无法检查"])]
    rows = []
    for check in checks:
        problems = list(check.get("problems") or [])
        if check.get("time"):
            problems += drift(check["time"])
        rows.append(
            row(
                check["name"],
                check.get("title", check["name"]),
                bool(check.get("reachable")),
                version=check.get("version") or "",
                time=check.get("time") or "",
                problems=problems,
            )
        )
    return rows


def drift(text: str) -> list[str]:
    """A back end whose clock is off books on the wrong day."""

    try:
        theirs = datetime.fromisoformat(text)
    except ValueError:
        return [f"时间看不懂：{text}"]
    theirs = theirs.replace(tzinfo=clock.SHANGHAI) if theirs.tzinfo is None else theirs
    off = abs((theirs - clock.now()).total_seconds())
    return [f"时钟相差 {off:.0f} 秒"] if off > 120 else []
