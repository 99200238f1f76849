"""A location as a network file describes it and the database keeps it."""

from dataclasses import dataclass, replace

from central.fleet.geography import Position
from central.fleet.hours import Hours
from central.fleet.tables import DEFAULT_ZONE, MISSING, NONE, STORE

NO_TIME_ZONE = "its time zone is not known"
NO_HOURS = "its opening hours are not known"
NEITHER = "its time zone and opening hours are not known"
NEVER_OPEN = "it is never open"
_OUR_REASONS = frozenset({"", NO_TIME_ZONE, NO_HOURS, NEITHER, NEVER_OPEN})
"""Why the import closes a place. A place that a person closed for another reason stays closed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location as it is stored; the fields are the columns of :data:`central.fleet.tables.location`."""

    location: str
    kind: str = STORE
    backing: str = NONE
    name: str = ""
    legal_entity: str = ""
    currency: str = ""
    country: str = ""
    region: str = ""
    city: str = ""
    zip: str = ""
    address: str = ""
    time_zone: str | None = None
    lat: float | None = None
    lon: float | None = None
    coordinate_state: str = MISSING
    hours: Hours | None = None
    zone: str = DEFAULT_ZONE
    groups: tuple[str, ...] = ()
    delivery_services: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    ships: bool = False
    pickups: bool = False
    capacity_units_per_day: int | None = None
    open_for_orders: bool = False
    closed_reason: str = ""

    @property
    def position(self) -> Position | None:
        """Its coordinates, believed or not."""
        return None if self.lat is None or self.lon is None else Position(self.lat, self.lon)


def opened(place: Place) -> Place:
    """``place`` open for orders, or closed with the reason why it can take none."""
    if not place.open_for_orders and place.closed_reason not in _OUR_REASONS:
        return place
    reason = ""
    if place.time_zone is None or place.hours is None:
        reason = NO_HOURS if place.time_zone else NO_TIME_ZONE if place.hours else NEITHER
    elif not any(place.hours.values()):
        reason = NEVER_OPEN
    return replace(place, open_for_orders=not reason, closed_reason=reason)
