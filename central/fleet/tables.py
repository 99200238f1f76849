"""The tables of the fleet: locations, the boxes that speak for them, and how far their logs are stored."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import Column

from central.platform.tables import metadata, moment, one_of, optional_moment, required, tenant

STORE, WAREHOUSE = "store", "warehouse"
EDGE, WMS, DROPSHIP, NONE = "edge", "wms", "dropship", "none"
BELIEVED, UNVERIFIED, REFUSED, MISSING = "believed", "unverified", "refused", "missing"
DEFAULT_ZONE = "all"

location = Table(
    "location",
    metadata,
    tenant(),
    required("location", Text),
    required("kind", Text),
    required("backing", Text, f"'{NONE}'"),
    required("name", Text),
    required("legal_entity", Text, "''"),
    required("currency", Text),
    required("country", Text, "''"),
    required("region", Text, "''"),
    required("city", Text, "''"),
    required("zip", Text, "''"),
    required("address", Text, "''"),
    Column("time_zone", Text),
    Column("lat", Double),
    Column("lon", Double),
    required("coordinate_state", Text, f"'{MISSING}'"),
    Column("hours", JSONB),
    required("zone", Text, f"'{DEFAULT_ZONE}'"),
    required("groups", ARRAY(Text, as_tuple=True), "'{}'"),
    required("delivery_services", ARRAY(Text, as_tuple=True), "'{}'"),
    required("certifications", ARRAY(Text, as_tuple=True), "'{}'"),
    required("ships", Boolean, "false"),
    required("pickups", Boolean, "false"),
    Column("capacity_units_per_day", Integer),
    required("open_for_orders", Boolean, "false"),
    required("closed_reason", Text, "''"),
    moment("changed_at"),
    PrimaryKeyConstraint("tenant", "location"),
    one_of("kind", "kind", STORE, WAREHOUSE),
    one_of("backing", "backing", EDGE, WMS, DROPSHIP, NONE),
    one_of("coordinate_state", "coordinate_state", BELIEVED, UNVERIFIED, REFUSED, MISSING),
)
"""Every place that may hold goods. ``backing`` says what answers for it; a location without one is known, no more.

``hours`` maps a weekday (``mon`` .. ``sun``) to a list of ``["09:00", "21:00"]`` in local time; null where unknown.
Coordinates that are refused are kept for people and never used. ``capacity_units_per_day`` null: no limit known.
``groups``, ``delivery_services`` (such as ground or adult signature) and ``certifications`` are what rules of routing
may call a location by, beside its zone.
"""

box = Table(
    "box",
    metadata,
    tenant(),
    required("box", Uuid),
    required("location", Text),
    moment("enrolled_at"),
    required("software", Text, "''"),
    optional_moment("last_hello_at"),
    Column("hello", JSONB),
    required("state", Text, "'open'"),
    required("incident", Text, "''"),
    optional_moment("incident_at"),
    PrimaryKeyConstraint("tenant", "box"),
    ForeignKeyConstraint(["tenant", "location"], ["location.tenant", "location.location"]),
    Index(None, "tenant", "location"),
    one_of("state", "state", "open", "replaced"),
)
"""Every installation that was ever enrolled. ``incident`` is what a person must look at, such as a fork."""

store_link = Table(
    "store_link",
    metadata,
    tenant(),
    required("location", Text),
    required("epoch", BigInteger),
    required("box", Uuid),
    moment("granted_at"),
    PrimaryKeyConstraint("tenant", "location"),
    ForeignKeyConstraint(["tenant", "box"], ["box.tenant", "box.box"]),
)
"""The one box that speaks for a location, and the epoch of its grant."""

watermark = Table(
    "watermark",
    metadata,
    tenant(),
    required("location", Text),
    required("box", Uuid),
    required("seq", BigInteger),
    required("hash", LargeBinary),
    PrimaryKeyConstraint("tenant", "location", "box"),
)
"""How far each box's log is stored, and its chain hash there. Made with the grant, moved by ingest alone."""
