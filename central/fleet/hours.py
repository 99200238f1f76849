"""Opening hours as shops write them: ``Mon: 10-9:30; Tue-Fri: 9-5; Sat: 10am - 2pm, 4pm - 8pm; Sun: closed``.

Where only bare hours are given, a shop is meant, not a night club: it opens in the morning (at 12 to 4 in the
afternoon) and closes after noon. Hours above 12 and hours with a leading zero are those of a 24-hour clock and mean
what they say; so do am and pm. What can be read in two ways is refused, or read cautiously and noted as a doubt.

A day ends at 23:59 at the latest, so that every time is one of its own day; midnight is written as that.
"""

import itertools
import re
from dataclasses import dataclass

from retail.errors import Refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPANS_MAX = 4
"""Spans of one day: more than that is no shop."""
TEXT_LENGTH_MAX = 500

Hours = dict[str, list[list[str]]]
"""By weekday, in order, the local times from which and to which it is open: ``{"mon": [["10:00", "21:30"]], ...}``."""

FIELD = "hours"
EXAMPLE = "write it like Mon-Fri: 9:00-18:00; Sat: 10:00-14:00; Sun: closed"

_NAMES = {
    "mon": "mon", "monday": "mon", "tue": "tue", "tues": "tue", "tuesday": "tue", "wed": "wed", "weds": "wed",
    "wednesday": "wed", "thu": "thu", "thur": "thu", "thurs": "thu", "thursday": "thu", "fri": "fri", "friday": "fri",
    "sat": "sat", "saturday": "sat", "sun": "sun", "sunday": "sun",
}  # fmt: skip
_EVERY_DAY = frozenset({"daily", "every day"})
_ENTRY = re.compile(r"([a-z][a-z ,&-]*?)\s*(?::\s*|\s(?=[0-9]|closed|open))(.+)")
_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?\s*(am|pm)?")
_MINUTES_OF_DAY = 24 * 60
_LAST = _MINUTES_OF_DAY - 1
_NOON = 12 * 60


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """What a text said. ``by_day`` has all seven days, an empty list where it is closed.

    ``unnamed`` are days that the text left out, taken as closed; ``doubts`` are readings that a person should confirm.
    """

    by_day: Hours
    unnamed: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def parse_hours(text: str) -> OpeningHours:
    """Read ``text``. Raises :class:`Refused` for what cannot be read for certain, naming the first such part."""
    if len(text) > TEXT_LENGTH_MAX:
        raise _unreadable(f"it has more than {TEXT_LENGTH_MAX} characters")
    plain = re.sub(r"\s*[\u2012-\u2015\u2212]\s*|\s+to\s+", "-", text.lower())
    plain = re.sub(r"\b([ap])\.m\.", r"\1m", plain)
    named: dict[str, list[tuple[int, int]]] = {}
    doubts: list[str] = []
    for entry in filter(None, (part.strip() for part in plain.split(";"))):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise _unreadable("a part is not a day and its hours")
        spans = _spans(match[2].strip(), doubts)
        for day in _days(match[1]):
            if day in named:
                raise _unreadable(f"it names {day} twice")
            named[day] = spans
    if not named:
        raise _unreadable("it names no day")
    by_day = {day: [[_clock(opens), _clock(closes)] for opens, closes in named.get(day, [])] for day in DAYS}
    return OpeningHours(by_day, tuple(day for day in DAYS if day not in named), tuple(dict.fromkeys(doubts)))


def _unreadable(problem: str) -> Refused:
    return Refused(FIELD, f"the hours are unreadable: {problem}", EXAMPLE)


def _days(text: str) -> list[str]:
    text = text.strip()
    if text in _EVERY_DAY:
        return list(DAYS)
    days: list[str] = []
    for part in re.split(r"[,&]", text):
        names = [_NAMES.get(name.strip()) for name in part.split("-")]
        known = [name for name in names if name is not None]
        if len(known) != len(names) or len(names) > 2:
            raise _unreadable("a word is not a weekday")
        first, last = DAYS.index(known[0]), DAYS.index(known[-1])
        days += [DAYS[(first + step) % 7] for step in range((last - first) % 7 + 1)]
    if len(set(days)) != len(days):
        raise _unreadable("it names a day twice")
    return days


def _spans(text: str, doubts: list[str]) -> list[tuple[int, int]]:
    if text == "closed":
        return []
    if text in ("24 hours", "open 24 hours"):
        return [(0, _LAST)]
    spans = [_span(part.strip(), doubts) for part in text.split(",")]
    if len(spans) > SPANS_MAX or any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans)):
        raise _unreadable("the hours of a day overlap, are out of order or too many")
    return spans


def _span(text: str, doubts: list[str]) -> tuple[int, int]:
    times = [_TIME.fullmatch(time.strip()) for time in text.split("-")]
    opens, closes = times if len(times) == 2 else (None, None)
    if opens is None or closes is None:
        raise _unreadable("a part is not from a time to a time")
    by_24 = _is_of_24(opens[1]) or _is_of_24(closes[1])
    start = _opening(opens, by_24, doubts, closes)
    end = _closing(closes, by_24)
    if end <= start:
        raise _unreadable("it closes before it opens")
    return start, min(end, _LAST)


def _is_of_24(hour: str) -> bool:
    """Whether this hour shows that its span is on the 24-hour clock."""
    return int(hour) > 12 or len(hour.lstrip("0")) < len(hour) == 2


def _opening(time: re.Match[str], by_24: bool, doubts: list[str], closes: re.Match[str]) -> int:
    minutes = _minutes(time)
    hour = int(time[1])
    if time[3]:
        return _with_half(time, minutes)
    if by_24:
        return minutes
    if hour == 12 and closes[1] == "11":
        doubts.append("12-11 may begin at noon or at midnight; it was read as noon")
    if hour == 5:
        raise _unreadable("opening at 5 may be in the morning or in the afternoon")
    return minutes + _NOON if 1 <= hour <= 4 else minutes


def _closing(time: re.Match[str], by_24: bool) -> int:
    minutes = _minutes(time)
    hour = int(time[1])
    if time[3]:
        return _with_half(time, minutes) or _MINUTES_OF_DAY
    if hour == 0:
        return minutes or _MINUTES_OF_DAY
    if by_24:
        return minutes
    if hour == 12:
        raise _unreadable("closing at 12 may be at noon or at midnight")
    return minutes + _NOON


def _minutes(time: re.Match[str]) -> int:
    minutes = int(time[1]) * 60 + int(time[2] or 0)
    if int(time[2] or 0) > 59 or minutes > _MINUTES_OF_DAY:
        raise _unreadable("a time is not one of a day")
    return minutes


def _with_half(time: re.Match[str], minutes: int) -> int:
    if not 1 <= int(time[1]) <= 12:
        raise _unreadable("am and pm go with the hours 1 to 12")
    return minutes % _NOON + (_NOON if time[3] == "pm" else 0)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
