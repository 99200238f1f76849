"""What a sourcing run decides on and what it decides, as values. Pure.

Every location of the network is in the question, also those that may not serve an order: only so can the explanation
say why a nearer one was passed over. :mod:`.model` makes the optimiser's arrays of it, :mod:`.deciding` the decisions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self
from uuid import UUID

from central.sourcing.promises.services import CarrierService
from routing.calendars.carrier import Collection
from routing.calendars.hours import Hours, Spans

SHIP, PICKUP = "ship", "pickup"

Effort = Literal["one-by-one", "quick", "standard", "thorough"]
"""How hard the optimiser tries. ``one-by-one`` sources one order after another and moves no offer."""

Kind = Literal["batch", "single"]


@dataclass(frozen=True)
class Load:
    """Units that a location was asked for in its local day and hour, to ship and to be collected."""

    ship_day: int = 0
    pickup_day: int = 0
    ship_hour: int = 0
    pickup_hour: int = 0


@dataclass(frozen=True)
class OpeningHours:
    """:class:`~routing.calendars.hours.Hours` as they are stored: ``exceptions`` are pairs of a day and its spans."""

    zone: str
    week: tuple[Spans, ...]
    exceptions: tuple[tuple[int, Spans], ...] = ()

    @classmethod
    def of(cls, hours: Hours) -> Self:
        """``hours`` to be stored."""
        return cls(hours.zone, hours.week, tuple(sorted(hours.exceptions.items())))

    def read(self) -> Hours:
        """The hours to reckon with."""
        return Hours(self.zone, self.week, dict(self.exceptions))


@dataclass(frozen=True)
class Place:
    """A location as sourcing sees it. ``closed`` says why it takes no orders, empty if it does; coordinates in degrees,
    None where unknown or not believed; ``capacity`` in units still to be handled today, None for no limit.

    ``zone`` is its IANA time zone; ``groups`` what rules may call it by, ``delivery_services`` and ``certifications``
    what they may ask of it; ``offline_since_ms`` since when a silent box
    has not been heard; ``rejects`` how many offers it has rejected today. ``hours`` is None where unknown;
    ``collections`` holds only those that differ from the service's own, None where the service does not come.
    """

    location: str
    name: str
    is_warehouse: bool
    has_box: bool
    closed: str
    silent: bool
    ships: bool
    hands_over: bool
    lat: float | None
    lon: float | None
    currency: str
    country: str
    capacity: int | None
    zone: str = "UTC"
    groups: frozenset[str] = frozenset()
    offline_since_ms: int | None = None
    rejects: int = 0
    load: Load = field(default_factory=Load)
    hours: OpeningHours | None = None
    collections: Mapping[str, Collection | None] = field(default_factory=dict, hash=False)
    delivery_services: frozenset[str] = frozenset()
    certifications: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Work:
    """What a location has to do now. ``silent``: its box has not been heard for too long, last at ``silent_since_ms``
    (milliseconds since 1970 UTC; None for never, and for one that is not silent, so that a location where nothing
    happens has the same work all day); ``units`` it was asked for on its local day, by service and hour in ``load``;
    offers that it rejected on that day."""

    silent: bool = False
    silent_since_ms: int | None = None
    units: int = 0
    rejects: int = 0
    load: Load = field(default_factory=Load)

    def at(self, place: Place) -> Place:
        """``place``, whose capacity is that of a whole day, as it is now."""
        return replace(
            place,
            silent=self.silent,
            capacity=None if place.capacity is None else place.capacity - self.units,
            offline_since_ms=self.silent_since_ms,
            rejects=self.rejects,
            load=self.load,
        )


@dataclass(frozen=True)
class OpenLine:
    """A line to be routed; ``weight_g`` is one unit's, ``tags`` what rules may call it by, ``kit`` names lines of the
    order that are sold as one.

    ``offered_to`` was asked for it by ``task`` in its revision ``rev`` at ``offered_ms`` (milliseconds since 1970 UTC),
    to be sent by the carrier's service ``send_by``, and has not answered yet: the line may be moved. Empty, None and 0
    for a line that nobody has been asked for; no service where none was named.
    """

    line_id: UUID
    version: int
    sku: str
    name: str
    quantity: int
    amount: int
    weight_g: int
    excluded: frozenset[str] = frozenset()
    offered_to: str = ""
    task: UUID | None = None
    rev: int = 0
    tags: frozenset[str] = frozenset()
    kit: str = ""
    offered_ms: int | None = None
    send_by: str = ""


def tags_of(*, gift: bool, hazard: str, age_minimum: int, catalogue: Iterable[str]) -> frozenset[str]:
    """What rules may call a line by: the tags of the ``catalogue`` and what follows from the rest."""
    tags = {*catalogue, *(("gift_wrap",) if gift else ())}
    if hazard:
        tags |= {"hazmat", hazard}
    if age_minimum:
        tags.add("age_restricted")
    return frozenset(tags)


@dataclass(frozen=True)
class OpenOrder:
    """An order with lines to be routed. ``promise_ms`` and ``placed_ms`` are milliseconds since 1970 UTC; ``told`` is
    what people are shown of it now; ``region``, ``postcode`` and ``kind`` (``po_box``, ``military`` or empty) are those
    of where it goes, ``tier`` the customer's; ``value`` in minor units, None for that of its lines; ``waiting_ms``
    since when it waits, None for ``placed_ms``."""

    order_id: UUID
    service: str
    pickup_location: str
    lat: float | None
    lon: float | None
    country: str
    currency: str
    promise_ms: int | None
    placed_ms: int
    lines: tuple[OpenLine, ...]
    told: str = ""
    channel: str = ""
    region: str = ""
    postcode: str = ""
    kind: str = ""
    tier: str = ""
    value: int | None = None
    waiting_ms: int | None = None
    pinned_location: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What a run decides on. ``available`` maps location and SKU to units that may be promised now; units of lines that
    may be moved, and the capacity that they take, are counted as free."""

    places: tuple[Place, ...]
    orders: tuple[OpenOrder, ...]
    available: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Delivery:
    """What decides when goods arrive beside the calendars of places: ``pick_minutes`` of work in opening hours, the
    carriers' cheapest ``service``, their ``holidays`` (ordinals), and their ``faster`` services, dearer one by one.

    Runs from before services were told apart have None for ``faster``: they knew one service at the tariff's own price,
    and named none.
    """

    pick_minutes: int
    service: CarrierService
    holidays: frozenset[int] = frozenset()
    faster: tuple[CarrierService, ...] | None = None

    @classmethod
    def of(cls, pick_minutes: int, services: Sequence[CarrierService], holidays: frozenset[int] = frozenset()) -> Self:
        """Of all ``services``, the cheapest first."""
        return cls(pick_minutes, services[0], holidays, tuple(services[1:]))

    @property
    def services(self) -> tuple[CarrierService, ...]:
        """All services that are told apart, the cheapest first; empty where none are."""
        return () if self.faster is None else (self.service, *self.faster)


@dataclass(frozen=True)
class StockPrice:
    """What a unit of ``sku`` at ``location`` is worth to other orders, in cents."""

    sku: str
    location: str
    cents: float


@dataclass(frozen=True)
class CapacityPrice:
    """What handling one unit at ``location`` is worth to other orders, in cents."""

    location: str
    cents: float


@dataclass(frozen=True)
class BidPrices:
    """What is contested, and its price: the duals of a batch. What is not named costs nothing beside its costs."""

    stock: tuple[StockPrice, ...] = ()
    capacity: tuple[CapacityPrice, ...] = ()

    @property
    def count(self) -> int:
        """How many prices there are."""
        return len(self.stock) + len(self.capacity)


@dataclass(frozen=True)
class Steering:
    """How a run decides. A batch starts from ``prices``, a single order pays heed to them; ``move_cents`` is the saving
    below which an order stays where it was offered.

    ``cancels``: a batch cancels what the rules say is to be cancelled. Without it a person is told to, as was done
    before runs could.
    """

    kind: Kind = "batch"
    effort: Effort = "one-by-one"
    seed: int = 0
    move_cents: int = 0
    prices: BidPrices = field(default_factory=BidPrices)
    cancels: bool = False


@dataclass(frozen=True)
class Wish:
    """Lines of an order that one location should be asked for, to be sent by the carrier's service ``send_by``; empty
    for what is collected."""

    location: str
    lines: tuple[OpenLine, ...]
    send_by: str = ""


@dataclass(frozen=True)
class MovedOffer:
    """An offer that is taken back because ``Wish``es of the same decision replace it."""

    task: UUID
    rev: int
    location: str
    send_by: str = ""


@dataclass(frozen=True)
class Decision:
    """What is done about an order. ``backordered`` are the lines that no location can serve now, and ``action`` what
    the rules make of them: wait, backorder, cancel or person; ``cancelled`` are those that are waited for no longer.

    Offers that stay as they are appear nowhere; the explanation is empty where nothing new is done or said.
    """

    order: OpenOrder
    wishes: tuple[Wish, ...]
    moved: tuple[MovedOffer, ...]
    backordered: tuple[OpenLine, ...]
    explanation: dict[str, object] = field(compare=False)
    action: str = "wait"
    cancelled: tuple[OpenLine, ...] = ()

    @property
    def unserved(self) -> str:
        """What people are told of the lines that wait or are cancelled; empty where none is."""
        return unserved(self.cancelled, "cancelled") if self.cancelled else unserved(self.backordered, self.action)


@dataclass(frozen=True)
class Figures:
    """What a plan costs in cents, the proved ``bound`` under every plan, and the ``baseline`` of sourcing one order
    after another. ``work`` counts what the optimiser did."""

    cost: int = 0
    bound: int = 0
    baseline: int = 0
    work: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Decided:
    """The outcome of a run, before anything is done about it."""

    decisions: tuple[Decision, ...] = ()
    figures: Figures = field(default_factory=Figures)
    prices: BidPrices = field(default_factory=BidPrices)


_TOLD = {
    "backorder": "No location can serve {} now: it is backordered, and tried again as stock changes.",
    "cancel": "No location can serve {}, and by the rules it is to be cancelled: tell the customer, and cancel it.",
    "cancelled": "No location can serve {}, and by the rules nobody waits for it any longer: it is cancelled.",
    "person": "No location can serve {}, and by the rules a person decides what becomes of it.",
}


def unserved(lines: Sequence[OpenLine], action: str = "wait") -> str:
    """What people are told of lines that no location can serve now."""
    if not lines:
        return ""
    names = ", ".join(sorted({line.name for line in lines}))
    return _TOLD.get(action, "No location can serve {} now: it is tried again as stock changes.").format(names)


def without_moves(snapshot: Snapshot, *, only_mixed: bool = False) -> Snapshot:
    """The same question where every offer stays: its lines are left out and keep what they were promised.

    ``only_mixed``: only those of orders that have open lines too.
    """
    held: dict[tuple[str, str], int] = {}
    busy: dict[str, int] = {}
    orders = []
    for order in snapshot.orders:
        lines = tuple(line for line in order.lines if not line.offered_to)
        if only_mixed and not lines:
            orders.append(order)
            continue
        for line in order.lines:
            if line.offered_to:
                key = (line.offered_to, line.sku)
                held[key] = held.get(key, 0) + line.quantity
                busy[line.offered_to] = busy.get(line.offered_to, 0) + line.quantity
        if lines:
            orders.append(order if len(lines) == len(order.lines) else replace(order, lines=lines))
    if not held:
        return snapshot
    places = tuple(
        place if place.capacity is None or place.location not in busy
        else replace(place, capacity=place.capacity - busy[place.location])
        for place in snapshot.places
    )  # fmt: skip
    available = {key: units - held.get(key, 0) for key, units in snapshot.available.items()}
    return Snapshot(places, tuple(orders), available)
