"""What a person should look at: written by whatever found it, shown by the console until somebody resolves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform import audit
from central.platform.tables import TENANT, incident


@dataclass(frozen=True)
class Incident:
    """``kind`` is a word such as ``outbox.parked``; ``subject`` names the thing; ``remedy`` says what to do."""

    id: int
    at: datetime
    kind: str
    location: str
    subject: str
    problem: str
    remedy: str


async def report(
    conn: AsyncConnection, kind: str, key: str, *, subject: str, problem: str, remedy: str, location: str = ""
) -> None:
    """Write an incident down. The same ``kind`` and ``key`` again adds none, but opens a resolved one anew."""
    values = {"subject": subject, "problem": problem, "remedy": remedy, "location": location}
    await conn.execute(
        insert(incident)
        .values(kind=kind, key=key, **values)
        .on_conflict_do_update(
            index_elements=[incident.c.tenant, incident.c.kind, incident.c.key],
            set_={**values, "resolved_at": None, "resolved_by": ""},
        )
    )


async def unresolved(conn: AsyncConnection, limit: int = 100) -> Sequence[Incident]:
    """The open incidents, newest first."""
    table = incident
    query = (
        select(
            table.c.incident_id, table.c.at, table.c.kind, table.c.location, table.c.subject, table.c.problem,
            table.c.remedy,
        )
        .where(table.c.tenant == TENANT, table.c.resolved_at.is_(None))
        .order_by(table.c.incident_id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Incident(*row) for row in await conn.execute(query)]


async def resolve(conn: AsyncConnection, incident_id: int, actor: str) -> bool:
    """Close an incident. False where it is closed already or was never there."""
    changed = await conn.execute(
        update(incident)
        .where(incident.c.tenant == TENANT, incident.c.incident_id == incident_id, incident.c.resolved_at.is_(None))
        .values(resolved_at=func.now(), resolved_by=actor)
        .returning(incident.c.incident_id)
    )
    if changed.scalar_one_or_none() is None:
        return False
    await audit.record(conn, actor, "incident.resolve", f"incident/{incident_id}")
    return True


async def resolve_key(conn: AsyncConnection, kind: str, key: str, actor: str) -> None:
    """Close the incident of this kind and key, because its cause was settled elsewhere."""
    await conn.execute(
        update(incident)
        .where(
            incident.c.tenant == TENANT, incident.c.kind == kind, incident.c.key == key,
            incident.c.resolved_at.is_(None),
        )
        .values(resolved_at=func.now(), resolved_by=actor)
    )  # fmt: skip
