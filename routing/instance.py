"""Benchmark instances and answers as files of arrays (.npz), money in dollars.

An instance holds, for orders o, lines i, locations l and SKUs s: ``ord_ptr`` (O + 1,), ``line_sku``, ``line_qty``,
``line_bo`` (n,), ``F`` (O, L) dollars per package (infinite: l may not serve o), ``perlb`` (O, L), ``weight`` (S,),
``pick`` (L,) and ``opp`` (S, L) dollars per unit, ``avail`` (S, L), ``cap`` (L,), ``loc_xy`` (L, 2), ``ord_xy`` (O, 2).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retail.errors import Refused
from routing.arrays import Floats, Index
from routing.batch.batch import Batch, Group
from routing.batch.solve import Solution

_NAMES = (
    "ord_ptr", "line_sku", "line_qty", "line_bo", "F", "perlb", "weight", "pick", "opp", "avail", "cap", "loc_xy",
    "ord_xy",
)  # fmt: skip


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
    return _Builder(arrays).instance()


def write(path: Path, instance: Instance, solution: Solution) -> None:
    """Write the answer: assignment, the prices, and the bound that they prove."""
    first = len(instance.cell)
    stock = np.flatnonzero(solution.prices[:first] > 0.0)
    np.savez_compressed(
        path,
        assignment=solution.options,
        stock_dual_cell=instance.cell[stock],
        stock_dual=solution.prices[stock],
        cap_dual=solution.prices[first : first + instance.locations],
        lower_bound=solution.bound,
    )


class _Builder:
    """From the dense tables to the rows that can serve something."""

    def __init__(self, arrays: dict[str, Floats]) -> None:
        self.a = arrays
        self.ptr = arrays["ord_ptr"].astype(np.intp)
        self.sku, self.units = arrays["line_sku"].astype(np.intp), arrays["line_qty"].astype(np.int64)
        self.skus, self.locations = arrays["avail"].shape
        self.held = np.nonzero(arrays["avail"])
        self.first = np.searchsorted(self.held[0], np.arange(self.skus + 1))
        self.stock = arrays["avail"][self.held].astype(np.float64)

    def instance(self) -> Instance:
        lines = np.diff(self.ptr)
        groups: list[Group] = []
        rows: list[Index] = []
        demand = np.zeros(len(self.stock) + self.locations)
        for count in np.unique(lines).tolist():
            group, options = self._group(count, np.flatnonzero(lines == count), sum(len(r) for r in rows), demand)
            groups.append(group)
            rows.append(options)
        limit = np.concatenate([self.stock, self.a["cap"].astype(np.float64)])
        scarce = demand > limit
        pools = slice(len(self.stock), None)
        scarce[pools] = True  # every pool keeps its place, so that its price is found again
        number = np.full(len(limit) + 1, int(scarce.sum()))
        number[:-1][scarce] = np.arange(int(scarce.sum()))
        cells = np.flatnonzero(scarce[: len(self.stock)])
        batch = Batch(
            order_ptr=self.ptr,
            units=self.units,
            groups=tuple(_renumbered(group, number) for group in groups),
            row_option=np.concatenate(rows),
            limit=np.concatenate([limit[scarce], [np.inf]]),
            place=self.a["ord_xy"],
            resource_place=self.a["loc_xy"][np.concatenate([self.held[1][cells], np.arange(self.locations), [0]])],
        )
        return Instance(batch, self.held[0][cells] * self.locations + self.held[1][cells], self.locations)

    def _group(self, count: int, orders: Index, first_row: int, demand: Floats) -> tuple[Group, Index]:
        a, size = self.a, len(orders)
        lines = self.ptr[orders][:, None] + np.arange(count)
        sku, units = self.sku[lines].ravel(), self.units[lines].ravel()
        length = self.first[sku + 1] - self.first[sku]
        line = np.repeat(np.arange(size * count), length)
        cell = np.arange(len(line)) - np.repeat(np.cumsum(length) - length - self.first[sku], length)
        location = self.held[1][cell]
        order = line // count
        usable = (self.stock[cell] >= units[line]) & np.isfinite(a["F"][orders[order], location])
        usable &= a["cap"][location] >= units[line]
        line, cell, location, order = line[usable], cell[usable], location[usable], order[usable]
        np.add.at(demand, cell, units[line].astype(np.float64))
        key, row = np.unique(order * self.locations + location, return_inverse=True)
        of, option = key // self.locations, key % self.locations
        amount = units[line].astype(np.float64)
        money = a["perlb"][orders[order], location].astype(np.float64) * (a["weight"][sku[line]] * amount)
        money += (a["pick"][location] + a["opp"][sku[line], location].astype(np.float64)) * amount
        cost = np.full((count, len(key)), np.inf)
        cells = np.full((count, len(key)), len(demand))
        cost[line % count, row], cells[line % count, row] = money, cell
        backorder = np.full((1 << count, size), np.inf)
        backorder[1 << np.arange(count)] = a["line_bo"][lines].T
        group = Group(
            n=count,
            most=0,
            orders=orders,
            lines=lines,
            ptr=np.searchsorted(of, np.arange(size + 1)),
            order=of,
            row=np.arange(len(key)) + first_row,
            fixed=a["F"][orders[of], option].astype(np.float64),
            cost=cost,
            cell=cells,
            pool=option + len(self.stock),
            leg=None,
            units=self.units[lines].T.astype(np.float64),
            backorder=backorder,
        )
        return group, option


def _renumbered(group: Group, number: Index) -> Group:
    from dataclasses import replace

    return replace(group, cell=number[group.cell], pool=number[group.pool])
