"""What happens to orders: they come in, are offered, answered, taken back, cancelled.

Every function works in the caller's transaction, which it expects to be one of READ COMMITTED. The order is locked
first, so that decisions on one order follow each other.

For sourcing: :func:`open_demand` tells what is to be routed, :func:`offer` carries a plan out. Between the two, the
world may change; a plan of which any line is no longer as it was read changes nothing and names the stale lines.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.orders import answers, destination, intake, postgres, task_flow
from central.orders.answers import TaskPayload
from central.orders.domain import Answer, Happened, Task, Tell, Trouble
from central.orders.intake import Destination, NewOrder
from central.orders.tables import customer_order
from central.orders.task_flow import MovedTask, PlannedLine, PlannedTask
from central.platform import audit
from central.platform.event_log import read_event
from central.platform.outbox import Message
from central.platform.tables import TENANT
from retail.errors import Fatal, Refused
from retail.ids import IdSource
from sync_protocol.body import decode_body
from sync_protocol.events import Event

TASK_EVENT = "task-event"
"""Topic of the outbox: an event about a task (the key), whose id is the payload."""

SOURCING = "sourcing"
"""Who cancels by rules, as the audit names it."""

_OPEN_DEMAND = text(
    """
    WITH offer AS (
        SELECT t.task_id, t.order_id, t.location, t.rev, t.send_by,
               (extract(epoch FROM t.offered_at) * 1000)::bigint AS offered_ms
        FROM task t
        WHERE t.tenant = :tenant AND t.closed_at IS NULL AND t.state = 'offered' AND t.service = 'ship'
          AND t.offered_at <= now() - make_interval(secs => :settled_s)
    ), wanted AS (
        SELECT c.* FROM customer_order c
        WHERE c.tenant = :tenant AND c.status IN ('open', 'working') AND c.hold = ''
          AND (:currency = '' OR c.currency = :currency)
          AND (CAST(:only AS uuid[]) IS NULL OR c.order_id = ANY(CAST(:only AS uuid[])))
          AND (c.order_id IN (SELECT l.order_id FROM order_line l WHERE l.tenant = :tenant AND l.state = 'open')
               OR c.order_id IN (SELECT order_id FROM offer))
        ORDER BY c.order_id LIMIT :limit
    )
    SELECT o.order_id, o.service, o.pickup_location, o.dest_lat, o.dest_lon, o.ship_to ->> 'country' AS country,
           o.ship_to ->> 'region' AS region, o.ship_to ->> 'zip' AS postcode, o.channel,
           o.currency, o.promise_ms, o.placed_ms, o.attention, o.ship_to, o.customer_tier, o.pinned_location,
           o.total - o.shipping_charged AS value, (extract(epoch FROM o.waiting_since) * 1000)::bigint AS waiting_ms,
           l.line_id, l.version, l.sku, l.quantity, l.amount, l.excluded_locations, l.hazard, l.age_minimum, l.gift,
           l.kit_parent,
           coalesce(i.name, l.sku) AS name, coalesce(i.weight_g, 0) AS weight_g, coalesce(i.tags, '{}') AS tags,
           f.task_id, coalesce(f.rev, 0) AS rev, coalesce(f.location, '') AS offered_to, f.offered_ms,
           coalesce(f.send_by, '') AS send_by
    FROM wanted o
    JOIN order_line l ON l.tenant = o.tenant AND l.order_id = o.order_id AND l.state IN ('open', 'offered')
    LEFT JOIN offer f ON f.task_id = l.task
    LEFT JOIN item i ON i.tenant = l.tenant AND i.sku = l.sku
    WHERE l.state = 'open' OR f.task_id IS NOT NULL
    ORDER BY o.order_id, l.position, l.line_id
    """
)

NEVER_SETTLED_S = 10.0**9
"""Older than any offer: none of them is to be moved."""


class Invalid(Exception):
    """An order that is not taken: every fault with its field and remedy."""

    def __init__(self, faults: Sequence[Refused]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class Contradiction(Exception):
    """A request that contradicts what is already so; the message says how."""


@dataclass(frozen=True)
class DemandLine:
    """A line to be routed. ``weight_g`` is one unit's, ``tags`` are the catalogue's; the locations in ``excluded`` were
    asked before and could not.

    ``offered_to`` has been asked for it by the task ``task`` in its revision ``rev`` at ``offered_ms``, to send it by
    the carrier's service ``send_by``, and has not answered: it may be asked of another. Empty, None and 0 for an open
    line.
    """

    line_id: UUID
    version: int
    sku: str
    name: str
    quantity: int
    amount: int
    weight_g: int
    age_minimum: int
    hazard: str
    excluded: frozenset[str]
    offered_to: str = ""
    task: UUID | None = None
    rev: int = 0
    gift: bool = False
    kit: str = ""
    offered_ms: int | None = None
    tags: tuple[str, ...] = ()
    send_by: str = ""


@dataclass(frozen=True)
class Demand:
    """An order with lines to be routed. Coordinates in degrees, None where unknown; times in milliseconds since 1970.

    ``attention`` is what people are shown of it now; ``kind`` that of its address (:mod:`.destination`), ``value`` what
    all its goods were sold for, in minor units, ``waiting_ms`` since when it waits, None for since it was placed.
    """

    order_id: UUID
    service: str
    pickup_location: str
    lat: float | None
    lon: float | None
    country: str
    currency: str
    promise_ms: int | None
    placed_ms: int
    attention: str
    lines: tuple[DemandLine, ...]
    channel: str = ""
    region: str = ""
    postcode: str = ""
    kind: str = ""
    tier: str = ""
    value: int | None = None
    waiting_ms: int | None = None
    pinned_location: str = ""


@dataclass(frozen=True)
class Plan:
    """Where the open lines of an order should go, and why.

    ``unserved`` is a sentence for people when some line has nowhere to go; empty when all are served. A plan without
    tasks only says that, unless those lines are in ``cancels``: then they are cancelled, and it says why. ``moved``
    are offers without an answer whose lines the tasks take over; ``run_id`` is the run of sourcing that decided.
    """

    order_id: UUID
    rule_version: str
    explanation: Mapping[str, Any]
    tasks: tuple[PlannedTask, ...]
    unserved: str = ""
    moved: tuple[MovedTask, ...] = ()
    run_id: UUID | None = None
    cancels: tuple[PlannedLine, ...] = ()


@dataclass(frozen=True)
class Offered:
    """What became of a plan: the tasks that were offered, or the lines that were not as the plan took them for."""

    tasks: tuple[Task, ...] = ()
    stale: tuple[UUID, ...] = ()


async def place(conn: AsyncConnection, new: NewOrder, content_hash: bytes, ids: IdSource) -> postgres.Stored:
    """Take an order in, or find it taken in before.

    Raises :class:`Invalid` with all that is wrong with it, and :class:`Contradiction` when the shop's number came
    before with another content.
    """
    found = await postgres.find(conn, new.platform, new.platform_order_id)
    if found is None:
        known = await postgres.goods(conn, {line.sku for line in new.lines})
        pickup = await postgres.pickup_place(conn, new.pickup_location) if new.pickup_location else None
        pin = await postgres.pickup_place(conn, new.pinned_location) if new.pinned_location else None
        faults = intake.faults(new, known, pickup, pin)
        if faults:
            raise Invalid(faults)
        lines = intake.lines_of(new, known)
        found = await postgres.create(conn, ids.uuid7(), new, lines, content_hash)
    if found.content_hash != content_hash:
        raise Contradiction(
            f"order {new.platform_order_id} of {new.platform} came before with another content, as {found.code}"
        )
    return found


async def cancel(conn: AsyncConnection, order_id: UUID, reason: str) -> bool:
    """Cancel an order of which no pick has begun. False where there is no such order.

    Raises :class:`Contradiction` when it is too late for that.
    """
    book = await postgres.load(conn, order_id)
    if book is None:
        return False
    too_late = task_flow.cancel(book, reason)
    if too_late:
        raise Contradiction(f"the order cannot be cancelled any more: {too_late}")
    await postgres.save(conn, book)
    return True


async def open_demand(
    conn: AsyncConnection,
    limit: int = 1_000,
    *,
    currency: str = "",
    settled_s: float = NEVER_SETTLED_S,
    only: Collection[UUID] | None = None,
) -> list[Demand]:
    """At most ``limit`` orders with lines to be routed, the oldest first; orders on hold are left out.

    Those are open lines, and lines that were offered to be shipped at least ``settled_s`` seconds ago and that nobody
    has answered for. ``currency``: only orders in it; ``only``: none but these orders.
    """
    parameters = {
        "tenant": TENANT, "limit": limit, "currency": currency, "settled_s": settled_s,
        "only": None if only is None else list(only),
    }  # fmt: skip
    rows = (await conn.execute(_OPEN_DEMAND, parameters)).all()
    demands: dict[UUID, Demand] = {}
    lines: dict[UUID, list[DemandLine]] = {}
    for row in rows:
        if row.order_id not in demands:
            demands[row.order_id] = Demand(
                row.order_id, row.service, row.pickup_location, row.dest_lat, row.dest_lon, row.country or "",
                row.currency, row.promise_ms, row.placed_ms, row.attention, (), row.channel, row.region or "",
                row.postcode or "", destination.kind_of(Destination(**row.ship_to)) if row.ship_to else "",
                row.customer_tier, row.value, row.waiting_ms, row.pinned_location,
            )  # fmt: skip
        lines.setdefault(row.order_id, []).append(
            DemandLine(
                row.line_id, row.version, row.sku, row.name, row.quantity, row.amount, row.weight_g, row.age_minimum,
                row.hazard, frozenset(row.excluded_locations), row.offered_to, row.task_id, row.rev, row.gift,
                row.kit_parent, row.offered_ms, tuple(row.tags), row.send_by,
            )
        )  # fmt: skip
    return [replace(demand, lines=tuple(lines[order_id])) for order_id, demand in demands.items()]


async def currencies(conn: AsyncConnection, order_ids: Collection[UUID]) -> dict[str, list[UUID]]:
    """Those of ``order_ids`` that exist, by the currency in which they are paid."""
    query = select(customer_order.c.currency, customer_order.c.order_id).where(
        customer_order.c.tenant == TENANT, customer_order.c.order_id.in_(order_ids)
    )
    found: dict[str, list[UUID]] = {}
    for currency, order_id in await conn.execute(query):
        found.setdefault(currency, []).append(order_id)
    return found


async def offer(conn: AsyncConnection, plan: Plan, ids: IdSource) -> Offered:
    """Carry a plan out: keep the decision, make the tasks, and offer them on their locations' streams ``tasks``.

    All or nothing for this order: offers that the plan moves are taken back in the same transaction, under the lock of
    the order, and only if nobody has answered them; lines that it cancels must be open as it read them, so that nobody
    who was asked for one may still start. A plan without either shows the order to people, once for each ``unserved``.
    A sourcing run calls :func:`central.platform.leases.check` in the same transaction.
    """
    book = await postgres.load(conn, plan.order_id)
    if book is None:
        return Offered()
    if not plan.tasks and not plan.cancels:
        if plan.unserved and book.order.attention != plan.unserved:
            book.attend(plan.unserved)
            book.note(Happened("unrouted", detail={"reason": plan.unserved}))
            await postgres.add_decision(
                conn, plan.order_id, ids.uuid7(), plan.rule_version, plan.explanation, plan.run_id
            )
            await postgres.save(conn, book)
        return Offered()
    decision_id = ids.uuid7()
    made = task_flow.stale_cancels(book, plan.cancels) or task_flow.offer(
        book, plan.tasks, decision_id, ids, plan.moved
    )
    tasks = tuple(entry for entry in made if isinstance(entry, Task))
    stale = tuple(entry for entry in made if isinstance(entry, UUID))
    if stale:
        return Offered(stale=stale)
    if plan.cancels:
        task_flow.give_up(book, plan.cancels, plan.unserved)
        detail = {
            "lines": [str(part.line_id) for part in plan.cancels], "rules": plan.rule_version,
            "decision": str(decision_id),
        }  # fmt: skip
        await audit.record(conn, SOURCING, "order.give_up", f"order/{book.order.code}", detail)
    elif plan.unserved:
        book.attend(plan.unserved)
    await postgres.add_decision(conn, plan.order_id, decision_id, plan.rule_version, plan.explanation, plan.run_id)
    await postgres.save(conn, book)
    return Offered(tasks)


async def take_back(conn: AsyncConnection, order_id: UUID, task_id: UUID, reason: str) -> bool:
    """Take back a task without a confirmed start; its lines will be routed elsewhere. False where it is too late."""
    book = await postgres.load(conn, order_id)
    if book is None or task_id not in book.tasks:
        return False
    if not task_flow.withdraw(book, book.tasks[task_id], reason, exclude=True):
        return False
    await postgres.save(conn, book)
    return True


async def on_task_event(conn: AsyncConnection, message: Message) -> None:
    """Handle a message of :data:`TASK_EVENT`: decide on what a box stated. Done once for each event, by its id.

    Raises :class:`Fatal` for a message that can never be done.
    """
    stored = await read_event(conn, UUID(message.payload))
    if stored is None:
        raise Fatal(f"event {message.payload} is not stored", "discard the message")
    event = decode_body(stored.body)
    payload = _about_a_task(event)
    answer = Answer(stored.id, stored.location, event.staff, event.at_ms)
    order_id = await postgres.order_of_task(conn, payload.task)
    if order_id is None:
        await _unknown(conn, payload, answer)
        return
    book = await postgres.load(conn, order_id)
    if book is None or await postgres.is_done(conn, order_id, stored.id):
        return
    answers.apply(book, payload, answer)
    await postgres.save(conn, book, stored.id)


async def _unknown(conn: AsyncConnection, payload: TaskPayload, answer: Answer) -> None:
    for effect in answers.unknown_task(payload, answer):
        match effect:
            case Tell():
                await postgres.tell(conn, [(effect.location, effect.update)])
            case Trouble():
                await postgres.report(conn, effect, f"task/{payload.task}")


def _about_a_task(event: Event) -> TaskPayload:
    if not isinstance(event.payload, TaskPayload):
        raise Fatal(f"{event.kind} is not about a task", "discard the message")
    return event.payload
