"""From a :class:`~routing.problem.Problem` to a :class:`~routing.batch.batch.Batch`: its quotes, order by order.

The costs of an order are known in one place, :mod:`routing.quotes`; they are taken from there in ticks and become cents
with a fraction, so that ties are settled here as they are for a single order.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from routing.arrays import Floats, Index, Real
from routing.batch.batch import Batch, Weighed
from routing.batch.draw import Draw
from routing.batch.parts import BUNDLES_MAX, Parts
from routing.batch.proof import Listed, within_packages
from routing.left import Left
from routing.problem import BACKORDER, NO_LEG, Prices, Problem
from routing.quotes import TICKS, Quotes, quote


class Compiled(NamedTuple):
    """The ``batch``; for each of its resources but the last, its index among all of the problem's (stock by SKU and
    location, then capacity); the bundle of each line (n,), among all bundles."""

    batch: Batch
    resource: Index
    bundle: Index


class _Asked(NamedTuple):
    """An order, its quotes and what its bundles draw on."""

    order: int
    quotes: Quotes
    draws: list[Draw]


def compile_batch(problem: Problem, place: Floats | None = None) -> Compiled:
    """All orders of ``problem`` without its prices. ``place`` (O, 2): where they go, if known; see :class:`Batch`."""
    bare = replace(problem, prices=Prices())
    limits = _limits(bare)
    left, parts = Left.all_of(bare), Parts(limits)
    alike: dict[tuple[int, int, int], list[_Asked]] = {}
    bundle, sizes = [], []
    for order in range(problem.orders):
        quotes, most = quote(bare, order, left), problem.packages_limit(order)
        asked = _Asked(order, quotes, _draws(bare, order, quotes))
        size = len(quotes.units)
        bundle.append(quotes.bundle)
        sizes.append(size)
        if size > BUNDLES_MAX:
            parts.large(order, quotes, most, tuple(asked.draws), 1.0)
        else:
            alike.setdefault((size, most, len(asked.draws)), []).append(asked)
    for (count, most, _), members in sorted(alike.items()):
        _add_group(count, most, members, parts)
    ptr = np.concatenate([[0], np.cumsum(sizes, dtype=np.intp)])
    where = np.column_stack([np.arange(problem.orders), np.zeros(problem.orders)]) if place is None else place
    batch = parts.batch(ptr, where.astype(np.float64), keep_from=len(limits))
    lines = np.concatenate(bundle) + np.repeat(ptr[:-1], np.diff(problem.order_ptr))
    return Compiled(batch, parts.scarce, lines)


def by_line(compiled: Compiled, options: Index) -> Index:
    """(n,): the option of every line, from that of every bundle."""
    return options[compiled.bundle].astype(np.int64)


def listed_of(problem: Problem, compiled: Compiled, assignment: Index) -> list[Listed]:
    """Columns, by group, of the orders that ``assignment`` (n,) serves wholly as it may still be: options or -1."""
    batch, listed = compiled.batch, []
    first = np.unique(compiled.bundle, return_index=True)[1]
    for group in batch.groups:
        bundle = batch.ptr[group.orders][:, None] + np.arange(group.n)
        option = assignment[first[bundle]]
        known = group.order * problem.options + batch.row_option[group.row]
        wanted = np.arange(group.size)[:, None] * problem.options + option
        at = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
        found = (known[at] == wanted) & (option >= 0) if len(known) else np.zeros(wanted.shape, np.bool_)
        kept = np.flatnonzero((found | (option == BACKORDER)).all(axis=1))
        rows = np.where(option == BACKORDER, BACKORDER, group.row[at]) if len(known) else option
        listed.append(within_packages(group, Listed(kept, rows[kept])))
    return listed


def prices_of(problem: Problem, compiled: Compiled, prices: Floats) -> Prices:
    """The duals as tables over SKUs, locations and pools, in cents per unit."""
    every = np.zeros(len(_limits(problem)))
    every[compiled.resource] = prices[:-1]
    cells = problem.stock.size
    return Prices(every[:cells].reshape(problem.stock.shape), every[cells:])


def start_of(problem: Problem, compiled: Compiled, prices: Prices) -> Floats:
    """(resources,): tables of duals of an earlier run as prices of the batch's resources."""
    stock: Real = np.zeros(problem.stock.shape) if prices.stock is None else prices.stock
    capacity: Real = np.zeros(len(problem.capacity)) if prices.capacity is None else prices.capacity
    every = np.concatenate([stock.ravel(), capacity]).astype(np.float64)
    return np.append(every[compiled.resource], 0.0)


def _limits(problem: Problem) -> Floats:
    return np.concatenate([problem.stock.ravel(), problem.capacity]).astype(np.float64)


def _draws(problem: Problem, order: int, quotes: Quotes) -> list[Draw]:
    """Stock of each SKU (of a kit several), capacity of the pool, capacity of the leg."""
    none, count = problem.stock.size + len(problem.capacity), len(quotes.units)
    options = quotes.options
    places, pools = problem.places[options], problem.pools[options] + problem.stock.size
    lines = problem.lines_of(order)
    skus, units = problem.line_sku[lines].tolist(), problem.line_qty[lines].tolist()
    needs: list[dict[int, float]] = [{} for _ in range(count)]
    for sku, amount, bundle in zip(skus, units, quotes.bundle.tolist(), strict=True):
        needs[bundle][sku] = needs[bundle].get(sku, 0.0) + amount
    drawn = []
    for layer in range(max(len(need) for need in needs)):
        cells, amounts = np.full((count, len(options)), none), np.zeros(count)
        for bundle, need in enumerate(needs):
            if layer < len(need):
                sku, amounts[bundle] = list(need.items())[layer]
                usable = np.isfinite(quotes.lines[bundle])
                cells[bundle, usable] = sku * problem.locations + places[usable]
        drawn.append(Draw(cells, amounts))
    total = quotes.units.astype(np.float64)
    drawn.append(Draw(np.broadcast_to(pools, (count, len(options))), total))
    leg = problem.leg_of(order)
    if leg is not None:
        second = np.where(leg[options] == NO_LEG, none, leg[options] + problem.stock.size)
        drawn.append(Draw(np.broadcast_to(second, (count, len(options))), total))
    return drawn


def _add_group(count: int, most: int, members: list[_Asked], parts: Parts) -> None:
    quotes = [each.quotes for each in members]
    parts.group(
        n=count,
        most=most,
        orders=np.array([each.order for each in members]),
        order=np.repeat(np.arange(len(members)), [len(each.options) for each in quotes]),
        option=np.concatenate([each.options for each in quotes]),
        fixed=np.concatenate([each.fixed for each in quotes]) / TICKS,
        cost=np.concatenate([each.lines for each in quotes], axis=1) / TICKS,
        draws=tuple(
            Draw(np.concatenate([one.resource for one in kind], axis=1), np.column_stack([one.units for one in kind]))
            for kind in zip(*(each.draws for each in members), strict=True)
        ),
        backorder=np.column_stack([_backorder(each) for each in quotes]) / TICKS,
        weighed=_weighed(quotes),
    )


def _backorder(quotes: Quotes) -> Floats:
    """(2**n,): of single bundles, or of all where the order goes whole."""
    ticks = np.full(1 << len(quotes.units), np.inf)
    if quotes.complete:
        ticks[-1] = quotes.backorder.sum()
    else:
        ticks[1 << np.arange(len(quotes.units))] = quotes.backorder
    return ticks


def _weighed(quotes: list[Quotes]) -> Weighed | None:
    weighed = [each.weighed for each in quotes if each.weighed is not None]
    if not weighed:
        return None
    return Weighed(
        tariffs=weighed[0].tariffs,
        tariff=np.concatenate([each.tariff for each in weighed]),
        grams=np.column_stack([_subsets(each.grams) for each in weighed]),
        volume=np.column_stack([_subsets(each.volume) for each in weighed]),
    )


def _subsets(values: Real) -> Floats:
    """(2**n,): sum over the bundles of every subset."""
    sums = np.zeros(1 << len(values))
    for bundle, value in enumerate(values.tolist()):
        sums[1 << bundle : 2 << bundle] = sums[: 1 << bundle] + value
    return sums
