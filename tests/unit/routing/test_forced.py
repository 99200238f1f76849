"""Another plan forced on an order of a batch: the change of cost is true, and so is its interval."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail.errors import Refused
from routing.check import check
from routing.explain import explain
from routing.forced import forced
from routing.left import Left
from routing.optimise import Warm, optimise
from routing.problem import Prices, Problem
from routing.seen import seen_by
from tests.unit.routing.brute import everything
from tests.unit.routing.brute_batch import cheapest
from tests.unit.routing.decisions import assert_differences_are_exact, decision
from tests.unit.routing.test_explain import assignment_of
from tests.unit.routing.tiny import problem, problems, problems_of_options

ORDERS = 3


@settings(max_examples=40, deadline=None)
@given(st.one_of(problems(orders=ORDERS, most_lines=3), problems_of_options(orders=ORDERS, most_lines=3)), st.data())
def test_the_true_change_of_cost_lies_in_the_interval(drawn: Problem, data: st.DataObject) -> None:
    drawn, sequence = replace(drawn, prices=Prices()), np.arange(ORDERS)
    found = optimise(drawn, sequence)
    order = data.draw(st.integers(0, ORDERS - 1))
    truth = everything(drawn, order, Left.all_of(drawn))
    plans = truth.assignments[truth.allowed]
    held = plans[data.draw(st.integers(0, len(plans) - 1))]
    again = forced(drawn, found, order, held, sequence)
    assert check(drawn, again.plan) == []
    assert again.plan.assignment[drawn.lines_of(order)].tolist() == held.tolist()
    assert again.cost == again.plan.total
    assert again.change == again.cost - found.cost
    true = cheapest(held_to(drawn, order, held)) - cheapest(drawn)
    assert again.low <= true <= again.high
    assert again.bound <= again.cost


def held_to(drawn: Problem, order: int, held: Any) -> Problem:
    """The same problem in which the order may only go as ``held`` says, by rules instead of a smaller batch."""
    blocked = np.zeros((len(drawn.line_sku), drawn.options), np.int64)
    if drawn.line_blocked is not None:
        blocked |= drawn.line_blocked
    backorder = drawn.backorder.astype(np.int64).copy()
    for line, option in zip(range(len(blocked))[drawn.lines_of(order)], held.tolist(), strict=True):
        allowed = blocked[line, option] if option >= 0 else 1
        blocked[line] = 1
        if option >= 0:
            blocked[line, option] = allowed
            backorder[line] = 10**6
    return replace(drawn, line_blocked=blocked, backorder=backorder)


@pytest.mark.parametrize("seeds", [range(50), range(50, 100)])
def test_the_differences_of_a_thousand_runners_up_are_exact_in_cents_at_the_duals(seeds: range) -> None:
    assert sum(assert_differences_are_exact(seed) for seed in seeds) >= 500


def test_a_plan_that_is_kept_changes_nothing() -> None:
    drawn, found, sequence, order = decision(3)
    again = forced(drawn, found, order, found.plan.assignment[drawn.lines_of(order)], sequence)
    assert again.low == 0
    assert again.change <= 0 <= again.high


def test_moving_a_line_from_the_last_plan_is_part_of_the_change() -> None:
    drawn = problem(fixed=[[100, 130], [100, 130]], lines=[[0, 0], [0, 0]], orders=[1, 1])
    last = Warm(Prices(), np.array([0, 0]), 50)
    found = optimise(drawn, np.arange(2), last=last)
    again = forced(drawn, found, 0, np.array([1]), np.arange(2), last=last)
    assert (again.change, again.low, again.high) == (80, 80, 80)


def test_an_order_that_is_the_whole_batch_changes_by_its_own_cost() -> None:
    drawn = problem(fixed=[[100, 130]], lines=[[10, 10]])
    found = optimise(drawn, np.arange(1))
    again = forced(drawn, found, 0, np.array([1]), np.arange(1))
    assert (again.change, again.low, again.high) == (30, 30, 30)


def test_forcing_what_another_order_needs_costs_what_that_one_pays_then() -> None:
    drawn = problem(fixed=[[100, 150], [100, 400]], lines=[[0, 0]] * 2, orders=[1, 1], line_sku=[0, 0],
                    stock=[[1, 5], [0, 0]])  # fmt: skip
    found = optimise(drawn, np.arange(2))
    assert found.plan.assignment.tolist() == [1, 0]
    again = forced(drawn, found, 0, np.array([0]), np.arange(2))
    assert again.plan.assignment.tolist() == [0, 1]
    assert again.change == again.low == again.high == (100 + 400) - (150 + 100)


@pytest.mark.parametrize(
    ("assignment", "says"),
    [([0, 1], "no option for each line"), ([7], "no option for each line"), ([1], "is not allowed: 1 of 0 units")],
)
def test_a_plan_that_the_order_may_not_have_is_refused(assignment: list[int], says: str) -> None:
    drawn = problem(fixed=[[100, 130]], lines=[[10, 10]], stock=[[1, 0]])
    found = optimise(drawn, np.arange(1))
    with pytest.raises(Refused, match=says):
        forced(drawn, found, 0, np.array(assignment), np.arange(1))


@pytest.mark.parametrize("seed", range(3))
def test_a_forced_runner_up_is_reported_with_what_is_proved_of_it(seed: int) -> None:
    drawn, found, sequence, order = decision(seed)
    steered = replace(drawn, prices=found.prices)
    why = explain(steered, found.plan, order)
    assert why.runner_up is not None
    assert seen_by(steered, found.plan, order).together
    again = forced(drawn, found, order, assignment_of(why.runner_up.choice), sequence)
    assert check(drawn, again.plan) == []
    assert 0 <= again.low <= again.high
    assert again.low <= again.change + (found.cost - found.bound) <= again.high + (found.cost - found.bound)
