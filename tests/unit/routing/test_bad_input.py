"""What may come in on a bad day: it is refused in plain words, or each line is served or waits, priced, and why."""

from typing import Any

import numpy as np
import pytest

from retail.errors import Refused
from routing.explain import explain
from routing.problem import Problem
from routing.source import source_in_order
from routing.terms import LineTerm
from tests.unit.routing.tiny import problem


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stock": [[3, -1]]}, "stock: holds -1; count what is short as 0"),
        (
            {"line_terms": {"shipping": LineTerm(np.array([1.0, np.nan]), "location")}},
            "shipping.rate: holds NaN or infinity; block the option instead",
        ),
        (
            {"package_terms": {"label": np.array([5.0, np.inf])}},
            "label: holds float64; round to whole numbers first; infinity and NaN have no place here",
        ),
    ],
)
def test_what_cannot_be_computed_with_is_refused_in_plain_words(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        problem(fixed=[[500, 600]], lines=[[100, 200]], **changes)
    assert str(refused.value) == told


def waits(drawn: Problem, reason: str) -> None:
    """Every line of the first order waits, at the price of waiting, and the sentence gives the reason."""
    plan = source_in_order(drawn, range(drawn.orders))
    lines = drawn.lines_of(0)
    assert set(plan.assignment[lines].tolist()) == {-1}
    assert plan.cost_of(0) == {"backorder": int(drawn.backorder[lines].sum())}
    assert reason in explain(drawn, plan, 0).sentence


def test_an_empty_network_waits() -> None:
    waits(problem(fixed=[[]], lines=[[], []]), "there is no location")


def test_an_order_that_rules_shut_out_everywhere_waits() -> None:
    waits(problem(fixed=[[5, 5]], lines=[[1, 1]], blocked=[[1, 2]]), "(is paused: 1, has no box: 1)")


def test_an_order_whose_costs_nobody_knows_waits_and_nothing_is_called_cheaper() -> None:
    waits(
        problem(fixed=[[0, 0]], lines=[[0, 0]], blocked=[[3, 3]]),
        "locations can serve the order (has no coordinates: 2).",
    )


def test_an_order_that_goes_whole_waits_for_its_last_line() -> None:
    drawn = problem(fixed=[[5, 5]], lines=[[1, 1]] * 2, stock=[[9, 9], [0, 0]], complete=[True])
    waits(drawn, "Both lines are backordered at $40.00")


def test_a_kit_waits_where_no_location_has_all_of_it() -> None:
    drawn = problem(fixed=[[5, 5]], lines=[[1, 1]] * 2, stock=[[9, 0], [0, 9]], kits=[0, 0])
    waits(drawn, "(can send nothing of it in one package: 2)")


def test_two_hundred_lines_of_which_nothing_can_go_wait() -> None:
    waits(
        problem(fixed=[[5] * 9], lines=[[1] * 9] * 200, stock=np.zeros((200, 9), np.int64)),
        "All 200 lines are backordered",
    )


def test_two_thousand_orders_for_one_sku_share_what_there_is() -> None:
    drawn = problem(
        fixed=[[500, 600]] * 2000, lines=[[0, 0]] * 2000, orders=[1] * 2000, line_sku=[0] * 2000, stock=[[700, 300]],
        capacity=[9999, 200],
    )  # fmt: skip
    plan = source_in_order(drawn, range(2000))
    assert np.bincount(plan.assignment + 1, minlength=3).tolist() == [1100, 700, 200]
    assert "has 0 of 1 unit left by earlier orders" in explain(drawn, plan, 1999).sentence
