"""The stock import against a real PostgreSQL: differences are booked, and the same file again books nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central import imports
from central.catalog.tables import item, tax_code
from central.fleet.tables import location
from central.imports import Imported, Request, Tools
from central.inventory.tables import stock_balance
from retail.clock import Clock, ManualClock
from retail.ids import IdSource, SeededIds
from sync_protocol.effects import SELLABLE, stock_moves
from sync_protocol.events import AdjustmentLine, Event, StockAdjusted

CLOCK = ManualClock()
HEADING = "location,sku,quantity\n"


class Store:
    """A centre with two stores and two items, and a file of their stock."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.engine, self._file = engine, folder / "stock.csv"
        self._ids = SeededIds(1, CLOCK)
        self.booked: list[tuple[str, str, int, str]] = []

    async def take(self, content: str) -> Imported:
        """Import a file of this content."""
        self._file.write_text(content, encoding="utf-8")
        return await imports.run(self.engine, Request("stock", self._file), Tools(self._ids, CLOCK, self._adjust))

    async def sellable(self) -> dict[tuple[str, str], int]:
        """The sellable stock of the ledger, by location and SKU, over all lots."""
        table = stock_balance
        query = select(table.c.location, table.c.sku, table.c.quantity).where(table.c.state == SELLABLE)
        totals: dict[tuple[str, str], int] = {}
        async with self.engine.connect() as conn:
            for place, sku, quantity in await conn.execute(query):
                totals[place, sku] = totals.get((place, sku), 0) + quantity
        return totals

    async def _adjust(
        self,
        conn: AsyncConnection,
        place: str,
        lines: Sequence[AdjustmentLine],
        reason: str,
        ids: IdSource,
        clock: Clock,
        staff: str,
        /,
    ) -> None:
        """Books on balances only: the ledger itself is tested with its own use case."""
        event = Event(StockAdjusted(tuple(lines), reason), clock.now_ms(), 0, "", staff, "2026-01-01")
        statement = postgresql.insert(stock_balance)
        for move in stock_moves(event):
            for state, quantity in ((move.source, -move.quantity), (move.target, move.quantity)):
                values = {
                    "location": place, "sku": move.sku, "state": state, "lot": move.lot, "serial": move.serial,
                    "quantity": quantity,
                }  # fmt: skip
                added = {"quantity": stock_balance.c.quantity + quantity}
                await conn.execute(
                    statement.values(values).on_conflict_do_update(constraint=stock_balance.primary_key, set_=added)
                )
        self.booked += [(place, line.sku, line.quantity, reason) for line in lines]


@pytest_asyncio.fixture
async def store(engine: AsyncEngine, tmp_path: Path) -> Store:
    async with engine.begin() as conn:
        for name in ("S0001", "W0001"):
            kind = "store" if name.startswith("S") else "warehouse"
            await conn.execute(insert(location).values(location=name, kind=kind, name=name, currency="EUR"))
        await conn.execute(insert(tax_code).values(code="std", rate_ppm=190_000, inclusive=True))
        for sku, unit in (("TEA", "each"), ("NUTS", "gram")):
            await conn.execute(insert(item).values(sku=sku, name=sku, unit=unit, tax_code="std"))
    return Store(engine, tmp_path)


async def test_a_first_file_opens_the_stock(store: Store) -> None:
    done = await store.take(HEADING + "S0001,TEA,12\nS0001,NUTS,5000\nW0001,TEA,0\n")
    assert done.figures == {"opened": 2, "corrected": 0, "unchanged": 1, "events": 1}
    assert store.booked == [("S0001", "TEA", 12, "opening"), ("S0001", "NUTS", 5000, "opening")]
    assert await store.sellable() == {("S0001", "TEA"): 12, ("S0001", "NUTS"): 5000}


async def test_the_same_file_again_books_nothing(store: Store) -> None:
    content = HEADING + "S0001,TEA,12\nW0001,NUTS,5000\n"
    await store.take(content)
    store.booked.clear()
    done = await store.take(content)
    assert done.figures == {"opened": 0, "corrected": 0, "unchanged": 2, "events": 0}
    assert store.booked == []


async def test_another_count_corrects_by_the_difference(store: Store) -> None:
    await store.take(HEADING + "S0001,TEA,12\nW0001,TEA,3\n")
    done = await store.take(HEADING + "S0001,TEA,9\nW0001,TEA,4\n")
    assert done.figures == {"opened": 0, "corrected": 2, "unchanged": 0, "events": 2}
    assert store.booked[2:] == [("S0001", "TEA", -3, "correction"), ("W0001", "TEA", 1, "correction")]
    assert await store.sellable() == {("S0001", "TEA"): 9, ("W0001", "TEA"): 4}


async def test_lots_and_serials_are_accounts_of_their_own(store: Store) -> None:
    await store.take("location,sku,quantity,lot,serial\nS0001,TEA,5,L1,\nS0001,TEA,7,L2,\nS0001,TEA,1,,X9\n")
    done = await store.take("location,sku,quantity,lot\nS0001,TEA,6,L2\n")
    assert done.figures["corrected"] == 1
    assert await store.sellable() == {("S0001", "TEA"): 12}


async def test_bad_rows_are_refused_and_the_others_booked(store: Store) -> None:
    done = await store.take(
        HEADING + "S0009,TEA,1\nS0001,GONE,1\nS0001,TEA,-1\nS0001,NUTS,1.5\nW0001,TEA,4\nW0001,TEA,5\n"
    )
    report = done.reports[0]
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (6, 1, 5)
    assert [(finding.row, finding.field) for finding in report.findings] == [
        (1, "location"), (2, "sku"), (3, "quantity"), (4, "quantity"), (6, "sku"),
    ]  # fmt: skip
    assert await store.sellable() == {("W0001", "TEA"): 4}


async def test_a_file_that_fails_late_books_nothing(store: Store) -> None:
    with pytest.raises(Exception, match="the ledger is broken"):
        rows = "".join(f"S0001,SKU{number},1\n" for number in range(300))
        async with store.engine.begin() as conn:
            await conn.execute(
                insert(item), [{"sku": f"SKU{n}", "name": "x", "unit": "each", "tax_code": "std"} for n in range(300)]
            )
        adjust = store._adjust

        async def failing(conn: AsyncConnection, *rest: object) -> None:
            if store.booked:
                raise RuntimeError("the ledger is broken")
            await adjust(conn, *rest)  # type: ignore[arg-type]

        store._adjust = failing  # type: ignore[method-assign,assignment]
        await store.take(HEADING + rows)
    assert len(store.booked) == 200
    assert await store.sellable() == {}
    async with store.engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM import_report"))).scalar_one() == 0
