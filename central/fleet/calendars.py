"""Opening hours, weekdays and cut-offs, as people write them and as the database keeps them, made into calendars."""

import re
from collections.abc import Mapping, Sequence

from central.fleet.hours import DAYS
from retail.errors import Refused
from routing.calendars.hours import Hours, Span, Spans
from routing.calendars.local_time import DAY_MINUTES

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
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


def parse_weekdays(text: str) -> frozenset[int]:
    """Weekdays (0 is Monday) from ``mon-fri``, ``mon,wed,sat`` or ``none``. Raises :class:`Refused`."""
    days: set[int] = set()
    for part in [] if text == "none" else text.split(","):
        first, dash, last = part.strip().partition("-")
        last = last if dash else first
        if first not in DAYS or last not in DAYS:
            raise Refused("days", f"{text[:40]!r} are not weekdays", "write them like mon-fri, mon,wed,sat or none")
        start, length = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % 7
        days |= {(start + step) % 7 for step in range(length + 1)}
    return frozenset(days)


def parse_cutoff(text: str) -> int:
    """The minute of the day from ``16:00``. Raises :class:`Refused`."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise Refused("cutoff", f"{text[:20]!r} is not a time of day", "write it like 16:00")
    return int(match[1]) * 60 + int(match[2])


def _spans(spans: Sequence[Sequence[str]]) -> Spans:
    return tuple(Span(_minute(opens), _end(_minute(closes))) for opens, closes in spans)


def _end(minute: int) -> int:
    """Who writes hours ends a day at 23:59 and means midnight."""
    return DAY_MINUTES if minute == _LAST_MINUTE else minute


def _minute(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise Refused("hours", f"{text[:20]!r} is not a time of day", "import the hours again")
    return int(match[1]) * 60 + int(match[2])
