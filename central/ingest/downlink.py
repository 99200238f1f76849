"""Sends what the streams hold to the stores: news as it is committed, repairs when a hello asks for them.

What is sent may be lost; a box that misses a version says hello and is sent what follows its cursor. Sending too much
or twice is harmless, so nothing here is durable: after a restart only news is sent unasked.
"""

from collections.abc import Collection, Iterator, Sequence

import structlog
from sqlalchemy import select, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.fleet.tables import location as location_table
from central.platform import downlink, incidents
from central.platform.downlink import StoredDelta, Version
from central.platform.engine import is_away
from central.platform.tables import TENANT, downlink_head
from central.platform.wakeups import Bell
from sync_protocol import topics
from sync_protocol.chain import ZERO
from sync_protocol.codec import encode_frame
from sync_protocol.frames import FRAME_BYTES_MAX, Hello, StreamDelta, StreamHead
from sync_protocol.mqtt import Mqtt
from sync_protocol.streams import STREAMS, ZONE_STREAMS

log = structlog.get_logger(__name__)

ZONE_PREFIX = downlink.zone("")
READ_DELTAS_MAX = 1_000
REPAIR_FRAMES_MAX = 100
"""Messages in answer to one hello; a box that needs more is told the head and asks again."""
MESSAGE_DELTA_BYTES = FRAME_BYTES_MAX - 4 * 1024
"""Deltas in one message, uncompressed; what is left is for the frame itself."""
LOOK_S = 1.0


class DownlinkSender:
    """Publishes deltas. ``bell`` rings with ``scope/stream`` after a commit that appended."""

    def __init__(self, engine: AsyncEngine, mqtt: Mqtt, bell: Bell) -> None:
        self._engine, self._mqtt, self._bell = engine, mqtt, bell
        self._sent: dict[tuple[str, str], int] | None = None

    async def run(self) -> None:
        """Send news for ever. What the broker or the database missed is sent when they are back."""
        away = False
        changed: Collection[str] = ()
        while True:
            try:
                await self._send_news(changed)
                away = False
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise
                if not away:
                    log.warning("news wait for the database", problem=str(error.__cause__))
                away = True
            changed = await self._bell.wait(LOOK_S)

    async def _send_news(self, changed: Collection[str]) -> None:
        """Send what is new in the streams ``changed`` (``scope/stream``); none named: look at all of them."""
        async with self._engine.connect() as conn:
            heads = await _heads(conn, changed if self._sent is not None else ())
            if self._sent is None:
                self._sent = {key: head.ver for key, head in heads.items()}
            for (scope, stream), head in heads.items():
                sent = self._sent.get((scope, stream), 0)
                while sent < head.ver:
                    deltas = await downlink.since(conn, scope, stream, sent, READ_DELTAS_MAX)
                    for message in _messages(stream, head.gen, sent, deltas):
                        if not self._mqtt.publish(_delta_topic(scope, stream), encode_frame(message)):
                            return  # the broker is away: the next look sends it
                        self._sent[scope, stream] = sent = message.to_ver
                    self._mqtt.publish(
                        _head_topic(scope, stream),
                        encode_frame(StreamHead(stream, head.gen, head.ver, head.hash)),
                        retain=True,
                    )

    async def repair(self, conn: AsyncConnection, location: str, hello: Hello) -> None:
        """Send ``location`` what its cursors lack."""
        query = select(location_table.c.zone).where(
            location_table.c.tenant == TENANT, location_table.c.location == location
        )
        zone = (await conn.execute(query)).scalar_one()
        for stream in STREAMS:
            scope = downlink.zone(zone) if stream in ZONE_STREAMS else location
            head = await downlink.head(conn, scope, stream)
            _, ver, digest = hello.cursors.get(stream, (0, 0, ZERO))
            if head is None or (ver, digest) == (head.ver, head.hash):
                continue
            if ver >= head.ver or not await _fits(conn, scope, stream, ver, digest):
                await self._misfit(location, stream, ver, head)
                continue
            await self._send_repair(conn, location, scope, stream, ver, head)

    async def _send_repair(
        self, conn: AsyncConnection, location: str, scope: str, stream: str, ver: int, head: Version
    ) -> None:
        topic, frames = topics.store_delta(location, stream), 0
        while ver < head.ver and frames < REPAIR_FRAMES_MAX:
            for message in _messages(stream, head.gen, ver, await downlink.since(conn, scope, stream, ver, 200)):
                if not self._mqtt.publish(topic, encode_frame(message)):
                    return
                ver, frames = message.to_ver, frames + 1
        if ver < head.ver:
            hint = StreamHead(stream, head.gen, head.ver, head.hash)
            self._mqtt.publish(topics.store_head(location, stream), encode_frame(hint))

    async def _misfit(self, location: str, stream: str, ver: int, head: Version) -> None:
        """A box that knows another history of a stream needs a snapshot: until there are any, a person."""
        async with self._engine.begin() as conn:
            await incidents.report(
                conn, "downlink.misfit", f"{location}/{stream}", subject=f"location/{location}", location=location,
                problem=f"the box holds version {ver} of {stream}, which does not fit the centre's {head.ver}",
                remedy="install the box anew (edge-node init) and grant it: it takes all streams from the start",
            )  # fmt: skip


async def _heads(conn: AsyncConnection, wanted: Collection[str]) -> dict[tuple[str, str], Version]:
    table = downlink_head
    query = select(table.c.scope, table.c.stream, table.c.gen, table.c.ver, table.c.hash).where(
        table.c.tenant == TENANT
    )
    if wanted:
        query = query.where(tuple_(table.c.scope, table.c.stream).in_([name.rsplit("/", 1) for name in wanted]))
    return {(row.scope, row.stream): Version(row.gen, row.ver, row.hash) for row in await conn.execute(query)}


async def _fits(conn: AsyncConnection, scope: str, stream: str, ver: int, digest: bytes) -> bool:
    """Whether ``digest`` is the stream's chain hash at version ``ver``."""
    if ver == 0:
        return digest == ZERO
    [at] = await downlink.since(conn, scope, stream, ver - 1, 1)
    return at.hash == digest


def _messages(stream: str, gen: int, after: int, deltas: Sequence[StoredDelta]) -> Iterator[StreamDelta]:
    """``deltas``, which follow version ``after``, in as few messages as their limit allows."""
    start, size = 0, 0
    for index, delta in enumerate(deltas):
        if size + len(delta.delta) > MESSAGE_DELTA_BYTES and index > start:
            yield _message(stream, gen, after + start, deltas[start:index])
            start, size = index, 0
        size += len(delta.delta)
    if start < len(deltas):
        yield _message(stream, gen, after + start, deltas[start:])


def _message(stream: str, gen: int, after: int, deltas: Sequence[StoredDelta]) -> StreamDelta:
    return StreamDelta(stream, gen, after, deltas[-1].ver, tuple(delta.delta for delta in deltas), deltas[-1].hash)


def _delta_topic(scope: str, stream: str) -> str:
    if scope.startswith(ZONE_PREFIX):
        return topics.zone_delta(scope.removeprefix(ZONE_PREFIX), stream)
    return topics.store_delta(scope, stream)


def _head_topic(scope: str, stream: str) -> str:
    if scope.startswith(ZONE_PREFIX):
        return topics.zone_head(scope.removeprefix(ZONE_PREFIX), stream)
    return topics.store_head(scope, stream)
