"""The MQTT adapter against real brokers that come late, die and come back."""

import asyncio
import dataclasses
import os
import signal
import socket
import statistics
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_config.broker import find_mosquitto
from firmware_config.supervisor import Child, Supervisor
from simulators.broker import broker_spec, free_port
from sync_protocol import mqtt as mqtt_module
from sync_protocol.frames import FRAME_BYTES_MAX
from sync_protocol.mqtt import BrokerAddress, Connected, Disconnected, Message, Mqtt, MqttEvent, Will

PATIENCE_S = 20.0
QUICK = (0.1, 0.5)
TOPIC = "v1/test"


class RunningBroker:
    """A broker that starts, freezes and dies when a test says so."""

    def __init__(self, directory: Path, supervisor: Supervisor, prefer_mosquitto: bool) -> None:
        self.address = BrokerAddress("127.0.0.1", free_port())
        spec = broker_spec(directory, self.address.port, prefer_mosquitto=prefer_mosquitto)
        self._spec, self._supervisor = dataclasses.replace(spec, restarts=False), supervisor
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self._child = await self._supervisor.start(self._spec)

    async def kill(self) -> None:
        """SIGKILL: whatever it held is gone."""
        assert self._child is not None
        assert self._child.process is not None
        self.signal(signal.SIGKILL)
        await self._child.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._child is not None
        os.kill(self._child.pid, number)

    def client(self, name: str, *subscriptions: str, will: Will | None = None) -> Mqtt:
        """A client that tries again soon."""
        return Mqtt(self.address, name, subscriptions, will=will, reconnect_s=QUICK)


@pytest.fixture(
    params=[
        pytest.param(
            "mosquitto",
            marks=[
                pytest.mark.mosquitto,
                pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed"),
            ],
        ),
        "amqtt",
    ]
)
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningBroker]:
    """A broker that does not run yet."""
    async with Supervisor() as supervisor:
        yield RunningBroker(tmp_path, supervisor, prefer_mosquitto=request.param == "mosquitto")


async def until(mqtt: Mqtt, wanted: Callable[[MqttEvent], bool]) -> MqttEvent:
    """The next event that is ``wanted``; what comes before it is dealt with."""
    async with asyncio.timeout(PATIENCE_S):
        async for event in mqtt.events():
            if wanted(event):
                return event
            if isinstance(event, Message):
                mqtt.done(event)
    raise AssertionError("events never end")


async def connected(mqtt: Mqtt) -> Connected:
    event = await until(mqtt, lambda event: isinstance(event, Connected))
    assert isinstance(event, Connected)
    return event


async def disconnected(mqtt: Mqtt) -> None:
    await until(mqtt, lambda event: isinstance(event, Disconnected))


async def message(mqtt: Mqtt, payload: bytes) -> Message:
    event = await until(mqtt, lambda event: isinstance(event, Message) and event.payload == payload)
    assert isinstance(event, Message)
    return event


async def subscribed(mqtt: Mqtt) -> None:
    """Return when the broker has taken the client's subscriptions: it hears itself."""
    await connected(mqtt)
    assert mqtt.publish(TOPIC, b"hear yourself")
    mqtt.done(await message(mqtt, b"hear yourself"))


async def test_a_client_waits_for_a_broker_that_does_not_exist_yet(broker: RunningBroker) -> None:
    async with broker.client("early", TOPIC) as mqtt:
        assert not mqtt.publish(TOPIC, b"too early")
        assert (mqtt.is_connected, mqtt.counters.dropped_out) == (False, 1)
        await broker.start()
        assert (await connected(mqtt)).connection == 1
        assert mqtt.publish(TOPIC, b"hello")
        assert (await message(mqtt, b"hello")).topic == TOPIC


async def test_messages_flow_again_after_the_broker_was_killed(broker: RunningBroker) -> None:
    await broker.start()
    async with broker.client("here", TOPIC) as here, broker.client("there") as there:
        await subscribed(here)
        await connected(there)
        await broker.kill()
        await disconnected(here)
        await disconnected(there)
        assert not there.publish(TOPIC, b"while away")
        await broker.start()
        assert (await connected(here)).connection == 2
        await connected(there)
        # A subscription is asked for, not yet taken: like the sender, say it until it is heard.
        heard = asyncio.create_task(message(here, b"again"))
        while not heard.done():
            there.publish(TOPIC, b"again")
            await asyncio.sleep(0.05)
        assert (await heard).connection == 2


async def test_a_message_of_an_earlier_connection_confirms_nothing_on_the_present_one(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await broker.start()
    async with broker.client("here", TOPIC) as mqtt:
        confirmed: list[int] = []
        acknowledge = mqtt._client.ack
        monkeypatch.setattr(mqtt._client, "ack", lambda mid, qos: (confirmed.append(mid), acknowledge(mid, qos)))
        await connected(mqtt)
        assert mqtt.publish(TOPIC, b"first")
        first = await message(mqtt, b"first")
        await broker.kill()
        await disconnected(mqtt)
        mqtt.done(first)
        await broker.start()
        await connected(mqtt)
        mqtt.done(first)
        assert confirmed == []
        assert mqtt.publish(TOPIC, b"second")
        second = await message(mqtt, b"second")
        already = list(confirmed)  # perhaps the first one, which paho may have sent again
        mqtt.done(first)
        assert confirmed == already
        mqtt.done(second)
        assert (second.connection, confirmed) == (2, [*already, second.mid])


async def test_every_socket_sends_without_delay(broker: RunningBroker) -> None:
    await broker.start()
    async with broker.client("here") as mqtt:
        for _ in range(2):
            await connected(mqtt)
            sock = mqtt._client.socket()
            assert isinstance(sock, socket.socket)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            await broker.kill()
            await disconnected(mqtt)
            await broker.start()


async def test_a_program_without_time_loses_messages_and_counts_them_but_never_blocks_the_broker(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_module, "INBOX_MAX", 10)
    await broker.start()
    async with broker.client("here", TOPIC) as mqtt:
        await subscribed(mqtt)
        for number in range(300):
            assert mqtt.publish(TOPIC, b"%d" % number)
        async with asyncio.timeout(PATIENCE_S):
            while mqtt.counters.received < 301:
                await asyncio.sleep(0.01)
        assert (mqtt.backlog, mqtt.counters.dropped_in) == (10, 290)
        assert [(await mqtt.next_event()).payload for _ in range(10)] == [b"%d" % number for number in range(10)]  # type: ignore[union-attr]


async def test_a_broker_that_confirms_nothing_stops_the_flood(broker: RunningBroker) -> None:
    await broker.start()
    async with broker.client("here", TOPIC) as mqtt:
        await subscribed(mqtt)
        while mqtt._client._out_messages:
            await asyncio.sleep(0.01)
        broker.signal(signal.SIGSTOP)
        try:
            sent = [mqtt.publish(TOPIC, b"%d" % number) for number in range(mqtt_module.OUTSTANDING_MAX + 50)]
        finally:
            broker.signal(signal.SIGCONT)
        assert sent == [True] * mqtt_module.OUTSTANDING_MAX + [False] * 50
        mqtt.done(await message(mqtt, b"%d" % (mqtt_module.OUTSTANDING_MAX - 1)))
        assert mqtt.publish(TOPIC, b"flows again")
        mqtt.done(await message(mqtt, b"flows again"))


@pytest.mark.parametrize("broker", ["amqtt"], indirect=True)
async def test_a_message_over_the_limit_is_dropped_on_arrival_and_counted(broker: RunningBroker) -> None:
    await broker.start()
    async with broker.client("here", TOPIC) as mqtt:
        await subscribed(mqtt)
        with pytest.raises(ValueError, match="at most 65536"):
            mqtt.publish(TOPIC, bytes(FRAME_BYTES_MAX + 1))
        stranger = paho.Client(CallbackAPIVersion.VERSION2, "stranger", protocol=paho.MQTTv311)
        stranger.connect(broker.address.host, broker.address.port)
        stranger.loop_start()
        stranger.publish(TOPIC, bytes(FRAME_BYTES_MAX + 1), qos=1).wait_for_publish(PATIENCE_S)
        stranger.publish(TOPIC, bytes(FRAME_BYTES_MAX), qos=1).wait_for_publish(PATIENCE_S)
        mqtt.done(await message(mqtt, bytes(FRAME_BYTES_MAX)))
        assert mqtt.counters.dropped_in == 1
        stranger.disconnect()
        stranger.loop_stop()


async def test_the_will_speaks_for_a_client_whose_connection_breaks(broker: RunningBroker) -> None:
    await broker.start()
    async with broker.client("witness", TOPIC) as witness:
        await subscribed(witness)
        async with broker.client("mortal", will=Will(TOPIC, b"gone")) as mortal:
            await connected(mortal)
            sock = mortal._client.socket()
            assert isinstance(sock, socket.socket)
            sock.shutdown(socket.SHUT_RDWR)
            assert (await message(witness, b"gone")).topic == TOPIC


async def test_leaving_takes_no_time_and_leaves_no_thread_even_while_the_broker_is_away() -> None:
    threads = set(threading.enumerate())
    began_s = time.monotonic()
    async with Mqtt(BrokerAddress("127.0.0.1", free_port()), "here", [], reconnect_s=(30.0, 60.0)):
        await asyncio.sleep(0.2)
    assert time.monotonic() - began_s < 5.0
    left = [thread for thread in set(threading.enumerate()) - threads if "paho" in thread.name]
    assert left == []


async def test_a_round_trip_is_measured(broker: RunningBroker) -> None:
    await broker.start()
    async with broker.client("store", TOPIC) as store, broker.client("centre", f"{TOPIC}/up") as centre:
        await subscribed(store)
        await connected(centre)
        took_ms: list[float] = []
        for number in range(200):
            payload, began_s = b"%d" % number, time.perf_counter()
            assert store.publish(f"{TOPIC}/up", payload)
            question = await message(centre, payload)
            assert centre.publish(TOPIC, question.payload)
            centre.done(question)
            store.done(await message(store, payload))
            took_ms.append((time.perf_counter() - began_s) * 1000)
        quantiles = statistics.quantiles(took_ms, n=100)
        print(f"publish, answer, receive: p50 {quantiles[49]:.2f} ms, p99 {quantiles[98]:.2f} ms")
        assert len(took_ms) == 200
