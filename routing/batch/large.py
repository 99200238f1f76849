"""Orders with too many bundles for the exact table: each priced by itself, as a facility-location problem."""

from dataclasses import dataclass, replace

import numpy as np

from routing.arrays import Floats, Index
from routing.large import Hint, split_near
from routing.quotes import TICKS, Quotes


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """``rows`` (m,) of the batch for each bundle, or -1; ``cost`` in money without prices; ``value`` that no way to
    serve the order undercuts at the prices."""

    rows: Index
    cost: float
    value: float


class LargeOrder:
    """One order: its ``quotes``, in ticks of ``money`` each, its first row, and the resources that its rows draw on.

    ``draws``: pairs of resources (m, k) or (k,) and units (m,).
    """

    def __init__(
        self,
        order: int,
        quotes: Quotes,
        most: int,
        first_row: int,
        draws: tuple[tuple[Index, Floats], ...],
        money: float,
    ) -> None:
        self.order, self.quotes, self.most, self.first_row, self.draws = order, quotes, most, first_row, draws
        self._money = money
        self._hint: Hint | None = None

    @property
    def size(self) -> int:
        """m, the number of bundles."""
        return len(self.quotes.units)

    def renumbered(self, number: Index) -> "LargeOrder":
        """The same order with resources called ``number[...]``."""
        draws = tuple((number[resource], units) for resource, units in self.draws)
        return LargeOrder(self.order, self.quotes, self.most, self.first_row, draws, self._money)

    def backordered(self) -> Answer:
        """Nothing is served."""
        cost = float(self.quotes.backorder.sum()) / TICKS * self._money
        return Answer(np.full(self.size, -1, np.intp), cost, cost)

    def price(self, prices: Floats) -> Answer:
        """A good way to serve the order at ``prices`` (resources,), and a bound on the best one.

        Searches from where the last call ended, so that calls at similar prices get better and better.
        """
        paid = np.zeros(self.quotes.lines.shape)
        for resource, units in self.draws:
            paid += prices[resource] * units[:, None]
        # Rounded down, so that the bound stays one.
        lines = self.quotes.lines + np.floor(paid / self._money * TICKS)
        found = split_near(replace(self.quotes, lines=lines), self.most, self._hint)
        self._hint = found.hint
        columns = found.columns
        rows = np.where(columns >= 0, columns + self.first_row, -1)
        served = np.flatnonzero(columns >= 0)
        extra = float(np.floor(paid / self._money * TICKS)[served, columns[served]].sum())
        scale = self._money / TICKS
        return Answer(rows, (found.ticks - extra) * scale, found.bound * scale)

    def entries(self, rows: Index) -> tuple[Index, Floats]:
        """Resources and units that the ``rows`` (m,) use."""
        served = np.flatnonzero(rows >= 0)
        columns = rows[served] - self.first_row
        used, amounts = [], []
        for resource, units in self.draws:
            used.append(resource[columns] if resource.ndim == 1 else resource[served, columns])
            amounts.append(units[served])
        return np.concatenate(used), np.concatenate(amounts)
