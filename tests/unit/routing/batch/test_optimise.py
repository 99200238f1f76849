"""The batch optimiser against every plan that there is, and the promises of `optimise`."""

from dataclasses import replace
from itertools import count

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from retail.errors import Refused
from routing.batch.efforts import QUICK, THOROUGH
from routing.batch.solve import Progress
from routing.check import check
from routing.optimise import NOT_THERE, Warm, optimise
from routing.problem import BACKORDER, Prices, Problem
from routing.source import source_in_order
from tests.unit.routing.brute_batch import cheapest
from tests.unit.routing.tiny import problem, problems, problems_of_options

BOTH = st.one_of(problems(orders=3, most_lines=3), problems_of_options(orders=3, most_lines=3))


def crowd(orders: int = 60, seed: int = 0) -> Problem:
    """Many orders of one to three lines that compete for few units at a dozen places."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 4, orders)
    lines, places, skus = int(sizes.sum()), 12, 15
    return problem(
        orders=sizes.tolist(),
        fixed=random.integers(500, 1500, (orders, places)).tolist(),
        lines=random.integers(50, 900, (lines, places)).tolist(),
        line_sku=random.integers(0, skus, lines),
        stock=random.integers(0, 4, (skus, places)),
        capacity=random.integers(3, 9, places),
    )


@given(BOTH)
@settings(max_examples=40)
def test_the_plan_of_a_tiny_batch_is_the_cheapest_of_all_and_the_bound_says_so(asked: Problem) -> None:
    outcome = optimise(asked, np.arange(asked.orders))
    truth = cheapest(replace(asked, prices=Prices()))
    assert outcome.cost == truth
    assert outcome.bound <= truth
    assert check(asked, outcome.plan) == []


@given(BOTH)
@settings(max_examples=20)
def test_prices_of_a_run_prove_a_bound_by_themselves(asked: Problem) -> None:
    outcome = optimise(asked, np.arange(asked.orders))
    ended = optimise(asked, np.arange(asked.orders), watch=lambda progress: False)
    truth = cheapest(replace(asked, prices=Prices()))
    assert ended.bound <= truth <= ended.cost
    assert not ended.complete
    assert outcome.complete


def test_one_seed_gives_one_plan() -> None:
    asked = crowd()
    first, second = (optimise(asked, np.arange(asked.orders), seed=7) for _ in range(2))
    assert np.array_equal(first.plan.assignment, second.plan.assignment)
    assert (first.bound, first.baseline) == (second.bound, second.baseline)
    for one, other in zip((first.prices.stock, first.prices.capacity), (second.prices.stock, second.prices.capacity),
                          strict=True):  # fmt: skip
        assert one is not None and other is not None and np.array_equal(one, other)


def test_deciding_together_beats_deciding_one_by_one() -> None:
    asked = crowd()
    outcome = optimise(asked, np.arange(asked.orders))
    assert outcome.baseline == source_in_order(asked, np.arange(asked.orders)).total
    assert outcome.bound <= outcome.cost < outcome.baseline
    assert outcome.gap < 0.01


@pytest.mark.parametrize("effort", [QUICK, THOROUGH], ids=lambda effort: effort.name)
def test_every_effort_keeps_the_promises(effort: object) -> None:
    asked = crowd(seed=3)
    outcome = optimise(asked, np.arange(asked.orders), effort=effort)  # type: ignore[arg-type]
    assert check(asked, outcome.plan) == []
    assert outcome.bound <= outcome.plan.total <= outcome.baseline


def test_progress_only_ever_gets_better() -> None:
    said: list[Progress] = []

    def watch(progress: Progress) -> bool:
        said.append(progress)
        return True

    optimise(crowd(seed=1), np.arange(60), watch=watch)
    assert len(said) > 4
    assert [p.cost for p in said] == sorted((p.cost for p in said), reverse=True)
    assert [p.bound for p in said] == sorted(p.bound for p in said)


def test_a_run_begins_with_the_orders_one_by_one_and_only_improves_on_that() -> None:
    asked, costs = crowd(), list[float]()

    def watch(progress: Progress) -> bool:
        costs.append(progress.cost)
        return False

    baseline = optimise(asked, np.arange(asked.orders), watch=watch).baseline
    assert costs[0] <= baseline + 1.0  # a fraction of a cent per line settles ties


def test_a_run_that_is_ended_returns_the_plan_so_far() -> None:
    asked, heard = crowd(), count()
    outcome = optimise(asked, np.arange(asked.orders), watch=lambda progress: next(heard) < 1)
    assert not outcome.complete
    assert check(asked, outcome.plan) == []
    assert outcome.bound <= outcome.cost


def test_moving_an_order_has_a_price() -> None:
    asked = problem(fixed=[[100, 90]], lines=[[0, 0]])
    stay = Warm(Prices(), np.array([0]), move=11)
    go = Warm(Prices(), np.array([0]), move=9)
    assert optimise(asked, np.array([0]), last=stay).plan.assignment.tolist() == [0]
    assert optimise(asked, np.array([0]), last=go).plan.assignment.tolist() == [1]


def test_what_moving_costs_is_in_the_cost_and_not_in_the_plan() -> None:
    asked = problem(fixed=[[100, 50]], lines=[[0, 0]])
    outcome = optimise(asked, np.array([0]), last=Warm(Prices(), np.array([0]), move=9))
    assert (outcome.cost, outcome.plan.total, outcome.bound) == (59, 50, 59)


def test_a_line_that_is_new_moves_for_nothing() -> None:
    asked = problem(fixed=[[100, 90]], lines=[[0, 0]])
    outcome = optimise(asked, np.array([0]), last=Warm(Prices(), np.array([NOT_THERE]), move=99))
    assert outcome.plan.assignment.tolist() == [1]
    assert outcome.cost == 90


@given(BOTH, st.integers(0, 2**32))
@settings(max_examples=40)
def test_whatever_the_last_plan_was_the_next_one_is_possible_and_the_cheapest(asked: Problem, seed: int) -> None:
    random = np.random.default_rng(seed)
    last = Warm(Prices(), random.integers(NOT_THERE, asked.options, len(asked.line_sku)))
    outcome = optimise(asked, np.arange(asked.orders), last=last)
    assert outcome.cost == cheapest(replace(asked, prices=Prices()))


def test_a_last_plan_in_more_packages_than_are_allowed_now_is_left_behind() -> None:
    asked = problem(fixed=[[10, 10]], lines=[[0, 90], [90, 0]], orders=[2], max_packages=np.array([1]))
    assert cheapest(replace(asked, max_packages=None)) < cheapest(asked)
    outcome = optimise(asked, np.array([0]), last=Warm(Prices(), np.array([0, 1])))
    assert len(outcome.plan.package_option) == 1
    assert outcome.cost == cheapest(asked)


def test_a_warm_start_with_nothing_new_moves_nothing() -> None:
    asked = crowd()
    first = optimise(asked, np.arange(asked.orders))
    again = optimise(asked, np.arange(asked.orders), last=Warm(first.prices, first.plan.assignment, move=1))
    assert np.array_equal(again.plan.assignment, first.plan.assignment)


def test_a_last_plan_of_other_lines_is_refused() -> None:
    with pytest.raises(Refused, match="last"):
        optimise(crowd(), np.arange(60), last=Warm(Prices(), np.array([0]), move=1))


def test_a_sequence_that_leaves_an_order_out_is_refused() -> None:
    with pytest.raises(Refused, match="sequence"):
        optimise(crowd(), np.arange(59))


def test_no_orders_cost_nothing() -> None:
    nothing = problem(fixed=np.zeros((0, 2), int).tolist() or [[0, 0]], lines=[[0, 0]])
    empty = replace(
        nothing,
        order_ptr=np.array([0]),
        line_sku=np.zeros(0, int),
        line_qty=np.zeros(0, int),
        backorder=np.zeros(0, int),
        blocked=np.zeros((0, 2), np.uint8),
        package_terms={},
        line_terms={},
    )
    outcome = optimise(empty, np.zeros(0, int))
    assert (outcome.cost, outcome.bound, outcome.baseline) == (0, 0, 0)


def test_where_nobody_has_stock_everything_is_backordered_at_its_price() -> None:
    asked = replace(crowd(), stock=np.zeros((15, 12), np.int64))
    outcome = optimise(asked, np.arange(asked.orders))
    assert set(outcome.plan.assignment.tolist()) == {BACKORDER}
    assert outcome.cost == outcome.bound == int(asked.backorder.sum())


def test_many_orders_for_one_sku_end_with_a_bound_and_within_stock() -> None:
    orders = 400
    random = np.random.default_rng(5)
    asked = problem(
        orders=[1] * orders,
        fixed=random.integers(500, 1500, (orders, 6)).tolist(),
        lines=[[0] * 6] * orders,
        line_sku=np.zeros(orders, int),
        stock=[[30, 20, 10, 5, 1, 0]],
        capacity=[99] * 6,
    )
    outcome = optimise(asked, np.arange(orders))
    assert int((outcome.plan.assignment != BACKORDER).sum()) == 66
    assert outcome.gap < 0.001


def test_an_order_of_two_hundred_lines_goes_with_the_others() -> None:
    random = np.random.default_rng(2)
    sizes = [200, 2, 1, 30]
    asked = problem(
        orders=sizes,
        fixed=random.integers(500, 1500, (4, 8)).tolist(),
        lines=random.integers(10, 300, (233, 8)).tolist(),
        stock=random.integers(0, 2, (233, 8)),
        capacity=[60] * 8,
    )
    outcome = optimise(asked, np.arange(4))
    assert check(asked, outcome.plan) == []
    assert outcome.bound <= outcome.cost <= outcome.baseline
