"""Orders with too many bundles for the exact table: each priced by itself, as a facility-location problem."""

from dataclasses import dataclass, replace

import numpy as np

from routing.arrays import Floats, Index
from routing.batch.draw import Draw
from routing.facilities import Facilities
from routing.large import Hint, split_near
from routing.problem import BACKORDER
from routing.quotes import TICKS, Quotes


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """``rows`` (m,) of the batch for each bundle, or -1; ``cost`` in money without prices; ``value`` that no way to
    serve the order undercuts at the prices."""

    rows: Index
    cost: float
    value: float


class LargeOrder:
    """One order: its ``quotes``, its first row in the batch, and what its rows draw on.

    ``money`` is what a cent of the quotes is worth, which are in ticks of a cent.
    """

    def __init__(
        self,
        order: int,
        quotes: Quotes,
        most: int,
        first_row: int,
        draws: tuple[Draw, ...],
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
        draws = tuple(Draw(number[draw.resource], draw.units) for draw in self.draws)
        return LargeOrder(self.order, self.quotes, self.most, self.first_row, draws, self._money)

    def backordered(self) -> Answer:
        """Nothing is served."""
        cost = float(self.quotes.backorder.sum()) / TICKS * self._money
        return Answer(np.full(self.size, -1, np.intp), cost, cost)

    def price(self, prices: Floats) -> Answer:
        """A good way to serve the order at ``prices`` (resources,), and a bound on the best one.

        Searches from where the last call ended, so that calls at similar prices get better and better.
        """
        paid = self._paid(prices)
        found = split_near(replace(self.quotes, lines=self.quotes.lines + paid), self.most, self._hint)
        self._hint = found.hint
        served = np.flatnonzero(found.columns >= 0)
        extra = float(paid[served, found.columns[served]].sum())
        scale = self._money / TICKS
        return Answer(self._rows(found.columns), (found.ticks - extra) * scale, found.bound * scale)

    def fit(self, prices: Floats, left: Floats) -> Answer:
        """A good way to serve the order at ``prices`` within what is ``left`` (resources,) of everything.

        What does not fit together loses the bundles that gain least by each unit. ``value`` is the cost: no bound.
        """
        lines = self.quotes.lines + self._paid(prices)
        for draw in self.draws:
            lines[np.broadcast_to(left[draw.resource] < draw.units[:, None], lines.shape)] = np.inf
        columns = split_near(replace(self.quotes, lines=lines), self.most, None).columns.copy()
        every = np.append(lines, self.quotes.backorder[:, None], axis=1)
        gain = self.quotes.backorder - every[np.arange(self.size), columns]
        over = self._over(columns, left)
        while over is not None:
            worst, excess = over
            users = self._users(columns, worst)
            for bundle in users[np.argsort(gain[users] / self.quotes.units[users], kind="stable")].tolist():
                if excess <= 0.0:
                    break
                excess -= float(self.quotes.units[bundle])
                columns[bundle] = BACKORDER
            over = self._over(columns, left)
        if self.quotes.complete and (columns == BACKORDER).any():
            return self.backordered()
        return self.answer(columns)

    def answer(self, columns: Index) -> Answer:
        """The order served by ``columns`` (m,) of its quotes; wholly backordered where it cannot be. No bound."""
        cost = Facilities(self.quotes, self.most).priced(columns).ticks * self._money / TICKS
        return Answer(self._rows(columns), cost, cost) if np.isfinite(cost) else self.backordered()

    def money(self) -> tuple[Floats, Floats, Floats]:
        """Money without prices for bundles (m, k), packages (k,), and bundles left out (m,)."""
        scale = self._money / TICKS
        return self.quotes.lines * scale, self.quotes.fixed * scale, self.quotes.backorder * scale

    def line_prices(self, prices: Floats) -> Floats:
        """(m,) money for each bundle that proves a bound at ``prices``: their sum, where no option is overpaid.

        A facility-location dual: for every option, what bundles bid above their cost there is at most its fixed cost
        (Erlenkotter, Operations Research 26(6), 1978).
        """
        lines = self.quotes.lines + self._paid(prices)
        found = split_near(replace(self.quotes, lines=lines), self.most, self._hint)
        bids = found.hint.duals.copy()
        for option in range(lines.shape[1]):
            above = np.maximum(bids - lines[:, option], 0.0)
            total = float(above.sum())
            if total > self.quotes.fixed[option]:
                bids -= above * (1.0 - self.quotes.fixed[option] / total)
        # Costs were rounded to ticks and prices down to ticks: three too few, and nothing is overpaid.
        return (bids - 3.0) * self._money / TICKS

    def _paid(self, prices: Floats) -> Floats:
        """(m, k): ticks paid at ``prices``, rounded down, so that a bound stays one."""
        paid = np.zeros(self.quotes.lines.shape)
        for draw in self.draws:
            paid += prices[draw.resource] * draw.units[:, None]
        return np.floor(paid / self._money * TICKS)

    def _rows(self, columns: Index) -> Index:
        return np.where(columns >= 0, columns + self.first_row, -1)

    def _over(self, columns: Index, left: Floats) -> tuple[int, float] | None:
        """The resource that is used most above what is left, and by how many units; None if all fits."""
        resource, units = self.entries(self._rows(columns))
        excess = np.bincount(resource, units, len(left)) - left
        worst = int(excess.argmax())
        return (worst, float(excess[worst])) if excess[worst] > 0.0 else None

    def _users(self, columns: Index, wanted: int) -> Index:
        """The bundles that use one resource."""
        served = np.flatnonzero(columns >= 0)
        uses = np.zeros(self.size, np.bool_)
        for draw in self.draws:
            used = draw.used(served, columns[served])
            uses[served[(used == wanted) & (draw.units[served] > 0.0)]] = True
        return np.flatnonzero(uses)

    def entries(self, rows: Index) -> tuple[Index, Floats]:
        """Resources and units that the ``rows`` (m,) use."""
        served = np.flatnonzero(rows >= 0)
        columns = rows[served] - self.first_row
        used = np.concatenate([draw.used(served, columns) for draw in self.draws])
        return used, np.concatenate([draw.units[served] for draw in self.draws])
