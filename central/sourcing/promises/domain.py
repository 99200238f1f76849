"""From a cart, the network and the stock of this moment to what may be promised. Pure.

**Collecting.** A place can promise what it has: the goods are ready when the pick minutes have passed in its opening
hours. **Shipping.** For each day on which a cart could arrive, every location takes its cheapest service that arrives
by then, and :func:`routing.split.split` finds the cheapest split of the cart over all locations. The first day that
serves everything is the fastest option, the last one the cheapest. One place serves a line whole, as in sourcing.

**What is taken is respected.** Orders that have no place yet could take any unit, so no place is believed to have more
of a SKU than the whole network has beside them. A location whose capacity of today does not hold the cart begins with
its next day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from central.sourcing.promises.network import Flags, Ints, Load, Network, Reals
from central.sourcing.promises.ports import BidPrices
from retail.errors import Refused
from routing.calendars.hours import ready_by
from routing.calendars.limits import NEVER_DAY, NEVER_MS, NoDate
from routing.problem import BACKORDER, Problem, Reason
from routing.split import split
from routing.subsets import EXACT_LINES
from routing.terms import LineTerm

UNLIMITED_UNITS = 10**9
UNSERVED_CENTS = 10**7
"""Worse than any price: a line is left out only where nobody can serve it."""
WEIGHT_KG_MAX = 20_000
SHIP_OPTIONS_MAX = 4
DAYS_ASKED_MAX = 6
"""Days before that of the cheapest split which are looked at."""

NO_NETWORK = "there is no location yet: import the network first"
_REASONS = (Reason(""), Reason("cannot have it there in time"))


@dataclass(frozen=True, slots=True)
class CartLine:
    """What is wanted: pieces, or grams."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Cart:
    """A question. Coordinates are nan where only the ``country`` is known; ``country`` may be empty. Amounts are of
    ``currency``. ``pickup`` is the place that the shopper prefers, or empty; at most ``pickups_max`` are wanted, within
    ``pickup_km``."""

    lines: tuple[CartLine, ...]
    lat: float
    lon: float
    country: str
    currency: str
    pickup: str = ""
    pickups_max: int = 5
    pickup_km: float = 100.0


@dataclass(frozen=True, eq=False, slots=True)
class Stock:
    """Of each of S SKUs: ``row`` finds it, ``available`` (S, L) units that may be promised at each location, ``wanted``
    (S,) those that orders without a place claim, ``weight_g`` (S,) of one unit."""

    row: Mapping[str, int]
    available: Ints
    wanted: Ints
    weight_g: Ints


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


@dataclass(frozen=True, eq=False, slots=True)
class _Wanted:
    """The lines of a cart (n,) against its stock: ``available`` (S, L) beside the orders without a place, ``rows`` of
    it, ``units`` asked, ``have`` (n, L) to be had there after the lines before of the same SKU."""

    available: Ints
    rows: Ints
    units: Ints
    have: Ints


def promise(network: Network, load: Load, stock: Stock, cart: Cart, prices: BidPrices, now_ms: int) -> Promised:
    """Everything that may be promised for ``cart`` at ``now_ms``, which the network's timetable must cover."""
    nothing = tuple(LineAnswer(line.sku, 0, line.quantity) for line in cart.lines)
    if not network.sites:
        return Promised((), NO_NETWORK, (), nothing, NO_NETWORK, far_assumed=False)
    wanted = _wanted(network, stock, cart)
    distance = network.distances_km(cart.lat, cart.lon)
    open_to = network.selling(cart.country, cart.currency) & ~load.silent
    pickups, no_pickup = _pickups(network, load, cart, wanted, distance, open_to, now_ms)
    options, ship_lines, no_shipping = _shipping(network, load, stock, cart, wanted, distance, open_to, prices, now_ms)
    return Promised(pickups, no_pickup, options, ship_lines, no_shipping, far_assumed=bool(np.isnan(cart.lat)))


def _wanted(network: Network, stock: Stock, cart: Cart) -> _Wanted:
    rows = np.array([stock.row[line.sku] for line in cart.lines], np.int64)
    units = np.array([line.quantity for line in cart.lines], np.int64)
    if (stock.weight_g[rows] * units).sum() > WEIGHT_KG_MAX * 1000:
        raise Refused("lines", f"they weigh more than {WEIGHT_KG_MAX:,} kg", "ask for less at once")
    beside = np.maximum(stock.available.sum(axis=1) - stock.wanted, 0)
    available = np.minimum(stock.available, beside[:, None])
    before = np.array([units[:number][rows[:number] == row].sum() for number, row in enumerate(rows)], np.int64)
    have = np.clip(available[rows] - before[:, None], 0, units[:, None])
    return _Wanted(available, rows, units, have)


def _full(network: Network, load: Load, units: Ints | int) -> tuple[Flags, Ints]:
    """Per location (L,): whether it has no room for ``units`` today, and the room of the day on which it begins."""
    limit = network.units_per_day
    room = np.where(limit < 0, UNLIMITED_UNITS, np.maximum(limit - load.units, 0))
    full = room < units
    return full, np.where(full, np.where(limit < 0, UNLIMITED_UNITS, limit), room)


def _pickups(
    network: Network, load: Load, cart: Cart, wanted: _Wanted, distance: Reals, open_to: Flags, now_ms: int
) -> tuple[tuple[PickupPlace, ...], str]:
    units = wanted.have.sum(axis=0)
    full, room = _full(network, load, units)
    today, next_day = network.outlooks(now_ms)
    ready = np.where(full, next_day.ready, today.ready)
    serves = open_to & network.hands_over & (units > 0) & (room >= units) & (ready < NEVER_MS)
    near = serves & ~(distance > cart.pickup_km)  # an unknown distance is not too far
    complete = near & (wanted.have == wanted.units[:, None]).all(axis=0)
    places = np.flatnonzero(near)
    far = np.where(np.isnan(distance), np.inf, distance)
    order = places[np.lexsort((places, ready[places], far[places]))]
    preferred = network.index.get(cart.pickup, -1)
    first = [preferred] if preferred >= 0 else []
    chosen = [*first, *(place for place in order.tolist() if place != preferred)][: cart.pickups_max]
    whole = order[complete[order]][:1].tolist()
    if whole and whole[0] not in chosen[:-1] and len(chosen) > len(first):
        chosen[-1] = whole[0]  # the nearest place that has everything is always told

    def told(place: int) -> PickupPlace:
        site = network.sites[place]
        why = "" if serves[place] else _why_not(network, load, cart, place, int(units[place]), int(room[place]), now_ms)
        have = wanted.have[:, place] * bool(serves[place])
        return PickupPlace(
            site.location,
            site.name,
            site.city,
            None if np.isnan(distance[place]) else float(distance[place]),
            int(ready[place]) if serves[place] else None,
            site.hours.zone,
            _answers(cart, have),
            why,
        )

    if chosen:
        return tuple(map(told, chosen)), ""
    if not cart.pickups_max:
        return (), "no place was asked for"
    if not (open_to & network.hands_over).any():
        return (), "no place that hands over orders can be promised now"
    if serves.any():
        return (), f"no place within {cart.pickup_km:g} km has any of it"
    return (), "no place that hands over orders has any of it"


def _why_not(network: Network, load: Load, cart: Cart, place: int, units: int, room: int, now_ms: int) -> str:
    """Why a place that the shopper prefers can promise nothing; a clause that follows its name."""
    site = network.sites[place]
    if site.unusable:
        return site.unusable
    if load.silent[place]:
        return "has been silent for too long"
    if site.currency != cart.currency or (cart.country and site.country not in ("", cart.country)):
        return "is in another country or currency"
    if not site.hands_over:
        return "does not hand over orders"
    if units == 0:
        return "has none of it"
    if room < units:
        return "cannot handle so much on one day"
    ready = ready_by(site.hours, now_ms, network.terms.pick_minutes, network.timetable.horizon_days)
    return str(ready) if isinstance(ready, NoDate) else "has no room for it"


def _shipping(
    network: Network,
    load: Load,
    stock: Stock,
    cart: Cart,
    wanted: _Wanted,
    distance: Reals,
    open_to: Flags,
    prices: BidPrices,
    now_ms: int,
) -> tuple[tuple[ShipOption, ...], tuple[LineAnswer, ...], str]:
    full, room = _full(network, load, int(wanted.units.sum()))
    today, next_day = network.outlooks(now_ms)
    zone = network.zones_at(distance)
    places = np.arange(len(network.sites))
    arrival = today.arrival[:, zone, places]
    if full.any():
        arrival = np.where(full, next_day.arrival[:, zone, places], arrival)
    # Locations without coordinates do not ship: nobody knows from how far.
    sends = open_to & network.ships & ~np.isnan(network.lat) & (arrival < NEVER_DAY).any(axis=0)
    whole = (wanted.have == wanted.units[:, None]) & sends & (room >= wanted.units[:, None])
    served = np.flatnonzero(whole.any(axis=1))
    best = np.where(sends, wanted.have, 0).max(axis=1)
    if not len(served):
        lines = _answers(cart, best)
        if not sends.any():
            return (), lines, "no place that ships can be promised now"
        return (), lines, "no place that ships has a whole line of it"
    question = _Question(network, stock, wanted, room, zone, arrival, sends, served, prices)
    earliest = np.where(whole[served], arrival.min(axis=0), NEVER_DAY).min(axis=1).max()
    days = np.unique(arrival[:, sends & whole.any(axis=0)])
    days = days[(days >= earliest) & (days < NEVER_DAY)]
    found = _options(question, days.tolist())
    sent = {line for package in found[-1].sent for line in package.lines}
    by_ms = np.where(full, next_day.by_ms, today.by_ms)
    return (
        tuple(_option(network, each, by_ms, arrival) for each in found),
        # A line that has a place of its own, but no room beside the others, is missing as a whole.
        _answers(
            cart,
            [
                units if number in sent or units < cart.lines[number].quantity else 0
                for number, units in enumerate(best.tolist())
            ],
        ),
        "",
    )


def _options(question: "_Question", days: Sequence[int]) -> "list[_Found]":
    """From the fastest split to the cheapest one, each later and cheaper than the one before.

    ``days`` are those on which packages may arrive, in order, from the first that may do for all lines.
    """
    cheapest = question.ask(days[-1])
    between = [day for day in days if day < cheapest.day]
    if question.lines > EXACT_LINES:  # each such question takes long
        between = between[:1]
    found: list[_Found] = []
    for day in between[:DAYS_ASKED_MAX]:
        if len(found) == SHIP_OPTIONS_MAX - 1:
            break
        split_ = question.ask(day)
        if split_.served == cheapest.served and split_.price < (found[-1].price if found else NEVER_MS):
            found.append(split_)
    return found if found and found[-1].price <= cheapest.price else [*found, cheapest]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A package: its location, service and lines of the cart, and what it costs to send."""

    place: int
    service: int
    lines: tuple[int, ...]
    price: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A split of which the last package arrives on ``day``; ``served`` is the number of lines that it serves."""

    day: int
    price: int
    sent: tuple[_Sent, ...]
    served: int


class _Question:
    """The cart as an order, to be asked for several days."""

    def __init__(
        self,
        network: Network,
        stock: Stock,
        wanted: _Wanted,
        room: Ints,
        zone: Ints,
        arrival: Ints,
        sends: Flags,
        served: Ints,
        prices: BidPrices,
    ) -> None:
        self.lines = len(served)
        tariff, services = network.terms.tariff, network.terms.services
        percent = np.array([service.percent for service in services], np.int64)[:, None]
        self._package = np.array(tariff.package_by_zone, np.int64)[zone] * percent // 100  # (services, L)
        self._per_kg = np.array(tariff.kg_by_zone, np.int64)[zone] * percent // 100
        self._arrival, self._sends, self._served = arrival, sends, served
        self._skus, self._line_sku = np.unique(wanted.rows[served], return_inverse=True)
        self._units = wanted.units[served]
        self._kg = stock.weight_g[wanted.rows[served]] * self._units / 1000
        self._stock = wanted.available[self._skus]
        self._room = room
        self._packing = np.array(tariff.packing, np.int64)[network.kind]
        self._handling = np.array(tariff.handling_per_unit, np.int64)[network.kind]
        scarce = (self._stock <= tariff.last_units) & (network.kind == 0)
        self._last_units = np.where(scarce, tariff.last_unit_price, 0)
        names = {row: sku for sku, row in stock.row.items()}
        self._prices = prices.prices([names[int(row)] for row in self._skus], network.locations)

    def ask(self, day: int) -> _Found:
        """The cheapest split of which every package arrives on ``day`` or before."""
        in_time = self._arrival <= day
        service = in_time.argmax(axis=0)  # the first, which is the cheapest
        rows = np.arange(len(service))
        package, per_kg = self._package[service, rows], self._per_kg[service, rows]
        weight = LineTerm(per_kg[None], "order", self._kg)
        problem = self._problem(package, weight, self._sends & in_time.any(axis=0))
        places = split(problem, 0).assignment
        sent = []
        for place in np.unique(places[places != BACKORDER]).tolist():
            inside = np.flatnonzero(places == place)
            cents = weight.cents(0, slice(0, len(places)), self._line_sku, np.array([place]))[inside, 0]
            price = int(package[place]) + int(cents.sum())
            lines = tuple(int(line) for line in self._served[inside])
            sent.append(_Sent(place, int(service[place]), lines, price))
        return _Found(
            day=max((int(self._arrival[each.service, each.place]) for each in sent), default=day),
            price=sum(each.price for each in sent),
            sent=tuple(sent),
            served=int((places != BACKORDER).sum()),
        )

    def _problem(self, package: Ints, weight: LineTerm, sends: Flags) -> Problem:
        try:
            return Problem(
                order_ptr=np.array([0, len(self._units)]),
                line_sku=self._line_sku,
                line_qty=self._units,
                backorder=np.full(len(self._units), UNSERVED_CENTS),
                stock=self._stock,
                capacity=self._room,
                blocked=(~sends)[None].astype(np.uint8),
                reasons=_REASONS,
                package_terms={"shipping": package[None], "packing": self._packing},
                line_terms={
                    "weight": weight,
                    "handling": LineTerm(self._handling, "location", self._units),
                    "last units": LineTerm(self._last_units, "sku", self._units),
                },
                prices=self._prices,
            )
        except Refused as error:
            raise Refused("lines", "they are too many to be priced at once", "ask for less at once") from error


def _option(network: Network, found: _Found, by_ms: Ints, arrival: Ints) -> ShipOption:
    packages = tuple(
        Package(
            location=network.sites[sent.place].location,
            name=network.sites[sent.place].name,
            service=network.terms.services[sent.service].name,
            pack_by_ms=int(by_ms[sent.service, sent.place]),
            time_zone=network.sites[sent.place].hours.zone,
            delivery=date.fromordinal(int(arrival[sent.service, sent.place])),
            price=sent.price,
            lines=sent.lines,
        )
        for sent in found.sent
    )
    return ShipOption(date.fromordinal(found.day), found.price, packages)


def _answers(cart: Cart, have: Sequence[int] | Ints) -> tuple[LineAnswer, ...]:
    return tuple(
        LineAnswer(line.sku, int(units), line.quantity - int(units))
        for line, units in zip(cart.lines, have, strict=True)
    )


def currency_of(network: Network, country: str) -> str:
    """The one currency of the locations of ``country`` (or of all, where it is empty or has none).

    Raises :class:`Refused` where they have several; empty without locations.
    """
    found = network.currencies.get(country) or network.currencies.get("", ())
    if len(found) > 1:
        raise Refused("currency", f"the network sells in {', '.join(found)}", "say which one the cart is in")
    return found[0] if found else ""
