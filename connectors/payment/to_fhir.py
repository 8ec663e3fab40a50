"""The cashier's answers and call-backs → Parameters of the Invoice operations, and events."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from common.clock import SHANGHAI
from connectors.adapter import BackendUnavailable, Event
from connectors.payment.signature import CallbackRefused

_STATES = ("WAITING", "PAID", "CLOSED", "REFUNDED", "PARTLY_REFUNDED")
_EVENTS = {"PAID": "payment.completed", "REFUNDED": "payment.refunded", "CLOSED": "payment.closed"}


def payment(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order as `{"order", "status", "payUrl", "amountFen", "expires", "paidAt", "transaction", "refundedFen"}`;
    what the cashier does not say is left out. `status` is the cashier's own word. Raises BackendUnavailable."""
    status = order.get("status")
    if status not in _STATES or not order.get("order_no"):
        raise BackendUnavailable(
            "收银台的应答无法读取。", code="BACKEND_GARBLED", detail="order without state"
        )
    names = {
        "order": "order_no",
        "status": "status",
        "payUrl": "pay_url",
        "amountFen": "amount_fen",
        "expires": "expires_at",
        "paidAt": "paid_at",
        "transaction": "transaction_no",
        "refundedFen": "refunded_fen",
    }
    return {ours: order[theirs] for ours, theirs in names.items() if order.get(theirs) is not None}


def refund(answer: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """A refund as `{"refund", "order", "status", "amountFen"}`."""
    return {
        "refund": str(answer.get("refund_no", request["refund_no"])),
        "order": request["order_no"],
        "status": str(answer.get("status", "DONE")),
        "amountFen": request["amount_fen"],
    }


def event(body: bytes) -> Event:
    """The event of a call-back whose signature is right. The same call-back again has the same id.
    Raises CallbackRefused (422, PARAM_ERROR)."""
    try:
        told = orjson.loads(body)
        kind, order = _EVENTS[told["event"]], str(told["order_no"])
        amount = int(told["amount_fen"])
    except (ValueError, KeyError, TypeError):
        raise CallbackRefused(
            "支付回调的内容不完整。", code="PARAM_ERROR", status=422, detail="call-back unreadable"
        ) from None
    data = {
        "order": order,
        "transaction": told.get("transaction_no"),
        "amount_fen": amount,
        "paid_at": told.get("paid_at"),
        "refund": told.get("refund_no"),
        "attach": told.get("attach"),
    }
    named = [told["event"], order, told.get("transaction_no"), told.get("refund_no"), amount]
    if kind == "payment.refunded" and not told.get("refund_no"):
        # Two refunds of the same amount differ in nothing else.
        named += [told.get("refunded_fen"), told.get("paid_at")]
    digest = hashlib.sha256(orjson.dumps(["cashier", *named], default=str)).hexdigest()[:40]
    data = {key: value for key, value in data.items() if value is not None}
    return Event(kind, f"Payment/{order}", data, digest, _time(told.get("paid_at")))


def _time(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
