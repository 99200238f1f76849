"""The batch optimiser: from arrays to a plan and the prices that prove its bound. See the package for the path."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.batch import Batch
from routing.batch.blocks import Work, dive, wave
from routing.batch.duals import DENIED, Bound, ascend, escapes
from routing.batch.incumbent import Incumbent, build, improve
from routing.batch.jointly import Joint
from routing.batch.master import Relaxed, Search, choose, relax
from routing.batch.pool import Pool
from routing.batch.pricing import price
from routing.batch.proof import Listed, every_column

_PREFERENCE = 1e3
"""A column's share in the linear programme outweighs any reduced cost."""

_LARGE = 2
"""Times the steps where there are large orders, which column generation alone knows too few ways to serve."""

_KNOWN = 3
"""From prices and the plan of an earlier run a fraction of the steps and escapes is enough."""

_NEAR = 5.0
"""Times the tolerance within which a bound that no longer rises is good enough."""

_SCARCE, _SCARCE_COLUMNS = 0.05, 1_500
"""Where the plan is further above the bound, whole lines hardly fit into what is left, and the linear programme says
little about them: then programmes of so many columns find more than large ones, in a tenth of the time."""

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
    """Where to begin: a ``plan`` that is possible, as columns by group, to be improved on; ``prices`` (resources,) of
    an earlier run and the columns of what it planned, which may not be possible any more."""

    plan: list[Listed]
    prices: Floats | None = None
    earlier: Sequence[Listed] = ()


def solve(batch: Batch, effort: Effort, seed: int, watch: Watch, start: Start | None = None) -> Solution:
    """Decide all orders of ``batch`` together, from a ``start`` if there is one."""
    run = _Run(batch, effort, seed, watch)
    if start is not None:
        run.begin(start)
    prices = None if start is None else start.prices
    return run.solve(np.zeros(batch.resources) if prices is None else prices)


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

    def begin(self, start: Start) -> None:
        """Take over the plan and the columns of ``start``; an order of which the plan has no column waits in it."""
        self.pool.add_listed(start.plan)
        columns = self.pool.columns
        chosen = np.empty(self.batch.orders, np.intp)
        chosen[columns.order] = np.arange(len(self.pool))  # the newest of each order: its backorder came first
        self._keep(Incumbent(columns, self.batch.limit, chosen))
        if start.earlier:
            self.pool.add_listed(start.earlier)

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
        pinned = np.zeros(0, np.intp)
        if batch.large:
            pinned = yield from self._pin_large()
        share = yield from self._generate(lambda: self._relax(pinned))
        self._round(self._shares(share), pinned)
        yield "rounding"
        self._keep(dive(batch, pool.columns, self._shares(share), self._reduced(), self._plan, effort.dive))
        yield "dive"
        for number, work in enumerate(effort.waves):
            shares, reduced = self._shares(share), self._reduced()
            if self._plan.cost(pool.columns) - self.bound > _SCARCE * abs(self.bound):
                work = replace(work, columns=min(work.columns, _SCARCE_COLUMNS))
            self._keep(wave(batch, pool.columns, shares, reduced, self._plan, _TURN * number, work))
            yield f"wave {number + 1}"
        if self._close():
            yield "proof"

    def _generate(self, programme: Callable[[], Relaxed]) -> Generator[str, None, Floats]:
        """Column generation with a linear ``programme``; returns the share (p,) of each column in the last one."""
        share, ascended = np.zeros(len(self.pool)), self.best.value
        for _ in range(self.effort.rounds):
            before, found = self.best.value, programme()
            for prices in (found.prices, 0.5 * (found.prices + self.best.prices)):
                priced = price(self.batch, prices)
                self.pool.add(priced)
                self._raise(Bound(priced.bound, prices))
            share = found.share
            yield "columns"
            if self._converged(found.value, before, ascended):
                break
        return share

    def _relax(self, pinned: Index) -> Relaxed:
        """The linear programme over all columns, of large orders only those ``pinned``."""
        taking_part = self._others()
        taking_part[pinned] = True
        return self._spread(relax(self.pool.columns.only(taking_part), self.batch.limit), taking_part)

    def _relax_jointly(self) -> Relaxed:
        """The linear programme over the columns of other orders and all ways to serve large ones."""
        others = self._others()
        joint = Joint(self.batch.large, self.pool.columns.only(others), self.batch.limit)
        return self._spread(joint.relax(), others)

    def _spread(self, found: Relaxed, taking_part: Flags) -> Relaxed:
        """The same with a share (p,) for all columns, none for those that did not take part."""
        share = np.zeros(len(taking_part))
        share[taking_part] = found.share
        return found._replace(share=share)

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

    def _pin_large(self) -> Generator[str, None, Index]:
        """One column for each large order, to be kept while the others are decided; where they are in the pool."""
        if Joint.applies(self.batch.large):
            yield from self._generate(self._relax_jointly)
            pinned = self._fit_jointly()
            if pinned is not None:  # once more, when the others have learnt to do without what these take
                first = pinned
                yield from self._generate(lambda: self._relax(first))
                pinned = self._fit_jointly()
            if pinned is not None:
                return pinned
        return self._fit_in_turn()

    def _fit_jointly(self) -> Index | None:
        """Let large orders choose beside the most tempting columns of all others; that plan is kept. None without."""
        others, columns = self._others(), self.pool.columns
        ranked = np.flatnonzero(others & ~columns.uses_nothing())
        dear = np.argsort(self._reduced()[ranked], kind="stable")[self.effort.dive.columns :]
        others[ranked[dear]] = False
        found = Joint(self.batch.large, columns.only(others), self.batch.limit).choose()
        if found is None:
            return None
        answers, taken = found
        together = zip(self.batch.large, answers, strict=True)
        pinned = np.array([self.pool.add_large(order, answer) for order, answer in together], np.intp)
        plan = np.concatenate([np.flatnonzero(others)[taken], pinned])
        chosen = np.empty(self.batch.orders, np.intp)
        chosen[self.pool.columns.order[plan]] = plan
        self._keep(Incumbent(self.pool.columns, self.batch.limit, chosen))
        return pinned

    def _fit_in_turn(self) -> Index:
        """Columns for the large orders that fit beside each other, the most costly to leave out first."""
        left, pinned = self.batch.limit.copy(), []
        for order in sorted(self.batch.large, key=lambda order: -order.backordered().cost):
            answer = order.fit(self.best.prices, left)
            np.subtract.at(left, *order.entries(answer.rows))
            pinned.append(self.pool.add_large(order, answer))
        return np.array(pinned, np.intp)

    def _others(self) -> Flags:
        """(p,): columns of orders that are not large."""
        others: Flags = ~np.isin(self.pool.columns.order, [order.order for order in self.batch.large])
        return others

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
