"""The question: orders, locations, stock, capacity and costs, as arrays. Checked once, then read only.

Money is whole cents. Cost tables are integers (int32 is exact to 21 million dollars, where float32 of the same size is
exact only to 168 thousand); inside the solver they become float64 that hold whole numbers below 2**53, which add
exactly in any order and have an infinity for "cannot". So a plan's cost is exact and repeats bit for bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from routing.arrays import Flags, Real, Whole
from routing.terms import LineTerm
from routing.validate import validate

BACKORDER = -1
"""In an assignment: no location serves the line."""

BACKORDER_TERM = "backorder"
"""Name of the cost term of lines that no location serves."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a location may not serve an order. ``text`` follows the location's name: "is paused until 14:00".

    ``priced`` is False where the costs of such a location are unknown (no coordinates): it is then never called
    cheaper. Elsewhere the cost tables must hold what it would have cost.
    """

    text: str
    priced: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Prices:
    """What contested units are worth to other orders: duals of the last batch. They steer the choice; nobody pays them.

    ``stock`` (S, L) and ``capacity`` (L,) in cents per unit, at least 0; None for nothing.
    """

    stock: Real | None = None
    capacity: Real | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """O orders of n lines in all over S SKUs and L locations. A line is served whole by one location or backordered.

    The lines of an order that share a location are one package.

    ``order_ptr`` (O + 1,)
        Lines of order o are ``order_ptr[o]:order_ptr[o + 1]``; at least one, at most 255 each.
    ``line_sku``, ``line_qty``, ``backorder`` (n,)
        SKU index, units (at least 1), cents for leaving the line unserved. A quantity that may be divided over
        locations is given as several lines of the same SKU.
    ``stock`` (S, L), ``capacity`` (L,)
        Units that may be promised; units that the location can still handle.
    ``blocked`` (O, L), ``reasons``
        0 = the location may serve the order, else an index into ``reasons``; ``reasons[0]`` is not used.
    ``package_terms``
        Name -> (O, L) or (L,) whole cents per package. Together not below zero: a credit belongs to a line, or else
        one package would be two.
    ``line_terms``
        Name -> :class:`~routing.terms.LineTerm`.
    ``line_blocked`` (n, L), optional
        Like ``blocked`` for a single line: a product that the location may not handle or send.
    ``pickup`` (O,), optional
        The only location that may serve the order, or -1 for any. An order that may be transferred to where it is
        collected has -1 and its own ``blocked``.
    ``max_packages`` (O,), optional
        At most so many packages; 0 for no limit.
    ``prices``, optional
        Duals that steer the choice.

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

    def __post_init__(self) -> None:
        validate(self)

    @property
    def orders(self) -> int:
        """O, the number of orders."""
        return len(self.order_ptr) - 1

    @property
    def locations(self) -> int:
        """L, the number of locations."""
        return len(self.capacity)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of everything that is paid, in the order of every table of costs by term."""
        return (*self.package_terms, *self.line_terms, BACKORDER_TERM)

    def lines_of(self, order: int) -> slice:
        """The order's lines in every (n,) array."""
        return slice(int(self.order_ptr[order]), int(self.order_ptr[order + 1]))

    def eligible(self, order: int) -> Flags:
        """(L,): the location may serve the order, as far as neither stock nor capacity is asked."""
        allowed: Flags = self.blocked[order] == 0
        place = self.pickup_of(order)
        if place >= 0:
            only = allowed[place]
            allowed[:] = False
            allowed[place] = only
        return allowed

    def pickup_of(self, order: int) -> int:
        """The location where the order is collected and which alone may serve it, or -1."""
        return -1 if self.pickup is None else int(self.pickup[order])

    def packages_limit(self, order: int) -> int:
        """The most packages that the order may come in; 0 for no limit."""
        return 0 if self.max_packages is None else int(self.max_packages[order])

    def price_terms(self) -> Iterator[tuple[str, LineTerm]]:
        """The duals as line terms, with their names in explanations."""
        if self.prices.stock is not None:
            yield "stock price", LineTerm(self.prices.stock, "sku", self.line_qty)
        if self.prices.capacity is not None:
            yield "capacity price", LineTerm(self.prices.capacity, "location", self.line_qty)
