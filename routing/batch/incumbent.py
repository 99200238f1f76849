"""A plan in the making: one column per order within every limit, built greedily and improved order by order."""

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.pool import Columns


class Incumbent:
    """``chosen`` (O,): the column of every order; ``left`` (resources,): units that it leaves."""

    def __init__(self, columns: Columns, limit: Floats, chosen: Index) -> None:
        self.chosen = chosen
        marked = np.zeros(len(columns.cost), np.bool_)
        marked[chosen] = True
        self.left = limit - used(columns, marked, len(limit))

    def take(self, columns: Columns, order: int, column: int) -> None:
        """Let ``order`` take another column, which must fit."""
        self.left = self.left_without(columns, order)
        entries = columns.entry_column == column
        self.left[columns.entry_resource[entries]] -= columns.entry_units[entries]
        self.chosen[order] = column

    def left_without(self, columns: Columns, order: int) -> Floats:
        """(resources,): what would be left if ``order`` were not served."""
        left = self.left.copy()
        entries = columns.entry_column == self.chosen[order]
        left[columns.entry_resource[entries]] += columns.entry_units[entries]
        return left

    def cost(self, columns: Columns) -> float:
        """Money for the whole plan."""
        return float(columns.cost[self.chosen].sum())


def used(columns: Columns, marked: Flags, resources: int) -> Floats:
    """(resources,): units that the columns ``marked`` (p,) use together."""
    entries = marked[columns.entry_column]
    return np.bincount(columns.entry_resource[entries], columns.entry_units[entries], resources).astype(np.float64)


def build(columns: Columns, limit: Floats, preference: Floats, orders: int) -> Incumbent:
    """Give each order, those with the clearest preference first, its most preferred column that still fits.

    ``preference`` (p,): lower is better. Every order needs a column that uses nothing.
    """
    sequence = np.lexsort((preference, columns.order))
    first = np.searchsorted(columns.order[sequence], np.arange(orders + 1))
    ranked = preference[sequence]
    lead = np.full(orders, np.inf)
    several = np.flatnonzero(first[1:] - first[:-1] > 1)
    lead[several] = ranked[first[several] + 1] - ranked[first[several]]
    return _fill(columns, limit, sequence, first, np.argsort(-lead, kind="stable"))


def improve(columns: Columns, incumbent: Incumbent, orders: int, passes: int = 3) -> None:
    """Move single orders to a cheaper column that fits what is left, for as long as one pass finds any."""
    sequence = np.lexsort((columns.cost, columns.order))
    first = np.searchsorted(columns.order[sequence], np.arange(orders + 1)).tolist()
    ranked, cost = sequence.tolist(), columns.cost.tolist()
    begin, resource, units = _entries(columns)
    left, chosen = incumbent.left.tolist(), incumbent.chosen.tolist()
    for _ in range(passes):
        moved = False
        for order in range(orders):
            now = chosen[order]
            if ranked[first[order]] == now:
                continue
            for entry in range(begin[now], begin[now + 1]):
                left[resource[entry]] += units[entry]
            for at in range(first[order], first[order + 1]):
                column = ranked[at]
                if cost[column] >= cost[now]:
                    column = now
                    break
                if all(left[resource[e]] >= units[e] for e in range(begin[column], begin[column + 1])):
                    moved = True
                    break
            for entry in range(begin[column], begin[column + 1]):
                left[resource[entry]] -= units[entry]
            chosen[order] = column
        if not moved:
            break
    incumbent.left, incumbent.chosen = np.array(left), np.array(chosen, np.intp)


def _fill(columns: Columns, limit: Floats, sequence: Index, first: Index, turns: Index) -> Incumbent:
    begin, resource, units = _entries(columns)
    left, ranked, bounds = limit.tolist(), sequence.tolist(), first.tolist()
    chosen = [0] * len(turns)
    for order in turns.tolist():
        for at in range(bounds[order], bounds[order + 1]):
            column = ranked[at]
            if all(left[resource[e]] >= units[e] for e in range(begin[column], begin[column + 1])):
                break
        for entry in range(begin[column], begin[column + 1]):
            left[resource[entry]] -= units[entry]
        chosen[order] = column
    return Incumbent(columns, limit, np.array(chosen, np.intp))


def _entries(columns: Columns) -> tuple[list[int], list[int], list[float]]:
    begin = np.searchsorted(columns.entry_column, np.arange(len(columns.cost) + 1))
    return begin.tolist(), columns.entry_resource.tolist(), columns.entry_units.tolist()
