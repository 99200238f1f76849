"""The batch optimiser: from arrays to a plan and the prices that prove its bound. See the package for the path."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from routing.arrays import Floats, Index
from routing.batch.batch import Batch, Group
from routing.batch.blocks import Work, wave
from routing.batch.duals import Bound, ascend, escapes
from routing.batch.incumbent import Incumbent, build, improve
from routing.batch.master import relax
from routing.batch.pool import Columns, Pool
from routing.batch.pricing import price

_PREFERENCE = 1e3


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits on the work of a run: counts, never seconds, so that the same input gives the same plan on any machine.

    ``ascents`` subgradient steps; ``escapes`` pricing steps with scarce resources denied; at most ``rounds`` of column
    generation, ended when the bound is within ``converged`` of the linear programme; ``waves`` of integer programmes.
    """

    name: str
    ascents: int
    escapes: int
    rounds: int
    converged: float
    waves: tuple[Work, ...]


class Progress(NamedTuple):
    """How far a run is: ``stage``, ``cost`` of the plan so far (infinite before the first), the proved ``bound``."""

    stage: str
    cost: float
    bound: float


Watch = Callable[[Progress], bool]
"""Called after every stage; returning False ends the run there with the plan and the bound so far."""


@dataclass(frozen=True, eq=False, slots=True)
class Solution:
    """``options`` (n,) of all lines, -1 for backorder; ``cost`` in money; ``prices`` (resources,) prove ``bound``."""

    options: Index
    cost: float
    bound: float
    prices: Floats
    columns: int


def solve(batch: Batch, effort: Effort, seed: int, watch: Watch, start: Floats | None = None) -> Solution:
    """Decide all orders of ``batch`` together. ``start`` (resources,): prices of an earlier run."""
    return _Run(batch, effort, seed, watch).solve(np.zeros(batch.resources) if start is None else start)


class _Run:
    """One run: its columns, the best bound and the best plan so far."""

    def __init__(self, batch: Batch, effort: Effort, seed: int, watch: Watch) -> None:
        self.batch, self.effort, self.watch = batch, effort, watch
        self.rng = np.random.default_rng(seed)
        self.pool = Pool(batch)
        self.best = Bound(-np.inf, np.zeros(batch.resources))
        self.plan: Incumbent | None = None

    def solve(self, start: Floats) -> Solution:
        batch, effort, pool = self.batch, self.effort, self.pool
        groups = batch.groups
        pool.add_backorders()
        first = price(batch, groups, start)
        pool.add(first, groups)
        self._raise(ascend(batch, groups, start, effort.ascents))
        escapes(batch, groups, self.best.prices, np.linspace(1.0, 0.3, effort.escapes), self.rng, pool)
        self._round(self.best.prices, np.zeros(len(pool)))
        if not self._tell("prices"):
            return self._solution()
        share = self._generate(groups)
        self._round(self.best.prices, share)
        going = self._tell("columns")
        for number, work in enumerate(effort.waves):
            if not going:
                break
            columns = pool.columns
            reduced = _reduced(columns, self.best.prices, batch.orders)
            assert self.plan is not None
            self.plan = wave(batch, columns, self.plan, reduced, 2.4 * number, work)
            improve(columns, self.plan, batch.orders)
            going = self._tell(f"programme {number + 1}")
        return self._solution()

    def _generate(self, groups: tuple[Group, ...]) -> Floats:
        """Column generation: the linear programme's prices ask for columns, until none is missing."""
        batch, pool, effort = self.batch, self.pool, self.effort
        for _ in range(effort.rounds):
            relaxed = relax(pool.columns, batch.limit)
            share = relaxed.share
            for prices in (relaxed.prices, 0.5 * (relaxed.prices + self.best.prices)):
                priced = price(batch, groups, prices)
                pool.add(priced, groups)
                self._raise(Bound(priced.bound, prices))
            if not self._tell("columns") or relaxed.value - self.best.value <= effort.converged * abs(relaxed.value):
                break
        return np.concatenate([share, np.zeros(len(pool) - len(share))])

    def _round(self, prices: Floats, share: Floats) -> float:
        """Build a plan from column shares and prices, keep it if it is the best; its cost."""
        columns, orders = self.pool.columns, self.batch.orders
        reduced = _reduced(columns, prices, orders)
        plan = build(columns, self.batch.limit, reduced - _PREFERENCE * share, orders)
        improve(columns, plan, orders)
        if self.plan is None or plan.cost(columns) < self.plan.cost(columns):
            self.plan = plan
        return plan.cost(columns)

    def _raise(self, bound: Bound) -> None:
        if bound.value > self.best.value:
            self.best = bound

    def _tell(self, stage: str) -> bool:
        cost = np.inf if self.plan is None else self.plan.cost(self.pool.columns)
        return self.watch(Progress(stage, cost, self.best.value))

    def _solution(self) -> Solution:
        assert self.plan is not None
        columns, batch = self.pool.columns, self.batch
        options = np.full(len(batch.units), -1, np.intp)
        count = np.diff(batch.order_ptr)
        start = columns.start[self.plan.chosen]
        at = np.arange(len(options)) - np.repeat(batch.order_ptr[:-1] - start, count)
        rows = columns.rows[at]
        options[rows >= 0] = batch.row_option[rows[rows >= 0]]
        return Solution(options, self.plan.cost(columns), self.best.value, self.best.prices, len(self.pool))


def _reduced(columns: Columns, prices: Floats, orders: int) -> Floats:
    """(p,): cost of each column at ``prices`` above the best column of its order."""
    reduced = columns.reduced(prices)
    least = np.full(orders, np.inf)
    np.minimum.at(least, columns.order, reduced)
    return reduced - least[columns.order]
