"""What serves a week: rules, single decisions with and without prices, and batches at prices; and hindsight."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from routing.batch.efforts import QUICK, STANDARD
from routing.batch.solve import Effort
from routing.bids.prices import STEPS, BidPrices, bid_prices
from routing.bids.renewal import Renewal
from routing.bids.stages import Staged, staged
from routing.optimise import optimise
from routing.plan import Plan
from routing.problem import Prices, Problem
from routing.split import split
from routing.terms import LineTerm
from tests.bench.online.simulate import World
from tests.bench.online.week import ARRIVAL_H, Orders, Week, chosen, later, sampled
from tests.bench.rule import nearest_rule

Lines = NDArray[np.int64]
_FUTURES = 7
"""Sets the chances of forecasts apart from those of the week."""


class Nearest:
    """What rule engines do: the nearest location with everything, else the nearest for each line."""

    every_h = 0.0

    def place(self, world: World, order: int, lines: Lines) -> Lines:
        """See :class:`~tests.bench.online.simulate.Policy`."""
        week = world.week
        far = np.hypot(*(week.network.place - week.orders.home[order]).T)
        sku, qty = week.orders.sku[lines], week.orders.qty[lines]
        able = (world.shelf.units[sku] >= qty[:, None]) & ~world.refused[order]
        return nearest_rule(far, able)

    def tick(self, world: World) -> None:
        """Nothing to do."""


class Exact:
    """Each order by itself, the cheapest way there is. Myopic: what it takes is worth nothing to anybody else."""

    every_h = 0.0

    def place(self, world: World, order: int, lines: Lines) -> Lines:
        """See :class:`~tests.bench.online.simulate.Policy`."""
        one = chosen([(world.week.orders, order)])
        mask = np.isin(np.arange(len(one.sku)), lines - world.week.orders.ptr[order])
        problem = world.week.network.problem(one, world.shelf.units, world.refused[[order]], mask)
        return split(replace(problem, prices=self.prices(world)), 0).assignment

    def prices(self, world: World) -> Prices:
        """Of stock, now."""
        del world
        return Prices()

    def tick(self, world: World) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class Forecast:
    """How prices are made: ``futures`` sampled, with ``factor`` times the demand of past weeks."""

    futures: int = 8
    factor: float = 1.0
    renewal: Renewal = field(default_factory=lambda: Renewal(6 * 3600.0, 200))
    steps: int = STEPS


class Priced(Exact):
    """Each order by itself, at bid prices of a forecast that are renewed by time and units."""

    def __init__(self, forecast: Forecast) -> None:
        self.forecast = forecast
        self.renewals = 0
        self._made_h, self._taken, self._arrived = -np.inf, 0, False
        self._last: BidPrices | None = None
        self._sampled: list[Orders] = []

    def prices(self, world: World) -> Prices:
        """See :class:`Exact`."""
        age_s, units = 3600 * (world.now_h - self._made_h), world.taken - self._taken
        if self._last is None or world.arrived != self._arrived or self.forecast.renewal.is_due(age_s, units):
            self._last = bid_prices(self._futures(world), self.forecast.steps, self._last)
            self._made_h, self._taken, self._arrived = world.now_h, world.taken, world.arrived
            self.renewals += 1
        return self._last.prices

    def _futures(self, world: World) -> list[Staged]:
        """The same futures all week, less what has passed: so prices move because stock does, not by chance."""
        week = world.week
        if not self._sampled:
            random = np.random.default_rng([week.seed, _FUTURES])
            self._sampled = [sampled(week.past, self.forecast.factor, random) for _ in range(self.forecast.futures)]
        self._sampled = [later(orders, world.now_h) for orders in self._sampled]
        return [future(week, world, orders) for orders in self._sampled]


def future(week: Week, world: World, orders: Orders) -> Staged:
    """The question about orders that may come, on what the shelf has now and what will arrive."""
    problem = week.network.problem(orders, world.shelf.units)
    if world.arrived:
        return staged(problem, [], np.zeros(len(orders), np.int64))
    return staged(problem, [week.arriving], (orders.accepted >= ARRIVAL_H).astype(np.int64))


class Batches(Priced):
    """Orders are placed at prices as they come; those that nobody has accepted are decided again together, every
    ``every_h``, with the same prices on what they take."""

    def __init__(self, forecast: Forecast, every_h: float = 2.0, effort: Effort = QUICK) -> None:
        super().__init__(forecast)
        self.every_h, self._effort = every_h, effort
        self._decided: object = None

    def tick(self, world: World) -> None:
        """See :class:`~tests.bench.online.simulate.Policy`."""
        prices = self.prices(world)  # of what is left beside the open orders, which are no part of the forecast
        asked_before, self._decided = self._decided, (tuple(world.open), self.renewals)
        if not world.open or self._decided == asked_before:
            return
        week, orders = world.week, list(world.open)
        lines = np.concatenate([world.lines(order) for order in orders])
        before = world.where[lines]
        world.lift(lines)
        asked = chosen([(week.orders, order) for order in orders])
        problem = _with_worth(week.network.problem(asked, world.shelf.units, world.refused[orders]), prices)
        found = optimise(problem, np.arange(len(orders)), self._effort)
        standing = Plan.of(problem, before).total
        world.put(lines, found.plan.assignment if found.plan.total < standing else before)


def _with_worth(problem: Problem, prices: Prices) -> Problem:
    """The problem in which a unit that is taken costs what it will be worth."""
    if prices.stock is None:
        return problem
    worth = LineTerm(prices.stock, "sku", problem.line_qty)
    return replace(problem, line_terms={**problem.line_terms, "terminal value": worth})


@dataclass(frozen=True)
class Hindsight:
    """The best that anybody could have done who knew the whole week: a plan's ``cents`` and a proved ``bound``."""

    cents: int
    bound: int


def hindsight_problem(week: Week) -> Staged:
    """The whole week with all information: orders, refusals, and stock that comes in time for those accepted later."""
    problem = week.network.problem(week.orders, week.stock, week.refuses)
    return staged(problem, [week.arriving], (week.orders.accepted >= ARRIVAL_H).astype(np.int64))


def hindsight(week: Week, effort: Effort = STANDARD) -> Hindsight:
    """One run over everything."""
    problem = hindsight_problem(week).problem
    found = optimise(problem, np.arange(problem.orders), effort, place=week.orders.home)
    return Hindsight(found.cost, found.bound)
