"""The HIS adapter: which resource is asked how, and the ear for what the HIS and the LIS tell us."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from common import clock
from common.errors import MenzhenError
from common.settings import Settings
from connectors.adapter import BackendError, BackendUnavailable, Event, Resource, Search
from connectors.his import billing, booking, people
from connectors.his.client import HISClient
from connectors.his.desk import Desk
from connectors.his.directory import TYPES as DIRECTORY_TYPES
from connectors.his.directory import Directory
from connectors.his.events import events
from connectors.his.slots import Slots
from connectors.hl7 import charset
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Message
from connectors.hl7.server import MLLPServer
from connectors.hl7.times import parse_time
from connectors.resources import ORDER_SYSTEM, has_identifier, ids, token, window, within

CLOCK_TOLERANCE = 300
READ_WRITE = ("read", "search", "create", "update")


class HISAdapter:
    """connectors.adapter.Adapter for the profile of docs/protocols/his-hl7.md."""

    name = "his"
    resources: Mapping[str, Sequence[str]] = {
        "Patient": READ_WRITE,
        **{type: ("read", "search") for type in DIRECTORY_TYPES},
        "Slot": ("read", "search"),
        "Appointment": (*READ_WRITE, "$check-in"),
        "Invoice": ("read", "search", "$settle"),
        "ChargeItem": ("read", "search"),
    }

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client = HISClient(settings)
        self.directory = Directory(self.client)
        self.slots = Slots(self.client)
        self.desk = Desk(self.client, self.slots, settings.hold_seconds)
        self._sink: Callable[[Sequence[Event]], Awaitable[None]] | None = None
        self.listener = MLLPServer(
            settings.host,
            settings.facade_mllp_port,
            self._told,
            default_charset=charset.codec(settings.his_charset) or charset.UTF8,
        )

    def on_event(self, sink: Callable[[Sequence[Event]], Awaitable[None]]) -> None:
        """Without a sink nothing is listened to, so that the HIS keeps what it has to tell."""
        self._sink = sink

    async def start(self) -> None:
        """Listen for notifications. Connections to the HIS are made when it is asked. Raises BackendUnavailable
        where the port is taken."""
        if self._sink is None or self.listener.listening:
            return
        try:
            await self.listener.start()
        except OSError as error:
            raise BackendUnavailable(
                f"通知端口 {self.listener.port} 无法监听。", code="PORT_TAKEN", detail=type(error).__name__
            ) from None

    async def stop(self) -> None:
        await self.listener.stop()
        await self.client.stop()

    async def check(self) -> Mapping[str, Any]:
        """Whether the HIS answers, its version and clock, and what differs from the settings."""
        try:
            answer = await self.client.hello()
        except MenzhenError as error:
            return {"reachable": False, "version": "", "time": None, "problems": [error.message]}
        header = answer.header
        their_time = parse_time(header.text(7))
        problems = []
        if their_time is None:
            problems.append("HIS 的消息没有时间（MSH-7）。")
        elif abs((their_time - clock.now()).total_seconds()) > CLOCK_TOLERANCE:
            problems.append("HIS 的时钟与本系统相差超过 5 分钟，预约时限会判断错误。")
        if header.text(12) != self.settings.his_version:
            problems.append(f"HIS 用 HL7 {header.text(12)}，设置的是 {self.settings.his_version}。")
        if (theirs := charset.codec(header.text(18))) and theirs != self.client.charset:
            problems.append(f"HIS 用 {header.text(18)} 编码，设置的是 {self.settings.his_charset}。")
        if self._sink is not None and not self.listener.listening:
            problems.append(f"没有在监听通知端口 {self.listener.port}。")
        if self.listener.unreadable:
            problems.append(f"收到过 {self.listener.unreadable} 条无法读取的通知。")
        return {
            "reachable": True,
            "version": header.text(12),
            "time": their_time.isoformat() if their_time else None,
            "problems": problems,
        }

    async def read(self, type: str, id: str) -> Resource | None:
        return await _understood(self._read(type, id))

    async def _read(self, type: str, id: str) -> Resource | None:
        if type in DIRECTORY_TYPES:
            return await self.directory.read(type, id)
        if type == "Slot":
            return await self.slots.read(id)
        if type == "Appointment":
            return await self.desk.appointment(id)
        if type == "Patient":
            found = await self._patients(id=id)
            return next((one for one in found if one["id"] == id), None)
        bill = id.partition(".")[0] if type == "ChargeItem" else id
        groups = await self.client.charges(bill=bill)
        if type == "Invoice":
            return billing.invoice(groups[0]) if groups else None
        items = [item for group in groups for item in billing.charge_items(group)]
        return next((item for item in items if item["id"] == id), None)

    async def search(self, search: Search) -> list[Resource]:
        return await _understood(self._search(search))

    async def _search(self, search: Search) -> list[Resource]:
        if search.type in DIRECTORY_TYPES:
            return await self.directory.search(search)
        if search.type == "Slot":
            return await self.slots.search(search)
        if "_id" in search.params and search.type != "Patient":
            found = await asyncio.gather(*(self._read(search.type, id) for id in ids(search.params["_id"])))
            kept = [one for one in found if one is not None]
        elif search.type == "Appointment":
            kept = await self._appointments(search)
        elif search.type == "Patient":
            kept = await self._found_patients(search)
        else:
            kept = await self._charges(search)
        return [one for one in kept if _matches(one, search.params)][: search.count]

    async def _found_patients(self, search: Search) -> list[Resource]:
        params = search.params
        if "_id" in params:
            found = await asyncio.gather(*(self._read("Patient", id) for id in ids(params["_id"])))
            return [one for one in found if one is not None]
        asked = [
            {"id": token(identifier)[1], "name": str(name), "phone": token(phone)[1]}
            for identifier in params.get("identifier", ("",))
            for name in params.get("name", ("",))
            for phone in params.get("phone", ("",))
        ]
        if not any(params.get(key) for key in ("identifier", "name", "phone")):
            raise BackendError(
                "查找就诊人需要证件号、姓名或手机号。", code="BAD_MESSAGE", status=400, detail="no criteria"
            )
        answers = await asyncio.gather(*(self._patients(**criteria) for criteria in asked))
        return list({one["id"]: one for answer in answers for one in answer}.values())

    async def _appointments(self, search: Search) -> list[Resource]:
        params = search.params
        if "identifier" in params:
            numbers = [token(value) for value in params["identifier"]]
            own = [number for system, number in numbers if system in ("", ORDER_SYSTEM)]
            answers = [await self.client.appointments(placer=number) for number in own if number]
        elif "patient" in params:
            low, high = window(params.get("date", ()))
            answers = [await self.client.appointments(mrn, low, high) for mrn in ids(params["patient"])]
        else:
            raise BackendError(
                "查询预约需要就诊人或订单号。", code="BAD_MESSAGE", status=400, detail="no patient"
            )
        return [booking.appointment(group) for groups in answers for group in groups]

    async def _charges(self, search: Search) -> list[Resource]:
        params = search.params
        if "patient" not in params:
            raise BackendError("查询账单需要就诊人。", code="BAD_MESSAGE", status=400, detail="no patient")
        which = "UNPAID" if list(params.get("status", ())) == ["issued"] else "ALL"
        groups = [group for mrn in ids(params["patient"]) for group in await self.client.charges(mrn, which)]
        if search.type == "Invoice":
            return [billing.invoice(group) for group in groups]
        return [item for group in groups for item in billing.charge_items(group)]

    async def _patients(self, **criteria: str) -> list[Resource]:
        groups = await self.client.patients(**criteria)
        found = (people.patient(group.segments[0], group.all("NK1")) for group in groups)
        return [one for one in found if one.get("id")]

    async def create(self, type: str, resource: Resource, key: str) -> Resource:
        return await _understood(self._create(type, resource, key))

    async def _create(self, type: str, resource: Resource, key: str) -> Resource:
        if type == "Appointment":
            return await self.desk.hold(resource, key)
        answer = await self.client.admit("A28", "ADT_A05", people.pid_segment(resource))
        mrn = people.record_number(answer.need("PID"))
        created = await self._read("Patient", mrn)
        if created is None:
            raise BackendUnavailable(
                "建档后没有查到病历号。", code="BACKEND_GARBLED", detail="new patient not found"
            )
        return created

    async def update(self, type: str, id: str, resource: Resource, key: str) -> Resource:
        return await _understood(self._update(type, id, resource, key))

    async def _update(self, type: str, id: str, resource: Resource, key: str) -> Resource:
        if type == "Appointment":
            return await self.desk.change(id, resource, key)
        await self.client.admit("A08", "ADT_A01", people.pid_segment(people.with_record_number(resource, id)))
        updated = await self._read("Patient", id)
        if updated is None:
            raise BackendError("没有找到这位就诊人。", code="NO_PATIENT", status=404, detail="no patient")
        return updated

    async def operation(
        self, name: str, type: str, id: str | None, parameters: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]:
        """`Appointment/ID/$check-in` → the Appointment; `Invoice/$settle` → see `Desk.settle`."""
        if name == "$check-in" and id:
            return await _understood(self.desk.check_in(id))
        if name == "$settle":
            return await _understood(self.desk.settle(parameters))
        raise BackendError("不支持这个操作。", code="BAD_MESSAGE", status=404, detail=f"{type} {name}")

    async def _told(self, message: Message) -> None:
        """Store what the HIS or the LIS tells. Returns when it is stored."""
        told = events(message)
        if message.type == "SIU":
            self.slots.changed()
        if self._sink is None:
            raise BackendUnavailable(detail="no event sink")
        if told:
            await self._sink(told)


def _matches(resource: Resource, params: Mapping[str, Sequence[Any]]) -> bool:
    """What the HIS cannot filter by itself."""
    if "status" in params and resource.get("status") not in params["status"]:
        return False
    if "identifier" in params and not any(has_identifier(resource, one) for one in params["identifier"]):
        return False
    if "patient" in params and resource["resourceType"] != "Patient":
        owner = people.owner(resource)
        if owner not in ids(params["patient"]):
            return False
    if "date" in params:
        start = resource.get("start")
        return within(datetime.fromisoformat(start) if start else None, params["date"])
    return True


async def _understood(call: Awaitable[Any]) -> Any:
    """The answer; one that lacks what it must have is a back end that cannot be understood."""
    try:
        return await call
    except HL7Error as error:
        raise BackendUnavailable(
            "医院系统的应答无法读取。", code="BACKEND_GARBLED", detail=error.detail
        ) from None
