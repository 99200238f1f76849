"""One order alone, on the stock and capacity that it met: a small problem that holds all its decision depended on."""

from dataclasses import dataclass

import numpy as np

from routing.arrays import Index, Real, Whole
from routing.left import Left
from routing.plan import Plan
from routing.problem import BACKORDER, NO_LEG, Prices, Problem
from routing.terms import LineTerm


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """``problem`` holds one order and what was left for it; small enough to be stored and solved again.

    ``skus`` (S',): the SKUs of the whole problem that its stock rows stand for. ``held``: those rows and the capacity
    before any other order took from them. ``together``: all others took before it, not only those ahead of it.
    """

    problem: Problem
    skus: Whole
    held: Left
    together: bool


def seen_by(problem: Problem, plan: Plan, order: int) -> Seen:
    """The order on what those before it in ``plan.sequence`` left, or all the others where there is no sequence."""
    lines = problem.lines_of(order)
    skus, line_sku = np.unique(problem.line_sku[lines], return_inverse=True)
    stock, capacity = problem.stock[skus].astype(np.int64), problem.capacity.astype(np.int64)
    taken = _taken_before(problem, plan, order)
    options, units = plan.assignment[taken], problem.line_qty[taken].astype(np.int64)
    np.subtract.at(capacity, problem.pools[options], units)
    if problem.leg is not None:
        order_of = np.repeat(np.arange(problem.orders), np.diff(problem.order_ptr))
        legs = problem.leg[order_of[taken], options]
        np.subtract.at(capacity, legs[legs != NO_LEG], units[legs != NO_LEG])
    same = np.isin(problem.line_sku[taken], skus)
    rows = np.searchsorted(skus, problem.line_sku[taken[same]])
    np.subtract.at(stock, (rows, problem.places[options[same]]), units[same])
    one = slice(order, order + 1)
    price = problem.prices.stock
    alone = Problem(
        order_ptr=np.array([0, len(line_sku)]),
        line_sku=line_sku,
        line_qty=problem.line_qty[lines],
        backorder=problem.backorder[lines],
        stock=stock,
        capacity=capacity,
        blocked=problem.blocked[one],
        reasons=problem.reasons,
        package_terms={name: t if t.ndim == 1 else t[one] for name, t in problem.package_terms.items()},
        line_terms={name: _narrowed(term, lines, one, skus) for name, term in problem.line_terms.items()},
        line_blocked=None if problem.line_blocked is None else problem.line_blocked[lines],
        pickup=None if problem.pickup is None else problem.pickup[one],
        max_packages=None if problem.max_packages is None else problem.max_packages[one],
        prices=Prices(None if price is None else price[skus], problem.prices.capacity),
        place=problem.place,
        pool=problem.pool,
        leg=None if problem.leg is None else problem.leg[one],
        parcels=None if problem.parcels is None else problem.parcels.narrowed(lines, order),
        kits=None if problem.kits is None else problem.kits[lines],
        complete=None if problem.complete is None else problem.complete[one],
    )
    return Seen(alone, skus, Left(problem.stock[skus], problem.capacity), together=plan.sequence is None)


def _taken_before(problem: Problem, plan: Plan, order: int) -> Index:
    """Lines of the orders that took their stock before this one."""
    earlier = np.ones(problem.orders, np.bool_)
    if plan.sequence is None:
        earlier[order] = False
    else:
        turn = int(np.flatnonzero(plan.sequence == order)[0])
        earlier[plan.sequence[turn:]] = False
    lines = np.repeat(earlier, np.diff(problem.order_ptr))
    return np.flatnonzero(lines & (plan.assignment != BACKORDER))


def _narrowed(term: LineTerm, lines: slice, order: slice, skus: Whole) -> LineTerm:
    rate: Real = term.rate
    if term.by == "line":
        rate = rate[lines]
    elif term.by == "order":
        rate = rate[order]
    elif term.by == "sku":
        rate = rate[skus]
    return LineTerm(rate, term.by, None if term.amount is None else term.amount[lines])
