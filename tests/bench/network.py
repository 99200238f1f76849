"""A centre's database with a synthetic network, as large as a benchmark wants, and shoppers who order there."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from central.fleet.use_cases import grant
from central.inventory.use_cases import adjust_stock
from central.orders.intake import Destination, NewLine, NewOrder
from central.orders.use_cases import place
from sync_protocol.events import AdjustmentLine
from tests.integration.central.shop import Shop

CURRENCY = "USD"
WAREHOUSES = 2
SIZES, SIZE_WEIGHTS = (1, 2, 3, 4), (50, 28, 14, 8)
"""Lines of an order, and how often."""
PRICE_CENTS = 1_500
DAY_MS = 86_400_000

_ZONES = ((-75.0, "America/New_York"), (-90.0, "America/Chicago"), (-105.0, "America/Denver"))
_LOCATION = text(
    """
    INSERT INTO location (location, kind, backing, name, currency, country, time_zone, lat, lon, coordinate_state,
                          ships, pickups, capacity_units_per_day, open_for_orders)
    VALUES (:key, :kind, 'edge', :name, 'USD', 'US', :zone, :lat, :lon, 'believed', true, :pickups, :capacity, true)
    """
)


@dataclass
class Network(Shop):
    """Stores and warehouses between the coasts with boxes that have just said hello, items, and scarce stock.

    Everything comes from ``seed``. Stores carry each SKU with the share ``carried``, one or two pieces of it.
    """

    places: int = 40
    skus: int = 40
    carried: float = 0.4
    capacity: int = 60
    seed: int = 1
    placed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.chance = random.Random(self.seed)
        self.locations = [f"W{each:04}" if each < WAREHOUSES else f"S{each:04}" for each in range(self.places)]

    async def open(self) -> None:
        """Make the network, the catalogue and the stock."""
        chance = self.chance
        async with self.engine.begin() as conn:
            await conn.execute(text("INSERT INTO tax_code (code, rate_ppm, inclusive) VALUES ('std', 0, false)"))
            items = [
                {"s": f"sku{each}", "n": f"Item {each}", "g": chance.randint(50, 3_000)} for each in range(self.skus)
            ]
            await conn.execute(
                text("INSERT INTO item (sku, name, unit, tax_code, weight_g) VALUES (:s, :n, 'each', 'std', :g)"), items
            )
            for key in self.locations:
                store, lat, lon = key.startswith("S"), chance.uniform(30, 45), chance.uniform(-120, -75)
                zone = next((name for west, name in _ZONES if lon > west - 15), "America/Los_Angeles")
                await conn.execute(
                    _LOCATION,
                    {"key": key, "kind": "store" if store else "warehouse", "name": f"Place {key}", "zone": zone,
                     "lat": lat, "lon": lon, "pickups": store, "capacity": self.capacity if store else None},
                )  # fmt: skip
                self.grants[key] = await grant(conn, key, self.ids.uuid7(), self.clock)
                self.logs[key] = []
                held = [
                    AdjustmentLine(f"sku{sku}", chance.choice((1, 1, 2)) if store else 6)
                    for sku in range(self.skus)
                    if not store or chance.random() < self.carried
                ]
                await adjust_stock(conn, key, held, "opening", self.ids, self.clock, "import")
            await conn.execute(text("UPDATE box SET last_hello_at = now()"))

    async def order(self, count: int) -> Sequence[UUID]:
        """Let ``count`` shoppers order; the ids of their orders."""
        ids = []
        async with self.engine.begin() as conn:
            for _ in range(count):
                ids.append((await place(conn, self._wanted(), bytes(16), self.ids)).order_id)
        return ids

    async def deliver(self, pieces: int) -> None:
        """Goods arrive at stores: ``pieces`` in all."""
        chance = self.chance
        async with self.engine.begin() as conn:
            for _ in range(pieces):
                line = AdjustmentLine(f"sku{chance.randrange(self.skus)}", 1)
                store = chance.choice(self.locations[WAREHOUSES:])
                await adjust_stock(conn, store, [line], "received", self.ids, self.clock, "")

    async def lose(self, pieces: int) -> None:
        """Goods turn out to be missing: ``pieces`` in all, fewer where there are fewer."""
        held = await self.rows(
            "SELECT location, sku FROM stock_balance WHERE state = 'sellable' AND quantity > 0 ORDER BY location, sku"
        )
        async with self.engine.begin() as conn:
            for store, sku in self.chance.sample(held, min(pieces, len(held))):
                await adjust_stock(conn, store, [AdjustmentLine(sku, -1)], "theft", self.ids, self.clock, "")

    def _wanted(self) -> NewOrder:
        chance = self.chance
        self.placed += 1
        [size] = chance.choices(SIZES, SIZE_WEIGHTS)
        lines = [
            NewLine(str(number), f"sku{sku}", 1, PRICE_CENTS, 0, PRICE_CENTS)
            for number, sku in enumerate(chance.sample(range(self.skus), size))
        ]
        home = Destination(
            "Ada", "1 Elm Street", "Town", "", "43215", "US", chance.uniform(30, 45), chance.uniform(-120, -75)
        )
        now_ms = self.clock.now_ms()
        return NewOrder(
            platform="bench", platform_order_id=str(self.placed), channel="web", service="ship", pickup_location="",
            customer_name="Ada", contact={}, ship_to=home, currency=CURRENCY, lines=lines,
            shipping_charged=0, tax_total=0, total=size * PRICE_CENTS, payments=[], placed_ms=now_ms,
            promise_ms=now_ms + chance.randint(2, 6) * DAY_MS,
        )  # fmt: skip
