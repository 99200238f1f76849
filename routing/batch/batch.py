"""The question as flat arrays. Money is a float in any unit (cents of a problem, dollars of a benchmark instance).

*Resources* are what several orders may want: units of one SKU at one place, units of work in one pool. They share one
index: stock cells, then pools, then one entry for "nothing scarce" that is never used up. Cells and pools which all
orders together cannot exhaust stand for that last entry, so that only what may be contested has a price.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from routing.arrays import Cents, Flags, Floats, Index


@dataclass(frozen=True, eq=False, slots=True)
class Breaks:
    """What a package costs by its billable weight, on top of everything else.

    ``table`` (r,) of each row, ``limits`` and ``money`` (tables, b): a package of at most ``limits[t, j]`` costs
    ``money[t, j]``, the first that fits; a heavier one cannot be sent. ``weight`` (2**n, m): billable weight of every
    subset of an order's lines.
    """

    table: Index
    limits: Floats
    money: Floats
    weight: Floats

    def of(self, subsets: slice, rows: slice, order: Index) -> Floats:
        """(subsets, rows): cost of each package; ``order`` (rows,) of the group."""
        weight = self.weight[subsets][:, order]
        table = self.table[rows]
        cost = np.full(weight.shape, np.inf)
        for j in range(self.limits.shape[1] - 1, -1, -1):
            cost = np.where(weight <= self.limits[table, j], self.money[table, j], cost)
        return cost


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """All orders with n lines and the same limit on packages; their rows are a slice of the batch's, or some of them.

    ``n``, ``most``
        Lines; the most packages, 0 for no limit.
    ``orders`` (m,), ``lines`` (m, n)
        Their indices, and those of their lines, in the batch.
    ``ptr`` (m + 1,), ``order`` (r,), ``row`` (r,)
        Rows of the j-th order are ``ptr[j]:ptr[j + 1]``; the order (0 to m - 1) of each; its index in the batch.
    ``fixed`` (r,), ``cost`` (n, r)
        Money for the package and for each line in it; infinite where the line cannot come from there.
    ``cell`` (n, r), ``pool`` (r,), ``leg`` (r,) or None
        Resources that a unit of the line uses.
    ``units`` (n, m)
        Of every line.
    ``backorder`` (2**n, m)
        Money for leaving a subset unserved in one piece: single lines, kits, or the whole; infinite for other subsets.
    ``allowed`` (2**n, m) or None
        Subsets that may travel in one package; None for all.
    ``breaks`` or None
        Cost of packages by weight.
    """

    n: int
    most: int
    orders: Index
    lines: Index
    ptr: Index
    order: Index
    row: Index
    fixed: Floats
    cost: Floats
    cell: Index
    pool: Index
    leg: Index | None
    units: Floats
    backorder: Floats
    allowed: Flags | None = None
    breaks: Breaks | None = None

    @property
    def size(self) -> int:
        """m, the number of orders."""
        return len(self.orders)

    def kept(self, keep: Flags) -> Self:
        """The same orders with only the rows marked in ``keep`` (r,)."""
        chosen = np.flatnonzero(keep)
        order = self.order[chosen]
        breaks = self.breaks
        return replace(
            self,
            ptr=np.searchsorted(order, np.arange(self.size + 1)),
            order=order,
            row=self.row[chosen],
            fixed=self.fixed[chosen],
            cost=np.ascontiguousarray(self.cost[:, chosen]),
            cell=np.ascontiguousarray(self.cell[:, chosen]),
            pool=self.pool[chosen],
            leg=None if self.leg is None else self.leg[chosen],
            breaks=None if breaks is None else replace(breaks, table=breaks.table[chosen]),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """O orders of n lines in all; R rows; ``limit`` units of every resource, the last infinite.

    ``order_ptr`` (O + 1,), ``units`` (n,)
        Lines of each order; units of each line.
    ``row_option`` (R,)
        The option that a row stands for.
    ``place`` (O, 2)
        Where each order goes, in any plane, to cut the orders into neighbouring parts.
    ``resource_place`` (resources, 2)
        Where each resource is, in the same plane.
    """

    order_ptr: Index
    units: Cents
    groups: tuple[Group, ...]
    row_option: Index
    limit: Floats
    place: Floats
    resource_place: Floats

    @property
    def orders(self) -> int:
        """O, the number of orders."""
        return len(self.order_ptr) - 1

    @property
    def resources(self) -> int:
        """The number of resources, "nothing scarce" included."""
        return len(self.limit)

    @property
    def rows(self) -> int:
        """R, the number of rows."""
        return len(self.row_option)
