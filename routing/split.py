"""The best split of one order over all options: exact up to 12 bundles of lines, proven within a bound above.

Up to 12, too, limits that options share may cross in ways that a search of limited length does not settle; such a split
says so by its bound.
"""

from dataclasses import dataclass

import numpy as np

from routing.arrays import Cents
from routing.large import split_large
from routing.left import Left
from routing.partition import Partition, best_partition
from routing.problem import BACKORDER, Problem
from routing.quotes import Quotes, cents_of, quote
from routing.subsets import EXACT_LINES, lines_in
from routing.table import Table


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """How one order is divided. ``assignment`` (lines of the order,): an option or -1 for backorder.

    ``cents`` is the cost that was minimised, the problem's prices included. No plan on the same stock and capacity
    costs less than ``bound``; where the two meet, the split is exact.
    """

    assignment: Cents
    cents: int
    bound: int

    @property
    def exact(self) -> bool:
        """No other plan is cheaper."""
        return self.cents == self.bound


def split(problem: Problem, order: int, left: Left | None = None) -> Split:
    """The cheapest plan for one order on what is ``left`` (all of the problem's stock and capacity if not given).

    Obeys eligibility, stock and capacity (also where lines or options share them), prices by weight, kits, whole
    orders and the limit on packages. The same input gives the same plan: fewer backordered lines win a tie, then fewer
    packages, then the lowest option.
    """
    quotes = quote(problem, order, left or Left.all_of(problem))
    most = problem.packages_limit(order)
    if len(quotes.units) > EXACT_LINES:
        columns, ticks, bound = split_large(quotes, most)
        return Split(quotes.by_line(columns), cents_of(ticks), cents_of(bound))
    found = best_partition(Table(quotes), most)
    if found is None:  # backordering every line is always a plan
        raise AssertionError("no partition of the lines was found")
    if found.proven:
        cents = cents_of(found.ticks)
        return Split(assignment_of(quotes, found), cents, cents)
    columns, ticks, bound = split_large(quotes, most)
    best = assignment_of(quotes, found) if found.ticks <= ticks else quotes.by_line(columns)
    return Split(best, cents_of(min(found.ticks, ticks)), cents_of(max(found.bound, bound)))


def assignment_of(quotes: Quotes, partition: Partition) -> Cents:
    """(n,): the option of every line, -1 for backorder."""
    columns = np.full(len(quotes.units), BACKORDER)
    for column, subset in partition.parts:
        columns[lines_in(subset)] = column
    return quotes.by_line(columns)
