"""A scene as arrays, each made once and when it is first asked for, and the local times of its options.

What follows from places, options and the moment alone belongs to the scene's backdrop, which other scenes may share.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from retail.clock import NOW_MS_MAX
from retail.errors import Refused
from routing.arrays import Cents, Flags, Floats, Index
from routing.calendars.local_time import local, zone_of
from routing.rules.scene import PICKUP, SHIP, UNITS_MAX, Backdrop, OpenLine, OpenOrder, Place, Scene

EARTH_RADIUS_MILES = 3958.8
_UTC = ZoneInfo("UTC")
_WORTH_MAX = 2**60
Units = NDArray[np.int32]
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
D = TypeVar("D", np.bool_, np.uint16)


@dataclass(frozen=True, slots=True)
class Moment:
    """When an option does its work: ``at_ms``, and the ``local`` time of its place; both others None where the time
    zone is not known."""

    zone: ZoneInfo | None
    at_ms: int
    local: datetime | None


class View:
    """O orders of n lines over K options at L places; S SKUs. Raises :class:`Refused` for an impossible ``now_ms``, and
    for one that is not the moment of the scene's backdrop."""

    def __init__(self, scene: Scene, now_ms: int) -> None:
        backdrop = scene.backdrop or Backdrop(scene.places, scene.options, now_ms)
        if backdrop.now_ms != now_ms:
            raise Refused("now_ms", "the backdrop is of another moment", "make one of this moment")
        self.scene, self.now_ms, self._backdrop = scene, now_ms, backdrop
        self.places, self.orders, self.options = scene.places, scene.orders, backdrop.options
        self.lines: list[OpenLine] = [line for order in scene.orders for line in order.lines]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` returns, kept with the backdrop: it must follow from places, options, the moment and ``key``.

        A rule is a good key for what it says of all orders alike: equal rules say the same.
        """
        return self._backdrop.once(key, make)

    @cached_property
    def order_ptr(self) -> Index:
        """(O + 1,): the lines of order o are ``order_ptr[o]:order_ptr[o + 1]``."""
        return np.cumsum([0, *(len(order.lines) for order in self.orders)])

    @cached_property
    def order_of(self) -> Index:
        """(n,): the order of every line."""
        return np.repeat(np.arange(len(self.orders)), np.diff(self.order_ptr))

    @property
    def place_of(self) -> Index:
        """(K,): the place of every option."""
        return self.once("place_of", lambda: np.array([option.place for option in self.options], np.intp))

    @property
    def transfers(self) -> Flags:
        """(K,): the option brings what is collected to another location."""
        return self.once("transfers", lambda: np.array([bool(option.transfer_to) for option in self.options], np.bool_))

    @property
    def room(self) -> Cents:
        """(K,): units that the place of every option can still handle on its day, ``UNITS_MAX`` for no limit."""
        return self.once("room", self._room)

    def _room(self) -> Cents:
        left = np.array([UNITS_MAX if p.capacity is None else p.capacity for p in self.places], np.int64)
        taken = np.array([0 if p.capacity is None else p.load.day for p in self.places], np.int64)
        room = left[self.place_of] + np.where(self.another_day, taken[self.place_of], 0)
        return np.clip(room, 0, UNITS_MAX)

    @property
    def another_day(self) -> Flags:
        """(K,): the option's work is done on another local day than that of now, of which nothing is taken yet."""

        return self.once("another_day", lambda: self.when(self._another_day))

    def _another_day(self, moment: Moment) -> bool:
        return (
            moment.zone is not None
            and moment.local is not None
            and moment.local.date() != local(moment.zone, self.now_ms).date()
        )

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
    def every_order(self) -> Flags:
        """(O,): true for each. Read only."""
        every = np.ones(len(self.orders), np.bool_)
        every.setflags(write=False)
        return every

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
        """(K,): options at the places that pass the test. The answer is kept by the test itself, so give a function
        that lasts, or the method of a rule, and none that looks at an order."""

        def tested() -> Flags:
            places = np.fromiter(map(test, self.places), np.bool_, len(self.places))
            return np.asarray(places[self.place_of], np.bool_)

        return self.once(test, tested)

    def at(self, location: str) -> Flags:
        """(K,): options at the place of that key."""
        return np.asarray(self.place_of == self.numbers.get(location, -1), np.bool_)

    @property
    def numbers(self) -> dict[str, int]:
        """The places by their keys."""
        return self.once("numbers", lambda: {place.location: number for number, place in enumerate(self.places)})

    def orders_where(self, test: Callable[[OpenOrder], bool]) -> Flags:
        """(O,): orders that pass the test."""
        return np.fromiter(map(test, self.orders), np.bool_, len(self.orders))

    def lines_where(self, test: Callable[[OpenLine], bool]) -> Flags:
        """(n,): lines that pass the test."""
        return np.fromiter(map(test, self.lines), np.bool_, len(self.lines))

    def offers(self, service: str) -> Flags:
        """(K,): the option is of that service, or its place has it where the option names none."""

        def offering() -> Flags:
            return np.array(
                [
                    option.service == service if option.service else service in self.places[option.place].services
                    for option in self.options
                ],
                np.bool_,
            )

        return self.once(("offers", service), offering)

    def spread(self, by_place: NDArray[D]) -> NDArray[D]:
        """(r, K) from (r, L): each option has what its place has."""
        if not self.scene.options:
            return by_place
        return by_place.take(self.place_of, axis=1)

    @cached_property
    def worth(self) -> Cents:
        """(O,): value of each order in minor units, at least 0."""
        return np.array([min(max(order.worth, 0), _WORTH_MAX) for order in self.orders], np.int64)

    @cached_property
    def units(self) -> Units:
        """(S, L): units that the stock shows, from 0 to ``UNITS_MAX``."""
        return np.clip(self.scene.stock.units, 0, UNITS_MAX).astype(np.int32)

    # distance

    @property
    def unknown_place(self) -> Flags:
        """(L,): the place has no coordinates that can be."""
        return self.once(
            "unknown_place", lambda: np.array([not _known(place.lat, place.lon) for place in self.places], np.bool_)
        )

    @property
    def unknown_option(self) -> Flags:
        """(K,): its place has no such coordinates."""
        return self.once("unknown_option", lambda: self.unknown_place[self.place_of])

    @cached_property
    def unknown_order(self) -> Flags:
        """(O,): the order has no coordinates that can be."""
        return np.array([not _known(order.lat, order.lon) for order in self.orders], np.bool_)

    def nearness(self, orders: Index) -> Floats:
        """(r, L): cosines of the angles at the centre of the earth; they mean nothing where one end is unknown."""
        # Not a matrix product: with three columns its threads cost more than they save.
        here, there = self._order_points[orders], self._place_points
        nearness: Floats = np.multiply.outer(here[:, 0], there[:, 0])
        for axis in (1, 2):
            nearness += np.multiply.outer(here[:, axis], there[:, axis])
        return nearness

    @cached_property
    def _order_points(self) -> Floats:
        return _on_sphere([(order.lat, order.lon) for order in self.orders])

    @property
    def _place_points(self) -> Floats:
        return self.once("points", lambda: _on_sphere([(place.lat, place.lon) for place in self.places]))

    # local time

    @property
    def zones(self) -> list[ZoneInfo | None]:
        """(L,): the time zone of every place, None where there is no such zone."""

        def made() -> list[ZoneInfo | None]:
            known = {name: _zone(name) for name in {place.zone for place in self.places}}
            return [known[place.zone] for place in self.places]

        return self.once("zones", made)

    def when(self, test: Callable[[Moment], bool]) -> Flags:
        """(K,): options of which the moment of their work passes the test."""
        moments, moment_of = self._moments
        return np.array([test(moment) for moment in moments], np.bool_)[moment_of]

    def by_moment(self, key: Callable[[Moment], K | None]) -> list[tuple[K, Flags]]:
        """The options (K,) of each value that ``key`` gives to the moments of their work; those of None are left out.

        There are few such moments, one or two for each time zone, however many options.
        """
        moments, moment_of = self._moments
        keys = [key(moment) for moment in moments]
        return [
            (each, np.array([other == each for other in keys], np.bool_)[moment_of])
            for each in dict.fromkeys(keys)
            if each is not None
        ]

    @property
    def _moments(self) -> tuple[list[Moment], Index]:
        """The different moments at which options do their work; (K,) which of them is each option's."""
        return self.once("moments", self._made_moments)

    def _made_moments(self) -> tuple[list[Moment], Index]:
        number: dict[tuple[str, int], int] = {}
        moments: list[Moment] = []
        names = [place.zone for place in self.places]
        moment_of = np.empty(len(self.options), np.intp)
        for each, option in enumerate(self.options):
            at_ms = option.at_ms
            if at_ms is None or not 0 <= at_ms < NOW_MS_MAX:
                at_ms = self.now_ms  # a moment that cannot be counts as now
            key = names[option.place], at_ms
            if key not in number:
                zone = self.zones[option.place]
                number[key] = len(moments)
                moments.append(Moment(zone, at_ms, None if zone is None else local(zone, at_ms)))
            moment_of[each] = number[key]
        return moments, moment_of

    def until(self, moment_ms: int, zone: ZoneInfo | None) -> str:
        """A moment as people in the zone read it: ``14:00`` today, else ``24 Dec 14:00``."""
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
