from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import PlanRefused, check, checked
from routing.parcels import Parcels, Tariff
from routing.plan import Plan
from routing.problem import Problem
from routing.source import source_in_order
from tests.unit.routing.tiny import problem, problems, problems_of_options


def small(**changes: Any) -> Problem:
    """Two orders of two lines; two locations with two units of each SKU and room for three units each."""
    return problem(
        fixed=[[500, 600]] * 2,
        lines=[[100, 200]] * 4,
        orders=[2, 2],
        line_sku=[0, 1, 0, 1],
        **{"stock": [[2, 2], [1, 1], [0, 0], [0, 0]], "capacity": [3, 3], **changes},
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


def of_options(**changes: Any) -> Problem:
    """Two orders of two lines; one location with a unit of each SKU for each, its two services, a pool and a truck."""
    parts: dict[str, Any] = {
        "stock": [[2], [2], [0], [0]],
        "place": [0, 0],
        "pool": [0, 1],
        "leg": [[-1, 2], [-1, 2]],
        "capacity": [4, 4, 4],
        "parcels": Parcels((Tariff(np.array([9]), np.array([5])),), np.array([0, -1]), np.array([5, 4, 5, 4])),
    }
    return small(**{**parts, **changes})


@pytest.mark.parametrize(
    ("changes", "assignment", "broken"),
    [
        ({}, [0, 1, 1, 0], set()),
        ({"stock": [[1], [2], [0], [0]]}, [0, 1, 1, 0], {"stock"}),
        ({"capacity": [1, 4, 4]}, [0, 1, 1, 0], {"capacity"}),
        ({"capacity": [4, 4, 1]}, [0, 1, 1, 0], {"capacity"}),
        ({"pool": [0, 0], "capacity": [3, 4, 4]}, [0, 1, 1, 0], {"capacity"}),
        ({"kits": [3, 3, -1, 3]}, [0, 0, 1, 0], set()),
        ({"kits": [3, 3, -1, 3]}, [0, 1, 1, 0], {"kit"}),
        ({"kits": [3, 3, -1, 3]}, [0, -1, 1, 0], {"kit"}),
        ({"complete": [True, True]}, [0, 1, -1, -1], set()),
        ({"complete": [False, True]}, [0, -1, -1, 0], {"complete"}),
    ],
)
def test_what_options_kits_and_whole_orders_forbid_is_a_violation(
    changes: dict[str, Any], assignment: list[int], broken: set[str]
) -> None:
    assert rules(of_options(**changes), assignment) == broken


def test_a_package_too_heavy_for_its_price_list_is_a_violation() -> None:
    heavy = Parcels((Tariff(np.array([8]), np.array([5])),), np.array([0, -1]), np.array([5, 4, 5, 4]))
    assert rules(of_options(parcels=heavy), [0, 0, 1, 1]) == {"parcel"}
    bulky = Parcels((Tariff(np.array([9]), np.array([5]), 10),), np.array([0, -1]), heavy.grams, np.full(4, 46))
    assert rules(of_options(parcels=bulky), [0, 0, 1, 1]) == {"parcel"}
    assert rules(of_options(parcels=replace(bulky, volume=np.full(4, 45))), [0, 0, 1, 1]) == set()


@settings(max_examples=200, deadline=None)
@given(st.one_of(problems(orders=3, most_lines=3), problems_of_options(orders=3, most_lines=3)))
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
