from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from routing.check import PlanRefused, check, checked
from routing.plan import Plan
from routing.problem import Problem
from routing.source import source_in_order
from tests.unit.routing.tiny import problem, problems


def small(**changes: Any) -> Problem:
    """Two orders of two lines; two locations with two units of each SKU and room for three units each."""
    return problem(
        fixed=[[500, 600]] * 2,
        lines=[[100, 200]] * 4,
        orders=[2, 2],
        line_sku=[0, 1, 0, 1],
        stock=[[2, 2], [1, 1], [0, 0], [0, 0]],
        **{"capacity": [3, 3], **changes},
    )


def rules(drawn: Problem, assignment: list[int]) -> set[str]:
    return {violation.rule for violation in check(drawn, Plan.of(drawn, np.array(assignment)))}


def test_a_good_plan_is_passed() -> None:
    assert rules(small(), [0, 0, 1, 1]) == set()


def test_more_units_than_there_are_is_a_violation() -> None:
    assert rules(small(), [0, 0, 1, 0]) == {"stock"}


def test_more_units_than_a_location_handles_is_a_violation() -> None:
    assert rules(small(capacity=[1, 3]), [0, 0, 1, 1]) == {"capacity"}


def test_a_location_that_may_not_serve_the_order_is_a_violation() -> None:
    assert rules(small(blocked=[[0, 0], [0, 2]]), [0, 0, 1, 1]) == {"eligibility"}


def test_a_location_that_may_not_serve_the_line_is_a_violation() -> None:
    assert rules(small(line_blocked=[[0, 0], [0, 0], [0, 1], [0, 0]]), [0, 0, 1, 1]) == {"eligibility"}


def test_a_collected_order_elsewhere_is_a_violation() -> None:
    assert rules(small(pickup=[-1, 0]), [0, 0, 1, -1]) == {"pickup"}


def test_too_many_packages_is_a_violation() -> None:
    assert rules(small(max_packages=[1, 0]), [0, 1, 1, 0]) == {"packages"}


@settings(max_examples=200, deadline=None)
@given(problems(orders=3, most_lines=3))
def test_a_cost_that_is_off_by_a_cent_is_a_violation(drawn: Problem) -> None:
    plan = source_in_order(drawn, range(3))
    assert check(drawn, plan) == []
    for cell in np.ndindex(plan.cents.shape):
        cents = plan.cents.copy()
        cents[cell] += 1
        found = check(drawn, replace(plan, cents=cents))
        assert [(violation.rule, violation.order) for violation in found] == [("cost", cell[0])]


@pytest.mark.parametrize(
    "changes",
    [
        {"assignment": np.array([0, 0, 1])},
        {"assignment": np.array([0, 0, 1, 2])},
        {"assignment": np.array([0, 0, 1, -2])},
        {"line_package": np.array([0, 0, 1])},
        {"line_package": np.array([0, 0, 1, 0])},
        {"line_package": np.array([0, 0, 1, -1])},
        {"line_package": np.array([0, 0, 1, 7])},
        {"package_option": np.array([0, 0])},
        {"package_option": np.array([0])},
        {"terms": ("label", "backorder", "shipping")},
        {"cents": np.zeros((1, 3), np.int64)},
    ],
)
def test_a_plan_whose_parts_do_not_agree_is_malformed(changes: dict[str, Any]) -> None:
    good = Plan.of(small(), np.array([0, 0, 1, 1]))
    assert "form" in {violation.rule for violation in check(small(), replace(good, **changes))}


def test_a_package_that_no_line_is_in_is_malformed() -> None:
    good = Plan.of(small(), np.array([0, 0, 1, 1]))
    extra = replace(good, package_order=np.array([0, 1, 1]), package_option=np.array([0, 1, 0]))
    assert {violation.rule for violation in check(small(), extra)} == {"form"}


def test_a_plan_that_is_refused_is_never_handed_out() -> None:
    with pytest.raises(PlanRefused, match="1 of 0 units of SKU 2"):
        drawn = problem(fixed=[[1]], lines=[[1]] * 3, stock=[[9], [9], [0]])
        checked(drawn, Plan.of(drawn, np.array([0, 0, 0])))
