"""Orders and refunds: made, paid, closed, given back; each change with its call-back in one transaction."""

import time
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import Connection, Row, select, update

from common import clock
from simulator.cashier.problem import Problem
from simulator.cashier.schema import callbacks, orders, refunds
from simulator.database import Database

PAID = ("PAID", "PARTLY_REFUNDED", "REFUNDED")


class Orders:
    """The cashier's book. `base` is the address that people's phones reach the payment page at."""

    def __init__(self, database: Database, base: str) -> None:
        self.database, self.base = database, base.rstrip("/")

    def create(
        self, order_no: str, amount: int, subject: str, expires: datetime, notify_url: str, attach: str
    ) -> dict[str, Any]:
        """A waiting order; the same number with the same amount gets the one there is. Raises Problem."""
        with self.database.write() as connection:
            self.expire(connection)
            known = self._find(connection, order_no)
            if known:
                if known.amount_fen != amount:
                    raise Problem("AMOUNT_MISMATCH")
                return self.show(known)
            connection.execute(
                orders.insert().values(
                    order_no=order_no,
                    amount_fen=amount,
                    subject=subject,
                    status="WAITING",
                    created_at=_now(),
                    expires_at=expires.astimezone(clock.SHANGHAI).isoformat(timespec="seconds"),
                    expires_epoch=expires.timestamp(),
                    notify_url=notify_url,
                    attach=attach,
                )
            )
            self.expire(connection)
            return self.show(self.need(connection, order_no))

    def get(self, order_no: str) -> dict[str, Any]:
        """The order as it is now. Raises Problem ORDER_NOT_FOUND."""
        with self.database.write() as connection:
            self.expire(connection)
            return self.show(self.need(connection, order_no))

    def pay(self, order_no: str) -> dict[str, Any]:
        """What a tap on 确认支付 does; a second tap changes nothing. Raises Problem."""
        with self.database.write() as connection:
            self.expire(connection)
            changed = connection.execute(
                update(orders)
                .where(orders.c.order_no == order_no, orders.c.status == "WAITING")
                .values(status="PAID", paid_at=_now(), transaction_no=f"42{uuid.uuid4().int % 10**26:026d}")
            ).rowcount
            order = self.need(connection, order_no)
            if changed:
                self._call_back(connection, order, "PAID", order.amount_fen)
            elif order.status == "CLOSED":
                raise Problem("ORDER_CLOSED", "订单已超时关闭，请返回重新发起。")
            return self.show(order)

    def close(self, order_no: str) -> dict[str, Any]:
        """Close a waiting order. Raises Problem ORDER_PAID."""
        with self.database.write() as connection:
            self._close(connection, order_no)
            order = self.need(connection, order_no)
            if order.status in PAID:
                raise Problem("ORDER_PAID")
            return self.show(order)

    def refund(self, refund_no: str, order_no: str, amount: int, reason: str) -> dict[str, Any]:
        """Give money back; the same refund number does nothing twice. Raises Problem."""
        with self.database.write() as connection:
            known = connection.execute(select(refunds).where(refunds.c.refund_no == refund_no)).first()
            if known:
                if (known.order_no, known.amount_fen) != (order_no, amount):
                    raise Problem("AMOUNT_MISMATCH", "该退款单号已用于另一笔退款。")
                return {"refund_no": refund_no, "status": known.status}
            order = self.need(connection, order_no)
            if order.status not in PAID:
                raise Problem("REFUND_EXCEEDS", "订单尚未支付，不能退款。")
            left = orders.c.amount_fen - orders.c.refunded_fen
            changed = connection.execute(
                update(orders)
                .where(orders.c.order_no == order_no, left >= amount)
                .values(refunded_fen=orders.c.refunded_fen + amount)
            ).rowcount
            if not changed:
                raise Problem("REFUND_EXCEEDS")
            order = self.need(connection, order_no)
            status = "REFUNDED" if order.refunded_fen == order.amount_fen else "PARTLY_REFUNDED"
            connection.execute(update(orders).where(orders.c.order_no == order_no).values(status=status))
            connection.execute(
                refunds.insert().values(
                    refund_no=refund_no,
                    order_no=order_no,
                    amount_fen=amount,
                    reason=reason,
                    status="DONE",
                    created_at=_now(),
                )
            )
            self._call_back(connection, order, "REFUNDED", amount, {"refund_no": refund_no})
            return {"refund_no": refund_no, "status": "DONE"}

    def get_refund(self, refund_no: str) -> dict[str, Any]:
        """Raises Problem ORDER_NOT_FOUND."""
        with self.database.read() as connection:
            row = connection.execute(select(refunds).where(refunds.c.refund_no == refund_no)).first()
        if row is None:
            raise Problem("ORDER_NOT_FOUND", "没有找到该退款单。")
        return dict(row._mapping)

    def expire(self, connection: Connection) -> int:
        """Close every order whose time ran out by the clinic's clock; how many."""
        now = clock.now().timestamp()
        due = connection.scalars(
            select(orders.c.order_no).where(orders.c.status == "WAITING", orders.c.expires_epoch <= now)
        ).all()
        for order_no in due:
            self._close(connection, order_no)
        return len(due)

    def ledger(self) -> dict[str, Any]:
        """All orders, refunds and call-backs, oldest first."""
        with self.database.read() as connection:
            tables = {"orders": orders, "refunds": refunds, "callbacks": callbacks}
            order_by = {
                "orders": orders.c.created_at,
                "refunds": refunds.c.created_at,
                "callbacks": callbacks.c.id,
            }
            return {
                name: [dict(r._mapping) for r in connection.execute(select(t).order_by(order_by[name]))]
                for name, t in tables.items()
            }

    def need(self, connection: Connection, order_no: str) -> Row[Any]:
        row = self._find(connection, order_no)
        if row is None:
            raise Problem("ORDER_NOT_FOUND")
        return row

    def show(self, order: Row[Any]) -> dict[str, Any]:
        """An order as the API answers it."""
        return {
            "order_no": order.order_no,
            "status": order.status,
            "pay_url": f"{self.base}/pay/{quote(order.order_no, safe='')}",
            "amount_fen": order.amount_fen,
            "subject": order.subject,
            "expires_at": order.expires_at,
            "paid_at": order.paid_at,
            "transaction_no": order.transaction_no,
            "refunded_fen": order.refunded_fen,
            "attach": order.attach,
        }

    def _find(self, connection: Connection, order_no: str) -> Row[Any] | None:
        return connection.execute(select(orders).where(orders.c.order_no == order_no)).first()

    def _close(self, connection: Connection, order_no: str) -> None:
        changed = connection.execute(
            update(orders)
            .where(orders.c.order_no == order_no, orders.c.status == "WAITING")
            .values(status="CLOSED")
        ).rowcount
        if changed:
            order = self.need(connection, order_no)
            self._call_back(connection, order, "CLOSED", order.amount_fen)

    def _call_back(
        self,
        connection: Connection,
        order: Row[Any],
        event: str,
        amount: int,
        more: dict[str, Any] | None = None,
    ) -> None:
        if not order.notify_url:
            return
        body = {
            "event": event,
            "order_no": order.order_no,
            "transaction_no": order.transaction_no,
            "amount_fen": amount,
            "paid_at": order.paid_at,
            "attach": order.attach,
            **(more or {}),
        }
        connection.execute(
            callbacks.insert().values(
                order_no=order.order_no,
                event=event,
                url=order.notify_url,
                body=orjson.dumps(body).decode(),
                next_at=time.time(),
            )
        )


def _now() -> str:
    return clock.now().isoformat(timespec="seconds")
