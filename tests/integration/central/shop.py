"""A small network with a catalogue and stock, and a desk that speaks to it as shops and boxes do."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.elements import TextClause

from central.fleet.use_cases import Grant, grant
from central.ingest.domain import BoxStep, Rows
from central.ingest.postgres import store
from central.inventory.use_cases import adjust_stock
from central.orders import use_cases
from central.orders.task_flow import PlannedLine, PlannedTask
from central.orders.use_cases import TASK_EVENT, Demand, Offered, Plan
from central.platform.outbox import Patience, work_one
from retail.clock import ManualClock
from retail.ids import SeededIds
from sync_protocol import chain
from sync_protocol.body import encode_body
from sync_protocol.events import AdjustmentLine, Event, Payload
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark

STORES = ("S0001", "S0002")


@dataclass
class Shop:
    """The centre's database with two stores, three items and ten of each at each store."""

    engine: AsyncEngine
    clock: ManualClock = field(default_factory=lambda: ManualClock(1_800_000_000_000))
    logs: dict[str, list[Entry]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = SeededIds(5, self.clock)

    async def open(self) -> None:
        """Make the network, the catalogue and the stock."""
        async with self.engine.begin() as conn:
            await conn.execute(text("INSERT INTO tax_code (code, rate_ppm, inclusive) VALUES ('std', 190000, true)"))
            for sku, name, unit in (("tea", "Green tea", "each"), ("mug", "Mug", "each"), ("rice", "Rice", "gram")):
                await conn.execute(
                    text("INSERT INTO item (sku, name, unit, tax_code, weight_g) VALUES (:s, :n, :u, 'std', 100)"),
                    {"s": sku, "n": name, "u": unit},
                )
            await conn.execute(text("INSERT INTO item_gtin (gtin14, sku) VALUES ('04006381333931', 'tea')"))
            for location in STORES:
                await conn.execute(_LOCATION, {"l": location, "n": f"Store {location}"})
                self.grants[location] = await grant(conn, location, self.ids.uuid7(), self.clock)
                self.logs[location] = []
                lines = [AdjustmentLine(sku, 10) for sku in ("tea", "mug", "rice")]
                await adjust_stock(conn, location, lines, "opening", self.ids, self.clock, "import")

    def request(self, number: str = "1001", **changes: Any) -> dict[str, Any]:
        """An order as a web shop sends it: two packs of tea and a mug, to be shipped."""
        return {
            "platform": "shop",
            "platform_order_id": number,
            "service": "ship",
            "customer_name": "Ada L.",
            "ship_to": {"name": "Ada L.", "street": "Elm 1", "city": "Berlin", "zip": "10115", "country": "DE"},
            "currency": "EUR",
            "lines": [
                {"id": "1", "sku": "tea", "quantity": 2, "unit_price": 250, "tax": 80, "amount": 500},
                {"id": "2", "sku": "mug", "quantity": 1, "unit_price": 900, "tax": 144, "amount": 900},
            ],
            "shipping_charged": 499,
            "tax_total": 224,
            "total": 1899,
            "placed_ms": 1_800_000_000_000,
        } | changes

    async def demand(self) -> list[Demand]:
        """What is to be routed."""
        async with self.engine.connect() as conn:
            return await use_cases.open_demand(conn)

    async def offer(self, demand: Demand, location: str = "S0001", **changes: Any) -> Offered:
        """Offer all open lines of an order to one location."""
        lines = tuple(PlannedLine(line.line_id, line.version, line.quantity) for line in demand.lines)
        planned = PlannedTask(location, demand.service, 1_800_000_600_000, lines)
        plan = Plan(demand.order_id, "r1", {"sentence": "because"}, (planned,))
        async with self.engine.begin() as conn:
            return await use_cases.offer(conn, plan, self.ids)

    async def box_says(self, location: str, payload: Payload, event_id: UUID | None = None) -> UUID:
        """A box's event arrives, by the way that all take; its work stays in the outbox."""
        box, log = self.grants[location].box, self.logs[location]
        body = encode_body(Event(payload, 1_800_000_000_000, 2, "", "anna", "2027-01-15"))
        entry = Entry(len(log) + 1, event_id or self.ids.uuid7(), body)
        before = self._mark(location)
        log.append(entry)
        async with self.engine.begin() as conn:
            stored = await store(conn, Rows([BoxStep(location, box, before, self._mark(location), (entry,))]))
        assert stored == {box}
        return entry.id

    async def work(self) -> None:
        """Do what the outbox holds."""
        handlers = {TASK_EVENT: use_cases.on_task_event}
        while await work_one(self.engine, handlers, Patience(attempts_max=1)):
            pass

    async def says(self, location: str, payload: Payload) -> None:
        """A box's event arrives and is dealt with."""
        await self.box_says(location, payload)
        await self.work()

    async def rows(self, query: str, **parameters: Any) -> list[Any]:
        """The rows of a query, single columns bare."""
        async with self.engine.connect() as conn:
            found = (await conn.execute(text(query), parameters)).all()
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    def _mark(self, location: str) -> Watermark:
        box = self.grants[location].box
        digest = chain.seed(box)
        for entry in self.logs[location]:
            digest = chain.link(digest, box, entry.seq, entry.id, entry.body)
        return Watermark(len(self.logs[location]), digest)


_LOCATION: TextClause = text(
    """
    INSERT INTO location (location, kind, backing, name, currency, country, time_zone, ships, pickups, open_for_orders)
    VALUES (:l, 'store', 'edge', :n, 'EUR', 'DE', 'Europe/Berlin', true, true, true)
    """
)
