"""The tables of the platform, and what all tables of the centre share.

Every key begins with the tenant, so that the same schema can be distributed. Amounts are integers of the currency's
minor unit, quantities integers of the item's unit, columns ending in ``_ms`` milliseconds since 1970 UTC as a box or a
shop stated them; ``timestamptz`` columns hold the centre's own time.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

TENANT = "main"
"""The one tenant of this installation."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(referred_table_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def tenant() -> Column[str]:
    """First column of every table."""
    return Column("tenant", Text, nullable=False, server_default=TENANT)


def required(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], default: str | None = None) -> Column[Any]:
    """A column that is never null; ``default`` is an SQL literal."""
    return Column(name, kind, nullable=False, server_default=None if default is None else text(default))


def moment(name: str) -> Column[Any]:
    """When the row came to be, by the database's clock."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def optional_moment(name: str) -> Column[Any]:
    """A time that may not have come yet."""
    return Column(name, DateTime(timezone=True))


def serial(name: str) -> Column[int]:
    """A number that the database counts up."""
    return Column(name, BigInteger, Identity(always=True), nullable=False)


def one_of(name: str, column: str, *values: str) -> CheckConstraint:
    """Only these words are allowed in ``column``."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=name)


centre = Table(
    "centre",
    metadata,
    tenant(),
    required("gen", BigInteger),
    moment("created_at"),
    PrimaryKeyConstraint("tenant"),
)
"""One row: the generation of this database, unix seconds of its first migration."""

downlink_head = Table(
    "downlink_head",
    metadata,
    tenant(),
    required("scope", Text),
    required("stream", Text),
    required("gen", BigInteger),
    required("ver", BigInteger),
    required("hash", LargeBinary),
    PrimaryKeyConstraint("tenant", "scope", "stream"),
)
"""The newest version of each stream. ``scope`` is a location's key, or ``zone:…``."""

downlink_delta = Table(
    "downlink_delta",
    metadata,
    tenant(),
    required("scope", Text),
    required("stream", Text),
    required("ver", BigInteger),
    required("delta", LargeBinary),
    required("hash", LargeBinary),
    moment("created_at"),
    PrimaryKeyConstraint("tenant", "scope", "stream", "ver"),
)
"""Every version of each stream. ``delta`` is encoded once, here, and sent as it is."""

outbox = Table(
    "outbox",
    metadata,
    tenant(),
    serial("message_id"),
    required("topic", Text),
    required("key", Text),
    required("payload", Text),
    moment("created_at"),
    required("attempts", Integer, "0"),
    moment("due_at"),
    optional_moment("parked_at"),
    required("error", Text, "''"),
    PrimaryKeyConstraint("tenant", "message_id"),
    Index(None, "tenant", "topic", "key", "message_id"),
)
"""Work to be done once, in order for each (topic, key). A row leaves with the transaction that did its work."""

lease = Table(
    "lease",
    metadata,
    tenant(),
    required("name", Text),
    required("holder", Text),
    required("token", BigInteger),
    required("expires_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant", "name"),
)
"""Who may do what only one may do. ``token`` rises with each change of holder and fences the one before."""

idempotency = Table(
    "idempotency",
    metadata,
    tenant(),
    required("scope", Text),
    required("key", Text),
    required("request_hash", LargeBinary),
    required("status", SmallInteger),
    required("response", JSONB),
    moment("created_at"),
    PrimaryKeyConstraint("tenant", "scope", "key"),
)
"""Answers to requests that carried an ``Idempotency-Key``."""

audit = Table(
    "audit",
    metadata,
    tenant(),
    serial("audit_id"),
    moment("at"),
    required("actor", Text),
    required("action", Text),
    required("subject", Text),
    required("detail", JSONB, "'{}'"),
    PrimaryKeyConstraint("tenant", "audit_id"),
    Index(None, "tenant", "subject", "audit_id"),
)
"""Who changed what. ``subject`` names the thing: ``location/S0412``."""

incident = Table(
    "incident",
    metadata,
    tenant(),
    serial("incident_id"),
    moment("at"),
    required("kind", Text),
    required("location", Text, "''"),
    required("subject", Text),
    required("problem", Text),
    required("remedy", Text),
    required("key", Text),
    optional_moment("resolved_at"),
    required("resolved_by", Text, "''"),
    PrimaryKeyConstraint("tenant", "incident_id"),
    Index("incident_key_idx", "tenant", "kind", "key", unique=True),
    Index("incident_open_idx", "tenant", "incident_id", postgresql_where=text("resolved_at IS NULL")),
)
"""What a person should look at. ``key`` tells one finding from the next, so that a repeat adds no row."""

import_report = Table(
    "import_report",
    metadata,
    tenant(),
    required("report_id", Uuid),
    required("kind", Text),
    required("source", Text),
    moment("started_at"),
    optional_moment("finished_at"),
    required("rows_read", Integer, "0"),
    required("rows_kept", Integer, "0"),
    required("rows_repaired", Integer, "0"),
    required("rows_refused", Integer, "0"),
    PrimaryKeyConstraint("tenant", "report_id"),
)
"""One import of a file. ``kind`` is one of :mod:`central.imports`; ``source`` the file's name, not its path."""

import_finding = Table(
    "import_finding",
    metadata,
    tenant(),
    required("report_id", Uuid),
    required("finding_no", Integer),
    required("row", Integer),
    required("field", Text),
    required("value", Text),
    required("problem", Text),
    required("remedy", Text),
    required("action", Text),
    PrimaryKeyConstraint("tenant", "report_id", "finding_no"),
    ForeignKeyConstraint(
        ["tenant", "report_id"], ["import_report.tenant", "import_report.report_id"], ondelete="CASCADE"
    ),
    one_of("action", "action", "refused", "repaired", "kept"),
)
"""What was wrong with a row of the file, what was done about it, and what a person could do. ``row`` counts from 1."""
