"""All large orders at once: who of them gets the stock that several want.

Made one after another, the last of them go without. Here every bundle of every large order chooses its option in one
integer programme; what the other orders would pay for a resource is its price. A bundle is offered only options that
are cheaper than leaving it out.
"""

from collections.abc import Sequence

import numpy as np

from routing.arrays import Floats, Index
from routing.batch.large import Answer, LargeOrder
from routing.batch.master import Model, Search, decide

VARIABLES_MAX = 100_000
"""Most choices in the programme; with more, the orders are served one after another."""

_SEARCH = Search(gap=1e-3, nodes=20, improvements=10)


def serve_jointly(orders: Sequence[LargeOrder], prices: Floats, limit: Floats) -> list[Answer] | None:
    """How to serve each order within ``limit`` at ``prices`` (resources,); None where this does not apply.

    It does not where packages are priced by weight, orders go whole, or the programme would be too large.
    """
    if any(order.quotes.weighed is not None or order.quotes.complete for order in orders):
        return None
    programme = _Programme(prices, limit)
    choices = [programme.add(order) for order in orders]
    if programme.variables > VARIABLES_MAX:
        return None
    found = decide(programme.model(), None, _SEARCH)
    if found is None:
        return None
    answers = []
    for order, (bundle, column, variable) in zip(orders, choices, strict=True):
        taken = found.columns[variable]
        columns = np.full(order.size, -1, np.intp)
        columns[bundle[taken]] = column[taken]
        answers.append(order.answer(columns))
    return answers


class _Programme:
    """Variables: for each order its open options, its bundles at options, its bundles left out, in that sequence."""

    def __init__(self, prices: Floats, limit: Floats) -> None:
        self._prices, self._limit = prices, limit
        self.variables = self._rows = 0
        self._costs: list[Floats] = []
        self._high: list[Floats] = []
        self._low: list[Floats] = []
        self._entries: list[tuple[Index, Index, Floats]] = []
        self._uses: list[tuple[Index, Index, Floats]] = []

    def add(self, order: LargeOrder) -> tuple[Index, Index, Index]:
        """Add an order; bundle, option and variable of each choice that it has."""
        lines, fixed, backorder = order.money_at(self._prices)
        bundle, column = np.nonzero(lines < backorder[:, None])
        options, size, choices = len(fixed), order.size, len(bundle)
        first = self.variables
        variable = first + options + np.arange(choices)
        self._costs += [fixed, lines[bundle, column], backorder]
        self.variables += options + choices + size
        served, linked = self._rows + np.arange(size), self._rows + size + np.arange(choices)
        left_out = first + options + choices + np.arange(size)
        self._entries += [
            (served[bundle], variable, np.ones(choices)),
            (served, left_out, np.ones(size)),
            (linked, variable, np.ones(choices)),
            (linked, first + column, np.full(choices, -1.0)),
        ]
        self._low += [np.ones(size), np.full(choices, -np.inf)]
        self._high += [np.ones(size), np.zeros(choices)]
        self._rows += size + choices
        if order.most:
            self._entries.append((np.full(options, self._rows), first + np.arange(options), np.ones(options)))
            self._low.append(np.array([-np.inf]))
            self._high.append(np.array([float(order.most)]))
            self._rows += 1
        for draw in order.draws:
            self._uses.append((draw.used(bundle, column), variable, draw.units[bundle]))
        return bundle, column, variable

    def model(self) -> Model:
        """The whole, with limits on what could be exhausted."""
        resource, variable, units = (np.concatenate(each) for each in zip(*self._uses, strict=True))
        scarce = np.flatnonzero(np.bincount(resource, units, len(self._limit)) > self._limit)
        number = np.full(len(self._limit), -1)
        number[scarce] = self._rows + np.arange(len(scarce))
        used = number[resource] >= 0
        row, column, value = (np.concatenate(each) for each in zip(*self._entries, strict=True))
        return Model(
            cost=np.concatenate(self._costs),
            low=np.concatenate([*self._low, np.full(len(scarce), -np.inf)]),
            high=np.concatenate([*self._high, self._limit[scarce]]),
            row=np.concatenate([row, number[resource[used]]]),
            column=np.concatenate([column, variable[used]]),
            value=np.concatenate([value, units[used]]),
        )
