"""The batch optimiser: from arrays to a plan and the prices that prove its bound. See the package for the path."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.batch import Batch
from routing.batch.blocks import Work, dive, wave
from routing.batch.duals import DENIED, Bound, ascend, escapes
from routing.batch.incumbent import Incumbent, build, improve
from routing.batch.jointly import serve_jointly
from routing.batch.master import Search, choose, relax
from routing.batch.pool import Pool
from routing.batch.pricing import price
from routing.batch.proof import Listed, every_column

_PREFERENCE = 1e3
"""A column's share in the linear programme outweighs any reduced cost."""

_LARGE = 3
"""Where there are large orders, only the ascent raises the bound: column generation knows too few of their ways."""

_KNOWN = 3
"""From prices and the plan of an earlier run a fraction of the steps and escapes is enough."""

_NEAR = 5.0
"""Times the tolerance within which a bound that no longer rises is good enough."""

_TO_THE_END = Search(gap=0.0, nodes=1_000)

_TURN = 2.4
"""Radians between waves: no two cut alike."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits on the work of a run: counts, never seconds, so that the same input gives the same plan on any machine.

    ``ascents`` subgradient steps; ``escapes`` pricing steps with scarce resources denied; at most ``rounds`` of column
    generation, ended when the bound is within ``converged`` of the linear programme; ``dive``: the programme over what
    the linear one leaves open; ``waves`` of programmes over neighbouring orders after it. Where at most ``listed``
    columns could be part of a better plan, all of them go into one last programme, which settles the matter.
    """

    name: str
    ascents: int
    escapes: int
    rounds: int
    converged: float
    dive: Work
    waves: tuple[Work, ...]
    listed: int = 20_000


class Progress(NamedTuple):
    """How far a run is: ``stage``, ``cost`` of the plan so far, the proved ``bound``, in money."""

    stage: str
    cost: float
    bound: float


Watch = Callable[[Progress], bool]
"""Called after every stage; returning False ends the run there with the plan and the bound so far."""


@dataclass(frozen=True, eq=False, slots=True)
class Solution:
    """``options`` of all bundles, -1 for backorder; ``cost`` in money. No plan costs less than ``bound``;
    ``prices`` (resources,) prove ``proved`` of it, and the listing of all columns that matter the rest, if any."""

    options: Index
    cost: float
    bound: float
    proved: float
    prices: Floats
    columns: int


class Start(NamedTuple):
    """Where to begin: ``prices`` (resources,) of an earlier run and the columns of its plan, by group."""

    prices: Floats
    columns: list[Listed]


def solve(batch: Batch, effort: Effort, seed: int, watch: Watch, start: Start | None = None) -> Solution:
    """Decide all orders of ``batch`` together, from the ``start`` of an earlier run if there is one."""
    run = _Run(batch, effort, seed, watch)
    if start is None:
        return run.solve(np.zeros(batch.resources))
    run.pool.add_listed(start.columns)
    return run.solve(start.prices)


class _Run:
    """One run: its columns, the best bound and the best plan so far."""

    def __init__(self, batch: Batch, effort: Effort, seed: int, watch: Watch) -> None:
        self.batch, self.effort, self.watch = batch, effort, watch
        self.rng = np.random.default_rng(seed)
        self.pool = Pool(batch)
        self.pool.add_backorders()
        self.best = Bound(-np.inf, np.zeros(batch.resources))
        self.bound = -np.inf
        self.plan: Incumbent | None = None

    def solve(self, start: Floats) -> Solution:
        """All stages, for as long as they are watched."""
        for stage in self._stages(start):
            if not self.watch(Progress(stage, self._plan.cost(self.pool.columns), self.bound)):
                break
        return self._solution()

    def _stages(self, start: Floats) -> Iterator[str]:
        batch, effort, pool = self.batch, self.effort, self.pool
        less = _KNOWN if start.any() else 1
        steps = effort.ascents // less * (_LARGE if batch.large else 1)
        self._raise(ascend(batch, start, steps, pool))
        denied = np.linspace(1.0, 0.3, effort.escapes // less)
        escapes(batch, self.best.prices, denied, self.rng, pool)
        share = np.zeros(len(pool))
        self._round(share, np.zeros(0, np.intp))
        yield "prices"
        pinned, ascended = self._fit_large(), self.best.value
        for _ in range(effort.rounds):
            before = self.best.value
            taking_part = self._taking_part(pinned)
            relaxed = relax(pool.columns.only(taking_part), batch.limit)
            for prices in (relaxed.prices, 0.5 * (relaxed.prices + self.best.prices)):
                priced = price(batch, prices)
                pool.add(priced)
                self._raise(Bound(priced.bound, prices))
            share = np.zeros(len(taking_part))
            share[taking_part] = relaxed.share
            yield "columns"
            if self._converged(relaxed.value, before, ascended):
                break
        self._round(self._shares(share), pinned)
        yield "rounding"
        self._keep(dive(batch, pool.columns, self._shares(share), self._reduced(), self._plan, effort.dive))
        yield "dive"
        for number, work in enumerate(effort.waves):
            shares, reduced = self._shares(share), self._reduced()
            self._keep(wave(batch, pool.columns, shares, reduced, self._plan, _TURN * number, work))
            yield f"wave {number + 1}"
        if self._close():
            yield "proof"

    def _converged(self, value: float, before: float, ascended: float) -> bool:
        """The bound is close to the linear programme's ``value``, or near it and no longer rising.

        Until it has risen above where the steps ``ascended`` to, it has not begun to rise: the first programmes know
        too few columns for prices that are better.
        """
        missing, rise, enough = value - self.best.value, self.best.value - before, self.effort.converged * abs(value)
        return missing <= enough or (missing <= _NEAR * enough and before > ascended and rise <= enough / 2)

    def _close(self) -> bool:
        """Solve to the optimum, if all columns that matter can be listed."""
        batch, pool = self.batch, self.pool
        slack = self._plan.cost(pool.columns) - self.best.value
        if batch.large or slack <= 0.0:
            return False
        listed: list[Listed] = []
        room = self.effort.listed
        for group in batch.groups:
            found = every_column(group, self.best.prices, slack, room)
            if found is None:
                return False
            listed.append(found)
            room -= len(found.orders)
        pool.add_listed(listed)
        columns = pool.columns
        start = np.zeros(len(pool), np.bool_)
        start[self._plan.chosen] = True
        best = choose(columns, batch.limit, start, _TO_THE_END)
        if best is None:
            return False
        chosen = np.flatnonzero(best.columns)
        cost = self._plan.cost(columns)
        self._keep(Incumbent(columns, batch.limit, chosen[np.argsort(columns.order[chosen])]))
        self.bound = max(self.best.value, min(best.bound, cost))
        return True

    @property
    def _plan(self) -> Incumbent:
        if self.plan is None:
            raise AssertionError("a plan is asked for before the first was built")
        return self.plan

    def _round(self, share: Floats, pinned: Index) -> None:
        """Build a plan from the columns' shares and prices, the ``pinned`` columns before all others."""
        columns = self.pool.columns
        preference = self._reduced() - _PREFERENCE * share
        preference[pinned] = -DENIED
        self._keep(build(columns, self.batch.limit, preference, self.batch.orders))

    def _fit_large(self) -> Index:
        """Columns for the large orders that fit beside each other, the most costly to leave out first; where they are.

        Among the few columns that pricing found for such an order hardly one fits to what the others leave. So large
        orders take part in the linear programme with this one column each; only the bound treats them like the others.
        """
        if not self.batch.large:
            return np.zeros(0, np.intp)
        jointly = serve_jointly(self.batch.large, self.best.prices, self.batch.limit)
        if jointly is not None:
            together = zip(self.batch.large, jointly, strict=True)
            return np.array([self.pool.add_large(order, answer) for order, answer in together], np.intp)
        left, pinned = self.batch.limit.copy(), []
        for order in sorted(self.batch.large, key=lambda order: -order.backordered().cost):
            answer = order.fit(self.best.prices, left)
            np.subtract.at(left, *order.entries(answer.rows))
            pinned.append(self.pool.add_large(order, answer))
        return np.array(pinned, np.intp)

    def _taking_part(self, pinned: Index) -> Flags:
        """(p,): columns of the linear programme: of large orders only those ``pinned``."""
        columns = self.pool.columns
        taking_part: Flags = ~np.isin(columns.order, [order.order for order in self.batch.large])
        taking_part[pinned] = True
        return taking_part

    def _refit_large(self, plan: Incumbent) -> None:
        """Serve each large order anew on what all others leave, where that is cheaper."""
        free = np.zeros(self.batch.resources)
        for order in self.batch.large:
            answer = order.fit(free, plan.left_without(self.pool.columns, order.order))
            if answer.cost < self.pool.columns.cost[plan.chosen[order.order]]:
                column = self.pool.add_large(order, answer)
                plan.take(self.pool.columns, order.order, column)

    def _keep(self, plan: Incumbent) -> None:
        """Improve the plan order by order; it is the plan from now on if it is the best so far."""
        improve(self.pool.columns, plan, self.batch.orders)
        self._refit_large(plan)
        columns = self.pool.columns
        if self.plan is None or plan.cost(columns) < self.plan.cost(columns):
            self.plan = plan

    def _shares(self, share: Floats) -> Floats:
        """(p,): shares of the columns in the linear programme, none for those that came later."""
        return np.concatenate([share, np.zeros(len(self.pool) - len(share))])

    def _reduced(self) -> Floats:
        """(p,): cost of each column at the best prices above the best column of its order."""
        columns = self.pool.columns
        reduced = columns.reduced(self.best.prices)
        least = np.full(self.batch.orders, np.inf)
        np.minimum.at(least, columns.order, reduced)
        above: Floats = reduced - least[columns.order]
        return above

    def _raise(self, bound: Bound) -> None:
        if bound.value > self.best.value:
            self.best = bound
            self.bound = bound.value

    def _solution(self) -> Solution:
        columns, batch, plan = self.pool.columns, self.batch, self._plan
        start = columns.start[plan.chosen]
        at = np.arange(batch.ptr[-1]) - np.repeat(batch.ptr[:-1] - start, np.diff(batch.ptr))
        rows = columns.rows[at]
        options = np.where(rows >= 0, batch.row_option[rows], -1)
        return Solution(options, plan.cost(columns), self.bound, self.best.value, self.best.prices, len(self.pool))
