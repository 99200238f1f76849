"""The work of a location's day is counted in one way for sourcing and promises: from its own midnight on."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from central.sourcing.domain import Load
from central.sourcing.postgres import read_places, read_work
from tests.integration.central.sourced import execute, network, order, rows

MIDNIGHT = "date_trunc('day', now(), '{zone}')"


async def asked(engine: AsyncEngine, location: str, units: int, offered_at: str, state: str = "offered") -> str:
    """A location was asked for ``units`` to ship at a moment in SQL; the task's id."""
    [(task, of)] = await rows(engine, "SELECT gen_random_uuid(), order_id FROM customer_order")
    await execute(
        engine,
        "INSERT INTO task (task_id, order_id, location, rev, state, service, offered_at)"
        f" VALUES ('{task}', '{of}', '{location}', 1, '{state}', 'ship', {offered_at})",
        f"INSERT INTO task_line (task_id, line_id, sku, quantity) VALUES ('{task}', gen_random_uuid(), 'A', {units})",
    )
    return str(task)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu", "UTC"])
async def test_a_day_of_work_begins_at_the_midnight_of_the_location(engine: AsyncEngine, zone: str) -> None:
    await network(engine)
    await order(engine, 1)
    await execute(engine, f"UPDATE location SET time_zone = '{zone}', capacity_units_per_day = 50")
    midnight = MIDNIGHT.format(zone=zone)
    await asked(engine, "S0001", 1, f"{midnight} - interval '1 microsecond'")
    await asked(engine, "S0001", 2, midnight)
    await asked(engine, "S0001", 4, "now()")
    await asked(engine, "S0001", 8, "now()", "rejected")
    movable = await asked(engine, "S0001", 16, "now()")
    async with engine.connect() as conn:
        work = await read_work(conn, 180)
        places = {place.location: place for place in await read_places(conn, 180, [movable])}
    assert (work["S0001"].units, work["S0001"].load.ship_day, work["S0001"].rejects) == (22, 22, 1)
    assert (places["S0001"].capacity, places["S0001"].load.ship_day) == (44, 6)
    assert "S0002" not in work
    assert (places["S0002"].load, places["S0002"].capacity, places["S0002"].silent) == (Load(), 50, False)


async def test_nothing_is_new_about_a_location_that_goes_on_speaking(engine: AsyncEngine) -> None:
    await network(engine)
    speaks = "UPDATE box SET last_hello_at = now() - interval '{ago}'"
    found = []
    for ago in ("100 s", "1 s", "200 s"):
        await execute(engine, speaks.format(ago=ago))
        async with engine.connect() as conn:
            found.append(await read_work(conn, 180))
    assert found[0] == found[1] == {}
    assert found[2]["S0001"].silent
    assert found[2]["S0001"].silent_since_ms is not None
