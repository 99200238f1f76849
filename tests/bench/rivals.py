"""What others do with the orders of an instance, one after the other: ``python -m tests.bench.rivals RULE IN OUT``.

``nearest`` is what rule engines do: all from the location with the cheapest package that has everything; else the one
that has most lines, the cheapest of these, then the rest likewise. ``one_by_one`` finds the cheapest split of each
order exactly, by set partition, on what the orders before it have left.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.bench.instances import Arrays, load

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rule = Callable[["Order"], Ints]


class Order:
    """One order at the k locations that may serve it: ``fixed`` (k,) and ``lines`` (n, k) in dollars, ``units`` (n,),
    ``has`` (n, k) what is left of each line's SKU, ``room`` (k,) units that each can still handle."""

    def __init__(self, arrays: Arrays, order: int, stock: Ints, capacity: Ints) -> None:
        lines = slice(int(arrays["ord_ptr"][order]), int(arrays["ord_ptr"][order + 1]))
        sku = arrays["line_sku"][lines]
        self.locations = np.flatnonzero(np.isfinite(arrays["F"][order]))
        cells = np.ix_(sku, self.locations)
        self.units = arrays["line_qty"][lines].astype(np.int64)
        self.fixed = arrays["F"][order, self.locations].astype(np.float64)
        pounds = arrays["weight"][sku] * self.units
        self.lines = arrays["perlb"][order, self.locations].astype(np.float64) * pounds[:, None]
        self.lines += (arrays["pick"][self.locations] + arrays["opp"][cells]) * self.units[:, None]
        self.backorder = arrays["line_bo"][lines].astype(np.float64)
        self.has, self.room = stock[cells] >= self.units[:, None], capacity[self.locations]


def nearest(order: Order) -> Ints:
    """Columns of the order's locations by line, -1 for backorder."""
    chosen, room = np.full(len(order.units), -1), order.room.copy()
    rest = np.ones(len(order.units), np.bool_)
    closed = np.zeros(len(room), np.bool_)
    while rest.any():
        can = order.has & rest[:, None] & ~closed
        takes = np.zeros_like(can)
        left = room.copy()
        for line in range(len(can)):
            takes[line] = can[line] & (left >= order.units[line])
            left = left - np.where(takes[line], order.units[line], 0)
        count = takes.sum(axis=0)
        if not count.any():
            break
        best = int(np.lexsort((order.fixed, -count))[0])
        chosen[takes[:, best]] = best
        rest &= ~takes[:, best]
        closed[best] = True
    return chosen


def one_by_one(order: Order) -> Ints:
    """Columns of the order's locations by line, -1 for backorder: no split of this order is cheaper."""
    return _split(order, order.has)[1]


def _split(order: Order, may: NDArray[np.bool_]) -> tuple[float, Ints]:
    """The cheapest split where ``may`` (n, k) allows the line at the location: dollars, and the column of each line."""
    count, places = order.lines.shape
    cost = np.where(may, order.lines, np.inf)
    sums, units = np.empty((1 << count, places)), np.zeros(1 << count, np.int64)
    sums[0] = order.fixed
    for line in range(count):
        sums[1 << line : 2 << line] = sums[: 1 << line] + cost[line]
        units[1 << line : 2 << line] = units[: 1 << line] + order.units[line]
    if places:
        sums[units[:, None] > order.room] = np.inf
        column = sums.argmin(axis=1)
        part = sums[np.arange(len(sums)), column]
    else:
        column, part = np.full(1 << count, -1), np.full(1 << count, np.inf)
    for line in range(count):
        if order.backorder[line] <= part[1 << line]:
            part[1 << line], column[1 << line] = order.backorder[line], -1
    dollars, chosen = _partition(count, part.tolist(), column.tolist())
    for place in np.unique(chosen[chosen >= 0]).tolist():
        there = np.flatnonzero(chosen == place)
        if order.units[there].sum() > order.room[place]:
            # Two parts, each within the room and together above it: one of their lines must go elsewhere.
            others = [_split(order, _without(may, line, place)) for line in there.tolist()]
            return min(others, key=lambda found: found[0])
    return dollars, chosen


def _without(may: NDArray[np.bool_], line: int, place: int) -> NDArray[np.bool_]:
    less = may.copy()
    less[line, place] = False
    return less


def _partition(count: int, part: list[float], column: list[int]) -> tuple[float, Ints]:
    """The cheapest way to divide all lines into parts: dollars, and the column of each line."""
    best, step = [0.0] * (1 << count), [0] * (1 << count)
    for whole in range(1, 1 << count):
        low, piece, least = whole & -whole, whole, np.inf
        while piece:
            if piece & low and part[piece] + best[whole ^ piece] < least:
                least, step[whole] = part[piece] + best[whole ^ piece], piece
            piece = (piece - 1) & whole
        best[whole] = least
    chosen, whole = np.full(count, -1), (1 << count) - 1
    while whole:
        for line in range(count):
            if step[whole] >> line & 1:
                chosen[line] = column[step[whole]]
        whole ^= step[whole]
    return best[-1], chosen


RULES: dict[str, Rule] = {"nearest": nearest, "one_by_one": one_by_one}


def assign(arrays: Arrays, rule: Rule) -> Ints:
    """(n,): the location of every line, -1 for backorder; orders in the order of the instance."""
    stock, capacity = arrays["avail"].astype(np.int64), arrays["cap"].astype(np.int64)
    assignment = np.full(len(arrays["line_sku"]), -1)
    for number in range(len(arrays["ord_ptr"]) - 1):
        order = Order(arrays, number, stock, capacity)
        columns = rule(order)
        served = columns >= 0
        places = order.locations[columns[served]]
        first = int(arrays["ord_ptr"][number])
        lines = first + np.flatnonzero(served)
        assignment[lines] = places
        np.subtract.at(stock, (arrays["line_sku"][lines], places), order.units[served])
        np.subtract.at(capacity, places, order.units[served])
    return assignment


def main(rule: str, instance: str, answer: str) -> None:
    """Read an instance, write the answer of one rule."""
    np.savez_compressed(answer, assignment=assign(load(Path(instance)), RULES[rule]))


if __name__ == "__main__":
    main(*sys.argv[1:])
