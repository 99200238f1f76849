"""Locations and boxes as the API shows them."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.tables import location
from central.platform.downlink import zone
from central.platform.tables import TENANT
from sync_protocol.streams import STREAMS, ZONE_STREAMS


class LocationView(BaseModel):
    """A place that may hold goods."""

    location: str
    kind: str = Field(description="store or warehouse")
    backing: str = Field(description="what answers for it: edge, wms, dropship, or none (known, no more)")
    name: str
    legal_entity: str
    currency: str
    country: str
    region: str
    city: str
    zip: str
    address: str
    time_zone: str | None
    lat: float | None
    lon: float | None
    coordinate_state: str = Field(description="believed, unverified, refused or missing")
    hours: dict[str, Any] | None = Field(description="by weekday, lists of [from, to] in local time")
    zone: str
    groups: list[str] = Field(description="what rules of routing may call it by, beside its zone")
    delivery_services: list[str] = Field(description="how it can send, such as ground, post or adult signature")
    certifications: list[str] = Field(description="what it may handle, such as hazmat")
    ships: bool
    pickups: bool
    capacity_units_per_day: int | None
    open_for_orders: bool
    closed_reason: str


class BoxView(BaseModel):
    """A location's box and how it is. Ages in seconds, null where nothing was ever heard."""

    location: str
    name: str
    kind: str
    box: UUID
    epoch: int
    software: str
    hello_age_s: float | None = Field(description="since its last hello: the measure of whether it is there")
    head: int | None = Field(description="entries in its log when it last said hello")
    acked: int = Field(description="entries that the centre holds")
    lag: int | None = Field(description="entries that it had and the centre has not; null before the first hello")
    replica_age_ms: int | None = Field(description="age of its second copy; null where unknown")
    streams_behind: dict[str, int] = Field(description="versions it had not applied at its last hello, by stream")
    incident: str


_BOXES = text(
    """
    SELECT l.location, l.name, l.kind, l.zone, k.box, k.epoch, b.software, b.hello, b.incident, w.seq,
           extract(epoch FROM now() - b.last_hello_at)::float8 AS hello_age_s
    FROM store_link k
    JOIN location l ON l.tenant = k.tenant AND l.location = k.location
    JOIN box b ON b.tenant = k.tenant AND b.box = k.box
    JOIN watermark w ON w.tenant = k.tenant AND w.location = k.location AND w.box = k.box
    WHERE k.tenant = :tenant AND k.location > :after
    ORDER BY k.location LIMIT :limit
    """
)


async def locations(conn: AsyncConnection, after: str, limit: int) -> list[LocationView]:
    """At most ``limit`` locations behind the key ``after``."""
    columns = [location.c[name] for name in LocationView.model_fields]
    query = select(*columns).where(location.c.tenant == TENANT, location.c.location > after)
    rows = await conn.execute(query.order_by(location.c.location).limit(limit))
    return [LocationView(**row) for row in rows.mappings()]


async def boxes(conn: AsyncConnection, after: str, limit: int) -> list[BoxView]:
    """At most ``limit`` locations with a box, behind the key ``after``."""
    rows = (await conn.execute(_BOXES, {"tenant": TENANT, "after": after, "limit": limit})).all()
    scopes = {row.location for row in rows} | {zone(row.zone) for row in rows}
    heads = await conn.execute(
        text("SELECT scope, stream, ver FROM downlink_head WHERE tenant = :tenant AND scope = ANY(:scopes)"),
        {"tenant": TENANT, "scopes": sorted(scopes)},
    )
    versions = {(head.scope, head.stream): head.ver for head in heads}
    return [_box(row, versions) for row in rows]


def _box(row: Any, versions: dict[tuple[str, str], int]) -> BoxView:
    hello = row.hello or {}
    head, replica_age_ms = hello.get("head"), hello.get("replica_age_ms", -1)
    return BoxView(
        location=row.location,
        name=row.name,
        kind=row.kind,
        box=row.box,
        epoch=row.epoch,
        software=row.software,
        hello_age_s=row.hello_age_s,
        head=head,
        acked=row.seq,
        lag=None if head is None else max(head - row.seq, 0),
        replica_age_ms=None if replica_age_ms < 0 else replica_age_ms,
        streams_behind=_behind(row, hello.get("cursors", {}), versions),
        incident=row.incident,
    )


def _behind(row: Any, cursors: dict[str, list[int]], versions: dict[tuple[str, str], int]) -> dict[str, int]:
    behind = {}
    for stream in STREAMS:
        scope = zone(row.zone) if stream in ZONE_STREAMS else row.location
        ver = cursors.get(stream, [0, 0])[1]
        behind[stream] = max(versions.get((scope, stream), 0) - ver, 0)
    return behind
