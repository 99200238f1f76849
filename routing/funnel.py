"""Which locations are out, and for which reason: every location counts once, at the first reason that applies."""

from collections import Counter

import numpy as np

from routing.left import Left
from routing.obstacles import ELSEWHERE
from routing.problem import Problem
from routing.quotes import servable
from routing.reasons import Sieve

NO_STOCK = "has too few units"
NO_ROOM = "has too little capacity left"


def funnel(problem: Problem, order: int, left: Left) -> tuple[Sieve, ...]:
    """The steps from all locations to those that can serve at least one line of the order."""
    removed: Counter[str] = Counter()
    blocked, lines = problem.blocked[order], problem.lines_of(order)
    for code, count in zip(*np.unique(blocked[blocked != 0], return_counts=True), strict=True):
        removed[problem.reasons[int(code)].text] += int(count)
    eligible = problem.eligible(order)
    removed[ELSEWHERE] += int(((blocked == 0) & ~eligible).sum())
    out = eligible & ~servable(problem, order, left).any(axis=0)
    codes = np.zeros((1, problem.locations), np.int64) if problem.line_blocked is None else problem.line_blocked[lines]
    stocked = left.stock[problem.line_sku[lines]] >= problem.line_qty[lines, None]
    allowed = (codes == 0).any(axis=0)
    lacks_room = out & ((codes == 0) & stocked).any(axis=0)
    for location in np.flatnonzero(out & ~allowed):
        removed[problem.reasons[int(codes[0, location])].text] += 1
    removed[NO_STOCK] += int((out & allowed & ~lacks_room).sum())
    removed[NO_ROOM] += int(lacks_room.sum())
    steps, remaining = [], problem.locations
    for reason, count in removed.items():
        if count:
            remaining -= count
            steps.append(Sieve(reason, count, remaining))
    return tuple(steps)


def whole_order(problem: Problem, order: int, left: Left) -> int:
    """How many locations could serve the whole order alone."""
    lines = problem.lines_of(order)
    skus, units = problem.line_sku[lines], problem.line_qty[lines].astype(np.int64)
    able = servable(problem, order, left).all(axis=0) & (left.capacity >= units.sum())
    for sku in set(skus.tolist()):
        able &= left.stock[sku] >= units[skus == sku].sum()
    return int(able.sum())
