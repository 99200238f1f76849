"""The events that the centre holds, as its boxes wrote them.

Ingest alone writes here; inventory, orders and reports read. A log belongs to a box; the centre's own events about a
store (a stock import, a correction) form a log too, that of the box :data:`CENTRE_BOX`.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.tables import TENANT, metadata, moment, required, tenant

CENTRE_BOX = UUID(int=0)
"""The box under which the centre keeps its own events."""

log_entry = Table(
    "log_entry",
    metadata,
    tenant(),
    required("location", Text),
    required("box", Uuid),
    required("seq", BigInteger),
    required("id", Uuid),
    required("body", LargeBinary),
    required("hash", LargeBinary),
    PrimaryKeyConstraint("tenant", "location", "box", "seq"),
)
"""Each box's log, contiguous, bodies as they came. ``hash`` is the chain hash up to and including the entry."""

event = Table(
    "event",
    metadata,
    tenant(),
    required("id", Uuid),
    required("location", Text),
    required("box", Uuid),
    required("seq", BigInteger),
    required("kind", Text),
    required("at_ms", BigInteger),
    required("time_quality", SmallInteger),
    required("business_day", Date),
    required("register", Text),
    required("staff", Text),
    moment("received_at"),
    PrimaryKeyConstraint("tenant", "id"),
    Index(None, "tenant", "location", "received_at"),
)
"""Every event once, by id, however many logs it is in. Effects derive only from rows inserted here."""

dead_letter = Table(
    "dead_letter",
    metadata,
    tenant(),
    required("id", Uuid),
    required("location", Text),
    required("box", Uuid),
    required("seq", BigInteger),
    required("reason", Text),
    required("body", LargeBinary),
    moment("received_at"),
    PrimaryKeyConstraint("tenant", "location", "box", "seq"),
)
"""Entries whose body nobody can read, for a person. The entry itself is in the log."""


@dataclass(frozen=True)
class StoredEvent:
    """An event with the place it holds in its log."""

    id: UUID
    location: str
    box: UUID
    seq: int
    body: bytes


async def read_event(conn: AsyncConnection, event_id: UUID) -> StoredEvent | None:
    """The event ``event_id``, or None where the centre has none of that id."""
    query = (
        select(event.c.location, event.c.box, event.c.seq, log_entry.c.body)
        .join(
            log_entry,
            (log_entry.c.tenant == event.c.tenant)
            & (log_entry.c.location == event.c.location)
            & (log_entry.c.box == event.c.box)
            & (log_entry.c.seq == event.c.seq),
        )
        .where(event.c.tenant == TENANT, event.c.id == event_id)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else StoredEvent(event_id, row.location, row.box, row.seq, row.body)
