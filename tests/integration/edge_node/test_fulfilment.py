"""A pick list from the centre's offer to the customer's hands, over a real broker and a simulated printer."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from edge_node.devices import DeviceBackends
from edge_node.manifest import GRANT_NAME
from edge_node.storage.verify import verify
from firmware_config.supervisor import Supervisor
from simulators.broker import broker_spec, free_port
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.usb_bus import UsbBus
from sync_protocol import chain, topics
from sync_protocol.body import decode_body, encode_body
from sync_protocol.codec import decode_frame, encode_delta, encode_frame
from sync_protocol.events import (
    AdjustmentLine,
    Event,
    OfferAccepted,
    Packed,
    Payload,
    Picked,
    Released,
    Shipped,
    StartAsked,
    StockAdjusted,
)
from sync_protocol.frames import FRAME_VERSION, Ack, EventBatch, Hello, StreamDelta
from sync_protocol.mqtt import BrokerAddress, Connected, Message, Mqtt
from sync_protocol.streams import FOREIGN, TASKS, Delta, ForeignDelta, ForeignEntry, TaskDelta
from sync_protocol.tasks import ASSIGNED, OFFERED, STARTED, WITHDRAWN, TaskUpdate
from tests.contract.edge_storage.backends import gtin
from tests.integration.edge_node.boxes import STORE, BoxFolder, make_box, running_here, until
from tests.unit.edge_node.world import LINE_1, TASK, offer

EPOCH = 7


class Centre:
    """As much of a centre as a box talks to: takes batches, acknowledges, sends decisions."""

    def __init__(self, mqtt: Mqtt) -> None:
        self._mqtt = mqtt
        self._versions: dict[str, tuple[int, bytes]] = {}
        self.hellos: list[Hello] = []
        self.payloads: list[Payload] = []
        self.acked = 0

    async def run(self) -> None:
        async for event in self._mqtt.events():
            if isinstance(event, Message):
                self._take(event)
                self._mqtt.done(event)

    def _take(self, message: Message) -> None:
        parsed = topics.parse_uplink(message.topic)
        assert parsed is not None
        if parsed[1] == topics.UP_HELLO:
            hello = decode_frame(Hello, message.payload)
            self.hellos.append(hello)
            self._acknowledge(hello.box, hello.acked, hello.acked_hash)
        elif parsed[1] == topics.UP_EVENTS:
            batch = decode_frame(EventBatch, message.payload)
            if batch.lo == self.acked + 1:
                self.payloads += [decode_body(body).payload for _, _, body in batch.entries]
                self.acked = batch.hi
            self._acknowledge(batch.box, batch.hi, batch.last_hash)

    def _acknowledge(self, box: UUID, through: int, digest: bytes) -> None:
        ack = Ack(FRAME_VERSION, 1, EPOCH, box, through, digest, "ok")
        self._mqtt.publish(topics.ack(STORE), encode_frame(ack))

    def send(self, stream: str, delta: Delta) -> None:
        """The next version of a stream."""
        ver, digest = self._versions.get(stream, (0, chain.ZERO))
        encoded = encode_delta(delta)
        after = chain.stream_hash(digest, ver + 1, encoded)
        self._versions[stream] = (ver + 1, after)
        frame = StreamDelta(stream, 1, ver, ver + 1, (encoded,), after)
        self._mqtt.publish(topics.store_delta(STORE, stream), encode_frame(frame))

    def decide(self, rev: int, state: str, task_offer: object = None) -> None:
        """A decision on the task."""
        self.send(TASKS, TaskDelta((TaskUpdate(TASK, rev, state, task_offer),)))  # type: ignore[arg-type]

    def has(self, kind: type[Payload]) -> bool:
        return any(isinstance(payload, kind) for payload in self.payloads)


@asynccontextmanager
async def centre(port: int) -> AsyncIterator[Centre]:
    async with Mqtt(BrokerAddress("127.0.0.1", port), "centre", [topics.ALL_UPLINKS]) as mqtt:
        async for event in mqtt.events():
            if isinstance(event, Connected):
                break
        made = Centre(mqtt)
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def folder(tmp_path: Path) -> BoxFolder:
    folder = await make_box(tmp_path, replicated=False)
    folder.change_manifest(printers=[{"name": "main", "connection": "usb"}])
    return folder


def grant(folder: BoxFolder) -> None:
    (folder.path / GRANT_NAME).write_text(json.dumps({"store": STORE, "box": str(folder.box), "epoch": EPOCH}))


@asynccontextmanager
async def shop(
    folder: BoxFolder, tmp_path: Path, printer: SimulatedPrinter
) -> AsyncIterator[tuple[Centre, httpx.AsyncClient]]:
    """A granted box with 40 pieces of SKU-1 and a printer, a broker and a centre."""
    grant(folder)
    port = free_port()
    folder.change_manifest(broker={"host": "127.0.0.1", "port": port})
    bus = UsbBus()
    bus.plug(printer)
    async with Supervisor() as supervisor:
        await supervisor.start(broker_spec(tmp_path, port))
        async with centre(port) as head, running_here(folder, DeviceBackends(usb=lambda: bus)) as client:
            await until(lambda: head.hellos)
            opening = StockAdjusted((AdjustmentLine("SKU-1", 40),), "opening")
            body = encode_body(Event(opening, 1, 0, "", "", "2026-01-01"))
            head.send(FOREIGN, ForeignDelta((ForeignEntry(uuid4(), body),)))
            yield head, client


def event(kind: str, **fields: object) -> dict[str, object]:
    return {"key": str(uuid4()), "device": "h-1", "user": "carla", "type": kind, "wave": str(TASK), **fields}


async def test_an_order_is_offered_printed_confirmed_picked_and_shipped(folder: BoxFolder, tmp_path: Path) -> None:
    printer = SimulatedPrinter()
    async with shop(folder, tmp_path, printer) as (head, client):
        head.decide(1, OFFERED, offer(2))
        await until(lambda: head.has(OfferAccepted))
        assert (await client.get("/v1/stock/SKU-1")).json()["sellable"] == 38
        head.decide(2, ASSIGNED)
        await until(lambda: head.has(StartAsked))
        assert len(printer.proofs) == 1
        slip = printer.slips[0].text()
        assert "ORD-1" in slip
        assert "A-1" in slip
        [task] = (await client.get("/v1/tasks")).json()["tasks"]
        assert (task["state"], task["pick_list"]) == ("start_asked", "proved")

        head.decide(3, STARTED)

        async def is_started() -> bool:
            return (await client.get(f"/v1/tasks/{TASK}")).json()["state"] == "started"

        await until(is_started)
        events = [event("pick", line=str(LINE_1), qty=2, code=gtin(1)), event("pack", packages=1),
                  event("ship", carrier="USPS", tracking="9400")]  # fmt: skip
        answers = (await client.post("/edge/events", json=events)).json()
        assert [answer["reason"] for answer in answers] == ["", "", ""]
        await until(lambda: head.has(Shipped))
        assert head.has(Picked)
        assert head.has(Packed)
        status = (await client.get("/v1/status")).json()
        assert status["link"]["connected"]
        assert status["epoch"] == EPOCH
    assert verify(folder.database).problems == ()


async def test_an_order_that_is_taken_back_is_released_and_its_list_too(folder: BoxFolder, tmp_path: Path) -> None:
    printer = SimulatedPrinter()
    async with shop(folder, tmp_path, printer) as (head, client):
        head.decide(1, OFFERED, offer(2))
        head.decide(2, ASSIGNED)
        await until(lambda: head.has(StartAsked))
        head.decide(3, WITHDRAWN)
        await until(lambda: head.has(Released))
        await until(lambda: len(printer.slips) == 2)
        assert "CANCELLED" in printer.slips[1].text()
        assert (await client.get("/v1/stock/SKU-1")).json()["sellable"] == 40
    assert verify(folder.database).problems == ()


async def test_with_a_broken_printer_a_person_starts_the_order(folder: BoxFolder, tmp_path: Path) -> None:
    printer = SimulatedPrinter()
    printer.take_paper_out()
    async with shop(folder, tmp_path, printer) as (head, client):
        head.decide(1, OFFERED, offer(2))
        head.decide(2, ASSIGNED)

        async def is_assigned() -> bool:
            return (await client.get(f"/v1/tasks/{TASK}")).json().get("state") == "assigned"

        await until(is_assigned)
        assert not head.has(StartAsked)
        [answer] = (await client.post("/edge/events", json=[event("start")])).json()
        assert answer["accepted"]
        await until(lambda: head.has(StartAsked))


async def test_a_box_that_is_granted_while_it_runs_delivers_from_then_on(folder: BoxFolder, tmp_path: Path) -> None:
    port = free_port()
    folder.change_manifest(broker={"host": "127.0.0.1", "port": port}, printers=[])
    async with Supervisor() as supervisor:
        await supervisor.start(broker_spec(tmp_path, port))
        async with centre(port) as head, running_here(folder) as client:
            await until(lambda: head.hellos)
            assert (head.hellos[0].grant, head.acked) == (None, 0)
            assert (await client.get("/v1/status")).json()["link"]["state"] == "waiting for grant"
            grant(folder)
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: head.acked)
            assert head.hellos[-1].grant is not None
            assert head.hellos[-1].grant.epoch == EPOCH
