"""When a location is open, and how long work takes that is done only then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from retail.errors import Refused
from routing.calendars.limits import HORIZON_DAYS, MINUTE_MS, NoDate, Why, horizon_ms
from routing.calendars.local_time import DAY_MINUTES, day_at, moment, zone_of


class Span(NamedTuple):
    """Open from minute ``opens`` of a local day until minute ``closes``, not included; 1,440 is the end of the day."""

    opens: int
    closes: int


class Opening(NamedTuple):
    """Open from the moment ``opens`` until ``closes``, not included."""

    opens: int
    closes: int


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours in the local time of ``zone`` (an IANA name).

    ``week`` has seven days from Monday on, each with its spans in order. ``exceptions`` maps a day (ordinal) to the
    spans that hold on it instead: none for a holiday. Raises :class:`Refused` for an unknown zone and for spans that
    overlap, are out of order or leave the day.
    """

    zone: str
    week: tuple[Spans, ...]
    exceptions: Mapping[int, Spans] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        zone_of(self.zone)
        if len(self.week) != 7:
            raise Refused("hours", f"the week has {len(self.week)} days", "give seven, from Monday on")
        for spans in (*self.week, *self.exceptions.values()):
            ends = [minute for span in spans for minute in span]
            proper = all(span.opens < span.closes for span in spans) and ends == sorted(ends)
            if not proper or (ends and not (ends[0] >= 0 and ends[-1] <= DAY_MINUTES)):
                raise Refused("hours", f"{ends} do not follow each other within a day", "give from and to, in order")

    @property
    def tz(self) -> ZoneInfo:
        """The zone itself."""
        return zone_of(self.zone)

    def on(self, day: int) -> Spans:
        """The spans of ``day``."""
        return self.exceptions.get(day, self.week[(day - 1) % 7])  # day 1 was a Monday

    def openings(self, first: int, last: int) -> Iterator[Opening]:
        """When it is open on the days ``first`` to ``last``, both included, in order; what adjoins is one opening."""
        open_: Opening | None = None
        for day in range(first, last + 1):
            for span in self.on(day):
                opens, closes = moment(self.tz, day, span.opens), moment(self.tz, day, span.closes)
                if opens >= closes:  # the clocks skip all of it
                    continue
                if open_ is not None and opens <= open_.closes:
                    open_ = Opening(open_.opens, closes)
                    continue
                if open_ is not None:
                    yield open_
                open_ = Opening(opens, closes)
        if open_ is not None:
            yield open_


def packed_by(hours: Hours, now_ms: int, minutes: int, horizon_days: int = HORIZON_DAYS) -> int | NoDate:
    """When ``minutes`` of work that begins now are done, if it rests while the location is closed.

    No work is done at once. It may be done at the very moment of closing.
    """
    limit = now_ms + horizon_ms(horizon_days)
    left = _work(minutes)
    if not left:
        return now_ms
    opened = False
    for opening in _from(hours, now_ms, horizon_days):
        begins = max(opening.opens, now_ms)
        opened = opened or begins <= limit
        if begins + left <= opening.closes:
            return _within(begins + left, limit, horizon_days, opened)
        left -= opening.closes - begins
    return NoDate(Why.TOO_LATE if opened else Why.NEVER_OPEN, horizon_days)


def ready_by(hours: Hours, now_ms: int, minutes: int, horizon_days: int = HORIZON_DAYS) -> int | NoDate:
    """The first moment at which the location is open and ``minutes`` of work that begins now are done.

    What is done as it closes is ready when it opens next.
    """
    packed = packed_by(hours, now_ms, minutes, horizon_days)
    if isinstance(packed, NoDate):
        return packed
    limit = now_ms + horizon_ms(horizon_days)
    for opening in _from(hours, packed, horizon_days):
        return _within(max(opening.opens, packed), limit, horizon_days, packed > now_ms)
    return NoDate(Why.NEVER_OPEN if packed == now_ms else Why.TOO_LATE, horizon_days)


def latest_start(hours: Hours, done_by_ms: int, minutes: int, horizon_days: int = HORIZON_DAYS) -> int | NoDate:
    """The last moment at which work of ``minutes`` may begin and still be done by ``done_by_ms``, which is included."""
    limit = done_by_ms - horizon_ms(horizon_days)
    left = _work(minutes)
    if not left:
        return done_by_ms
    last = day_at(hours.tz, done_by_ms)
    opened = False
    for opening in reversed(list(hours.openings(last - horizon_days - 1, last + 1))):
        ends = min(opening.closes, done_by_ms)
        if ends <= opening.opens or ends <= limit:
            continue
        opened = True
        if ends - left >= opening.opens:
            return ends - left if ends - left >= limit else NoDate(Why.TOO_LATE, horizon_days)
        left -= ends - opening.opens
    return NoDate(Why.TOO_LATE if opened else Why.NEVER_OPEN, horizon_days)


def _from(hours: Hours, now_ms: int, horizon_days: int) -> Iterator[Opening]:
    """Openings that are not over at ``now_ms``. The day before is looked at too: its hours may reach into today."""
    today = day_at(hours.tz, now_ms)
    return (each for each in hours.openings(today - 1, today + horizon_days + 1) if each.closes > now_ms)


def _within(found: int, limit: int, horizon_days: int, opened: bool) -> int | NoDate:
    return found if found <= limit else NoDate(Why.TOO_LATE if opened else Why.NEVER_OPEN, horizon_days)


def _work(minutes: int) -> int:
    if minutes < 0:
        raise Refused("minutes", f"{minutes} is below zero", "give the minutes that the work takes")
    return minutes * MINUTE_MS
