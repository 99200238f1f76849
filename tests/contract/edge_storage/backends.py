"""The implementations of the box's store that the suite runs over."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from edge_node.ports import Stamp, Tx, View
from edge_node.storage import BoxStore, SqliteJournal
from edge_node.storage.box import create_box
from edge_node.storage.store import DATABASE_NAME
from edge_node.storage.transaction import Context
from retail.clock import Clock, ManualClock
from retail.gtin import Gtin
from retail.ids import SeededIds
from sync_protocol.downlink import Cursor
from sync_protocol.events import TIME_SYNCED
from sync_protocol.streams import (
    CATALOGUE,
    PRICE,
    CatalogueDelta,
    Delta,
    ItemRecord,
    PriceDelta,
    PriceRecord,
    TaxRecord,
)
from tests.contract.edge_storage.memory import MemoryStore

Result = TypeVar("Result")

STORE = "S0412"


def gtin(number: int) -> str:
    """The 14 digits of the ``number``-th test article."""
    return Gtin.from_body(f"40{number:010}").text14


def article(number: int, **changes: object) -> ItemRecord:
    """A test article with a barcode: ``SKU-<number>``."""
    values: dict[str, object] = {
        "sku": f"SKU-{number}", "gtins": (gtin(number),), "name": f"Article {number}", "unit": "each", "tax_code": "A",
    }  # fmt: skip
    return ItemRecord(**(values | changes))  # type: ignore[arg-type]


VAT = TaxRecord("A", 190_000, inclusive=True)


class Store(Protocol):
    """A store under test."""

    async def write(self, work: Callable[[Tx], Result]) -> Result: ...

    async def read(self, question: Callable[[View], Result]) -> Result: ...

    async def seed(
        self,
        items: Iterable[ItemRecord] = (),
        taxes: Iterable[TaxRecord] = (),
        prices: Iterable[PriceRecord] = (),
        price_version: tuple[int, int] = (1, 1),
    ) -> None: ...


class _Memory:
    def __init__(self, store: MemoryStore) -> None:
        self.write, self.read, self._store = store.write, store.read, store

    async def seed(self, items=(), taxes=(), prices=(), price_version=(1, 1)) -> None:  # type: ignore[no-untyped-def]
        self._store.seed(items, taxes, prices, price_version)


class _Sqlite:
    def __init__(self, store: BoxStore) -> None:
        self.write, self.read = store.write, store.read
        self._journal = SqliteJournal(store, lambda _tx, _update: None)
        self._versions = itertools.count(1)

    async def seed(self, items=(), taxes=(), prices=(), price_version=(1, 1)) -> None:  # type: ignore[no-untyped-def]
        await self._apply(CATALOGUE, (1, next(self._versions)), CatalogueDelta(tuple(items), tuple(taxes)))
        await self._apply(PRICE, price_version, PriceDelta(tuple(prices)))

    async def _apply(self, stream: str, version: tuple[int, int], delta: Delta) -> None:
        await self._journal.apply(stream, Cursor(*version, bytes(16)), delta)


def context(clock: Clock, seed: int = 1) -> Context:
    """Ids from a seed, and stamps of one business day."""
    return Context(SeededIds(seed, clock), lambda: Stamp(clock.now_ms(), TIME_SYNCED, "2026-01-01"))


@asynccontextmanager
async def opened(kind: str, folder: Path, clock: ManualClock) -> AsyncIterator[Store]:
    """A new store of ``kind``: memory or sqlite."""
    made = context(clock)
    if kind == "memory":
        yield _Memory(MemoryStore(clock, made.ids, made.stamp))
        return
    create_box(folder / DATABASE_NAME, STORE, made.ids.uuid7(), "", made)
    store = BoxStore(folder / DATABASE_NAME, clock, made, replicated=False)
    await store.open()
    try:
        yield _Sqlite(store)
    finally:
        await store.close()
