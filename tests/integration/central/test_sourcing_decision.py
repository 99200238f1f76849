"""Why an order went where it went, as the API tells it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from central.app import create_app
from tests.integration.central.sourced import CLOCK, IDS, asks_for, execute, network, order, rows, source, stock


@pytest_asyncio.fixture
async def client(engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(engine, CLOCK, IDS, version="0")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://centre") as client:
        yield client


async def first_order(engine: AsyncEngine) -> str:
    [(order_id,)] = await rows(engine, "SELECT order_id FROM customer_order ORDER BY order_id LIMIT 1")
    return f"/v1/orders/{order_id}/decision"


async def test_a_decision_says_why_in_a_sentence_and_then_in_figures_that_add_up(
    engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    await network(engine)
    for location, units in (("S0001", 3), ("S0002", 20), ("W0001", 20)):
        await stock(engine, location, units)
    await order(engine, 1)
    outcome = await source(engine)
    found: dict[str, Any] = (await client.get(await first_order(engine))).json()
    why = found["explanation"]
    assert found["sentence"] == why["sentence"] and "Shop" in found["sentence"]
    assert (found["rule_version"], found["earlier"]) == ("built-in-1", [])
    assert sum(why["chosen"]["terms"].values()) == why["chosen"]["cents"]
    runner_up = why["runner_up"]
    assert runner_up["difference"] == sum(runner_up["terms"].values()) == (
        runner_up["choice"]["value"] - why["chosen"]["value"]
    )  # fmt: skip
    [package] = why["chosen"]["packages"]
    assert package["location"] in ("S0002", "W0001") and package["lines"] == [0]
    assert [line["sku"] for line in why["lines"]] == ["A"]
    assert why["least_changes"][0].endswith("cheaper")
    run = found["run"]
    assert (run["run_id"], run["kind"], run["orders"]) == (str(outcome.run_id), "batch", 1)
    assert run["gap"] == (run["cost"] - run["bound"]) / run["cost"] == 0


async def test_the_funnel_names_what_each_reason_removed(engine: AsyncEngine, client: httpx.AsyncClient) -> None:
    await network(engine)
    await stock(engine, "W0001", 20)
    await execute(engine, "UPDATE location SET ships = false WHERE location = 'S0001'")
    await order(engine, 1)
    await source(engine)
    why = (await client.get(await first_order(engine))).json()["explanation"]
    assert {(step["reason"], step["removed"]) for step in why["funnel"]} == {
        ("does not ship", 1), ("has too few units", 1),
    }  # fmt: skip
    assert [step["remaining"] for step in why["funnel"]] == [2, 1]


async def test_an_order_that_was_moved_says_from_where_and_keeps_the_decision_before(
    engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    await network(engine)
    for location in ("S0001", "W0001"):
        await stock(engine, location, 20)
    await order(engine, 1)
    await source(engine)
    await execute(engine, "UPDATE task SET offered_at = now() - interval '1 minute'")
    await source(engine, asks_for("W0001"))
    path = await first_order(engine)
    newest = (await client.get(path)).json()
    assert newest["sentence"] == "because"
    [before] = newest["earlier"]
    assert "Shop S0001" in before["sentence"]
    again = (await client.get(path, params={"decision": before["decision_id"]})).json()
    assert (again["decision_id"], again["earlier"]) == (before["decision_id"], [])


async def test_an_order_that_nobody_decided_about_is_told_apart_from_one_that_does_not_exist(
    engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    await network(engine)
    await order(engine, 1)
    path = await first_order(engine)
    waiting = await client.get(path)
    assert (waiting.status_code, waiting.json()["type"]) == (404, "urn:tillway:problem:not-decided")
    unknown = await client.get(f"/v1/orders/{IDS.uuid7()}/decision")
    assert (unknown.status_code, unknown.json()["title"]) == (404, "There is no such order.")
    assert unknown.headers["content-type"] == "application/problem+json"
    other = await client.get(path, params={"decision": str(IDS.uuid7())})
    assert other.json()["title"] == "There is no such decision of this order."


async def test_an_explanation_of_another_form_still_gives_its_sentence(
    engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    await network(engine)
    await stock(engine, "S0001", 20)
    await order(engine, 1)
    await source(engine)
    await execute(engine, """UPDATE decision SET explanation = '{"sentence": "So.", "chosen": 7}', run_id = NULL""")
    found = (await client.get(await first_order(engine))).json()
    assert (found["sentence"], found["run"], found["explanation"]["funnel"]) == ("So.", None, [])
