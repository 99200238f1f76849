"""What a rule cost is estimated at the duals of a run, with an interval that holds the truth."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from retail.errors import Refused
from routing.check import check
from routing.plan import Plan
from routing.problem import BACKORDER, Prices, Problem
from routing.rules.compile import Compiled, compile_rules
from routing.rules.cost import RuleCosts, _bound, _changed, _values
from routing.rules.kinds import KINDS
from routing.rules.scene import Scene
from routing.terms import LineTerm
from tests.unit.routing.rules.scenes import NOON_MS, line, order, place, ruled, scene


@dataclass(frozen=True)
class Solved:
    """The best of all plans, with duals of our own choice."""

    plan: Plan
    bound: int
    prices: Prices


def builder(of: Scene) -> Any:
    """Problems in which a package costs $5 plus what it costs to reach the place, and backorder $30 a line."""

    def build(found: Compiled) -> Problem:
        lines = [each for one in of.orders for each in one.lines]
        row = {sku: number for number, sku in enumerate(of.stock.skus)}
        return Problem(
            order_ptr=np.cumsum([0, *(len(one.lines) for one in of.orders)]),
            line_sku=np.array([row[each.sku] for each in lines], np.int64),
            line_qty=np.array([each.quantity for each in lines], np.int64),
            backorder=np.full(len(lines), 3000),
            stock=found.stock,
            capacity=found.capacity,
            blocked=found.blocked,
            reasons=found.reasons,
            package_terms={"label": np.array([500, 640, 810])[: len(of.places)], **found.package_terms},
            line_terms={
                "pick": LineTerm(np.array([200, 110, 30])[: len(of.places)], "location", np.ones(len(lines), np.int64)),
                **found.line_terms,
            },
            line_blocked=found.line_blocked,
            pickup=found.pickup,
            max_packages=found.max_packages,
            kits=found.kits,
            complete=found.complete,
        )

    return build


def best(problem: Problem, prices: Prices | None = None) -> Solved:
    """By trying every assignment."""
    found: Plan | None = None
    for assignment in product(range(BACKORDER, problem.locations), repeat=len(problem.line_sku)):
        plan = Plan.of(problem, np.array(assignment))
        if (found is None or plan.total < found.total) and not check(problem, plan):
            found = plan
    assert found is not None
    return Solved(found, found.total, prices or Prices())


def run(*rules: dict[str, Any], of: Scene, prices: Prices | None = None) -> tuple[RuleCosts, Solved]:
    rule_set, build = ruled(*rules), builder(of)
    solved = best(build(compile_rules(rule_set, of, NOON_MS)), prices)
    return RuleCosts(rule_set, of, NOON_MS, build, solved), solved


PLACES = (place("A"), place("B"), place("C", kind="warehouse"))


def test_a_hard_rule_costs_what_its_absence_would_save() -> None:
    of = scene(order(), order(line(), line("mug")), places=PLACES)
    costs, solved = run({"kind": "exclude", "id": "no-a", "at": {"locations": ["A"]}}, of=of)
    cost = costs.of("no-a")
    # One line: 640 + 110 at B, 500 + 200 at A. Two lines: 640 + 220 at B, 810 + 60 at C, 500 + 400 at A.
    assert solved.plan.total == 750 + 860
    assert (cost.saving, cost.low, cost.high, cost.paid) == (50, 0, 50, 0)
    assert (cost.tally.orders, cost.tally.pairs) == (2, 2)
    tried = costs.try_without("no-a", best)
    assert (tried.saving, tried.low, tried.high, tried.agrees) == (50, 50, 50, True)


def test_a_rule_that_steers_nothing_costs_nothing() -> None:
    of = scene(places=PLACES)
    costs, _ = run({"kind": "exclude", "id": "no-c", "at": {"locations": ["C"]}}, {"kind": "freeze", "id": "f"}, of=of)
    assert [(each.rule, each.saving, each.high) for each in costs.table()] == [("no-c", 0, 0), ("f", 0, 0)]
    assert [each.rule for each in costs.table(["f"])] == ["f"]


def test_a_rule_whose_absence_changes_nothing_is_proved_to_cost_nothing_whatever_the_gap() -> None:
    of = scene(places=PLACES)
    rule_set, build = ruled({"kind": "closed", "id": "c"}, {"kind": "last_unit", "id": "l"}), builder(of)
    problem = build(compile_rules(rule_set, of, NOON_MS))
    poor = Plan.of(problem, np.array([2]))
    costs = RuleCosts(rule_set, of, NOON_MS, build, Solved(poor, 0, Prices()))
    assert costs.bound < poor.total
    assert [(each.low, each.high) for each in costs.table()] == [(0, 0), (0, poor.total - costs.bound)]


def test_a_soft_rule_costs_what_is_paid_less_what_it_moves() -> None:
    of = scene(places=PLACES)
    costs, solved = run({"kind": "prefer", "id": "wh", "cents": 100, "at": {"kinds": ["warehouse"]}}, of=of)
    cost = costs.of("wh")
    # With the price: A at 500 + 200 + 100, C at 840, so A is chosen and pays it.
    assert (solved.plan.total, cost.paid, cost.saving) == (800, 100, 100)
    dearer, moved = run({"kind": "prefer", "id": "wh", "cents": 200, "at": {"kinds": ["warehouse"]}}, of=of)
    cost = dearer.of("wh")
    # Now C at 840 is best: nothing is paid, and the package costs 140 more than it need.
    assert (moved.plan.total, cost.paid, cost.saving, cost.low, cost.high) == (840, 0, 140, 0, 140)


def test_a_credit_is_paid_below_zero_and_its_absence_saves_less_than_nothing() -> None:
    of = scene(places=PLACES)
    costs, _ = run({"kind": "sales_credit", "id": "pay", "cents": 60, "at": {"locations": ["A"]}}, of=of)
    cost = costs.of("pay")
    assert (cost.paid, cost.saving) == (-60, -60)


def test_what_a_rule_opens_to_many_is_not_priced_as_if_it_were_enough_for_all() -> None:
    of = scene(order(), order(), order(), places=PLACES, units=[[1, 9, 9]])
    costs, solved = run({"kind": "exclude", "id": "no-a", "at": {"locations": ["A"]}}, of=of)
    cost = costs.of("no-a")
    # A is 50 cheaper than B and has one unit: at its price of nothing each of the three orders would save as much.
    assert solved.plan.total == 3 * 750
    assert (cost.saving, cost.high, costs.try_without("no-a", best).saving) == (50, 50, 50)


def test_stock_that_a_rule_keeps_back_costs_the_same_whatever_duals_a_run_left() -> None:
    of = scene(order(line()), order(line()), places=(PLACES[0],), units=[[2]])
    rule = {"kind": "safety_stock", "id": "safe", "units": 1}
    for dual in (0, 700, 2300, 9000):
        costs, solved = run(rule, of=of, prices=Prices(stock=np.array([[dual]])))
        cost = costs.of("safe")
        assert solved.plan.total == 700 + 3000
        assert cost.low is not None
        assert cost.high is not None
        assert cost.low <= 2300 <= cost.high
    costs, _ = run(rule, of=of, prices=Prices(stock=np.array([[2300]])))
    assert (costs.of("safe").saving, costs.of("safe").high) == (2300, 2300)


def test_a_capacity_limit_is_priced_too() -> None:
    of = scene(order(line()), order(line()), places=(PLACES[0],))
    costs, solved = run(
        {"kind": "capacity", "id": "cap", "units": 1}, of=of, prices=Prices(capacity=np.array([2300.4]))
    )
    assert (solved.plan.total, costs.of("cap").saving) == (3700, 2300)
    assert costs.try_without("cap", best).agrees


def test_a_rule_that_only_delays_or_is_not_in_force_has_no_price() -> None:
    of = scene(order(placed_ms=NOON_MS), places=PLACES)
    costs, _ = run(
        {"kind": "remorse", "id": "wait", "minutes": 9},
        {"kind": "closed", "id": "past", "ends": "2026-01-01T00:00Z"},
        of=of,
    )
    assert [(each.saving, each.tally.held) for each in costs.table()] == [(None, 1), (None, 0)]
    with pytest.raises(Refused, match="only delays orders"):
        costs.try_without("wait", best)


def test_rules_beyond_the_limit_of_work_are_skipped_and_still_say_what_they_did() -> None:
    of = scene(order(), order(), places=PLACES)
    rules = (
        {"kind": "exclude", "id": "one", "at": {"locations": ["A"]}},
        {"kind": "prefer", "id": "two", "cents": 100, "at": {"kinds": ["store"]}},
    )
    rule_set, build = ruled(*rules), builder(of)
    solved = best(build(compile_rules(rule_set, of, NOON_MS)))
    table = {
        most: RuleCosts(rule_set, of, NOON_MS, build, solved, most).table() for most in (1, 3, 100)
    }  # fmt: skip
    assert [[each.skipped for each in found] for found in table.values()] == [[True] * 2, [False, True], [False] * 2]
    for found in table.values():
        assert [(each.tally.pairs, each.paid) for each in found] == [(2, 0), (0, 0)]
        assert all((each.saving is None) == each.skipped for each in found)
    with pytest.raises(Refused, match="one was skipped"):
        RuleCosts(rule_set, of, NOON_MS, build, solved, 1).try_without("one", best)


def test_a_plan_or_duals_of_another_run_are_refused() -> None:
    of = scene(places=PLACES)
    rule_set, build = ruled({"kind": "exclude", "id": "x", "at": {"locations": ["A"]}}), builder(of)
    elsewhere = best(build(compile_rules(ruled(), of, NOON_MS)))
    with pytest.raises(Refused, match="its plan does not fit"):
        RuleCosts(rule_set, of, NOON_MS, build, elsewhere)
    solved = best(build(compile_rules(rule_set, of, NOON_MS)), Prices(stock=np.zeros((1, 3))))
    with pytest.raises(Refused, match=r"stock price.rate: has shape \(2, 3\); give shape \(1, 3\)"):
        RuleCosts(rule_set, of, NOON_MS, build, replace(solved, prices=Prices(stock=np.zeros((2, 3)))))
    with pytest.raises(Refused, match="there is no rule 'y'"):
        RuleCosts(rule_set, of, NOON_MS, build, solved).of("y")


def test_a_problem_of_other_orders_without_the_rule_is_refused() -> None:
    of = scene(order(), order(), places=PLACES)
    one = Scene(of.places, of.orders[:1], of.stock)
    rule_set, build = ruled({"kind": "exclude", "id": "x", "at": {"locations": ["A"]}}), builder(of)
    solved = best(build(compile_rules(rule_set, of, NOON_MS)))

    def forgetful(found: Compiled) -> Problem:
        if found.tallies:
            return build(found)
        return builder(one)(compile_rules(ruled(), one, NOON_MS))

    with pytest.raises(Refused, match="other orders or options"):
        RuleCosts(rule_set, of, NOON_MS, forgetful, solved).of("x")


VARIED: list[dict[str, Any]] = [
    {"kind": "exclude", "at": {"locations": ["A"]}},
    {"kind": "exclude", "at": {"locations": ["B"]}, "when": {"tiers": ["gold"]}},
    {"kind": "only", "at": {"kinds": ["store"]}},
    {"kind": "max_packages", "packages": 1},
    {"kind": "ship_complete"},
    {"kind": "keep_kits"},
    {"kind": "exclude_products", "tags": ["dear"], "at": {"locations": ["A"]}},
    {"kind": "minimum_stock", "units": 2},
    {"kind": "safety_stock", "units": 1, "at": {"kinds": ["store"]}},
    {"kind": "capacity", "units": 1, "at": {"locations": ["A"]}},
    {"kind": "max_rejects", "rejects": 0},
    {"kind": "asked_before"},
    {"kind": "prefer", "cents": 150, "at": {"kinds": ["warehouse"]}},
    {"kind": "sales_credit", "cents": 120, "at": {"locations": ["B"]}},
    {"kind": "keep_reserve", "units": 1, "cents": 130},
    {"kind": "consolidate", "cents": 90},
    {"kind": "protect_launch", "tags": ["dear"], "cents": 200, "at": {"locations": ["C"]}},
    {"kind": "end_of_season", "tags": ["dear"], "cents": 140, "at": {"locations": ["A"]}},
]


@pytest.mark.parametrize("seed", range(17))
def test_fifty_rules_of_random_runs_cost_what_a_re_solve_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    dear = frozenset({"dear"})
    lines = [
        line(
            ("tea", "mug")[random.integers(2)],
            tags=dear if random.random() < 0.5 else frozenset(),
            kit="k" if random.random() < 0.5 else "",
            excluded=frozenset({"A"}) if random.random() < 0.2 else frozenset(),
        )
        for _ in range(4)
    ]
    orders = (order(lines[0], lines[1], tier="gold"), order(lines[2]), order(lines[3]))
    places = (PLACES[0], replace(PLACES[1], rejects=int(random.integers(2))), PLACES[2])
    skus = len({each.sku for each in lines})
    of = scene(*orders, places=places, units=random.integers(0, 4, (skus, 3)))
    picked = [VARIED[number] for number in random.choice(len(VARIED), 3, replace=False)]
    prices = Prices(random.integers(0, 900, (skus, 3)) * (random.random((skus, 3)) < 0.4), None)
    costs, solved = run(*({**rule, "id": f"r{number}"} for number, rule in enumerate(picked)), of=of, prices=prices)
    assert costs.bound <= solved.plan.total
    for cost in costs.table():
        without = costs._without(cost.rule)
        everything = _bound(without, _values(without, np.arange(without.orders)))
        assert costs._bound_at(without, _changed(costs._problem, without)) == everything
        tried = costs.try_without(cost.rule, best)
        assert cost.saving is not None
        assert cost.low is not None
        assert cost.high is not None
        assert cost.low <= tried.saving <= cost.high, (cost, tried)
        assert cost.low <= cost.saving <= cost.high
        assert tried.agrees
        assert KINDS[cost.kind].soft or tried.saving >= 0
