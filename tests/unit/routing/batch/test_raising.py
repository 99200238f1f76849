"""A raised bound is one: no plan is below it, and more steps never lower it."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.batch.raising import raised
from routing.problem import Prices, Problem
from tests.unit.routing.brute_batch import cheapest
from tests.unit.routing.tiny import problems, problems_of_options


@given(problems(orders=3, most_lines=2) | problems_of_options(orders=2, most_lines=2), st.integers(0, 99))
@settings(max_examples=60)
def test_no_plan_is_below_a_raised_bound_and_more_steps_never_lower_it(asked: Problem, seed: int) -> None:
    random = np.random.default_rng(seed)
    prices = Prices(random.integers(0, 900, asked.stock.shape), random.integers(0, 500, len(asked.capacity)))
    priced = replace(asked, prices=prices)
    assert raised(priced, 1) <= raised(priced, 32) <= cheapest(replace(asked, prices=Prices()))
