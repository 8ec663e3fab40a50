"""Bills: issued, paid, given back; every change of state is in the ledger."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from simulator.hospital import rows
from simulator.hospital.his import His
from simulator.hospital.refusal import Refused
from simulator.hospital.schema import bill_items, bills

FIRST = 20000001


def issue(
    connection: Connection,
    appointment: Row[Any] | Any,
    kind: str,
    items: list[tuple[str, str, int, int]],
    now: str,
    who: str,
) -> str:
    """Write an unpaid bill for an appointment; `items` are (code, name, quantity, unit price in fen). Its id."""
    id = f"B{rows.next_number(connection, 'bill', start=FIRST)}"
    total = sum(quantity * price for _, _, quantity, price in items)
    connection.execute(
        bills.insert().values(
            id=id,
            mrn=appointment.mrn,
            appointment=appointment.id,
            kind=kind,
            status="UNPAID",
            total=total,
            issued_at=now,
            department=appointment.department,
            doctor=appointment.doctor,
        )
    )
    connection.execute(
        bill_items.insert(),
        [
            {"bill": id, "no": n, "code": c, "name": name, "quantity": q, "price": p, "amount": q * p}
            for n, (c, name, q, p) in enumerate(items, 1)
        ],
    )
    enter(connection, id, appointment.mrn, "", "UNPAID", total, now, who, "")
    return id


def enter(
    connection: Connection,
    id: str,
    mrn: str,
    before: str,
    after: str,
    amount: int,
    now: str,
    who: str,
    key: str,
) -> None:
    rows.enter(
        connection,
        time=now,
        who=who,
        entity="bill",
        id=id,
        mrn=mrn,
        before=before,
        after=after,
        amount=amount,
        key=key,
    )


def settle(
    connection: Connection, bill: Row[Any], order_no: str, paid_at: str, method: str, now: str, who: str
) -> bool:
    """Mark a bill as paid by an order; False where this very order had paid it already.

    Raises Refused where it was paid by another, or cannot be paid any more.
    """
    changed = connection.execute(
        update(bills)
        .where(bills.c.id == bill.id, bills.c.status == "UNPAID")
        .values(status="PAID", order_no=order_no, paid_at=paid_at, method=method)
    ).rowcount
    if changed:
        enter(connection, bill.id, bill.mrn, "UNPAID", "PAID", bill.total, now, who, order_no)
        return True
    current = rows.bill(connection, bill.id)
    assert current is not None
    if current.order_no == order_no and current.status in ("PAID", "REFUNDED"):
        return False
    if current.status == "PAID":
        raise Refused("DUPLICATE", "该账单已由另一笔订单支付，本次费用将原路退回。")
    raise Refused("NOT_FOUND", "该账单已取消，不能支付，费用将原路退回。")


def change(connection: Connection, id: str, after: str, now: str, who: str, key: str) -> None:
    """Set a bill to CANCELLED, UNPAID or REFUNDED and say so in the ledger."""
    bill = rows.bill(connection, id)
    assert bill is not None
    connection.execute(update(bills).where(bills.c.id == id).values(status=after))
    enter(connection, id, bill.mrn, bill.status, after, bill.total, now, who, key)


class Billing:
    """Payments that the front desk reports (DFT^P03)."""

    def __init__(self, his: His) -> None:
        self.his = his

    def pay(
        self,
        connection: Connection,
        mrn: str,
        lines: list[tuple[str, int]],
        order_no: str,
        amount: int,
        paid_at: str,
        method: str,
        who: str,
    ) -> list[Row[Any]]:
        """Settle bills (id, fen) with one order; the same order again changes nothing. Returns the bills' rows.

        Registration bills are left to the caller, who confirms their appointments. Raises Refused.
        """
        now = self.his.now()
        if not order_no or not lines or len({id for id, _ in lines}) != len(lines):
            raise Refused("BAD_MESSAGE", "缺少订单号或账单号，或账单重复。")
        found = {
            b.id: b for b in connection.execute(select(bills).where(bills.c.id.in_([i for i, _ in lines])))
        }
        for id, fen in lines:
            bill = found.get(id)
            if bill is None or bill.mrn != mrn:
                raise Refused("NOT_FOUND", "没有找到该患者的这笔账单。")
            if bill.total != fen:
                raise Refused("NOT_PAID", "账单金额与支付金额不符。")
        if sum(fen for _, fen in lines) != amount:
            raise Refused("NOT_PAID", "订单金额与账单合计不符。")
        for bill in found.values():
            if bill.kind != "REG" and settle(connection, bill, order_no, paid_at, method, now, who):
                self.his.tell_bill(connection, bill.id, now)
        return list(found.values())
