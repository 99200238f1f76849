import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail.errors import Refused
from routing.left import Left
from routing.problem import Prices, Problem
from routing.source import priority, source_in_order
from tests.unit.routing.brute import everything
from tests.unit.routing.tiny import problem, problems, problems_of_options


@settings(max_examples=150, deadline=None)
@given(st.one_of(problems(orders=4, most_lines=3), problems_of_options(orders=4, most_lines=3)))
def test_every_order_gets_its_optimum_on_what_the_earlier_ones_left(drawn: Problem) -> None:
    sequence = [2, 0, 3, 1]
    plan = source_in_order(drawn, sequence)
    left = Left.copy_of(drawn)
    for order in sequence:
        lines = drawn.lines_of(order)
        truth = everything(drawn, order, left)
        chosen = (truth.assignments == plan.assignment[lines]).all(axis=1)
        assert truth.cents[chosen].tolist() == [truth.least()]
        left.take(drawn, order, plan.assignment[lines])
    assert (left.stock >= 0).all()
    assert (left.capacity >= 0).all()


def test_the_problem_keeps_its_stock() -> None:
    drawn = problem(fixed=[[100]], lines=[[100]])
    source_in_order(drawn, [0])
    assert (drawn.stock.tolist(), drawn.capacity.tolist()) == ([[9]], [99])


def test_the_first_in_sequence_gets_the_last_unit() -> None:
    drawn = problem(fixed=[[100, 500]] * 2, lines=[[0, 0]] * 2, orders=[1, 1], line_sku=[0, 0], stock=[[1, 9], [0, 0]])
    assert source_in_order(drawn, [0, 1]).assignment.tolist() == [0, 1]
    assert source_in_order(drawn, [1, 0]).assignment.tolist() == [1, 0]


def test_lines_that_share_a_location_are_one_package() -> None:
    drawn = problem(
        fixed=[[100, 900], [900, 100]], lines=[[1, 1]] * 4, orders=[3, 1], line_blocked=[[0, 0], [1, 0], [0, 0], [0, 0]]
    )
    plan = source_in_order(drawn, [0, 1])
    assert plan.assignment.tolist() == [1, 1, 1, 1]
    assert plan.package_order.tolist() == [0, 1]
    assert plan.package_option.tolist() == [1, 1]
    assert plan.line_package.tolist() == [0, 0, 0, 1]
    assert plan.cost_of(0) == {"label": 900, "shipping": 3}
    assert plan.total == 1004


def test_the_same_input_gives_the_same_plan() -> None:
    def once() -> tuple[bytes, ...]:
        random = np.random.default_rng(5)
        drawn = problem(
            fixed=random.integers(0, 5, (40, 30)).tolist(),
            lines=random.integers(0, 5, (120, 30)).tolist(),
            orders=[3] * 40,
            line_sku=random.integers(0, 20, 120),
            stock=random.integers(0, 3, (20, 30)),
        )
        plan = source_in_order(drawn, range(40))
        return tuple(part.tobytes() for part in (plan.assignment, plan.cents, plan.line_package))

    assert once() == once()


def test_prices_steer_the_choice_and_are_not_paid() -> None:
    prices = Prices(stock=np.array([[250, 0]]), capacity=np.array([0.0, 0.0]))
    drawn = problem(fixed=[[500, 700]], lines=[[0, 0]], prices=prices)
    plan = source_in_order(drawn, [0])
    assert (plan.assignment.tolist(), plan.total) == ([1], 700)


def test_an_order_that_is_collected_waits_rather_than_being_shipped() -> None:
    drawn = problem(fixed=[[100, 100]], lines=[[0, 0]], stock=[[9, 0]], pickup=[1])
    assert source_in_order(drawn, [0]).assignment.tolist() == [-1]


@pytest.mark.parametrize("sequence", [[0], [0, 0], [0, 2], [0, 1, 1]])
def test_a_sequence_that_does_not_name_every_order_once_is_refused(sequence: list[int]) -> None:
    drawn = problem(fixed=[[100]] * 2, lines=[[1]] * 2, orders=[1, 1])
    with pytest.raises(Refused, match="sequence"):
        source_in_order(drawn, sequence)


def test_no_orders_make_an_empty_plan() -> None:
    drawn = problem(fixed=[[]], lines=[], orders=[])
    plan = source_in_order(drawn, [])
    assert (plan.total, len(plan.assignment), plan.cents.shape) == (0, 0, (0, 3))


def test_promise_comes_before_payment_expiry_before_tier_before_age() -> None:
    sequence = priority(
        promise=np.array([2, 1, 1, 1, 1]),
        payment_expiry=np.array([0, 5, 4, 4, 4]),
        tier=np.array([0, 0, 1, 0, 0]),
        age=np.array([99, 0, 0, 3, 7]),
    )
    assert sequence.tolist() == [4, 3, 2, 1, 0]
