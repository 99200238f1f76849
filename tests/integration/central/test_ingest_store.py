"""Ingest's one statement against a real PostgreSQL: exactly once, whatever comes twice, late or broken."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central.ingest.domain import BoxStep, Rows, sale_money
from central.ingest.postgres import linked_boxes, store
from retail.clock import ManualClock
from retail.ids import SeededIds
from sync_protocol import chain
from sync_protocol.body import encode_body
from sync_protocol.errors import BodyError
from sync_protocol.events import (
    AdjustmentLine,
    Event,
    OfferAccepted,
    Payload,
    Sale,
    SaleLine,
    StockAdjusted,
    TaskLine,
    TenderLine,
)
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark

STORE = "S0001"


class Log:
    """A box's log, as a test writes it."""

    def __init__(self, seed: int) -> None:
        self.ids = SeededIds(seed, ManualClock(1_700_000_000_000))
        self.box = self.ids.uuid7()
        self.entries: list[Entry] = []

    def append(self, payload: Payload | bytes, event_id: UUID | None = None) -> Entry:
        body = (
            payload
            if isinstance(payload, bytes)
            else encode_body(Event(payload, 1_700_000_000_000, 2, "0001", "anna", "2026-11-21"))
        )
        entry = Entry(len(self.entries) + 1, event_id or self.ids.uuid7(), body)
        self.entries.append(entry)
        return entry

    def mark(self, seq: int) -> Watermark:
        digest = chain.seed(self.box)
        for entry in self.entries[:seq]:
            digest = chain.link(digest, self.box, entry.seq, entry.id, entry.body)
        return Watermark(seq, digest)

    def step(self, after: int, through: int) -> BoxStep:
        return BoxStep(STORE, self.box, self.mark(after), self.mark(through), tuple(self.entries[after:through]))


def sale(ids: SeededIds, sku: str = "A", quantity: int = 2, *, name: str = "Tea") -> Sale:
    line = SaleLine(sku, "04006381333931", name, quantity, "each", 250, 250 * quantity, "std", 80, 1, 1)
    total = 250 * quantity
    return Sale(ids.uuid7(), "S0001-0001-000001", "EUR", (line,), (TenderLine("cash", total, 1000),), total, 80)


async def enrol(engine: AsyncEngine, log: Log) -> None:
    async with engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO location (location, kind, name, currency) VALUES (:l, 'store', 'One', 'EUR')"
                 " ON CONFLICT DO NOTHING"),
            {"l": STORE},
        )  # fmt: skip
        await conn.execute(text("INSERT INTO box (box, location) VALUES (:b, :l)"), {"b": log.box, "l": STORE})
        await conn.execute(
            text("INSERT INTO store_link (location, epoch, box) VALUES (:l, 1, :b)"), {"l": STORE, "b": log.box}
        )
        await conn.execute(
            text("INSERT INTO watermark (location, box, seq, hash) VALUES (:l, :b, 0, :h)"),
            {"l": STORE, "b": log.box, "h": chain.seed(log.box)},
        )


async def put(engine: AsyncEngine, *steps: BoxStep, refused: dict[UUID, str] | None = None) -> set[UUID]:
    async with engine.begin() as conn:
        return await store(conn, Rows(steps, refused))


async def rows(engine: AsyncEngine, sql: str) -> Sequence[tuple[object, ...]]:
    async with engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(sql))]


@pytest.fixture
def log() -> Log:
    return Log(1)


async def test_a_batch_is_stored_with_all_its_effects(engine: AsyncEngine, log: Log) -> None:
    await enrol(engine, log)
    log.append(StockAdjusted((AdjustmentLine("A", 10),), "opening"))
    log.append(sale(log.ids))
    log.append(OfferAccepted(log.ids.uuid7(), 1, (TaskLine(log.ids.uuid7(), "A", 3),)))
    assert await put(engine, log.step(0, 3)) == {log.box}
    assert await rows(engine, "SELECT state, quantity FROM stock_balance ORDER BY state") == [
        ("received", -10), ("reserved", 3), ("sellable", 5), ("sold", 2),
    ]  # fmt: skip
    assert await rows(engine, "SELECT source, target, amount FROM money_move ORDER BY move_id") == [
        ("revenue", "receivable", 420), ("tax", "receivable", 80), ("receivable", "cash", 500),
    ]  # fmt: skip
    assert await rows(engine, "SELECT count(*) FROM sale JOIN sale_line USING (tenant, sale_id)") == [(1,)]
    assert await rows(engine, "SELECT topic FROM outbox") == [("task-event",)]
    async with engine.connect() as conn:
        assert (await linked_boxes(conn))[log.box].watermark == log.mark(3)


async def test_a_batch_that_comes_twice_changes_nothing_the_second_time(engine: AsyncEngine, log: Log) -> None:
    await enrol(engine, log)
    log.append(sale(log.ids))
    step = log.step(0, 1)
    assert await put(engine, step) == {log.box}
    before = await rows(engine, "SELECT * FROM stock_balance ORDER BY state")
    assert await put(engine, step) == set()
    assert await rows(engine, "SELECT * FROM stock_balance ORDER BY state") == before
    assert await rows(engine, "SELECT count(*) FROM log_entry") == [(1,)]


async def test_an_event_that_came_by_another_log_leaves_its_entry_and_no_effect(engine: AsyncEngine, log: Log) -> None:
    await enrol(engine, log)
    event = log.append(sale(log.ids))
    log.append(event.body, event.id)  # the same event again, now entry 2
    await put(engine, log.step(0, 1))
    await put(engine, log.step(1, 2))
    assert await rows(engine, "SELECT count(*) FROM log_entry") == [(2,)]
    assert await rows(engine, "SELECT count(*) FROM event") == [(1,)]
    assert await rows(engine, "SELECT quantity FROM stock_balance WHERE state = 'sold'") == [(2,)]


async def test_an_event_twice_in_one_batch_has_its_effect_once(engine: AsyncEngine, log: Log) -> None:
    await enrol(engine, log)
    event = log.append(sale(log.ids))
    log.append(event.body, event.id)
    await put(engine, log.step(0, 2))
    assert await rows(engine, "SELECT quantity FROM stock_balance WHERE state = 'sold'") == [(2,)]


async def test_a_body_that_nobody_can_read_is_parked_and_blocks_nothing(engine: AsyncEngine, log: Log) -> None:
    await enrol(engine, log)
    log.append(b"\xc1 this is not msgpack")
    log.append(sale(log.ids))
    await put(engine, log.step(0, 2))
    [(seq, reason)] = await rows(engine, "SELECT seq, reason FROM dead_letter")
    assert seq == 1
    assert "not an event" in str(reason)
    assert await rows(engine, "SELECT count(*) FROM log_entry") == [(2,)]
    assert await rows(engine, "SELECT count(*) FROM sale") == [(1,)]


async def test_an_entry_that_the_database_refused_is_parked_with_the_reason(engine: AsyncEngine, log: Log) -> None:
    await enrol(engine, log)
    entry = log.append(sale(log.ids))
    await put(engine, log.step(0, 1), refused={entry.id: "duplicate key"})
    assert await rows(engine, "SELECT reason FROM dead_letter") == [("duplicate key",)]
    assert await rows(engine, "SELECT count(*) FROM sale") == [(0,)]


async def test_texts_that_look_like_syntax_arrive_as_they_are(engine: AsyncEngine, log: Log) -> None:
    await enrol(engine, log)
    names = ['"', "\\", "{a,b}", "NULL", "", " ", "'); DROP TABLE sale; --", "Gruyère 🧀", 'a\\"b', "%s :name"]
    for name in names:
        log.append(sale(log.ids, name=name))
    await put(engine, log.step(0, len(names)))
    query = (
        "SELECT name FROM sale_line JOIN sale USING (tenant, sale_id) JOIN event ON event.id = event_id ORDER BY seq"
    )
    assert [row[0] for row in await rows(engine, query)] == names
    assert await rows(engine, "SELECT count(*) FROM dead_letter") == [(0,)]


async def test_of_two_workers_with_the_same_batch_one_stores_it(engine: AsyncEngine, log: Log) -> None:
    import asyncio

    await enrol(engine, log)
    for _ in range(20):
        log.append(sale(log.ids))
    results = await asyncio.gather(*(put(engine, log.step(0, 20)) for _ in range(4)))
    assert sorted(map(len, results)) == [0, 0, 0, 1]
    assert await rows(engine, "SELECT count(*) FROM sale") == [(20,)]


def test_the_money_of_a_sale_clears_its_account_to_zero() -> None:
    ids = SeededIds(3, ManualClock(0))
    rounded = Sale(
        ids.uuid7(), "r", "CHF",
        (SaleLine("A", "", "Tea", 1, "each", 998, 998, "std", 72, 1, 1),),
        (TenderLine("card", 500, 500), TenderLine("cash", 495, 500)), 995, 72, -3,
    )  # fmt: skip
    balance: dict[str, int] = {}
    for source, target, amount in sale_money(rounded):
        assert amount > 0
        balance[source] = balance.get(source, 0) - amount
        balance[target] = balance.get(target, 0) + amount
    assert balance == {"revenue": -926, "tax": -72, "rounding": 3, "receivable": 0, "card": 500, "cash": 495}


def test_a_sale_whose_tenders_do_not_pay_it_is_refused() -> None:
    ids = SeededIds(3, ManualClock(0))
    good = sale(ids)
    import msgspec

    with pytest.raises(BodyError, match="tenders"):
        sale_money(msgspec.structs.replace(good, tenders=(TenderLine("cash", 1, 1),)))
