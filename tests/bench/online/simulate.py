"""A week served by a policy, event by event: orders come, locations accept or refuse, stock arrives, time passes.

Pure and seeded: what happens depends on the week alone, so that all policies meet the same chances. An order is placed
*tentatively* when it comes; its units are set aside. When the location answers, the order is final, or the packages of
locations that refuse are placed once more without them, at once. Until then a policy may move it.

The :class:`Shelf` refuses to give a unit that is not there, whatever a policy asks for.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from routing.price import cost_by_term
from tests.bench.online.week import ARRIVAL_H, HOURS, Orders, Week, chosen

ARRIVES, STOCK, TICK, ACCEPTED = range(4)
"""Events; of those at one time, in this order."""
NOWHERE = -1


class OutOfStock(AssertionError):
    """A policy asked for a unit that is not there."""


class Shelf:
    """Units (S, L) that nobody has yet."""

    def __init__(self, units: NDArray[np.int64]) -> None:
        self.units = units.copy()

    def take(self, sku: NDArray[np.int64], qty: NDArray[np.int64], where: NDArray[np.int64]) -> None:
        """Set aside ``qty`` of each line, but for backordered ones."""
        on = where != NOWHERE
        np.subtract.at(self.units, (sku[on], where[on]), qty[on])
        if (self.units[sku[on], where[on]] < 0).any():
            raise OutOfStock("a unit was used that is not there")

    def give_back(self, sku: NDArray[np.int64], qty: NDArray[np.int64], where: NDArray[np.int64]) -> None:
        """The opposite."""
        on = where != NOWHERE
        np.add.at(self.units, (sku[on], where[on]), qty[on])


@dataclass
class World:
    """What a policy may look at: the time, the shelf, the open orders and where they were put. ``taken`` counts units
    that were set aside for orders that came or came back."""

    week: Week
    shelf: Shelf
    now_h: float = 0.0
    refused: NDArray[np.bool_] = field(init=False)
    where: NDArray[np.int64] = field(init=False)
    open: dict[int, None] = field(default_factory=dict)
    taken: int = 0
    arrived: bool = False

    def __post_init__(self) -> None:
        self.refused = np.zeros(self.week.refuses.shape, np.bool_)
        self.where = np.full(len(self.week.orders.sku), NOWHERE, np.int64)

    def lines(self, order: int) -> NDArray[np.int64]:
        """Indices of the order's lines."""
        span = self.week.orders.lines_of(order)
        return np.arange(span.start, span.stop)

    def put(self, lines: NDArray[np.int64], where: NDArray[np.int64]) -> None:
        """Set units aside for lines."""
        orders = self.week.orders
        self.shelf.take(orders.sku[lines], orders.qty[lines], where)
        self.where[lines] = where

    def lift(self, lines: NDArray[np.int64]) -> None:
        """Give back what lines have set aside."""
        orders = self.week.orders
        self.shelf.give_back(orders.sku[lines], orders.qty[lines], self.where[lines])
        self.where[lines] = NOWHERE


class Policy(Protocol):
    """Decides. ``every_h``: how often it may look at all open orders, 0 for never."""

    every_h: float

    def place(self, world: World, order: int, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """A location for each of ``lines`` of an order, -1 for backorder."""

    def tick(self, world: World) -> None:
        """Move open orders, if that is better."""


@dataclass(frozen=True, eq=False)
class Result:
    """``cents`` paid in all; ``where`` (n,) each line went; ``packages`` (order, location) sent; ``refusals`` met."""

    cents: int
    where: NDArray[np.int64]
    packages: int
    backordered: int
    refusals: int
    left: NDArray[np.int64]


def simulate(week: Week, policy: Policy) -> Result:
    """The week from its first order to its last."""
    orders = week.orders
    world = World(week, Shelf(week.stock))
    paid = packages = refusals = 0
    for now, kind, order in _events(orders, policy.every_h):
        world.now_h = now
        if kind == STOCK:
            world.shelf.units += week.arriving
            world.arrived = True
        elif kind == TICK:
            policy.tick(world)
        elif kind == ARRIVES:
            lines = world.lines(order)
            world.open[order] = None
            world.put(lines, policy.place(world, order, lines))
            world.taken += int(orders.qty[lines].sum())
        else:
            del world.open[order]
            lines = world.lines(order)
            while len(lines):
                no = world.where[lines] != NOWHERE
                no[no] = week.refuses[order, world.where[lines][no]]
                sent = lines[~no]
                paid += _cents(week, order, sent, world.where[sent])
                packages += len(set(world.where[sent].tolist()) - {NOWHERE})
                lines = lines[no]
                if len(lines):
                    refusals += 1
                    world.refused[order, world.where[lines]] = True
                    world.lift(lines)
                    world.put(lines, policy.place(world, order, lines))
    return Result(paid, world.where, packages, int((world.where == NOWHERE).sum()), refusals, world.shelf.units)


def _events(orders: Orders, every_h: float) -> list[tuple[float, int, int]]:
    events = [(float(hour), ARRIVES, order) for order, hour in enumerate(orders.hour)]
    events += [(float(hour), ACCEPTED, order) for order, hour in enumerate(orders.accepted)]
    events.append((ARRIVAL_H, STOCK, -1))
    if every_h:
        events += [(float(hour), TICK, -1) for hour in np.arange(every_h, HOURS + 24, every_h)]
    return sorted(events)


def _cents(week: Week, order: int, lines: NDArray[np.int64], where: NDArray[np.int64]) -> int:
    """What the packages and backordered lines among ``lines`` of one order cost."""
    if not len(lines):
        return 0
    one = chosen([(week.orders, order)])
    mask = np.isin(np.arange(len(one.sku)), lines - week.orders.ptr[order])
    problem = week.network.problem(one, week.stock, lines=mask)
    return int(cost_by_term(problem, 0, where).sum())
