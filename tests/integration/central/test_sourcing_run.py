"""A sourcing run against a real database: open orders become offers, once, with a reason that can be read."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central.orders.intake import Destination, NewLine, NewOrder
from central.orders.use_cases import place
from central.platform import leases
from central.sourcing.question import Asked
from central.sourcing.solver import Reply
from central.sourcing.solver_process import solve
from central.sourcing.use_cases import Desk, Fence, Outcome, lease_name, run_batch
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


async def order(engine: AsyncEngine, number: int) -> None:
    ship_to = Destination("Ada", "1 Elm Street", "Columbus", "OH", "43215", "US", 39.9, -83.1)
    new = NewOrder(
        platform="shop", platform_order_id=str(number), channel="web", service="ship", pickup_location="",
        customer_name="Ada", contact={}, ship_to=ship_to, currency="USD", lines=[NewLine("1", "A", 1, 100, 0, 100)],
        shipping_charged=0, tax_total=0, total=100, payments=[], placed_ms=number, promise_ms=None,
    )  # fmt: skip
    async with engine.begin() as conn:
        await place(conn, new, bytes(16), IDS)


async def ask_here(asked: Asked) -> Reply:
    """The solver without its process."""
    _, seconds, answer, *explanations = solve(asked)
    return Reply(answer, tuple(explanations), float(seconds))


def desk(engine: AsyncEngine) -> Desk:
    return Desk(engine, CLOCK, IDS, ask_here)


async def fence(engine: AsyncEngine) -> Fence:
    async with engine.begin() as conn:
        token = await leases.acquire(conn, lease_name("USD"), "test", 30)
    assert token is not None
    return Fence("USD", token)


async def source(engine: AsyncEngine) -> Outcome:
    return await run_batch(desk(engine), await fence(engine))


async def test_an_order_is_offered_once_to_the_cheapest_place_with_its_reason(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0001", 20)
    await stock(engine, "W0001", 20)
    await order(engine, 1)
    assert await source(engine) == Outcome(orders=1, offered=1)
    assert await source(engine) == Outcome()
    assert await rows(engine, "SELECT location, state, rev FROM task") == [("S0001", "offered", 1)]
    assert await rows(engine, "SELECT scope, stream, ver FROM downlink_head") == [("S0001", "tasks", 1)]
    [(sentence, version)] = await rows(engine, "SELECT explanation ->> 'sentence', rule_version FROM decision")
    assert "Shop S0001" in sentence
    assert version


async def test_two_orders_do_not_get_the_same_last_unit(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0002", 1)
    await order(engine, 1)
    await order(engine, 2)
    assert await source(engine) == Outcome(orders=2, offered=1, waiting=1)
    assert await rows(engine, "SELECT count(*) FROM task") == [(1,)]
    [(attention,)] = await rows(engine, "SELECT attention FROM customer_order WHERE attention <> ''")
    assert "Tea" in attention
    # The unit is claimed by the offer: the next run must not see it as free.
    assert await source(engine) == Outcome(orders=1, offered=0, waiting=1)


async def test_what_waits_is_offered_when_stock_comes_and_explained_anew_only_then(engine: AsyncEngine) -> None:
    await network(engine)
    await order(engine, 1)
    await source(engine)
    await source(engine)
    assert await rows(engine, "SELECT count(*) FROM decision") == [(1,)]
    await stock(engine, "W0001", 5)
    assert await source(engine) == Outcome(orders=1, offered=1)
    assert await rows(engine, "SELECT attention FROM customer_order") == [("",)]


async def test_a_location_without_box_hours_or_word_is_not_asked(engine: AsyncEngine) -> None:
    await network(engine)
    for location in ("S0001", "S0002", "W0001"):
        await stock(engine, location, 50)
    await execute(
        engine,
        "UPDATE box SET last_hello_at = now() - interval '1 hour' WHERE location = 'S0001'",
        "UPDATE location SET open_for_orders = false, closed_reason = 'no opening hours' WHERE location = 'S0002'",
        "DELETE FROM store_link WHERE location = 'W0001'",
    )
    await order(engine, 1)
    assert await source(engine) == Outcome(orders=1, waiting=1)
    [(funnel,)] = await rows(engine, "SELECT explanation -> 'funnel' FROM decision")
    assert {step["reason"] for step in funnel} == {
        "has been silent for too long", "takes no orders", "has no box: it is known, but nobody there can be asked",
    }  # fmt: skip


async def test_who_lost_the_lease_offers_nothing(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0001", 20)
    await order(engine, 1)
    async with engine.begin() as conn:
        mine = await leases.acquire(conn, lease_name("USD"), "first", 30)
        assert mine is not None
        await leases.release(conn, lease_name("USD"), mine)
    async with engine.begin() as conn:
        assert await leases.acquire(conn, lease_name("USD"), "second", 30) is not None
    with pytest.raises(leases.LeaseLost):
        await run_batch(desk(engine), Fence("USD", mine))
    assert await rows(engine, "SELECT count(*) FROM task") == [(0,)]
