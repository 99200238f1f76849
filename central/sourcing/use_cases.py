"""One sourcing run: read, decide, offer. The loop around it is :mod:`.loop`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.inventory import postgres as inventory
from central.orders import use_cases as orders
from central.orders.task_flow import PlannedLine, PlannedTask
from central.platform import leases
from central.sourcing.domain import Decision, OpenLine, OpenOrder, Snapshot, decide
from central.sourcing.postgres import read_places
from central.sourcing.tariff import Tariff
from retail.clock import Clock
from retail.ids import IdSource

RULE_VERSION = "built-in-1"
"""Until ops publish rules, decisions follow the tariff of this program."""

LEASE = "sourcing"
ORDERS_MAX = 500
"""Orders in one run; the others come with the next, the oldest first."""


@dataclass(frozen=True)
class Limits:
    """``silent_s``: a box that has said nothing for so long is asked for nothing; ``pick_minutes``: time to pick where
    an order has no promise."""

    silent_s: float = 180.0
    pick_minutes: int = 60


@dataclass(frozen=True)
class Outcome:
    """What a run did: orders looked at, tasks offered, orders that wait, plans that came too late."""

    orders: int = 0
    offered: int = 0
    waiting: int = 0
    stale: int = 0


async def run(engine: AsyncEngine, token: int, clock: Clock, ids: IdSource, limits: Limits, tariff: Tariff) -> Outcome:
    """Source all open orders once, under the lease's ``token``.

    The plan is computed outside any transaction; each order's offer is a transaction of its own, which checks the
    lease and that its lines are as the plan took them for. Raises :class:`leases.LeaseLost`.
    """
    async with engine.connect() as conn:
        snapshot = await _snapshot(conn, limits)
    if not snapshot.orders:
        return Outcome()
    decisions = await asyncio.to_thread(decide, snapshot, tariff)
    offered = waiting = stale = 0
    for decision in decisions:
        async with engine.begin() as conn:
            await leases.check(conn, LEASE, token)
            made = await orders.offer(conn, _plan(decision, clock, limits), ids)
        offered += len(made.tasks)
        stale += bool(made.stale)
        waiting += bool(decision.backordered)
    return Outcome(len(decisions), offered, waiting, stale)


async def _snapshot(conn: AsyncConnection, limits: Limits) -> Snapshot:
    """What is to be routed, and everything that may serve it.

    Read in several statements: whatever changes in between is found out by the box, which checks its own stock, and by
    the line's version.
    """
    demand = await orders.open_demand(conn, ORDERS_MAX)
    if not demand:
        return Snapshot((), (), {})
    skus = {line.sku for order in demand for line in order.lines}
    stock = await inventory.stock_at(conn, skus)
    return Snapshot(
        places=await read_places(conn, limits.silent_s),
        orders=tuple(_order(order) for order in demand),
        available={(each.location, each.sku): each.available for each in stock},
    )


def _order(demand: orders.Demand) -> OpenOrder:
    lines = tuple(
        OpenLine(line.line_id, line.version, line.sku, line.name, line.quantity, line.amount, line.weight_g,
                 line.excluded)
        for line in demand.lines
    )  # fmt: skip
    return OpenOrder(
        demand.order_id, demand.service, demand.pickup_location, demand.lat, demand.lon, demand.country,
        demand.currency, demand.promise_ms, demand.placed_ms, lines,
    )  # fmt: skip


def _plan(decision: Decision, clock: Clock, limits: Limits) -> orders.Plan:
    order = decision.order
    pick_by_ms = order.promise_ms or clock.now_ms() + limits.pick_minutes * 60_000
    tasks = tuple(
        PlannedTask(
            wish.location, order.service, pick_by_ms,
            tuple(PlannedLine(line.line_id, line.version, line.quantity) for line in wish.lines),
        )
        for wish in decision.wishes
    )  # fmt: skip
    return orders.Plan(order.order_id, RULE_VERSION, decision.explanation, tasks, _unserved(decision.backordered))


def _unserved(lines: Sequence[OpenLine]) -> str:
    if not lines:
        return ""
    names = ", ".join(sorted({line.name for line in lines}))
    return f"No location can serve {names} now: it is tried again as stock changes."
