"""The cheapest plan of a whole batch, by trying every plan of every order: the truth for the batch optimiser."""

import numpy as np

from routing.left import Left
from routing.problem import Problem
from tests.unit.routing.brute import everything


def cheapest(problem: Problem) -> int:
    """Cents of the best plan of all orders together."""
    left = Left.copy_of(problem)
    least = [everything(problem, order, left).least() or 0 for order in range(problem.orders)]
    return _best(problem, 0, left, least, sum(int(cents) for cents in problem.backorder) + 1)


def _best(problem: Problem, order: int, left: Left, least: list[int], below: int) -> int:
    """The best cost of the orders from ``order`` on, if less than ``below``; else ``below``."""
    if order == problem.orders:
        return 0
    found = everything(problem, order, left)
    allowed = np.flatnonzero(found.allowed)
    for index in allowed[np.argsort(found.cents[allowed], kind="stable")].tolist():
        cents = int(found.cents[index])
        if cents + sum(least[order + 1 :]) >= below:
            break
        rest = Left(left.stock.copy(), left.capacity.copy())
        rest.take(problem, order, found.assignments[index])
        below = min(below, cents + _best(problem, order + 1, rest, least, below - cents))
    return below
