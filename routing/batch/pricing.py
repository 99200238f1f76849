"""The cheapest way to serve every order at given prices of resources, exactly, for all orders of a group at once.

For every subset T of an order's lines G[T] is the least over its rows of the package's cost; a dynamic programme over
subsets then finds the best partition into packages and backordered parts. The sum over orders less prices x limits is a
bound that no plan undercuts (Lagrangian relaxation of stock and capacity).

Where a package may not be merged with another from the same option at no extra cost (weight breaks), two of them may
be combined here; that can only lower the bound. The column is priced as the one package that it will be.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from routing.arrays import Floats, Index
from routing.batch.batch import Batch, Group

_BLOCK = 1 << 19
"""Numbers worked on at a time: subsets x rows, 4 MB."""


class Found(NamedTuple):
    """``value`` (m,) of each order at the prices; ``rows`` (m, n): the row of the batch that serves each line, or -1."""

    value: Floats
    rows: Index


class Priced(NamedTuple):
    """``bound`` in money, ``found`` of every group, ``use`` (resources,) in units."""

    bound: float
    found: tuple[Found, ...]
    use: Floats


def price(batch: Batch, groups: tuple[Group, ...], prices: Floats) -> Priced:
    """Price every order of ``groups`` (the batch's own, or some of their rows) at ``prices`` (resources,).

    ``bound`` is one only where the groups hold all rows.
    """
    found = tuple(price_group(group, prices) for group in groups)
    use = np.zeros(batch.resources)
    for group, (_, rows) in zip(groups, found, strict=True):
        use += usage(group, rows, batch.resources)
    finite = batch.limit[:-1]
    bound = sum(float(each.value.sum()) for each in found) - float(prices[:-1] @ finite)
    return Priced(bound, found, use)


def price_group(group: Group, prices: Floats) -> Found:
    """The cheapest column of every order at ``prices``; the lowest row wins a tie."""
    value, rows = np.empty(group.size), np.full((group.size, group.n), -1, np.intp)
    for orders, sums in _blocks(group, prices):
        cheapest = _segment_min(sums, group.ptr[orders.start : orders.stop + 1])
        table, steps = _partition(group, orders, cheapest)
        value[orders] = table[-1, -1]
        _unroll(group, orders, sums, cheapest, steps, rows)
    return Found(value, rows)


def marginals(group: Group, prices: Floats) -> Floats:
    """(r,): how much dearer than its best column an order's best column through each row is."""
    least = np.full(len(group.order), np.inf)
    for orders, sums in _blocks(group, prices):
        first, last = group.ptr[orders.start], group.ptr[orders.stop]
        cheapest = _segment_min(sums, group.ptr[orders.start : orders.stop + 1])
        table, _ = _partition(group, orders, cheapest)
        without = table[0] if len(table) == 1 else table[-2]
        rest = (without[::-1] - table[-1, -1])[:, group.order[first:last] - orders.start]
        sums += rest
        least[first:last] = sums[1:].min(axis=0, initial=np.inf)
    return least


def usage(group: Group, rows: Index, resources: int) -> Floats:
    """(resources,): units used by one column per order, ``rows`` (m, n) of the batch or -1."""
    use = np.zeros(resources)
    for _, resource, units in entries(group, rows, np.arange(group.size)):
        use += np.bincount(resource, units, resources)
    return use


def entries(group: Group, rows: Index, orders: Index) -> Iterator[tuple[Index, Index, Floats]]:
    """What columns use, kind by kind: index of the column, resource, units. ``rows`` (p, n) and ``orders`` (p,)."""
    column, line = np.nonzero(rows >= 0)
    local = np.searchsorted(group.row, rows[column, line])
    units = group.units[line, orders[column]]
    yield column, group.cell[line, local], units
    yield column, group.pool[local], units
    if group.leg is not None:
        yield column, group.leg[local], units


def _blocks(group: Group, prices: Floats) -> Iterator[tuple[slice, Floats]]:
    """Some orders at a time: (orders, cost of every subset at every one of their rows, the caller's to change)."""
    per_row = prices[group.pool]
    if group.leg is not None:
        per_row = per_row + prices[group.leg]
    step = max(1, _BLOCK >> group.n)
    start = 0
    while start < group.size:
        stop = int(np.searchsorted(group.ptr, group.ptr[start] + step, side="right")) - 1
        stop = min(max(stop, start + 1), group.size)
        first, last = group.ptr[start], group.ptr[stop]
        order = group.order[first:last]
        line = prices[group.cell[:, first:last]]
        line += per_row[first:last]
        line *= group.units[:, order]
        line += group.cost[:, first:last]
        sums = np.empty((1 << group.n, last - first))
        sums[0] = group.fixed[first:last]
        for index, cost in enumerate(line):
            np.add(sums[: 1 << index], cost, out=sums[1 << index : 2 << index])
        if group.breaks is not None:
            sums += group.breaks.of(slice(None), slice(first, last), order)
        if group.allowed is not None:
            sums[~group.allowed[:, order]] = np.inf
        yield slice(start, stop), sums
        start = stop


def _segment_min(sums: Floats, ptr: Index) -> Floats:
    """(subsets, m): least of each order's rows, infinite where it has none."""
    least = np.full((len(sums), len(ptr) - 1), np.inf)
    some = np.flatnonzero(ptr[1:] > ptr[:-1])
    if len(some):
        least[:, some] = np.minimum.reduceat(sums, ptr[some] - ptr[0], axis=1)
    least[0] = np.inf
    return least


def _partition(group: Group, orders: slice, cheapest: Floats) -> tuple[Floats, Index]:
    """Best value of every set of lines, and the subset with its lowest line that is split off first.

    (layers, 2**n, m) each; one layer without a limit on packages, else layer j uses at most j packages. A subset that
    is split off is negative where it is backordered.
    """
    subsets, size = cheapest.shape
    layers = group.most + 1 if 0 < group.most < group.n else 1
    unserved = group.backorder[:, orders]
    table, steps = np.full((layers, subsets, size), np.inf), np.zeros((layers, subsets, size), np.int16)
    table[:, 0] = 0.0
    can_wait = [bool(np.isfinite(row).any()) for row in unserved]
    for layer in range(layers):
        value, step = table[layer], steps[layer]
        before = value if layers == 1 else table[layer - 1]
        for whole in range(1, subsets):
            low, part = whole & -whole, whole
            while part:
                if part & low:
                    if layer or layers == 1:
                        _take(value[whole], step[whole], cheapest[part] + before[whole ^ part], part)
                    if can_wait[part]:
                        _take(value[whole], step[whole], unserved[part] + value[whole ^ part], -part)
                part = (part - 1) & whole
    return table, steps


def _take(best: Floats, step: Index, offer: Floats, part: int) -> None:
    better = offer < best
    np.copyto(best, offer, where=better)
    step[better] = part


def _unroll(group: Group, orders: slice, sums: Floats, cheapest: Floats, steps: Index, rows: Index) -> None:
    """Follow the best partition of every order of the block and write its rows."""
    count = orders.stop - orders.start
    left, layer, active = np.full(count, (1 << group.n) - 1), np.full(count, len(steps) - 1), np.arange(count)
    who, parts = [], []
    while len(active):
        step = steps[layer[active], left[active], active].astype(np.intp)
        served = active[step > 0]
        who.append(served)
        parts.append(step[step > 0])
        left[active] ^= np.abs(step)
        if len(steps) > 1:
            layer[served] -= 1
        active = active[left[active] > 0]
    order, part = np.concatenate(who), np.concatenate(parts)
    if not len(order):
        return
    first = group.ptr[orders.start]
    begin, end = group.ptr[order + orders.start] - first, group.ptr[order + orders.start + 1] - first
    length = end - begin
    start = np.cumsum(length) - length
    piece = np.repeat(np.arange(len(order)), length)
    at = np.arange(len(piece)) - start[piece] + begin[piece]
    hit = np.flatnonzero(sums[part[piece], at] == cheapest[part, order][piece])
    _, foremost = np.unique(piece[hit], return_index=True)
    row = group.row[first + at[hit[foremost]]]
    for line in range(group.n):
        on = (part >> line & 1).astype(bool)
        rows[order[on] + orders.start, line] = row[on]
