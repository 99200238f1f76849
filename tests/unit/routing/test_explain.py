import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check
from routing.explain import explain
from routing.labels import Labels
from routing.left import Left
from routing.parcels import Parcels, Tariff
from routing.plan import Plan
from routing.problem import Prices, Problem, Reason
from routing.reasons import Choice, Explanation
from routing.seen import seen_by
from routing.source import source_in_order
from routing.split import split
from routing.terms import LineTerm
from tests.unit.routing.brute import everything
from tests.unit.routing.test_large import of_options
from tests.unit.routing.tiny import problem, problems, problems_of_options

STORES = Labels(locations=["store 3", "store 7", "store 12"], skus=["tea", "mug"])


def explained(drawn: Problem, order: int = 0, labels: Labels = STORES, listed: int = 5) -> Explanation:
    return explain(drawn, source_in_order(drawn, range(drawn.orders)), order, labels, listed)


def assignment_of(choice: Choice) -> Any:
    count = sum(len(package.lines) for package in choice.packages) + len(choice.backordered)
    assignment = np.full(count, -1)
    for package in choice.packages:
        assignment[list(package.lines)] = package.option
    return assignment


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_runner_up_is_the_cheapest_of_all_plans_that_differ(drawn: Problem) -> None:
    assert_runner_up(drawn, explained(drawn), Left.all_of(drawn))


@settings(max_examples=150, deadline=None)
@given(problems_of_options())
def test_so_it_is_over_options_at_prices_of_contested_units(drawn: Problem) -> None:
    assert_runner_up(drawn, explained(drawn), Left.all_of(drawn))


def assert_runner_up(drawn: Problem, why: Explanation, left: Left) -> None:
    """The best plan that differs from the chosen one on what is ``left``, and its exact difference."""
    truth = everything(drawn, why.order, left)
    chosen = (truth.assignments == assignment_of(why.chosen)).all(axis=1)
    assert truth.cents[chosen].tolist() == [why.chosen.value]
    best = truth.least(truth.differs_from(assignment_of(why.chosen)))
    if best is None:
        assert why.runner_up is None
        return
    assert why.runner_up is not None
    assert why.runner_up.choice.value == best
    assert why.runner_up.difference == sum(why.runner_up.terms.values()) == best - why.chosen.value
    row = np.flatnonzero((truth.assignments == assignment_of(why.runner_up.choice)).all(axis=1))[0]
    assert truth.allowed[row]
    assert truth.cents[row] == best
    assert truth.differs_from(assignment_of(why.chosen))[row]


@settings(max_examples=150, deadline=None)
@given(problems_of_options(orders=3, most_lines=3), st.permutations(range(3)))
def test_the_runner_up_of_an_order_decided_together_differs_exactly_at_the_prices(
    drawn: Problem, sequence: list[int]
) -> None:
    """A batch looks further than the order: by itself, at the prices, another plan may be better, and that is said."""
    unpriced = replace(drawn, prices=Prices())
    together = replace(source_in_order(unpriced, sequence), sequence=None)
    for order in range(3):
        left = Left.copy_of(drawn)
        for other in {0, 1, 2} - {order}:
            left.take(drawn, other, together.assignment[drawn.lines_of(other)])
        why = explain(drawn, together, order, STORES)
        assert_runner_up(drawn, why, left)
        assert why.together
        better = why.runner_up is not None and why.runner_up.difference < 0
        assert better == ("better for this order alone" in why.sentence)
        for refusal in why.refused:
            assert refusal.saving > max(0, 0 if why.runner_up is None else -why.runner_up.difference)


@settings(max_examples=80, deadline=None)
@given(problems(most_lines=4))
def test_a_refused_location_saves_what_it_would_without_its_limits(drawn: Problem) -> None:
    assert_refusals(drawn)


@settings(max_examples=80, deadline=None)
@given(problems_of_options(most_lines=3))
def test_a_refused_option_saves_what_it_would_without_its_limits(drawn: Problem) -> None:
    assert_refusals(drawn)


def assert_refusals(drawn: Problem) -> None:
    why = explained(drawn, listed=99)
    codes = drawn.blocked[0][:, None] if drawn.line_blocked is None else np.c_[drawn.blocked[0], drawn.line_blocked.T]
    carried = (drawn.stock[drawn.line_sku][:, drawn.places] > 0).T
    found = {refusal.option: refusal.saving for refusal in why.refused}
    for option in range(drawn.options):
        truth = everything(drawn, 0, Left.all_of(drawn), free=option)
        sensible = ~((truth.assignments == option) & ~carried[option]).any(axis=1)
        saving = why.chosen.value - (truth.least(sensible) or 0)
        assert found.get(option, 0) == (0 if (codes[option] == 3).any() else max(saving, 0))
    assert all(refusal.obstacles and refusal.least_change for refusal in why.refused)
    assert [refusal.saving for refusal in why.refused] == sorted((r.saving for r in why.refused), reverse=True)


@settings(max_examples=80, deadline=None)
@given(problems(most_lines=4))
def test_a_candidate_is_the_best_plan_that_uses_its_location(drawn: Problem) -> None:
    assert_candidates(drawn)


@settings(max_examples=80, deadline=None)
@given(problems_of_options(most_lines=3))
def test_a_candidate_is_the_best_plan_that_uses_its_option(drawn: Problem) -> None:
    assert_candidates(drawn)


def assert_candidates(drawn: Problem) -> None:
    why = explained(drawn, listed=99)
    truth = everything(drawn, 0, Left.all_of(drawn))
    best = [truth.least((truth.assignments == option).any(axis=1)) for option in range(drawn.options)]
    found = [candidate.choice.value for candidate in why.candidates]
    assert found == sorted(cents for cents in best if cents is not None)


@settings(max_examples=80, deadline=None)
@given(st.one_of(problems(orders=3, most_lines=3), problems_of_options(orders=3, most_lines=3)))
def test_the_figures_of_an_explanation_add_up(drawn: Problem) -> None:
    plan = source_in_order(drawn, [2, 0, 1])
    for order in range(3):
        why = explain(drawn, plan, order, STORES)
        assert assignment_of(why.chosen).tolist() == plan.assignment[drawn.lines_of(order)].tolist()
        assert why.chosen.cents == plan.cents[order].sum()
        assert why.chosen.value == sum(why.chosen.terms.values())
        for other in (*why.candidates, *([] if why.runner_up is None else [why.runner_up])):
            assert other.difference == sum(other.terms.values()) == other.choice.value - why.chosen.value
        remaining = drawn.options
        for step in why.funnel:
            remaining -= step.removed
            assert (step.remaining, step.removed > 0) == (remaining, True)
        assert why.whole <= remaining
        assert len(why.least_changes) == len(why.refused) + (why.runner_up is not None)
        assert json.loads(json.dumps(why.to_dict())) == why.to_dict()


@settings(max_examples=100, deadline=None)
@given(st.one_of(problems(orders=3, most_lines=3), problems_of_options(orders=3, most_lines=3)))
def test_what_an_order_saw_gives_its_decision_again(drawn: Problem) -> None:
    plan = source_in_order(drawn, [1, 2, 0])
    for order in range(3):
        seen = seen_by(drawn, plan, order).problem
        assert split(seen, 0).assignment.tolist() == plan.assignment[drawn.lines_of(order)].tolist()


def test_orders_decided_together_see_what_all_the_others_leave() -> None:
    drawn = problem(fixed=[[1]] * 3, lines=[[0]] * 3, orders=[1] * 3, line_sku=[0] * 3, stock=[[4]] * 3)
    together = Plan.of(drawn, np.array([0, 0, -1]))
    assert [int(seen_by(drawn, together, order).problem.stock[0, 0]) for order in range(3)] == [3, 3, 2]


def test_one_sentence_says_what_where_why_and_what_was_in_the_way() -> None:
    drawn = problem(
        fixed=[[500, 590, 500]],
        lines=[[0, 0, 0], [0, 0, 0]],
        line_sku=[0, 0],
        stock=[[1, 9, 9], [0, 0, 0]],
        line_terms={
            "shipping": LineTerm(np.array([110, 125, 140]), "location"),
            "picking": LineTerm(np.array([0, 40, 30]), "location"),
        },
    )
    assert explained(drawn).sentence == (
        "Store 12 ships both lines for $8.40; the next best, store 7, would cost $0.80 more (label +0.90, "
        "shipping -0.30, picking +0.20); store 3 would be $1.20 cheaper but has 1 of 2 units."
    )


def test_a_split_names_each_location_and_the_least_change() -> None:
    drawn = problem(fixed=[[100, 120, 9000]], lines=[[10, 900, 0], [900, 10, 0]])
    why = explained(drawn, labels=replace(STORES, currency="CHF"))
    assert why.sentence.startswith("Store 3 ships 1 of 2 lines and store 7 ships 1 of 2 lines, for 2.40 CHF in all")
    assert why.runner_up is not None
    assert why.runner_up.least_change == "more than 7.70 CHF cheaper"


def test_a_partly_backordered_order_says_so() -> None:
    why = explained(problem(fixed=[[100, 200, 300]], lines=[[1] * 3] * 2, stock=[[9] * 3, [0] * 3]))
    assert why.sentence.startswith("Store 3 ships 1 of 2 lines and 1 is backordered, for $21.01 in all; the next best")


@pytest.mark.parametrize(
    ("changes", "rest"),
    [
        (
            {"blocked": [[1, 2, 1]]},
            "40.00: none of 3 locations can serve the order (is paused: 2, has no box: 1); store 3 would be $38.98 "
            "cheaper but is paused.",
        ),
        (
            {"stock": [[0, 0, 0], [0, 0, 0]]},
            "40.00: none of 3 locations can serve the order (has too few units: 3).",
        ),
        (
            {"pickup": [2], "capacity": [9, 9, 0]},
            "40.00: none of 3 locations can serve the order (is not where the order is collected: 2, has too little "
            "capacity left: 1); store 3 would be $38.98 cheaper but is not where the order is collected.",
        ),
        (
            {"line_blocked": [[1, 1, 1], [1, 1, 2]]},
            "40.00: none of 3 locations can serve the order (is paused: 3); store 3 would be $38.98 cheaper but is "
            "paused.",
        ),
        (
            {"backorder": [1, 1]},
            "0.02; the next best, store 3, would cost $1.00 more (label +1.00, shipping +0.02, backorder -0.02).",
        ),
    ],
)
def test_an_order_that_waits_says_why(changes: dict[str, Any], rest: str) -> None:
    why = explained(problem(fixed=[[100, 200, 300]], lines=[[1] * 3] * 2, **changes))
    assert why.sentence == f"Both lines are backordered at ${rest}"


def test_an_empty_network_is_explained() -> None:
    why = explained(problem(fixed=[[]], lines=[[]]))
    assert why.sentence == "The line is backordered at $20.00: there is no location."
    assert (why.runner_up, why.candidates, why.funnel) == (None, (), ())


def test_a_location_of_unknown_cost_is_never_called_cheaper() -> None:
    assert explained(problem(fixed=[[0, 200, 300]], lines=[[1] * 3], blocked=[[3, 0, 0]])).refused == ()


def test_each_obstacle_has_the_least_change_that_removes_it() -> None:
    drawn = problem(
        fixed=[[0, 900, 900]],
        lines=[[0, 100, 100]] * 2,
        line_qty=[2, 3],
        stock=[[1, 9, 9], [9, 9, 9]],
        capacity=[4, 99, 99],
        line_blocked=[[0, 0, 0], [2, 0, 0]],
    )
    (refusal,) = explained(drawn).refused
    assert [(o.kind, o.text, o.lines, o.missing, o.least_change) for o in refusal.obstacles] == [
        ("rule", "has no box", (1,), 0, "lift: has no box"),
        ("stock", "has 1 of 2 units of tea", (0,), 1, "1 unit more of tea"),
        ("capacity", "has room for 4 of 5 units", (0, 1), 1, "room for 1 unit more"),
    ]


def test_units_that_earlier_orders_took_are_told_from_those_that_never_were() -> None:
    drawn = problem(fixed=[[0, 500]] * 2, lines=[[0, 0]] * 2, orders=[1, 1], line_sku=[0, 0], stock=[[1, 9], [0, 0]])
    assert explained(drawn, 1).sentence.endswith("but has 0 of 1 unit left by earlier orders.")


def test_a_collected_order_is_handed_over() -> None:
    why = explained(problem(fixed=[[100, 1, 1]], lines=[[1] * 3], pickup=[0]))
    assert why.sentence.startswith("Store 3 hands over the line for $1.01; the next best, backorder, would cost $18.99")


def test_prices_are_shown_as_terms_and_not_as_cost() -> None:
    prices = Prices(stock=np.array([[250, 0, 900]]))
    why = explained(problem(fixed=[[500, 700, 600]], lines=[[0] * 3], prices=prices))
    assert (why.chosen.cents, why.chosen.value, why.chosen.terms) == (700, 700, {"label": 700})
    assert why.runner_up is not None
    assert (why.runner_up.choice.cents, why.runner_up.choice.value, why.runner_up.difference) == (500, 750, 50)
    assert why.runner_up.terms == {"label": -200, "stock price": 250}


def test_at_most_as_many_are_listed_as_asked_and_the_others_are_counted() -> None:
    drawn = problem(fixed=[[900, 0, 0, 0]], lines=[[1] * 4], blocked=[[0, 1, 1, 1]])
    why = explained(drawn, listed=2)
    assert (len(why.refused), why.refused_more, len(why.candidates)) == (2, 1, 1)


def test_a_large_order_is_explained_with_plans_that_are_allowed_and_not_called_proven() -> None:
    random = np.random.default_rng(2)
    drawn = problem(
        fixed=random.integers(600, 1100, (1, 12)).tolist(),
        lines=random.integers(50, 500, (30, 12)).tolist(),
        stock=random.integers(0, 2, (30, 12)),
        capacity=[20] * 11 + [0],
        blocked=[[1] + [0] * 11],
        package_terms={"label": np.array([1] + [800] * 10 + [1])},
    )
    why = explained(drawn, labels=Labels())
    assert not why.runner_up_proven
    assert why.runner_up is not None
    assert why.runner_up.difference >= 0
    for choice in (why.runner_up.choice, *(candidate.choice for candidate in why.candidates)):
        assert split(drawn, 0).bound <= choice.cents
    assert {refusal.location for refusal in why.refused} == {0, 11}
    assert "locations ship" in why.sentence


def test_a_large_order_over_options_is_explained_in_exact_money_by_plans_that_are_allowed() -> None:
    changes = ({}, {"blocked": np.tile([1, 0, 0], 8)[None]}, {"complete": np.array([True])}, {"max_packages": [6]})
    for seed, changed in enumerate(changes):
        drawn = of_options(seed, **changed)
        why = explained(drawn, labels=Labels())
        others = [why.runner_up, *why.candidates]
        for other in others:
            assert other is not None
            alone = Plan.of(drawn, assignment_of(other.choice))
            assert check(drawn, alone) == []
            assert alone.total - why.chosen.cents == other.difference
        for refusal in why.refused:
            assert refusal.saving == why.chosen.value - refusal.choice.value > 0
            assert refusal.obstacles


def test_an_explanation_admits_that_the_plan_is_not_proven() -> None:
    drawn = problem(fixed=[[500, 600, 700]], lines=[[1] * 3])
    plan = replace(source_in_order(drawn, [0]), excess=np.array([130]))
    assert explain(drawn, plan, 0).sentence.endswith("not proven the cheapest: another plan might save up to $1.30.")


def test_a_plan_that_is_not_the_cheapest_is_explained_as_it_is() -> None:
    """As when orders are decided together, and a cheaper place went to another order by choice."""
    drawn = problem(fixed=[[100, 400, 200]], lines=[[1] * 3] * 2, blocked=[[0, 0, 1]])
    why = explain(drawn, Plan.of(drawn, np.array([1, 1])), 0, STORES)
    assert why.sentence == (
        "Store 7 ships both lines for $4.02; the next best, store 3, would cost $3.00 less (label -3.00), better for "
        "this order alone: it was decided together with the others."
    )
    assert why.refused == ()


@pytest.mark.parametrize(
    ("stock", "rest"),
    [
        (
            [[350, 0, 0]],
            "would cost $3.00 less but takes $3.50 worth from other orders (stock price +3.50, label -3.00).",
        ),
        (
            [[250, 0, 0]],
            "would cost $3.00 less but takes $2.50 worth from other orders (label -3.00, stock price +2.50), better "
            "for this order alone: it was decided together with the others.",
        ),
    ],
)
def test_a_cheaper_place_that_other_orders_need_more_says_so(stock: list[list[int]], rest: str) -> None:
    drawn = problem(fixed=[[100, 400, 900]], lines=[[1] * 3], prices=Prices(stock=np.array(stock)))
    why = explain(drawn, Plan.of(drawn, np.array([1])), 0, STORES)
    assert why.sentence == f"Store 7 ships the line for $4.01; the next best, store 3, {rest}"


def test_what_would_have_altered_the_choice_is_listed() -> None:
    late = Reason("has shut for the day", least_change="if its cut-off were 15:30")
    drawn = problem(
        fixed=[[300, 384, 100]], lines=[[0, 0, 0]], blocked=[[0, 0, 1]], reasons=(Reason(""), late), stock=[[1, 1, 1]]
    )
    assert explained(drawn).least_changes == ("store 7: more than $0.84 cheaper", "store 12: if its cut-off were 15:30")


def test_an_option_is_named_by_its_location_and_what_tells_it_apart() -> None:
    drawn = problem(
        fixed=[[500, 300, 800]],
        lines=[[0] * 3] * 2,
        stock=[[9], [9]],
        place=[0, 0, 0],
        pool=[0, 1, 2],
        capacity=[9, 1, 9],
    )
    labels = Labels(locations=["store 3"], options=["morning", "evening", ""])
    assert explained(drawn, labels=labels).sentence == (
        "Store 3 (morning) ships both lines for $5.00; the next best, store 3, would cost $3.00 more (label +3.00); "
        "store 3 (evening) would be $2.00 cheaper but has room for 1 of 2 units."
    )


def test_units_that_go_by_another_option_of_the_location_are_gone() -> None:
    """Each of two services would send one of the two lines for nothing, but the store has one unit."""
    drawn = problem(
        fixed=[[0, 0, 900]],
        lines=[[0, 400, 0], [400, 0, 0]],
        line_sku=[0, 0],
        stock=[[1, 9]],
        capacity=[9, 9],
        place=[0, 0, 1],
    )
    why = explained(drawn, labels=Labels(locations=["store 3", "store 7"], options=["post", "courier", "post"]))
    assert [refusal.obstacles[0].text for refusal in why.refused] == [
        "has 0 of 1 unit left by its other packages",
        "has 0 of 1 unit left by its other packages",
    ]


def test_an_option_that_takes_no_package_so_heavy_is_counted_as_such() -> None:
    light = Parcels((Tariff(np.array([500]), np.array([100])),), np.array([0, 0]), np.array([900]))
    why = explained(problem(fixed=[[1, 1]], lines=[[1, 1]], parcels=light))
    assert why.sentence == (
        "The line is backordered at $20.00: none of 2 locations can serve the order (can send nothing of it in one "
        "package: 2)."
    )
