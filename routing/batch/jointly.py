"""Large orders and all others in one programme: who gets the stock and the work that several want.

Of the many ways to serve a large order a pool holds only a few, and among them hardly one fits to what the others
leave. So here a large order is no choice among columns: each of its bundles chooses its option (facility location), and
the columns of the other orders compete with it for the same resources. The linear programme's prices raise the bound;
the integer one says how large orders are served.
"""

from collections.abc import Sequence

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.large import Answer, LargeOrder
from routing.batch.master import Model, Relaxed, Search, decide, relaxed
from routing.batch.pool import Columns

VARIABLES_MAX = 100_000
"""Most choices of large orders in the programme; with more, they are served one after another."""

_SEARCH = Search(gap=2e-3, nodes=2)


class Joint:
    """The programme of ``orders`` and of the ``columns`` of all others, within ``limit`` (resources,).

    Its variables: for each large order the options that are used, its bundles at options, its bundles left out; then
    the columns. A bundle is offered only options that are cheaper than leaving it out.
    """

    def __init__(self, orders: Sequence[LargeOrder], columns: Columns, limit: Floats) -> None:
        self._orders, self._columns, self._limit = orders, columns, limit
        self._variables = self._rows = 0
        self._costs: list[Floats] = []
        self._high: list[Floats] = []
        self._low: list[Floats] = []
        self._entries: list[tuple[Index, Index, Floats]] = []
        self._uses: list[tuple[Index, Index, Floats]] = []
        self._choices = [self._add(order) for order in orders]
        self._first_column = self._variables
        self._add_columns(columns)

    @staticmethod
    def applies(orders: Sequence[LargeOrder]) -> bool:
        """Not where packages are priced by weight, orders go whole, or the programme would be too large."""
        if not orders or any(order.quotes.weighed is not None or order.quotes.complete for order in orders):
            return False
        choices = (order.quotes.lines < order.quotes.backorder[:, None] for order in orders)
        return sum(int(each.sum()) for each in choices) <= VARIABLES_MAX

    def relax(self) -> Relaxed:
        """The linear programme; ``share`` is that of the columns."""
        model, scarce = self._model()
        found = relaxed(model, scarce, len(self._limit))
        return found._replace(share=found.share[self._first_column :])

    def choose(self) -> tuple[list[Answer], Flags] | None:
        """How to serve each large order, and the columns (p,) that the others take; None if nothing was found."""
        found = decide(self._model()[0], None, _SEARCH)
        if found is None:
            return None
        answers = []
        for order, (bundle, option, variable) in zip(self._orders, self._choices, strict=True):
            taken = found.columns[variable]
            options = np.full(order.size, -1, np.intp)
            options[bundle[taken]] = option[taken]
            answers.append(order.answer(options))
        return answers, found.columns[self._first_column :]

    def _add(self, order: LargeOrder) -> tuple[Index, Index, Index]:
        """Add an order; bundle, option and variable of each choice that it has."""
        lines, fixed, backorder = order.money()
        bundle, option = np.nonzero(lines < backorder[:, None])
        options, size, choices = len(fixed), order.size, len(bundle)
        first = self._variables
        variable = first + options + np.arange(choices)
        self._costs += [fixed, lines[bundle, option], backorder]
        self._variables += options + choices + size
        served, linked = self._rows + np.arange(size), self._rows + size + np.arange(choices)
        left_out = first + options + choices + np.arange(size)
        self._entries += [
            (served[bundle], variable, np.ones(choices)),
            (served, left_out, np.ones(size)),
            (linked, variable, np.ones(choices)),
            (linked, first + option, np.full(choices, -1.0)),
        ]
        self._limit_rows(np.ones(size), np.ones(size))
        self._limit_rows(np.full(choices, -np.inf), np.zeros(choices))
        if order.most:
            self._entries.append((np.full(options, self._rows), first + np.arange(options), np.ones(options)))
            self._limit_rows(np.array([-np.inf]), np.array([float(order.most)]))
        for draw in order.draws:
            self._uses.append((draw.used(bundle, option), variable, draw.units[bundle]))
        return bundle, option, variable

    def _add_columns(self, columns: Columns) -> None:
        """Every other order takes one of its columns."""
        orders, order = np.unique(columns.order, return_inverse=True)
        variable = self._variables + np.arange(len(columns.cost))
        self._costs.append(columns.cost)
        self._entries.append((self._rows + order, variable, np.ones(len(variable))))
        self._uses.append((columns.entry_resource, variable[columns.entry_column], columns.entry_units))
        self._limit_rows(np.ones(len(orders)), np.ones(len(orders)))
        self._variables += len(variable)

    def _limit_rows(self, low: Floats, high: Floats) -> None:
        self._low.append(low)
        self._high.append(high)
        self._rows += len(low)

    def _model(self) -> tuple[Model, Index]:
        """The whole; the resources that could be exhausted, whose limits are its last rows."""
        resource, variable, units = (np.concatenate(each) for each in zip(*self._uses, strict=True))
        scarce = np.flatnonzero(np.bincount(resource, units, len(self._limit)) > self._limit)
        number = np.full(len(self._limit), -1)
        number[scarce] = self._rows + np.arange(len(scarce))
        used = number[resource] >= 0
        row, column, value = (np.concatenate(each) for each in zip(*self._entries, strict=True))
        model = Model(
            cost=np.concatenate(self._costs),
            low=np.concatenate([*self._low, np.full(len(scarce), -np.inf)]),
            high=np.concatenate([*self._high, self._limit[scarce]]),
            row=np.concatenate([row, number[resource[used]]]),
            column=np.concatenate([column, variable[used]]),
            value=np.concatenate([value, units[used]]),
        )
        return model, scarce
