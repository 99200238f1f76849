"""Calendars in the database decide where a promised order goes, and are kept with the run that followed them."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from central.orders.intake import Destination, NewLine, NewOrder
from central.orders.use_cases import place
from central.sourcing.domain import Delivery
from central.sourcing.promises.services import parse_services
from central.sourcing.replay import replay
from central.sourcing.solver import Solver
from central.sourcing.tariff import Tariff
from central.sourcing.use_cases import Outcome, run_batch
from retail.clock import ManualClock
from tests.integration.central.sourced import IDS, desk, execute, fence, network, rows, stock

NOW = 1_800_018_000_000  # Friday, 15 January 2027, 08:00 in New York
DAY_MS = 86_400_000
DAILY = json.dumps({day: [["09:00", "21:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})
[GROUND] = parse_services("ground mon-fri 16:00 1,2,3,3,4,4,5 100%")


async def promised(engine: AsyncEngine) -> None:
    """Every place has the goods and is open daily; an order that should be there on Tuesday is nearest to S0001."""
    await network(engine)
    for location in ("S0001", "S0002", "W0001"):
        await stock(engine, location, 9)
    await execute(engine, f"UPDATE location SET hours = '{DAILY}'")
    ship_to = Destination("Ada", "1 Elm Street", "Columbus", "OH", "43215", "US", 39.9, -83.1)
    new = NewOrder(
        platform="shop", platform_order_id="1", channel="web", service="ship", pickup_location="",
        customer_name="Ada", contact={}, ship_to=ship_to, currency="USD", lines=[NewLine("1", "A", 1, 100, 0, 100)],
        shipping_charged=0, tax_total=0, total=100, payments=[], placed_ms=NOW - 1, promise_ms=NOW + 4 * DAY_MS,
    )  # fmt: skip
    async with engine.begin() as conn:
        await place(conn, new, bytes(16), IDS)


async def source(engine: AsyncEngine, later_ms: int = 0, **limits: Any) -> Outcome:
    working = desk(engine, **limits)
    clock = ManualClock(NOW + later_ms)
    return await run_batch(replace(working, clock=clock, delivery=Delivery(60, GROUND)), await fence(engine))


async def asked(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    return await rows(engine, "SELECT location, state FROM task ORDER BY task_id")


async def test_without_closed_days_the_nearest_place_is_asked(engine: AsyncEngine) -> None:
    await promised(engine)
    await source(engine)
    assert await asked(engine) == [("S0001", "offered")]


async def test_days_on_which_a_place_is_closed_send_a_promised_order_elsewhere_and_replay_the_same(
    engine: AsyncEngine,
) -> None:
    await promised(engine)
    for day in ("2027-01-15", "2027-01-16", "2027-01-17", "2027-01-18", "2027-01-19"):
        await execute(engine, f"INSERT INTO location_day (location, day, hours) VALUES ('S0001', '{day}', '[]')")
    outcome = await source(engine)
    assert await asked(engine) == [("W0001", "offered")]
    [(why,)] = await rows(engine, "SELECT explanation FROM decision")
    late = {each["choice"]["packages"][0]["location"]: each["terms"].get("lateness", 0) for each in why["candidates"]}
    assert late["S0001"] == 2 * Tariff().late_per_day  # packed on Wednesday, there on Thursday: two days behind
    await execute(engine, "DELETE FROM location_day")
    assert outcome.run_id is not None
    async with Solver("test", 60) as solver:
        assert (await replay(engine, solver.ask, outcome.run_id)).is_same


async def test_a_collection_that_does_not_come_makes_a_place_late(engine: AsyncEngine) -> None:
    await promised(engine)
    await execute(
        engine, "INSERT INTO location_collection (location, service, days, cutoff) VALUES"
        " ('S0001', 'ground', '[]', '16:00'), ('W0001', 'ground', '[\"wed\"]', '16:00')",
    )  # fmt: skip
    await source(engine)
    assert await asked(engine) == [("S0002", "offered")]


async def test_an_unanswered_offer_stays_while_its_cut_off_passes(engine: AsyncEngine) -> None:
    await promised(engine)
    await execute(engine, "INSERT INTO location_collection (location, service, days, cutoff) VALUES"
                          " ('S0001', 'ground', '[\"mon\", \"fri\"]', '11:00')")  # fmt: skip
    assert (await source(engine)).offered == 1
    assert await asked(engine) == [("S0001", "offered")]
    # At noon Monday's collection is the next one for S0001: still in time.  On Monday at noon it is that of Friday.
    await execute(engine, f"UPDATE task SET offered_at = to_timestamp({NOW + 3 * DAY_MS} / 1000.0)",
                  f"UPDATE customer_order SET promise_ms = {NOW + 4 * DAY_MS}")  # fmt: skip
    again = await source(engine, 3 * DAY_MS + 4 * 3_600_000, settled_s=-(10.0**9), move_cents=1)
    assert again.moved == 0
    assert await asked(engine) == [("S0001", "offered")]


async def test_a_calendar_that_somebody_wrote_by_hand_ends_no_sourcing(engine: AsyncEngine) -> None:
    await promised(engine)
    await execute(engine, """UPDATE location SET hours = '{"mon": [["late", "later"]]}' WHERE location = 'S0001'""")
    assert (await source(engine)).offered == 1
    assert await asked(engine) == [("W0001", "offered")]
