"""What a message weighs on the wire, and how long one takes there and back through a broker without our code."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge_node.ports import LogEntry
from sync_protocol import topics
from sync_protocol.codec import encode_frame
from sync_protocol.frames import FRAME_VERSION, EventBatch

THERE, BACK = "bench/there", "bench/back"
ANSWER_S_MAX = 10.0


def batch_payload(box: UUID, previous: bytes, entries: Sequence[LogEntry]) -> bytes:
    """The message that carries ``entries``; ``previous`` is the chain hash before them."""
    return encode_frame(
        EventBatch(
            FRAME_VERSION, box, entries[0].seq, entries[-1].seq, previous, entries[-1].hash,
            tuple((entry.seq, entry.id, entry.body) for entry in entries),
        )
    )  # fmt: skip


def publish_bytes(topic: str, payload: bytes) -> int:
    """Bytes of the whole PUBLISH packet, QoS 1 (MQTT 3.1.1, section 3.3): headers, topic, id, payload."""
    remaining = 2 + len(topic.encode()) + 2 + len(payload)
    length_bytes = 1 + sum(remaining >= limit for limit in (1 << 7, 1 << 14, 1 << 21))
    return 1 + length_bytes + remaining


def events_packet_bytes(store: str, payload: bytes) -> int:
    """Bytes of the packet in which a store's batch travels."""
    return publish_bytes(topics.uplink(store, topics.UP_EVENTS), payload)


class EchoPath:
    """Two bare clients of one broker; the second sends back what the first sends."""

    def __init__(self, near: paho.Client) -> None:
        self._near = near
        self._answered = threading.Event()
        near.on_message = lambda *_: self._answered.set()

    def round_trip(self, payload: bytes) -> float:
        """Seconds from the publish of ``payload`` to the arrival of its copy."""
        self._answered.clear()
        begun = time.perf_counter()
        self._near.publish(THERE, payload, qos=1)
        if not self._answered.wait(ANSWER_S_MAX):
            raise TimeoutError("the broker did not send the message back")
        return time.perf_counter() - begun


@contextlib.contextmanager
def echo_path(host: str, port: int) -> Iterator[EchoPath]:
    """Both clients, connected and subscribed."""
    with _client(host, port, THERE) as far, _client(host, port, BACK) as near:
        far.on_message = _send_back
        yield EchoPath(near)


def _send_back(client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
    client.publish(BACK, message.payload, qos=1)


def _no_delay(_client: paho.Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextlib.contextmanager
def _client(host: str, port: int, topic: str) -> Iterator[paho.Client]:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    subscribed = threading.Event()
    client.on_socket_open = _no_delay
    client.on_connect = lambda client, *_: client.subscribe(topic, 1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(host, port)
    client.loop_start()
    try:
        if not subscribed.wait(ANSWER_S_MAX):
            raise TimeoutError(f"no broker answers at {host}:{port}")
        yield client
    finally:
        client.disconnect()
        client.loop_stop()
