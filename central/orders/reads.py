"""Orders as the API shows them: the list, and everything about one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.orders.tables import (
    customer_order,
    decision,
    order_history,
    order_line,
    shipment,
    shipment_line,
    task,
    task_line,
)
from central.platform.tables import TENANT

HISTORY_MAX = 500


class OrderSummary(BaseModel):
    """An order in a list. Amounts in minor units of ``currency``, ``_ms`` in milliseconds since 1970 UTC."""

    order_id: UUID
    code: str = Field(description="what people call it")
    platform: str
    platform_order_id: str
    channel: str
    service: str
    pickup_location: str
    status: str = Field(description="open, working, fulfilled or cancelled")
    hold: str = Field(description="why it is not offered to anybody; empty: it is not on hold")
    attention: str = Field(description="what a person should see to; empty: nothing")
    customer_name: str
    currency: str
    total: int
    placed_ms: int
    promise_ms: int | None
    customer_tier: str = Field(description="the customer's standing, as the shop calls it")
    pinned_location: str = Field(description="where a service agent wants it served; empty: anywhere")


class LineView(BaseModel):
    """A line as it stands. ``quantity`` is what it stands for now; what was short is a line with ``split_from``."""

    line_id: UUID
    platform_line_id: str
    split_from: UUID | None
    sku: str
    ordered_quantity: int
    quantity: int
    picked_quantity: int
    state: str
    task: UUID | None
    amount: int
    tax: int
    excluded_locations: list[str]


class TaskLineView(BaseModel):
    """What a location was asked for."""

    line_id: UUID
    sku: str
    quantity: int
    picked: int
    short: int


class TaskView(BaseModel):
    """A pick list that a location was asked for."""

    task_id: UUID
    location: str
    state: str
    rev: int
    service: str
    send_by: str = Field(description="the carrier's service that should take it; empty for what is collected")
    reason: str
    collect_code: str = Field(description="what the customer says at the counter; empty for shipments")
    pick_by_ms: int | None
    packages: int
    offered_at: datetime
    assigned_at: datetime | None
    started_at: datetime | None
    packed_at: datetime | None
    closed_at: datetime | None
    lines: list[TaskLineView] = []


class ShipmentLineView(BaseModel):
    """What left of one line."""

    line_id: UUID
    sku: str
    quantity: int


class ShipmentView(BaseModel):
    """Goods that left with a carrier or a customer."""

    task_id: UUID
    location: str
    kind: str
    carrier: str
    tracking: str
    proof: str
    packages: int
    at_ms: int
    lines: list[ShipmentLineView] = []


class HistoryView(BaseModel):
    """Something that happened."""

    at: datetime
    what: str
    task_id: UUID | None
    location: str
    staff: str
    detail: dict[str, Any]


class DecisionView(BaseModel):
    """Why the order went where it went."""

    decision_id: UUID
    at: datetime
    rule_version: str
    explanation: dict[str, Any]


class OrderView(OrderSummary):
    """Everything about one order."""

    tax_total: int
    shipping_charged: int
    lines: list[LineView]
    tasks: list[TaskView]
    shipments: list[ShipmentView]
    timeline: list[HistoryView]
    decisions: list[DecisionView]


async def page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, status: str = "", code: str = ""
) -> list[OrderSummary]:
    """At most ``limit`` orders older than ``before``, the newest first."""
    order = customer_order.c
    query = select(*_columns(customer_order, OrderSummary)).where(order.tenant == TENANT)
    if before is not None:
        query = query.where(order.order_id < before)
    if status:
        query = query.where(order.status == status)
    if code:
        query = query.where(order.code == code)
    rows = await conn.execute(query.order_by(order.order_id.desc()).limit(limit))
    return [OrderSummary.model_validate(row, from_attributes=True) for row in rows]


async def one(conn: AsyncConnection, order_id: UUID) -> OrderView | None:
    """Everything about one order; None where there is none."""
    order = customer_order.c
    columns = [*_columns(customer_order, OrderSummary), order.tax_total, order.shipping_charged]
    query = select(*columns).where(order.tenant == TENANT, order.order_id == order_id)
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    tasks = [TaskView(**found) for found in await _rows(conn, task, TaskView, order_id, "task_id")]
    shipments = [ShipmentView(**found) for found in await _rows(conn, shipment, ShipmentView, order_id, "task_id")]
    for view in tasks:
        view.lines = [TaskLineView(**part) for part in await _parts(conn, task_line, TaskLineView, view.task_id)]
    for gone in shipments:
        gone.lines = [
            ShipmentLineView(**part) for part in await _parts(conn, shipment_line, ShipmentLineView, gone.task_id)
        ]
    history = await _rows(conn, order_history, HistoryView, order_id, "entry_id")
    return OrderView(
        **row,
        lines=[LineView(**found) for found in await _rows(conn, order_line, LineView, order_id, "position", "line_id")],
        tasks=tasks,
        shipments=shipments,
        timeline=[HistoryView(**found) for found in history],
        decisions=[DecisionView(**found) for found in await _rows(conn, decision, DecisionView, order_id, "at")],
    )


def _columns(table: Table, view: type[BaseModel]) -> Sequence[Any]:
    """The columns of ``table`` that ``view`` shows."""
    return [table.c[name] for name in view.model_fields if name in table.c]


async def _rows(
    conn: AsyncConnection, table: Table, view: type[BaseModel], order_id: UUID, *order_by: str
) -> Sequence[Any]:
    query = (
        select(*_columns(table, view))
        .where(table.c.tenant == TENANT, table.c.order_id == order_id)
        .order_by(*(table.c[name] for name in order_by))
        .limit(HISTORY_MAX)
    )
    return (await conn.execute(query)).mappings().all()


async def _parts(conn: AsyncConnection, table: Table, view: type[BaseModel], task_id: UUID) -> Sequence[Any]:
    query = (
        select(*_columns(table, view))
        .where(table.c.tenant == TENANT, table.c.task_id == task_id)
        .order_by(table.c.line_id)
    )
    return (await conn.execute(query)).mappings().all()
