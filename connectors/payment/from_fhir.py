"""Parameters of the Invoice operations → the cashier's requests."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from common import clock
from common.clock import SHANGHAI
from connectors.adapter import BackendError
from connectors.resources import bare, fen

MAX_FEN = 100_000_000
DEFAULT_TIME = timedelta(minutes=15)
"""How long an order can be paid where the caller says nothing."""
_NUMBER = re.compile(r"[A-Za-z0-9._:\-]{1,64}")


def order_number(parameters: Mapping[str, Any]) -> str:
    """`order`. Raises BackendError."""
    return _number(parameters, "order", "订单号（order）")


def new_order(parameters: Mapping[str, Any], notify_url: str) -> dict[str, Any]:
    """`order`, `amountFen` (or `amount`, a Money or fen), `expires`, `invoice`, `subject` → an order."""
    invoices = parameters.get("invoice") or []
    references = [bare(one) for one in (invoices if isinstance(invoices, list | tuple) else [invoices])]
    return {
        "order_no": order_number(parameters),
        "amount_fen": amount(parameters),
        "subject": str(parameters.get("subject") or "门诊缴费"),
        "expires_at": _time(parameters.get("expires") or clock.now() + DEFAULT_TIME),
        "notify_url": notify_url,
        "attach": ",".join(references),
    }


def new_refund(parameters: Mapping[str, Any], key: str) -> dict[str, Any]:
    """`order`, `refund` (the refund's number; else the idempotency key), `amountFen`, `reason` → a refund."""
    named = {"refund": parameters.get("refund") or key}
    return {
        "refund_no": _number(named, "refund", "退款号（refund）"),
        "order_no": order_number(parameters),
        "amount_fen": amount(parameters),
        "reason": str(parameters.get("reason") or "退号退费"),
    }


def amount(parameters: Mapping[str, Any]) -> int:
    """The amount in fen, above zero. Raises BackendError."""
    given = parameters.get("amountFen", parameters.get("amount"))
    try:
        value = fen(given) if isinstance(given, Mapping) else int(str(given))
    except (ValueError, TypeError, KeyError, OverflowError):
        value = 0
    if not 0 < value <= MAX_FEN:
        raise _invalid("金额（amountFen，单位分）不对。", "amount unusable")
    return value


def _number(parameters: Mapping[str, Any], name: str, title: str) -> str:
    value = str(parameters.get(name) or "")
    if not _NUMBER.fullmatch(value):
        raise _invalid(f"{title}应为 1 到 64 个字母、数字或 . _ : - 。", f"{name} unusable")
    return value


def _time(value: Any) -> str:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise _invalid("支付截止时间（expires）的格式不对。", "expires unreadable") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).isoformat()


def _invalid(message: str, detail: str) -> BackendError:
    return BackendError(message, code="BAD_MESSAGE", status=422, detail=detail)
