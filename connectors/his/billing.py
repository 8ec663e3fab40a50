"""ZBL and ZBI → Invoice and ChargeItem."""

from typing import Any

from connectors.adapter import Resource
from connectors.his.booking import number
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Group, Segment
from connectors.hl7.times import fhir_instant
from connectors.resources import ORDER_SYSTEM, extensions, money, reference

KINDS = {"REG": "挂号费", "EXAM": "检查费", "LAB": "检验费", "DRUG": "药费", "TREAT": "治疗费"}
KIND_SYSTEM = "urn:menzhen:charge-kind"
BILL_SYSTEM = "urn:menzhen:bill"
_STATUS = {"UNPAID": "issued", "PAID": "balanced", "REFUNDED": "cancelled", "CANCELLED": "cancelled"}
_ITEM_STATUS = {"UNPAID": "billable", "PAID": "billed", "REFUNDED": "aborted", "CANCELLED": "aborted"}


def invoice(group: Group) -> Resource:
    """A bill. `totalGross` is what is to be paid; UNPAID is `issued`, PAID `balanced`. Raises HL7Error."""
    zbl = _bill(group)
    total = _fen(zbl.text(6))
    kind = zbl.text(4)
    resource: Resource = {
        "resourceType": "Invoice",
        "id": zbl.text(1),
        "identifier": [{"system": BILL_SYSTEM, "value": zbl.text(1)}],
        "status": _STATUS[zbl.text(5)],
        "type": {"coding": [_kind(kind)], "text": KINDS.get(kind, kind)},
        "subject": reference("Patient", zbl.text(2)),
        "totalNet": money(total),
        "totalGross": money(total),
        "lineItem": [_line(zbl, zbi, number_) for number_, zbi in enumerate(group.all("ZBI"), 1)],
        "extension": extensions(
            ("department", "string", zbl.text(8, 2) or zbl.text(8)),
            ("practitioner", "string", zbl.text(10, 2) or zbl.text(10)),
            ("state", "code", zbl.text(5)),
            (
                "appointment",
                "Reference",
                reference("Appointment", zbl.text(3)) if zbl.text(3) else None,
            ),
            ("payment-order", "string", zbl.text(9)),
        ),
    }
    if not resource["lineItem"]:
        del resource["lineItem"]
    if order := zbl.text(9):
        resource["identifier"].append({"system": ORDER_SYSTEM, "value": order})
    if issued := fhir_instant(zbl.text(7)):
        resource["date"] = issued
    return resource


def charge_items(group: Group) -> list[Resource]:
    """The bill's lines, `BILL.LINE`. Raises HL7Error."""
    zbl = _bill(group)
    issued = fhir_instant(zbl.text(7))
    return [_charge(zbl, zbi, number_, issued) for number_, zbi in enumerate(group.all("ZBI"), 1)]


def _charge(zbl: Segment, zbi: Segment, line: int, issued: str | None) -> Resource:
    quantity = _quantity(zbi.text(5))
    resource: Resource = {
        "resourceType": "ChargeItem",
        "id": _line_id(zbl, zbi, line),
        "status": _ITEM_STATUS[zbl.text(5)],
        "code": {
            "coding": [{"system": "urn:menzhen:charge-code", "code": zbi.text(3), "display": zbi.text(4)}],
            "text": zbi.text(4),
        },
        "subject": reference("Patient", zbl.text(2)),
        "quantity": {"value": int(quantity) if quantity.is_integer() else quantity},
        "priceOverride": money(_fen(zbi.text(7))),
        "extension": extensions(
            ("unit-price", "Money", money(_fen(zbi.text(6)))),
            ("invoice", "Reference", reference("Invoice", zbl.text(1))),
        ),
    }
    if not zbi.text(3):
        del resource["code"]["coding"]
    if issued:
        resource["enteredDate"] = issued
    return resource


def _line(zbl: Segment, zbi: Segment, line: int) -> dict[str, Any]:
    return {
        "sequence": line,
        "chargeItemReference": reference("ChargeItem", _line_id(zbl, zbi, line), zbi.text(4)),
        "priceComponent": [{"type": "base", "amount": money(_fen(zbi.text(7)))}],
    }


def _line_id(zbl: Segment, zbi: Segment, line: int) -> str:
    return f"{zbl.text(1)}.{zbi.text(2) or line}"


def _kind(code: str) -> dict[str, str]:
    return {"system": KIND_SYSTEM, "code": code or "OTHER", "display": KINDS.get(code, code or "其他")}


def _bill(group: Group) -> Segment:
    zbl = group.segments[0]
    if not zbl.text(1) or zbl.text(5) not in _STATUS:
        raise HL7Error("账单段（ZBL）不完整。", detail="ZBL-1 or ZBL-5 unusable")
    return zbl


def _fen(text: str) -> int:
    value = number(text)
    if value is None:
        raise HL7Error("账单金额不是整数（分）。", detail="amount is no integer")
    return value


def _quantity(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        raise HL7Error("账单数量不是数字。", detail="quantity is no number") from None
