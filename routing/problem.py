"""The question: orders, options, stock, capacity and costs, as arrays. Checked once, then read only.

Money is whole cents. Cost tables are integers (int32 is exact to 21 million dollars, where float32 of the same size is
exact only to 168 thousand); inside the solver they become float64 that hold whole numbers below 2**53, which add
exactly in any order and have an infinity for "cannot". So a plan's cost is exact and repeats bit for bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from routing.arrays import Flags, Real, Whole
from routing.parcels import Parcels
from routing.terms import LineTerm
from routing.validate import PRICE_NAMES, validate

BACKORDER = -1
"""In an assignment: no option serves the line."""

BACKORDER_TERM = "backorder"
"""Name of the cost term of lines that no option serves."""

NO_LEG = -1
"""In ``Problem.leg``: the option needs no transfer for the order."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an option may not serve an order. ``text`` follows its name: "is paused until 14:00".

    ``priced`` is False where the costs of such an option are unknown (no coordinates): it is then never called
    cheaper. Elsewhere the cost tables must hold what it would have cost. ``least_change`` says what would lift it: "if
    its cut-off were 15:30".
    """

    text: str
    priced: bool = True
    least_change: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Prices:
    """What contested units are worth to other orders: duals of the last batch. They steer the choice; nobody pays them.

    ``stock`` (S, L) and ``capacity`` (C,) in cents per unit, at least 0; None for nothing.
    """

    stock: Real | None = None
    capacity: Real | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """O orders of n lines in all over S SKUs, L locations and K options. A line is served whole by one option or
    backordered.

    An option is a way to serve: a location with a service, a pick slot or a transfer to the pickup store. Unless
    ``place`` is given, the options are the locations. The lines of an order that share an option are one package.

    ``order_ptr`` (O + 1,)
        Lines of order o are ``order_ptr[o]:order_ptr[o + 1]``; at least one, at most 255 each.
    ``line_sku``, ``line_qty``, ``backorder`` (n,)
        SKU index, units (at least 1), cents for leaving the line unserved. A quantity that may be divided over
        options is given as several lines of the same SKU.
    ``stock`` (S, L), ``capacity`` (C,)
        Units that may be promised; units that each pool can still handle. C is L unless ``pool`` or ``leg`` is given.
    ``blocked`` (O, K), ``reasons``
        0 = the option may serve the order, else an index into ``reasons``; ``reasons[0]`` is not used.
    ``package_terms``
        Name -> (O, K) or (K,) whole cents per package. Together not below zero: a credit belongs to a line, or else
        one package would be two.
    ``line_terms``
        Name -> :class:`~routing.terms.LineTerm`.
    ``line_blocked`` (n, K), optional
        Like ``blocked`` for a single line: a product that the location may not handle or send.
    ``pickup`` (O,), optional
        The only location whose options may serve the order, or -1 for any. An order that may be transferred to where it
        is collected has -1 and its own ``blocked``.
    ``max_packages`` (O,), optional
        At most so many packages; 0 for no limit.
    ``prices``, optional
        Duals that steer the choice.
    ``place`` (K,), optional
        The option's location: its column of ``stock``. Options of one location draw on the same units.
    ``pool`` (K,), optional
        The option's entry of ``capacity``, its ``place`` if not given. Options of one pool share its capacity.
    ``leg`` (O, K), optional
        A second entry of ``capacity`` that the order's units also take up, such as a transfer truck, or -1.
    ``parcels``, optional
        :class:`~routing.parcels.Parcels`: a price of each package by its weight, one more cost term.
    ``kits`` (n,), optional
        Lines of one order with the same number go in one package or are all backordered; -1 for a line by itself.
    ``complete`` (O,), optional
        True where either every line is served, by however many options, or none.

    Raises :class:`retail.errors.Refused`, naming the array and what to do. Arrays are kept, not copied: leave them be.
    """

    order_ptr: Whole
    line_sku: Whole
    line_qty: Whole
    backorder: Whole
    stock: Whole
    capacity: Whole
    blocked: Whole
    reasons: tuple[Reason, ...]
    package_terms: Mapping[str, Whole]
    line_terms: Mapping[str, LineTerm]
    line_blocked: Whole | None = None
    pickup: Whole | None = None
    max_packages: Whole | None = None
    prices: Prices = field(default_factory=Prices)
    place: Whole | None = None
    pool: Whole | None = None
    leg: Whole | None = None
    parcels: Parcels | None = None
    kits: Whole | None = None
    complete: Flags | None = None

    def __post_init__(self) -> None:
        validate(self)

    @property
    def orders(self) -> int:
        """O, the number of orders."""
        return len(self.order_ptr) - 1

    @property
    def locations(self) -> int:
        """L, the number of locations."""
        return int(self.stock.shape[1])

    @property
    def options(self) -> int:
        """K, the number of options."""
        return self.locations if self.place is None else len(self.place)

    @property
    def separate(self) -> bool:
        """No two options draw on the same stock or capacity: every option is a location by itself."""
        return self.place is None and self.pool is None and self.leg is None

    @property
    def places(self) -> Whole:
        """(K,): the location of each option."""
        return np.arange(self.locations) if self.place is None else self.place

    @property
    def pools(self) -> Whole:
        """(K,): the entry of ``capacity`` on which each option draws."""
        return self.places if self.pool is None else self.pool

    def leg_of(self, order: int) -> Whole | None:
        """(K,): the second entry of ``capacity`` that each option takes up for the order, or -1; None if none does."""
        return None if self.leg is None else self.leg[order]

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of everything that is paid, in the order of every table of costs by term."""
        parcels = () if self.parcels is None else (self.parcels.name,)
        return (*self.package_terms, *parcels, *self.line_terms, BACKORDER_TERM)

    def lines_of(self, order: int) -> slice:
        """The order's lines in every (n,) array."""
        return slice(int(self.order_ptr[order]), int(self.order_ptr[order + 1]))

    def eligible(self, order: int) -> Flags:
        """(K,): the option may serve the order, as far as neither stock nor capacity is asked."""
        allowed: Flags = self.blocked[order] == 0
        pickup = self.pickup_of(order)
        if pickup >= 0:
            allowed &= self.places == pickup
        return allowed

    def pickup_of(self, order: int) -> int:
        """The location where the order is collected and which alone may serve it, or -1."""
        return -1 if self.pickup is None else int(self.pickup[order])

    def packages_limit(self, order: int) -> int:
        """The most packages that the order may come in; 0 for no limit."""
        return 0 if self.max_packages is None else int(self.max_packages[order])

    def goes_whole(self, order: int) -> bool:
        """Either all lines of the order are served or none."""
        return self.complete is not None and bool(self.complete[order])

    def price_terms(self, order: int) -> Iterator[tuple[str, LineTerm]]:
        """The duals as line terms of one order, with their names in explanations."""
        stock, capacity = PRICE_NAMES
        if self.prices.stock is not None:
            yield stock, LineTerm(self.prices.stock, "sku", self.line_qty)
        if self.prices.capacity is not None:
            yield capacity, LineTerm(self._capacity_rate(order, self.prices.capacity), "option", self.line_qty)

    @property
    def price_names(self) -> tuple[str, ...]:
        """Names of the terms of :meth:`price_terms`."""
        rates = (self.prices.stock, self.prices.capacity)
        return tuple(name for name, rate in zip(PRICE_NAMES, rates, strict=True) if rate is not None)

    def _capacity_rate(self, order: int, prices: Real) -> Real:
        rate = prices if self.separate else prices[self.pools]
        leg = self.leg_of(order)
        return rate if leg is None else rate + np.where(leg == NO_LEG, 0, prices[leg])
