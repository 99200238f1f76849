"""Puts a batch together from its orders: numbers the rows and the resources, and finds out which may be contested."""

from dataclasses import replace

import numpy as np

from routing.arrays import Floats, Index
from routing.batch.batch import Batch, Group, Weighed
from routing.batch.draw import Draw
from routing.batch.large import LargeOrder
from routing.quotes import Quotes

BUNDLES_MAX = 8
"""Most bundles of an order that is divided by the exact table in a batch: 2**8 subsets for each of its rows."""


class Parts:
    """Collects groups and large orders, whose resources are indices into ``limit`` or ``len(limit)`` for none."""

    def __init__(self, limit: Floats) -> None:
        self._limit = limit
        self._demand = np.zeros(len(limit) + 1)
        self._groups: list[Group] = []
        self.large_orders: list[LargeOrder] = []
        self._options: list[Index] = []
        self._rows = 0
        self.scarce = np.zeros(0, np.intp)

    def group(
        self,
        *,
        n: int,
        most: int,
        orders: Index,
        order: Index,
        option: Index,
        fixed: Floats,
        cost: Floats,
        draws: tuple[Draw, ...],
        backorder: Floats,
        weighed: Weighed | None = None,
    ) -> None:
        """Add orders with ``n`` bundles; rows sorted by ``order`` (r,), 0 to m - 1. See :class:`Group`."""
        possible = np.isfinite(cost)
        for draw in draws:
            resource = np.broadcast_to(draw.resource, cost.shape)
            self._demand += np.bincount(resource[possible], draw.units[:, order][possible], len(self._demand))
        row = np.arange(len(order)) + self._count(option)
        ptr = np.searchsorted(order, np.arange(len(orders) + 1))
        self._groups.append(Group(n, most, orders, ptr, order, row, fixed, cost, draws, backorder, weighed))

    def large(self, order: int, quotes: Quotes, most: int, draws: tuple[Draw, ...], money: float) -> None:
        """Add one order with more bundles. See :class:`LargeOrder`; ``money`` is what 1 cent of the quotes is worth."""
        possible = np.isfinite(quotes.lines)
        for draw in draws:
            every = np.broadcast_to(draw.resource, possible.shape)
            needed = np.broadcast_to(draw.units[:, None], possible.shape)
            self._demand += np.bincount(every[possible], needed[possible], len(self._demand))
        first = self._count(quotes.options)
        self.large_orders.append(LargeOrder(order, quotes, most, first, draws, money))

    def batch(self, ptr: Index, place: Floats, keep_from: int) -> Batch:
        """The whole. Resources from ``keep_from`` on keep their place behind the others, contested or not.

        ``scarce`` then holds the old index of every resource but the last.
        """
        scarce = self._demand[:-1] > self._limit
        scarce[keep_from:] = True
        self.scarce = np.flatnonzero(scarce)
        number = np.full(len(self._limit) + 1, len(self.scarce))
        number[self.scarce] = np.arange(len(self.scarce))
        return Batch(
            ptr=ptr,
            groups=tuple(_renumbered(group, number) for group in self._groups),
            large=tuple(order.renumbered(number) for order in self.large_orders),
            row_option=np.concatenate([*self._options, np.zeros(1, np.intp)]),
            limit=np.append(self._limit[scarce], np.inf),
            place=place,
        )

    def _count(self, options: Index) -> int:
        first = self._rows
        self._options.append(options)
        self._rows += len(options)
        return first


def _renumbered(group: Group, number: Index) -> Group:
    draws = tuple(replace(draw, resource=number[draw.resource]) for draw in group.draws)
    return replace(group, draws=draws)
