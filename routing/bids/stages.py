"""Stock that arrives on the way, told to an optimiser that knows only stock that is there.

Time is cut into stages, each of which begins with an arrival of stock. Orders of stage j may use what has come up to
then and nobody used: for every stage i >= j, the orders of stages 0 to i together use at most what came up to i. Each
stage gets rows of stock of its own, holding all that has come by its end; a line of stage j draws on the rows of stages
j, j + 1, ..., for which it becomes a kit of that many lines, of which the first carries the costs. So nothing is
approximated: plans, bounds and duals are those of the problem with arrivals.

A unit that is there now may serve any stage, so its price is the sum of the duals of all rows: until the next arrival
its own scarcity, and after that what it will be worth then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from retail.errors import Refused
from routing.arrays import Flags, Floats, Index, Real, Whole
from routing.problem import Prices, Problem
from routing.terms import LineTerm

UNLIMITED_UNITS = 10**8
"""Capacity in a staged problem: it belongs to slots and days, of which a horizon of stages has many."""


@dataclass(frozen=True, eq=False, slots=True)
class Staged:
    """``problem`` with rows of stock for each of ``stages``; ``carries`` (n',): the lines that stand for those of the
    original one, in their order; the others of their kits carry neither cost nor weight."""

    problem: Problem
    stages: int
    carries: Flags

    def stock_price(self, prices: Prices) -> Floats:
        """(S, L): cents that one more unit, there from the beginning, is worth at the duals of ``problem``."""
        duals: Real = np.zeros(self.problem.stock.shape) if prices.stock is None else prices.stock
        skus, locations = duals.shape
        total: Floats = duals.reshape(self.stages, skus // self.stages, locations).sum(axis=0, dtype=np.float64)
        return total

    def widened(self, assignment: Whole) -> Whole:
        """(n',): an ``assignment`` (n,) of the original lines, as one of ``problem``."""
        wide: Whole = assignment[np.cumsum(self.carries) - 1]
        return wide


def staged(problem: Problem, arrivals: Sequence[Whole], stage: Whole) -> Staged:
    """``problem``, whose stock is what is there now, with ``arrivals`` of more (S, L), the first of which begins stage
    1; ``stage`` (O,) is when each order is served.

    Capacity is left out, and so are the problem's own prices. Raises :class:`retail.errors.Refused` for a problem with
    kits or a stage that there is not.
    """
    stages = len(arrivals) + 1
    if problem.kits is not None:
        raise Refused("kits", "are taken by the stages", "forecast kits as lines by themselves")
    if stage.shape != (problem.orders,) or ((stage < 0) | (stage >= stages)).any():
        raise Refused("stage", f"is not one of {stages} for each order", f"give numbers 0 to {stages - 1}")
    if any(arrival.shape != problem.stock.shape or (arrival < 0).any() for arrival in arrivals):
        raise Refused("arrivals", "are no tables of units as stock is", "give units of each SKU at each location")
    of, row = _lines(problem, stage, stages)
    carries = np.diff(of, prepend=-1) != 0
    order_of = np.repeat(np.arange(problem.orders), np.diff(problem.order_ptr))
    parcels = problem.parcels
    held = np.cumsum([problem.stock, *arrivals], axis=0)
    wide = replace(
        problem,
        order_ptr=np.concatenate([[0], np.cumsum(np.bincount(order_of[of], minlength=problem.orders))]),
        line_sku=problem.line_sku[of] + row * problem.stock.shape[0],
        line_qty=problem.line_qty[of],
        backorder=problem.backorder[of] * carries,
        stock=held.reshape(-1, problem.locations),
        capacity=np.full_like(problem.capacity, UNLIMITED_UNITS),
        line_terms={name: _term(term, of, carries, stages) for name, term in problem.line_terms.items()},
        line_blocked=None if problem.line_blocked is None else problem.line_blocked[of],
        prices=Prices(),
        parcels=None
        if parcels is None
        else replace(
            parcels,
            grams=parcels.grams[of] * carries,
            volume=None if parcels.volume is None else parcels.volume[of] * carries,
        ),
        kits=of if stages > 1 else None,
    )
    return Staged(wide, stages, carries)


def _lines(problem: Problem, stage: Whole, stages: int) -> tuple[Index, Index]:
    """(n',) each: the original line, and the stage on whose rows of stock it draws."""
    rows = stages - np.repeat(stage, np.diff(problem.order_ptr))
    of = np.repeat(np.arange(len(problem.line_sku)), rows)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(rows) - rows, rows)
    return of, stages - np.repeat(rows, rows) + nth


def _term(term: LineTerm, of: Index, carries: Flags, stages: int) -> LineTerm:
    rate: Real = term.rate
    if term.by == "line":
        rate = rate[of]
    elif term.by == "sku":
        rate = rate[np.tile(np.arange(len(rate)), stages)]
    amount = carries.astype(np.int64) if term.amount is None else term.amount[of] * carries
    return LineTerm(rate, term.by, amount)
