"""Moments, and ids that sort by them."""

import datetime
from uuid import UUID

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DAY = 24 * HOUR


def at(ms: int) -> datetime.datetime:
    """A time as a column wants it."""
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)


def uuid_at(ms: int, number: int) -> UUID:
    """A UUIDv7 of that moment; ``number`` tells those of one moment apart."""
    return UUID(int=(ms << 80) | (7 << 76) | (2 << 62) | number)
