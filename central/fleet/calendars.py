"""Opening hours and weekdays as the database keeps them, as calendars that can be reckoned with."""

from collections.abc import Mapping, Sequence

from central.fleet.hours import DAYS
from routing.calendars.hours import Hours, Span, Spans
from routing.calendars.local_time import DAY_MINUTES

_LAST_MINUTE = DAY_MINUTES - 1


def read_hours(
    time_zone: str,
    week: Mapping[str, Sequence[Sequence[str]]],
    days: Mapping[int, Sequence[Sequence[str]]],
) -> Hours:
    """The calendar of a location: ``week`` by weekday, ``days`` (ordinals) that have hours of their own.

    Raises :class:`~retail.errors.Refused` for hours that are none.
    """
    return Hours(
        time_zone,
        tuple(_spans(week.get(day, ())) for day in DAYS),
        {day: _spans(spans) for day, spans in days.items()},
    )


def read_weekdays(days: Sequence[str]) -> frozenset[int]:
    """Numbers of weekdays, 0 for Monday, from their short names."""
    return frozenset(DAYS.index(day) for day in days)


def _spans(spans: Sequence[Sequence[str]]) -> Spans:
    return tuple(Span(_minute(opens), _end(_minute(closes))) for opens, closes in spans)


def _end(minute: int) -> int:
    """Who writes hours ends a day at 23:59 and means midnight."""
    return DAY_MINUTES if minute == _LAST_MINUTE else minute


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
