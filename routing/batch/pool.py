"""Columns found so far: each one way to serve one order completely, with its cost and what it uses."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.batch import Batch, Group
from routing.batch.large import Answer, LargeOrder
from routing.batch.pricing import Priced, entries
from routing.batch.proof import Listed

_MIX = np.uint64(0x9E3779B97F4A7C15)


class Columns(NamedTuple):
    """Some columns as one sparse matrix. ``entry_*`` (e,): column (0 to p - 1), resource and units of every use.

    ``order`` (p,), ``cost`` (p,) in money, ``start`` (p,): where the rows of its bundles begin in ``rows``.
    """

    order: Index
    cost: Floats
    start: Index
    rows: Index
    entry_column: Index
    entry_resource: Index
    entry_units: Floats

    def reduced(self, prices: Floats) -> Floats:
        """(p,): cost at ``prices`` (resources,)."""
        paid = self.entry_units * prices[self.entry_resource]
        reduced: Floats = self.cost + np.bincount(self.entry_column, paid, len(self.cost))
        return reduced

    def uses_nothing(self) -> Flags:
        """(p,): those that use no resource, so that they always fit; every order has one, if only its backorder."""
        free = np.ones(len(self.cost), np.bool_)
        free[self.entry_column] = False
        return free

    def cheapest_way_out(self) -> Flags:
        """(p,): the cheapest column of every order that uses nothing."""
        free = np.flatnonzero(self.uses_nothing())
        sequence = free[np.lexsort((self.cost[free], self.order[free]))]
        _, first = np.unique(self.order[sequence], return_index=True)
        chosen = np.zeros(len(self.cost), np.bool_)
        chosen[sequence[first]] = True
        return chosen

    def only(self, keep: Flags) -> "Columns":
        """Those marked in ``keep`` (p,), in their order; ``rows`` stay."""
        number = np.cumsum(keep) - 1
        used = keep[self.entry_column]
        return Columns(
            self.order[keep],
            self.cost[keep],
            self.start[keep],
            self.rows,
            number[self.entry_column[used]],
            self.entry_resource[used],
            self.entry_units[used],
        )


class Pool:
    """All columns, each once. A column that breaks a limit all by itself is left out."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._seen = np.zeros(0, np.uint64)
        none = np.zeros(0, np.intp)
        self.columns = Columns(none, np.zeros(0), none, none, none, none, np.zeros(0))

    def __len__(self) -> int:
        return len(self.columns.cost)

    def add(self, priced: Priced) -> None:
        """Add the best columns of a pricing step."""
        parts = [self._best(group, found.rows) for group, found in zip(self._batch.groups, priced.found, strict=True)]
        self._extend([*parts, *self._large(priced.large)])

    def add_listed(self, listed: Sequence[Listed]) -> None:
        """Add columns of every group of the batch."""
        parts = []
        for group, (orders, rows) in zip(self._batch.groups, listed, strict=True):
            fresh = self._fresh(group.orders[orders], rows)
            parts.append(_columns(self._batch, group, rows[fresh], orders[fresh]))
        self._extend(parts)

    def add_large(self, order: LargeOrder, answer: Answer) -> int:
        """Add a column for one large order, known or not; where in the pool it is.

        One that breaks a limit by itself is none: then the order is backordered.
        """
        column = self._one(order, answer)
        self._extend([column if len(column.cost) else self._one(order, order.backordered())])
        return len(self) - 1

    def add_backorders(self) -> None:
        """One column per order that leaves it unserved: with it every order always has a way out."""
        parts = []
        for group in self._batch.groups:
            rows = np.full((group.size, group.n), -1, np.intp)
            parts.append(self._best(group, rows))
        self._extend([*parts, *self._large(tuple(order.backordered() for order in self._batch.large))])

    def _best(self, group: Group, rows: Index) -> Columns:
        """Those of ``rows`` (m, n), one for each order of the group, that are new."""
        fresh = self._fresh(group.orders, rows)
        return _columns(self._batch, group, rows[fresh], fresh)

    def _large(self, answers: tuple[Answer, ...]) -> Iterator[Columns]:
        for order, answer in zip(self._batch.large, answers, strict=True):
            if np.isfinite(answer.cost) and len(self._fresh(np.array([order.order]), answer.rows[None])):
                yield self._one(order, answer)

    def _one(self, order: LargeOrder, answer: Answer) -> Columns:
        resource, units = order.entries(answer.rows)
        who, zero = np.array([order.order]), np.zeros(len(resource), np.intp)
        return _merged(self._batch, who, np.array([answer.cost]), answer.rows[None], zero, resource, units)

    def _extend(self, parts: list[Columns]) -> None:
        count, rows = len(self), len(self.columns.rows)
        placed = [self.columns]
        for part in parts:
            placed.append(part._replace(start=part.start + rows, entry_column=part.entry_column + count))
            count += len(part.cost)
            rows += len(part.rows)
        self.columns = Columns(*(np.concatenate(each) for each in zip(*placed, strict=True)))

    def _fresh(self, orders: Index, rows: Index) -> Index:
        """Which of the columns ``rows`` (p, n) of ``orders`` (p,) are new; they are known from now on."""
        with np.errstate(over="ignore"):
            key = (orders + 1).astype(np.uint64) * _MIX
            for bundle in range(rows.shape[1]):
                key = (key ^ (key >> np.uint64(29)) ^ (rows[:, bundle] + 2).astype(np.uint64)) * _MIX
        unique, first = np.unique(key, return_index=True)
        new = ~np.isin(unique, self._seen, assume_unique=True)
        self._seen = np.concatenate([self._seen, unique[new]])
        return np.sort(first[new])


def _columns(batch: Batch, group: Group, rows: Index, orders: Index) -> Columns:
    """Columns ``rows`` (p, n) of ``orders`` (p,) of the group."""
    kinds = list(entries(group, rows, orders))
    column, resource = (np.concatenate([kind[part] for kind in kinds]) for part in (0, 1))
    units = np.concatenate([kind[2] for kind in kinds])
    return _merged(batch, group.orders[orders], _cost(group, orders, rows), rows, column, resource, units)


def _merged(
    batch: Batch, orders: Index, cost: Floats, rows: Index, column: Index, resource: Index, units: Floats
) -> Columns:
    """Columns with one entry for each resource that they use; without those that break a limit by themselves."""
    key, inverse = np.unique(column * batch.resources + resource, return_inverse=True)
    used: Floats = np.bincount(inverse, units, len(key)).astype(np.float64)
    column, resource = key // batch.resources, key % batch.resources
    possible = np.isfinite(cost)
    possible[column[used > batch.limit[resource]]] = False
    matters = resource < batch.resources - 1
    start = np.zeros(len(orders), np.intp)
    everything = Columns(orders, cost, start, rows, column[matters], resource[matters], used[matters])
    kept = everything.only(possible)
    return kept._replace(start=np.arange(len(kept.cost)) * rows.shape[1], rows=rows[possible].ravel())


def _cost(group: Group, orders: Index, rows: Index) -> Floats:
    """(p,): true cost of columns, one package per row; infinite where a package cannot be sent."""
    cost = np.zeros(len(orders))
    local = np.searchsorted(group.row, np.maximum(rows, 0))
    left = np.zeros(len(orders), np.intp)
    for bundle in range(group.n):
        served = rows[:, bundle] >= 0
        cost[served] += group.cost[bundle, local[served, bundle]]
        left[~served] |= 1 << bundle
    waiting = np.flatnonzero(left)
    cost[waiting] += _backordered(group, orders[waiting], left[waiting])
    for bundle in range(group.n):
        leading = rows[:, bundle] >= 0
        for earlier in range(bundle):
            leading &= rows[:, bundle] != rows[:, earlier]
        leads = np.flatnonzero(leading)
        cost[leads] += group.fixed[local[leads, bundle]]
        if group.weighed is not None:
            same = rows[leads] == rows[leads, bundle][:, None]
            subset = (same << np.arange(group.n)).sum(axis=1)
            cost[leads] += group.weighed.money(subset, local[leads, bundle], orders[leads])
    return cost


def _backordered(group: Group, orders: Index, left: Index) -> Floats:
    """Money for leaving the bundles ``left`` (bit masks) unserved, in whichever pieces the order allows."""
    value = np.full((1 << group.n, len(orders)), np.inf)
    value[0] = 0.0
    for whole in range(1, 1 << group.n):
        np.minimum(value[whole], group.backorder[whole, orders], out=value[whole])
        low = whole & -whole
        if whole != low:
            np.minimum(value[whole], group.backorder[low, orders] + value[whole ^ low], out=value[whole])
    return value[left, np.arange(len(orders))]
