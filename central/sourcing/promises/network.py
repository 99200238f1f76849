"""The network as promises see it: every location's calendar, and the ways in which it can serve. Pure.

Built when something of it changed, then asked many times. What changes by the minute (who is silent, how much work each
location has taken today) and what rules make of it is :class:`~.rulebook.Rulebook`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from central.sourcing.domain import Place
from central.sourcing.promises.services import DEFAULT_SERVICES, ZONES, CarrierService, parse_services
from central.sourcing.tariff import Tariff, miles, zones
from routing.calendars.carrier import Carrier, Collection
from routing.calendars.hours import Hours
from routing.calendars.timetable import Service, Timetable
from routing.rules.scene import PICKUP, Option

KM_PER_MILE = 1.609344
HORIZON_DAYS = 14
"""Days that a promise looks ahead."""
WINDOW_DAYS = 2
"""A timetable is used for so long, then made anew."""

MOMENTS_MAX = 4
"""Moments whose answers are kept, the oldest forgotten first: now, and when an order that is held would be routed."""

NEVER_OPEN = Hours("UTC", ((),) * 7)
"""Stands for hours that are not known."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Site:
    """A location: ``place`` with the capacity of a whole day, apart from the work of now. ``unusable`` says why its
    calendar allows no promise, empty if it does."""

    place: Place
    city: str
    unusable: str = ""
    hours: Hours = NEVER_OPEN


@dataclass(frozen=True)
class Terms:
    """How promises are made: ``pick_minutes`` of work in opening hours, carriers' ``services`` (the cheapest first) and
    ``holidays``, and the ``tariff``."""

    pick_minutes: int = 60
    services: tuple[CarrierService, ...] = field(default_factory=lambda: parse_services(DEFAULT_SERVICES))
    holidays: frozenset[int] = frozenset()
    tariff: Tariff = field(default_factory=Tariff)

    @property
    def carrier(self) -> Carrier:
        """The carriers' business days."""
        return Carrier(holidays=self.holidays)


@dataclass(frozen=True, eq=False, slots=True)
class Outlook:
    """What calendars say when work begins at one moment, the same for every cart: per location (L,) when goods would be
    ``ready``; per service and location (V, L) when they would have to be packed, ``by_ms``; per service, postal zone
    and location (V, Z, L) the ``arrival`` day."""

    ready: Ints
    by_ms: Ints
    arrival: Ints


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """L locations in the order of their keys, their facts as arrays (L,).

    ``kind`` is 1 for warehouses; ``collections`` are by service and location, ``currencies`` by country, those of all
    locations under "".
    """

    sites: tuple[Site, ...]
    terms: Terms
    locations: tuple[str, ...]
    index: Mapping[str, int]
    timetable: Timetable
    lat: Reals
    lon: Reals
    kind: NDArray[np.intp]
    usable: Flags
    currencies: Mapping[str, tuple[str, ...]]
    collections: tuple[tuple[Collection | None, ...], ...]
    _outlooks: dict[int, tuple[Outlook, Outlook]] = field(default_factory=dict)
    _options: dict[bytes, tuple[Option, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, sites: Sequence[Site], terms: Terms, now_ms: int) -> Self:
        """The network of ``sites``, to be asked about the next :data:`WINDOW_DAYS` days."""
        places = [site.place for site in sites]
        collections = tuple(
            tuple(place.collections.get(service.name, service.collection) for place in places)
            for service in terms.services
        )
        services = [
            Service(terms.carrier, np.array(service.transit_days), standing)
            for service, standing in zip(terms.services, collections, strict=True)
        ]
        return cls(
            sites=tuple(sites),
            terms=terms,
            locations=tuple(place.location for place in places),
            index={place.location: number for number, place in enumerate(places)},
            timetable=Timetable.of([site.hours for site in sites], services, now_ms, WINDOW_DAYS, HORIZON_DAYS),
            lat=np.array([np.nan if place.lat is None else place.lat for place in places], np.float64),
            lon=np.array([np.nan if place.lon is None else place.lon for place in places], np.float64),
            kind=np.array([place.is_warehouse for place in places], np.intp),
            usable=np.array([not site.unusable for site in sites], np.bool_),
            currencies={
                country: tuple(sorted({place.currency for place in places if country in ("", place.country)}))
                for country in {"", *(place.country for place in places)}
            },
            collections=collections,
        )

    @property
    def ways(self) -> int:
        """Ways in which a location may serve on one day: each service, and collecting, which is the last of them."""
        return len(self.terms.services) + 1

    def options(self, now_ms: int) -> tuple[Option, ...]:
        """What rules are asked about: each location in each way, of work that begins at ``now_ms``, then of work that
        begins with the location's next day. In their arrays an axis (K,) can be read as (2, ways, L)."""
        begins = self.timetable.next_day(now_ms)
        key = begins.tobytes()
        made = self._options.get(key)
        if made is None:
            names = [*(service.name for service in self.terms.services), PICKUP]
            moments = ([None] * len(self.sites), begins.tolist())
            made = tuple(
                Option(place, name, at_ms=at_ms)
                for starts in moments
                for name in names
                for place, at_ms in enumerate(starts)
            )
            keep(self._options, key, made)
        return made

    def outlooks(self, now_ms: int) -> tuple[Outlook, Outlook]:
        """For work that begins at ``now_ms``, and with each location's next day."""
        made = self._outlooks.get(now_ms)
        if made is None:
            made = self._outlook(np.full(len(self.sites), now_ms)), self._outlook(self.timetable.next_day(now_ms))
            keep(self._outlooks, now_ms, made)
        return made

    def _outlook(self, begins: Ints) -> Outlook:
        minutes, table = self.terms.pick_minutes, self.timetable
        packed = table.packed_by(begins, minutes)
        leaving = [table.leaving(number, packed) for number in range(len(self.terms.services))]
        zone = np.broadcast_to(np.arange(ZONES)[:, None], (ZONES, len(self.sites)))
        return Outlook(
            table.ready_by(begins, minutes),
            np.array([each.by_ms for each in leaving], np.int64),
            np.array([table.arrival(number, each, zone) for number, each in enumerate(leaving)], np.int64),
        )

    def distances_km(self, lat: float, lon: float) -> Reals:
        """(L,): great-circle distances; nan where either place is unknown."""
        return miles(self.lat, self.lon, lat, lon) * KM_PER_MILE

    def zones_at(self, distances_km: Reals) -> NDArray[np.intp]:
        """(L,): the postal zone of each distance; what is unknown is the farthest zone."""
        return zones(distances_km / KM_PER_MILE)


def keep(kept: dict[K, V], key: K, made: V) -> None:
    """Keep an answer, and forget the oldest beyond :data:`MOMENTS_MAX`."""
    kept[key] = made
    for oldest in list(kept)[:-MOMENTS_MAX]:
        kept.pop(oldest, None)
