"""A store box with a catalogue and baskets from a seed, for whoever wants to know how fast it sells."""

import contextlib
import random
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from edge_node.checkout.pricing import Wanted
from edge_node.checkout.sell import Paid, SaleRequest, Sold, Till, sell
from edge_node.ports import BOX
from edge_node.storage import BoxStore, SqliteJournal
from edge_node.storage.box import create_box
from edge_node.storage.store import DATABASE_NAME
from edge_node.storage.transaction import Context
from edge_node.storage.writer import Group
from edge_node.timekeeping import machine_time_quality, stamps
from retail.clock import SystemClock
from retail.ids import SystemIds
from retail.tender import CASH
from simulators.world import CURRENCY, Product, generate
from sync_protocol.downlink import Cursor
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.streams import (
    CATALOGUE,
    PRICE,
    CatalogueDelta,
    ItemRecord,
    PriceDelta,
    PriceRecord,
    TaxRecord,
)

STORE = "S0001"
ZONE = "America/New_York"
CUTOVER_HOUR = 4
REGISTERS = tuple(f"{number:04}" for number in range(1, 9))
PRODUCTS = 200
LINES, LINES_WEIGHTS = (1, 2, 3, 4, 5, 6, 7), (30, 24, 17, 12, 8, 5, 4)
"""Lines of a basket and how often: 2.7 on average."""
OPENING_PIECES = 1_000_000
GIVEN_MINOR = 200_000


class Customers:
    """Baskets from a seed: the same seed brings the same ones."""

    def __init__(self, products: tuple[Product, ...], seed: int = 1) -> None:
        self._products, self._chance = products, random.Random(seed)

    def basket(self) -> list[tuple[Product, int]]:
        """Products and pieces of the next basket."""
        [lines] = self._chance.choices(LINES, LINES_WEIGHTS)
        return [(product, self._chance.choice((1, 1, 1, 2))) for product in self._chance.sample(self._products, lines)]

    def request(self, register: str) -> SaleRequest:
        """The next basket, at ``register``, paid in cash."""
        lines = [Wanted(product.gtin, pieces) for product, pieces in self.basket()]
        key = uuid.UUID(int=self._chance.getrandbits(128), version=4)
        return SaleRequest(key, register, "anna", lines, [Paid(CASH, GIVEN_MINOR)])


class Shop:
    """An open box that can sell."""

    def __init__(self, store: BoxStore, box: uuid.UUID, products: tuple[Product, ...]) -> None:
        self.store, self.box, self.customers = store, box, Customers(products)
        self._till = Till(STORE, CURRENCY, dict.fromkeys(REGISTERS, "main"))

    async def sell(self, request: SaleRequest) -> Sold:
        """What the box does for ``POST /v1/sales``; returns when the sale is durable."""
        return await self.store.write(lambda tx: sell(tx, self._till, request))


@contextlib.asynccontextmanager
async def open_shop(folder: Path, on_group: Callable[[Group], None] = lambda _group: None) -> AsyncIterator[Shop]:
    """A new box in ``folder`` with stock and prices, as ``edge-node run`` would open it without a replica."""
    clock = SystemClock()
    ids = SystemIds(clock)
    context = Context(ids, stamps(clock, ZONE, CUTOVER_HOUR, machine_time_quality))
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs
    box = ids.uuid7()
    create_box(folder / DATABASE_NAME, STORE, box, "", context)
    store = BoxStore(folder / DATABASE_NAME, clock, context, replicated=False, on_group=on_group)
    await store.open()
    try:
        yield Shop(store, box, await fill(store))
    finally:
        await store.close()


async def fill(store: BoxStore) -> tuple[Product, ...]:
    """Give a box its catalogue, prices and opening stock."""
    products = generate(1, PRODUCTS).products
    journal = SqliteJournal(store, lambda _tx, _update: None)
    items = tuple(
        ItemRecord(each.sku, (f"{each.gtin:0>14}",), each.name, "each", each.tax_code, each.weight_g)
        for each in products
    )
    taxes = (TaxRecord("std", 72_500, inclusive=False), TaxRecord("food", 0, inclusive=False))
    prices = tuple(PriceRecord(each.sku, CURRENCY, each.price) for each in products)
    await journal.apply(CATALOGUE, Cursor(1, 1, bytes(16)), CatalogueDelta(items, taxes))
    await journal.apply(PRICE, Cursor(1, 1, bytes(16)), PriceDelta(prices))
    opening = StockAdjusted(tuple(AdjustmentLine(each.sku, OPENING_PIECES) for each in products), "opening")
    await store.write(lambda tx: tx.append(opening, BOX))
    return products
