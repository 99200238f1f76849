"""Downlink streams at the centre: what stores are to know, appended in the transaction that decides it.

A stream belongs to a scope: a location's key, or :func:`zone` for what many share. Its head row is locked for the rest
of the transaction, so versions are contiguous and become visible in order. After the commit a notification on
:data:`CHANNEL` (payload ``scope/stream``) wakes whoever sends; sending twice or late is harmless, because boxes apply
by version and chain hash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.tables import TENANT, centre, downlink_delta, downlink_head
from sync_protocol import chain
from sync_protocol.codec import encode_delta
from sync_protocol.errors import FrameError
from sync_protocol.streams import Delta

CHANNEL = "tillway_downlink"

Record = TypeVar("Record")

_APPEND = text(
    """
    WITH added AS (
        INSERT INTO downlink_delta (tenant, scope, stream, ver, delta, hash)
        VALUES (:tenant, :scope, :stream, :ver, :delta, :hash)
    ), moved AS (
        UPDATE downlink_head SET ver = :ver, hash = :hash
        WHERE tenant = :tenant AND scope = :scope AND stream = :stream
    )
    SELECT pg_notify(:channel, :payload)
    """
)


@dataclass(frozen=True)
class Version:
    """A point in a stream: generation, version, and the chain hash there."""

    gen: int
    ver: int
    hash: bytes


@dataclass(frozen=True)
class StoredDelta:
    """One version of a stream, encoded as it is sent."""

    ver: int
    delta: bytes
    hash: bytes


def zone(name: str) -> str:
    """The scope of a zone that many locations share."""
    return f"zone:{name}"


async def append(conn: AsyncConnection, scope: str, stream: str, delta: Delta) -> Version:
    """Add ``delta`` to the stream and return the version that it became.

    Raises :class:`~sync_protocol.errors.FrameError` when it is larger than a message: see :func:`append_records`.
    Within one transaction, append to several scopes in sorted order, so that two transactions never wait for each
    other.
    """
    encoded = encode_delta(delta)
    head = downlink_head
    generation = select(centre.c.gen).where(centre.c.tenant == TENANT).scalar_subquery()
    row = (
        await conn.execute(
            insert(head)
            .values(scope=scope, stream=stream, gen=generation, ver=0, hash=chain.ZERO)
            .on_conflict_do_update(constraint=head.primary_key, set_={"ver": head.c.ver})
            .returning(head.c.gen, head.c.ver, head.c.hash)
        )
    ).one()
    ver = row.ver + 1
    digest = chain.stream_hash(row.hash, ver, encoded)
    parameters = {
        "tenant": TENANT, "scope": scope, "stream": stream, "ver": ver, "delta": encoded, "hash": digest,
        "channel": CHANNEL, "payload": f"{scope}/{stream}",
    }  # fmt: skip
    await conn.execute(_APPEND, parameters)
    return Version(row.gen, ver, digest)


async def append_records(
    conn: AsyncConnection,
    scope: str,
    stream: str,
    records: Sequence[Record],
    wrap: Callable[[tuple[Record, ...]], Delta],
) -> None:
    """Add ``records`` in order as deltas made by ``wrap``, as few as the limit of one message allows.

    Raises :class:`~sync_protocol.errors.FrameError` when one record alone is over the limit.
    """
    if not records:
        return
    try:
        await append(conn, scope, stream, wrap(tuple(records)))
    except FrameError:
        if len(records) == 1:
            raise
        half = len(records) // 2
        await append_records(conn, scope, stream, records[:half], wrap)
        await append_records(conn, scope, stream, records[half:], wrap)


async def head(conn: AsyncConnection, scope: str, stream: str) -> Version | None:
    """The newest version of a stream; None where nothing was ever appended."""
    table = downlink_head
    query = select(table.c.gen, table.c.ver, table.c.hash).where(
        table.c.tenant == TENANT, table.c.scope == scope, table.c.stream == stream
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Version(row.gen, row.ver, row.hash)


async def since(conn: AsyncConnection, scope: str, stream: str, ver: int, limit: int) -> Sequence[StoredDelta]:
    """At most ``limit`` versions after ``ver``, in order."""
    table = downlink_delta
    query = (
        select(table.c.ver, table.c.delta, table.c.hash)
        .where(table.c.tenant == TENANT, table.c.scope == scope, table.c.stream == stream, table.c.ver > ver)
        .order_by(table.c.ver)
        .limit(limit)
    )
    return [StoredDelta(row.ver, row.delta, row.hash) for row in await conn.execute(query)]
