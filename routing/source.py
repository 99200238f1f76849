"""A batch, one order after another: each gets its best split on what the more important ones have left."""

from collections.abc import Sequence

import numpy as np

from retail.errors import Refused
from routing.arrays import Index, Real
from routing.check import checked
from routing.left import Left
from routing.plan import Plan
from routing.problem import Problem
from routing.split import split


def priority(promise: Real, payment_expiry: Real, tier: Real, age: Real) -> Index:
    """The sequence (O,) in which orders take scarce stock and capacity, most important first.

    Earliest ``promise``, earliest ``payment_expiry``, lowest ``tier`` (1 before 2), greatest ``age``; all (O,), in any
    unit of the caller's. Orders alike in all of them keep their order.
    """
    return np.lexsort((-age, tier, payment_expiry, promise))


def source_in_order(problem: Problem, sequence: Sequence[int] | Index) -> Plan:
    """Split every order exactly, in ``sequence`` (each order once), deducting stock and capacity as it goes.

    Returns a plan that has passed :func:`routing.check.check`. Raises :class:`retail.errors.Refused` for a sequence
    that is not an arrangement of all orders.
    """
    turn = [int(order) for order in sequence]
    if sorted(turn) != list(range(problem.orders)):
        raise Refused("sequence", "does not name every order once", f"arrange the numbers 0 to {problem.orders - 1}")
    left = Left.copy_of(problem)
    assignment = np.full(len(problem.line_sku), -1, np.int64)
    excess = np.zeros(problem.orders, np.int64)
    for order in turn:
        lines = problem.lines_of(order)
        best = split(problem, order, left)
        left.take(problem, order, best.assignment)
        assignment[lines] = best.assignment
        excess[order] = best.cents - best.bound
    return checked(problem, Plan.of(problem, assignment, excess, turn))
