"""A day at a retailer, written straight into the centre's tables: what the console's pages are tested with.

Everything follows from a seed and a moment. Four locations have boxes: one is offline, one tells another history.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.browser.day import network, orders, troubles


@dataclass(frozen=True)
class Seeded:
    """What a test may look for. ``split_order`` is the code of an order that two locations pick at this moment."""

    split_order: str
    report_id: UUID
    places: int
    orders: int
    run_id: UUID


async def seed(conn: AsyncConnection, now_ms: int, *, places: int = 1_565, number: int = 260) -> Seeded:
    """Write the day that ends at ``now_ms``: so many stores, and a warehouse; so many orders."""
    await network.write(conn, now_ms, places)
    split_order, run_id = await orders.write(conn, now_ms, number)
    report_id = await troubles.write(conn, now_ms)
    return Seeded(split_order, report_id, places + 1, number, run_id)
