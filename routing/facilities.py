"""The options of a large order as facilities that are open or closed: what a set of them costs, and bounds on it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from routing.arrays import Floats, Index
from routing.problem import BACKORDER
from routing.quotes import Draw, Quotes

_MOVES_MAX = 200
_WEIGHED_MOVES_MAX = 40


@dataclass(frozen=True, eq=False, slots=True)
class Opened:
    """A plan that obeys every limit: ``columns`` (n,) of the lines, the columns ``open``, and the cost in ticks."""

    columns: Index
    open: tuple[int, ...]
    ticks: float


class Facilities:
    """One order's quotes seen as a facility-location problem with at most ``most`` facilities (0 = no limit).

    ``fixed`` (k,) and ``lines`` (m, k) hold for packages priced by weight what no price list undercuts, so that bounds
    are valid; every plan is priced as it is. ``costs`` (m, k + 1) are those of the lines, the last column, also called
    -1, being backorder.
    """

    def __init__(self, quotes: Quotes, most: int) -> None:
        self.fixed, self.lines, self.backorder = quotes.fixed, quotes.lines, quotes.backorder
        if quotes.weighed is not None:
            fixed, lines = quotes.weighed.least()
            self.fixed, self.lines = self.fixed + fixed, self.lines + lines
        self.nearest = self.lines.min(axis=1, initial=np.inf)
        self.most = most or len(quotes.options)
        self._quotes = quotes
        self.costs = np.column_stack([self.lines, quotes.backorder])
        self._paid = self.costs if quotes.weighed is None else np.column_stack([quotes.lines, quotes.backorder])
        self._draws = list(_draws(quotes))
        self._needs = [
            [(at, int(draw.need[line])) for at, draw in enumerate(self._draws) if draw.need[line]]
            for line in range(len(quotes.units))
        ]

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
        served, rows = columns != BACKORDER, np.arange(len(columns))
        used = np.unique(columns[served])
        ticks = self._paid[rows, columns].sum() + self._quotes.fixed[used].sum() + self._by_weight(columns, used)
        whole = not self._quotes.complete or served.all() or not served.any()
        allowed = len(used) <= self.most and whole and self._fits(columns)
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
        best: Opened | None = None
        # By weight the change is an estimate: the best of several. Otherwise the first that is allowed.
        tried = _MOVES_MAX if self._quotes.weighed is None else _WEIGHED_MOVES_MAX
        for place in change.argsort(axis=None, kind="stable")[:tried].tolist():
            moved = columns.copy()
            moved[place // (count + 1)] = BACKORDER if place % (count + 1) == count else place % (count + 1)
            plan = self.priced(moved)
            if plan.ticks < (np.inf if best is None else best.ticks):
                best = plan
                if self._quotes.weighed is None:
                    break
        return best

    def values_of_sets(self, always: Index, asked: Index) -> Floats:
        """(2**len(asked),): cost of opening ``always`` and each subset of ``asked``, room and shared stock ignored."""
        cheapest = np.minimum(self.backorder, self.lines[:, always].min(axis=1, initial=np.inf))
        sets, paid, count = cheapest[None], np.array([self.fixed[always].sum()]), np.array([len(always)])
        for column in asked:
            sets = np.concatenate([sets, np.minimum(sets, self.lines[:, column])])
            paid = np.concatenate([paid, paid + self.fixed[column]])
            count = np.concatenate([count, count + 1])
        return np.where(count <= self.most, sets.sum(axis=1) + paid, np.inf)

    def _by_weight(self, columns: Index, used: Index) -> float:
        """Ticks of the weight of the packages of the ``used`` columns."""
        weighed = self._quotes.weighed
        if weighed is None:
            return 0.0
        total = 0.0
        for column in used.tolist():
            held, index = columns == column, int(weighed.tariff[column])
            if index >= 0:
                total += float(weighed.ticks(index, weighed.grams[held].sum(), weighed.volume[held].sum()))
        return total

    def _fits(self, columns: Index) -> bool:
        served = columns != BACKORDER
        for draw in self._draws:
            used = np.zeros(len(draw.have))
            for entries in draw.entries:
                entry = entries[columns[served]]
                known = entry >= 0
                used += np.bincount(entry[known], weights=draw.need[served][known], minlength=len(used))
            if (used > draw.have).any():
                return False
        return True

    def _one_by_one(self, choice: Index, costs: Floats) -> Index:
        """Lines that lose most by their second choice first, each to the cheapest column that has room left."""
        left = [draw.have.tolist() for draw in self._draws]
        drawn = [[entries[choice[:-1]].tolist() for entries in draw.entries] for draw in self._draws]
        ranked = np.sort(costs, axis=1)
        regret = np.nan_to_num(ranked[:, min(1, len(choice) - 1)] - ranked[:, 0], posinf=np.finfo(np.float64).max)
        preferred, last = costs.argsort(axis=1, kind="stable").tolist(), len(choice) - 1
        columns = np.full(len(costs), BACKORDER)
        for line in regret.argsort(kind="stable")[::-1].tolist():
            needs = [(need, left[at], sources) for at, need in self._needs[line] for sources in drawn[at]]
            for pick in preferred[line]:  # backorder, the last of ``choice``, draws on nothing
                if pick == last or all(s[pick] < 0 or have[s[pick]] >= need for need, have, s in needs):
                    break
            for need, have, sources in needs if pick != last else ():
                if sources[pick] >= 0:
                    have[sources[pick]] -= need
            columns[line] = choice[pick]
        return columns


def _draws(quotes: Quotes) -> Iterator[Draw]:
    """Every limit inside the order, that of a package's weight included."""
    yield from quotes.draws()
    if quotes.weighed is not None:
        own = (np.arange(len(quotes.options)),)
        for need, most in quotes.weighed.heaviest():
            yield Draw(need, most, own)
