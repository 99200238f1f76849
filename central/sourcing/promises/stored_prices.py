"""The prices of the last batches, as promises pay heed to them: read with the network, kept as tables by SKU."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from central.sourcing import runs
from central.sourcing.model import SHIP_POOL
from central.sourcing.postgres import regions
from retail.clock import Clock
from routing.problem import Prices


class StoredPrices:
    """Prices of the newest batch of each region that has unfinished orders; older ones than ``age_s`` are not used."""

    def __init__(self, clock: Clock, age_s: float) -> None:
        self._clock, self._age_s = clock, age_s
        self._last: dict[str, runs.LastPrices] = {}
        self._until_s: dict[str, float] = {}
        self._stock: dict[str, list[tuple[str, float, str]]] = {}
        self._capacity: dict[str, list[tuple[float, str]]] = {}

    async def refresh(self, conn: AsyncConnection) -> None:
        """Read the prices of batches that ended since."""
        before, self._last = self._last, {}
        for region in await regions(conn):
            last = await runs.last_prices(conn, region, before.get(region))
            if last is not None:
                self._last[region] = last
                self._until_s[region] = self._clock.monotonic() + self._age_s - last.age_s
        if {region: last.run_id for region, last in before.items()} == {
            region: last.run_id for region, last in self._last.items()
        }:
            return
        self._stock, self._capacity = {}, {}
        for region, last in self._last.items():
            for unit in last.prices.stock:
                self._stock.setdefault(unit.sku, []).append((unit.location, unit.cents, region))
            for room in last.prices.capacity:
                location = room.location.removesuffix(SHIP_POOL)
                self._capacity.setdefault(location, []).append((room.cents, region))

    def prices(self, skus: Sequence[str], locations: Sequence[str]) -> Prices:
        """As the port says. Where no price of these SKUs and no room is known, nothing is contested."""
        now_s = self._clock.monotonic()
        fresh = {region for region in self._last if now_s <= self._until_s[region]}
        units = [(row, each) for row, sku in enumerate(skus) for each in self._stock.get(sku, ()) if each[2] in fresh]
        rooms = [(at, cents) for at, each in self._capacity.items() for cents, region in each if region in fresh]
        if not units and not rooms:
            return Prices()
        column = {location: number for number, location in enumerate(locations)}
        stock, capacity = np.zeros((len(skus), len(locations))), np.zeros(len(locations))
        for row, (location, cents, _) in units:
            if location in column:
                stock[row, column[location]] = cents
        for location, cents in rooms:
            if location in column:
                capacity[column[location]] += cents
        return Prices(stock, capacity)
