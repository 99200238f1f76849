"""What if an order went another way after all? The batch decided again with the order held to a given plan.

At the prices of the batch the difference of two plans of an order is exact (:mod:`routing.explain`); what the others
would then do is another question, and this is its answer: a change of cost, and the interval of the true one.
"""

from dataclasses import dataclass, replace

import numpy as np

from retail.errors import Refused
from routing.arrays import Cents, Index
from routing.batch.efforts import STANDARD
from routing.batch.solve import Effort
from routing.check import check
from routing.left import Left
from routing.optimise import Outcome, Warm, optimise
from routing.plan import Plan
from routing.problem import BACKORDER, Prices, Problem
from routing.terms import LineTerm


@dataclass(frozen=True, eq=False, slots=True)
class Forced:
    """``plan`` of all orders with the one held. ``cost`` and ``bound`` in cents, with what moving lines costs: no plan
    that holds the order so costs less than ``bound``.

    ``change``: cents by which ``cost`` exceeds that of the run's plan; below zero where the run missed a cheaper plan
    that this one found. The best plan with the order held costs ``low`` to ``high`` cents more than the best one
    without that, ``low`` being at least 0: holding an order never makes anything cheaper.
    """

    plan: Plan
    cost: int
    bound: int
    change: int
    low: int
    high: int


def forced(
    problem: Problem,
    found: Outcome,
    order: int,
    assignment: Cents,
    sequence: Index,
    effort: Effort = STANDARD,
    seed: int = 0,
    last: Warm | None = None,
) -> Forced:
    """Decide the batch again with ``order`` held to ``assignment`` (lines of the order,) of options or -1.

    ``found`` is the run's outcome, ``sequence``, ``effort``, ``seed`` and ``last`` are what it was made with; its duals
    are where the search begins. Raises :class:`retail.errors.Refused` for an assignment that the order may not have,
    were it alone.
    """
    lines = problem.lines_of(order)
    held = np.asarray(assignment, np.int64)
    if held.shape != (lines.stop - lines.start,) or ((held < BACKORDER) | (held >= problem.options)).any():
        raise Refused("assignment", "is no option for each line of the order", "give one option or -1 per line")
    if found.plan.assignment.shape != problem.line_sku.shape:
        raise Refused("found", "is the outcome of another problem", "give that of this one")
    alone = _one(problem, order)
    own = Plan.of(alone, held)
    wrong = check(alone, own)
    if wrong:
        raise Refused("assignment", f"is not allowed: {wrong[0].detail}", "force a plan that the order may have")
    cost = own.total + _moving(last, lines, held)
    rest, kept = _without(problem, order, held)
    whole = np.full(len(problem.line_sku), BACKORDER, np.int64)
    whole[lines] = held
    bound = cost
    if rest.orders:
        others = np.ones(len(whole), np.bool_)
        others[lines] = False
        standing = found.plan.assignment if last is None else last.assignment
        warm = Warm(found.prices, standing[others], 0 if last is None else last.move)
        turn = np.asarray([np.searchsorted(kept, each) for each in sequence if each != order], np.intp)
        again = optimise(rest, turn, effort, seed, warm)
        whole[others] = again.plan.assignment
        cost, bound = cost + again.cost, bound + again.bound
    bound = max(bound, found.bound)  # a plan with the order held is a plan
    return Forced(
        plan=Plan.of(problem, whole),
        cost=cost,
        bound=bound,
        change=cost - found.cost,
        low=max(0, bound - min(found.cost, cost)),
        high=cost - found.bound,
    )


def _moving(last: Warm | None, lines: slice, held: Cents) -> int:
    """Cents for the lines that leave the option of the last plan."""
    if last is None:
        return 0
    before = last.assignment[lines]
    return last.move * int(((before >= 0) & (before != held)).sum())


def _one(problem: Problem, order: int) -> Problem:
    """The order alone, with all stock and capacity."""
    return _some(problem, np.array([order]), Left.all_of(problem))


def _without(problem: Problem, order: int, held: Cents) -> tuple[Problem, Index]:
    """The other orders on what the held one leaves, and their indices."""
    left = Left.copy_of(problem)
    left.take(problem, order, held)
    kept = np.delete(np.arange(problem.orders), order)
    return _some(problem, kept, left), kept


def _some(problem: Problem, orders: Index, left: Left) -> Problem:
    """A problem of some of the orders, on what is ``left``."""
    sizes = np.diff(problem.order_ptr)
    picked = np.zeros(problem.orders, np.bool_)
    picked[orders] = True
    lines = np.flatnonzero(np.repeat(picked, sizes))

    def rated(term: LineTerm) -> LineTerm:
        rate = term.rate[lines] if term.by == "line" else term.rate[orders] if term.by == "order" else term.rate
        return LineTerm(rate, term.by, None if term.amount is None else term.amount[lines])

    parcels = problem.parcels
    return replace(
        problem,
        order_ptr=np.concatenate([[0], np.cumsum(sizes[orders])]),
        line_sku=problem.line_sku[lines],
        line_qty=problem.line_qty[lines],
        backorder=problem.backorder[lines],
        stock=left.stock,
        capacity=left.capacity,
        blocked=problem.blocked[orders],
        package_terms={name: t if t.ndim == 1 else t[orders] for name, t in problem.package_terms.items()},
        line_terms={name: rated(term) for name, term in problem.line_terms.items()},
        line_blocked=None if problem.line_blocked is None else problem.line_blocked[lines],
        pickup=None if problem.pickup is None else problem.pickup[orders],
        max_packages=None if problem.max_packages is None else problem.max_packages[orders],
        prices=Prices(),
        leg=None if problem.leg is None else problem.leg[orders],
        parcels=None
        if parcels is None
        else replace(
            parcels,
            tariff=parcels.tariff if parcels.tariff.ndim == 1 else parcels.tariff[orders],
            grams=parcels.grams[lines],
            volume=None if parcels.volume is None else parcels.volume[lines],
        ),
        kits=None if problem.kits is None else problem.kits[lines],
        complete=None if problem.complete is None else problem.complete[orders],
    )
