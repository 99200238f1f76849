"""A proved bound without a plan: raised from known prices by subgradient steps alone."""

import math

from routing.batch.compile import compile_batch, start_of
from routing.batch.duals import ascend
from routing.batch.pool import Pool
from routing.problem import Problem
from routing.quotes import BACKORDER_TICKS, PACKAGE_TICKS, TICKS

_ROUNDING = 1e-6
"""Cents per order by which floating point may have lifted a bound."""


def raised(problem: Problem, steps: int) -> int:
    """Cents that no plan of ``problem`` is below, proved by the best prices met in ``steps`` from its own on."""
    compiled = compile_batch(problem)
    start = start_of(problem, compiled, problem.prices)
    return in_cents(problem, ascend(compiled.batch, start, steps, Pool(compiled.batch)).value)


def in_cents(problem: Problem, bound: float) -> int:
    """A batch's bound in whole cents, less what rounding and the settling of ties may have added to it."""
    # The fractions that settle ties count for every line at most once.
    ties = len(problem.line_sku) * (BACKORDER_TICKS + PACKAGE_TICKS) / TICKS
    return math.ceil(bound - _ROUNDING * problem.orders - ties)
