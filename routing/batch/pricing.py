"""The cheapest way to serve every order at given prices of resources, exactly, for all orders of a group at once.

For every subset T of an order's lines G[T] is the least over its rows of the package's cost; a dynamic programme over
subsets then finds the best partition into packages and backordered parts. The sum over orders less prices x limits is a
bound that no plan undercuts (Lagrangian relaxation of stock and capacity).

Two packages from one option may be combined here even where they cannot be one at no extra cost (weight breaks) or
where its stock does not reach for both: that can only lower the bound. A column is priced as the packages that it will
be, and is left out where it breaks a limit by itself.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from routing.arrays import Floats, Index, Whole
from routing.batch.batch import Batch, Group
from routing.batch.large import Answer

_SUBSETS_FEW, _BLOCK, _BLOCK_MANY = 16, 1 << 19, 1 << 22
"""Numbers worked on at a time, subsets x rows: a processor's cache full (4 MB), but for many subsets enough orders that
the dynamic programme is worth its overhead."""


class Found(NamedTuple):
    """``value`` (m,) of each order at the prices; ``rows`` (m, n): the batch's row that serves each bundle, or -1."""

    value: Floats
    rows: Index


class Priced(NamedTuple):
    """``bound`` in money, ``found`` of every group, ``large`` of every large order, ``use`` (resources,) in units."""

    bound: float
    found: tuple[Found, ...]
    large: tuple[Answer, ...]
    use: Floats


def price(batch: Batch, prices: Floats) -> Priced:
    """Price every order at ``prices`` (resources,)."""
    found = tuple(price_group(group, prices) for group in batch.groups)
    large = tuple(order.price(prices) for order in batch.large)
    use = np.zeros(batch.resources)
    for group, (_, rows) in zip(batch.groups, found, strict=True):
        for _, resource, units in entries(group, rows, np.arange(group.size)):
            use += np.bincount(resource, units, batch.resources)
    for order, answer in zip(batch.large, large, strict=True):
        resource, units = order.entries(answer.rows)
        use += np.bincount(resource, units, batch.resources)
    use[-1] = 0.0
    values = sum(float(each.value.sum()) for each in found) + sum(answer.value for answer in large)
    return Priced(values - float(prices[:-1] @ batch.limit[:-1]), found, large, use)


def price_group(group: Group, prices: Floats) -> Found:
    """The cheapest column of every order at ``prices``; the lowest row wins a tie."""
    value, rows = np.empty(group.size), np.full((group.size, group.n), -1, np.intp)
    for orders, sums in blocks(group, prices):
        cheapest = segment_min(sums, group.ptr[orders.start : orders.stop + 1])
        table, steps = partition(group, orders, cheapest)
        value[orders] = table[-1, -1]
        _unroll(group, orders, sums, cheapest, steps, rows)
    return Found(value, rows)


def entries(group: Group, rows: Index, orders: Index) -> Iterator[tuple[Index, Index, Floats]]:
    """What columns use, kind by kind: index of the column, resource, units. ``rows`` (p, n) and ``orders`` (p,)."""
    column, bundle = np.nonzero(rows >= 0)
    local = np.searchsorted(group.row, rows[column, bundle])
    for draw in group.draws:
        yield column, draw.used(bundle, local), draw.units[bundle, orders[column]]


def blocks(group: Group, prices: Floats) -> Iterator[tuple[slice, Floats]]:
    """Some orders at a time: (orders, cost of every subset at every one of their rows, the caller's to change)."""
    step = max(1, (_BLOCK if 1 << group.n <= _SUBSETS_FEW else _BLOCK_MANY) >> group.n)
    start = 0
    while start < group.size:
        stop = int(np.searchsorted(group.ptr, group.ptr[start] + step, side="right")) - 1
        stop = min(max(stop, start + 1), group.size)
        first, last = group.ptr[start], group.ptr[stop]
        order = group.order[first:last]
        bundle = group.cost[:, first:last].copy()
        for draw in group.draws:
            bundle += prices[draw.resource[..., first:last]] * draw.units[:, order]
        sums = np.empty((1 << group.n, last - first))
        sums[0] = group.fixed[first:last]
        for index, cost in enumerate(bundle):
            np.add(sums[: 1 << index], cost, out=sums[1 << index : 2 << index])
        if group.weighed is not None:
            sums += group.weighed.money(slice(None), np.arange(first, last), order)
        yield slice(start, stop), sums
        start = stop


def segment_min(sums: Floats, ptr: Index) -> Floats:
    """(subsets, m): least of each order's rows, infinite where it has none."""
    least = np.full((len(sums), len(ptr) - 1), np.inf)
    some = np.flatnonzero(ptr[1:] > ptr[:-1])
    if len(some):
        least[:, some] = np.minimum.reduceat(sums, ptr[some] - ptr[0], axis=1)
    least[0] = np.inf
    return least


def partition(group: Group, orders: slice, cheapest: Floats) -> tuple[Floats, Whole]:
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


def _take(best: Floats, step: Whole, offer: Floats, part: int) -> None:
    better = offer < best
    np.copyto(best, offer, where=better)
    step[better] = part


def _unroll(group: Group, orders: slice, sums: Floats, cheapest: Floats, steps: Whole, rows: Index) -> None:
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
