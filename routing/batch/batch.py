"""The question as flat arrays. Money is a float in any unit (cents of a problem, dollars of a benchmark instance).

*Resources* are what several orders may want: units of one SKU at one place, units of work in one pool. They share one
index, which ends with "nothing scarce", never used up and never priced. What all orders together cannot exhaust stands
for that last entry, so that only what may be contested has a price.

A *bundle* is what may not be divided: a line, or the lines of a kit. A *row* is one option for one order.
"""

from dataclasses import dataclass

import numpy as np

from routing.arrays import Floats, Index
from routing.batch.draw import Draw
from routing.batch.large import LargeOrder
from routing.parcels import Tariff


@dataclass(frozen=True, eq=False, slots=True)
class Weighed:
    """What packages cost by weight on top: ``tariff`` (r,) of each row, or -1, an index into ``tariffs``; ``grams`` and
    ``volume`` (2**n, m) of every subset of an order's bundles."""

    tariffs: tuple[Tariff, ...]
    tariff: Index
    grams: Floats
    volume: Floats

    def money(self, subset: Index | slice, row: Index, order: Index) -> Floats:
        """Price of packages: of all subsets (2**n, p) or of one each (p,), from rows (p,) of orders (p,)."""
        grams, volume = self.grams[subset, order], self.volume[subset, order]
        money = np.zeros(grams.shape)
        for number, listed in enumerate(self.tariffs):
            asked = self.tariff[row] == number
            money[..., asked] = listed.price(grams[..., asked], volume[..., asked])
        return money


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """All orders with n bundles and the same limit on packages; their rows are a slice of the batch's.

    ``n``, ``most``
        Bundles; the most packages, 0 for no limit.
    ``orders`` (m,)
        Their indices in the batch.
    ``ptr`` (m + 1,), ``order`` (r,), ``row`` (r,)
        Rows of the j-th order are ``ptr[j]:ptr[j + 1]``; the order (0 to m - 1) of each; its index in the batch.
    ``fixed`` (r,), ``cost`` (n, r)
        Money for the package and for each bundle in it; infinite where the bundle cannot go by that row.
    ``draws``
        What the bundles use.
    ``backorder`` (2**n, m)
        Money for leaving a subset unserved in one piece: a single bundle, or all of an order that goes whole; infinite
        for other subsets.
    ``weighed``
        Cost of packages by weight, or None.
    """

    n: int
    most: int
    orders: Index
    ptr: Index
    order: Index
    row: Index
    fixed: Floats
    cost: Floats
    draws: tuple[Draw, ...]
    backorder: Floats
    weighed: Weighed | None = None

    @property
    def size(self) -> int:
        """m, the number of orders."""
        return len(self.orders)


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """O orders; ``limit`` (resources,) units of each resource, the last infinite.

    ``ptr`` (O + 1,)
        Bundles of each order, among all of them.
    ``groups``, ``large``
        Orders that are divided exactly, by number of bundles; the few with more bundles than that.
    ``row_option`` (rows,)
        The option that a row stands for.
    ``place`` (O, 2)
        Where each order goes, in any plane, to cut the orders into neighbouring parts.
    """

    ptr: Index
    groups: tuple[Group, ...]
    large: tuple[LargeOrder, ...]
    row_option: Index
    limit: Floats
    place: Floats

    @property
    def orders(self) -> int:
        """O, the number of orders."""
        return len(self.ptr) - 1

    @property
    def resources(self) -> int:
        """The number of resources, "nothing scarce" included."""
        return len(self.limit)
