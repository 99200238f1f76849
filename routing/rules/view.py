"""A scene as arrays, each made once and when it is first asked for, and the local times of its options."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from retail.clock import NOW_MS_MAX
from retail.errors import Refused
from routing.arrays import Cents, Flags, Floats, Index
from routing.calendars.local_time import local, zone_of
from routing.rules.scene import PICKUP, SHIP, UNITS_MAX, OpenLine, OpenOrder, Place, Scene

EARTH_RADIUS_MILES = 3958.8
_UTC = ZoneInfo("UTC")
_WORTH_MAX = 2**60
Units = NDArray[np.int32]


class View:
    """O orders of n lines over K options at L places; S SKUs. Raises :class:`Refused` for an impossible ``now_ms``."""

    def __init__(self, scene: Scene, now_ms: int) -> None:
        if not 0 <= now_ms < NOW_MS_MAX:
            raise Refused("now_ms", "the moment is not between 1970 and 9998", "set the clock")
        self.scene, self.now_ms = scene, now_ms
        self.places, self.orders, self.options = scene.places, scene.orders, scene.columns
        self.lines: list[OpenLine] = [line for order in scene.orders for line in order.lines]

    @cached_property
    def order_ptr(self) -> Index:
        """(O + 1,): the lines of order o are ``order_ptr[o]:order_ptr[o + 1]``."""
        return np.cumsum([0, *(len(order.lines) for order in self.orders)])

    @cached_property
    def order_of(self) -> Index:
        """(n,): the order of every line."""
        return np.repeat(np.arange(len(self.orders)), np.diff(self.order_ptr))

    @cached_property
    def place_of(self) -> Index:
        """(K,): the place of every option."""
        return np.array([option.place for option in self.options], np.intp)

    @cached_property
    def line_sku(self) -> Index:
        """(n,): rows of stock."""
        row = {sku: index for index, sku in enumerate(self.scene.stock.skus)}
        return np.array([row[line.sku] for line in self.lines], np.intp)

    @cached_property
    def quantity(self) -> Cents:
        """(n,): units."""
        return np.array([line.quantity for line in self.lines], np.int64)

    @cached_property
    def ships(self) -> Flags:
        """(O,): the order is sent."""
        return self.orders_where(lambda order: order.service == SHIP)

    @cached_property
    def collected(self) -> Flags:
        """(O,): the order is collected."""
        return self.orders_where(lambda order: order.service == PICKUP)

    def sent_to(self, countries: tuple[str, ...], regions: tuple[str, ...]) -> Flags:
        """(O,): the order is sent to one of the countries or of the regions, which are written ``US-UT``."""
        there = self.orders_where(lambda o: o.country in countries or f"{o.country}-{o.region}" in regions)
        return there & self.ships

    def tagged(self, tags: tuple[str, ...]) -> Flags:
        """(n,): the line has one of the tags; every line where none is named."""
        if not tags:
            return np.ones(len(self.lines), np.bool_)
        wanted = frozenset(tags)
        return self.lines_where(lambda line: not wanted.isdisjoint(line.tags))

    def tagged_skus(self, tags: tuple[str, ...]) -> Flags:
        """(S,): some line of the SKU has one of the tags; every SKU where none is named."""
        found = np.full(len(self.scene.stock.skus), not tags, np.bool_)
        found[self.line_sku[self.tagged(tags)]] = True
        return found

    def places_where(self, test: Callable[[Place], bool]) -> Flags:
        """(K,): options at the places that pass the test."""
        places = np.fromiter(map(test, self.places), np.bool_, len(self.places))
        return np.asarray(places[self.place_of], np.bool_)

    def at(self, location: str) -> Flags:
        """(K,): options at the place of that key."""
        return self.places_where(lambda place: place.location == location)

    def orders_where(self, test: Callable[[OpenOrder], bool]) -> Flags:
        """(O,): orders that pass the test."""
        return np.fromiter(map(test, self.orders), np.bool_, len(self.orders))

    def lines_where(self, test: Callable[[OpenLine], bool]) -> Flags:
        """(n,): lines that pass the test."""
        return np.fromiter(map(test, self.lines), np.bool_, len(self.lines))

    def offers(self, service: str) -> Flags:
        """(K,): the option is of that service, or its place has it where the option names none."""
        return np.array(
            [
                option.service == service if option.service else service in self.places[option.place].services
                for option in self.options
            ],
            np.bool_,
        )

    def spread(self, by_place: Flags) -> Flags:
        """(r, K) from (r, L): each option has what its place has."""
        if not self.scene.options:
            return by_place
        spread: Flags = by_place[:, self.place_of]
        return spread

    @cached_property
    def worth(self) -> Cents:
        """(O,): value of each order in minor units, at least 0."""
        return np.array([min(max(order.worth, 0), _WORTH_MAX) for order in self.orders], np.int64)

    @cached_property
    def units(self) -> Units:
        """(S, L): units that the stock shows, from 0 to ``UNITS_MAX``."""
        return np.clip(self.scene.stock.units, 0, UNITS_MAX).astype(np.int32)

    # distance

    @cached_property
    def unknown_place(self) -> Flags:
        """(L,): the place has no coordinates that can be."""
        return np.array([not _known(place.lat, place.lon) for place in self.places], np.bool_)

    @cached_property
    def unknown_order(self) -> Flags:
        """(O,): the order has no coordinates that can be."""
        return np.array([not _known(order.lat, order.lon) for order in self.orders], np.bool_)

    def nearness(self, orders: Index, options: Index) -> Floats:
        """(r, c): cosines of the angles at the centre of the earth; they mean nothing where one end is unknown."""
        # Not a matrix product: with three columns its threads cost more than they save.
        here, there = self._order_points[orders], self._place_points[self.place_of[options]]
        nearness: Floats = np.multiply.outer(here[:, 0], there[:, 0])
        for axis in (1, 2):
            nearness += np.multiply.outer(here[:, axis], there[:, axis])
        return nearness

    @cached_property
    def _order_points(self) -> Floats:
        return _on_sphere([(order.lat, order.lon) for order in self.orders])

    @cached_property
    def _place_points(self) -> Floats:
        return _on_sphere([(place.lat, place.lon) for place in self.places])

    # local time

    @cached_property
    def zones(self) -> list[ZoneInfo | None]:
        """(L,): the time zone of every place, None where there is no such zone."""
        known = {name: _zone(name) for name in {place.zone for place in self.places}}
        return [known[place.zone] for place in self.places]

    @cached_property
    def local(self) -> list[datetime | None]:
        """(K,): the local time at which the option's work is done, None where its zone is unknown."""
        made: dict[tuple[str, int], datetime | None] = {}
        times = []
        for option in self.options:
            key = self.places[option.place].zone, self.moment(option.at_ms)
            if key not in made:
                zone = self.zones[option.place]
                made[key] = None if zone is None else local(zone, key[1])
            times.append(made[key])
        return times

    def moment(self, at_ms: int | None) -> int:
        """``at_ms``, or now; a moment that cannot be counts as now."""
        return at_ms if at_ms is not None and 0 <= at_ms < NOW_MS_MAX else self.now_ms

    def until(self, moment_ms: int, place: int) -> str:
        """A moment as people at the place read it: ``14:00`` today, else ``24 Dec 14:00``."""
        zone = self.zones[place]
        then, now = local(zone or _UTC, moment_ms), local(zone or _UTC, self.now_ms)
        text = f"{then:%H:%M}" if then.date() == now.date() else f"{then.day} {then:%b %H:%M}"
        if then.year != now.year:
            text = f"{then.day} {then:%b %Y %H:%M}"
        return text if zone else f"{text} UTC"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return zone_of(name)
    except Refused:
        return None


def _known(lat: float | None, lon: float | None) -> bool:
    return lat is not None and lon is not None and -90 <= lat <= 90 and -180 <= lon <= 180


def _on_sphere(points: list[tuple[float | None, float | None]]) -> Floats:
    """(p, 3): points on a sphere of radius 1; the unknown ones anywhere."""
    degrees = np.array([(lat, lon) if _known(lat, lon) else (0.0, 0.0) for lat, lon in points], np.float64)
    phi, theta = np.radians(degrees.reshape(-1, 2)).T
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=1)
