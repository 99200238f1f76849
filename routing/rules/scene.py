"""What rules look at: locations, orders, lines and stock, as plain values.

Names are those of the centre's own picture (``central/sourcing/domain.py``) where it has them, and every further field
has a default that no rule acts on. Whatever is not known is None, NaN or empty: never a number that happens to fit.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar, cast

import numpy as np

from retail.clock import NOW_MS_MAX
from retail.errors import Refused
from routing.arrays import Real, Whole

SHIP, PICKUP = "ship", "pickup"

ANYWHERE = "*"
"""Pickup location of a cart whose shopper has not chosen one: each location is asked whether it would do."""

UNITS_MAX = 10**9
"""What is more counts as so much; also the capacity of what has no limit."""

KEPT_MAX = 2_000
"""Answers that a backdrop keeps: several for each rule of a large rule set. Beyond that it forgets all of them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Load:
    """Units that a location was already asked for, in its local day and hour."""

    ship_day: int = 0
    pickup_day: int = 0
    ship_hour: int = 0
    pickup_hour: int = 0

    @property
    def day(self) -> int:
        """Units of the day, of both services."""
        return max(self.ship_day, 0) + max(self.pickup_day, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """A location. ``closed`` says why it takes no orders, empty if it does; ``capacity`` is what it can still handle.

    ``lat``, ``lon``
        Degrees; None, NaN or impossible means unknown.
    ``zone``
        Its IANA time zone; an unknown one makes its local time unknown, and rules of local time then block it.
    ``services``
        What it can do: "ground", "air", "post", "adult signature" and so on; empty if nobody has said.
    ``offline_since_ms``
        Since when its box has not been heard; None while it is. ``silent``: the centre calls it silent.
    ``confidence``
        Of its stock, 0 to 1, where the stock itself has none; ``rejects`` of today.
    """

    location: str
    name: str
    has_box: bool = True
    closed: str = ""
    silent: bool = False
    ships: bool = True
    hands_over: bool = True
    lat: float | None = None
    lon: float | None = None
    currency: str = ""
    country: str = ""
    capacity: int | None = None
    kind: str = "store"
    groups: frozenset[str] = frozenset()
    zone: str = "UTC"
    services: frozenset[str] = frozenset()
    certifications: frozenset[str] = frozenset()
    offline_since_ms: int | None = None
    rejects: int = 0
    confidence: float | None = None
    load: Load = Load()


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line: ``amount`` is what the customer pays for all of it, ``weight_g`` one unit's.

    ``kit`` names lines of the order that are sold as one; ``picking`` the location where its pick has started;
    ``excluded`` the locations that were asked for it and could not.
    """

    sku: str
    quantity: int
    amount: int = 0
    weight_g: int = 0
    tags: frozenset[str] = frozenset()
    kit: str = ""
    picking: str = ""
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order. ``service`` is ``ship`` or ``pickup``; times are milliseconds since 1970 UTC.

    ``kind`` of the destination: "", "po_box", "military" and so on. ``region`` as ISO 3166-2 without its country.
    ``waiting_since_ms``: since when it could not be served, for fallbacks; None for ``placed_ms``. ``pinned_location``:
    a service agent has chosen it. ``value``: None for the sum of its lines.
    """

    order_id: str
    service: str
    lines: tuple[OpenLine, ...]
    pickup_location: str = ""
    lat: float | None = None
    lon: float | None = None
    country: str = ""
    currency: str = ""
    promise_ms: int | None = None
    placed_ms: int = 0
    channel: str = ""
    region: str = ""
    postcode: str = ""
    kind: str = ""
    tier: str = ""
    value: int | None = None
    waiting_since_ms: int | None = None
    pinned_location: str = ""

    @property
    def worth(self) -> int:
        """Value in minor units."""
        return sum(max(line.amount, 0) for line in self.lines) if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Option:
    """A column of the problem: a place with one service, one slot or one transfer.

    ``place`` is its index. ``service``: how it sends, or empty for whatever the place can. ``transfer_to``: the
    location to which it brings an order that is collected there. ``at_ms``: when the work is done, None for now; on
    another local day the place has taken nothing yet.
    """

    place: int
    service: str = ""
    transfer_to: str = ""
    at_ms: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Stock:
    """Units of S SKUs at the L places, and what is known of them; the tables are (S, L) or None for "not known".

    ``units`` that may be promised, below zero counts as zero. ``confidence`` that they are there, 0 to 1. ``weeks`` of
    supply. ``sizes`` of the same style that the place has. ``display``: how many of the units are on display. NaN is
    unknown.
    """

    skus: tuple[str, ...]
    units: Whole
    confidence: Real | None = None
    weeks: Real | None = None
    sizes: Whole | None = None
    display: Whole | None = None

    @classmethod
    def of(cls, places: Sequence[Place], orders: Sequence[OpenOrder], available: Mapping[tuple[str, str], int]) -> Self:
        """The stock of every SKU that an order asks for; ``available`` maps location and SKU to units."""
        skus = sorted({line.sku for order in orders for line in order.lines})
        row = {sku: index for index, sku in enumerate(skus)}
        column = {place.location: index for index, place in enumerate(places)}
        units = np.zeros((len(skus), len(places)), np.int64)
        for (location, sku), count in available.items():
            if sku in row and location in column:
                units[row[sku], column[location]] = min(max(count, -1), UNITS_MAX)
        return cls(tuple(skus), units)


@dataclass(frozen=True, eq=False, slots=True)
class Backdrop:
    """What stands behind the orders of a scene: L places, K options (the places, where none are given) and a moment,
    ``now_ms`` in milliseconds since 1970 UTC, with all that follows from them alone.

    Who asks about one cart after another makes one backdrop for all of them. Then a place is looked at once, not once
    for every cart, and compiling rules for a cart costs a few operations on arrays for each rule.

    Raises :class:`Refused` for an impossible moment, a location that is there twice, and an option of no place.
    """

    places: tuple[Place, ...]
    options: tuple[Option, ...]
    now_ms: int
    _kept: dict[Hashable, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.now_ms < NOW_MS_MAX:
            raise Refused("now_ms", "the moment is not between 1970 and 9998", "set the clock")
        _check_places(self.places, self.options)
        if not self.options:
            object.__setattr__(self, "options", _every_place(self.places))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` returns, which must follow from the backdrop and ``key`` alone. Arrays are read only."""
        try:
            return cast("T", self._kept[key])
        except KeyError:
            made = make()
        if isinstance(made, np.ndarray):
            made.setflags(write=False)
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        self._kept[key] = made
        return made


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """All that one run decides on.

    ``options`` are the columns of the problem, by default the places. ``transit_days`` (O, K), optional: business days
    from option to order, -1 where unknown. ``backdrop``, optional: the one that scenes share; see :meth:`before`.

    Raises :class:`Refused` where the parts do not fit together: that is the caller's error, not bad data.
    """

    places: tuple[Place, ...]
    orders: tuple[OpenOrder, ...]
    stock: Stock
    options: tuple[Option, ...] = ()
    transit_days: Whole | None = field(default=None)
    backdrop: Backdrop | None = None

    @classmethod
    def before(
        cls, backdrop: Backdrop, orders: tuple[OpenOrder, ...], stock: Stock, transit_days: Whole | None = None
    ) -> Self:
        """A scene with the places and options of ``backdrop``, to be asked about at its moment."""
        return cls(backdrop.places, orders, stock, backdrop.options, transit_days, backdrop)

    def __post_init__(self) -> None:
        if self.backdrop is None:
            _check_places(self.places, self.options)
        elif self.backdrop.places is not self.places or self.backdrop.options is not self.options:
            raise Refused("backdrop", "it is of other places or options", "make the scene before it")
        _once("stock.skus", list(self.stock.skus), "SKU")
        known = set(self.stock.skus)
        for number, order in enumerate(self.orders):
            if not order.lines:
                raise Refused(f"orders[{number}].lines", "there is none", "leave out empty orders")
            for place, line in enumerate(order.lines):
                if line.sku not in known:
                    raise Refused(f"orders[{number}].lines[{place}].sku", "it has no stock row", "give one, even of 0")
        shape = (len(self.stock.skus), len(self.places))
        for name in ("units", "confidence", "weeks", "sizes", "display"):
            table = getattr(self.stock, name)
            if table is not None and table.shape != shape:
                raise Refused(f"stock.{name}", f"has shape {table.shape}", f"give shape {shape}")
        if self.stock.units.dtype.kind not in "iu":
            raise Refused("stock.units", f"holds {self.stock.units.dtype}", "round to whole units first")
        if self.transit_days is not None and self.transit_days.shape != (len(self.orders), len(self.columns)):
            raise Refused("transit_days", f"has shape {self.transit_days.shape}", "give a day per order and option")

    @property
    def columns(self) -> tuple[Option, ...]:
        """The K options."""
        return self.options or _every_place(self.places)


def _every_place(places: Sequence[Place]) -> tuple[Option, ...]:
    """The options of a scene that names none: its places, whatever they can."""
    return tuple(Option(index) for index in range(len(places)))


def _check_places(places: Sequence[Place], options: Sequence[Option]) -> None:
    """Raise :class:`Refused` for a location that is there twice, and for an option of no place."""
    _once("places", [place.location for place in places], "location")
    for number, option in enumerate(options):
        if not 0 <= option.place < len(places):
            raise Refused(f"options[{number}].place", f"there is no place {option.place}", "give its index")


def _once(field_name: str, names: list[str], what: str) -> None:
    if len(set(names)) < len(names):
        again = next(name for number, name in enumerate(names) if name in names[:number])
        raise Refused(field_name, f"the {what} {again[:40]!r} is there twice", "name each once")
