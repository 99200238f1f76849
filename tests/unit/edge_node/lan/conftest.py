"""The box's API over a real store, without a network."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from edge_node.checkout.sell import Till
from edge_node.fulfilment.offers import take_decision
from edge_node.lan.app import create_app
from edge_node.lan.box import Box
from edge_node.lan.metrics import BoxMetrics
from edge_node.lan.scans import ScanBoard
from edge_node.manifest import Manifest, RegisterEntry
from edge_node.ports import DeviceStatus
from edge_node.replication.watch import NoReplica
from edge_node.storage import BoxStore, SqliteJournal
from edge_node.storage.box import create_box
from edge_node.storage.store import DATABASE_NAME
from edge_node.sync.driver import LinkStatus
from retail.clock import ManualClock
from sync_protocol.downlink import Cursor
from sync_protocol.streams import CATALOGUE, PRICE, TASKS, CatalogueDelta, PriceDelta, PriceRecord, TaskDelta
from sync_protocol.tasks import TaskUpdate
from tests.contract.edge_storage.backends import STORE, VAT, article, context

SOFTWARE = "1.2.3"


@dataclass
class Shop:
    """A box and what its devices and its link say."""

    box: Box
    journal: SqliteJournal
    drawers: list[str] = field(default_factory=list)
    devices: list[DeviceStatus] = field(default_factory=list)
    link: LinkStatus | None = None
    decisions: int = 0

    async def tell(self, *updates: TaskUpdate) -> None:
        """The centre decides."""
        self.decisions += 1
        await self.journal.apply(TASKS, Cursor(1, self.decisions), TaskDelta(updates))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@asynccontextmanager
async def open_shop(folder: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    """A store that sells SKU-1 for 1.00, SKU-2 for 2.00 and SKU-3 for 5.00 a kilogram, and has one register."""
    made = context(clock)
    create_box(folder / DATABASE_NAME, STORE, made.ids.uuid7(), "", made)
    metrics = BoxMetrics()
    store = BoxStore(folder / DATABASE_NAME, clock, made, replicated=False, on_group=metrics.observe_commit)
    await store.open()
    journal = SqliteJournal(store, lambda tx, update: take_decision(tx, update, "main"))
    items = (article(1), article(2), article(3, unit="gram"), article(4))
    await journal.apply(CATALOGUE, Cursor(1, 1), CatalogueDelta(items, (VAT,)))
    prices = tuple(PriceRecord(f"SKU-{number}", "EUR", price) for number, price in ((1, 100), (2, 200), (3, 500)))
    await journal.apply(PRICE, Cursor(1, 1), PriceDelta(prices))
    manifest = Manifest(
        store=STORE, role="store", name="Tillway Nord", currency="EUR", time_zone="Europe/Berlin",
        registers=(RegisterEntry(number="0001"),),
    )  # fmt: skip
    shop: Shop

    def opener(field_name: str) -> Callable[[], object]:
        return lambda: getattr(shop, field_name)

    box = Box(
        manifest=manifest, clock=clock, store=store, till=Till(STORE, "EUR", {"0001": "main"}),
        scans=ScanBoard(clock), metrics=metrics, replica=NoReplica(lambda: store.wal_bytes),
        link=opener("link"), devices=opener("devices"),  # type: ignore[arg-type]
        open_drawer=lambda register: shop.drawers.append(register), software=SOFTWARE,
    )  # fmt: skip
    shop = Shop(box, journal)
    yield shop
    await store.close()


@pytest.fixture
async def shop(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, clock) as shop:
        yield shop


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(shop.box))
    async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
        yield client
