"""A sourcing run against a real database: open orders become offers, once, with a reason that can be read."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform import leases
from central.sourcing.use_cases import Fence, Outcome, lease_name, run_batch
from tests.integration.central.sourced import desk, execute, network, order, rows, source, stock


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
