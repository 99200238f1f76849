"""Whatever is wrong with a database is found."""

import sqlite3
from pathlib import Path
from uuid import UUID

import pytest

from edge_node.checkout.sell import sell
from edge_node.fulfilment.handheld import HandheldEvent, take_events
from edge_node.fulfilment.offers import list_printed, take_decision
from edge_node.fulfilment.picking import Pick
from edge_node.ports import BOX
from edge_node.storage import BoxStore, SqliteJournal
from edge_node.storage.verify import verify
from sync_protocol.body import encode_body
from sync_protocol.downlink import Cursor
from sync_protocol.events import AdjustmentLine, Event, StockAdjusted
from sync_protocol.streams import (
    CATALOGUE,
    FOREIGN,
    PRICE,
    TASKS,
    CatalogueDelta,
    ForeignDelta,
    ForeignEntry,
    PriceDelta,
    PriceRecord,
    TaskDelta,
)
from sync_protocol.tasks import ASSIGNED, OFFERED, STARTED, TaskUpdate
from tests.contract.edge_storage.backends import VAT, article
from tests.unit.edge_node.world import LINE_1, TASK, TILL, offer, request


async def busy_day(store: BoxStore) -> None:
    """Sales, a delivery, an event from elsewhere, one that nobody understands, and a task that is under way."""
    journal = SqliteJournal(store, lambda tx, update: take_decision(tx, update, "main"))
    await journal.apply(CATALOGUE, Cursor(1, 1), CatalogueDelta((article(1),), (VAT,)))
    await journal.apply(PRICE, Cursor(1, 1), PriceDelta((PriceRecord("SKU-1", "EUR", 100),)))
    opening = encode_body(Event(StockAdjusted((AdjustmentLine("SKU-1", 9),), "opening"), 1, 0, "", "", "2026-01-01"))
    entries = (ForeignEntry(UUID(int=1), opening), ForeignEntry(UUID(int=2), b"nonsense"))
    await journal.apply(FOREIGN, Cursor(1, 1), ForeignDelta(entries))
    for key in range(3):
        await store.write(lambda tx, key=key: sell(tx, TILL, request(("SKU-1", 1), key=key)))
    for ver, update in enumerate((TaskUpdate(TASK, 1, OFFERED, offer(2)), TaskUpdate(TASK, 2, ASSIGNED)), start=1):
        await journal.apply(TASKS, Cursor(1, ver), TaskDelta((update,)))
    await store.write(lambda tx: list_printed(tx, TASK))
    await store.write(lambda tx: tx.append(StockAdjusted((AdjustmentLine("SKU-1", 1, "L1"),), "received"), BOX))
    await journal.apply(TASKS, Cursor(1, 3), TaskDelta((TaskUpdate(TASK, 3, STARTED),)))
    picked = HandheldEvent("k", BOX, TASK, Pick(LINE_1, 1, "SKU-1"))
    assert all(answer.accepted for answer in await store.write(lambda tx: take_events(tx, [picked])))


@pytest.fixture
async def used(store: BoxStore, path: Path) -> Path:
    await busy_day(store)
    await store.close()
    return path


def spoil(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    try:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
        connection.commit()
    finally:
        connection.close()


async def test_a_whole_database_has_no_problems_and_tells_where_its_log_ends(store: BoxStore, path: Path) -> None:
    await busy_day(store)
    log = await store.read(lambda view: view.log())
    found = verify(path)
    assert found.problems == ()
    assert (found.box, found.head, found.head_hash) == (log.box, log.head, log.head_hash)
    assert found.entries == log.head + 2


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE entry SET body = CAST(body || x'00' AS BLOB) WHERE seq = 3", "the chain breaks at entry 3"),
        ("UPDATE entry SET h = zeroblob(16) WHERE seq = 2", "the chain breaks at entry 2"),
        ("UPDATE entry SET id = zeroblob(16) WHERE seq = 6", "the chain breaks at entry 6"),
        ("DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)", "its head is noted as"),
        ("UPDATE meta SET head_hash = zeroblob(16)", "its head is noted as"),
        ("UPDATE meta SET box = zeroblob(16)", "its first entry is missing"),
        ("UPDATE stock SET quantity = quantity + 1 WHERE state = 'sellable'", "do not add up to zero"),
        ("UPDATE receipt_counter SET number = 9", "receipt_counter"),
        ("UPDATE task SET state = 'packed'", "task"),
        ("UPDATE task SET rev = 9", "task"),
        ("UPDATE task_line SET picked = 2", "task_line"),
        ("UPDATE task_line SET picked = 0", "task_line"),
        ("DELETE FROM sale WHERE n = (SELECT min(n) FROM sale)", "follows from the log and is missing"),
        ("UPDATE sale SET n = n + 4", "does not follow from the log"),
        ("DELETE FROM told WHERE n = 2", "task"),
    ],
)
def test_every_change_behind_the_logs_back_is_found(used: Path, statement: str, problem: str) -> None:
    spoil(used, statement)
    assert any(problem in each for each in verify(used).problems), verify(used).problems


def test_an_entry_that_is_missing_in_the_middle_is_found(used: Path) -> None:
    spoil(used, "DELETE FROM entry WHERE seq = 1")
    assert any("entry 1 is missing" in each for each in verify(used).problems)


def test_stock_that_moved_between_two_skus_is_found_although_it_adds_up(used: Path) -> None:
    spoil(
        used, "UPDATE stock SET quantity = quantity + 1 WHERE state = 'sellable' AND lot = ''",
        "UPDATE stock SET quantity = quantity - 1 WHERE state = 'sold'",
    )  # fmt: skip
    assert any("stock" in each and "does not follow" in each for each in verify(used).problems)


def test_a_damaged_page_is_found(used: Path) -> None:
    connection = sqlite3.connect(used)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'stock'").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with used.open("r+b") as file:
        file.seek((page - 1) * 4096 + 8)
        file.write(bytes(24))
    assert any("page check" in each for each in verify(used).problems)


def test_verifying_changes_nothing(used: Path) -> None:
    before = used.read_bytes()
    verify(used)
    assert used.read_bytes() == before
