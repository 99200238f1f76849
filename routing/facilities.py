"""The locations of a large order as facilities that are open or closed: what a set of them costs, and bounds on it."""

from dataclasses import dataclass

import numpy as np

from routing.arrays import Floats, Index
from routing.problem import BACKORDER
from routing.quotes import Quotes

_MOVES_MAX = 200


@dataclass(frozen=True, eq=False, slots=True)
class Opened:
    """A plan that obeys every limit: ``columns`` (n,) of the lines, the columns ``open``, and the cost in ticks."""

    columns: Index
    open: tuple[int, ...]
    ticks: float


class Facilities:
    """One order's quotes seen as a facility-location problem with at most ``most`` facilities (0 = no limit).

    ``costs`` (n, k + 1) are those of the lines, the last column, also called -1, being backorder.
    """

    def __init__(self, quotes: Quotes, most: int) -> None:
        self.fixed, self.lines, self.backorder = quotes.fixed, quotes.lines, quotes.backorder
        self.nearest = quotes.lines.min(axis=1, initial=np.inf)
        self.most = most or len(quotes.options)
        self._quotes = quotes
        self.costs = np.column_stack([quotes.lines, quotes.backorder])

    def bound(self, duals: Floats) -> tuple[float, Floats]:
        """What no plan undercuts, in ticks, and the reduced cost (k,) of opening each location.

        ``duals`` (n,): whole ticks, each at most the line's backorder cost; any such values are valid.
        """
        reduced = self.fixed - np.maximum(duals[:, None] - self.lines, 0.0).sum(axis=0)
        return float(duals.sum() + np.minimum(reduced, 0.0).sum()), reduced

    def most_wanted(self, open_: Index, reduced: Floats) -> tuple[int, ...]:
        """Those of ``open_`` with the least reduced cost, as many as are allowed."""
        first = open_[reduced[open_].argsort(kind="stable")[: self.most]]
        return tuple(int(column) for column in first)

    def serve(self, open_: tuple[int, ...]) -> Opened:
        """Serve every line from the cheapest of the ``open_`` columns or backorder it, within every limit."""
        if len(open_) > self.most:
            return Opened(np.full(len(self.backorder), BACKORDER), (), np.inf)
        choice = np.array([*sorted(open_), BACKORDER])
        costs = self.costs[:, choice]
        columns = choice[costs.argmin(axis=1)]
        if not self._fits(columns):
            columns = self._one_by_one(choice, costs)
        return self.priced(columns)

    def priced(self, columns: Index) -> Opened:
        """The plan that serves the lines from ``columns``; infinite where a line or a limit does not allow it."""
        used = np.unique(columns[columns != BACKORDER])
        ticks = self.line_costs(columns).sum() + self.fixed[used].sum()
        allowed = len(used) <= self.most and self._fits(columns)
        return Opened(columns, tuple(used.tolist()), float(ticks) if allowed else np.inf)

    def line_costs(self, columns: Index) -> Floats:
        """(n,): what each line costs from its column, packages not counted, in ticks."""
        costs: Floats = self.costs[np.arange(len(columns)), columns]
        return costs

    def gains(self, plan: Opened) -> Floats:
        """(k,): what opening each location would save if nothing limited it, in ticks."""
        now = self.line_costs(plan.columns)[:, None]
        saved: Floats = np.maximum(now - self.lines, 0.0).sum(axis=0) - self.fixed
        return saved

    def best_move(self, columns: Index) -> Opened | None:
        """The cheapest plan that differs from ``columns`` (n,) in one line, unless limits forbid the first few."""
        count, lines = len(self.fixed), np.arange(len(columns))
        used = np.bincount(columns[columns != BACKORDER], minlength=count)
        opening = np.append(np.where(used == 0, self.fixed, 0.0), 0.0)
        closing = np.append(np.where(used == 1, self.fixed, 0.0), 0.0)
        change = self.costs + opening - (self.line_costs(columns) + closing[columns])[:, None]
        change[lines, columns] = np.inf
        for place in change.argsort(axis=None, kind="stable")[:_MOVES_MAX].tolist():
            moved = columns.copy()
            moved[place // (count + 1)] = BACKORDER if place % (count + 1) == count else place % (count + 1)
            plan = self.priced(moved)
            if np.isfinite(plan.ticks):
                return plan
        return None

    def values_of_sets(self, always: Index, asked: Index) -> Floats:
        """(2**len(asked),): cost of opening ``always`` and each subset of ``asked``, room and shared stock ignored."""
        cheapest = np.minimum(self.backorder, self.lines[:, always].min(axis=1, initial=np.inf))
        sets, paid, count = cheapest[None], np.array([self.fixed[always].sum()]), np.array([len(always)])
        for column in asked:
            sets = np.concatenate([sets, np.minimum(sets, self.lines[:, column])])
            paid = np.concatenate([paid, paid + self.fixed[column]])
            count = np.concatenate([count, count + 1])
        return np.where(count <= self.most, sets.sum(axis=1) + paid, np.inf)

    def _fits(self, columns: Index) -> bool:
        quotes, served = self._quotes, columns != BACKORDER
        used = np.bincount(columns[served], weights=quotes.units[served], minlength=len(self.fixed))
        if (used > quotes.room).any():
            return False
        for shared in quotes.shared:
            drawn = served & shared.members
            used = np.bincount(columns[drawn], weights=quotes.units[drawn], minlength=len(self.fixed))
            if (used > shared.stock).any():
                return False
        return True

    def _one_by_one(self, choice: Index, costs: Floats) -> Index:
        """Lines that lose most by their second choice first, each to the cheapest column that has room left."""
        quotes = self._quotes
        room = np.append(quotes.room[choice[:-1]].astype(np.float64), np.inf)
        stocks = [np.append(s.stock[choice[:-1]].astype(np.float64), np.inf) for s in quotes.shared]
        ranked = np.sort(costs, axis=1)
        regret = np.nan_to_num(ranked[:, min(1, len(choice) - 1)] - ranked[:, 0], posinf=np.finfo(np.float64).max)
        columns = np.full(len(costs), BACKORDER)
        for line in regret.argsort(kind="stable")[::-1].tolist():
            units = quotes.units[line]
            drawn = [s for s, shared in zip(stocks, quotes.shared, strict=True) if shared.members[line]]
            allowed = np.logical_and.reduce([room >= units, *(stock >= units for stock in drawn)])
            pick = int(np.where(allowed, costs[line], np.inf).argmin())
            for limit in (room, *drawn):
                limit[pick] -= units
            columns[line] = choice[pick]
        return columns
