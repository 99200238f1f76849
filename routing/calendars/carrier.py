"""When a carrier collects, and when it delivers."""

from dataclasses import dataclass
from typing import NamedTuple

from retail.errors import Refused
from routing.calendars.hours import Hours
from routing.calendars.limits import HORIZON_DAYS, NoDate, Why, horizon_ms
from routing.calendars.local_time import DAY_MINUTES, day_at, moment

WORKDAYS = frozenset(range(5))
"""Monday to Friday: 0 to 4."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """The days on which a carrier works: ``weekdays`` (0 is Monday) that are not among ``holidays`` (ordinals)."""

    weekdays: frozenset[int] = WORKDAYS
    holidays: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        _check_weekdays(self.weekdays)

    def works(self, day: int) -> bool:
        """Whether ``day`` is a business day."""
        return (day - 1) % 7 in self.weekdays and day not in self.holidays


@dataclass(frozen=True, slots=True)
class Collection:
    """A standing collection at a location: what is packed by minute ``cutoff`` of the local day, included, leaves.

    On ``weekdays``, but neither on a carrier's holiday nor on the days of ``off`` (ordinals). The carrier needs
    somebody there: on a day when the location closes earlier, that moment is the cut-off; where it has not opened by
    the cut-off, there is no collection on that day.
    """

    cutoff: int
    weekdays: frozenset[int] = WORKDAYS
    off: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        _check_weekdays(self.weekdays)
        if not 0 <= self.cutoff <= DAY_MINUTES:
            raise Refused("cutoff", f"{self.cutoff} is not a minute of a day", f"give 0 to {DAY_MINUTES}")

    def on(self, hours: Hours, carrier: Carrier, day: int) -> int | None:
        """The last moment of ``day`` at which a packed parcel still leaves, or None where nothing is collected."""
        if (day - 1) % 7 not in self.weekdays or day in self.off or day in carrier.holidays:
            return None
        cutoff = moment(hours.tz, day, self.cutoff)
        last: int | None = None
        for span in hours.on(day):
            opens, closes = moment(hours.tz, day, span.opens), moment(hours.tz, day, span.closes)
            if opens < closes and opens < cutoff:
                last = min(closes, cutoff)
        return last


class Collected(NamedTuple):
    """A collection: its local ``day``, and the last moment, ``by_ms``, at which a packed parcel made it."""

    day: int
    by_ms: int


def ship_by(
    hours: Hours, collection: Collection, carrier: Carrier, packed_ms: int, horizon_days: int = HORIZON_DAYS
) -> Collected | NoDate:
    """The first collection that a parcel packed at ``packed_ms`` makes."""
    limit = packed_ms + horizon_ms(horizon_days)
    today = day_at(hours.tz, packed_ms)
    for day in range(today - 1, today + horizon_days + 2):
        by_ms = collection.on(hours, carrier, day)
        if by_ms is not None and packed_ms <= by_ms <= limit:
            return Collected(day, by_ms)
    return NoDate(Why.NOT_COLLECTED, horizon_days)


def delivery_date(
    carrier: Carrier, collected_day: int, transit_days: int, horizon_days: int = HORIZON_DAYS
) -> int | NoDate:
    """The business day (ordinal) on which a parcel arrives, ``transit_days`` business days after its collection.

    With 0 it arrives on the day of its collection, or on the next business day where that is none.
    """
    if transit_days < 0:
        raise Refused("transit_days", f"{transit_days} is below zero", "give business days")
    left = transit_days + (transit_days == 0 and not carrier.works(collected_day))
    if not left:
        return collected_day
    for day in range(collected_day + 1, collected_day + horizon_days + 1):
        left -= carrier.works(day)
        if not left:
            return day
    return NoDate(Why.NOT_DELIVERED, horizon_days)


def latest_collection(
    hours: Hours,
    collection: Collection,
    carrier: Carrier,
    deliver_day: int,
    transit_days: int,
    horizon_days: int = HORIZON_DAYS,
) -> Collected | NoDate:
    """The last collection from which a parcel arrives on ``deliver_day`` or before.

    With :func:`~routing.calendars.hours.latest_start` of its ``by_ms``: when the pick must begin at the latest.
    """
    for day in range(deliver_day, deliver_day - horizon_days - 1, -1):
        by_ms = collection.on(hours, carrier, day)
        arrives = delivery_date(carrier, day, transit_days, horizon_days)
        if by_ms is not None and not isinstance(arrives, NoDate) and arrives <= deliver_day:
            return Collected(day, by_ms)
    return NoDate(Why.NOT_COLLECTED, horizon_days)


def _check_weekdays(weekdays: frozenset[int]) -> None:
    if not weekdays <= frozenset(range(7)):
        raise Refused("weekdays", f"{sorted(weekdays)} are not days of a week", "give numbers from 0, Monday, to 6")
