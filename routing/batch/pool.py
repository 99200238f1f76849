"""Columns found so far: each one way to serve one order completely, with its cost and what it uses."""

from typing import NamedTuple

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.batch import Batch, Group
from routing.batch.pricing import Priced, entries

_MIX = np.uint64(0x9E3779B97F4A7C15)


class Columns(NamedTuple):
    """Some columns as one sparse matrix. ``entry_*`` (e,): column (0 to p - 1), resource and units of every use.

    ``order`` (p,), ``cost`` (p,) in money, ``start`` (p,): where its lines' rows begin in ``rows``.
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

    def add(self, priced: Priced, groups: tuple[Group, ...]) -> int:
        """Add the best columns of a pricing step; how many were new."""
        orders = [np.arange(group.size) for group in groups]
        return self.extend(groups, orders, [found.rows for found in priced.found])

    def add_backorders(self) -> None:
        """One column per order that leaves all its lines unserved: with it every order always has a way out."""
        groups = self._batch.groups
        nothing = [np.full((group.size, group.n), -1, np.intp) for group in groups]
        self.extend(groups, [np.arange(group.size) for group in groups], nothing)

    def extend(self, groups: tuple[Group, ...], orders: list[Index], rows: list[Index]) -> int:
        """Add columns ``rows[k]`` (p, n) of the orders ``orders[k]`` (p,) of the k-th group; how many were new."""
        parts = [self.columns]
        before = count = len(self)
        lines = len(self.columns.rows)
        for group, who, which in zip(groups, orders, rows, strict=True):
            fresh = self._fresh(group, who, which)
            part = _columns(self._batch, group, who[fresh], which[fresh])
            part = part._replace(start=part.start + lines, entry_column=part.entry_column + count)
            count += len(part.cost)
            lines += len(part.rows)
            parts.append(part)
        self.columns = Columns(*(np.concatenate(each) for each in zip(*parts, strict=True)))
        return count - before

    def _fresh(self, group: Group, orders: Index, rows: Index) -> Index:
        with np.errstate(over="ignore"):
            key = (group.orders[orders] + 1).astype(np.uint64) * _MIX
            for line in range(group.n):
                key = (key ^ (key >> np.uint64(29)) ^ (rows[:, line] + 2).astype(np.uint64)) * _MIX
        unique, first = np.unique(key, return_index=True)
        new = ~np.isin(unique, self._seen, assume_unique=True)
        self._seen = np.concatenate([self._seen, unique[new]])
        return np.sort(first[new])


def _columns(batch: Batch, group: Group, orders: Index, rows: Index) -> Columns:
    kinds = list(entries(group, rows, orders))
    key = np.concatenate([column * batch.resources + resource for column, resource, _ in kinds])
    units = np.concatenate([units for _, _, units in kinds])
    key, inverse = np.unique(key, return_inverse=True)
    used = np.bincount(inverse, units, len(key))
    column, resource = key // batch.resources, key % batch.resources
    possible = np.ones(len(orders), np.bool_)
    possible[column[used > batch.limit[resource]]] = False
    cost = _cost(group, orders, rows)
    possible &= np.isfinite(cost)
    matters = resource < batch.resources - 1
    start = np.arange(len(orders)) * group.n
    everything = Columns(
        group.orders[orders], cost, start, rows.ravel(), column[matters], resource[matters], used[matters]
    )
    kept = everything.only(possible)
    return kept._replace(start=np.arange(len(kept.cost)) * group.n, rows=rows[possible].ravel())


def _cost(group: Group, orders: Index, rows: Index) -> Floats:
    """(p,): true cost of columns, one package per row; infinite where a package cannot be sent."""
    cost = np.zeros(len(orders))
    local = np.searchsorted(group.row, np.maximum(rows, 0))
    left = np.zeros(len(orders), np.intp)
    for line in range(group.n):
        served = rows[:, line] >= 0
        cost[served] += group.cost[line, local[served, line]]
        left[~served] |= 1 << line
    waiting = np.flatnonzero(left)
    cost[waiting] += _backordered(group, orders[waiting], left[waiting])
    for line in range(group.n):
        alone = rows[:, line] >= 0
        for earlier in range(line):
            alone &= rows[:, line] != rows[:, earlier]
        leads = np.flatnonzero(alone)
        cost[leads] += group.fixed[local[leads, line]]
        if group.breaks is not None or group.allowed is not None:
            subset = np.zeros(len(leads), np.intp)
            for other in range(group.n):
                subset |= (rows[leads, other] == rows[leads, line]).astype(np.intp) << other
            cost[leads] += _package(group, orders[leads], subset, local[leads, line])
    return cost


def _package(group: Group, orders: Index, subset: Index, local: Index) -> Floats:
    extra = np.zeros(len(orders))
    if group.breaks is not None:
        breaks = group.breaks
        weight, table = breaks.weight[subset, orders], breaks.table[local]
        extra[:] = np.inf
        for j in range(breaks.limits.shape[1] - 1, -1, -1):
            extra = np.where(weight <= breaks.limits[table, j], breaks.money[table, j], extra)
    if group.allowed is not None:
        extra[~group.allowed[subset, orders]] = np.inf
    return extra


def _backordered(group: Group, orders: Index, left: Index) -> Floats:
    """Money for leaving the lines ``left`` (bit masks) unserved, in whichever pieces the order allows."""
    value = np.full((1 << group.n, len(orders)), np.inf)
    value[0] = 0.0
    for whole in range(1, 1 << group.n):
        low, part = whole & -whole, whole
        while part:
            if part & low:
                np.minimum(value[whole], group.backorder[part, orders] + value[whole ^ part], out=value[whole])
            part = (part - 1) & whole
    return value[left, np.arange(len(orders))]
