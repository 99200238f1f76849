"""The stock import against a real PostgreSQL: differences are booked, and the same file again books nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central import imports
from central.catalog.tables import item, tax_code
from central.fleet.tables import location
from central.imports import Adjust, Imported, Request, Tools
from central.inventory import postgres
from central.inventory.tables import stock_balance, stock_move
from central.inventory.use_cases import adjust_stock, check_stock
from central.platform import downlink
from retail.clock import ManualClock
from retail.ids import SeededIds
from sync_protocol.body import decode_body, encode_body
from sync_protocol.codec import decode_delta
from sync_protocol.effects import ADJUSTED, RECEIVED, SELLABLE, STATES, Move
from sync_protocol.events import AdjustmentLine, Event, StockAdjusted
from sync_protocol.streams import FOREIGN, ForeignDelta

CLOCK = ManualClock()
HEADING = "location,sku,quantity\n"


class Store:
    """A centre with a store, a warehouse and two items, and a file of their stock."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.engine, self._file = engine, folder / "stock.csv"
        self._ids = SeededIds(1, CLOCK)

    async def take(self, content: str, adjust: Adjust = adjust_stock) -> Imported:
        """Import a file of this content, and prove the ledger after it."""
        self._file.write_text(content, encoding="utf-8")
        done = await imports.run(self.engine, Request("stock", self._file), Tools(self._ids, CLOCK, adjust))
        async with self.engine.connect() as conn:
            assert await check_stock(conn) == []
        return done

    async def sellable(self) -> dict[tuple[str, str, str, str], int]:
        """The sellable stock, by location, SKU, lot and serial."""
        table = stock_balance
        query = select(table.c.location, table.c.sku, table.c.lot, table.c.serial, table.c.quantity).where(
            table.c.state == SELLABLE
        )
        async with self.engine.connect() as conn:
            return {(place, sku, lot, serial): amount for place, sku, lot, serial, amount in await conn.execute(query)}

    async def moved(self) -> list[tuple[str, str, str, str, int, str]]:
        """Everything that moved: location, SKU, from, to, how much and why."""
        table = stock_move
        query = select(
            table.c.location, table.c.sku, table.c.source, table.c.target, table.c.quantity, table.c.reason
        ).order_by(table.c.move_id)
        async with self.engine.connect() as conn:
            return [(place, sku, *rest) for place, sku, *rest in await conn.execute(query)]

    async def told(self, place: str) -> list[Event]:
        """The events that the box of a location was told of."""
        events: list[Event] = []
        async with self.engine.connect() as conn:
            for row in await downlink.since(conn, place, FOREIGN, 0, 1000):
                delta = decode_delta(FOREIGN, row.delta)
                assert isinstance(delta, ForeignDelta)
                events += [decode_body(entry.body) for entry in delta.entries]
        return events


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
    assert await store.moved() == [
        ("S0001", "NUTS", RECEIVED, SELLABLE, 5000, "opening"),
        ("S0001", "TEA", RECEIVED, SELLABLE, 12, "opening"),
    ]
    assert await store.sellable() == {("S0001", "TEA", "", ""): 12, ("S0001", "NUTS", "", ""): 5000}


async def test_the_box_is_told_of_what_was_booked(store: Store) -> None:
    await store.take(HEADING + "S0001,TEA,12\nW0001,NUTS,5000\n")
    (event,) = await store.told("S0001")
    assert event.payload == StockAdjusted((AdjustmentLine("TEA", 12),), "opening")
    assert event.staff == "import"


async def test_the_same_file_again_books_and_tells_nothing(store: Store) -> None:
    content = HEADING + "S0001,TEA,12\nW0001,NUTS,5000\n"
    await store.take(content)
    before = await store.moved()
    done = await store.take(content)
    assert done.figures == {"opened": 0, "corrected": 0, "unchanged": 2, "events": 0}
    assert await store.moved() == before
    assert len(await store.told("S0001")) == 1


async def test_another_count_corrects_by_the_difference(store: Store) -> None:
    await store.take(HEADING + "S0001,TEA,12\nW0001,TEA,3\n")
    done = await store.take(HEADING + "S0001,TEA,9\nW0001,TEA,4\n")
    assert done.figures == {"opened": 0, "corrected": 2, "unchanged": 0, "events": 2}
    assert (await store.moved())[2:] == [
        ("S0001", "TEA", SELLABLE, ADJUSTED, 3, "correction"),
        ("W0001", "TEA", ADJUSTED, SELLABLE, 1, "correction"),
    ]
    assert await store.sellable() == {("S0001", "TEA", "", ""): 9, ("W0001", "TEA", "", ""): 4}


async def test_only_what_is_free_to_sell_is_compared_with_the_file(store: Store) -> None:
    await store.take(HEADING + "S0001,TEA,12\n")
    event = Event(StockAdjusted((), "correction"), CLOCK.now_ms(), 0, "", "Ann", "2026-01-01")
    moves = [Move("TEA", "", "", SELLABLE, state, 1, "test") for state in STATES if state != SELLABLE]
    async with store.engine.begin() as conn:
        event_id = SeededIds(2, CLOCK).uuid7()
        await postgres.append_own_event(conn, "S0001", event_id, event, encode_body(event))
        await postgres.move(conn, "S0001", event_id, event, moves)
    left = 12 - len(moves)
    assert (await store.take(HEADING + f"S0001,TEA,{left}\n")).figures["unchanged"] == 1
    assert (await store.take(HEADING + f"S0001,TEA,{left + 1}\n")).figures["corrected"] == 1
    assert (await store.moved())[-1] == ("S0001", "TEA", ADJUSTED, SELLABLE, 1, "correction")


async def test_lots_and_serials_are_accounts_of_their_own(store: Store) -> None:
    await store.take("location,sku,quantity,lot,serial\nS0001,TEA,5,L1,\nS0001,TEA,7,L2,\nS0001,TEA,1,,X9\n")
    done = await store.take("location,sku,quantity,lot\nS0001,TEA,6,L2\n")
    assert done.figures["corrected"] == 1
    assert await store.sellable() == {
        ("S0001", "TEA", "L1", ""): 5,
        ("S0001", "TEA", "L2", ""): 6,
        ("S0001", "TEA", "", "X9"): 1,
    }


async def test_bad_rows_are_refused_and_the_others_booked(store: Store) -> None:
    rows = "S0009,TEA,1\nS0001,GONE,1\nS0001,TEA,-1\nS0001,NUTS,1.5\nW0001,TEA,4\nW0001,TEA,5\n"
    done = await store.take(HEADING + rows)
    report = done.reports[0]
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (6, 1, 5)
    assert [(finding.row, finding.field) for finding in report.findings] == [
        (1, "location"), (2, "sku"), (3, "quantity"), (4, "quantity"), (6, "sku"),
    ]  # fmt: skip
    assert await store.sellable() == {("W0001", "TEA", "", ""): 4}


async def test_a_file_that_fails_late_books_nothing(store: Store) -> None:
    booked = 0

    async def failing(conn: AsyncConnection, place: str, lines: Sequence[AdjustmentLine], *rest: Any) -> None:
        nonlocal booked
        if booked:
            raise RuntimeError("the ledger is broken")
        await adjust_stock(conn, place, lines, *rest)
        booked += len(lines)

    lots = "".join(f"S0001,TEA,1,L{number}\n" for number in range(300))
    with pytest.raises(RuntimeError, match="the ledger is broken"):
        await store.take("location,sku,quantity,lot\n" + lots, failing)
    assert booked == 200
    assert (await store.sellable(), await store.moved(), await store.told("S0001")) == ({}, [], [])
    async with store.engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM import_report"))).scalar_one() == 0
