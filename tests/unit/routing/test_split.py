from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from retail.errors import Refused
from routing.check import checked
from routing.left import Left
from routing.parcels import Parcels, Tariff
from routing.plan import Plan
from routing.problem import Problem
from routing.split import split
from tests.unit.routing.brute import everything
from tests.unit.routing.tiny import problem, problems, problems_of_options


@settings(max_examples=300, deadline=None)
@given(problems())
def test_the_split_costs_what_the_best_of_all_assignments_costs(drawn: Problem) -> None:
    assert_is_the_best(drawn)


@settings(max_examples=300, deadline=None)
@given(problems_of_options())
def test_options_that_share_stock_and_capacity_parcels_kits_and_whole_orders_are_split_exactly(drawn: Problem) -> None:
    assert_is_the_best(drawn)


def assert_is_the_best(drawn: Problem) -> None:
    truth = everything(drawn, 0, Left.all_of(drawn))
    best = split(drawn, 0)
    row = np.flatnonzero((truth.assignments == best.assignment).all(axis=1))[0]
    assert truth.allowed[row]
    assert best.cents == truth.cents[row] == truth.least()
    assert best.exact
    equal = truth.allowed & (truth.cents == best.cents)
    ties = sorted(zip(truth.backordered()[equal].tolist(), truth.packages()[equal].tolist(), strict=True))
    assert (truth.backordered()[row], truth.packages()[row]) == ties[0]


def crossing(seed: int, lines: int, scarce: int) -> Problem:
    """Two stores, each on two trucks: what a store has and what a truck carries limit pairs of options that cross."""
    random = np.random.default_rng(seed)
    return problem(
        fixed=[random.integers(0, 30, 4).tolist()],
        lines=random.integers(0, 99, (lines, 4)).tolist(),
        line_sku=[0] * lines,
        stock=[[scarce, scarce]],
        capacity=[99, 99, scarce, scarce],
        place=[0, 0, 1, 1],
        leg=[[2, 3, 2, 3]],
    )


def test_limits_that_cross_are_settled_exactly() -> None:
    for seed in range(100):
        drawn = crossing(seed, lines=5, scarce=2)
        best = split(drawn, 0)
        assert (best.exact, best.cents) == (True, everything(drawn, 0, Left.all_of(drawn)).least())


def test_limits_that_cross_too_often_to_be_settled_end_with_a_plan_and_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    unproven = 0
    for seed in range(20):
        drawn = crossing(seed, lines=7, scarce=3)
        least = split(drawn, 0).cents
        with monkeypatch.context() as patch:
            patch.setattr("routing.partition.WORK_MAX", 50_000)
            best = split(drawn, 0)
        assert best.bound <= least <= best.cents
        assert checked(drawn, Plan.of(drawn, best.assignment)).total == best.cents
        unproven += not best.exact
    assert unproven > 0


def test_equal_options_whose_packages_are_dearer_together_are_split_at_once() -> None:
    """A thousand options alike, where two light packages cost less than a heavy one: each may be used once only."""
    listed = Tariff(np.array([5, 10, 20]), np.array([500, 9000, 9000]))
    parts: dict[str, Any] = {"parcels": Parcels((listed,), np.zeros(1000, np.int64), np.full(6, 5))}
    best = split(problem(fixed=[[100] * 1000], lines=np.full((6, 1000), 7).tolist(), **parts), 0)
    assert (best.exact, best.cents) == (True, 6 * (500 + 100 + 7))
    assert len(set(best.assignment.tolist())) == 6


def test_breaks_are_inclusive_and_volume_counts_by_its_divisor() -> None:
    listed = Tariff(np.array([1000, 2000]), np.array([400, 700]), divisor=5000)
    for grams, volume, cents in (
        (1000, 0, 400),
        (1001, 0, 700),
        (1, 5_000_000, 400),
        (1, 5_000_001, 700),
        (2000, 1, 700),
    ):
        weighed = Parcels((listed,), np.array([0]), np.array([grams]), np.array([volume]))
        assert split(problem(fixed=[[0]], lines=[[0]], parcels=weighed), 0).cents == cents
    heavy = Parcels((listed,), np.array([0]), np.array([2001]))
    assert split(problem(fixed=[[0]], lines=[[0]], parcels=heavy), 0).assignment.tolist() == [-1]


def test_twelve_lines_are_solved_exactly() -> None:
    random = np.random.default_rng(7)
    drawn = problem(
        fixed=[[300, 260]],
        lines=random.integers(0, 400, (12, 2)).tolist(),
        line_sku=np.arange(12) % 5,
        stock=random.integers(1, 4, (12, 2)),
        capacity=[7, 6],
        backorder=random.integers(100, 500, 12),
    )
    assert split(drawn, 0).cents == everything(drawn, 0, Left.all_of(drawn)).least()


def test_a_location_whose_stock_serves_either_of_two_lines_serves_only_one() -> None:
    """Both lines alone fit at location 0, and two packages from there would be cheapest if they did together."""
    drawn = problem(fixed=[[10, 900]], lines=[[0, 0], [0, 0]], line_sku=[0, 0], stock=[[1, 9], [0, 0]])
    assert split(drawn, 0).assignment.tolist() == [1, 1]


def test_a_location_with_room_for_one_unit_gets_one_line() -> None:
    drawn = problem(fixed=[[10, 700]], lines=[[0, 100], [0, 200]], capacity=[1, 99])
    best = split(drawn, 0)
    assert (best.assignment.tolist(), best.cents) == ([1, 0], 810)


def test_the_lowest_location_wins_among_equals() -> None:
    drawn = problem(fixed=[[500] * 4], lines=[[100] * 4, [100] * 4])
    assert split(drawn, 0).assignment.tolist() == [0, 0]


def test_fewer_packages_win_a_tie() -> None:
    drawn = problem(fixed=[[0, 0, 0]], lines=[[0, 9, 5], [9, 0, 5]], backorder=[90, 90])
    assert split(drawn, 0).cents == 0
    drawn = problem(fixed=[[0, 0, 0]], lines=[[0, 9, 0], [9, 0, 0]], backorder=[90, 90])
    assert split(drawn, 0).assignment.tolist() == [2, 2]


def test_serving_wins_over_backorder_at_the_same_cost() -> None:
    assert split(problem(fixed=[[1500]], lines=[[500]]), 0).assignment.tolist() == [0]


def test_at_most_so_many_packages_leave() -> None:
    lines = [[0, 900, 900], [900, 0, 900], [900, 900, 0]]
    free = problem(fixed=[[100] * 3], lines=lines)
    assert split(free, 0).cents == 300
    for most, cents in ((1, 1900), (2, 1100)):
        assert split(problem(fixed=[[100] * 3], lines=lines, max_packages=[most]), 0).cents == cents


def test_an_order_is_backordered_where_nothing_serves_it() -> None:
    assert split(problem(fixed=[[100]], lines=[[100]], stock=[[0]]), 0).assignment.tolist() == [-1]


def test_an_empty_network_backorders_everything() -> None:
    nowhere = problem(fixed=[[]], lines=[[], []])
    best = split(nowhere, 0)
    assert (best.assignment.tolist(), best.cents) == ([-1, -1], 4000)


def test_an_order_of_too_many_lines_is_refused() -> None:
    with pytest.raises(Refused, match="order_ptr"):
        problem(fixed=[[100]], lines=[[1]] * 256)


def test_what_others_took_is_gone() -> None:
    drawn = problem(fixed=[[100, 300]], lines=[[0, 0]], stock=[[1, 1]])
    left = Left.copy_of(drawn)
    answers: list[Any] = []
    for _ in range(3):
        best = split(drawn, 0, left)
        left.take(drawn, 0, best.assignment)
        answers += best.assignment.tolist()
    assert answers == [0, 1, -1]
