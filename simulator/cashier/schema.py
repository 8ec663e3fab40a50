"""The cashier's tables. `…_at` columns of orders are clinic time (ISO text with offset); `next_at` is epoch seconds."""

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("order_no", String, primary_key=True),
    Column("amount_fen", Integer, nullable=False),
    Column("subject", String, nullable=False),
    Column("status", String, nullable=False),  # WAITING, PAID, CLOSED, REFUNDED, PARTLY_REFUNDED
    Column("created_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("expires_epoch", Float, nullable=False),  # of the clinic's clock
    Column("notify_url", String, nullable=False),
    Column("attach", Text, nullable=False),
    Column("paid_at", String),
    Column("transaction_no", String, unique=True),
    Column("refunded_fen", Integer, nullable=False, server_default="0"),
)
Index("orders_to_expire", orders.c.expires_epoch, sqlite_where=text("status = 'WAITING'"))

refunds = Table(
    "refunds",
    metadata,
    Column("refund_no", String, primary_key=True),
    Column("order_no", String, nullable=False, index=True),
    Column("amount_fen", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", String, nullable=False),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("order_no", String, nullable=False, index=True),
    Column("event", String, nullable=False),
    Column("url", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Float, nullable=False),
    Column("state", String, nullable=False, server_default="waiting"),  # waiting, done, given_up
)
Index("callbacks_due", callbacks.c.next_at, sqlite_where=text("state = 'waiting'"))

nonces = Table(
    "nonces",
    metadata,
    Column("nonce", String, primary_key=True),
    Column("seen_at", Float, nullable=False, index=True),
)

codes = Table("codes", metadata, Column("code", String, primary_key=True), Column("used_at", String))
