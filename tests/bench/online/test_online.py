"""The simulated week is fair: nobody uses a unit that is not there, and all policies meet the same chances."""

import numpy as np
import pytest

from routing.batch.efforts import QUICK
from routing.bids.renewal import Renewal
from routing.check import check
from routing.plan import Plan
from tests.bench.online.policies import (
    Batches,
    Exact,
    Forecast,
    Hindsight,
    Nearest,
    Priced,
    hindsight,
    hindsight_problem,
)
from tests.bench.online.simulate import NOWHERE, OutOfStock, Result, Shelf, World, simulate
from tests.bench.online.week import ARRIVAL_H, SMALL, chosen, later, sampled, week

WEEK = week(1, SMALL)
FORECAST = Forecast(futures=2, steps=5)
POLICIES = {
    "nearest": Nearest,
    "exact": Exact,
    "prices": lambda: Priced(FORECAST),
    "batches": lambda: Batches(FORECAST, every_h=6.0),
}


@pytest.fixture(scope="module")
def served() -> dict[str, Result]:
    return {name: simulate(WEEK, make()) for name, make in POLICIES.items()}


@pytest.fixture(scope="module")
def best() -> Hindsight:
    return hindsight(WEEK, QUICK)


@pytest.mark.parametrize("name", POLICIES)
def test_stock_is_conserved_and_every_unit_is_there_in_time(served: dict[str, Result], name: str) -> None:
    """The checker of plans, on the problem of the whole week with its arrival and its refusals."""
    result, wide = served[name], hindsight_problem(WEEK)
    assert check(wide.problem, Plan.of(wide.problem, wide.widened(result.where))) == []
    went = result.where != NOWHERE
    used = np.zeros_like(WEEK.stock)
    np.add.at(used, (WEEK.orders.sku[went], result.where[went]), WEEK.orders.qty[went])
    assert (used + result.left == WEEK.stock + WEEK.arriving).all()


@pytest.mark.parametrize("name", POLICIES)
def test_nobody_pays_less_than_the_bound_of_who_knew_the_week(
    served: dict[str, Result], best: Hindsight, name: str
) -> None:
    assert best.bound <= best.cents
    assert best.bound <= served[name].cents
    wide = hindsight_problem(WEEK)
    assert Plan.of(wide.problem, wide.widened(served[name].where)).total <= served[name].cents


@pytest.mark.parametrize("name", POLICIES)
def test_the_same_week_ends_the_same(served: dict[str, Result], name: str) -> None:
    again = simulate(week(1, SMALL), POLICIES[name]())
    assert (again.cents, again.where.tolist()) == (served[name].cents, served[name].where.tolist())


def test_some_orders_are_refused_and_placed_again(served: dict[str, Result]) -> None:
    lined = np.repeat(np.arange(len(WEEK.orders)), np.diff(WEEK.orders.ptr))
    for result in served.values():
        went = result.where != NOWHERE
        assert not WEEK.refuses[lined[went], result.where[went]].any()
    assert max(result.refusals for result in served.values()) > 0


def test_a_policy_that_asks_for_what_is_not_there_is_stopped() -> None:
    class Greedy(Exact):
        def place(self, world: World, order: int, lines: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
            del world, order
            return np.zeros(len(lines), np.int64)

    with pytest.raises(OutOfStock):
        simulate(WEEK, Greedy())


def test_a_shelf_takes_back_what_it_gave() -> None:
    shelf = Shelf(np.array([[2, 1]]))
    sku, qty, where = np.array([0, 0]), np.array([2, 1]), np.array([0, NOWHERE])
    shelf.take(sku, qty, where)
    assert shelf.units.tolist() == [[0, 1]]
    shelf.give_back(sku, qty, where)
    assert shelf.units.tolist() == [[2, 1]]


def test_chances_do_not_depend_on_who_serves() -> None:
    one, other = week(2, SMALL), week(2, SMALL)
    assert one.orders.hour.tolist() == other.orders.hour.tolist()
    assert (one.refuses == other.refuses).all()
    assert week(3, SMALL).orders.hour.tolist() != one.orders.hour.tolist()


def test_forecasts_are_drawn_from_past_weeks_alone_with_as_much_demand_as_they_say() -> None:
    random = np.random.default_rng(1)
    draws = [len(sampled(WEEK.past, 0.7, random)) for _ in range(40)]
    mean = np.mean([len(each) for each in WEEK.past])
    assert np.mean(draws) == pytest.approx(0.7 * mean, rel=0.05)
    drawn = sampled(WEEK.past, 1.0, random)
    known = {tuple(home) for each in WEEK.past for home in each.home.tolist()}
    assert {tuple(home) for home in drawn.home.tolist()} <= known


def test_what_has_passed_is_no_longer_forecast() -> None:
    rest = later(WEEK.past[0], ARRIVAL_H)
    assert 0 < len(rest) < len(WEEK.past[0])
    assert (rest.hour > ARRIVAL_H).all()
    assert rest.ptr[-1] == len(rest.sku)
    assert len(chosen([])) == 0


def renewals(age_h: float, units: int) -> int:
    policy = Priced(Forecast(futures=1, steps=2, renewal=Renewal(3600 * age_h, units)))
    simulate(WEEK, policy)
    return policy.renewals


def test_prices_are_renewed_by_time_or_by_units_and_when_stock_arrives() -> None:
    assert renewals(age_h=1000, units=10**6) == 2
    assert 10 <= renewals(age_h=12, units=10**6) <= 16
    asked = int(WEEK.orders.qty.sum())
    assert renewals(age_h=1000, units=asked // 5) == pytest.approx(6, abs=1)
