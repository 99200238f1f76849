"""The tables of calendars: days with hours of their own, collections by carriers, and the middle of postal areas."""

from sqlalchemy import Date, Double, ForeignKeyConstraint, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from central.platform.tables import metadata, required, tenant

location_day = Table(
    "location_day",
    metadata,
    tenant(),
    required("location", Text),
    required("day", Date),
    required("hours", JSONB),
    required("reason", Text, "''"),
    PrimaryKeyConstraint("tenant", "location", "day"),
    ForeignKeyConstraint(["tenant", "location"], ["location.tenant", "location.location"]),
)
"""Days on which other ``hours`` hold than on their weekday: a list of ``["09:00", "21:00"]``, empty for closed."""

location_collection = Table(
    "location_collection",
    metadata,
    tenant(),
    required("location", Text),
    required("service", Text),
    required("days", JSONB),
    required("cutoff", Text),
    PrimaryKeyConstraint("tenant", "location", "service"),
    ForeignKeyConstraint(["tenant", "location"], ["location.tenant", "location.location"]),
)
"""When a carrier's service collects, where that differs from the settings. ``days`` are short names (``["mon"]``),
empty where it does not come; ``cutoff`` is a local time, ``16:00``."""

postal_area = Table(
    "postal_area",
    metadata,
    tenant(),
    required("country", Text),
    required("zip", Text),
    required("lat", Double),
    required("lon", Double),
    PrimaryKeyConstraint("tenant", "country", "zip"),
)
"""The middle of each postal area, in degrees: where a destination without coordinates is taken to be."""
