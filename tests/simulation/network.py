"""The broker and the lines to it: a message may be lost, doubled, late, cut short or damaged.

Modelled after MQTT 3.1.1 with clean sessions as our client uses it: nothing is kept for a client that is away, but a
message that was under way when a connection broke may still arrive in the next one (paho sends again what the broker
did not confirm). Not modelled: access control, and the order within one connection, which is worse here than there.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Protocol

from tests.simulation.schedule import Schedule


class Listener(Protocol):
    """Who is at the other end of a client."""

    def connected(self) -> None: ...
    def disconnected(self) -> None: ...
    def received(self, topic: str, payload: bytes) -> None: ...


@dataclass(frozen=True)
class Weather:
    """How likely each fault is, per delivery."""

    drop: float = 0.0
    duplicate: float = 0.0
    late: float = 0.0
    truncate: float = 0.0
    flip: float = 0.0


CALM = Weather()
STORM = Weather(drop=0.08, duplicate=0.08, late=0.08, truncate=0.02, flip=0.04)


@dataclass
class Client:
    """A connection that comes back by itself while ``wanted``."""

    listener: Listener
    subscriptions: Sequence[str]
    wanted: bool = False
    online: bool = False
    barred_until: float = 0.0


def matches(pattern: str, topic: str) -> bool:
    """Whether an MQTT subscription covers a topic."""
    wanted, levels = pattern.split("/"), topic.split("/")
    if wanted[-1] == "#":
        return len(levels) >= len(wanted) and matches("/".join(wanted[:-1]), "/".join(levels[: len(wanted) - 1]))
    return len(wanted) == len(levels) and all(part in ("+", level) for part, level in zip(wanted, levels, strict=True))


class Broker:
    """Delivers what is published to whoever listens, through the present weather."""

    def __init__(self, schedule: Schedule, rng: Random, fired: Counter[str]) -> None:
        self._schedule, self._rng, self._fired = schedule, rng, fired
        self.weather = CALM
        self._clients: list[Client] = []
        self._retained: dict[str, bytes] = {}

    def attach(self, client: Client) -> None:
        """From now on ``client`` connects whenever it can."""
        client.wanted = True
        if client not in self._clients:
            self._clients.append(client)
        self._try_soon(client)

    def detach(self, client: Client) -> None:
        """The program behind ``client`` died; nobody is told."""
        client.wanted = client.online = False

    def restart(self) -> None:
        """Kill the broker: connections and retained messages are gone."""
        self._fired["broker restart"] += 1
        self._retained.clear()
        for client in self._clients:
            self._drop(client)

    def cut(self, client: Client, seconds: float) -> None:
        """Cut one line for a while."""
        self._fired["line cut"] += 1
        client.barred_until = self._schedule.now + seconds
        self._drop(client)

    def publish(self, client: Client, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """What a client says; false when it is not connected."""
        if not client.online:
            return False
        if retain:
            self._retained[topic] = payload
        for receiver in self._clients:
            if receiver.online and any(matches(pattern, topic) for pattern in receiver.subscriptions):
                self._carry(receiver, topic, payload)
        return True

    def _carry(self, receiver: Client, topic: str, payload: bytes) -> None:
        weather, rng = self.weather, self._rng
        copies = 1
        if rng.random() < weather.drop:
            self._fired["drop"] += 1
            copies = 0
        elif rng.random() < weather.duplicate:
            self._fired["duplicate"] += 1
            copies = 2
        for _ in range(copies):
            delay_s = rng.uniform(0.005, 0.05)
            if rng.random() < weather.late:
                self._fired["late and out of order"] += 1
                delay_s = rng.expovariate(1 / 5)
            self._schedule.after(delay_s, partial(self._deliver, receiver, topic, self._damaged(payload)))

    def _damaged(self, payload: bytes) -> bytes:
        rng = self._rng
        if rng.random() < self.weather.truncate:
            self._fired["truncate"] += 1
            return payload[: rng.randrange(len(payload))]
        if rng.random() < self.weather.flip:
            self._fired["bit flip"] += 1
            place = rng.randrange(len(payload) * 8)
            return payload[: place // 8] + bytes([payload[place // 8] ^ 1 << place % 8]) + payload[place // 8 + 1 :]
        return payload

    def _deliver(self, receiver: Client, topic: str, payload: bytes) -> None:
        if receiver.online:
            receiver.listener.received(topic, payload)

    def _drop(self, client: Client) -> None:
        if client.online:
            client.online = False
            client.listener.disconnected()
        self._try_soon(client)

    def _try_soon(self, client: Client) -> None:
        delay_s = max(0.0, client.barred_until - self._schedule.now) + self._rng.uniform(0.2, 3.0)
        self._schedule.after(delay_s, lambda: self._connect(client))

    def _connect(self, client: Client) -> None:
        if not client.wanted or client.online or self._schedule.now < client.barred_until:
            return
        client.online = True
        client.listener.connected()
        for topic, payload in list(self._retained.items()):
            if any(matches(pattern, topic) for pattern in client.subscriptions):
                self._carry(client, topic, payload)
