"""What is changed in the HIS: holds, confirmations, changes, cancellations, check-in, settled bills."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common import clock
from connectors.adapter import BackendError, Resource
from connectors.his import billing, booking
from connectors.his.client import HISClient
from connectors.his.people import pid_of
from connectors.his.slots import Slots
from connectors.hl7.message import segment
from connectors.hl7.times import hl7_time
from connectors.resources import ORDER_SYSTEM, actor, bare, extension, fen, money

CHANNEL = "微信小程序"
OPERATOR = "MENZHEN"
METHOD = "WECHAT"


class Desk:
    """Writes. Each carries a number of ours, so that the same request again changes nothing twice."""

    def __init__(self, client: HISClient, slots: Slots, hold_seconds: int) -> None:
        self.client, self.slots, self.hold_seconds = client, slots, hold_seconds

    async def hold(self, resource: Resource, key: str) -> Resource:
        """Take a slot for a patient until it is paid. The answer's status is `pending`."""
        slot_id = _slot_id(resource)
        mrn = actor(resource, "Patient")
        if not slot_id or not mrn:
            raise _invalid("预约需要号源（slot）和就诊人（participant）。", "no slot or patient")
        channel = str(extension(resource, "channel") or CHANNEL)
        arq = segment("ARQ", placer(resource, key), *[""] * 4, "HOLD", *[""] * 8, (OPERATOR, "", channel))
        segments = [
            arq,
            pid_of(mrn),
            segment("RGS", 1, "A"),
            segment("AIS", 1, "A", await self.slots.department(slot_id)),
            segment("ZSL", slot_id),
            segment("ZHD", self.hold_seconds),
        ]
        return await self._schedule("S01", *segments)

    async def change(self, id: str, resource: Resource, key: str) -> Resource:
        """What the resource says against what the HIS has: cancel, check in, reschedule, confirm. Nothing to change:
        the appointment as it is."""
        current = await self.appointment(id)
        if current is None:
            raise BackendError("没有找到这条预约。", code="NOT_FOUND", status=404, detail="no appointment")
        status = resource.get("status")
        if status == "cancelled":
            reason = (resource.get("cancelationReason") or {}).get("text", "")
            return await self._schedule("S04", _request(key, id, ("CANCEL", reason or "患者取消")))
        if status == "arrived":
            return await self.check_in(id) if current["status"] == "booked" else current
        wanted = _slot_id(resource)
        if wanted and wanted != _slot_id(current):
            segments = (_request(key, id, ("RESCHEDULE",)), segment("ZSL", wanted))
            return await self._schedule("S02", *segments)
        if status == "booked" and (order := extension(resource, "payment-order")):
            return await self._confirm(id, resource, current, str(order), key)
        if status not in (None, current["status"]):
            raise _invalid("预约不能改成这个状态。", "unsupported status change")
        return current

    async def _confirm(
        self, id: str, resource: Resource, current: Resource, order: str, key: str
    ) -> Resource:
        """Tell the HIS that it is paid. Raises BackendError HOLD_EXPIRED where the slot went to somebody else: the
        payer has to be refunded."""
        fee = extension(resource, "fee") or extension(current, "fee") or money(0)
        paid_at = _moment(extension(resource, "paid-at"))
        method = str(extension(resource, "payment-method") or METHOD)
        payment = segment("ZPY", order, _fen(fee), hl7_time(paid_at), method)
        return await self._schedule("S03", _request(key, id, ("CONFIRM",)), payment)

    async def check_in(self, id: str) -> Resource:
        """The patient has come. Returns the appointment with its queue number."""
        current = await self.appointment(id)
        mrn = actor(current or {}, "Patient")
        if current is None or not mrn:
            raise BackendError("没有找到这条预约。", code="NOT_FOUND", status=404, detail="no appointment")
        await self.client.admit("A04", "ADT_A01", pid_of(mrn), segment("PV1", 1, "O", *[""] * 16, id))
        self.slots.changed()
        return await self.appointment(id) or current

    async def settle(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Tell the HIS that an order paid these bills: `invoice` (one or a list), `order`, `amountFen`, `paidAt`.

        Returns `{"order", "status": "posted", "amountFen"}`. The same order again is accepted. Raises BackendError
        AMOUNT_MISMATCH where bills and amount differ, NOT_FOUND, BAD_MESSAGE.
        """
        given = parameters.get("invoice") or parameters.get("invoices") or []
        bills = [bare(one) for one in (given if isinstance(given, list | tuple) else [given])]
        order = str(parameters.get("order") or "")
        if not bills or not order:
            raise _invalid("需要账单（invoice）和订单号（order）。", "no invoice or order")
        groups = [group for bill in bills for group in await self.client.charges(bill=bill)]
        if len(groups) != len(bills):
            raise BackendError("没有找到这张账单。", code="NOT_FOUND", status=404, detail="no such bill")
        invoices = [billing.invoice(group) for group in groups]
        owners = {bare(one["subject"]) for one in invoices}
        if len(owners) != 1:
            raise _invalid("一次只能为一位就诊人缴费。", "bills of several patients")
        amounts = [fen(one["totalGross"]) for one in invoices]
        amount = _whole(parameters.get("amountFen"), sum(amounts))
        if amount != sum(amounts):
            raise BackendError(
                "支付金额与账单不符。", code="AMOUNT_MISMATCH", detail="amount is not the bills' sum"
            )
        paid_at = hl7_time(_moment(parameters.get("paidAt")))
        transactions = [
            segment("FT1", number, bill, "", paid_at, "", "PY", bill, "", "", 1, bill_amount)
            for number, (bill, bill_amount) in enumerate(zip(bills, amounts, strict=True), 1)
        ]
        payment = segment("ZPY", order, amount, paid_at, METHOD)
        await self.client.post(pid_of(owners.pop()), *transactions, payment)
        return {"order": order, "status": "posted", "amountFen": amount}

    async def appointment(self, id: str) -> Resource | None:
        """The appointment with that id."""
        groups = await self.client.appointments(appointment=id)
        return booking.appointment(groups[0]) if groups else None

    async def _schedule(self, trigger: str, *segments: str) -> Resource:
        group = await self.client.schedule(trigger, *segments)
        self.slots.changed()
        return booking.appointment(group)


def placer(resource: Resource, key: str) -> str:
    """Our number for an appointment: its order identifier, else the idempotency key."""
    own = (one.get("value") for one in resource.get("identifier") or () if one.get("system") == ORDER_SYSTEM)
    return next((value for value in own if value), key)


def _request(key: str, filler: str, reason: tuple[str, ...]) -> str:
    return segment("ARQ", key, filler, "", "", "", reason)


def _slot_id(resource: Resource) -> str:
    slots = resource.get("slot") or ()
    return bare(slots[0]) if slots else ""


def _moment(value: Any) -> datetime:
    """A FHIR dateTime; now where there is none. Raises BackendError."""
    if not value:
        return clock.now()
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise _invalid("支付时间的格式不对。", "paid-at unreadable") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.SHANGHAI)


def _fen(fee: Any) -> int:
    """The fen of a Money. Raises BackendError."""
    try:
        return fen(fee)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise _invalid("费用（fee）不是金额。", "fee unreadable") from None


def _whole(value: Any, otherwise: int) -> int:
    """A whole number; `otherwise` where none is given. Raises BackendError."""
    try:
        return otherwise if value is None else int(str(value))
    except ValueError:
        raise _invalid("金额（amountFen，单位分）不对。", "amount unusable") from None


def _invalid(message: str, detail: str) -> BackendError:
    return BackendError(message, code="BAD_MESSAGE", status=422, detail=detail)
