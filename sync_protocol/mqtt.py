"""The one place where protocol messages meet a network: paho-mqtt behind asyncio.

What it adds to paho, each for a measured reason:

* TCP_NODELAY on every socket: without it on both sides a round trip takes 88 ms instead of 1 ms;
* messages are acknowledged to the broker only when the receiver says so, and only if the connection is still the one
  that they came on (an acknowledgement with an old message id would confirm some other message);
* nothing is queued while the broker is away. The log is the queue: what was not sent is sent again by its own rules.

Only MQTT 3.1.1 with clean sessions is used, so that any broker serves; nothing relies on what a broker stores.
Delivery confirmed by the broker means nothing here: see `docs/protocol.md`.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sync_protocol.frames import FRAME_BYTES_MAX

INBOX_MAX = 2_000
"""Messages that wait for the program; more are dropped and counted. Every sender sends again what nobody answered."""

OUTSTANDING_MAX = 500
"""Messages that the broker has not confirmed; more are dropped and counted."""


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker listens."""

    host: str
    port: int


@dataclass(frozen=True)
class Connected:
    """The broker is reached and all subscriptions are asked for. ``connection`` counts connections from 1."""

    connection: int


@dataclass(frozen=True)
class Disconnected:
    """The broker is gone; paho tries again by itself."""

    reason: str


@dataclass(frozen=True)
class Message:
    """A message from the broker. Call :meth:`Mqtt.done` when it is dealt with."""

    topic: str
    payload: bytes
    retained: bool
    connection: int
    mid: int
    qos: int


MqttEvent = Connected | Disconnected | Message


@dataclass(frozen=True)
class Will:
    """What the broker says for this client when its connection breaks."""

    topic: str
    payload: bytes


@dataclass
class MqttCounters:
    """How often something happened since the start; for metrics."""

    connects: int = 0
    received: int = 0
    published: int = 0
    dropped_in: int = 0
    dropped_out: int = 0


class Mqtt:
    """A client that connects, stays connected and hands over what arrives. Use as an async context manager.

    ``reconnect_s`` is the shortest and the longest pause between two tries; paho doubles it in between. Give each box
    of a fleet another shortest pause, so that a broker's return is not a stampede.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        client_id: str,
        subscriptions: Sequence[str],
        *,
        will: Will | None = None,
        keepalive_s: int = 30,
        reconnect_s: tuple[float, float] = (0.2, 30.0),
    ) -> None:
        self.counters = MqttCounters()
        self._broker, self._subscriptions, self._keepalive_s = broker, list(subscriptions), keepalive_s
        self._inbox: asyncio.Queue[MqttEvent] = asyncio.Queue()
        self._connection = 0
        self._online = False
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        client.max_queued_messages_set(OUTSTANDING_MAX)
        shortest, longest = reconnect_s
        client.reconnect_delay_set(min_delay=shortest, max_delay=longest)  # type: ignore[arg-type]
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_socket_open = _no_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._client = client

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._client.connect_async(self._broker.host, self._broker.port, self._keepalive_s)
        self._client.loop_start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        self._loop = None

    @property
    def is_connected(self) -> bool:
        """Whether the broker is reached now. paho's own word for it is still true when it reports the loss."""
        return self._online

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send a message, or drop it: false when the broker is away or too many messages are unconfirmed."""
        if len(payload) > FRAME_BYTES_MAX:
            raise ValueError(f"a message of {len(payload)} bytes: at most {FRAME_BYTES_MAX} are allowed")
        if not self._online:
            self.counters.dropped_out += 1
            return False
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            self.counters.dropped_out += 1
            return False
        self.counters.published += 1
        return True

    async def events(self) -> AsyncIterator[MqttEvent]:
        """What happens, in order, for ever."""
        while True:
            yield await self._inbox.get()

    async def next_event(self) -> MqttEvent:
        """The next thing that happens."""
        return await self._inbox.get()

    @property
    def backlog(self) -> int:
        """How many events wait for the program."""
        return self._inbox.qsize()

    def done(self, message: Message) -> None:
        """The message is dealt with: the broker may send the next ones."""
        with self._lock:
            if message.connection == self._connection and self._online:
                self._client.ack(message.mid, message.qos)

    def _post(self, event: MqttEvent) -> None:
        """Hand an event from paho's thread to the event loop; drop messages that nobody has time for."""
        loop = self._loop
        if loop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop is closing: nobody will ask any more
            loop.call_soon_threadsafe(self._put, event)

    def _put(self, event: MqttEvent) -> None:
        if isinstance(event, Message) and self._inbox.qsize() >= INBOX_MAX:
            self.counters.dropped_in += 1
            self.done(event)
            return
        self._inbox.put_nowait(event)

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: Any, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._post(Disconnected(f"refused by the broker: {reason}"))
            return
        with self._lock:
            self._connection += 1
            self._online = True
            connection = self._connection
        self.counters.connects += 1
        if self._subscriptions:
            client.subscribe([(topic, 1) for topic in self._subscriptions])
        self._post(Connected(connection))

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: Any, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        with self._lock:
            self._online = False
        self._post(Disconnected(str(reason)))

    def _on_message(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.counters.received += 1
        if len(message.payload) > FRAME_BYTES_MAX:
            # Nobody who follows the protocol sends this: it must not fill the memory behind a slow reader.
            self.counters.dropped_in += 1
            client.ack(message.mid, message.qos)
            return
        with self._lock:
            connection = self._connection
        self._post(
            Message(message.topic, bytes(message.payload), bool(message.retain), connection, message.mid, message.qos)
        )


def _no_delay(_client: paho.Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
