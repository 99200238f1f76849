"""A location's calendar as the database keeps it: which columns to read, and what they mean."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from central.fleet.calendars import parse_cutoff, read_hours, read_weekdays
from routing.calendars.carrier import Collection
from routing.calendars.hours import Hours

CALENDAR_COLUMNS = """l.time_zone, l.hours::text AS hours,
           (SELECT json_object_agg(d.day, d.hours ORDER BY d.day) FROM location_day d
            WHERE d.tenant = l.tenant AND d.location = l.location AND d.day >= current_date - 7)::text AS days,
           (SELECT json_object_agg(c.service, json_build_array(c.days, c.cutoff) ORDER BY c.service)
            FROM location_collection c WHERE c.tenant = l.tenant AND c.location = l.location)::text AS collections"""
"""For a query on ``location l``."""

_CACHED = 16_384


class Calendar(NamedTuple):
    """When a location works, and the collections that differ from those of their services: None, it does not come."""

    hours: Hours
    collections: Mapping[str, Collection | None]


def read_calendar(row: Any) -> Calendar | None:
    """The calendar of a row with :data:`CALENDAR_COLUMNS`; None where zone or hours are not known.

    Raises :class:`~retail.errors.Refused` for one that cannot be.
    """
    if row.time_zone is None or row.hours is None:
        return None
    return _calendar(row.time_zone, row.hours, row.days or "{}", row.collections or "{}")


@lru_cache(maxsize=_CACHED)
def _calendar(time_zone: str, hours: str, days: str, collections: str) -> Calendar | None:
    week = json.loads(hours)
    if week is None:
        return None
    return Calendar(
        read_hours(time_zone, week, {date.fromisoformat(day).toordinal(): of for day, of in json.loads(days).items()}),
        {
            service: Collection(parse_cutoff(cutoff), read_weekdays(weekdays)) if weekdays else None
            for service, (weekdays, cutoff) in json.loads(collections).items()
        },
    )
