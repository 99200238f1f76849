"""Orders: the list, and everything about one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Join, Select, Table, and_, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog.tables import item
from central.console.labels import DEAD_TASKS
from central.console.reads.keyset import ROWS, Rows, key_of, ms, page_of
from central.console.reads.runs import RUN_COLUMNS, RunRow, run_row
from central.fleet.tables import location
from central.orders.tables import customer_order, decision, order_history, order_line, shipment, task, task_line
from central.platform.tables import TENANT
from central.sourcing.tables import sourcing_run

VIEWS = ("open", "attention", "late", "unrouted", "done", "all")
HISTORY_MAX = 200
DECISIONS_MAX = 20

_UNFINISHED = ("open", "working")


@dataclass(frozen=True)
class OrderRow:
    """An order in a list. ``places`` are the keys and names of the locations that serve it, ``tasks`` their states."""

    order_id: UUID
    code: str
    status: str
    hold: str
    attention: str
    service: str
    customer: str
    currency: str
    total: int
    promise_ms: int | None
    placed_ms: int
    places: Sequence[tuple[str, str]]
    tasks: Sequence[str]
    open_lines: int

    @property
    def unfinished(self) -> bool:
        """Whether something is still to be done."""
        return self.status in _UNFINISHED

    def is_late(self, now_ms: int) -> bool:
        """Whether its promise has passed and the goods have not left."""
        return self.unfinished and self.promise_ms is not None and self.promise_ms < now_ms


@dataclass(frozen=True)
class LineRow:
    """A line of an order as it stands. ``quantity`` is what it stands for now, ``place`` who has it in hand."""

    line_id: UUID
    position: int
    sku: str
    name: str
    unit: str
    ordered_quantity: int
    quantity: int
    picked_quantity: int
    state: str
    amount: int
    is_split: bool
    place: str


@dataclass(frozen=True)
class TaskRow:
    """A pick list of an order."""

    task_id: UUID
    location: str
    name: str
    state: str
    service: str
    reason: str
    pick_by_ms: int | None
    offered_ms: int
    closed_ms: int | None
    quantity: int
    picked: int
    short: int
    packages: int
    carrier: str
    tracking: str
    proof: str
    send_by: str


@dataclass(frozen=True)
class HistoryRow:
    """What happened to an order. ``location`` is a key, ``place`` its name."""

    at_ms: int
    what: str
    location: str
    place: str
    staff: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class DecisionRow:
    """Why an order went where it went. ``run`` decided it, if that is known."""

    at_ms: int
    rule_version: str
    explanation: Mapping[str, Any]
    run: RunRow | None


@dataclass(frozen=True)
class OrderDetail:
    """Everything about one order. ``city`` is where it goes, without street or phone number."""

    row: OrderRow
    platform: str
    platform_order_id: str
    channel: str
    city: str
    tax_total: int
    shipping_charged: int
    received_ms: int
    lines: Sequence[LineRow]
    tasks: Sequence[TaskRow]
    history: Sequence[HistoryRow]
    decisions: Sequence[DecisionRow]


async def counts(conn: AsyncConnection, now_ms: int) -> Mapping[str, int]:
    """How many unfinished orders there are, and how many of them need a person, are late, or have no location."""
    order = customer_order
    unrouted = ~_has_living_task()
    query = select(
        func.count().label("open"),
        func.count().filter(_needs_attention()).label("attention"),
        func.count().filter(order.c.promise_ms < now_ms).label("late"),
        func.count().filter(and_(unrouted, order.c.hold == "")).label("unrouted"),
    ).where(order.c.tenant == TENANT, order.c.status.in_(_UNFINISHED))
    row = (await conn.execute(query)).one()
    return row._asdict()


async def orders(
    conn: AsyncConnection,
    now_ms: int,
    view: str,
    *,
    search: str = "",
    place: str = "",
    after: str = "",
    size: int = ROWS,
) -> Rows[OrderRow]:
    """The orders of a view, the newest first. ``search`` is the beginning of a code, or the shop's own number."""
    query = _orders().where(_in_view(view, now_ms)).order_by(customer_order.c.order_id.desc()).limit(size + 1)
    if search:
        query = query.where(
            or_(
                *(customer_order.c.code.startswith(text, autoescape=True) for text in _spellings(search)),
                customer_order.c.platform_order_id == search,
            )
        )
    if place:
        query = query.where(_has_living_task(task.c.location == place))
    key = key_of(after, str)
    if key is not None:
        query = query.where(customer_order.c.order_id < UUID(str(key[0])))
    found = (await conn.execute(query)).all()
    served = await _served_by(conn, [row.order_id for row in found])
    rows = [_order(row, served.get(row.order_id, ())) for row in found]
    return page_of(rows, lambda row: (str(row.order_id),), size)


async def order(conn: AsyncConnection, code: str) -> OrderDetail | None:
    """Everything about the order of that code."""
    columns = (
        customer_order.c.platform, customer_order.c.platform_order_id, customer_order.c.channel,
        customer_order.c.ship_to, customer_order.c.tax_total, customer_order.c.shipping_charged,
        customer_order.c.received_at,
    )  # fmt: skip
    query = _orders(*columns).where(customer_order.c.code == code)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    served = await _served_by(conn, [row.order_id])
    return OrderDetail(
        row=_order(row, served.get(row.order_id, ())),
        platform=row.platform,
        platform_order_id=row.platform_order_id,
        channel=row.channel,
        city=_city(row.ship_to),
        tax_total=row.tax_total,
        shipping_charged=row.shipping_charged,
        received_ms=ms(row.received_at) or 0,
        lines=await _lines(conn, row.order_id),
        tasks=await _tasks(conn, row.order_id),
        history=await _history(conn, row.order_id),
        decisions=await _decisions(conn, row.order_id),
    )


def _spellings(search: str) -> set[str]:
    """A code as people may type it: small letters, without its hyphen."""
    text = search.upper()
    return {text, f"{text[:4]}-{text[4:]}"} if len(text) > 4 and "-" not in text else {text}


def _needs_attention() -> ColumnElement[bool]:
    return or_(customer_order.c.attention != "", customer_order.c.hold != "")


def _has_living_task(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(literal(1))
        .select_from(task)
        .where(
            task.c.tenant == customer_order.c.tenant,
            task.c.order_id == customer_order.c.order_id,
            task.c.state.not_in(DEAD_TASKS),
            *conditions,
        )
        .exists()
    )


def _in_view(view: str, now_ms: int) -> ColumnElement[bool]:
    unfinished = customer_order.c.status.in_(_UNFINISHED)
    match view:
        case "attention":
            return and_(unfinished, _needs_attention())
        case "late":
            return and_(unfinished, customer_order.c.promise_ms < now_ms)
        case "unrouted":
            return and_(unfinished, customer_order.c.hold == "", ~_has_living_task())
        case "done":
            return ~unfinished
        case "all":
            return true()
        case _:
            return unfinished


def _orders(*more: ColumnElement[Any]) -> Select[Any]:
    order = customer_order
    open_lines = (
        select(func.count())
        .select_from(order_line)
        .where(
            order_line.c.tenant == order.c.tenant,
            order_line.c.order_id == order.c.order_id,
            order_line.c.state == "open",
        )
        .scalar_subquery()
    )
    return select(
        order.c.order_id, order.c.code, order.c.status, order.c.hold, order.c.attention, order.c.service,
        order.c.customer_name, order.c.currency, order.c.total, order.c.promise_ms, order.c.placed_ms,
        open_lines.label("open_lines"), *more,
    ).where(order.c.tenant == TENANT)  # fmt: skip


async def _served_by(conn: AsyncConnection, orders: Collection[UUID]) -> Mapping[UUID, list[tuple[str, str, str]]]:
    """The key, name and task state of every location that serves one of ``orders``."""
    query = (
        select(task.c.order_id, task.c.location, func.coalesce(location.c.name, task.c.location), task.c.state)
        .select_from(_with_location(task))
        .where(task.c.tenant == TENANT, task.c.order_id.in_(orders), task.c.state.not_in(DEAD_TASKS))
        .order_by(task.c.task_id)
    )
    found: dict[UUID, list[tuple[str, str, str]]] = {}
    for order_id, key, name, state in await conn.execute(query):
        found.setdefault(order_id, []).append((key, name, state))
    return found


async def _lines(conn: AsyncConnection, order_id: UUID) -> Sequence[LineRow]:
    line = order_line
    query = (
        select(
            line.c.line_id, line.c.position, line.c.sku, func.coalesce(item.c.name, line.c.sku),
            func.coalesce(item.c.unit, "each"), line.c.ordered_quantity, line.c.quantity, line.c.picked_quantity,
            line.c.state, line.c.amount, line.c.split_from.is_not(None),
            func.coalesce(location.c.name, task.c.location, ""),
        )
        .select_from(
            line.outerjoin(item, and_(item.c.tenant == line.c.tenant, item.c.sku == line.c.sku))
            .outerjoin(task, and_(task.c.tenant == line.c.tenant, task.c.task_id == line.c.task))
            .outerjoin(location, and_(location.c.tenant == task.c.tenant, location.c.location == task.c.location))
        )
        .where(line.c.tenant == TENANT, line.c.order_id == order_id)
        .order_by(line.c.position, line.c.split_from.is_not(None), line.c.line_id)
    )  # fmt: skip
    return [LineRow(*tuple(row)) for row in await conn.execute(query)]


async def _tasks(conn: AsyncConnection, order_id: UUID) -> Sequence[TaskRow]:
    picked = (
        select(
            func.coalesce(func.sum(task_line.c.quantity), 0).label("quantity"),
            func.coalesce(func.sum(task_line.c.picked), 0).label("picked"),
            func.coalesce(func.sum(task_line.c.short), 0).label("short"),
        )
        .where(task_line.c.tenant == task.c.tenant, task_line.c.task_id == task.c.task_id)
        .lateral("picked")
    )
    gone = shipment.c
    query = (
        select(
            task.c.task_id, task.c.location, func.coalesce(location.c.name, task.c.location).label("name"),
            task.c.state, task.c.service, task.c.reason, task.c.pick_by_ms, task.c.offered_at, task.c.closed_at,
            picked.c.quantity, picked.c.picked, picked.c.short, task.c.packages,
            func.coalesce(gone.carrier, "").label("carrier"), func.coalesce(gone.tracking, "").label("tracking"),
            func.coalesce(gone.proof, "").label("proof"), task.c.send_by,
        )
        .select_from(
            _with_location(task)
            .outerjoin(shipment, and_(gone.tenant == task.c.tenant, gone.task_id == task.c.task_id))
            .join(picked, true())
        )
        .where(task.c.tenant == TENANT, task.c.order_id == order_id)
        .order_by(task.c.task_id)
    )  # fmt: skip
    return [_task(row) for row in await conn.execute(query)]


async def _history(conn: AsyncConnection, order_id: UUID) -> Sequence[HistoryRow]:
    """What happened, the newest first."""
    entry = order_history
    query = (
        select(
            entry.c.at,
            entry.c.what,
            entry.c.location,
            func.coalesce(location.c.name, ""),
            entry.c.staff,
            entry.c.detail,
        )
        .select_from(_with_location(entry))
        .where(entry.c.tenant == TENANT, entry.c.order_id == order_id)
        .order_by(entry.c.entry_id.desc())
        .limit(HISTORY_MAX)
    )
    return [HistoryRow(ms(at) or 0, *rest) for at, *rest in await conn.execute(query)]


async def _decisions(conn: AsyncConnection, order_id: UUID) -> Sequence[DecisionRow]:
    """The decisions, the newest first."""
    query = (
        select(decision.c.at, decision.c.rule_version, decision.c.explanation, *RUN_COLUMNS)
        .outerjoin(
            sourcing_run,
            and_(sourcing_run.c.tenant == decision.c.tenant, sourcing_run.c.run_id == decision.c.run_id),
        )
        .where(decision.c.tenant == TENANT, decision.c.order_id == order_id)
        .order_by(decision.c.at.desc(), decision.c.decision_id.desc())
        .limit(DECISIONS_MAX)
    )
    return [
        DecisionRow(
            ms(row.at) or 0, row.rule_version, row.explanation, None if row.run_id is None else run_row(row)
        )
        for row in await conn.execute(query)
    ]  # fmt: skip


def _with_location(table: Table) -> Join:
    return table.outerjoin(location, and_(location.c.tenant == table.c.tenant, location.c.location == table.c.location))


def _order(row: Any, served: Sequence[tuple[str, str, str]]) -> OrderRow:
    places = dict.fromkeys((key, name) for key, name, _ in served)
    return OrderRow(
        order_id=row.order_id, code=row.code, status=row.status, hold=row.hold, attention=row.attention,
        service=row.service, customer=row.customer_name, currency=row.currency, total=row.total,
        promise_ms=row.promise_ms, placed_ms=row.placed_ms, places=list(places), tasks=[state for *_, state in served],
        open_lines=row.open_lines,
    )  # fmt: skip


def _task(row: Any) -> TaskRow:
    return TaskRow(
        task_id=row.task_id,
        location=row.location,
        name=row.name,
        state=row.state,
        service=row.service,
        reason=row.reason,
        pick_by_ms=row.pick_by_ms,
        offered_ms=ms(row.offered_at) or 0,
        closed_ms=ms(row.closed_at),
        quantity=int(row.quantity),
        picked=int(row.picked),
        short=int(row.short),
        packages=row.packages,
        carrier=row.carrier,
        tracking=row.tracking,
        proof=row.proof,
        send_by=row.send_by,
    )


def _city(ship_to: Mapping[str, Any]) -> str:
    """Where it goes, as far as the console shows it: the city and what stands beside it on a map."""
    parts = (ship_to.get(name) for name in ("city", "region", "zip", "country"))
    return ", ".join(str(part) for part in parts if part)
