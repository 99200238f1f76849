"""A cart, the stock that it is held against, and what it is answered, as values. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from central.sourcing.promises.network import Ints


@dataclass(frozen=True, slots=True)
class CartLine:
    """What is wanted: pieces, or grams. ``gift``: it is to be wrapped; lines with the same ``kit`` are sold as one."""

    sku: str
    quantity: int
    gift: bool = False
    kit: str = ""


@dataclass(frozen=True, slots=True)
class Cart:
    """A question. Coordinates are nan where only the ``country`` is known; ``country`` may be empty. Amounts are of
    ``currency``. ``pickup`` is the place that the shopper prefers, or empty; at most ``pickups_max`` are wanted, within
    ``pickup_km``.

    ``channel``, ``tier``, ``region`` and ``postcode`` are those of the order that it becomes, empty where not known;
    ``value`` is what the customer would pay for it, None for the standard prices of its lines.
    """

    lines: tuple[CartLine, ...]
    lat: float
    lon: float
    country: str
    currency: str
    pickup: str = ""
    pickups_max: int = 5
    pickup_km: float = 100.0
    channel: str = ""
    tier: str = ""
    region: str = ""
    postcode: str = ""
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What the catalogue says of a SKU: the weight of one unit, its age limit in years (0 for none) and class of danger
    (empty for none), its ``tags``, and the ``prices`` by currency, each of ``per`` units."""

    weight_g: int
    age_minimum: int = 0
    hazard: str = ""
    prices: Mapping[str, int] = field(default_factory=dict)
    per: int = 1
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False, slots=True)
class Stock:
    """Of each of S SKUs: ``row`` finds it, ``available`` (S, L) units that may be promised at each location, ``wanted``
    (S,) those that orders without a place claim, and the ``items`` (S)."""

    row: Mapping[str, int]
    available: Ints
    wanted: Ints
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """Of a cart's line: units that can be had in this way, and those that are ``missing``."""

    sku: str
    available: int
    missing: int


@dataclass(frozen=True, slots=True)
class PickupPlace:
    """A place to collect at. ``ready_ms`` None where nothing can be had, and ``why``; ``km`` None where unknown."""

    location: str
    name: str
    city: str
    km: float | None
    ready_ms: int | None
    time_zone: str
    lines: tuple[LineAnswer, ...]
    why: str = ""

    @property
    def complete(self) -> bool:
        """Everything can be collected there."""
        return self.ready_ms is not None and not any(line.missing for line in self.lines)


@dataclass(frozen=True, slots=True)
class Package:
    """What one location sends: packed by ``pack_by_ms``, it leaves with that collection. ``price`` in minor units."""

    location: str
    name: str
    service: str
    pack_by_ms: int
    time_zone: str
    delivery: date
    price: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShipOption:
    """All that can be sent is there on ``delivery``, for ``price``, in these ``packages``."""

    delivery: date
    price: int
    packages: tuple[Package, ...]


@dataclass(frozen=True, slots=True)
class Promised:
    """The answer: places by distance, options by date (the first is the fastest, the last the cheapest).

    ``no_pickup`` and ``no_shipping`` say why there is none, empty where there is. ``ship_lines``: what of each line can
    be sent. ``far_assumed``: the destination's coordinates are unknown, so the farthest zone was taken.
    """

    pickups: tuple[PickupPlace, ...]
    no_pickup: str
    options: tuple[ShipOption, ...]
    ship_lines: tuple[LineAnswer, ...]
    no_shipping: str
    far_assumed: bool


def answers(cart: Cart, have: Sequence[int] | Ints) -> tuple[LineAnswer, ...]:
    """For each line, the units that one ``have``s of it."""
    return tuple(
        LineAnswer(line.sku, int(units), line.quantity - int(units))
        for line, units in zip(cart.lines, have, strict=True)
    )
