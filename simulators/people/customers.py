"""Customers of the web shop: they order, now to be sent and now to be collected, and come for what is ready.

Orders go to the centre's API under the shop's own order number, so an order that is sent again is the same order.
"""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from retail.clock import Clock
from simulators.people.client import PatientClient
from simulators.people.tally import Tally
from simulators.world import CURRENCY, World

PLATFORM = "demo-shop"
PICKUP_SHARE = 0.3
LINES_CHOICE = (1, 1, 1, 2, 2, 3)
NAMES = ("Ada", "Ben", "Chloe", "Dan", "Elif", "Finn", "Grace", "Hugo", "Ines", "Jonas", "Kaya", "Leo", "Mia", "Noor")
INITIALS = "ABCDEFGHKLMNPRSTVW"


@dataclass
class WebShop:
    """The shop and its customers; ``pause_s`` is the mean time between two orders; a promise is kept so
    many seconds after an order."""

    client: PatientClient
    world: World
    chance: random.Random
    clock: Clock
    tally: Tally
    pause_s: float
    pickup_promise_s: float = 3 * 3_600.0
    ship_promise_s: float = 6 * 86_400.0
    _orders: int = 0
    _order_ids: dict[str, str] = field(default_factory=dict)

    async def run(self, closing: asyncio.Event) -> None:
        """Take orders until ``closing``."""
        while not closing.is_set():
            await self.order()
            try:
                async with asyncio.timeout(self.chance.expovariate(1 / self.pause_s)):
                    await closing.wait()
            except TimeoutError:
                continue

    async def order(self) -> None:
        """One customer orders."""
        self._orders += 1
        answer = await self.client.post("/v1/orders", self._request(f"DEMO-{self._orders:06d}"))
        if answer.status_code in (200, 201):
            placed = answer.json()
            self._order_ids[placed["code"]] = placed["order_id"]
            self.tally.ordered(placed["order_id"], self.clock.monotonic())
        else:
            self.tally.refuse("web shop", str(answer.json().get("detail", answer.text)))

    async def collect_code(self, order_code: str) -> str | None:
        """The code that the customer of an order shows at the counter; None when the order is unknown."""
        order_id = self._order_ids.get(order_code)
        if order_id is None:
            return None
        answer = await self.client.get(f"/v1/orders/{order_id}")
        codes = [task["collect_code"] for task in answer.json()["tasks"] if task.get("collect_code")]
        return codes[-1] if codes else None

    def _request(self, number: str) -> dict[str, Any]:
        chance = self.chance
        pickup = chance.random() < PICKUP_SHARE
        store = chance.choice(self.world.stores) if pickup else None
        goods = self._goods(store.location if store else None)
        lines = [
            {
                "id": str(position),
                "sku": product.sku,
                "quantity": pieces,
                "unit_price": product.price,
                "tax": 0,
                "amount": product.price * pieces,
            }
            for position, (product, pieces) in enumerate(goods, start=1)
        ]
        total = sum(product.price * pieces for product, pieces in goods)
        shipping = 0 if pickup else 499
        place = chance.choice(self.world.destinations)
        name = f"{chance.choice(NAMES)} {chance.choice(INITIALS)}."
        return {
            "platform": PLATFORM,
            "platform_order_id": number,
            "channel": "web",
            "service": "pickup" if pickup else "ship",
            "pickup_location": store.location if store else "",
            "customer_name": name,
            "ship_to": None if pickup else {
                "name": name, "street": "12 Elm Street", "city": place.city or "Somewhere", "region": place.region,
                "zip": place.zip, "country": "US", "lat": place.lat, "lon": place.lon,
            },
            "currency": CURRENCY,
            "lines": lines,
            "shipping_charged": shipping,
            "tax_total": 0,
            "total": total + shipping,
            "placed_ms": self.clock.now_ms(),
            "promise_ms": self.clock.now_ms() + int(1000 * (self.pickup_promise_s if pickup else self.ship_promise_s)),
        }  # fmt: skip

    def _goods(self, store: str | None) -> list[tuple[Any, int]]:
        """Products and pieces: what a store should have when it is to be collected there, anything else otherwise."""
        shelf = self.world.stock.get(store, {}) if store else None
        products = [item for item in self.world.products if shelf is None or shelf.get(item.sku, 0) > 10]
        chosen = self.chance.sample(products, min(len(products), self.chance.choice(LINES_CHOICE)))
        return [(product, self.chance.choice((1, 1, 1, 2))) for product in chosen]
