"""The columns that a proof needs: none may be missing, or a plan that is not the best is called so."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from routing.batch.compile import compile_batch
from routing.batch.pricing import price_group
from routing.batch.proof import every_column
from routing.optimise import optimise
from routing.problem import Prices, Problem
from tests.unit.routing.brute_batch import cheapest
from tests.unit.routing.tiny import problem, problems

PLENTY = 10**6


def limited(most: int) -> st.SearchStrategy[Problem]:
    """Three orders that may each have at most so many packages, and would rather have more than leave a line."""
    return problems(orders=3, most_lines=3).map(
        lambda asked: replace(asked, max_packages=np.full(3, most), backorder=asked.backorder + 200)
    )


LIMITED = st.sampled_from((0, 1, 2)).flatmap(limited)


@given(LIMITED, st.integers(0, 2**32))
@settings(max_examples=100)
def test_the_best_column_of_every_order_is_among_those_without_slack(asked: Problem, seed: int) -> None:
    batch = compile_batch(asked).batch
    prices = np.append(np.random.default_rng(seed).integers(0, 90, batch.resources - 1), 0).astype(np.float64)
    for group in batch.groups:
        listed = every_column(group, prices, 0.0, PLENTY)
        assert listed is not None
        best = {(number, *row) for number, row in enumerate(price_group(group, prices).rows.tolist())}
        assert best <= {(int(order), *row) for order, row in zip(listed.orders, listed.rows.tolist(), strict=True)}


@given(LIMITED)
@settings(max_examples=60)
def test_a_limit_on_packages_makes_no_proof_of_a_plan_that_is_not_the_best(asked: Problem) -> None:
    outcome = optimise(asked, np.arange(3))
    assert outcome.bound <= outcome.cost == cheapest(replace(asked, prices=Prices()))


def test_more_slack_lists_more_columns() -> None:
    asked = problem(fixed=[[10, 20, 40]], lines=[[0, 5, 9], [3, 0, 1]])
    [group] = compile_batch(asked).batch.groups
    prices = np.zeros(compile_batch(asked).batch.resources)
    counts = []
    for slack in (0.0, 20.0, 60.0, 1e9):
        listed = every_column(group, prices, slack, PLENTY)
        assert listed is not None
        counts.append(len(listed.orders))
    assert counts == sorted(set(counts))
    assert every_column(group, prices, 1e9, counts[-1] - 1) is None
