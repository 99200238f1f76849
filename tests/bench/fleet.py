"""Logs of many boxes, full of sales from a seed, as the centre takes them from the wire."""

import random
import uuid
from collections.abc import Sequence
from itertools import accumulate, islice

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central.ingest.domain import BoxStep
from retail.clock import SystemClock, business_day
from retail.ids import SystemIds
from retail.tender import CASH
from simulators.world import CURRENCY, Product
from sync_protocol import chain
from sync_protocol.body import encode_body
from sync_protocol.events import TIME_SYNCED, Event, Sale, SaleLine, TenderLine
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark
from tests.bench.shop import CUTOVER_HOUR, REGISTERS, ZONE, Customers


class BoxLog:
    """The log of one box; each :meth:`step` appends to it."""

    def __init__(self, location: str, products: tuple[Product, ...], seed: int) -> None:
        self.location = location
        self._clock = SystemClock()
        self._ids = SystemIds(self._clock)
        self.box = self._ids.uuid7()
        self.mark = Watermark.start(self.box)
        self._customers = Customers(products, seed)
        self._chance = random.Random(seed)

    def step(self, events: int) -> BoxStep:
        """``events`` more sales as one batch."""
        before = self.mark
        entries = tuple(
            Entry(seq, self._ids.uuid7(), self._body(seq)) for seq in range(before.seq + 1, before.seq + events + 1)
        )
        self.mark = Watermark(entries[-1].seq, self.hashes(before, entries)[-1])
        return BoxStep(self.location, self.box, before, self.mark, entries)

    def hashes(self, before: Watermark, entries: Sequence[Entry]) -> list[bytes]:
        """The chain hash at each of ``entries``, which follow ``before``."""
        linked = accumulate(
            entries,
            lambda digest, entry: chain.link(digest, self.box, entry.seq, entry.id, entry.body),
            initial=before.hash,
        )
        return list(islice(linked, 1, None))

    def _body(self, seq: int) -> bytes:
        register = self._chance.choice(REGISTERS)
        lines = tuple(
            SaleLine(each.sku, f"{each.gtin:0>14}", each.name, pieces, "each", each.price, each.price * pieces,
                     each.tax_code, 0, 1, 1)
            for each, pieces in self._customers.basket()
        )  # fmt: skip
        total = sum(line.amount for line in lines)
        sale_id = uuid.UUID(int=self._chance.getrandbits(128), version=4)
        receipt = f"{self.location}-{register}-{seq:06}"
        sale = Sale(sale_id, receipt, CURRENCY, lines, (TenderLine(CASH, total, total),), total, 0)
        now_ms = self._clock.now_ms()
        day = business_day(now_ms, ZONE, CUTOVER_HOUR)
        return encode_body(Event(sale, now_ms, TIME_SYNCED, register, "anna", day))


async def enrol(engine: AsyncEngine, location: str, box: uuid.UUID) -> None:
    """Make the centre know a store and its box, with nothing of its log."""
    async with engine.begin() as conn:
        for sql in (
            "INSERT INTO location (location, kind, name, currency) VALUES (:location, 'store', 'A store', :currency)",
            "INSERT INTO box (box, location) VALUES (:box, :location)",
            "INSERT INTO store_link (location, epoch, box) VALUES (:location, 1, :box)",
            "INSERT INTO watermark (location, box, seq, hash) VALUES (:location, :box, 0, :hash)",
        ):
            values = {"location": location, "box": box, "currency": CURRENCY, "hash": chain.seed(box)}
            await conn.execute(text(sql), values)
