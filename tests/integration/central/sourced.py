"""A small network in dollars with orders, and sourcing runs on it whose solver answers in this process."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central.orders.intake import Destination, NewLine, NewOrder
from central.orders.use_cases import place
from central.platform import leases
from central.sourcing import answer
from central.sourcing.question import Asked, read
from central.sourcing.solver import Reply
from central.sourcing.solver_process import solve
from central.sourcing.use_cases import Ask, Desk, Fence, Limits, Outcome, lease_name, run_batch
from retail.clock import SystemClock
from retail.ids import SystemIds

CLOCK = SystemClock()
IDS = SystemIds(CLOCK)


async def execute(engine: AsyncEngine, *statements: str) -> None:
    async with engine.begin() as conn:
        for statement in statements:
            await conn.execute(text(statement))


async def rows(engine: AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    async with engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query))]


async def network(engine: AsyncEngine) -> None:
    """Two stores and a warehouse with boxes that have just said hello, and one item."""
    for location, kind, lat, lon in (
        ("S0001", "store", 39.96, -83.00), ("S0002", "store", 40.44, -80.00), ("W0001", "warehouse", 39.77, -86.16),
    ):  # fmt: skip
        box = IDS.uuid7()
        await execute(
            engine,
            "INSERT INTO location (location, kind, backing, name, currency, country, time_zone, lat, lon,"
            " coordinate_state, ships, pickups, open_for_orders) VALUES"
            f" ('{location}', '{kind}', 'edge', 'Shop {location}', 'USD', 'US', 'America/New_York', {lat}, {lon},"
            f" 'believed', true, {kind == 'store'}, true)",
            f"INSERT INTO box (box, location, last_hello_at) VALUES ('{box}', '{location}', now())",
            f"INSERT INTO store_link (location, epoch, box) VALUES ('{location}', 1, '{box}')",
        )
    await execute(
        engine,
        "INSERT INTO tax_code (code, rate_ppm, inclusive) VALUES ('std', 0, false)",
        "INSERT INTO item (sku, name, unit, tax_code, weight_g) VALUES ('A', 'Tea', 'each', 'std', 500)",
    )


async def stock(engine: AsyncEngine, location: str, units: int) -> None:
    await execute(
        engine,
        "INSERT INTO stock_balance (location, sku, state, lot, serial, quantity)"
        f" VALUES ('{location}', 'A', 'sellable', '', '', {units})",
    )


async def order(engine: AsyncEngine, number: int, **changes: Any) -> None:
    ship_to = Destination("Ada", "1 Elm Street", "Columbus", "OH", "43215", "US", 39.9, -83.1)
    new = NewOrder(
        platform="shop", platform_order_id=str(number), channel="web", service="ship", pickup_location="",
        customer_name="Ada", contact={}, ship_to=ship_to, currency="USD", lines=[NewLine("1", "A", 1, 100, 0, 100)],
        shipping_charged=0, tax_total=0, total=100, payments=[], placed_ms=number, promise_ms=None,
    )  # fmt: skip
    async with engine.begin() as conn:
        await place(conn, replace(new, **changes), bytes(16), IDS)


async def ask_here(asked: Asked) -> Reply:
    """The solver without its process."""
    _, seconds, decided, *explanations = solve(asked)
    return Reply(decided, tuple(explanations), float(seconds))


def asks_for(location: str) -> Ask:
    """A solver that wants every line at one location, whatever that costs, and takes all offers elsewhere back."""

    async def ask(asked: Asked) -> Reply:
        why = b'{"sentence":"because"}'
        answered = []
        for each in read(asked).snapshot.orders:
            offers = {(line.task, line.rev) for line in each.lines if line.task and line.offered_to != location}
            lines = tuple(line.line_id for line in each.lines)
            taken_back = tuple(answer.TakenBack(task, rev) for task, rev in offers if task)
            answered.append(answer.Answered(each.order_id, (answer.Ask(location, lines),), taken_back, why="x"))
        return Reply(answer.Answer(tuple(answered)).encoded(), (why,) * len(answered), 0.1)

    return ask


def desk(engine: AsyncEngine, ask: Ask = ask_here, **limits: Any) -> Desk:
    """A desk that moves offers which are 30 s old: on a busy machine a test may take the 5 s of the default."""
    return Desk(engine, CLOCK, IDS, ask, Limits(**{"settled_s": 30.0} | limits))


async def fence(engine: AsyncEngine) -> Fence:
    async with engine.begin() as conn:
        token = await leases.acquire(conn, lease_name("USD"), "test", 30)
    assert token is not None
    return Fence("USD", token)


async def source(engine: AsyncEngine, ask: Ask = ask_here, **limits: Any) -> Outcome:
    return await run_batch(desk(engine, ask, **limits), await fence(engine))
