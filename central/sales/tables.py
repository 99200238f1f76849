"""The tables of what was sold and where the money went."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from central.platform.tables import metadata, required, serial, tenant

sale = Table(
    "sale",
    metadata,
    tenant(),
    required("sale_id", Uuid),
    required("event_id", Uuid),
    required("location", Text),
    required("register", Text),
    required("receipt", Text),
    required("business_day", Date),
    required("currency", Text),
    required("total", BigInteger),
    required("tax_total", BigInteger),
    required("rounding", BigInteger),
    required("at_ms", BigInteger),
    required("staff", Text),
    PrimaryKeyConstraint("tenant", "sale_id"),
    Index(None, "tenant", "location", "business_day"),
    Index(None, "tenant", "event_id"),
)
"""One receipt. ``total`` is what was paid, tax and rounding included."""

sale_line = Table(
    "sale_line",
    metadata,
    tenant(),
    required("sale_id", Uuid),
    required("line_no", Integer),
    required("sku", Text),
    required("gtin", Text),
    required("name", Text),
    required("quantity", BigInteger),
    required("unit", Text),
    required("unit_price", BigInteger),
    required("amount", BigInteger),
    required("tax_code", Text),
    required("tax_amount", BigInteger),
    required("price_gen", BigInteger),
    required("price_ver", BigInteger),
    required("lot", Text, "''"),
    required("serial", Text, "''"),
    PrimaryKeyConstraint("tenant", "sale_id", "line_no"),
)
"""One line of a receipt, in its order from 1."""

money_move = Table(
    "money_move",
    metadata,
    tenant(),
    serial("move_id"),
    required("event_id", Uuid),
    required("location", Text),
    required("register", Text),
    required("staff", Text),
    required("business_day", Date),
    required("source", Text),
    required("target", Text),
    required("amount", BigInteger),
    required("currency", Text),
    required("reason", Text),
    PrimaryKeyConstraint("tenant", "location", "move_id"),
    Index(None, "tenant", "event_id"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("source <> target AND source <> '' AND target <> ''", name="from_somewhere_to_somewhere"),
)
"""Every cent's way, append-only: from ``revenue``, ``tax`` or ``rounding`` to a tender's account such as ``cash``."""
