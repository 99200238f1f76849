"""Benchmark instances and answers as files of arrays (.npz), money in dollars.

An instance holds, for orders o, lines i, locations l and SKUs s: ``ord_ptr`` (O + 1,), ``line_sku``, ``line_qty``,
``line_bo`` (n,), ``F`` (O, L) dollars per package (infinite: l may not serve o), ``perlb`` (O, L), ``weight`` (S,),
``pick`` (L,) and ``opp`` (S, L) dollars per unit, ``avail`` (S, L), ``cap`` (L,), ``ord_xy`` (O, 2).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retail.errors import Refused
from routing.arrays import Floats, Index
from routing.batch.batch import Batch
from routing.batch.draw import Draw
from routing.batch.parts import BUNDLES_MAX, Parts
from routing.batch.pricing import price_group
from routing.batch.solve import Solution
from routing.quotes import TICKS, Quotes

_NAMES = (
    "ord_ptr", "line_sku", "line_qty", "line_bo", "F", "perlb", "weight", "pick", "opp", "avail", "cap",
    "ord_xy",
)  # fmt: skip

_TICK = 1e-6
"""Dollars in a tick of a large order's quotes."""


@dataclass(frozen=True, eq=False, slots=True)
class Instance:
    """A batch, and the stock cell (SKU x locations + location) of each of its stock resources."""

    batch: Batch
    cell: Index
    locations: int


def read(path: Path) -> Instance:
    """Read an instance. Raises :class:`retail.errors.Refused` where the file cannot be one."""
    try:
        with np.load(path) as file:
            missing = [name for name in _NAMES if name not in file]
            if missing:
                raise Refused("instance", f"{path} has no array {missing[0]}", "give all arrays that the format names")
            arrays = {name: file[name] for name in _NAMES}
    except (OSError, ValueError) as error:
        raise Refused("instance", f"{path} cannot be read: {error}", "give an .npz file of arrays") from error
    _check(arrays)
    return _Builder(arrays).instance()


def write(path: Path, instance: Instance, solution: Solution) -> None:
    """Write the answer: assignment, the prices, and the bound that they prove."""
    first, batch = len(instance.cell), instance.batch
    bids = np.zeros(batch.ptr[-1])
    for order in batch.large:
        bids[batch.ptr[order.order] : batch.ptr[order.order + 1]] = order.line_prices(solution.prices)
    stock = np.flatnonzero(solution.prices[:first] > 0.0)
    np.savez_compressed(
        path,
        assignment=solution.options,
        stock_dual_cell=instance.cell[stock],
        stock_dual=solution.prices[stock],
        line_dual=bids,
        cap_dual=solution.prices[first : first + instance.locations],
        lower_bound=_proved(batch, solution.prices, bids),
    )


def _proved(batch: Batch, prices: Floats, bids: Floats) -> float:
    """The bound by ``prices`` and, for large orders, by the ``bids`` of their lines."""
    values = sum(float(price_group(group, prices).value.sum()) for group in batch.groups)
    return values + float(bids.sum()) - float(prices[:-1] @ batch.limit[:-1])


def _check(arrays: dict[str, Floats]) -> None:
    """Raise :class:`retail.errors.Refused` for the first array that cannot be right."""
    if arrays["ord_ptr"].ndim != 1 or arrays["avail"].ndim != 2 or len(arrays["ord_ptr"]) < 2:
        raise Refused("ord_ptr", "there is no order", "give one entry for each order and one more")
    orders, lines, (skus, locations) = len(arrays["ord_ptr"]) - 1, len(arrays["line_sku"]), arrays["avail"].shape
    shapes = {
        "ord_ptr": (orders + 1,), "line_sku": (lines,), "line_qty": (lines,), "line_bo": (lines,), "weight": (skus,),
        "F": (orders, locations), "perlb": (orders, locations), "pick": (locations,), "opp": (skus, locations),
        "avail": (skus, locations), "cap": (locations,), "ord_xy": (orders, 2),
    }  # fmt: skip
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise Refused(name, f"has shape {arrays[name].shape}", f"give shape {shape}")
        if np.isnan(arrays[name]).any() or (name != "F" and np.isinf(arrays[name]).any()):
            raise Refused(name, "holds NaN or infinity", "give numbers; only F may be infinite, where nothing is sent")
    ptr = arrays["ord_ptr"]
    if ptr[0] != 0 or ptr[-1] != lines or (np.diff(ptr) < 1).any():
        raise Refused("ord_ptr", f"does not divide {lines} lines", "start at 0, rise with each order, end at the count")
    for name, low, high in (("line_sku", 0, skus - 1), ("line_qty", 1, np.inf), ("avail", 0, np.inf),
                            ("cap", 0, np.inf), ("line_bo", 0, np.inf), ("F", 0, np.inf)):  # fmt: skip
        wrong = (arrays[name] < low) | (arrays[name] > high)
        if wrong.any():
            raise Refused(name, f"holds {arrays[name][wrong][0]}", f"give numbers from {low} to {high}")


class _Builder:
    """From the dense tables to the rows that can serve something."""

    def __init__(self, arrays: dict[str, Floats]) -> None:
        self.a = arrays
        self.ptr = arrays["ord_ptr"].astype(np.intp)
        self.sku, self.units = arrays["line_sku"].astype(np.intp), arrays["line_qty"].astype(np.float64)
        self.skus, self.locations = arrays["avail"].shape
        self.held = np.nonzero(arrays["avail"])
        self.first = np.searchsorted(self.held[0], np.arange(self.skus + 1))
        self.stock = arrays["avail"][self.held].astype(np.float64)
        self.capacity = arrays["cap"].astype(np.int64)
        self.weights = arrays["weight"].astype(np.float64)

    def instance(self) -> Instance:
        lines = np.diff(self.ptr)
        parts = Parts(np.concatenate([self.stock, self.a["cap"].astype(np.float64)]))
        for count in np.unique(lines).tolist():
            orders = np.flatnonzero(lines == count)
            if count <= BUNDLES_MAX:
                self._group(count, orders, parts)
            else:
                for order in orders.tolist():
                    self._large(order, parts)
        batch = parts.batch(self.ptr, self.a["ord_xy"].astype(np.float64), keep_from=len(self.stock))
        cells = parts.scarce[parts.scarce < len(self.stock)]
        return Instance(batch, self.held[0][cells] * self.locations + self.held[1][cells], self.locations)

    def _group(self, count: int, orders: Index, parts: Parts) -> None:
        size, lines = len(orders), self.ptr[orders][:, None] + np.arange(count)
        order, option, cost, cells = self._rows(orders, lines)
        backorder = np.full((1 << count, size), np.inf)
        backorder[1 << np.arange(count)] = self.a["line_bo"][lines].T
        units = self.units[lines].T
        parts.group(
            n=count,
            most=0,
            orders=orders,
            order=order,
            option=option,
            fixed=self.a["F"][orders[order], option].astype(np.float64),
            cost=cost,
            draws=(Draw(cells, units), Draw(option + len(self.stock), units)),
            backorder=backorder,
        )

    def _large(self, order: int, parts: Parts) -> None:
        lines = np.arange(self.ptr[order], self.ptr[order + 1])
        _, option, cost, cells = self._rows(np.array([order]), lines[None])
        units, pool = self.units[lines], option + len(self.stock)
        quotes = Quotes(
            options=option,
            fixed=np.floor(self.a["F"][order, option].astype(np.float64) / _TICK),
            lines=np.rint(cost / _TICK),
            backorder=np.rint(self.a["line_bo"][lines] / _TICK),
            units=units.astype(np.int64),
            room=self.capacity[option],
            shared=(),
            place=option,
            pool=option,
            leg=None,
            capacity=self.capacity,
            weighed=None,
            bundle=np.arange(len(lines)),
            complete=False,
            separate=True,
        )
        parts.large(order, quotes, 0, (Draw(cells, units), Draw(pool, units)), _TICK * TICKS)

    def _rows(self, orders: Index, lines: Index) -> tuple[Index, Index, Floats, Index]:
        """Order and option (r,) of every row, cost and stock cell (n, r) of every line there."""
        a, (size, count) = self.a, lines.shape
        sku, units = self.sku[lines].ravel(), self.units[lines].ravel()
        length = self.first[sku + 1] - self.first[sku]
        line = np.repeat(np.arange(size * count), length)
        cell = np.arange(len(line)) - np.repeat(np.cumsum(length) - length - self.first[sku], length)
        location, order = self.held[1][cell], line // count
        usable = (self.stock[cell] >= units[line]) & np.isfinite(a["F"][orders[order], location])
        line, cell, location, order = line[usable], cell[usable], location[usable], order[usable]
        key, row = np.unique(order * self.locations + location, return_inverse=True)
        amount = units[line]
        money = a["perlb"][orders[order], location].astype(np.float64) * (self.weights[sku[line]] * amount)
        money += (a["pick"][location] + a["opp"][sku[line], location].astype(np.float64)) * amount
        cost = np.full((count, len(key)), np.inf)
        cells = np.full((count, len(key)), len(self.stock) + self.locations)
        cost[line % count, row], cells[line % count, row] = money, cell
        return key // self.locations, key % self.locations, cost, cells
