"""A hospital in memory: three small adapters that keep to the interface, with faults that tests switch on.

The HIS numbers patients by medical record number; the LIS has numbers of its own, so that persons have to be matched.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from connectors.adapter import BackendError, BackendUnavailable, Event, Resource, Search
from connectors.resources import MRN_SYSTEM, bare, has_identifier, money, reference, within

READ_WRITE = ("read", "search", "create", "update")
CARD = "urn:oid:2.16.156.10011.1.3"


class MemoryAdapter:
    """Keeps resources by type and id. `fault` is raised by every call; `delay` seconds pass before each answer."""

    def __init__(self, name: str, resources: Mapping[str, Sequence[str]]) -> None:
        self.name, self.resources = name, resources
        self.kept: dict[str, dict[str, Resource]] = {}
        self.fault: Exception | None = None
        self.start_fault: Exception | None = None
        self.delay = 0.0
        self.calls: list[tuple[str, str]] = []
        self.sink: Callable[[Sequence[Event]], Awaitable[None]] | None = None

    def put(self, *resources: Resource) -> None:
        for resource in resources:
            self.kept.setdefault(resource["resourceType"], {})[resource["id"]] = resource

    async def start(self) -> None:
        if self.start_fault:
            raise self.start_fault

    async def stop(self) -> None:
        self.calls.append(("stop", ""))

    async def check(self) -> Mapping[str, Any]:
        return {"reachable": self.fault is None, "version": "1", "time": None, "problems": []}

    def on_event(self, sink: Callable[[Sequence[Event]], Awaitable[None]]) -> None:
        self.sink = sink

    async def tell(self, *events: Event) -> None:
        assert self.sink is not None
        await self.sink(events)

    async def answer(self, what: str, type: str) -> None:
        self.calls.append((what, type))
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.fault:
            raise self.fault

    async def read(self, type: str, id: str) -> Resource | None:
        await self.answer("read", type)
        return self.kept.get(type, {}).get(id)

    async def search(self, search: Search) -> list[Resource]:
        await self.answer("search", search.type)
        found = [r for r in self.kept.get(search.type, {}).values() if _matches(r, search.params)]
        return found[: search.count]

    async def create(self, type: str, resource: Resource, key: str) -> Resource:
        raise BackendError(code="BAD_MESSAGE")

    async def update(self, type: str, id: str, resource: Resource, key: str) -> Resource:
        raise BackendError(code="BAD_MESSAGE")

    async def operation(
        self, name: str, type: str, id: str | None, parameters: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]:
        raise BackendError(code="BAD_MESSAGE")


def _matches(resource: Resource, params: Mapping[str, Sequence[Any]]) -> bool:
    for name, values in params.items():
        if name == "_id":
            fits = resource["id"] in values
        elif name == "identifier":
            fits = any(has_identifier(resource, value) for value in values)
        elif name == "patient":
            owner = resource.get("subject") or resource["participant"][0]["actor"]
            fits = bare(owner) in values
        elif name in ("organization", "practitioner"):
            fits = name not in resource or bare(resource[name]) in values
        elif name == "start":
            fits = within(datetime.fromisoformat(resource["start"]), values)
        elif name == "name":
            names = resource.get("name", "")
            fits = any(v in (names if isinstance(names, str) else names[0]["text"]) for v in values)
        else:
            fits = name not in resource or resource[name] in values
        if not fits:
            return False
    return True


class MemoryHis(MemoryAdapter):
    def __init__(self) -> None:
        super().__init__(
            "his",
            {
                "Patient": READ_WRITE,
                "Organization": ("read", "search"),
                "Practitioner": ("read", "search"),
                "PractitionerRole": ("read", "search"),
                "Slot": ("read", "search"),
                "Appointment": (*READ_WRITE, "$check-in"),
                "Invoice": ("read", "search", "$settle"),
            },
        )
        self.by_key: dict[str, Resource] = {}
        self.holds = 0

    async def create(self, type: str, resource: Resource, key: str) -> Resource:
        await self.answer("create", type)
        if key in self.by_key:
            return self.by_key[key]
        if type == "Patient":
            made = resource | {"id": str(200000 + len(self.by_key))}
            made["identifier"] = [*resource["identifier"], {"system": MRN_SYSTEM, "value": made["id"]}]
        else:
            slot = self.kept["Slot"].get(bare(resource["slot"][0]))
            if slot is None:
                raise BackendError("没有找到这个号。", code="NO_SLOT", status=422)
            if slot["status"] != "free":
                raise BackendError("这个号刚刚被约满了。", code="SLOT_FULL")
            slot["status"] = "busy"
            self.holds += 1
            made = resource | {"id": f"A{self.holds}", "status": "pending", "start": slot["start"]}
        self.put(made)
        self.by_key[key] = made
        return made

    async def update(self, type: str, id: str, resource: Resource, key: str) -> Resource:
        await self.answer("update", type)
        kept = self.kept[type][id]
        kept.update({k: v for k, v in resource.items() if k in ("status", "slot", "extension", "telecom")})
        return kept

    async def operation(
        self, name: str, type: str, id: str | None, parameters: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]:
        await self.answer(name, type)
        if name == "$check-in" and id:
            self.kept[type][id]["status"] = "arrived"
            return self.kept[type][id]
        return {"order": parameters["order"], "status": "posted", "amountFen": parameters.get("amountFen")}


class MemoryLis(MemoryAdapter):
    def __init__(self) -> None:
        super().__init__(
            "lis",
            {
                "Patient": ("read", "search"),
                "DiagnosticReport": ("read", "search"),
                "Observation": ("read", "search"),
            },
        )


class MemoryCashier(MemoryAdapter):
    def __init__(self) -> None:
        super().__init__("payment", {"Invoice": ("$pay", "$payment", "$close", "$refund")})
        self.orders: dict[str, dict[str, Any]] = {}

    async def operation(
        self, name: str, type: str, id: str | None, parameters: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]:
        await self.answer(name, type)
        order = str(parameters.get("order", ""))
        if name == "$pay" and not (order and parameters.get("invoice") and parameters.get("amountFen")):
            raise BackendError("参数不全。", code="PARAM_ERROR")
        if name == "$pay":
            self.orders[order] = {"invoices": parameters["invoice"], "amountFen": parameters["amountFen"]}
        elif order not in self.orders:
            raise BackendError("没有找到这笔支付订单。", code="ORDER_NOT_FOUND", status=404)
        amount = self.orders[order]["amountFen"]
        return {"order": order, "status": "WAITING", "payUrl": f"http://pay/{order}", "amountFen": amount}

    def verify_callback(self, headers: Mapping[str, str], body: bytes) -> Event:
        if headers.get("signature") != "good":
            raise BackendError("签名不对。", code="SIGN_ERROR", status=401)
        order = body.decode()
        return Event("payment.completed", f"Payment/{order}", {"order": order}, f"paid-{order}")


def patient(mrn: str, name: str, card: str) -> Resource:
    return {
        "resourceType": "Patient",
        "id": mrn,
        "identifier": [
            {
                "system": MRN_SYSTEM,
                "value": mrn,
                "type": {
                    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]
                },
            },
            {"system": CARD, "value": card},
        ],
        "active": True,
        "name": [{"text": name}],
        "telecom": [{"system": "phone", "value": f"1380000{mrn[-4:]}"}],
    }


def slot(id: str, hour: int, day: int = 24) -> Resource:
    return {
        "resourceType": "Slot",
        "id": id,
        "schedule": reference("Schedule", "ORTHO.D1"),
        "status": "free",
        "start": f"2026-11-{day:02}T{hour:02}:00:00+08:00",
        "end": f"2026-11-{day:02}T{hour:02}:30:00+08:00",
    }


def invoice(id: str, mrn: str, fen: int) -> Resource:
    return {
        "resourceType": "Invoice",
        "id": id,
        "status": "issued",
        "subject": reference("Patient", mrn),
        "totalGross": money(fen),
    }


def _role(code: str, department: str) -> list[Resource]:
    return [
        {
            "resourceType": "Practitioner",
            "id": code,
            "identifier": [{"system": "urn:menzhen:doctor", "value": code}],
            "name": [{"text": f"王{code}"}],
        },
        {
            "resourceType": "PractitionerRole",
            "id": code,
            "practitioner": reference("Practitioner", code),
            "organization": reference("Organization", department),
            "code": [{"text": "主任医师"}],
        },
    ]


def _department(code: str, name: str, *aliases: str) -> Resource:
    return {
        "resourceType": "Organization",
        "id": code,
        "identifier": [{"system": "urn:menzhen:department", "value": code}],
        "name": name,
        "alias": list(aliases),
        "extension": [{"url": "urn:menzhen:campus", "valueString": "东院区"}],
    }


def _report(id: str, patient: str, item: str) -> list[Resource]:
    return [
        {
            "resourceType": "DiagnosticReport",
            "id": id,
            "status": "final",
            "code": {"text": "血常规"},
            "subject": reference("Patient", patient),
            "effectiveDateTime": "2026-11-22T09:00:00+08:00",
            "result": [reference("Observation", item)],
        },
        {
            "resourceType": "Observation",
            "id": item,
            "status": "final",
            "code": {"text": "白细胞"},
            "subject": reference("Patient", patient),
            "valueQuantity": {"value": 11.2, "unit": "10^9/L"},
        },
    ]


def furnished() -> tuple[MemoryHis, MemoryLis, MemoryCashier]:
    """张三 100001 (with daughter 100003), 李四 100002; the LIS knows them as P1 and P2."""
    his, lis, cashier = MemoryHis(), MemoryLis(), MemoryCashier()
    his.put(
        patient("100001", "张三", "110101199003070011"),
        patient("100002", "李四", "110101198505050022"),
        patient("100003", "张小花", "110101201801010023"),
        _department("ORTHO", "骨科", "看骨头的"),
        _department("CARD", "心内科"),
        *_role("D1", "ORTHO"),
        *_role("D2", "CARD"),
        *(slot(f"S{hour}", hour) for hour in range(8, 12)),
        invoice("B1", "100001", 2500),
        invoice("B2", "100002", 9900),
    )
    for mrn in ("100001", "100002"):
        his.put(
            {
                "resourceType": "Appointment",
                "id": f"OLD{mrn}",
                "status": "booked",
                "start": "2026-11-25T09:00:00+08:00",
                "participant": [{"actor": reference("Patient", mrn), "status": "accepted"}],
                "slot": [reference("Slot", "S8")],
            }
        )
    lis.put(
        {**patient("100001", "张三", "110101199003070011"), "id": "P1"},
        {**patient("100002", "李四", "110101198505050022"), "id": "P2"},
        *_report("R1", "P1", "R1.1"),
        *_report("R2", "P2", "R2.1"),
    )
    return deepcopy(his), deepcopy(lis), deepcopy(cashier)


def down() -> BackendUnavailable:
    return BackendUnavailable(detail="test")
