"""One order after another, where some were offered already: those stay unless moving them alone saves enough. Pure.

This is what a batch does when the optimiser of all orders together is switched off or has failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.arrays import Cents, Index
from routing.check import checked
from routing.left import Left
from routing.plan import Plan
from routing.price import cost_by_term
from routing.problem import BACKORDER, Problem
from routing.split import split


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """Where orders have been offered: ``assignment`` (n,) of options, -1 for lines that nobody was asked for.

    An order with any offered line is either offered whole or not at all here. ``move_cents``: the least saving for
    which an offer is moved.
    """

    assignment: Cents
    move_cents: int


def source_one_by_one(problem: Problem, sequence: Index, standing: Standing) -> Plan:
    """Split the open orders exactly in ``sequence``, on what the offers leave; then move each offer for which another
    place saves at least ``standing.move_cents``, again in ``sequence``.

    Nothing changes, nothing moves: an offer that was the best one stays. An offer that its location may not serve any
    more is treated like an open order. Returns a plan that has passed :func:`routing.check.check`.
    """
    left = Left.copy_of(problem)
    assignment = np.full(len(problem.line_sku), BACKORDER, np.int64)
    excess = np.zeros(problem.orders, np.int64)
    turn = [int(order) for order in sequence]
    offered = [order for order in turn if _holds(problem, order, left, standing.assignment)]
    held = set(offered)
    stay: list[int] = []
    moved: list[int] = []
    waiting = [order for order in turn if order not in held]
    for order in waiting:
        _decide(problem, order, left, assignment, excess)
    for order in offered:
        lines = problem.lines_of(order)
        now = standing.assignment[lines]
        _give_back(problem, order, left, now)
        best = split(problem, order, left)
        staying = int(cost_by_term(problem, order, now).sum())
        is_better = staying - best.cents >= max(standing.move_cents, 1) and (best.assignment != BACKORDER).all()
        chosen = best.assignment if is_better else now
        left.take(problem, order, chosen)
        assignment[lines] = chosen
        excess[order] = (best.cents if is_better else staying) - best.bound
        (moved if is_better else stay).append(order)
    # What stays was there before the others came; what moved came after them.
    return checked(problem, Plan.of(problem, assignment, excess, [*stay, *waiting, *moved]))


def _holds(problem: Problem, order: int, left: Left, standing: Cents) -> bool:
    """Take what an offer stands for, where it still may: False, and nothing taken, where it may not or is none."""
    now = standing[problem.lines_of(order)]
    if (now == BACKORDER).any() or not _is_allowed(problem, order, now):
        return False
    left.take(problem, order, now)
    rows, places = problem.line_sku[problem.lines_of(order)], problem.places[now]
    if (left.stock[rows, places] < 0).any() or (left.capacity < 0).any():
        _give_back(problem, order, left, now)
        return False
    return True


def _is_allowed(problem: Problem, order: int, now: Cents) -> bool:
    lines = range(len(problem.line_sku))[problem.lines_of(order)]
    blocked = problem.line_blocked
    most = problem.packages_limit(order)
    return bool(
        problem.eligible(order)[now].all()
        and (blocked is None or all(blocked[line, option] == 0 for line, option in zip(lines, now, strict=True)))
        and (not most or len(set(now.tolist())) <= most)
        and _keeps_kits(problem, lines, now.tolist())
    )


def _keeps_kits(problem: Problem, lines: range, now: Sequence[int]) -> bool:
    """Lines of a kit leave together."""
    if problem.kits is None:
        return True
    places: dict[int, set[int]] = {}
    for line, option in zip(lines, now, strict=True):
        kit = int(problem.kits[line])
        if kit >= 0:
            places.setdefault(kit, set()).add(option)
    return all(len(options) == 1 for options in places.values())


def _decide(problem: Problem, order: int, left: Left, assignment: Cents, excess: Cents) -> None:
    best = split(problem, order, left)
    left.take(problem, order, best.assignment)
    assignment[problem.lines_of(order)] = best.assignment
    excess[order] = best.cents - best.bound


def _give_back(problem: Problem, order: int, left: Left, now: Cents) -> None:
    """The opposite of :meth:`routing.left.Left.take`, of an order that is served whole."""
    lines = problem.lines_of(order)
    units = problem.line_qty[lines]
    np.add.at(left.stock, (problem.line_sku[lines], problem.places[now]), units.astype(left.stock.dtype))
    np.add.at(left.capacity, problem.pools[now], units.astype(left.capacity.dtype))
    leg = problem.leg_of(order)
    if leg is not None:
        carried = leg[now] >= 0
        np.add.at(left.capacity, leg[now][carried], units[carried].astype(left.capacity.dtype))
