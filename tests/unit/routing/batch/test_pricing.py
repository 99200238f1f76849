"""The pricing step of the batch is the exact split of every order."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.batch.blocks import _deal
from routing.batch.compile import compile_batch, start_of
from routing.batch.pricing import price
from routing.problem import Prices, Problem
from routing.split import split
from tests.unit.routing.tiny import problems, problems_of_options

TICK_SUM = 0.05
"""Cents that the fractions which settle ties may add up to here."""


@given(problems(orders=2, most_lines=4), st.integers(0, 99))
@settings(max_examples=100)
def test_every_order_costs_what_its_split_at_the_same_prices_costs_or_less(asked: Problem, seed: int) -> None:
    random = np.random.default_rng(seed)
    prices = Prices(random.integers(0, 9, asked.stock.shape), random.integers(0, 5, len(asked.capacity)))
    compiled = compile_batch(asked)
    start = start_of(asked, compiled, prices)
    found = price(compiled.batch, start)
    # What cannot run out has no price in a batch.
    shown = np.zeros(asked.stock.size + len(asked.capacity))
    shown[compiled.resource] = start[:-1]
    cells = asked.stock.size
    contested = Prices(shown[:cells].reshape(asked.stock.shape), shown[cells:])
    values = np.zeros(asked.orders)
    for group, each in zip(compiled.batch.groups, found.found, strict=True):
        values[group.orders] = each.value
    for order in range(asked.orders):
        alone = split(replace(asked, prices=contested), order)
        assert values[order] <= alone.cents + TICK_SUM


@given(problems_of_options(orders=3, most_lines=3))
@settings(max_examples=100)
def test_with_no_prices_the_bound_is_the_sum_of_what_orders_cost_alone_at_most(asked: Problem) -> None:
    bare = replace(asked, prices=Prices())
    batch = compile_batch(bare).batch
    alone = sum(split(bare, order).cents for order in range(bare.orders))
    assert price(batch, np.zeros(batch.resources)).bound <= alone + TICK_SUM * bare.orders


@given(
    st.integers(1, 5).flatmap(
        lambda many: st.tuples(
            st.lists(st.integers(0, 9), min_size=4, max_size=4),
            st.lists(st.lists(st.floats(0, 9), min_size=4, max_size=4), min_size=many, max_size=many),
        )
    )
)
def test_what_is_left_is_dealt_out_whole_and_to_the_last_unit(asked: tuple[list[int], list[list[float]]]) -> None:
    left, wanted = np.array(asked[0], float), np.array(asked[1])
    dealt = _deal(left, wanted)
    assert (dealt >= 0).all()
    assert (dealt == np.floor(dealt)).all()
    assert (dealt.sum(axis=0) == left).all()
