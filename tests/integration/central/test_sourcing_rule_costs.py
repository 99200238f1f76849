"""What every rule did and cost is worked out after a batch, kept with it, and never in the way of an order."""

import asyncio
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from central.sourcing import answer
from central.sourcing.answer import Answer, answer_of
from central.sourcing.deciding import decide
from central.sourcing.domain import Effort, Steering
from central.sourcing.question import Asked, Question, Rules
from central.sourcing.question import read as read_question
from central.sourcing.rule_costs import RuleLine, RunRules, read, rule_costs
from central.sourcing.solver import QuestionRefused, Solver, SolverFailed
from central.sourcing.solver_process import weigh
from central.sourcing.weighing import Weighing
from retail.errors import Refused
from routing.rules.document import RuleSet, parse
from tests.integration.central.sourced import network, order, rows, source, stock
from tests.integration.central.sourcing_questions import question

BODY: dict[str, Any] = {
    "format": 1, "name": "peak", "revision": 3, "default_policy": "p", "policies": [{"id": "p"}],
    "rules": [
        {"kind": "distance", "id": "near", "miles": 1_200},
        {"kind": "capacity", "id": "few", "units": 2, "service": "ship"},
        {"kind": "safety_stock", "id": "safe", "units": 2},
        {"kind": "prefer", "id": "warehouses", "cents": 250, "at": {"kinds": ["warehouse"]}},
        {"kind": "sales_credit", "id": "credit", "cents": 90, "at": {"kinds": ["store"]}},
        {"kind": "remorse", "id": "second-thoughts", "minutes": 60},
    ],
}  # fmt: skip


def ruled(seed: int, **changes: Any) -> Question:
    """Eighteen orders that may be routed and two that came a moment ago, under the rules above."""
    asked = question(seed, steering=Steering("batch", "quick", **changes))
    late = {each.order_id for each in asked.snapshot.orders[:2]}
    orders = tuple(
        replace(each, placed_ms=asked.now_ms) if each.order_id in late else each for each in asked.snapshot.orders
    )
    return replace(asked, snapshot=replace(asked.snapshot, orders=orders), rules=Rules("peak-3", BODY))


def decided(asked: Question, rules: RuleSet | None = None) -> Answer:
    body = asked.rules.body
    rules = rules or (None if body is None else parse(body))
    return answer_of(decide(asked.snapshot, asked.tariff, asked.steering, rules, asked.now_ms, asked.delivery))[0]


def by_rule(found: RunRules) -> dict[str, RuleLine]:
    return {each.rule: each for each in found.rules}


@pytest.mark.parametrize("seed", range(2))
def test_what_a_rule_costs_is_what_the_batch_saves_when_it_is_decided_without_it(seed: int) -> None:
    asked = ruled(seed)
    ran = decided(asked)
    found = by_rule(rule_costs(asked, ran))
    rules = parse(BODY)
    for rule in rules.rules[:-1]:
        again, line = decided(asked, rules.without(rule.id)), found[rule.id]
        assert line.low is not None and line.high is not None and line.saving is not None
        assert line.low <= line.saving <= line.high
        assert line.low - (again.cost - again.bound) <= ran.cost - again.cost <= line.high, line
    assert (found["second-thoughts"].held, found["second-thoughts"].saving) == (2, None)
    assert found["near"].blocked >= found["near"].first > 0 and found["safe"].units > 0
    assert found["warehouses"].paid >= 0 >= found["credit"].paid
    assert max(each.saving or 0 for each in found.values()) > 0


@pytest.mark.parametrize("move_cents", [0, 100])
def test_offers_that_wait_for_their_answer_stay_in_the_figures(move_cents: int) -> None:
    first = ruled(5, move_cents=move_cents)
    place = {line: ask.location for each in decided(first).orders for ask in each.ask for line in ask.lines}
    half = list(place)[: len(place) // 2]
    orders = tuple(
        replace(each, lines=tuple(
            replace(line, offered_to=place[line.line_id], task=UUID(int=line.line_id.int + 10**6), rev=1)
            if line.line_id in half else line
            for line in each.lines
        ))
        for each in first.snapshot.orders
    )  # fmt: skip
    asked = replace(first, snapshot=replace(first.snapshot, orders=orders))
    ran = decided(asked)
    assert any(not each.ask for each in ran.orders)
    for line in rule_costs(asked, ran).rules:
        if line.saving is not None and line.low is not None and line.high is not None:
            assert line.low <= line.saving <= line.high


def test_a_run_of_more_orders_than_the_limit_names_its_rules_without_estimates() -> None:
    asked = ruled(1)
    found = rule_costs(asked, decided(asked), orders_max=17).rules
    assert [each.rule for each in found][:6] == [rule["id"] for rule in BODY["rules"]]
    assert all(each.saving is None for each in found)
    assert [each.skipped for each in found[:6]] == [True] * 5 + [False]
    assert found[0].blocked > 0


def test_an_answer_that_is_no_plan_of_the_question_is_refused() -> None:
    asked = ruled(1)
    ran = decided(asked)
    silent = next(place.location for place in asked.snapshot.places if place.silent)
    forged = replace(ran, orders=tuple(
        replace(each, ask=(answer.Ask(silent, tuple(line for ask in each.ask for line in ask.lines)),))
        for each in ran.orders
    ))  # fmt: skip
    with pytest.raises(Refused, match="does not fit"):
        rule_costs(asked, forged)


async def test_a_process_of_its_own_says_the_same_as_the_pure_function() -> None:
    asked = ruled(2)
    ran = decided(asked)
    async with Solver("test", 60) as solver:
        assert read(await solver.weigh(asked.asked(), ran.encoded())) == rule_costs(asked, ran)
        assert (await solver.ask(asked.asked())).answer == ran.encoded()  # the next question is its own
        with pytest.raises(QuestionRefused):
            await solver.weigh(replace(asked.asked(), core=b"{}"), ran.encoded())


async def weigh_here(asked: Asked, ran: bytes) -> bytes:
    return weigh(asked, ran)[2]


async def sourced(engine: AsyncEngine, effort: Effort = "quick") -> None:
    await network(engine)
    await stock(engine, "S0001", 1)
    await stock(engine, "W0001", 1)
    for number in (1, 2, 3):
        await order(engine, number)
    await source(engine, effort=effort)


STORED = "SELECT rule_costs FROM sourcing_run ORDER BY run_id"


async def test_the_rules_of_a_done_batch_are_weighed_once_and_kept_with_it(engine: AsyncEngine) -> None:
    await sourced(engine)
    assert await rows(engine, STORED) == [(None,)]
    weighing = Weighing(engine, weigh_here)
    assert (await weighing.once(), await weighing.once()) == (1, 0)
    [[kept]] = await rows(engine, STORED)
    found = msgspec.convert(kept, RunRules).rules
    assert {"closed", "needs_box", "same_country"} <= {each.kind for each in found}
    assert all(each.orders == 3 for each in found) and all(each.low is not None for each in found)


async def test_a_batch_whose_offers_are_not_out_is_left_alone(engine: AsyncEngine) -> None:
    asked_before_the_end = []
    await network(engine)
    await stock(engine, "S0001", 1)
    await order(engine, 1)

    async def ask(asked: Asked) -> Any:
        asked_before_the_end.append(await Weighing(engine, weigh_here).once())
        raise SolverFailed("broken")

    with pytest.raises(SolverFailed):
        await source(engine, ask, effort="quick")
    assert (set(asked_before_the_end), await Weighing(engine, weigh_here).once()) == ({0}, 0)


async def test_orders_that_were_sourced_one_after_another_have_no_prices_to_weigh_by(engine: AsyncEngine) -> None:
    await sourced(engine, "one-by-one")
    assert await Weighing(engine, weigh_here).once() == 0


@pytest.mark.parametrize("error", [SolverFailed("it took more than 180 s"), QuestionRefused("no plan", "report it")])
async def test_a_run_that_cannot_be_weighed_says_why_and_is_not_tried_again(
    engine: AsyncEngine, error: Exception
) -> None:
    await sourced(engine)

    async def fails(asked: Asked, ran: bytes) -> bytes:
        assert read_question(asked).snapshot.orders and ran
        raise error

    weighing = Weighing(engine, fails)
    assert (await weighing.once(), await weighing.once()) == (1, 0)
    [[kept]] = await rows(engine, STORED)
    assert (kept["rules"], kept["problem"][:7]) == ([], str(error)[:7])


async def test_offers_go_out_while_rules_are_weighed(engine: AsyncEngine) -> None:
    await sourced(engine)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(asked: Asked, ran: bytes) -> bytes:
        began.set()
        await go_on.wait()
        return weigh(asked, ran)[2]

    task = asyncio.create_task(Weighing(engine, slow).once())
    async with asyncio.timeout(30):
        await began.wait()
    await stock(engine, "S0002", 1)
    started = time.monotonic()
    assert (await source(engine, effort="quick")).offered == 1
    assert time.monotonic() - started < 10 and not task.done()
    go_on.set()
    assert await task == 1
    assert [each[0] is None for each in await rows(engine, STORED)] == [False, True]
