"""What a demonstration needs beside the processes: staff accounts, history for insight, the vocabulary, a welcome."""

import asyncio
import contextlib
import secrets
import time
from typing import Any

import httpx
import orjson
import yaml

from common import tokens
from common.errors import MenzhenError
from common.settings import Settings

READY_MARK = "门诊通已就绪"
STAFF = [
    ("yuanzhang", "director", "", "", "院长"),
    ("guke", "head", "骨科", "", "骨科主任"),
    ("caiwu", "finance", "", "", "财务处"),
]
VOCABULARY_SECONDS = 3600
# The simulated hospital writes its past once, beside its other work.
BACKFILL_SECONDS = 60


class DemoError(MenzhenError):
    """The demonstration's data could not be prepared."""


def write_staff(settings: Settings) -> None:
    """Staff accounts with passwords of this installation's own, made once."""
    from gateway.staff import hash_password

    path = settings.data_dir / "staff.yml"
    if path.exists():
        return
    accounts, plain = [], {}
    for username, role, department, doctor, name in STAFF:
        plain[username] = secrets.token_hex(4)
        accounts.append(
            {
                "username": username,
                "name": name,
                "role": role,
                "department": department,
                "doctor": doctor,
                "password": hash_password(plain[username]),
            }
        )
    path.touch(mode=0o600)
    path.write_text(
        "# Staff who may log in; see deploy/staff.example.yml.\n"
        + yaml.safe_dump(accounts, allow_unicode=True)
    )
    shown = settings.data_dir / "demo-accounts.json"
    shown.touch(mode=0o600)
    shown.write_bytes(orjson.dumps(plain))


async def fill(settings: Settings) -> None:
    """History into insight (once) and the hospital's words for the assistant. Raises DemoError."""
    await asyncio.to_thread(backfill, settings)
    await refresh_vocabulary(settings)
    people = [
        {"code": "demo-" + short_name(p), "name": p["name"], "about": p.get("note", "")}
        for p in await patients(settings)
    ]
    (settings.data_dir / "demo.json").write_bytes(orjson.dumps({"patients": people}))


def backfill(settings: Settings) -> None:
    """Import the simulated hospital's past visits, once."""
    done = settings.data_dir / "insight" / "backfill.done"
    path = settings.data_dir / "hospital" / "visits_backfill.csv"
    if done.exists():
        return
    deadline = time.monotonic() + BACKFILL_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise DemoError("模拟医院没有写出历史就诊记录，请看 var/logs/hospital.log", detail="no backfill")
        time.sleep(0.2)
    from insight.cli import import_file

    report = import_file(path, None, lambda *_: None)
    done.parent.mkdir(parents=True, exist_ok=True)
    done.write_text(str(report))


async def refresh_vocabulary(settings: Settings) -> None:
    """Departments and doctors from the facade into var/vocabulary.json, replaced atomically."""
    headers = {"Authorization": f"Bearer {tokens.service('cli')}"}
    try:
        async with httpx.AsyncClient(timeout=20, headers=headers) as client:
            answer = await client.get(settings.url("facade") + "/vocabulary")
            answer.raise_for_status()
            vocabulary = answer.content
            orjson.loads(vocabulary)
    except (httpx.HTTPError, ValueError) as error:
        raise DemoError("读取医院的科室和医生名单失败，请看 var/logs/facade.log", detail=str(error)) from None
    path = settings.data_dir / "vocabulary.json"
    if path.exists() and path.read_bytes() == vocabulary:
        return
    temporary = path.with_suffix(".new")
    temporary.write_bytes(vocabulary)
    temporary.replace(path)


async def keep_vocabulary(settings: Settings) -> None:
    """Refresh the vocabulary for ever; a failure leaves the old one in place."""
    while True:
        await asyncio.sleep(VOCABULARY_SECONDS)
        with contextlib.suppress(DemoError):
            await refresh_vocabulary(settings)


async def patients(settings: Settings) -> list[dict[str, Any]]:
    """The demonstration's patients, from the simulated hospital; empty where none runs."""
    url = f"http://{settings.host}:{settings.hospital_control_port}/demo"
    async with httpx.AsyncClient(timeout=5) as client:
        try:
            answer = await client.get(url)
            answer.raise_for_status()
        except httpx.HTTPError:
            return []
    body = answer.json()
    return list(body["patients"] if isinstance(body, dict) else body)


def short_name(person: dict[str, Any]) -> str:
    """`zhang` of the openid `wx-zhang`."""
    return str(person["openid"]).removeprefix("wx-")


async def welcome(settings: Settings, seconds: float) -> str:
    """What a newcomer reads when all is up."""
    lines = [
        "",
        f"{READY_MARK}（{seconds:.0f} 秒）",
        f"  网页        {settings.gateway_url}",
        f"  语音自助机  {settings.gateway_url}/kiosk/",
        f"  FHIR 接口   {settings.facade_url}/metadata",
        "  终端对话    ./menzhen chat --as patient:zhang    ./menzhen chat --as manager:yuanzhang",
        "",
        "演示患者（网页上用模拟微信登录）：",
    ]
    for person in await patients(settings):
        lines.append(f"  {short_name(person):<8} {person['name']}  {person.get('note', '')}")
    path = settings.data_dir / "demo-accounts.json"
    if path.exists():
        names = {username: name for username, _, _, _, name in STAFF}
        lines += ["", "演示管理账号（用户名 / 密码）："]
        for username, password in orjson.loads(path.read_bytes()).items():
            lines.append(f"  {username} / {password}  {names.get(username, '')}")
    return "\n".join([*lines, "", "所有医院系统都是模拟的，人物均为虚构。停止：Ctrl-C，或 ./menzhen down。"])
