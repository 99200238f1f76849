"""Drives the protocol's state machines with a real broker, the box's journal and the clock.

The decisions are those of :class:`sync_protocol.sender.Sender` and :func:`sync_protocol.downlink.fit`; this module only
carries them out. It holds nothing that a restart would miss: what the journal has not is sent or asked for again.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from edge_node.ports import Journal, LogEntry
from retail.clock import Clock
from retail.errors import Fatal
from sync_protocol import topics
from sync_protocol.chain import ZERO
from sync_protocol.codec import decode_delta, decode_frame, encode_frame
from sync_protocol.downlink import Behind, Cursor, Follow, fit
from sync_protocol.errors import FrameError
from sync_protocol.frames import (
    BATCH_BODY_BYTES_MAX,
    FRAME_VERSION,
    Ack,
    EventBatch,
    Grant,
    Hello,
    LastWill,
    StreamDelta,
    StreamHead,
)
from sync_protocol.mqtt import BrokerAddress, Connected, Disconnected, Message, Mqtt, Will
from sync_protocol.sender import LinkState, SaveAck, SendBatch, Sender, SenderCounters, SenderSettings, SendHello
from sync_protocol.streams import STREAMS

log = structlog.get_logger(__name__)

DELTAS_WAITING_MAX = 200
"""Stream messages that wait to be applied; more are dropped, and the next hello brings them again."""


@dataclass(frozen=True)
class LinkSettings:
    """Who this box is to the centre and how to reach it."""

    store: str
    zone: str
    broker: BrokerAddress
    grant: Grant | None
    software: str
    pace: SenderSettings = field(default_factory=SenderSettings)
    reconnect_s: tuple[float, float] = (0.2, 30.0)


@dataclass(frozen=True)
class LinkStatus:
    """The link as people and metrics see it. ``last_ack_age_s`` is None before the first acknowledgement."""

    state: LinkState
    connected: bool
    head: int
    acked: int
    round_trip_s: float
    last_ack_age_s: float | None
    counters: SenderCounters
    frames_refused: int
    deltas_applied: int


class SyncDriver:
    """Keeps one box and the centre in step until :meth:`run` is cancelled.

    ``chance`` answers numbers in [0, 1); ``replica_age_ms`` is the age of the litestream replica, -1 when unknown.
    """

    def __init__(
        self,
        journal: Journal,
        settings: LinkSettings,
        clock: Clock,
        chance: Callable[[], float],
        replica_age_ms: Callable[[], int] = lambda: -1,
    ) -> None:
        self._journal, self._settings, self._clock, self._chance = journal, settings, clock, chance
        self._replica_age_ms = replica_age_ms
        self._wake = asyncio.Event()
        self._deltas: asyncio.Queue[StreamDelta] = asyncio.Queue(DELTAS_WAITING_MAX)
        self._sender: Sender | None = None
        self._mqtt: Mqtt | None = None
        self._last_ack: float | None = None
        self._frames_refused = 0
        self._deltas_applied = 0

    def status(self) -> LinkStatus:
        """The link now."""
        sender, mqtt = self._sender, self._mqtt
        if sender is None or mqtt is None:
            return LinkStatus(LinkState.OFFLINE, False, 0, 0, 0.0, None, SenderCounters(), 0, 0)
        age_s = None if self._last_ack is None else self._clock.monotonic() - self._last_ack
        return LinkStatus(
            sender.state, mqtt.is_connected, sender.head, sender.acked, sender.round_trip_s, age_s, sender.counters,
            self._frames_refused, self._deltas_applied,
        )  # fmt: skip

    async def run(self) -> None:
        """Deliver and apply, for ever. The broker, the centre or both may come and go."""
        settings = self._settings
        position = await self._journal.state()
        epoch = settings.grant.epoch if settings.grant and settings.grant.box == position.box else None
        sender = self._sender = Sender(
            position.box, gen=position.gen, epoch=epoch, head=position.head, acked=position.acked,
            chance=self._chance, settings=settings.pace,
        )  # fmt: skip
        self._journal.on_append(self._appended)
        will = LastWill(position.box, position.head.to_bytes(8, "big"), online=False)
        async with Mqtt(
            settings.broker,
            client_id=f"{settings.store}-{position.box.hex}",
            subscriptions=topics.subscriptions(settings.store, settings.zone),
            will=Will(topics.uplink(settings.store, topics.UP_WILL), encode_frame(will)),
            reconnect_s=settings.reconnect_s,
        ) as mqtt:
            self._mqtt = mqtt
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(sender, mqtt), name="sync: listen")
                tasks.create_task(self._deliver(sender, mqtt), name="sync: deliver")
                tasks.create_task(self._apply_deltas(sender), name="sync: apply")

    def _appended(self, head: int) -> None:
        if self._sender is not None:
            self._sender.appended(head)
            self._wake.set()

    async def _listen(self, sender: Sender, mqtt: Mqtt) -> None:
        was_connected: bool | None = None
        async for event in mqtt.events():
            now = self._clock.monotonic()
            match event:
                case Connected():
                    sender.connected(now)
                    self._announce(sender, mqtt)
                    log.info("broker reached", broker=f"{self._settings.broker.host}:{self._settings.broker.port}")
                    was_connected = True
                case Disconnected(reason):
                    sender.disconnected()
                    if was_connected is not False:
                        log.warning("broker lost: the log waits and goes on by itself", reason=reason)
                    was_connected = False
                case Message():
                    try:
                        await self._message(sender, event)
                    except FrameError as error:
                        self._frames_refused += 1
                        log.warning("message refused", topic=event.topic, problem=str(error))
                    mqtt.done(event)
            self._wake.set()

    def _announce(self, sender: Sender, mqtt: Mqtt) -> None:
        word = LastWill(sender.box, sender.head.to_bytes(8, "big"), online=True)
        mqtt.publish(topics.uplink(self._settings.store, topics.UP_WILL), encode_frame(word), retain=True)

    async def _message(self, sender: Sender, message: Message) -> None:
        address = topics.parse_downlink(message.topic)
        if address is None:
            raise FrameError("not a topic of this protocol")
        if address.channel == "ack":
            await self._ack(sender, decode_frame(Ack, message.payload))
        elif address.channel == "head":
            await self._head(sender, decode_frame(StreamHead, message.payload))
        else:
            delta = decode_frame(StreamDelta, message.payload)
            if delta.stream != address.stream:
                raise FrameError(f"a delta of {delta.stream[:40]!r} came on the topic of {address.stream!r}")
            with contextlib.suppress(asyncio.QueueFull):
                self._deltas.put_nowait(delta)

    async def _ack(self, sender: Sender, ack: Ack) -> None:
        before = sender.state
        own_hash = await self._journal.hash_at(ack.through)
        now = self._clock.monotonic()
        actions = sender.ack_received(ack, own_hash, now)
        self._last_ack = now
        for action in actions:
            if isinstance(action, SaveAck):
                await self._journal.acknowledge(action.gen, action.through, action.hash)
        if sender.stopped is not None and before != sender.stopped:
            log.error("delivery stopped; selling goes on", state=sender.stopped.value, through=ack.through)

    async def _head(self, sender: Sender, head: StreamHead) -> None:
        cursor = (await self._journal.cursors()).get(head.stream, Cursor())
        if head.gen >= cursor.gen and head.ver > cursor.ver:
            sender.want_hello(self._clock.monotonic())

    async def _deliver(self, sender: Sender, mqtt: Mqtt) -> None:
        while True:
            self._wake.clear()
            for action in sender.poll(self._clock.monotonic()):
                match action:
                    case SendHello():
                        await self._send_hello(sender, mqtt)
                    case SendBatch(after, limit):
                        await self._send_batch(sender, mqtt, after, limit)
            now = self._clock.monotonic()
            due = sender.wake_at(now)
            if due is None or due > now:
                # Not wait_for: on Python 3.11 it can swallow a cancellation that comes together with the event.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(None if due is None else due - now):
                        await self._wake.wait()

    async def _send_hello(self, sender: Sender, mqtt: Mqtt) -> None:
        position = await self._journal.state()
        cursors = await self._journal.cursors()
        hello = Hello(
            FRAME_VERSION, self._settings.grant, position.box, position.gen, sender.stopped is LinkState.FENCED,
            position.head, position.acked, position.acked_hash, ZERO,
            {stream: (cursor.gen, cursor.ver, cursor.hash) for stream, cursor in cursors.items()},
            self._settings.software, self._clock.now_ms(), 0, self._replica_age_ms(),
        )  # fmt: skip
        mqtt.publish(topics.uplink(self._settings.store, topics.UP_HELLO), encode_frame(hello))

    async def _send_batch(self, sender: Sender, mqtt: Mqtt, after: int, limit: int) -> None:
        entries = _within(await self._journal.read(after, limit), BATCH_BODY_BYTES_MAX)
        previous = await self._journal.hash_at(after)
        if sender.acked != after:
            return  # acknowledged meanwhile: the next look sends what follows
        if not entries or previous is None:
            raise Fatal(
                f"the log has nothing after entry {after}, its head is {sender.head}", "run edge-node doctor --full"
            )
        while True:
            try:
                payload = encode_frame(_batch(sender, previous, entries))
                break
            except FrameError:
                if len(entries) == 1:
                    raise
                # Bodies that do not compress: half of them will fit, one always does.
                entries = entries[: max(1, len(entries) // 2)]
        mqtt.publish(topics.uplink(self._settings.store, topics.UP_EVENTS), payload)
        sender.batch_sent(entries[-1].seq, self._clock.monotonic())

    async def _apply_deltas(self, sender: Sender) -> None:
        while True:
            message = await self._deltas.get()
            if message.stream not in STREAMS:
                continue
            cursor = (await self._journal.cursors()).get(message.stream, Cursor())
            match fit(cursor, message):
                case Follow(steps):
                    for step, encoded in steps:
                        try:
                            delta = decode_delta(message.stream, encoded)
                        except FrameError as error:
                            self._frames_refused += 1
                            log.error("delta refused: the stream waits", stream=message.stream, problem=str(error))
                            break
                        await self._journal.apply(message.stream, step, delta)
                        self._deltas_applied += 1
                case Behind(reason):
                    log.info("stream repaired by the next hello", reason=reason)
                    sender.want_hello(self._clock.monotonic())
                    self._wake.set()


def _within(entries: Sequence[LogEntry], bytes_max: int) -> Sequence[LogEntry]:
    """The longest beginning of ``entries`` whose bodies take at most ``bytes_max``, at least one entry."""
    total = 0
    for count, entry in enumerate(entries):
        total += len(entry.body)
        if total > bytes_max and count:
            return entries[:count]
    return entries


def _batch(sender: Sender, previous: bytes, entries: Sequence[LogEntry]) -> EventBatch:
    return EventBatch(
        FRAME_VERSION, sender.box, entries[0].seq, entries[-1].seq, previous, entries[-1].hash,
        tuple((entry.seq, entry.id, entry.body) for entry in entries),
    )  # fmt: skip
