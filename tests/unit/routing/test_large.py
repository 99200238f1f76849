import numpy as np
from hypothesis import given, settings

from routing.check import checked
from routing.large import split_large
from routing.left import Left
from routing.plan import Plan
from routing.problem import Problem
from routing.quotes import cents_of, quote
from routing.source import source_in_order
from routing.split import split
from tests.unit.routing.brute import everything
from tests.unit.routing.tiny import problem, problems


@settings(max_examples=120, deadline=None)
@given(problems())
def test_the_bound_is_below_every_plan_and_the_plan_is_allowed(drawn: Problem) -> None:
    quotes, most = quote(drawn, 0, Left.all_of(drawn)), drawn.packages_limit(0)
    columns, ticks, bound = split_large(quotes, most)
    located = np.append(quotes.options, -1)[columns]
    truth = everything(drawn, 0, Left.all_of(drawn))
    row = np.flatnonzero((truth.assignments == located).all(axis=1))[0]
    assert truth.allowed[row]
    assert truth.cents[row] == cents_of(ticks)
    assert cents_of(bound) <= (truth.least() or 0)


def large(seed: int, lines: int = 30, places: int = 12, stock: int = 1, **changes: object) -> Problem:
    random = np.random.default_rng(seed)
    return problem(
        fixed=random.integers(300, 600, (1, places)).tolist(),
        lines=random.integers(50, 500, (lines, places)).tolist(),
        stock=random.integers(0, stock + 1, (lines, places)),
        **changes,
    )


def test_on_twelve_lines_it_meets_the_exact_split_whenever_it_says_so() -> None:
    """Many similar locations: there the bound alone does not decide, and sets of locations have to be tried."""
    proven = 0
    for seed in range(40):
        drawn = large(seed, lines=12, places=40, stock=2)
        exact = split(drawn, 0).cents
        _, ticks, bound = split_large(quote(drawn, 0, Left.all_of(drawn)), 0)
        assert cents_of(bound) <= exact <= cents_of(ticks)
        proven += cents_of(bound) == cents_of(ticks)
    assert proven >= 30


def test_thirty_lines_without_limits_are_solved_to_the_optimum() -> None:
    assert all(split(large(seed), 0).exact for seed in range(8))


def test_limits_inside_a_large_order_are_obeyed_and_the_plan_is_not_called_exact() -> None:
    drawn = large(3, capacity=[4] * 12, max_packages=[5], line_sku=np.arange(30) % 10)
    plan = source_in_order(drawn, [0])
    assert checked(drawn, plan) is plan
    assert plan.excess[0] > 0
    assert len(plan.package_order) <= 5


def test_a_large_order_that_nothing_serves_is_backordered() -> None:
    drawn = large(3, blocked=np.ones((1, 12), np.uint8))
    best = split(drawn, 0)
    assert (best.exact, best.cents) == (True, 30 * 2000)
    assert set(best.assignment.tolist()) == {-1}


def test_a_large_order_in_an_empty_network_is_backordered() -> None:
    assert set(split(problem(fixed=[[]], lines=[[]] * 13), 0).assignment.tolist()) == {-1}


def test_a_large_plan_is_as_cheap_as_the_obvious_one() -> None:
    """One location has everything for less than any other."""
    drawn = problem(fixed=[[900, 500, 900]], lines=[[100, 90, 100]] * 20)
    assert Plan.of(drawn, split(drawn, 0).assignment).total == 500 + 20 * 90
