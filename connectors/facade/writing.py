"""Create and update: checked, in the bearer's compartment, once per idempotency key."""

import asyncio
import hashlib
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from common import clock
from common.errors import Forbidden
from connectors.adapter import BackendError
from connectors.facade import checks, reading
from connectors.facade.core import Call, Facade, with_version
from connectors.facade.outcome import Invalid, Mismatch, NotFound, Unprocessable
from connectors.facade.params import Query
from connectors.facade.references import patients as patients_of
from connectors.facade.search import ask_all
from connectors.facade.store import created
from connectors.resources import ORDER_SYSTEM, extension

KEY = re.compile(r"^[A-Za-z0-9._:-]{1,100}$")


async def create(facade: Facade, call: Call, type: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The resource, and whether it is new. The same key again gives the same resource."""
    facade.need(call, type, "create")
    checks.incoming(type, body, update=False)
    people = patients_of(body) if type != "Patient" else []
    call.patients.update(people)
    for person in people:
        call.access.check_patient(facade.ids.canonical(person))
    body = {name: value for name, value in body.items() if name not in ("id", "meta")}
    key, existing = await _key(facade, call, type, body)
    if existing is not None:
        return existing, False
    if type == "Appointment":
        # The system's number for the booking is the key, whatever else the body calls it.
        others = [one for one in body.get("identifier") or () if one.get("system") != ORDER_SYSTEM]
        body["identifier"] = [*others, {"system": ORDER_SYSTEM, "value": key}]
    async with _alone(facade, type, key):
        return await _create_once(facade, call, type, body, key)


async def _create_once(
    facade: Facade, call: Call, type: str, body: dict[str, Any], key: str
) -> tuple[dict[str, Any], bool]:
    content = _digest(type, body)
    done = await asyncio.to_thread(_made, facade, type, key)
    if done is not None:
        facade_id, content_then = done
        if content_then != content:
            raise BackendError("这个请求编号已经用于另一次预约。", code="DUPLICATE", detail="key reused")
        return await reading.fetch(facade, call, type, facade_id), False
    system = facade.registry.serving(type, "create")[0]
    inside = await facade.identity.inward(system, body, call.until)
    resource = await system.guard.call(lambda: system.adapter.create(type, inside, key), call.until)
    [made] = await facade.identity.outward(system, [resource], call.until)
    call.access.check_visible(made) if type != "Patient" else None
    await asyncio.to_thread(_remember, facade, type, key, made["id"], content)
    call.patients.update(patients_of(made))
    return made, True


async def _key(
    facade: Facade, call: Call, type: str, body: dict[str, Any]
) -> tuple[str, dict[str, Any] | None]:
    """The idempotency key, and the resource that a conditional create found already."""
    condition = call.headers.get("if-none-exist", "")
    name, equals, token = condition.strip().lstrip("?").partition("=")
    if condition and (name != "identifier" or not equals or "&" in token):
        raise Invalid("If-None-Exist 只支持 identifier=系统|值。", code="UNSUPPORTED_PARAMETER")
    token = token.replace("%7C", "|").replace("%7c", "|")
    system, _, value = token.rpartition("|")
    if condition and system != ORDER_SYSTEM:
        found = await ask_all(facade, call, Query(type, {"identifier": [token]}), 2)
        if len(found.resources) > 1:
            raise Mismatch("符合条件的记录不止一条。", code="MULTIPLE_MATCHES")
        if found.resources:
            call.access.check_visible(found.resources[0])
            return "", found.resources[0]
        value = hashlib.sha256(token.encode()).hexdigest()[:32]
    key = value or call.headers.get("idempotency-key", "") or _order_in(body)
    if not key and type == "Appointment":
        raise Invalid(
            "预约必须带幂等键：If-None-Exist: identifier=urn:menzhen:order|编号。", code="KEY_REQUIRED"
        )
    return check_key(key or uuid.uuid4().hex), None


def _order_in(body: dict[str, Any]) -> str:
    for identifier in body.get("identifier") or ():
        if identifier.get("system") == ORDER_SYSTEM:
            return str(identifier.get("value", ""))
    return ""


def check_key(key: str) -> str:
    """The idempotency key, if it can be one. Raises Invalid."""
    if not KEY.match(key):
        raise Invalid("幂等键只能用字母、数字和 . _ : -，最长 100 个字符。", code="INVALID_KEY")
    return key


def _digest(type: str, body: dict[str, Any]) -> str:
    """What must be the same for a repeated request: for a booking who and which slot, else everything."""
    if type == "Appointment":
        same: Any = [sorted(patients_of(body)), [slot.get("reference") for slot in body.get("slot", ())]]
    else:
        same = body
    return hashlib.sha256(orjson.dumps(same, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _made(facade: Facade, type: str, key: str) -> tuple[str, str] | None:
    query = select(created.c.facade_id, created.c.content).where(created.c.type == type, created.c.key == key)
    with facade.engine.connect() as connection:
        row = connection.execute(query).first()
    return (row.facade_id, row.content) if row else None


def _remember(facade: Facade, type: str, key: str, facade_id: str, content: str) -> None:
    row = {
        "type": type,
        "key": key,
        "facade_id": facade_id,
        "content": content,
        "time": clock.now().isoformat(),
    }
    with facade.engine.begin() as connection:
        connection.execute(insert(created).values(row).on_conflict_do_nothing())


@asynccontextmanager
async def _alone(facade: Facade, type: str, key: str) -> AsyncIterator[None]:
    """One at a time per key: two clicks on 确认 are one booking."""
    lock = facade.writing.setdefault((type, key), asyncio.Lock())
    try:
        async with lock:
            yield
    finally:
        if not lock.locked():
            facade.writing.pop((type, key), None)


async def update(facade: Facade, call: Call, type: str, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """The resource as it is afterwards. Raises Mismatch where If-Match names another version."""
    facade.need(call, type, "update")
    checks.incoming(type, body, update=True)
    if body.get("id", id) != id:
        raise Unprocessable("内容里的 id 和地址里的不一致。", f"{type}.id", code="STRUCTURE")
    if type == "Patient":
        id = facade.ids.canonical(id)
        call.patients.add(id)
    expected = call.headers.get("if-match", "")
    if expected or not call.access.all:
        current = await reading.fetch(facade, call, type, id)
        if expected and with_version(current)[1].removeprefix("W/") != expected.strip().removeprefix("W/"):
            raise Mismatch(detail="If-Match")
        if not call.access.all:
            _check_own_change(facade, call, type, current, body)
    key = check_key(call.headers.get("idempotency-key", "") or uuid.uuid4().hex)
    body = {name: value for name, value in body.items() if name != "meta"} | {"id": id}
    for system, business_id in reading.locate(facade, type, id):
        if not system.serves(type, "update"):
            continue
        inside = await facade.identity.inward(system, body, call.until)
        async with _alone(facade, type, key):
            resource = await system.guard.call(
                partial(system.adapter.update, type, business_id, inside, key),
                call.until,
            )
        [changed] = await facade.identity.outward(system, [resource], call.until)
        call.patients.update(patients_of(changed))
        return changed
    raise NotFound(detail=type)


def _check_own_change(
    facade: Facade, call: Call, type: str, current: dict[str, Any], body: dict[str, Any]
) -> None:
    """What patients may do with their own: cancel and change a booking; that it was paid only a service says."""
    if type != "Appointment":
        return
    for person in patients_of(body):
        if facade.ids.canonical(person) not in patients_of(current):
            raise Forbidden("预约的就诊人不能更换。", detail="patient of an appointment changed")
    confirms = body["status"] == "booked" and current.get("status") == "pending"
    if confirms or (extension(body, "payment-order") and not extension(current, "payment-order")):
        raise Forbidden("预约要由支付流程确认。", detail="confirmation by a patient")
