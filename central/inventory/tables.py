"""The tables of the stock: a double-entry ledger, its balances, and reservations.

The states of stock are those of :mod:`sync_protocol.effects`. A reservation is a claim of an order line on stock:
*wanted* while no location is chosen, *offered* while a location is asked, *set_aside* once the goods lie in the
ledger's own state ``reserved``.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from central.platform.tables import metadata, moment, one_of, required, serial, tenant

WANTED, OFFERED, SET_ASIDE = "wanted", "offered", "set_aside"
NOWHERE = ""
"""The location of a claim that has none yet."""

stock_move = Table(
    "stock_move",
    metadata,
    tenant(),
    serial("move_id"),
    required("event_id", Uuid),
    required("location", Text),
    required("sku", Text),
    required("lot", Text, "''"),
    required("serial", Text, "''"),
    required("source", Text),
    required("target", Text),
    required("quantity", BigInteger),
    required("reason", Text),
    required("business_day", Date),
    required("staff", Text),
    required("at_ms", BigInteger),
    PrimaryKeyConstraint("tenant", "location", "move_id"),
    Index(None, "tenant", "event_id"),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("source <> target AND source <> '' AND target <> ''", name="from_somewhere_to_somewhere"),
)
"""Every movement, append-only: ``quantity`` of ``sku`` goes from one state to another at ``location``."""

stock_balance = Table(
    "stock_balance",
    metadata,
    tenant(),
    required("location", Text),
    required("sku", Text),
    required("state", Text),
    required("lot", Text, "''"),
    required("serial", Text, "''"),
    required("quantity", BigInteger),
    moment("changed_at"),
    PrimaryKeyConstraint("tenant", "location", "sku", "state", "lot", "serial"),
    Index(None, "tenant", "sku", "state"),
)
"""The sum of the moves by account. May be negative. Whoever adds to it sets ``changed_at`` to ``now()``."""

stock_doubt = Table(
    "stock_doubt",
    metadata,
    tenant(),
    required("location", Text),
    required("sku", Text),
    required("available", BigInteger),
    required("event_id", Uuid),
    moment("at"),
    PrimaryKeyConstraint("tenant", "location", "sku"),
)
"""A store said that it has less than the ledger says. Holds until the account's next movement."""

reservation_entry = Table(
    "reservation_entry",
    metadata,
    tenant(),
    serial("entry_id"),
    required("order_line", Uuid),
    required("sku", Text),
    required("location", Text, "''"),
    required("state", Text),
    required("quantity", BigInteger),
    required("reason", Text),
    moment("at"),
    PrimaryKeyConstraint("tenant", "entry_id"),
    Index(None, "tenant", "order_line"),
    one_of("state", "state", WANTED, OFFERED, SET_ASIDE),
    CheckConstraint("quantity <> 0", name="quantity"),
)
"""Every claim and its compensation, append-only. A line that is closed sums to zero."""

reservation_balance = Table(
    "reservation_balance",
    metadata,
    tenant(),
    required("sku", Text),
    required("location", Text),
    required("state", Text),
    required("quantity", BigInteger),
    PrimaryKeyConstraint("tenant", "sku", "location", "state"),
)
"""The sum of the entries by SKU, place and state."""
