"""Pick lists of all locations: what stands in the stores, the most urgent first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from central.console.reads.keyset import ROWS, Rows, key_of, ms, page_of
from central.fleet.tables import location
from central.orders.tables import customer_order, task, task_line
from central.platform.tables import TENANT

VIEWS = ("open", "late", "waiting", "picking", "packed", "closed")
_NEVER = 2**61
"""Sorts a pick list without a time behind all that have one."""
_PACKED = 2**62
_urgency = func.coalesce(task.c.pick_by_ms, literal(_NEVER, BigInteger)) + case(
    (task.c.state == "packed", literal(_PACKED, BigInteger)), else_=literal(0, BigInteger)
)


@dataclass(frozen=True)
class TaskRow:
    """A pick list. ``since_ms`` is when it came into its state; quantities are sums over its lines."""

    task_id: UUID
    order_code: str
    location: str
    place: str
    state: str
    service: str
    reason: str
    pick_by_ms: int | None
    since_ms: int
    closed_ms: int | None
    lines: int
    quantity: int
    picked: int
    short: int

    @property
    def urgency(self) -> int:
        """What open pick lists are sorted by: the time to pick them by, those that are packed behind all others."""
        return (self.pick_by_ms if self.pick_by_ms is not None else _NEVER) + (_PACKED if self.state == "packed" else 0)

    def is_late(self, now_ms: int) -> bool:
        """Whether it should be packed by now and is not."""
        unpacked = self.state in ("offered", "assigned", "started")
        return unpacked and self.pick_by_ms is not None and self.pick_by_ms < now_ms


async def counts(conn: AsyncConnection, now_ms: int, place: str = "") -> Mapping[str, int]:
    """How many open pick lists there are by view."""
    query = select(
        *(func.count().filter(_in_view(view, now_ms)).label(view) for view in VIEWS if view != "closed")
    ).where(task.c.tenant == TENANT, task.c.closed_at.is_(None))
    if place:
        query = query.where(task.c.location == place)
    return (await conn.execute(query)).one()._asdict()


async def tasks(
    conn: AsyncConnection, now_ms: int, view: str, *, place: str = "", after: str = "", size: int = ROWS
) -> Rows[TaskRow]:
    """The pick lists of a view: open ones by the time to pick them by, closed ones with the latest first."""
    query = _tasks().where(_in_view(view, now_ms)).limit(size + 1)
    if place:
        query = query.where(task.c.location == place)
    if view == "closed":
        key = key_of(after, str)
        if key is not None:
            query = query.where(task.c.task_id < UUID(str(key[0])))
        rows = [_row(row) for row in await conn.execute(query.order_by(task.c.task_id.desc()))]
        return page_of(rows, lambda row: (str(row.task_id),), size)
    key = key_of(after, int, str)
    if key is not None:
        query = query.where(tuple_(_urgency, task.c.task_id) > tuple_(literal(key[0], BigInteger), UUID(str(key[1]))))
    rows = [_row(row) for row in await conn.execute(query.order_by(_urgency, task.c.task_id))]
    return page_of(rows, lambda row: (row.urgency, str(row.task_id)), size)


def _in_view(view: str, now_ms: int) -> ColumnElement[bool]:
    is_open = task.c.closed_at.is_(None)
    match view:
        case "late":
            unpacked = task.c.state.in_(("offered", "assigned", "started"))
            return and_(is_open, unpacked, task.c.pick_by_ms < now_ms)
        case "waiting":
            return and_(is_open, task.c.state.in_(("offered", "assigned")))
        case "picking":
            return and_(is_open, task.c.state == "started")
        case "packed":
            return and_(is_open, task.c.state == "packed")
        case "closed":
            return ~is_open
        case _:
            return is_open


def _tasks() -> Select[Any]:
    sums = (
        select(
            func.count().label("lines"),
            func.coalesce(func.sum(task_line.c.quantity), 0).label("quantity"),
            func.coalesce(func.sum(task_line.c.picked), 0).label("picked"),
            func.coalesce(func.sum(task_line.c.short), 0).label("short"),
        )
        .where(task_line.c.tenant == task.c.tenant, task_line.c.task_id == task.c.task_id)
        .lateral("sums")
    )
    since = func.coalesce(
        task.c.closed_at, task.c.packed_at, task.c.started_at, task.c.assigned_at, task.c.answered_at, task.c.offered_at
    )
    joined = (
        task.join(
            customer_order,
            and_(customer_order.c.tenant == task.c.tenant, customer_order.c.order_id == task.c.order_id),
        )
        .outerjoin(location, and_(location.c.tenant == task.c.tenant, location.c.location == task.c.location))
        .join(sums, true())
    )
    return (
        select(
            task.c.task_id, customer_order.c.code, task.c.location,
            func.coalesce(location.c.name, task.c.location).label("place"), task.c.state, task.c.service, task.c.reason,
            task.c.pick_by_ms, since.label("since"), task.c.closed_at, sums.c.lines, sums.c.quantity, sums.c.picked,
            sums.c.short,
        )
        .select_from(joined)
        .where(task.c.tenant == TENANT)
    )  # fmt: skip


def _row(row: Any) -> TaskRow:
    return TaskRow(
        row.task_id, row.code, row.location, row.place, row.state, row.service, row.reason, row.pick_by_ms,
        ms(row.since) or 0, ms(row.closed_at), row.lines, int(row.quantity), int(row.picked), int(row.short),
    )  # fmt: skip
