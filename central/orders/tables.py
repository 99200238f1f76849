"""The tables of the orders: what customers want, who was asked for it, and what left the building."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from central.platform.tables import metadata, moment, one_of, optional_moment, required, serial, tenant


def _of_order() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "order_id"], ["customer_order.tenant", "customer_order.order_id"])


customer_order = Table(
    "customer_order",
    metadata,
    tenant(),
    required("order_id", Uuid),
    required("code", Text),
    required("platform", Text),
    required("platform_order_id", Text),
    required("content_hash", LargeBinary),
    required("channel", Text),
    required("service", Text),
    required("pickup_location", Text, "''"),
    required("customer_name", Text),
    required("contact", JSONB, "'{}'"),
    required("ship_to", JSONB, "'{}'"),
    Column("dest_lat", Double),
    Column("dest_lon", Double),
    required("currency", Text),
    required("total", BigInteger),
    required("tax_total", BigInteger),
    required("shipping_charged", BigInteger),
    required("payments", JSONB, "'[]'"),
    Column("promise_ms", BigInteger),
    required("placed_ms", BigInteger),
    required("customer_tier", Text, "''"),
    required("pinned_location", Text, "''"),
    moment("received_at"),
    optional_moment("waiting_since"),
    required("status", Text),
    required("hold", Text, "''"),
    required("attention", Text, "''"),
    PrimaryKeyConstraint("tenant", "order_id"),
    UniqueConstraint("tenant", "platform", "platform_order_id"),
    UniqueConstraint("tenant", "code"),
    one_of("service", "service", "ship", "pickup"),
    one_of("status", "status", "open", "working", "fulfilled", "cancelled"),
    Index("customer_order_open_idx", "tenant", "order_id", postgresql_where=text("status IN ('open', 'working')")),
)
"""One order of a shop. ``hold`` says why it is not offered to anybody, ``attention`` what a person should see to.

``waiting_since``: when a line of it came back after all had been accepted; null while it waits since it was placed.
``pinned_location`` is where a service agent wants it served, if anywhere.
"""

order_line = Table(
    "order_line",
    metadata,
    tenant(),
    required("order_id", Uuid),
    required("line_id", Uuid),
    required("position", Integer),
    required("platform_line_id", Text),
    required("kit_parent", Text, "''"),
    Column("split_from", Uuid),
    required("sku", Text),
    required("ordered_quantity", BigInteger),
    required("quantity", BigInteger),
    required("picked_quantity", BigInteger, "0"),
    Column("actual_weight_g", BigInteger),
    required("gift", Boolean, "false"),
    required("age_minimum", Integer, "0"),
    required("hazard", Text, "''"),
    required("unit_price", BigInteger),
    required("tax", BigInteger),
    required("amount", BigInteger),
    required("version", BigInteger),
    required("state", Text),
    Column("task", Uuid),
    required("excluded_locations", ARRAY(Text), "'{}'"),
    PrimaryKeyConstraint("tenant", "order_id", "line_id"),
    UniqueConstraint("tenant", "line_id"),
    _of_order(),
    one_of("state", "state", "open", "offered", "assigned", "started", "shipped", "short", "cancelled"),
    CheckConstraint("quantity >= 0 AND (quantity > 0 OR state = 'short')", name="quantity"),
    Index("order_line_open_idx", "tenant", "order_id", postgresql_where=text("state = 'open'")),
)
"""A line of an order. Each change raises ``version``; every decision compares it first.

``quantity`` is what the line stands for now: what was short left it for a new line, whose ``split_from`` is this one.
``unit_price`` and ``tax`` and ``amount`` are as charged; amounts are split with the quantity and lose no cent.
"""

decision = Table(
    "decision",
    metadata,
    tenant(),
    required("order_id", Uuid),
    required("decision_id", Uuid),
    moment("at"),
    required("rule_version", Text),
    required("explanation", JSONB),
    Column("run_id", Uuid),
    PrimaryKeyConstraint("tenant", "order_id", "decision_id"),
    _of_order(),
    Index("decision_run_idx", "tenant", "run_id", postgresql_where=text("run_id IS NOT NULL")),
)
"""Why an order went where it went, as :mod:`routing` explained it. ``run_id`` is the run of sourcing that decided."""

task = Table(
    "task",
    metadata,
    tenant(),
    required("task_id", Uuid),
    required("order_id", Uuid),
    required("location", Text),
    required("rev", Integer),
    required("state", Text),
    required("service", Text),
    required("reason", Text, "''"),
    required("collect_code", Text, "''"),
    Column("decision_id", Uuid),
    Column("pick_by_ms", BigInteger),
    required("packages", Integer, "0"),
    moment("offered_at"),
    optional_moment("answered_at"),
    optional_moment("assigned_at"),
    optional_moment("started_at"),
    optional_moment("packed_at"),
    optional_moment("closed_at"),
    required("send_by", Text, "''"),
    PrimaryKeyConstraint("tenant", "task_id"),
    _of_order(),
    one_of("service", "service", "ship", "pickup"),
    one_of(
        "state", "state",
        "offered", "assigned", "started", "packed", "shipped", "handed_over", "rejected", "withdrawn", "released",
    ),
    Index(None, "tenant", "order_id"),
    Index(None, "tenant", "offered_at"),
    Index("task_unfinished_idx", "tenant", "location", "task_id", postgresql_where=text("closed_at IS NULL")),
)  # fmt: skip
"""A pick list that one location was asked for. ``rev`` counts the centre's decisions on it; ``send_by`` is the
carrier's service that should take it, empty for what is collected, and where none was named."""

task_line = Table(
    "task_line",
    metadata,
    tenant(),
    required("task_id", Uuid),
    required("line_id", Uuid),
    required("sku", Text),
    required("quantity", BigInteger),
    required("picked", BigInteger, "0"),
    required("short", BigInteger, "0"),
    PrimaryKeyConstraint("tenant", "task_id", "line_id"),
    ForeignKeyConstraint(["tenant", "task_id"], ["task.tenant", "task.task_id"]),
)
"""What was asked of the location for one order line, and what came of it."""

shipment = Table(
    "shipment",
    metadata,
    tenant(),
    required("task_id", Uuid),
    required("order_id", Uuid),
    required("location", Text),
    required("kind", Text),
    required("carrier", Text, "''"),
    required("tracking", Text, "''"),
    required("proof", Text, "''"),
    required("packages", Integer, "0"),
    required("at_ms", BigInteger),
    required("staff", Text, "''"),
    PrimaryKeyConstraint("tenant", "task_id"),
    _of_order(),
    one_of("kind", "kind", "shipped", "handed_over"),
    Index(None, "tenant", "order_id"),
)
"""Goods that left with a carrier or a customer."""

shipment_line = Table(
    "shipment_line",
    metadata,
    tenant(),
    required("line_id", Uuid),
    required("task_id", Uuid),
    required("sku", Text),
    required("quantity", BigInteger),
    PrimaryKeyConstraint("tenant", "line_id"),
    ForeignKeyConstraint(["tenant", "task_id"], ["shipment.tenant", "shipment.task_id"]),
)
"""What of which line left. The key makes a second shipment of a line impossible."""

order_history = Table(
    "order_history",
    metadata,
    tenant(),
    required("order_id", Uuid),
    serial("entry_id"),
    moment("at"),
    required("what", Text),
    Column("task_id", Uuid),
    required("location", Text, "''"),
    required("staff", Text, "''"),
    required("detail", JSONB, "'{}'"),
    Column("event_id", Uuid),
    PrimaryKeyConstraint("tenant", "order_id", "entry_id"),
    _of_order(),
    Index("order_history_event_idx", "tenant", "order_id", "event_id", unique=True,
          postgresql_where=text("event_id IS NOT NULL")),
)  # fmt: skip
"""What happened to an order, for people; and which events are done, so that none is done twice."""
