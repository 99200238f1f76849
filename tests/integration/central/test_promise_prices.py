"""Promises pay heed to what contested stock is worth to the orders that wait: at the prices of the last batch."""

from sqlalchemy.ext.asyncio import AsyncEngine

from central.sourcing import answer, runs
from central.sourcing.domain import BidPrices, CapacityPrice, StockPrice
from central.sourcing.promises.cart import CartLine
from central.sourcing.promises.stored_prices import StoredPrices
from central.sourcing.promises.use_cases import Destination, PromiseDesk, Question
from retail.clock import ManualClock
from tests.integration.central.sourced import execute, network, order, rows, source, stock

DAILY = '{"mon": [["09:00", "21:00"]], "tue": [["09:00", "21:00"]], "wed": [["09:00", "21:00"]]}'
CART = Question((CartLine("A", 1),), Destination("US", lat=39.9, lon=-83.1))


async def contested(engine: AsyncEngine, prices: BidPrices) -> None:
    """Open places with goods, an order that waits, and a batch that hands on these prices."""
    await network(engine)
    await execute(engine, f"UPDATE location SET hours = '{DAILY}'")
    await order(engine, 1)
    outcome = await source(engine)
    for location in ("S0001", "S0002", "W0001"):
        await stock(engine, location, 9)
    packed = runs.packed(answer.Answer(prices=prices).encoded()).hex()
    await execute(engine, f"UPDATE sourcing_run SET answer = '\\x{packed}' WHERE run_id = '{outcome.run_id}'")


async def cheapest(desk: PromiseDesk) -> str:
    return (await desk.answer(CART)).promised.options[-1].packages[0].location


async def test_stock_that_is_contested_at_one_place_makes_the_promise_choose_another(engine: AsyncEngine) -> None:
    await contested(engine, BidPrices((StockPrice("A", "S0001", 3_000.0),)))
    clock = ManualClock(1_800_018_000_000)
    assert await cheapest(PromiseDesk(engine, clock)) == "S0001"
    desk = PromiseDesk(engine, clock, prices=StoredPrices(clock, 300))
    assert await cheapest(desk) == "W0001"


async def test_room_that_is_contested_counts_as_well(engine: AsyncEngine) -> None:
    await contested(engine, BidPrices((), (CapacityPrice("S0001/ship", 3_000.0), CapacityPrice("W0001", 3_000.0))))
    clock = ManualClock(1_800_018_000_000)
    assert await cheapest(PromiseDesk(engine, clock, prices=StoredPrices(clock, 300))) == "S0002"


async def test_prices_that_are_old_or_of_a_region_without_orders_steer_nothing(engine: AsyncEngine) -> None:
    await contested(engine, BidPrices((StockPrice("A", "S0001", 3_000.0),)))
    clock = ManualClock(1_800_018_000_000)
    await execute(engine, "UPDATE sourcing_run SET started_at = now() - interval '301 seconds'")
    assert await cheapest(PromiseDesk(engine, clock, prices=StoredPrices(clock, 300))) == "S0001"
    await execute(engine, "UPDATE sourcing_run SET started_at = now()")
    desk = PromiseDesk(engine, clock, prices=StoredPrices(clock, 300))
    assert await cheapest(desk) == "W0001"
    await execute(engine, "UPDATE customer_order SET status = 'cancelled'")
    await desk.refresh()
    assert await cheapest(desk) == "S0001"
    assert await rows(engine, "SELECT count(*) FROM sourcing_run") == [(1,)]
