"""Calendars at random, around the nights on which clocks change, and a walk minute by minute to compare with."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from routing.calendars.carrier import Carrier, Collection
from routing.calendars.hours import Hours, Span, Spans
from routing.calendars.limits import MINUTE_MS
from routing.calendars.local_time import day_at, zone_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(text: str) -> int:
    """Milliseconds of an ISO time with its offset."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def day(text: str) -> int:
    """The ordinal of an ISO date."""
    return datetime.fromisoformat(text).toordinal()


NIGHTS = {
    "Europe/Berlin": ("2026-03-29T00:00+00:00", "2026-10-25T00:00+00:00", "2026-07-01T00:00+00:00"),
    "America/New_York": ("2026-03-08T06:00+00:00", "2026-11-01T05:00+00:00"),
    "America/Havana": ("2026-03-08T04:00+00:00", "2026-11-01T04:00+00:00"),
    "America/Sao_Paulo": ("2018-11-04T02:00+00:00", "2019-02-17T01:00+00:00"),
    "America/St_Johns": ("2010-03-14T03:00+00:00", "2010-11-07T02:00+00:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:00+00:00", "2026-04-04T15:00+00:00"),
    "Pacific/Apia": ("2011-12-30T09:00+00:00",),
    "Asia/Kathmandu": ("2026-01-01T00:00+00:00",),
}
"""Zones, and nights on which something happens there: an hour skipped or repeated, at midnight too; half an hour; a
whole day skipped."""


@st.composite
def zones_and_moments(draw: st.DrawFn) -> tuple[str, int]:
    """A zone, and a whole minute within two days of one of its nights."""
    zone = draw(st.sampled_from(sorted(NIGHTS)))
    night = ms(draw(st.sampled_from(NIGHTS[zone])))
    return zone, night + draw(st.integers(-2 * 1440, 1440)) * MINUTE_MS


minutes_of_day = st.one_of(st.integers(0, 1440), st.integers(0, 48).map(lambda half: half * 30))


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """No, one or two spans, often in the small hours."""
    ends = sorted(draw(st.lists(minutes_of_day, max_size=4, unique=True)))
    return tuple(Span(*ends[at : at + 2]) for at in range(0, len(ends) - 1, 2))


@st.composite
def hours(draw: st.DrawFn, zone: str, around_ms: int) -> Hours:
    """Opening hours with some exceptions near ``around_ms``."""
    today = day_at(zone_of(zone), around_ms)
    week = tuple(draw(st.tuples(*[spans()] * 7)))
    return Hours(zone, week, draw(st.dictionaries(st.integers(today - 1, today + 3), spans(), max_size=2)))


@st.composite
def carriers(draw: st.DrawFn, today: int) -> Carrier:
    """Business days, and some holidays around ``today``."""
    weekdays = draw(st.frozensets(st.integers(0, 6)))
    return Carrier(weekdays, draw(st.frozensets(st.integers(today, today + 8), max_size=3)))


@st.composite
def collections(draw: st.DrawFn, today: int) -> Collection:
    """A standing collection, and some days without it."""
    weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Collection(draw(minutes_of_day), weekdays, draw(st.frozensets(st.integers(today, today + 8), max_size=2)))


def open_minutes(place: Hours, from_ms: int, count: int) -> Iterator[tuple[int, bool]]:
    """The next ``count`` minutes from ``from_ms``, and whether ``place`` is open, by a clock that is never put back.

    Knows nothing of openings: it reads the clock on the wall every minute, from two days before.
    """
    zone = ZoneInfo(place.zone)
    shown = datetime.fromordinal(1)
    for at in range(from_ms - 2880 * MINUTE_MS, from_ms + count * MINUTE_MS, MINUTE_MS):
        face = (EPOCH + timedelta(milliseconds=at)).astimezone(zone).replace(tzinfo=None)
        shown = max(shown, face)
        if at >= from_ms:
            minute = shown.hour * 60 + shown.minute
            yield at, any(span.opens <= minute < span.closes for span in place.on(shown.toordinal()))
