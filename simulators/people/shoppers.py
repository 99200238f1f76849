"""Shoppers at a register: a basket is scanned, priced, paid in cash.

The register is simulated down to its requests: a quote for the display, then the sale under a key of its own. With a
scanner at hand it scans every article on the box's serial scanner and takes what the box read from it.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from retail.ids import IdSource
from simulators.people.client import PatientClient
from simulators.people.tally import Tally
from simulators.world import World

BANKNOTE = 500
"""Cash is given in multiples of five units of the currency."""
SCAN_WAIT_S = 2.0


class HandScanner(Protocol):
    """A scanner in somebody's hand."""

    def scan(self, code: str) -> None:
        """Read a barcode."""
        ...


@dataclass
class Register:
    """One register of a store and the shoppers in its queue; ``pause_s`` is the mean time between two of them."""

    location: str
    number: str
    client: PatientClient
    world: World
    chance: random.Random
    ids: IdSource
    tally: Tally
    pause_s: float
    scanner: HandScanner | None = None

    async def run(self, closing: asyncio.Event) -> None:
        """Serve shoppers until ``closing``; who is at the register then is still served."""
        while not closing.is_set():
            await self.serve()
            try:
                async with asyncio.timeout(self.chance.expovariate(1 / self.pause_s)):
                    await closing.wait()
            except TimeoutError:
                continue

    async def serve(self) -> None:
        """One shopper, from the first article to the receipt."""
        lines = await self._articles()
        if not lines:
            return
        quote = await self.client.post("/v1/quotes", {"lines": lines})
        if quote.status_code != 200:
            self.tally.refuse(f"register {self.location}", _problem(quote.json()))
            return
        total = int(quote.json()["total"])
        request = {
            "key": str(self.ids.uuid7()),
            "register": self.number,
            "staff": f"cashier-{self.number}",
            "lines": lines,
            "tenders": [{"tender": "cash", "given": -(-total // BANKNOTE) * BANKNOTE}],
        }
        answer = await self.client.post("/v1/sales", request)
        if answer.status_code in (200, 201):
            self.tally.sold(self.location, UUID(answer.json()["id"]))
        else:
            self.tally.refuse(f"register {self.location}", _problem(answer.json()))

    async def _articles(self) -> list[dict[str, Any]]:
        chosen = self._basket()
        codes = {product.sku: product.gtin for product in self.world.products}
        if self.scanner is not None:
            for sku, _ in chosen:
                codes[sku] = await self._scan(self.scanner, codes[sku])
        return [{"code": codes[sku], "quantity": pieces} for sku, pieces in chosen]

    async def _scan(self, scanner: HandScanner, code: str) -> str:
        """What the box read from the scanner; the number is keyed in when the box did not see the scan in time."""
        start = (await self.client.get("/v1/scans")).json()["next"]
        scanner.scan(code)
        heard = (await self.client.get("/v1/scans", after=start, wait_s=SCAN_WAIT_S)).json()["scans"]
        if not heard:
            self.tally.steps["keyed in"] += 1
            return code
        self.tally.steps["scanned"] += 1
        return str(heard[0]["code"])

    def _basket(self) -> Sequence[tuple[str, int]]:
        if self.world.baskets:
            return self.chance.choice(self.world.baskets)
        products = self.chance.sample(self.world.products, self.chance.choice((1, 1, 2, 2, 3, 4, 7)))
        return [(product.sku, self.chance.choice((1, 1, 1, 2, 3))) for product in products]


def _problem(answer: dict[str, Any]) -> str:
    return str(answer.get("detail") or answer.get("title") or answer)
