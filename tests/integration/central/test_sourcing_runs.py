"""Every run is stored with what it decided on, and decided again it comes out the same."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from central.orders.postgres import CHANNEL
from central.platform import leases
from central.platform.wakeups import Wakeups
from central.sourcing import answer, runs
from central.sourcing.domain import BidPrices, CapacityPrice, StockPrice
from central.sourcing.loop import Pace, SourcingLoop
from central.sourcing.question import Asked, read
from central.sourcing.replay import replay, runs_of
from central.sourcing.solver import QuestionRefused, Reply, Solver, SolverFailed
from central.sourcing.use_cases import Outcome, lease_name, run_batch, run_single
from retail.errors import Refused
from tests.integration.central.sourced import (
    ask_here,
    desk,
    execute,
    fence,
    network,
    order,
    rows,
    source,
    stock,
)


async def decided(engine: AsyncEngine) -> Outcome:
    """Three orders, of which one must wait."""
    await network(engine)
    await stock(engine, "S0001", 1)
    await stock(engine, "W0001", 1)
    for number in (1, 2, 3):
        await order(engine, number)
    outcome = await source(engine)
    assert outcome == Outcome(orders=3, offered=2, waiting=1)
    return outcome


async def test_a_run_is_kept_with_its_figures_and_every_decision_names_it(engine: AsyncEngine) -> None:
    outcome = await decided(engine)
    [run] = await rows(
        engine,
        "SELECT run_id, region, kind, state, orders, lines, places, offered, waiting, cost >= bound, bound > 0,"
        " baseline >= bound, seconds > 0, ended_at IS NOT NULL, length(digest), rule_version FROM sourcing_run",
    )
    assert run == (outcome.run_id, "USD", "batch", "done", 3, 3, 3, 2, 1, *[True] * 5, 32, "built-in-1")
    assert await rows(engine, "SELECT DISTINCT run_id FROM decision") == [(outcome.run_id,)]
    assert await rows(engine, "SELECT count(*) FROM decision") == [(3,)]


async def test_a_replay_reproduces_every_decision(engine: AsyncEngine) -> None:
    outcome = await decided(engine)
    assert outcome.run_id is not None
    async with Solver("test", 60) as solver:
        replayed = await replay(engine, solver.ask, outcome.run_id)
    assert (replayed.is_same, replayed.decisions, replayed.other_version) == (True, 3, "")


async def test_a_replay_names_the_decision_that_comes_out_otherwise(engine: AsyncEngine) -> None:
    outcome = await decided(engine)
    assert outcome.run_id is not None
    async with engine.connect() as conn:
        stored = answer.read((await runs.stored(conn, outcome.run_id)).answer)
    elsewhere = answer.Ask("S0002", stored.orders[0].ask[0].lines)
    forged = answer.Answer((answer.Answered(stored.orders[0].order, (elsewhere,)), *stored.orders[1:]), stored.cost)
    packed = runs.packed(forged.encoded()).hex()
    await execute(engine, f"UPDATE sourcing_run SET answer = '\\x{packed}'")
    replayed = await replay(engine, ask_here, outcome.run_id)
    assert not replayed.is_same
    assert any(f"order {stored.orders[0].order} goes elsewhere: 1 from" in each for each in replayed.differences)
    assert any(each.startswith("bound is") for each in replayed.differences)


async def test_inputs_that_were_changed_afterwards_are_not_replayed(engine: AsyncEngine) -> None:
    outcome = await decided(engine)
    assert outcome.run_id is not None
    other = runs.packed(b"{}").hex()
    await execute(engine, f"UPDATE sourcing_run SET moment = '\\x{other}'")
    with pytest.raises(Refused, match="not those that were decided on"):
        await replay(engine, ask_here, outcome.run_id)


async def test_the_runs_of_a_day_are_found_by_its_date(engine: AsyncEngine) -> None:
    outcome = await decided(engine)
    [(day,)] = await rows(engine, "SELECT to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM sourcing_run")
    assert await runs_of(engine, day) == [outcome.run_id]
    assert await runs_of(engine, "1999-01-01") == []
    with pytest.raises(Refused, match="not a date"):
        await runs_of(engine, "yesterday")


async def test_old_inputs_are_dropped_and_the_figures_stay(engine: AsyncEngine) -> None:
    outcome = await decided(engine)
    assert outcome.run_id is not None
    async with engine.begin() as conn:
        assert await runs.forget(conn, timedelta(days=1), 1 << 30) == 0
    await execute(engine, "UPDATE sourcing_run SET started_at = now() - interval '2 days'",
                  "UPDATE sourcing_network SET stored_at = now() - interval '2 days'")  # fmt: skip
    async with engine.begin() as conn:
        assert await runs.forget(conn, timedelta(days=1), 1 << 30) == 1
    assert await rows(engine, "SELECT orders, offered, core, answer FROM sourcing_run") == [(3, 2, None, None)]
    assert await rows(engine, "SELECT count(*) FROM sourcing_network") == [(0,)]
    with pytest.raises(Refused, match="not kept"):
        await replay(engine, ask_here, outcome.run_id)


async def test_the_oldest_inputs_are_dropped_first_when_there_are_too_many(engine: AsyncEngine) -> None:
    await decided(engine)
    await order(engine, 4)
    await stock(engine, "S0002", 3)
    await source(engine)
    sizes = [size for (size,) in await rows(engine, "SELECT kept_bytes FROM sourcing_run ORDER BY run_id")]
    async with engine.begin() as conn:
        assert await runs.forget(conn, timedelta(days=1), sizes[1]) == 1
    assert await rows(engine, "SELECT kept_bytes FROM sourcing_run ORDER BY run_id") == [(0,), (sizes[1],)]
    async with engine.begin() as conn:
        assert await runs.forget(conn, timedelta(days=1), 0) == 1


async def test_the_network_is_stored_once_for_all_runs_that_saw_the_same(engine: AsyncEngine) -> None:
    await decided(engine)
    await order(engine, 4)
    await execute(engine, "UPDATE box SET last_hello_at = now() - interval '1 hour' WHERE location = 'S0002'")
    assert (await source(engine)).orders == 2
    assert await rows(engine, "SELECT count(*) FROM sourcing_run") == [(2,)]
    assert await rows(engine, "SELECT count(*) FROM sourcing_network") == [(1,)]


async def test_a_question_that_was_answered_is_not_asked_again(engine: AsyncEngine) -> None:
    await decided(engine)
    held = await fence(engine)
    first = await run_batch(desk(engine), held)
    assert first.orders == 1
    assert (await run_batch(desk(engine), held, first.subject)).orders == 0
    assert await rows(engine, "SELECT count(*) FROM sourcing_run") == [(2,)]
    await stock(engine, "S0002", 5)
    assert await run_batch(desk(engine), held, first.subject) == Outcome(orders=1, offered=1)


async def test_orders_are_sourced_one_by_one_when_the_optimiser_fails_and_people_are_told(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0001", 5)
    await order(engine, 1)

    async def fails(asked: Asked) -> Reply:
        if read(asked).steering.effort != "one-by-one":
            raise SolverFailed("the batch solver took more than 3 s")
        return await ask_here(asked)

    with capture_logs():
        assert await source(engine, fails) == Outcome(orders=1, offered=1)
    assert await rows(engine, "SELECT state, effort, problem FROM sourcing_run ORDER BY run_id") == [
        ("failed", "standard", "the batch solver took more than 3 s"), ("done", "one-by-one", ""),
    ]  # fmt: skip
    [(problem, remedy)] = await rows(engine, "SELECT problem, remedy FROM incident")
    assert "took more than 3 s" in problem and "central replay" in remedy
    # The failed run is replayed from its inputs: it fails again, or it is told that it does no more.
    [(failed,)] = await rows(engine, "SELECT run_id FROM sourcing_run WHERE state = 'failed'")
    with pytest.raises(SolverFailed, match="took more than 3 s"):
        await replay(engine, fails, failed)
    assert (await replay(engine, ask_here, failed)).differences == ["it was not decided then, and is now"]
    await order(engine, 2)
    with capture_logs():
        await source(engine, fails)
    assert await rows(engine, "SELECT count(*) FROM incident") == [(1,)]  # once a day, however often it fails


async def test_a_question_that_is_refused_is_not_asked_for_ever(engine: AsyncEngine) -> None:
    await network(engine)
    await order(engine, 1)

    async def refuses(asked: Asked) -> Reply:
        raise QuestionRefused("stock: it is below zero", "count it")

    held = await fence(engine)
    outcome = await run_batch(desk(engine, refuses), held)
    assert (outcome.offered, outcome.subject is not None) == (0, True)
    assert (await run_batch(desk(engine, refuses), held, outcome.subject)).run_id is None
    assert await rows(engine, "SELECT state, problem FROM sourcing_run") == [("failed", "stock: it is below zero")]


async def test_a_single_order_heeds_what_stock_is_worth_to_others(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0001", 20)
    await stock(engine, "W0001", 20)
    await order(engine, 1)
    [(first,)] = await rows(engine, "SELECT order_id FROM customer_order")
    dear = BidPrices((StockPrice("A", "S0001", 900.0),), (CapacityPrice("S0002", 50.0),))
    assert await run_single(desk(engine), await fence(engine), [first], dear) == Outcome(orders=1, offered=1)
    assert await rows(engine, "SELECT location FROM task") == [("W0001",)]
    [(why, kind)] = await rows(
        engine, "SELECT d.explanation, r.kind FROM decision d JOIN sourcing_run r USING (tenant, run_id)"
    )
    assert kind == "single"
    assert why["runner_up"]["choice"]["terms"]["stock price"] == 900
    await order(engine, 2)
    [(second,)] = await rows(engine, "SELECT order_id FROM customer_order ORDER BY order_id DESC LIMIT 1")
    await run_single(desk(engine), await fence(engine), [second], BidPrices())
    assert await rows(engine, "SELECT location FROM task ORDER BY task_id") == [("W0001",), ("S0001",)]


async def test_regions_are_sourced_side_by_side_each_under_its_own_lease(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0001", 20)
    await order(engine, 1)
    await order(engine, 2)
    await execute(engine, "UPDATE customer_order SET currency = 'CAD' WHERE platform_order_id = '2'")
    async with engine.begin() as conn:
        assert await leases.acquire(conn, lease_name("CAD"), "another", 30) is not None
    assert await source(engine) == Outcome(orders=1, offered=1)
    assert await rows(engine, "SELECT region, orders FROM sourcing_run") == [("USD", 1)]


class Running:
    """The loop on a real database with real notifications."""

    def __init__(self, engine: AsyncEngine, url: str, pace: Pace) -> None:
        wakeups = Wakeups(url)
        self.asked: list[str] = []
        self.loop = SourcingLoop(
            desk(engine, self._ask("batch")), desk(engine, self._ask("single")), wakeups.bell(CHANNEL), pace
        )
        self._parts = (wakeups.run, self.loop.run)

    def _ask(self, kind: str):  # type: ignore[no-untyped-def]
        async def ask(asked: Asked) -> Reply:
            assert read(asked).steering.kind == kind
            self.asked.append(kind)
            return await ask_here(asked)

        return ask

    async def __aenter__(self) -> "Running":
        self._tasks = [asyncio.create_task(part()) for part in self._parts]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def until(engine: AsyncEngine, query: str, expected: object) -> None:
    async with asyncio.timeout(15):
        while (await rows(engine, query))[0][0] != expected:
            await asyncio.sleep(0.02)


OFFERS = "SELECT count(*) FROM task"


async def test_the_first_order_goes_by_a_batch_and_the_next_ones_at_once_by_its_prices(
    engine: AsyncEngine, database_url: str
) -> None:
    await network(engine)
    await stock(engine, "S0001", 50)
    async with Running(engine, database_url, Pace(interval_s=3_600)) as running:
        await asyncio.sleep(0.3)
        await order(engine, 1)
        await until(engine, OFFERS, 1)
        await order(engine, 2)
        await until(engine, OFFERS, 2)
        await order(engine, 3)
        await until(engine, OFFERS, 3)
    assert running.asked == ["batch", "single", "single"]


async def test_prices_are_renewed_when_much_was_taken_at_them_and_not_by_counting_runs(
    engine: AsyncEngine, database_url: str
) -> None:
    await network(engine)
    await stock(engine, "S0001", 50)
    await order(engine, 1)
    await execute(engine, "UPDATE order_line SET quantity = 100")  # it waits for ever, so a batch has something to do
    async with Running(engine, database_url, Pace(interval_s=3_600, renew_units=2)) as running:
        await until(engine, "SELECT count(*) FROM decision", 1)
        for number in (2, 3):
            await order(engine, number)
            await until(engine, OFFERS, number - 1)
            assert running.asked[:number] == ["batch", *["single"] * (number - 1)]
        await until(engine, "SELECT count(*) FROM sourcing_run WHERE kind = 'batch'", 2)
    assert running.asked == ["batch", "single", "single", "batch"]


async def test_prices_that_are_too_old_are_not_used(engine: AsyncEngine, database_url: str) -> None:
    await network(engine)
    await stock(engine, "S0001", 50)
    async with Running(engine, database_url, Pace(interval_s=3_600, price_age_s=0.05)) as running:
        await asyncio.sleep(0.3)
        for number in (1, 2):
            await order(engine, number)
            await until(engine, OFFERS, number)
            await asyncio.sleep(0.1)
    assert running.asked == ["batch", "batch"]
