"""Orders in the database: a book is loaded under a lock of its order and saved by compare-and-set.

Every function works in the caller's transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog import postgres as catalogue
from central.fleet.tables import location as location_table
from central.inventory import postgres as inventory
from central.inventory.postgres import ClaimEntry
from central.orders.domain import (
    CLOSED_TASKS,
    OPEN,
    Claim,
    Doubt,
    Happened,
    Left,
    Line,
    Order,
    OrderBook,
    Task,
    TaskLine,
    Tell,
    Trouble,
)
from central.orders.intake import Destination, Goods, NewOrder, PickupPlace, codes
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
from central.platform import downlink, incidents
from central.platform.tables import TENANT
from retail.errors import Retryable
from sync_protocol import tasks
from sync_protocol.streams import TASKS, TaskDelta
from sync_protocol.tasks import TaskUpdate

CHANNEL = "tillway_orders"
"""Notified when a line became open: there is something to route."""

_DATED = {
    tasks.ASSIGNED: ("answered_at", "assigned_at"),
    tasks.REJECTED: ("answered_at",),
    tasks.STARTED: ("started_at",),
    tasks.PACKED: ("packed_at",),
}

_LINES = text(
    """
    SELECT l.*, coalesce(i.name, l.sku) AS name, coalesce(i.unit, 'each') AS unit,
           coalesce((SELECT min(g.gtin14) FROM item_gtin g WHERE g.tenant = l.tenant AND g.sku = l.sku), '') AS gtin
    FROM order_line l LEFT JOIN item i ON i.tenant = l.tenant AND i.sku = l.sku
    WHERE l.tenant = :tenant AND l.order_id = :order_id
    ORDER BY l.position, l.line_id
    """
)


class Overtaken(Retryable):
    """Somebody else changed the order meanwhile: load it again and decide again."""


@dataclass(frozen=True)
class Stored:
    """An order that is there: ``is_new`` says whether this call brought it."""

    order_id: UUID
    code: str
    status: str
    content_hash: bytes
    is_new: bool


async def goods(conn: AsyncConnection, skus: Collection[str]) -> dict[str, Goods]:
    """What the catalogue says of those of ``skus`` that it knows."""
    return {
        sku: Goods(found.item.name, found.item.unit.value, found.item.age_minimum, found.item.hazard, found.withdrawn)
        for sku, found in (await catalogue.items(conn, skus)).items()
    }


async def pickup_place(conn: AsyncConnection, location: str) -> PickupPlace | None:
    """The location as far as collecting there goes; None where it is not known."""
    table = location_table
    query = select(table.c.currency, table.c.pickups, table.c.open_for_orders, table.c.closed_reason).where(
        table.c.tenant == TENANT, table.c.location == location
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    return PickupPlace(row.currency, row.pickups, "" if row.open_for_orders else row.closed_reason or "it is closed")


async def find(conn: AsyncConnection, platform: str, platform_order_id: str) -> Stored | None:
    """The order that a shop calls so; None where there is none."""
    order = customer_order.c
    query = select(order.order_id, order.code, order.status, order.content_hash).where(
        order.tenant == TENANT, order.platform == platform, order.platform_order_id == platform_order_id
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Stored(*row, is_new=False)


async def create(
    conn: AsyncConnection, order_id: UUID, new: NewOrder, lines: Sequence[Line], content_hash: bytes
) -> Stored:
    """Write a new order with its lines and claims; what is there already under the shop's number is returned as is."""
    code = await _free_code(conn, new)
    address = new.ship_to
    made = await conn.execute(
        insert(customer_order)
        .values(
            order_id=order_id, code=code, platform=new.platform, platform_order_id=new.platform_order_id,
            content_hash=content_hash, channel=new.channel, service=new.service, pickup_location=new.pickup_location,
            customer_name=new.customer_name, contact=dict(new.contact),
            ship_to={} if address is None else asdict(address), dest_lat=address and address.lat,
            dest_lon=address and address.lon, currency=new.currency, total=new.total, tax_total=new.tax_total,
            shipping_charged=new.shipping_charged, payments=[asdict(payment) for payment in new.payments],
            promise_ms=new.promise_ms, placed_ms=new.placed_ms, customer_tier=new.customer_tier,
            pinned_location=new.pinned_location, status=OPEN,
        )
        .on_conflict_do_nothing(
            index_elements=[customer_order.c.tenant, customer_order.c.platform, customer_order.c.platform_order_id]
        )
        .returning(customer_order.c.order_id)
    )  # fmt: skip
    if made.scalar_one_or_none() is None:
        found = await find(conn, new.platform, new.platform_order_id)
        assert found is not None
        return found
    await conn.execute(insert(order_line), [_line_values(order_id, line) for line in lines])
    await inventory.claim(
        conn, [ClaimEntry(line.line_id, line.sku, "", "wanted", line.quantity, "order") for line in lines]
    )
    await conn.execute(insert(order_history).values(order_id=order_id, what="received", detail={"code": code}))
    await conn.execute(select(func.pg_notify(CHANNEL, str(order_id))))
    return Stored(order_id, code, OPEN, content_hash, is_new=True)


async def load(conn: AsyncConnection, order_id: UUID) -> OrderBook | None:
    """The book of an order, locked until this transaction ends; None where there is no such order."""
    order = customer_order
    query = select(order).where(order.c.tenant == TENANT, order.c.order_id == order_id).with_for_update()
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    lines = await conn.execute(_LINES, {"tenant": TENANT, "order_id": order_id})
    parts: dict[UUID, list[TaskLine]] = defaultdict(list)
    part_query = (
        select(task_line)
        .join(task, (task.c.tenant == task_line.c.tenant) & (task.c.task_id == task_line.c.task_id))
        .where(task.c.tenant == TENANT, task.c.order_id == order_id)
        .order_by(task_line.c.line_id)
    )
    for part in await conn.execute(part_query):
        parts[part.task_id].append(TaskLine(part.line_id, part.sku, part.quantity, part.picked, part.short))
    found = await conn.execute(select(task).where(task.c.tenant == TENANT, task.c.order_id == order_id))
    return OrderBook(
        _order(row), [_line(line) for line in lines], [_task(row, tuple(parts[row.task_id])) for row in found]
    )


async def order_of_task(conn: AsyncConnection, task_id: UUID) -> UUID | None:
    """Whose task it is; None where there is no such task."""
    query = select(task.c.order_id).where(task.c.tenant == TENANT, task.c.task_id == task_id)
    return (await conn.execute(query)).scalar_one_or_none()


async def is_done(conn: AsyncConnection, order_id: UUID, event_id: UUID) -> bool:
    """Whether the event has had its effect on the order."""
    query = select(order_history.c.entry_id).where(
        order_history.c.tenant == TENANT,
        order_history.c.order_id == order_id,
        order_history.c.event_id == event_id,
    )
    return (await conn.execute(query)).first() is not None


async def save(conn: AsyncConnection, book: OrderBook, event_id: UUID | None = None) -> None:
    """Write what changed in ``book`` and what follows from it. ``event_id``: the event that is done with it.

    Raises :class:`Overtaken` when a line no longer has the version that it was loaded with.
    """
    order_id = book.order.order_id
    values: dict[str, Any] = {"waiting_since": func.now()} if book.waits_anew else {}
    if book.order_changed:
        values |= {"status": book.order.status, "hold": book.order.hold, "attention": book.order.attention}
    if values:
        await conn.execute(
            update(customer_order)
            .where(customer_order.c.tenant == TENANT, customer_order.c.order_id == order_id)
            .values(values)
        )
    for version, line in book.changed_lines():
        await _save_line(conn, order_id, version, line)
    for is_new, changed in book.changed_tasks():
        await _save_task(conn, order_id, is_new, changed)
    await _save_effects(conn, book, event_id)
    if any(line.state == OPEN for _, line in book.changed_lines()):
        await conn.execute(select(func.pg_notify(CHANNEL, str(order_id))))


async def add_decision(
    conn: AsyncConnection,
    order_id: UUID,
    decision_id: UUID,
    rule_version: str,
    explanation: Mapping[str, Any],
    run_id: UUID | None = None,
) -> None:
    """Keep why an order goes where it goes, and which run of sourcing said so."""
    await conn.execute(
        insert(decision).values(
            order_id=order_id, decision_id=decision_id, rule_version=rule_version, explanation=dict(explanation),
            run_id=run_id,
        )
    )  # fmt: skip


async def tell(conn: AsyncConnection, updates: Sequence[tuple[str, TaskUpdate]]) -> None:
    """Append decisions to the locations' streams, in their order; locations in theirs, so that two never wait."""
    by_location: dict[str, list[TaskUpdate]] = defaultdict(list)
    for location, decided in updates:
        by_location[location].append(decided)
    for location in sorted(by_location):
        await downlink.append_records(conn, location, TASKS, by_location[location], TaskDelta)


async def report(conn: AsyncConnection, trouble: Trouble, subject: str) -> None:
    """Show a trouble to people."""
    await incidents.report(
        conn, trouble.kind, trouble.key, subject=subject, problem=trouble.problem, remedy=trouble.remedy,
        location=trouble.location,
    )  # fmt: skip


async def overdue_tasks(
    conn: AsyncConnection, offer_timeout: timedelta, start_timeout: timedelta, limit: int
) -> list[tuple[UUID, UUID]]:
    """Tasks to ship, as (order, task), that were not answered, or not started, in time."""
    query = (
        select(task.c.order_id, task.c.task_id)
        .where(
            task.c.tenant == TENANT,
            task.c.closed_at.is_(None),
            task.c.service == tasks.SHIP,
            ((task.c.state == tasks.OFFERED) & (task.c.offered_at < func.now() - offer_timeout))
            | ((task.c.state == tasks.ASSIGNED) & (task.c.assigned_at < func.now() - start_timeout)),
        )
        .order_by(task.c.task_id)
        .limit(limit)
    )
    return [(row.order_id, row.task_id) for row in await conn.execute(query)]


async def _save_line(conn: AsyncConnection, order_id: UUID, version: int, line: Line) -> None:
    values = _line_values(order_id, line)
    if version == 0:
        await conn.execute(insert(order_line).values(values))
        return
    changed = await conn.execute(
        update(order_line)
        .where(
            order_line.c.tenant == TENANT,
            order_line.c.order_id == order_id,
            order_line.c.line_id == line.line_id,
            order_line.c.version == version,
        )
        .values(values)
    )
    if changed.rowcount != 1:
        raise Overtaken(f"order line {line.line_id} was changed meanwhile")


async def _save_task(conn: AsyncConnection, order_id: UUID, is_new: bool, changed: Task) -> None:
    dates = {column: func.now() for column in _DATED.get(changed.state, ())}
    values = {
        "rev": changed.rev, "state": changed.state, "reason": changed.reason, "packages": changed.packages, **dates,
    }  # fmt: skip
    if changed.state in CLOSED_TASKS:
        values["closed_at"] = func.coalesce(task.c.closed_at, func.now())
    if is_new:
        await conn.execute(
            insert(task).values(
                task_id=changed.task_id, order_id=order_id, location=changed.location, service=changed.service,
                collect_code=changed.collect_code, decision_id=changed.decision_id, pick_by_ms=changed.pick_by_ms,
                send_by=changed.send_by, **values,
            )
        )  # fmt: skip
    else:
        await conn.execute(
            update(task).where(task.c.tenant == TENANT, task.c.task_id == changed.task_id).values(values)
        )
    statement = insert(task_line)
    new_figures = {"picked": statement.excluded.picked, "short": statement.excluded.short}
    await conn.execute(
        statement.on_conflict_do_update(constraint=task_line.primary_key, set_=new_figures),
        [{"task_id": changed.task_id, **asdict(part)} for part in changed.lines],
    )


async def _save_effects(conn: AsyncConnection, book: OrderBook, event_id: UUID | None) -> None:
    order_id, effects = book.order.order_id, book.effects
    history = [effect for effect in effects if isinstance(effect, Happened)]
    if history:
        # The first entry carries the event: it says that the event is done.
        marks = [event_id, *[None] * (len(history) - 1)]
        await conn.execute(
            insert(order_history),
            [
                {
                    "order_id": order_id, "what": entry.what, "task_id": entry.task_id, "location": entry.location,
                    "staff": entry.staff, "detail": dict(entry.detail), "event_id": mark,
                }
                for entry, mark in zip(history, marks, strict=True)
            ],
        )  # fmt: skip
    claims = [effect for effect in effects if isinstance(effect, Claim)]
    await inventory.claim(
        conn,
        [ClaimEntry(made.line_id, made.sku, made.location, made.state, made.quantity, made.reason) for made in claims],
    )
    for effect in effects:
        if isinstance(effect, Left):
            await _save_departure(conn, order_id, effect)
        elif isinstance(effect, Trouble):
            await report(conn, effect, f"order/{book.order.code}")
    doubts = [effect for effect in effects if isinstance(effect, Doubt)]
    for found in sorted(doubts, key=lambda each: each.sku):
        assert event_id is not None, "only a box's answer makes the centre doubt"
        await inventory.doubt(conn, found.location, found.sku, found.available, event_id)
    await tell(conn, [(effect.location, effect.update) for effect in effects if isinstance(effect, Tell)])


async def _save_departure(conn: AsyncConnection, order_id: UUID, left: Left) -> None:
    await conn.execute(
        insert(shipment).values(
            task_id=left.task_id, order_id=order_id, location=left.location, kind=left.kind, carrier=left.carrier,
            tracking=left.tracking, proof=left.proof, packages=left.packages, at_ms=left.at_ms, staff=left.staff,
        )
    )  # fmt: skip
    if left.lines:
        await conn.execute(
            insert(shipment_line),
            [
                {"line_id": line_id, "task_id": left.task_id, "sku": sku, "quantity": quantity}
                for line_id, sku, quantity in left.lines
            ],
        )


async def _free_code(conn: AsyncConnection, new: NewOrder) -> str:
    candidates = list(codes(new))
    query = select(customer_order.c.code).where(
        customer_order.c.tenant == TENANT, customer_order.c.code.in_(candidates)
    )
    taken = set((await conn.execute(query)).scalars())
    return next(code for code in candidates if code not in taken)


def _line_values(order_id: UUID, line: Line) -> dict[str, Any]:
    return {
        "order_id": order_id, "line_id": line.line_id, "position": line.position,
        "platform_line_id": line.platform_line_id, "kit_parent": line.kit_parent, "split_from": line.split_from,
        "sku": line.sku, "ordered_quantity": line.ordered_quantity, "quantity": line.quantity,
        "picked_quantity": line.picked_quantity, "gift": line.gift, "age_minimum": line.age_minimum,
        "hazard": line.hazard, "unit_price": line.unit_price, "tax": line.tax, "amount": line.amount,
        "version": line.version, "state": line.state, "task": line.task,
        "excluded_locations": sorted(line.excluded),
    }  # fmt: skip


def _line(row: Any) -> Line:
    return Line(
        line_id=row.line_id, sku=row.sku, quantity=row.quantity, ordered_quantity=row.ordered_quantity,
        version=row.version, state=row.state, task=row.task, excluded=frozenset(row.excluded_locations),
        picked_quantity=row.picked_quantity, split_from=row.split_from, position=row.position,
        platform_line_id=row.platform_line_id, kit_parent=row.kit_parent, gift=row.gift, age_minimum=row.age_minimum,
        hazard=row.hazard, unit_price=row.unit_price, tax=row.tax, amount=row.amount, name=row.name, gtin=row.gtin,
        unit=row.unit,
    )  # fmt: skip


def _order(row: Any) -> Order:
    address = Destination(**row.ship_to) if row.ship_to else None
    return Order(
        order_id=row.order_id, code=row.code, service=row.service, pickup_location=row.pickup_location,
        customer_name=row.customer_name, destination=address.on_paper if address else "", promise_ms=row.promise_ms,
        status=row.status, hold=row.hold, attention=row.attention,
    )  # fmt: skip


def _task(row: Any, parts: tuple[TaskLine, ...]) -> Task:
    return Task(
        task_id=row.task_id, location=row.location, service=row.service, lines=parts, rev=row.rev, state=row.state,
        reason=row.reason, collect_code=row.collect_code, decision_id=row.decision_id, pick_by_ms=row.pick_by_ms or 0,
        packages=row.packages, send_by=row.send_by,
    )  # fmt: skip
