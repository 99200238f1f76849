"""Time as something that is passed in, and the business day of a moment.

Times are milliseconds since 1970 UTC. :class:`SystemClock` is the only code that may ask the machine for the time;
everything else takes a :class:`Clock`, so that a test can live through a day in a millisecond.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Protocol
from zoneinfo import ZoneInfo

from retail.errors import Refused

NOW_MS_MAX = 253_370_764_800_000
"""Start of the year 9999: a clock beyond it is broken."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class Clock(Protocol):
    """What a program may know of the time."""

    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC. It may be wrong and may jump both ways."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, never going back: for waiting and for measuring."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until somebody moves it. Starts on Thursday, 1 January 2026, 00:00 UTC."""

    wall_ms: int = 1_767_225_600_000
    elapsed_ms: int = 0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic(self) -> float:
        return self.elapsed_ms / 1000

    def advance(self, ms: int) -> None:
        """Let ``ms`` milliseconds pass on both clocks. Time does not go back: raises :class:`Refused` below zero."""
        if ms < 0:
            raise Refused("ms", "time does not go back", "use set_wall to put the wall clock wrong")
        self.wall_ms += ms
        self.elapsed_ms += ms

    def set_wall(self, now_ms: int) -> None:
        """Put the wall clock right or wrong, as a person or a time server does; no time passes."""
        self.wall_ms = now_ms


def business_day(now_ms: int, zone: str, cutover_hour: int) -> str:
    """The date, ``YYYY-MM-DD``, to whose takings ``now_ms`` belongs.

    A business day begins the first time that the local clock of ``zone`` (an IANA name) shows ``cutover_hour`` on that
    date (0 to 23; or would show it, where summer time skips that hour) and lasts until the next one begins. A repeated
    hour in autumn never reopens a day that is over.

    Raises :class:`Refused` for an unknown zone, an impossible hour and a moment before 1970 or after 9998.
    """
    if not 0 <= cutover_hour <= 23:
        raise Refused("cutover_hour", f"{cutover_hour} is not an hour of the day", "give 0 to 23")
    if not 0 <= now_ms < NOW_MS_MAX:
        raise Refused("now_ms", "the moment is not between 1970 and 9998", "set the clock")
    place = _zone(zone)
    now = _EPOCH + timedelta(milliseconds=now_ms)
    cutover = time_of_day(cutover_hour, tzinfo=place)
    day = now.astimezone(place).date() + _DAY
    # Compared in UTC: two datetimes of one zone compare by their faces, and a face shows twice in autumn.
    while datetime.combine(day, cutover).astimezone(UTC) > now:
        day -= _DAY
    return day.isoformat()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, a path outside, a folder
        raise Refused("zone", f"{name[:40]!r} is not a time zone", "give an IANA name such as Europe/Berlin") from error
