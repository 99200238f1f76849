"""The service that a location should send by: decided from calendars, offered, shown, moved, and decided again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from central.app import create_app
from central.sourcing import rule_sets, runs
from central.sourcing.domain import Delivery
from central.sourcing.promises.services import CarrierService, parse_services
from central.sourcing.replay import replay
from central.sourcing.solver import Solver
from central.sourcing.tariff import Tariff
from central.sourcing.use_cases import Outcome, run_batch
from central.sourcing.weighing import Weighing
from retail.clock import ManualClock
from routing.rules.document import parse
from sync_protocol.codec import decode_delta
from sync_protocol.streams import TASKS, TaskDelta
from tests.integration.central.sourced import CLOCK, IDS, desk, execute, fence, rows
from tests.integration.central.test_sourcing_lateness import DAY_MS, NOW, promised

SERVICES = parse_services(
    "ground mon-fri 16:00 1,2,3,3,4,4,5 100%; express mon-fri 16:00 2 240%; overnight mon-fri 15:00 1 420%"
)
MONDAY_MS = NOW + 3 * DAY_MS
TUESDAY = f"UPDATE customer_order SET promise_ms = {MONDAY_MS + DAY_MS}"
AUSTIN = "UPDATE customer_order SET dest_lat = 30.0, dest_lon = -97.0"


async def source(
    engine: AsyncEngine, later_ms: int = 0, services: Sequence[CarrierService] = SERVICES, **limits: Any
) -> Outcome:
    working = replace(
        desk(engine, **limits), clock=ManualClock(MONDAY_MS + later_ms), tariff=Tariff(late_per_day=2_000),
        delivery=Delivery.of(60, services),
    )  # fmt: skip
    return await run_batch(working, await fence(engine))


async def asked(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    return await rows(engine, "SELECT location, send_by, state FROM task ORDER BY task_id")


async def offers(engine: AsyncEngine, location: str) -> list[str]:
    """The services in the offers on the location's stream."""
    found = []
    query = f"SELECT delta FROM downlink_delta WHERE stream = '{TASKS}' AND scope = '{location}' ORDER BY ver"
    for (delta,) in await rows(engine, query):
        decoded = decode_delta(TASKS, bytes(delta))
        assert isinstance(decoded, TaskDelta)
        found += [update.offer.send_by for update in decoded.updates if update.offer is not None]
    return found


async def test_the_service_is_stored_with_the_task_offered_to_the_box_shown_and_decided_again(
    engine: AsyncEngine,
) -> None:
    await promised(engine)
    await execute(engine, TUESDAY, AUSTIN)
    outcome = await source(engine)
    assert await asked(engine) == [("W0001", "overnight", "offered")]
    assert await offers(engine, "W0001") == ["overnight"]
    [(order_id,)] = await rows(engine, "SELECT order_id FROM customer_order")
    transport = httpx.ASGITransport(create_app(engine, CLOCK, IDS, version="0"))
    async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
        found = (await client.get(f"/v1/orders/{order_id}/decision")).json()
        order = (await client.get(f"/v1/orders/{order_id}")).json()
    [package] = found["explanation"]["chosen"]["packages"]
    assert (package["location"], package["send_by"], package["name"]) == (
        "W0001", "overnight", "Shop W0001 by overnight",
    )  # fmt: skip
    assert "Shop W0001 by overnight ships the line" in found["sentence"]
    assert found["explanation"]["runner_up"]["choice"]["packages"][0]["send_by"] == "express"
    assert [task["send_by"] for task in order["tasks"]] == ["overnight"]
    assert outcome.run_id is not None
    async with Solver("test", 60) as solver:
        assert (await replay(engine, solver.ask, outcome.run_id)).is_same


async def test_an_order_in_time_by_ground_is_sent_by_ground_and_says_no_more_than_before(engine: AsyncEngine) -> None:
    await promised(engine)
    await execute(engine, f"UPDATE customer_order SET promise_ms = {MONDAY_MS + 9 * DAY_MS}")
    await source(engine)
    assert await asked(engine) == [("S0001", "ground", "offered")]
    [(why,)] = await rows(engine, "SELECT explanation FROM decision")
    assert "Shop S0001 ships the line" in why["sentence"]
    assert why["chosen"]["packages"][0]["send_by"] == "ground"


async def test_an_unanswered_offer_moves_to_another_service_of_its_location_but_not_because_time_passes(
    engine: AsyncEngine,
) -> None:
    await promised(engine)
    await execute(engine, AUSTIN, f"UPDATE customer_order SET promise_ms = {MONDAY_MS + 3 * DAY_MS}")
    await source(engine)
    assert await asked(engine) == [("W0001", "ground", "offered")]
    await execute(engine, f"UPDATE task SET offered_at = to_timestamp({MONDAY_MS} / 1000.0)")
    # The afternoon's collection has gone: who asks now would be late by ground.
    settled = {"settled_s": -(10.0**9), "move_cents": 1}
    assert (await source(engine, 9 * 3_600_000, **settled)).moved == 0
    await execute(engine, TUESDAY)
    assert (await source(engine, move_cents=1_000_000, settled_s=-(10.0**9))).moved == 0
    assert (await source(engine, **settled)).moved == 1
    assert await asked(engine) == [("W0001", "ground", "withdrawn"), ("W0001", "overnight", "offered")]
    assert await offers(engine, "W0001") == ["ground", "overnight"]
    [(why,)] = await rows(engine, "SELECT explanation FROM decision ORDER BY at DESC LIMIT 1")
    assert why["moved_from"] == ["Shop W0001 by ground"]
    assert (await source(engine, **settled)).moved == 0


async def test_a_paused_service_is_offered_to_nobody_and_its_price_is_shown_with_the_run(engine: AsyncEngine) -> None:
    await promised(engine)
    await execute(engine, TUESDAY, AUSTIN)
    rules = parse({
        "format": 1, "name": "storm", "revision": 1, "default_policy": "p", "policies": [{"id": "p"}],
        "rules": [{"id": "no-planes", "kind": "pause_service", "service": "overnight"}],
    })  # fmt: skip
    async with engine.begin() as conn:
        await rule_sets.publish(conn, rules, "ops")
    outcome = await source(engine)
    assert await asked(engine) == [("W0001", "express", "offered")]
    async with Solver("test", 60) as solver:
        assert await Weighing(engine, solver.weigh).once() == 1
        assert outcome.run_id is not None
        assert (await replay(engine, solver.ask, outcome.run_id)).is_same
    [(costs,)] = await rows(engine, "SELECT rule_costs FROM sourcing_run")
    [paused] = [each for each in costs["rules"] if each["rule"] == "no-planes"]
    assert paused["saving"] == 2_000 - (790 * 420 // 100 - 790 * 240 // 100) - (504 - 288) // 2


async def test_a_run_from_before_services_were_told_apart_is_decided_again_as_it_was(engine: AsyncEngine) -> None:
    await promised(engine)
    await execute(engine, TUESDAY, AUSTIN)
    working = replace(desk(engine), clock=ManualClock(MONDAY_MS), delivery=Delivery(60, SERVICES[0]))
    outcome = await run_batch(working, await fence(engine))
    assert await asked(engine) == [("W0001", "", "offered")]
    assert outcome.run_id is not None
    async with engine.connect() as conn:
        stored = await runs.stored(conn, outcome.run_id)
    older = stored.answer.replace(b',"send_by":""', b"")
    assert older != stored.answer
    await execute(engine, f"UPDATE sourcing_run SET answer = '\\x{runs.packed(older).hex()}'")
    async with Solver("test", 60) as solver:
        assert (await replay(engine, solver.ask, outcome.run_id)).is_same
    # Its offer counts as one by the cheapest service, which the promise cannot wait for.
    assert (await source(engine, settled_s=-(10.0**9))).moved == 1
    assert await asked(engine) == [("W0001", "", "withdrawn"), ("W0001", "overnight", "offered")]
