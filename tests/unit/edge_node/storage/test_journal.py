"""The log and the streams, as the link to the centre uses them."""

from uuid import UUID

import pytest

from edge_node.fulfilment.offers import take_decision
from edge_node.ports import BOX, Tx
from edge_node.storage import BoxStore, SqliteJournal
from retail.clock import ManualClock
from retail.gtin import Gtin
from retail.money import Money
from sync_protocol import chain
from sync_protocol.body import encode_body
from sync_protocol.downlink import Cursor
from sync_protocol.events import AdjustmentLine, Event, OfferAccepted, Payload, Sale, StockAdjusted
from sync_protocol.streams import (
    CATALOGUE,
    FOREIGN,
    PRICE,
    TASKS,
    CatalogueDelta,
    ForeignDelta,
    ForeignEntry,
    ItemRecord,
    PriceDelta,
    PriceRecord,
    TaskDelta,
    TaxRecord,
)
from sync_protocol.tasks import ASSIGNED, OFFERED, TaskUpdate
from tests.contract.edge_storage.backends import article, gtin
from tests.unit.edge_node.world import TASK, offer

EVENT = StockAdjusted((AdjustmentLine("SKU-1", 1),), "received")


@pytest.fixture
def journal(store: BoxStore) -> SqliteJournal:
    return SqliteJournal(store, lambda tx, update: take_decision(tx, update, "main"))


def at(ver: int) -> Cursor:
    return Cursor(1, ver, bytes([ver]) * 16)


def body(payload: Payload) -> bytes:
    return encode_body(Event(payload, 1, 0, "", "", "2026-01-01"))


async def test_entries_are_read_in_order_with_the_chain_that_leads_to_them(
    store: BoxStore, journal: SqliteJournal
) -> None:
    for _ in range(4):
        await store.write(lambda tx: tx.append(EVENT, BOX))
    state = await journal.state()
    entries = await journal.read(0, 100)
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    digest = chain.seed(state.box)
    assert await journal.hash_at(0) == digest
    for entry in entries:
        digest = chain.link(digest, state.box, entry.seq, entry.id, entry.body)
        assert entry.hash == digest == await journal.hash_at(entry.seq)
    assert (state.head, state.head_hash) == (5, digest)
    assert [entry.seq for entry in await journal.read(2, 2)] == [3, 4]
    assert await journal.hash_at(6) is None
    assert await journal.hash_at(2**64) is None


async def test_an_acknowledgement_is_kept_and_may_go_back(store: BoxStore, journal: SqliteJournal) -> None:
    for _ in range(4):
        await store.write(lambda tx: tx.append(EVENT, BOX))
    for gen, through in ((1, 3), (2, 1)):
        digest = await journal.hash_at(through)
        assert digest is not None
        await journal.acknowledge(gen, through, digest)
        state = await journal.state()
        assert (state.gen, state.acked, state.acked_hash) == (gen, through, digest)


async def test_listeners_of_the_journal_hear_the_new_head(store: BoxStore, journal: SqliteJournal) -> None:
    heads: list[int] = []
    journal.on_append(heads.append)
    await store.write(lambda tx: tx.append(EVENT, BOX))
    assert heads == [2]
    journal.detach()
    await store.write(lambda tx: tx.append(EVENT, BOX))
    assert heads == [2]


async def test_the_catalogue_replaces_items_with_their_barcodes(store: BoxStore, journal: SqliteJournal) -> None:
    await journal.apply(CATALOGUE, at(1), CatalogueDelta((article(1), article(2)), (TaxRecord("A", 190_000, True),)))
    changed = article(1, name="New name", gtins=(gtin(8), gtin(2)))
    await journal.apply(CATALOGUE, at(2), CatalogueDelta((changed,)))
    found = {code: await store.read(lambda view, code=code: view.item(code)) for code in (gtin(1), gtin(2), gtin(8))}
    assert found[gtin(1)] is None
    assert found[gtin(8)] is not None
    assert found[gtin(8)] == found[gtin(2)]
    assert found[gtin(8)].item.name == "New name"
    assert (await journal.cursors())[CATALOGUE] == at(2)


@pytest.mark.parametrize(
    "bad",
    [article(1, name=""), article(1, name="a\x00b"), article(1, unit="metre"), article(1, sku=""),
     article(1, age_minimum=999), article(1, tax_code="")],
)  # fmt: skip
async def test_a_bad_item_is_left_out_and_the_next_one_is_taken(
    store: BoxStore, journal: SqliteJournal, bad: ItemRecord
) -> None:
    await journal.apply(CATALOGUE, at(1), CatalogueDelta((bad, article(2)), (TaxRecord("", -1, True),)))
    assert await store.read(lambda view: [found.item.sku for found in view.items("", 9)]) == ["SKU-2"]
    assert (await journal.cursors())[CATALOGUE] == at(1)


async def test_a_bad_barcode_is_left_out_and_its_item_is_taken(store: BoxStore, journal: SqliteJournal) -> None:
    await journal.apply(CATALOGUE, at(1), CatalogueDelta((article(1, gtins=("123", gtin(5), "0" * 14)),)))
    found = await store.read(lambda view: view.item("SKU-1"))
    assert found is not None
    assert found.item.gtins == (Gtin(gtin(5)),)


async def test_prices_that_were_replaced_are_dropped_and_future_ones_are_kept(
    store: BoxStore, journal: SqliteJournal, clock: ManualClock
) -> None:
    now_ms = clock.now_ms()
    for ver, (price, effective_ms) in enumerate(((100, 0), (110, now_ms - 5), (150, now_ms + 5)), start=1):
        await journal.apply(PRICE, at(ver), PriceDelta((PriceRecord("SKU-1", "EUR", price, effective_ms),)))
    kept = await store.ask(lambda connection: connection.execute("SELECT amount FROM price ORDER BY 1").fetchall())
    assert kept == [(110,), (150,)]
    found = await store.read(lambda view: view.price("SKU-1"))
    assert found is not None
    assert (found.amount, found.ver) == (Money(110, "EUR"), 3)


@pytest.mark.parametrize(
    "bad",
    [PriceRecord("SKU-1", "EUR", -1), PriceRecord("SKU-1", "XYZ", 1), PriceRecord("SKU-1", "EUR", 2**60),
     PriceRecord("SKU-1", "EUR", 1, -1), PriceRecord("SKU-1", "EUR", 1, 2**63)],
)  # fmt: skip
async def test_a_bad_price_is_left_out(store: BoxStore, journal: SqliteJournal, bad: PriceRecord) -> None:
    await journal.apply(PRICE, at(1), PriceDelta((bad, PriceRecord("SKU-2", "EUR", 200))))
    assert await store.read(lambda view: view.price("SKU-1")) is None
    assert await store.read(lambda view: view.price("SKU-2")) is not None


async def test_an_offer_is_answered_in_the_transaction_that_moves_the_cursor(
    store: BoxStore, journal: SqliteJournal
) -> None:
    await journal.apply(CATALOGUE, at(1), CatalogueDelta((article(1),)))
    await store.write(lambda tx: tx.append(StockAdjusted((AdjustmentLine("SKU-1", 5),), "opening"), BOX))
    decisions = (TaskUpdate(TASK, 1, OFFERED, offer(2)), TaskUpdate(TASK, 2, ASSIGNED))
    await journal.apply(TASKS, at(1), TaskDelta(decisions))
    assert (await journal.cursors())[TASKS] == at(1)
    task = await store.read(lambda view: view.task(TASK))
    assert task is not None
    assert task.state == ASSIGNED
    stored = await store.ask(
        lambda connection: connection.execute("SELECT count(*) FROM print_job WHERE kind = 'pick_list'").fetchone()
    )
    assert stored == (1,)


async def test_a_decision_that_cannot_be_applied_leaves_the_cursor_where_it_was(store: BoxStore) -> None:
    def fail(tx: Tx, update: TaskUpdate) -> None:
        tx.append(OfferAccepted(update.task, update.rev, ()), BOX)
        raise RuntimeError("a bug")

    journal = SqliteJournal(store, fail)
    before = await journal.state()
    with pytest.raises(RuntimeError):
        await journal.apply(TASKS, at(1), TaskDelta((TaskUpdate(TASK, 1, OFFERED, offer(1)),)))
    assert TASKS not in await journal.cursors()
    assert await journal.state() == before


async def test_an_event_from_elsewhere_counts_once_and_stays_out_of_the_own_log(
    store: BoxStore, journal: SqliteJournal
) -> None:
    opening = ForeignEntry(UUID(int=1), body(StockAdjusted((AdjustmentLine("SKU-1", 40),), "opening")))
    before = await journal.state()
    await journal.apply(FOREIGN, at(1), ForeignDelta((opening, opening)))
    await journal.apply(FOREIGN, at(2), ForeignDelta((opening,)))
    assert await store.read(lambda view: view.sellable("SKU-1")) == 40
    assert await journal.state() == before


async def test_a_sale_from_an_older_box_moves_the_receipt_number_on(store: BoxStore, journal: SqliteJournal) -> None:
    old = Sale(UUID(int=5), "S0412-0001-000041", "EUR", (), (), 0, 0)
    strange = Sale(UUID(int=6), "4711", "EUR", (), (), 0, 0)
    entries = (ForeignEntry(UUID(int=1), body(old)), ForeignEntry(UUID(int=2), body(strange)))
    await journal.apply(FOREIGN, at(1), ForeignDelta(entries))
    assert await store.write(lambda tx: tx.next_receipt_number("0001")) == 42
    assert await store.read(lambda view: view.sale(UUID(int=5))) is not None
    assert await store.read(lambda view: view.sale(UUID(int=6))) is not None


@pytest.mark.parametrize(
    "bad",
    [b"", b"\xc1", b"\x93\x01\xa4sale\x01",
     body(StockAdjusted((AdjustmentLine("SKU-1", 2**63 - 1), AdjustmentLine("SKU-1", 2**63 - 1)), "opening"))],
)  # fmt: skip
async def test_an_event_that_cannot_be_applied_is_kept_and_holds_nothing_up(
    store: BoxStore, journal: SqliteJournal, bad: bytes
) -> None:
    good = ForeignEntry(UUID(int=2), body(StockAdjusted((AdjustmentLine("SKU-1", 1),), "opening")))
    await journal.apply(FOREIGN, at(1), ForeignDelta((ForeignEntry(UUID(int=1), bad), good)))
    assert await store.read(lambda view: view.sellable("SKU-1")) == 1
    parked = await store.ask(
        lambda connection: connection.execute("SELECT id, body FROM entry WHERE problem != ''").fetchall()
    )
    assert parked == [(UUID(int=1).bytes, bad)]
