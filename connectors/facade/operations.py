"""Operations (`Invoice/$pay`, `Appointment/ID/$check-in` …): parameters in, ids changed, the system's answer out."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from connectors.facade import reading, references
from connectors.facade.core import Call, Facade
from connectors.facade.outcome import Invalid, NotFound, Unprocessable
from connectors.facade.store import orders
from connectors.facade.systems import System
from connectors.facade.writing import check_key
from connectors.resources import fen

Values = dict[str, list[Any]]
READING = frozenset({"$payment"})
"""Operations that may be asked with GET."""


async def operation(
    facade: Facade, call: Call, type: str, id: str | None, name: str, values: Values
) -> dict[str, Any]:
    """The answer: a resource, or Parameters. Raises Forbidden, NotFound, BackendError."""
    facade.need(call, type, name)
    if not call.access.all:
        await _check_own(facade, call, type, id, name, values)
    business_id, systems = None, facade.registry.serving(type, name)
    if id is not None:
        found = {system.name: one for system, one in reading.locate(facade, type, id)}
        systems = [system for system in systems if system.name in found]
        if not systems:
            raise NotFound(detail=type)
        business_id = found[systems[0].name]
    system = systems[0]
    parameters = {
        key: [await _inside(facade, call, system, key, one) for one in held] for key, held in values.items()
    }
    single = {key: held if key == "invoice" else _one(key, held) for key, held in parameters.items()}
    key = check_key(call.headers.get("idempotency-key", "") or str(single.get("order") or uuid.uuid4().hex))
    answer = await system.guard.call(
        lambda: system.adapter.operation(name, type, business_id, single, key), call.until
    )
    return await _outside(facade, call, system, answer)


async def _check_own(
    facade: Facade, call: Call, type: str, id: str | None, name: str, values: Values
) -> None:
    """What patients act on must be theirs; whose an order is, is remembered when it is made."""
    if id is not None:
        await reading.fetch(facade, call, type, id)
    elif name == "$pay":
        order, invoices = str(_one("order", values.get("order", []))), values.get("invoice", [])
        owners, total = set(), 0
        for invoice in invoices:
            pair = references.split(_reference(invoice)) or ("", "")
            if pair[0] != "Invoice":
                raise Unprocessable("invoice 应当是账单的引用。", "invoice", code="REQUIRED")
            bill = await reading.fetch(facade, call, *pair)
            owners.update(references.patients(bill))
            total += fen(bill["totalGross"])
        if len(owners) != 1:
            raise Unprocessable("请指明同一位就诊人的账单。", "invoice")
        if values.get("amountFen") != [total]:
            raise Unprocessable("支付金额与账单不符。", "amountFen", code="AMOUNT_MISMATCH")
        taken = await asyncio.to_thread(_remember, facade, order, owners.pop())
        call.access.check_patient(taken)
    elif name == "$payment":
        owner = await asyncio.to_thread(_owner, facade, str(_one("order", values.get("order", []))))
        if not owner or facade.ids.canonical(owner) not in call.access.own:
            raise NotFound(detail="order of somebody else")


def _remember(facade: Facade, order: str, patient: str) -> str:
    """Whose this order is from now on; the first who used the number."""
    with facade.engine.begin() as connection:
        row = {"order_no": order, "patient": patient}
        connection.execute(insert(orders).values(row).on_conflict_do_nothing())
    return _owner(facade, order)


def _owner(facade: Facade, order: str) -> str:
    with facade.engine.connect() as connection:
        query = select(orders.c.patient).where(orders.c.order_no == order)
        return connection.execute(query).scalar() or ""


def _one(key: str, held: list[Any]) -> Any:
    if len(held) != 1:
        raise Invalid(f"参数 {key} 应当有且只有一个。", code="INVALID_PARAMETER")
    return held[0]


def _reference(value: Any) -> str:
    text = value.get("reference") if isinstance(value, Mapping) else value
    return text if isinstance(text, str) else ""


async def _inside(facade: Facade, call: Call, system: System, key: str, value: Any) -> Any:
    """A parameter with the system's ids; `Type/id` may come as a Reference or as text."""
    pair = references.split(_reference(value))
    if pair is None:
        if key == "invoice":
            raise Unprocessable("invoice 应当是账单的引用。", "invoice", code="REQUIRED")
        return value
    # Whatever system runs the operation, the ids are those of the system whose resource it is.
    master = facade.registry.master(pair[0]) or system
    return f"{pair[0]}/{await facade.identity.one_backend_id(master, *pair, call.until)}"


async def _outside(facade: Facade, call: Call, system: System, answer: Mapping[str, Any]) -> dict[str, Any]:
    if "resourceType" in answer:
        [resource] = await facade.identity.outward(system, [dict(answer)], call.until)
        call.patients.update(references.patients(resource))
        return resource
    parameter = [
        {"name": name} | _typed(one)
        for name, value in answer.items()
        if value is not None
        for one in (value if isinstance(value, list | tuple) else [value])
    ]
    pairs = references.found(parameter)
    ids = await facade.identity.facade_ids(system, pairs, call.until) if pairs else {}
    changed = references.rewritten(parameter, lambda type, id: f"{type}/{ids[type, id]}")
    return {"resourceType": "Parameters", "parameter": changed}


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, float):
        return {"valueDecimal": value}
    if isinstance(value, datetime):
        return {"valueDateTime": value.isoformat()}
    if isinstance(value, date):
        return {"valueDate": value.isoformat()}
    if isinstance(value, Mapping):
        return {"valueReference": dict(value)} if "reference" in value else {"valueMoney": dict(value)}
    return {"valueString": str(value)}


def of_body(body: Mapping[str, Any]) -> Values:
    """The values of a Parameters resource by name. Raises Unprocessable."""
    if body.get("resourceType") != "Parameters":
        raise Unprocessable("请求体应当是 Parameters。", "resourceType")
    parameters = body.get("parameter", [])
    if not isinstance(parameters, list):
        raise Unprocessable("Parameters.parameter 应当是列表。", "Parameters.parameter", code="STRUCTURE")
    values: Values = {}
    for part in parameters:
        name = part.get("name") if isinstance(part, dict) else None
        held = [v for k, v in part.items() if k.startswith("value")] if isinstance(part, dict) else []
        if not isinstance(name, str) or len(held) != 1:
            raise Unprocessable("每个参数要有 name 和一个 value。", "Parameters.parameter", code="STRUCTURE")
        values.setdefault(name, []).append(held[0])
    return values


def of_query(pairs: Iterable[tuple[str, str]]) -> Values:
    """The values of an operation that is asked with GET."""
    values: Values = {}
    for name, value in pairs:
        if name != "_format":
            values.setdefault(name, []).append(value)
    return values
