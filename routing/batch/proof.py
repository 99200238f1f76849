"""Closing the gap of a small batch: every way to serve an order that a better plan could use, in one integer programme.

With prices of bound b and a plan of cost c, no plan cheaper than c uses a column whose reduced cost exceeds c - b
(reduced cost fixing: Dantzig, Fulkerson and Johnson, Operations Research 2(4), 1954). Where the columns that remain are
few enough to be listed, the programme over them is the whole problem.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from routing.arrays import Floats, Index
from routing.batch.batch import Group
from routing.batch.pricing import blocks, partition, segment_min


class Listed(NamedTuple):
    """Columns: ``orders`` (p,) of the group and ``rows`` (p, n) of the batch, -1 for backorder."""

    orders: Index
    rows: Index


class _Pieces(NamedTuple):
    """Parts of columns by order: ``subset`` from ``row`` (-1: backorder), ``value`` with prices; ``ptr`` (m + 1,)."""

    subset: Index
    row: Index
    value: Floats
    ptr: Index


def every_column(group: Group, prices: Floats, slack: float, most: int) -> Listed | None:
    """All columns at most ``slack`` dearer at ``prices`` than the best of their order; None if more than ``most``."""
    table, spare, pieces = _pieces(group, prices, slack)
    if len(pieces.subset) > most:
        return None
    order, left = np.arange(group.size), np.full(group.size, (1 << group.n) - 1)
    rows = np.full((group.size, group.n), -1, np.intp)
    done: list[Listed] = []
    total = 0
    while len(order):
        count = pieces.ptr[order + 1] - pieces.ptr[order]
        state = np.repeat(np.arange(len(order)), count)
        piece = np.arange(len(state)) - np.repeat(np.cumsum(count) - count - pieces.ptr[order], count)
        subset, whole = pieces.subset[piece], left[state]
        fits = ((whole & subset) == subset) & ((subset & whole & -whole) != 0)
        state, piece, subset, whole = state[fits], piece[fits], subset[fits], whole[fits]
        row, who = pieces.row[piece], order[state]
        rest = spare[state] - (pieces.value[piece] + table[whole ^ subset, who] - table[whole, who])
        apart = (row < 0) | ~(rows[state] == row[:, None]).any(axis=1)
        good = apart & (rest >= -1e-9 * (1.0 + slack))
        order, left, spare = who[good], (whole ^ subset)[good], rest[good]
        on = (subset[good][:, None] >> np.arange(group.n) & 1).astype(bool)
        rows = np.where(on, row[good][:, None], rows[state[good]])
        finished = left == 0
        done.append(Listed(order[finished], rows[finished]))
        total += int(finished.sum())
        if total + len(order) > most:
            return None
        order, left, spare, rows = order[~finished], left[~finished], spare[~finished], rows[~finished]
    return within_packages(group, Listed(*(np.concatenate(each) for each in zip(*done, strict=True))))


def within_packages(group: Group, listed: Listed) -> Listed:
    """The columns of no more packages than an order of the group may have."""
    if group.most == 0:
        return listed
    packages = np.zeros(len(listed.orders), np.intp)
    for bundle in range(group.n):
        first = listed.rows[:, bundle] >= 0
        for earlier in range(bundle):
            first &= listed.rows[:, bundle] != listed.rows[:, earlier]
        packages += first
    kept = packages <= group.most
    return Listed(listed.orders[kept], listed.rows[kept])


def _pieces(group: Group, prices: Floats, slack: float) -> tuple[Floats, Floats, _Pieces]:
    """Least value of every set of bundles (2**n, m) in any number of packages; how much dearer than that (m,) the
    columns may be that are at most ``slack`` dearer than the best in as many packages as are allowed; their parts."""
    free = replace(group, most=0)
    table, spare = np.zeros((1 << group.n, group.size)), np.full(group.size, slack)
    found: list[tuple[Index, Index, Index, Floats]] = []
    for orders, sums in blocks(free, prices):
        cheapest = segment_min(sums, group.ptr[orders.start : orders.stop + 1])
        values = partition(free, orders, cheapest)[0][-1]
        table[:, orders] = values
        if 0 < group.most < group.n:
            spare[orders] += partition(group, orders, cheapest)[0][-1, -1] - values[-1]
        allowed = values[-1] + spare[orders] - values[::-1]
        first = group.ptr[orders.start]
        local = group.order[first : group.ptr[orders.stop]] - orders.start
        sums[0] = np.inf
        subset, row = np.nonzero(sums <= allowed[:, local])
        found.append((local[row] + orders.start, subset, group.row[first + row], sums[subset, row]))
        unserved = group.backorder[:, orders]
        subset, who = np.nonzero(unserved <= allowed)
        nothing = np.full(len(who), -1, np.intp)
        found.append((who + orders.start, subset, nothing, unserved[subset, who]))
    order, subset, row, value = (np.concatenate(each) for each in zip(*found, strict=True))
    sequence = np.argsort(order, kind="stable")
    ptr = np.searchsorted(order[sequence], np.arange(group.size + 1))
    return table, spare, _Pieces(subset[sequence], row[sequence], value[sequence], ptr)
