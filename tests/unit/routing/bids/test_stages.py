"""A problem in stages has the plans and the optimum of the problem with arrivals, no more and no fewer."""

from dataclasses import replace
from itertools import product
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from retail.errors import Refused
from routing.bids.stages import staged
from routing.check import check
from routing.optimise import optimise
from routing.parcels import Parcels, Tariff
from routing.plan import Plan
from routing.problem import Prices, Problem
from routing.terms import LineTerm
from tests.unit.routing.tiny import problem

ORDERS, PLACES, SKUS = 3, 2, 2


def drawn(seed: int) -> tuple[Problem, list[Any], Any]:
    """Three orders of 1-2 lines at two locations; stock that comes once or twice; the stage of each order."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 3, ORDERS)
    lines = int(sizes.sum())
    qty = random.integers(1, 3, lines)
    asked = problem(
        fixed=random.integers(0, 9, (ORDERS, PLACES)).tolist(),
        lines=random.integers(0, 9, (lines, PLACES)).tolist(),
        orders=sizes.tolist(),
        line_sku=random.integers(0, SKUS, lines),
        line_qty=qty,
        backorder=random.integers(5, 30, lines),
        stock=random.integers(0, 3, (SKUS, PLACES)),
        package_terms={"label": random.integers(0, 9, (ORDERS, PLACES))},
        line_terms={
            "shipping": LineTerm(random.integers(0, 9, (lines, PLACES)), "line"),
            "weight": LineTerm(random.integers(0, 5, (ORDERS, PLACES)), "order", qty),
            "stock value": LineTerm(random.integers(0, 4, (SKUS, PLACES)), "sku"),
        },
    )
    arrivals = [random.integers(0, 3, (SKUS, PLACES)) for _ in range(random.integers(1, 3))]
    return asked, arrivals, random.integers(0, len(arrivals) + 1, ORDERS)


def is_there(asked: Problem, arrivals: list[Any], stage: Any, assignment: Any) -> bool:
    """Walk through time: what comes goes onto the shelf, what is served leaves it."""
    shelf = asked.stock.copy()
    for now in range(len(arrivals) + 1):
        if now:
            shelf += arrivals[now - 1]
        for order in np.flatnonzero(stage == now):
            for line in range(asked.order_ptr[order], asked.order_ptr[order + 1]):
                if assignment[line] >= 0:
                    shelf[asked.line_sku[line], assignment[line]] -= asked.line_qty[line]
        if (shelf < 0).any():
            return False
    return True


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_every_plan_is_allowed_in_stages_just_when_its_units_are_there_in_time(seed: int) -> None:
    asked, arrivals, stage = drawn(seed)
    wide = staged(asked, arrivals, stage)
    free = replace(asked, stock=np.full((SKUS, PLACES), 99))
    least = None
    for choice in product(range(-1, PLACES), repeat=len(asked.line_sku)):
        assignment = np.array(choice)
        own = Plan.of(free, assignment)
        plan = Plan.of(wide.problem, wide.widened(assignment))
        assert plan.cents.tolist() == own.cents.tolist()
        allowed = is_there(asked, arrivals, stage, assignment)
        assert (check(wide.problem, plan) == []) == allowed
        if allowed:
            least = own.total if least is None else min(least, own.total)
    found = optimise(wide.problem, np.arange(ORDERS))
    assert found.bound <= least <= found.cost  # type: ignore[operator]
    assert found.cost == least


def test_without_arrivals_nothing_is_added() -> None:
    asked, _, _ = drawn(1)
    wide = staged(asked, [], np.zeros(ORDERS, np.int64))
    assert wide.problem.line_sku.tolist() == asked.line_sku.tolist()
    assert wide.problem.kits is None


def test_what_a_package_weighs_is_counted_once() -> None:
    parcels = Parcels((Tariff(np.array([100, 900]), np.array([5, 50])),), np.zeros(2, np.int64), np.array([100]))
    asked = problem(fixed=[[0, 0]], lines=[[0, 0]], parcels=parcels)
    wide = staged(asked, [asked.stock, asked.stock], np.array([0]))
    assert len(wide.problem.line_sku) == 3
    assert Plan.of(wide.problem, wide.widened(np.array([1]))).total == 5


def test_a_unit_of_now_is_worth_what_it_is_worth_in_every_stage() -> None:
    asked, arrivals, stage = drawn(2)
    wide = staged(asked, arrivals[:1], np.minimum(stage, 1))
    duals = np.arange(2.0 * SKUS * PLACES).reshape(2 * SKUS, PLACES)
    assert wide.stock_price(Prices(duals)).tolist() == [[4.0, 6.0], [8.0, 10.0]]


@pytest.mark.parametrize(
    ("changes", "arrivals", "stage", "says"),
    [
        ({"kits": [0]}, [[[1, 1]]], [0], "are taken by the stages"),
        ({}, [[[1, 1]]], [2], "is not one of 2"),
        ({}, [[[1, 1]]], [0, 0], "is not one of 2"),
        ({}, [[[1, -1]]], [0], "are no tables of units"),
        ({}, [[[1]]], [0], "are no tables of units"),
    ],
)
def test_stages_that_cannot_be_are_refused(changes: Any, arrivals: Any, stage: list[int], says: str) -> None:
    asked = problem(fixed=[[0, 0]], lines=[[0, 0]], **changes)
    with pytest.raises(Refused, match=says):
        staged(asked, [np.array(each) for each in arrivals], np.array(stage))
