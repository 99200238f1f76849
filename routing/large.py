"""Orders of more than 12 lines: a facility-location problem, solved to a proven bound and mostly to the optimum.

A Lagrangian relaxation of "every line is served once" gives a bound and hints which locations to open; a search over
sets of open locations gives a plan. Locations whose reduced cost shows that no better plan opens them (or that every
better plan does) are settled; when at most 12 remain open to question, all their subsets are tried, which proves the
optimum. Limits inside the order (room, stock, heaviest packages) are obeyed by the plan and ignored by the bound, and
of prices by weight the bound takes a straight line below them: where that matters, or too many locations remain, the
plan stands with the bound and is not called exact.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from routing.arrays import Floats, Index
from routing.facilities import Facilities, Opened
from routing.problem import BACKORDER
from routing.quotes import Quotes

_STEPS = 120
_STEPS_AGAIN = 40
_ADDITIONS = 4
_SEARCH_ROUNDS = 60
_SETTLE_MAX = 12


class Hint(NamedTuple):
    """Where a search ended, for the next one at similar costs: prices of the bundles (m,) and open columns."""

    duals: Floats
    open: tuple[int, ...]


class Near(NamedTuple):
    """Columns of the bundles (m,) (-1 = backorder), their cost and a lower bound on it in ticks, and a hint."""

    columns: Index
    ticks: float
    bound: float
    hint: Hint


def split_near(quotes: Quotes, most: int, hint: Hint | None) -> Near:
    """A quicker :func:`split_large` for asking again and again at slightly other costs; its bound is a little weaker.

    Subgradient steps go on from the ``hint``; the plan is improved by one search for exchanges.
    """
    if quotes.complete:
        columns, ticks, bound = split_large(quotes, most)
        return Near(columns, ticks, bound, Hint(np.zeros(len(columns)), ()))
    sites = Facilities(quotes, most)
    duals = None if hint is None else np.minimum(hint.duals, sites.backorder)
    plan, duals = _relax(sites, duals, _STEPS if hint is None else _STEPS_AGAIN)
    if hint is not None:
        plan = min(plan, sites.serve(hint.open), key=lambda offered: offered.ticks)
    bound, _ = sites.bound(duals)
    return Near(plan.columns, plan.ticks, min(bound, plan.ticks), Hint(duals, plan.open))


def split_large(quotes: Quotes, most: int) -> tuple[Index, float, float]:
    """Columns of the bundles (m,) (-1 = backorder), their cost in ticks and a lower bound on it in ticks."""
    if quotes.complete:
        return _split_whole(quotes, most)
    sites = Facilities(quotes, most)
    plan, duals = _relax(sites)
    plan = _search(sites, plan)
    bound, reduced = sites.bound(duals)
    bound, plan = _settle(sites, plan, bound, reduced)
    return plan.columns, plan.ticks, min(bound, plan.ticks)


def _split_whole(quotes: Quotes, most: int) -> tuple[Index, float, float]:
    """The same where all bundles are served or none: one that is not served costs as much as if none were."""
    nothing = float(quotes.backorder.sum())
    dear = replace(quotes, backorder=np.full(len(quotes.units), nothing), complete=False)
    columns, ticks, bound = split_large(dear, most)
    if ticks < nothing:
        return columns, ticks, min(bound, ticks)
    return np.full(len(quotes.units), BACKORDER), nothing, min(bound, nothing)


def _relax(sites: Facilities, start: Floats | None = None, steps: int = _STEPS) -> tuple[Opened, Floats]:
    """The best plan met and the best line duals (n,) found by subgradient ``steps`` from ``start``."""
    plan = sites.serve(())
    duals = best_duals = np.minimum(sites.nearest, sites.backorder) if start is None else start
    best, pace, idle = -np.inf, 1.0, 0
    for _ in range(steps):
        bound, reduced = sites.bound(duals)
        open_ = np.flatnonzero(reduced < 0)
        offered = sites.serve(sites.most_wanted(open_, reduced))
        if offered.ticks < plan.ticks:
            plan = offered
        idle = 0 if bound > best else idle + 1
        if bound > best:
            best, best_duals = bound, duals
        if idle == 8:
            pace, idle = pace / 2, 0
        slope = 1.0 - (sites.lines[:, open_] < duals[:, None]).sum(axis=1)
        steep = float(slope @ slope)
        if steep == 0.0 or plan.ticks <= best:
            break
        step = pace * (plan.ticks - bound) / steep
        duals = np.minimum(np.rint(duals + step * slope), sites.backorder)
    return plan, best_duals


def _search(sites: Facilities, plan: Opened) -> Opened:
    """Close, open and exchange locations or move a line, for as long as it pays and a limited number of rounds."""
    for _ in range(_SEARCH_ROUNDS):
        better = min(_neighbours(sites, plan), key=lambda offered: offered.ticks, default=plan)
        if better.ticks >= plan.ticks:
            break
        plan = better
    return plan


def _neighbours(sites: Facilities, plan: Opened) -> Iterator[Opened]:
    moved = sites.best_move(plan.columns)
    if moved is not None:
        yield moved
    for base in (plan, *(sites.serve(tuple(c for c in plan.open if c != closed)) for closed in plan.open)):
        yield base
        for column in sites.gains(base).argsort(kind="stable")[::-1][:_ADDITIONS].tolist():
            if column not in base.open:
                yield sites.serve((*base.open, column))


def _settle(sites: Facilities, plan: Opened, bound: float, reduced: Floats) -> tuple[float, Opened]:
    """Raise the bound as far as it can be, by trying every set of the locations that are still in question."""
    slack = plan.ticks - bound
    always = np.flatnonzero(-reduced >= slack)
    asked = np.flatnonzero(np.abs(reduced) < slack)
    if len(asked) > _SETTLE_MAX:
        return bound, plan
    values = sites.values_of_sets(always, asked)
    order = values.argsort(kind="stable")
    least = float(values[order[0]])
    if least >= plan.ticks:
        return plan.ticks, plan
    chosen = int(order[0])
    offered = sites.serve((*always.tolist(), *(int(c) for i, c in enumerate(asked) if chosen >> i & 1)))
    return least, (offered if offered.ticks < plan.ticks else plan)
