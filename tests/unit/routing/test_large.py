import numpy as np
from hypothesis import given, settings

from routing.check import checked
from routing.large import split_large
from routing.left import Left
from routing.parcels import Parcels, Tariff
from routing.plan import Plan
from routing.problem import Problem
from routing.quotes import cents_of, quote
from routing.source import source_in_order
from routing.split import split
from tests.unit.routing.brute import everything
from tests.unit.routing.tiny import problem, problems, problems_of_options


@settings(max_examples=120, deadline=None)
@given(problems())
def test_the_bound_is_below_every_plan_and_the_plan_is_allowed(drawn: Problem) -> None:
    assert_allowed_and_bounded(drawn)


@settings(max_examples=80, deadline=None)
@given(problems_of_options())
def test_the_same_with_options_parcels_kits_and_whole_orders(drawn: Problem) -> None:
    assert_allowed_and_bounded(drawn)


def assert_allowed_and_bounded(drawn: Problem) -> None:
    quotes, most = quote(drawn, 0, Left.all_of(drawn)), drawn.packages_limit(0)
    columns, ticks, bound = split_large(quotes, most)
    truth = everything(drawn, 0, Left.all_of(drawn))
    row = np.flatnonzero((truth.assignments == quotes.by_line(columns)).all(axis=1))[0]
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


def of_options(seed: int, **changes: object) -> Problem:
    """60 lines, some in kits, over 8 locations with 3 options each: a cheap slow service, two slots, and trucks."""
    random = np.random.default_rng(seed)
    breaks = Tariff(np.array([500, 1000, 2000, 5000, 20_000]), np.array([400, 450, 600, 900, 4000]), divisor=5000)
    parts: dict[str, object] = {
        "line_sku": np.arange(60) % 25,
        "stock": random.integers(0, 4, (25, 8)),
        "place": np.repeat(np.arange(8), 3),
        "pool": np.arange(24),
        "leg": np.where(np.arange(24) % 3 == 2, 24, -1)[None],
        "capacity": np.r_[random.integers(5, 30, 24), 20],
        "parcels": Parcels((breaks,), np.minimum(np.arange(24) % 3, 1) - 1, np.full(60, 300), np.full(60, 2_000_000)),
        "kits": np.where(np.arange(60) < 6, np.arange(60) // 3, -1),
        **changes,
    }
    fixed, lines = random.integers(100, 300, (1, 24)).tolist(), random.integers(50, 300, (60, 24)).tolist()
    return problem(fixed=fixed, lines=lines, **parts)


def test_a_large_order_over_options_is_allowed_and_bounded() -> None:
    for seed in range(4):
        drawn = of_options(seed)
        best = split(drawn, 0)
        assert checked(drawn, Plan.of(drawn, best.assignment)).total == best.cents
        assert 0 < best.bound <= best.cents


def test_a_large_order_goes_whole_or_not_at_all() -> None:
    served = split(of_options(0, complete=np.array([True]), stock=np.full((25, 8), 9)), 0)
    assert (served.assignment != -1).all()
    lacking = np.where(np.arange(25) == 7, 0, 9)[:, None].repeat(8, axis=1)
    scarce = split(of_options(0, complete=np.array([True]), stock=lacking), 0)
    assert set(scarce.assignment.tolist()) == {-1}
    assert scarce.cents == 60 * 2000


def test_an_order_of_two_hundred_lines_is_split_in_time() -> None:
    drawn = large(1, lines=200, places=300, stock=1)
    best = split(drawn, 0)
    assert checked(drawn, Plan.of(drawn, best.assignment)).total == best.cents
    assert best.bound <= best.cents
