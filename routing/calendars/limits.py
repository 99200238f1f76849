"""How far calendars look ahead, and what they say when there is no date within that."""

from dataclasses import dataclass
from enum import Enum

from retail.errors import Refused

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS

HORIZON_DAYS = 21
"""Days that a calendar looks ahead unless told otherwise."""

HORIZON_DAYS_MAX = 400

NEVER_MS = 2**60
"""In an array of moments: there is none. Later than any moment, and far enough from overflow to be added to."""

NEVER_DAY = 2**30
"""In an array of days: there is none."""


class Why(Enum):
    """What keeps a date from being named; the value is a clause that follows the location's name."""

    NEVER_OPEN = "is not open"
    TOO_LATE = "cannot have it done"
    NOT_COLLECTED = "has no collection by this carrier"
    NOT_DELIVERED = "has no carrier that would deliver"


@dataclass(frozen=True, slots=True)
class NoDate:
    """There is no date within ``days`` days, and why."""

    why: Why
    days: int

    def __str__(self) -> str:
        return f"{self.why.value} within {self.days} days"


def horizon_ms(days: int) -> int:
    """``days`` in milliseconds. Raises :class:`Refused` unless they are 1 to :data:`HORIZON_DAYS_MAX`."""
    if not 0 < days <= HORIZON_DAYS_MAX:
        raise Refused("horizon_days", f"{days} is not a horizon", f"give 1 to {HORIZON_DAYS_MAX} days")
    return days * DAY_MS
