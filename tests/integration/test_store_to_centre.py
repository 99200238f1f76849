"""A box's log reaches the centre, and the centre's streams reach the box, over a real broker and real databases."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.ingest.downlink import DownlinkSender
from central.ingest.driver import FleetDesk, Ingest
from central.platform import downlink
from central.platform.wakeups import Wakeups
from edge_node.ports import BOX, Actor, Stamp
from edge_node.storage.box import create_box
from edge_node.storage.journal import SqliteJournal
from edge_node.storage.store import DATABASE_NAME, BoxStore
from edge_node.storage.transaction import Context
from edge_node.sync.driver import LinkSettings, SyncDriver
from firmware_config.supervisor import Supervisor
from retail.clock import SystemClock
from retail.ids import SystemIds
from simulators.broker import broker_spec, free_port
from sync_protocol import topics
from sync_protocol.chain import seed
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.frames import Grant, Hello
from sync_protocol.mqtt import BrokerAddress, Mqtt
from sync_protocol.sender import LinkState, SenderSettings
from sync_protocol.streams import CATALOGUE, CatalogueDelta, ItemRecord

STORE = "S0001"
PACE = SenderSettings(resend_s_min=0.3, resend_s_max=1.0, hello_s=2.0, hello_s_min=0.1)


class Rig:
    """One store, one broker, one centre."""

    def __init__(self, engine: AsyncEngine, database_url: str, folder: Path, port: int) -> None:
        self.engine, self.database_url, self.port = engine, database_url, port
        self.clock = SystemClock()
        self.ids = SystemIds(self.clock)
        self.box = self.ids.uuid7()
        self.incidents: list[str] = []
        context = Context(self.ids, lambda: Stamp(self.clock.now_ms(), 2, "2026-11-21"))
        path = folder / DATABASE_NAME
        create_box(path, STORE, self.box, "", context)
        self.store = BoxStore(path, self.clock, context, replicated=False)
        self.journal = SqliteJournal(self.store, lambda tx, update: None)

    async def enrol(self) -> None:
        async with self.engine.begin() as conn:
            for sql in (
                "INSERT INTO location (location, kind, name, currency) VALUES (:l, 'store', 'One', 'EUR')",
                "INSERT INTO box (box, location) VALUES (:b, :l)",
                "INSERT INTO store_link (location, epoch, box) VALUES (:l, 1, :b)",
                "INSERT INTO watermark (location, box, seq, hash) VALUES (:l, :b, 0, :h)",
            ):
                await conn.execute(text(sql), {"l": STORE, "b": self.box, "h": seed(self.box)})

    @asynccontextmanager
    async def centre(self) -> AsyncIterator[None]:
        async def hello(conn: AsyncConnection, location: str, frame: Hello) -> None:
            await conn.execute(text("UPDATE box SET last_hello_at = now() WHERE box = :b"), {"b": frame.box})

        async def incident(conn: AsyncConnection, location: str, box: UUID, what: str) -> None:
            self.incidents.append(what)

        wakeups = Wakeups(self.database_url)
        bell = wakeups.bell(downlink.CHANNEL)
        address = BrokerAddress("127.0.0.1", self.port)
        async with Mqtt(address, "centre", [topics.ALL_UPLINKS]) as mqtt:
            sender = DownlinkSender(self.engine, mqtt, bell)
            ingest = Ingest(self.engine, mqtt, self.clock, FleetDesk(hello, incident), sender.repair)
            async with running(ingest.run, sender.run, wakeups.run):
                yield

    def driver(self, *, granted: bool = True) -> SyncDriver:
        grant = Grant(STORE, self.box, 1) if granted else None
        settings = LinkSettings(STORE, "all", BrokerAddress("127.0.0.1", self.port), grant, "test", PACE, (0.05, 0.2))
        return SyncDriver(self.journal, settings, self.clock, random.Random(1).random)

    async def sell(self, pieces: int) -> None:
        event = StockAdjusted((AdjustmentLine("A", pieces),), "received")
        await self.store.write(lambda tx: tx.append(event, Actor("0001", "anna")))

    async def stored(self) -> int:
        async with self.engine.connect() as conn:
            return int((await conn.execute(text("SELECT count(*) FROM log_entry"))).scalar_one())

    async def sellable(self) -> int:
        async with self.engine.connect() as conn:
            query = text("SELECT coalesce(sum(quantity), 0) FROM stock_balance WHERE state = 'sellable'")
            return int((await conn.execute(query)).scalar_one())


@asynccontextmanager
async def running(*jobs: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(what: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await what():
            await asyncio.sleep(0.02)


@pytest.fixture
async def rig(engine: AsyncEngine, database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(engine, database_url, tmp_path, free_port())
    await rig.store.open()
    yield rig
    await rig.store.close()


async def test_what_the_store_appends_is_at_the_centre_once_and_acknowledged(rig: Rig, tmp_path: Path) -> None:
    await rig.enrol()
    async with Supervisor() as supervisor:
        await supervisor.start(broker_spec(tmp_path, rig.port))
        driver = rig.driver()
        async with rig.centre(), running(driver.run):
            for _ in range(50):
                await rig.sell(1)

            async def acked() -> bool:
                return (await rig.journal.state()).acked == 51

            await until(acked)
    assert await rig.stored() == 51  # log.opened and fifty
    assert await rig.sellable() == 50
    assert driver.status().counters.resends == 0


async def test_a_broker_killed_under_load_loses_and_doubles_nothing(rig: Rig, tmp_path: Path) -> None:
    import os
    import signal

    await rig.enrol()
    async with Supervisor() as supervisor:
        broker = await supervisor.start(broker_spec(tmp_path, rig.port))
        async with rig.centre(), running(rig.driver().run):
            for round_number in range(3):
                for _ in range(30):
                    await rig.sell(1)
                os.kill(broker.pid, signal.SIGKILL)
                for _ in range(30):
                    await rig.sell(1)
                starts = round_number + 2

                async def restarted(starts: int = starts) -> bool:
                    return broker.starts >= starts

                await until(restarted)

            async def acked() -> bool:
                return (await rig.journal.state()).acked == 181

            await until(acked)
    assert await rig.sellable() == 180


async def test_a_centre_that_comes_back_is_told_all_that_it_missed(rig: Rig, tmp_path: Path) -> None:
    await rig.enrol()
    async with Supervisor() as supervisor:
        await supervisor.start(broker_spec(tmp_path, rig.port))
        async with running(rig.driver().run):
            for _ in range(3):
                async with rig.centre():
                    await rig.sell(1)
                    await asyncio.sleep(0.1)
                await rig.sell(1)
            async with rig.centre():

                async def all_stored() -> bool:
                    return await rig.sellable() == 6

                await until(all_stored)


async def test_a_stream_reaches_the_box_as_news_and_by_repair(rig: Rig, tmp_path: Path) -> None:
    await rig.enrol()

    async def add_item(sku: str) -> None:
        async with rig.engine.begin() as conn:
            delta = CatalogueDelta((ItemRecord(sku, (), f"Item {sku}", "each", "std"),))
            await downlink.append(conn, downlink.zone("all"), CATALOGUE, delta)

    async def has(sku: str) -> bool:
        return await rig.store.read(lambda view: view.item(sku)) is not None

    await add_item("BEFORE")
    async with Supervisor() as supervisor:
        await supervisor.start(broker_spec(tmp_path, rig.port))
        async with rig.centre():
            async with running(rig.driver().run):
                await until(lambda: has("BEFORE"))
                await add_item("NEWS")
                await until(lambda: has("NEWS"))
            await add_item("MISSED")
            async with running(rig.driver().run):
                await until(lambda: has("MISSED"))
    assert (await rig.journal.cursors())[CATALOGUE].ver == 3


async def test_a_box_without_a_grant_is_not_believed_and_its_log_waits(rig: Rig, tmp_path: Path) -> None:
    await rig.sell(1)
    async with Supervisor() as supervisor:
        await supervisor.start(broker_spec(tmp_path, rig.port))
        driver = rig.driver(granted=False)
        async with rig.centre(), running(driver.run):

            async def reported() -> bool:
                return bool(rig.incidents)

            await until(reported)
            assert driver.status().state is LinkState.WAITING_FOR_GRANT
    assert await rig.stored() == 0
    assert (await rig.journal.state()).acked == 0


async def test_a_fork_is_refused_and_shown_on_both_sides_and_selling_goes_on(rig: Rig, tmp_path: Path) -> None:
    await rig.enrol()
    async with rig.engine.begin() as conn:
        # The centre holds three entries of another history of this very box: a disk image was started twice.
        await conn.execute(text("UPDATE watermark SET seq = 1, hash = decode(repeat('ab', 16), 'hex')"))
    await rig.sell(1)
    async with Supervisor() as supervisor:
        await supervisor.start(broker_spec(tmp_path, rig.port))
        driver = rig.driver()
        async with rig.centre(), running(driver.run):

            async def forked() -> bool:
                return driver.status().state is LinkState.FORKED

            await until(forked)
            await rig.sell(1)
    assert await rig.stored() == 0
    assert (await rig.journal.state()).head == 3
    assert BOX.register == ""
