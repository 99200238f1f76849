"""The calendars of many locations as arrays: each question is answered for all of them by a few array operations.

Built once for a window of days and asked at any moment inside it, so that nothing is computed by the minute. The
answers are those of :mod:`routing.calendars.hours` and :mod:`routing.calendars.carrier`, with
:data:`~routing.calendars.limits.NEVER_MS` and :data:`~routing.calendars.limits.NEVER_DAY` where those give a reason;
ask them for the reason of the few that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from retail.errors import Refused
from routing.arrays import Index, Whole
from routing.calendars.carrier import Carrier, Collected, Collection
from routing.calendars.hours import Hours, Opening
from routing.calendars.limits import DAY_MS, HORIZON_DAYS, MINUTE_MS, NEVER_DAY, NEVER_MS, horizon_ms
from routing.calendars.local_time import moment, zone_of

Moments = NDArray[np.int64]
Days = NDArray[np.int32]

LATE_DAYS_MAX = 1_000
"""Lateness of what never arrives."""

_CACHED = 16_384
"""Calendars kept, so that a timetable of a network in which one location changed is made anew in no time."""

_MARGIN_DAYS = 2
"""Days before and after the window, so that every local day of a moment inside it is there from its beginning."""


@dataclass(frozen=True, eq=False, slots=True)
class Service:
    """A carrier's service: ``carrier`` and ``transit_days`` (Z,), business days by postal zone.

    ``collections`` (L,) are those at each location, None where the service does not collect.
    """

    carrier: Carrier
    transit_days: Whole
    collections: Sequence[Collection | None]


class Leaving(NamedTuple):
    """Per location (L,): the moment by which a parcel must be packed to leave next, and that collection's local day."""

    by_ms: Moments
    day: Days


class Arrivals(NamedTuple):
    """Per order and location (O, L): the day of arrival, and business and other days behind the promise, at least 0.

    What never arrives has :data:`NEVER_DAY` and :data:`LATE_DAYS_MAX`.
    """

    day: Days
    late: NDArray[np.int16]


@dataclass(frozen=True, eq=False, slots=True)
class _Collections:
    """One service: collections by location (L, C), padded with "never", and the carrier's business days.

    ``reached[d]``: business days up to and with day ``first + d``; ``nth[k]``: the k-th business day, from 1 on.
    """

    by_ms: Moments
    day: Days
    works: NDArray[np.bool_]
    reached: Index
    nth: Days
    transit_days: Index


@dataclass(frozen=True, eq=False, slots=True)
class Timetable:
    """Openings and collections of L locations for moments from ``from_ms`` until ``until_ms``, not included.

    Ask :meth:`covers` first: a clock that was set, or a new day, asks for a new timetable. A question about a moment
    outside is refused.
    """

    from_ms: int
    until_ms: int
    horizon_days: int
    _first: int
    _opens: Moments
    _closes: Moments
    _before: Moments
    _zone: Index
    _midnights: Moments
    _services: tuple[_Collections, ...]

    @classmethod
    def of(
        cls,
        hours: Sequence[Hours],
        services: Sequence[Service],
        now_ms: int,
        window_days: int = 2,
        horizon_days: int = HORIZON_DAYS,
    ) -> Self:
        """For ``hours`` (L,) and ``services``, to be asked from a day before ``now_ms`` until ``window_days`` after it.

        Each answer looks ``horizon_days`` ahead of its question.
        """
        horizon_ms(horizon_days)
        today = moment_day(now_ms)
        first = today - 1 - _MARGIN_DAYS
        # A parcel is packed within the horizon and collected within the horizon after that.
        last = today + window_days + 2 * horizon_days + _MARGIN_DAYS
        openings = [_openings(place, first, last) for place in hours]
        opens = _padded([[opening.opens for opening in each] for each in openings])
        closes = _padded([[opening.closes for opening in each] for each in openings])
        length = np.where(closes < NEVER_MS, closes - opens, 0)
        names = sorted({each.zone for each in hours})
        return cls(
            from_ms=now_ms - DAY_MS,
            until_ms=now_ms + window_days * DAY_MS,
            horizon_days=horizon_days,
            _first=first,
            _opens=opens,
            _closes=closes,
            _before=length.cumsum(axis=1) - length,
            _zone=np.array([names.index(each.zone) for each in hours], np.intp),
            _midnights=_midnights(names, first, today + window_days + _MARGIN_DAYS),
            _services=tuple(_collections(hours, service, first, last, horizon_days) for service in services),
        )

    def covers(self, now_ms: int) -> bool:
        """Whether questions about ``now_ms`` can be answered."""
        return self.from_ms <= now_ms < self.until_ms

    def zones(self, service: int) -> int:
        """How many postal zones the service tells apart."""
        return len(self._services[service].transit_days)

    def packed_by(self, start_ms: int | Moments, minutes: int | Whole) -> Moments:
        """Like :func:`~routing.calendars.hours.packed_by`, (L,); both arguments for all locations, or (L,) each."""
        start = self._asked(start_ms)
        worked = self._worked(start)
        target = worked + np.asarray(minutes, np.int64) * MINUTE_MS
        # The opening in which the work ends: the last one that begins with less work done than all of it.
        ends_in = np.maximum((self._before < target[:, None]).sum(axis=1) - 1, 0)
        rows = np.arange(len(start))
        opens, before = self._opens[rows, ends_in], self._before[rows, ends_in]
        packed = np.where(target > worked, opens + (target - before), start)
        # The last column is padding: all work of the table is before it.
        impossible = (target > worked) & (target > self._before[:, -1])
        return self._within(np.where(impossible, NEVER_MS, packed), start)

    def ready_by(self, start_ms: int | Moments, minutes: int | Whole) -> Moments:
        """Like :func:`~routing.calendars.hours.ready_by`, (L,)."""
        start = self._asked(start_ms)
        packed = self.packed_by(start, minutes)
        next_ = (self._closes <= packed[:, None]).sum(axis=1).clip(max=self._opens.shape[1] - 1)
        opens = self._opens[np.arange(len(start)), next_]
        return self._within(np.maximum(opens, packed), start)

    def next_day(self, now_ms: int) -> Moments:
        """(L,): when the local day after that of ``now_ms`` begins."""
        self._asked(now_ms)
        after = (self._midnights <= now_ms).sum(axis=1)
        begins: Moments = self._midnights[np.arange(len(after)), after]
        return begins[self._zone]

    def leaving(self, service: int, packed_ms: Moments) -> Leaving:
        """Like :func:`~routing.calendars.carrier.ship_by` for what each location (L,) has packed at ``packed_ms``."""
        table = self._services[service]
        next_ = (table.by_ms < packed_ms[:, None]).sum(axis=1).clip(max=table.by_ms.shape[1] - 1)
        rows = np.arange(len(packed_ms))
        by_ms = table.by_ms[rows, next_]
        never = by_ms > packed_ms + self.horizon_days * DAY_MS
        return Leaving(np.where(never, NEVER_MS, by_ms), np.where(never, NEVER_DAY, table.day[rows, next_]))

    def arrival(self, service: int, leaving: Leaving, zone: Index) -> Days:
        """Like :func:`~routing.calendars.carrier.delivery_date` for postal zones (..., L)."""
        table = self._services[service]
        known = leaving.day < NEVER_DAY
        at = np.where(known, leaving.day - self._first, 0)
        transit = table.transit_days[zone]
        same_day = (transit == 0) & table.works[at]
        later = table.nth[np.minimum(table.reached[at] + np.maximum(transit, 1), len(table.nth) - 1)]
        day = np.where(same_day, leaving.day, later)
        never = ~known | (day > leaving.day.astype(np.int64) + self.horizon_days)
        return np.where(never, NEVER_DAY, day).astype(np.int32)

    def _asked(self, start_ms: int | Moments) -> Moments:
        start = np.broadcast_to(np.asarray(start_ms, np.int64), (len(self._opens),))
        # A later start (the next day of a location that is full) may lie a little behind the window.
        if len(start) and not (start.min() >= self.from_ms and start.max() < self.until_ms + _MARGIN_DAYS * DAY_MS):
            raise Refused("start_ms", "the timetable does not cover this moment", "make a new one: the clock was set")
        return start

    def _worked(self, start: Moments) -> Moments:
        """(L,): open milliseconds of the table until ``start``."""
        at = (self._closes <= start[:, None]).sum(axis=1).clip(max=self._opens.shape[1] - 1)
        rows = np.arange(len(start))
        worked: Moments = self._before[rows, at] + np.maximum(start - self._opens[rows, at], 0)
        return worked

    def _within(self, found: Moments, start: Moments) -> Moments:
        return np.where(found > start + self.horizon_days * DAY_MS, NEVER_MS, found)


def lateness(timetable: Timetable, service: int, packed_ms: Moments, zone: Index, promise_day: Whole) -> Arrivals:
    """When every order would arrive from every location by one service, and how many days behind its promise.

    ``packed_ms`` (L,) is when each location would have it packed, ``zone`` (O, L) the postal zone between them,
    ``promise_day`` (O,) the ordinal of the promised day, :data:`NEVER_DAY` where none was promised.
    """
    places = np.arange(len(packed_ms))
    # Arrivals differ by zone and location only: far fewer than orders.
    zones = np.broadcast_to(np.arange(timetable.zones(service))[:, None], (timetable.zones(service), len(places)))
    day = timetable.arrival(service, timetable.leaving(service, packed_ms), zones)[zone, places]
    behind = np.clip(day - promise_day.astype(np.int32)[:, None], 0, LATE_DAYS_MAX)
    return Arrivals(day, np.where(day == NEVER_DAY, LATE_DAYS_MAX, behind).astype(np.int16))


def ready_lateness(ready_ms: Moments, promise_ms: Whole) -> NDArray[np.int16]:
    """(O, L): days, begun ones included, by which goods to be collected are ready behind the promised moments (O,).

    ``ready_ms`` (L,) is when each location would have them ready.
    """
    behind = np.clip(-((promise_ms[:, None] - ready_ms) // DAY_MS), 0, LATE_DAYS_MAX)
    return np.where(ready_ms == NEVER_MS, LATE_DAYS_MAX, behind).astype(np.int16)


def moment_day(now_ms: int) -> int:
    """The day (ordinal) of a moment in UTC."""
    return 719_163 + now_ms // DAY_MS  # 1970-01-01


def _padded(rows: Sequence[Sequence[int]]) -> Moments:
    """(L, S + 1): the rows, filled up with "never"; the last column is always "never"."""
    table = np.full((len(rows), 1 + max(map(len, rows), default=0)), NEVER_MS, np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table


def _midnights(names: Sequence[str], first: int, last: int) -> Moments:
    """(zones, days): when each day from ``first`` to ``last`` begins."""
    return np.array(
        [[moment(zone_of(name), day, 0) for day in range(first, last + 1)] for name in names], np.int64
    ).reshape(len(names), last + 1 - first)


@lru_cache(maxsize=_CACHED)
def _openings(hours: Hours, first: int, last: int) -> tuple[Opening, ...]:
    return tuple(hours.openings(first, last))


@lru_cache(maxsize=_CACHED)
def _collected(
    hours: Hours, collection: Collection | None, carrier: Carrier, first: int, last: int
) -> tuple[Collected, ...]:
    if collection is None:
        return ()
    at = ((day, collection.on(hours, carrier, day)) for day in range(first, last + 1))
    return tuple(Collected(day, by_ms) for day, by_ms in at if by_ms is not None)


def _collections(hours: Sequence[Hours], service: Service, first: int, last: int, horizon_days: int) -> _Collections:
    found = [
        _collected(place, collection, service.carrier, first, last)
        for place, collection in zip(hours, service.collections, strict=True)
    ]
    by_ms = _padded([[collected.by_ms for collected in each] for each in found])
    day_table = np.full(by_ms.shape, NEVER_DAY, np.int32)
    for number, each in enumerate(found):
        day_table[number, : len(each)] = [collected.day for collected in each]
    days = np.arange(first, last + horizon_days + 1)
    works = np.array([service.carrier.works(int(day)) for day in days], np.bool_)
    # A business day after the last one of the table is never; the one before its first is not asked for.
    nth = np.concatenate(([0], days[works], [NEVER_DAY])).astype(np.int32)
    return _Collections(by_ms, day_table, works, works.cumsum(), nth, np.asarray(service.transit_days, np.intp))
