"""What every usable location would charge for the lines of one order, and what limits it.

The unit is the tick, 1/65,536 of a cent, so that ties between plans of equal cost are settled inside the sums: 256
ticks for each backordered line, then 1 tick for each package. Fewer lines unserved win, then fewer packages; what is
still equal goes to the first in a fixed scan, the lowest location index for the same lines. 255 lines cannot reach a
cent, and sums stay below 2**53, where float64 holds every whole number.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from routing.arrays import Flags, Floats, Index, Whole
from routing.left import Left
from routing.problem import Problem

TICKS = 65_536
BACKORDER_TICKS = 256
PACKAGE_TICKS = 1


def cents_of(ticks: float) -> int:
    """Whole cents of a sum of ticks."""
    return int(ticks // TICKS)


@dataclass(frozen=True, eq=False, slots=True)
class SharedStock:
    """Lines of one SKU in the same order draw on the same units: ``members`` (n,) of them, ``stock`` (k,)."""

    members: Flags
    stock: Whole


@dataclass(frozen=True, eq=False, slots=True)
class Quotes:
    """One order at the k locations that could serve at least one of its n lines.

    ``locations`` (k,) ascending; ``fixed`` (k,), ``lines`` (n, k) and ``backorder`` (n,) in ticks, ``lines`` infinite
    where that line cannot come from there. ``units`` (n,), ``room`` (k,) units that the location can still handle,
    ``shared`` for SKUs on several lines: limits that a single line meets and several together may not.
    """

    locations: Index
    fixed: Floats
    lines: Floats
    backorder: Floats
    units: Whole
    room: Whole
    shared: tuple[SharedStock, ...]

    def with_free_use_of(self, location: int, fixed: float, lines: Floats) -> Self:
        """The same order if ``location`` had no limits and asked ``fixed`` and ``lines`` (n,)."""
        at = int(np.searchsorted(self.locations, location))
        kept = np.delete(np.arange(len(self.locations)), np.flatnonzero(self.locations == location))
        total = self.units.sum()
        return replace(
            self,
            locations=np.insert(self.locations[kept], at, location),
            fixed=np.insert(self.fixed[kept], at, fixed),
            lines=np.insert(self.lines[:, kept], at, lines, axis=1),
            room=np.insert(self.room[kept], at, total),
            shared=tuple(replace(s, stock=np.insert(s.stock[kept], at, total)) for s in self.shared),
        )


def quote(problem: Problem, order: int, left: Left) -> Quotes:
    """The quotes of every location that may serve the order and can serve one of its lines on what is left."""
    lines = problem.lines_of(order)
    serves = servable(problem, order, left)
    columns = np.flatnonzero(serves.any(axis=0))
    fixed, costs = _ticks(problem, order, columns)
    skus, units = problem.line_sku[lines], problem.line_qty[lines]
    return Quotes(
        locations=columns,
        fixed=fixed,
        lines=np.where(serves[:, columns], costs, np.inf),
        backorder=problem.backorder[lines].astype(np.float64) * TICKS + BACKORDER_TICKS,
        units=units.astype(np.int64),
        room=left.capacity[columns],
        shared=tuple(SharedStock(skus == sku, left.stock[sku, columns]) for sku in _repeated(skus)),
    )


def servable(problem: Problem, order: int, left: Left) -> Flags:
    """(n, L): the location may serve the line and has the units and the room for it, were it the only one."""
    lines = problem.lines_of(order)
    units = problem.line_qty[lines, None]
    serves: Flags = left.stock[problem.line_sku[lines]] >= units
    serves &= left.capacity >= units
    serves &= problem.eligible(order)
    if problem.line_blocked is not None:
        serves &= problem.line_blocked[lines] == 0
    return serves


class Wishes(NamedTuple):
    """What w locations would charge if nothing stood in the way of what they hold, in ticks."""

    locations: Index
    fixed: Floats
    lines: Floats


def wishes(problem: Problem, order: int, held: Left) -> Wishes:
    """``locations`` (w,) ascending whose costs are known, ``fixed`` (w,) and ``lines`` (n, w), whatever blocks them.

    A line is infinite where ``held`` has not a single unit: nobody expects a store to send what it does not carry.
    """
    priced = np.array([reason.priced for reason in problem.reasons])
    priced[0] = True
    columns = np.flatnonzero(priced[problem.blocked[order]])
    if problem.line_blocked is not None:
        columns = columns[priced[problem.line_blocked[problem.lines_of(order)]][:, columns].all(axis=0)]
    fixed, lines = _ticks(problem, order, columns)
    lines[held.stock[problem.line_sku[problem.lines_of(order)]][:, columns] == 0] = np.inf
    return Wishes(columns, fixed, lines)


def _ticks(problem: Problem, order: int, columns: Index) -> tuple[Floats, Floats]:
    fixed = np.zeros(len(columns))
    for cents in problem.package_terms.values():
        fixed += (cents if cents.ndim == 1 else cents[order]).take(columns)
    lines = problem.lines_of(order)
    skus = problem.line_sku[lines]
    costs = np.zeros((len(skus), len(columns)))
    for term in problem.line_terms.values():
        costs += term.cents(order, lines, skus, columns)
    for _, term in problem.price_terms():
        costs += term.cents(order, lines, skus, columns)
    fixed *= TICKS
    fixed += PACKAGE_TICKS
    costs *= TICKS
    return fixed, costs


def _repeated(skus: Whole) -> list[int]:
    values = skus.tolist()
    return sorted({sku for sku in values if values.count(sku) > 1})
