"""The network as promises see it: every location's calendar and what it may do, as arrays. Pure.

Built when something of it changed, then asked many times. What changes by the minute (who is silent, how much work each
location has taken today) is :class:`Load`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from central.sourcing.promises.services import DEFAULT_SERVICES, ZONES, CarrierService, parse_services
from central.sourcing.tariff import Tariff, miles, zones
from routing.calendars.carrier import Carrier, Collection
from routing.calendars.hours import Hours
from routing.calendars.timetable import Service, Timetable

KM_PER_MILE = 1.609344
HORIZON_DAYS = 14
"""Days that a promise looks ahead."""
WINDOW_DAYS = 2
"""A timetable is used for so long, then made anew."""

_SELLING_MAX = 64
"""Countries and currencies for which the answer is kept; then all are forgotten."""

NEVER_OPEN = Hours("UTC", ((),) * 7)
"""Stands for hours that are not known."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Site:
    """A location. ``unusable`` says why it can be promised nothing, empty if it can; coordinates in degrees, None where
    unknown or not believed; ``units_per_day`` None for no limit. ``collections`` holds only those that differ from the
    service's own, None where the service does not come."""

    location: str
    name: str
    city: str
    is_warehouse: bool
    unusable: str
    ships: bool
    hands_over: bool
    lat: float | None
    lon: float | None
    currency: str
    country: str
    units_per_day: int | None
    hours: Hours = NEVER_OPEN
    collections: Mapping[str, Collection | None] = field(default_factory=dict)


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
class Load:
    """Of each location (L,): whether its box has been ``silent`` for too long, and ``units`` of work taken today."""

    silent: Flags
    units: Ints


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

    ``units_per_day`` is -1 for no limit, ``kind`` 1 for warehouses; ``collections`` are by service and location,
    ``currencies`` by country, those of all locations under "".
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
    ships: Flags
    hands_over: Flags
    currency: NDArray[np.str_]
    country: NDArray[np.str_]
    units_per_day: Ints
    currencies: Mapping[str, tuple[str, ...]]
    collections: tuple[tuple[Collection | None, ...], ...]
    _outlooks: dict[int, tuple[Outlook, Outlook]] = field(default_factory=dict)
    _selling: dict[tuple[str, str], Flags] = field(default_factory=dict)

    @classmethod
    def of(cls, sites: Sequence[Site], terms: Terms, now_ms: int) -> Self:
        """The network of ``sites``, to be asked about the next :data:`WINDOW_DAYS` days."""
        collections = tuple(
            tuple(site.collections.get(service.name, service.collection) for site in sites)
            for service in terms.services
        )
        services = [
            Service(terms.carrier, np.array(service.transit_days), standing)
            for service, standing in zip(terms.services, collections, strict=True)
        ]
        return cls(
            sites=tuple(sites),
            terms=terms,
            locations=tuple(site.location for site in sites),
            index={site.location: number for number, site in enumerate(sites)},
            timetable=Timetable.of([site.hours for site in sites], services, now_ms, WINDOW_DAYS, HORIZON_DAYS),
            lat=np.array([np.nan if site.lat is None else site.lat for site in sites], np.float64),
            lon=np.array([np.nan if site.lon is None else site.lon for site in sites], np.float64),
            kind=np.array([site.is_warehouse for site in sites], np.intp),
            usable=np.array([not site.unusable for site in sites], np.bool_),
            ships=np.array([site.ships for site in sites], np.bool_),
            hands_over=np.array([site.hands_over for site in sites], np.bool_),
            currency=np.array([site.currency for site in sites], np.str_),
            country=np.array([site.country for site in sites], np.str_),
            units_per_day=np.array(
                [-1 if site.units_per_day is None else site.units_per_day for site in sites], np.int64
            ),
            currencies={
                country: tuple(sorted({site.currency for site in sites if country in ("", site.country)}))
                for country in {"", *(site.country for site in sites)}
            },
            collections=collections,
        )

    def selling(self, country: str, currency: str) -> Flags:
        """(L,): usable, sells in ``currency`` and within ``country``, where that is not empty."""
        key = country, currency
        found = self._selling.get(key)
        if found is None:
            found = self.usable & (self.currency == currency)
            if country:
                found &= (self.country == country) | (self.country == "")
            if len(self._selling) >= _SELLING_MAX:
                self._selling.clear()
            self._selling[key] = found
        return found

    def outlooks(self, now_ms: int) -> tuple[Outlook, Outlook]:
        """For work that begins at ``now_ms``, and with each location's next day. Kept until the moment changes."""
        made = self._outlooks.get(now_ms)
        if made is None:
            made = self._outlook(np.full(len(self.sites), now_ms)), self._outlook(self.timetable.next_day(now_ms))
            self._outlooks.clear()
            self._outlooks[now_ms] = made
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
