"""Which options are out, and for which reason: every option counts once, at the first reason that applies."""

from collections import Counter

import numpy as np

from routing.left import Left
from routing.obstacles import ELSEWHERE
from routing.problem import Problem
from routing.quotes import Quotes, room_of, stocked
from routing.reasons import Sieve

NO_STOCK = "has too few units"
NO_ROOM = "has too little capacity left"
NO_PARCEL = "can send nothing of it in one package"


def funnel(problem: Problem, order: int, left: Left, quotes: Quotes) -> tuple[Sieve, ...]:
    """The steps from all options to those of ``quotes``, which can serve at least one bundle of the order."""
    removed: Counter[str] = Counter()
    blocked, lines = problem.blocked[order], problem.lines_of(order)
    for code, count in zip(*np.unique(blocked[blocked != 0], return_counts=True), strict=True):
        removed[problem.reasons[int(code)].text] += int(count)
    eligible = problem.eligible(order)
    removed[ELSEWHERE] += int(((blocked == 0) & ~eligible).sum())
    out = eligible.copy()
    out[quotes.options] = False
    codes = np.zeros((1, problem.options), np.int64) if problem.line_blocked is None else problem.line_blocked[lines]
    free = codes == 0
    allowed = free.any(axis=0)
    supplied = free & stocked(problem, order, left)
    handled = supplied & (room_of(problem, order, left) >= problem.line_qty[lines, None])
    lacks_room = out & supplied.any(axis=0)
    lacks_all_but_parcel = out & handled.any(axis=0)  # a kit that is not all there, or a price list that ends too early
    for option in np.flatnonzero(out & ~allowed):
        removed[problem.reasons[int(codes[0, option])].text] += 1
    removed[NO_STOCK] += int((out & allowed & ~lacks_room).sum())
    removed[NO_ROOM] += int((lacks_room & ~lacks_all_but_parcel).sum())
    removed[NO_PARCEL] += int(lacks_all_but_parcel.sum())
    steps, remaining = [], problem.options
    for reason, count in removed.items():
        if count:
            remaining -= count
            steps.append(Sieve(reason, count, remaining))
    return tuple(steps)


def whole_order(quotes: Quotes) -> int:
    """How many locations could serve the whole order by one option alone."""
    able = np.isfinite(quotes.lines).all(axis=0) & (quotes.room >= quotes.units.sum())
    for shared in quotes.shared:
        able &= shared.stock >= shared.need.sum()
    if quotes.weighed is not None:
        for need, most in quotes.weighed.heaviest():
            able &= most >= need.sum()
    return len(np.unique(quotes.place[able]))
