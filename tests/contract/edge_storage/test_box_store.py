"""What every store of a box must do, whatever it is made of."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from edge_node.ports import Actor, Kept, PrintKind, PrintState, SelfTestDocument, Tx
from retail.clock import ManualClock
from retail.errors import Refused
from retail.money import Money
from sync_protocol.events import (
    AdjustmentLine,
    OfferAccepted,
    Packed,
    Picked,
    Sale,
    SaleLine,
    Shipped,
    Short,
    StartAsked,
    StockAdjusted,
    TaskLine,
    TenderLine,
)
from sync_protocol.streams import PriceRecord
from sync_protocol.tasks import ASSIGNED, OFFERED, STARTED, Offer, OfferLine, TaskUpdate
from tests.contract.edge_storage.backends import VAT, Store, article, gtin, opened

ANNA = Actor("0001", "anna")
LINE, OTHER_LINE, TASK = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    async with opened(request.param, tmp_path, clock) as made:
        yield made


def received(quantity: int, sku: str = "SKU-1", lot: str = "") -> StockAdjusted:
    return StockAdjusted((AdjustmentLine(sku, quantity, lot),), "received")


def sale(number: int, *, register: int = 1, identity: int | None = None) -> Sale:
    line = SaleLine("SKU-1", gtin(1), "Article 1", 2, "each", 100, 200, "A", 32, 1, 1)
    return Sale(
        UUID(int=100 + number if identity is None else identity), f"S0412-{register:04}-{number:06}", "EUR", (line,),
        (TenderLine("cash", 200, 500),), 200, 32,
    )  # fmt: skip


OFFER = Offer(
    "ORD-1", "ship",
    (
        OfferLine(LINE, "SKU-1", gtin(1), "Article 1", 2, bin="A-1"),
        OfferLine(OTHER_LINE, "SKU-2", gtin(2), "Article 2", 1),
    ),
    "Ann", "Hamburg", 1_000, "",
)  # fmt: skip


async def offered(store: Store, task: UUID = TASK, rev: int = 1, offer: Offer = OFFER) -> None:
    await store.write(lambda tx: tx.tell(TaskUpdate(task, rev, OFFERED, offer)))


async def test_an_appended_event_moves_stock_and_lengthens_the_log(store: Store) -> None:
    before = await store.read(lambda view: view.log())
    await store.write(lambda tx: tx.append(received(5), ANNA))
    after = await store.read(lambda view: view.log())
    assert after.head == before.head + 1
    assert after.head_hash != before.head_hash
    assert await store.read(lambda view: view.sellable("SKU-1")) == 5


async def test_a_transaction_that_raises_leaves_nothing_behind(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.append(received(5), ANNA)
        tx.enqueue_print("main", PrintKind.TEST, "", SelfTestDocument("hello", 0))
        tx.keep("scope", "key", Kept(b"f", "answer"))
        raise ValueError("no")

    before = await store.read(lambda view: view.log())
    with pytest.raises(ValueError, match="no"):
        await store.write(work)
    assert await store.read(lambda view: view.log()) == before
    assert await store.read(lambda view: view.sellable("SKU-1")) == 0
    assert await store.read(lambda view: view.recent_print_jobs(10)) == []
    assert await store.read(lambda view: view.recall("scope", "key")) is None


async def test_a_failing_transaction_does_not_take_its_neighbours_with_it(store: Store) -> None:
    def fail(tx: Tx) -> None:
        tx.append(received(100), ANNA)
        raise ValueError("no")

    works = [store.write(lambda tx: tx.append(received(1), ANNA)) for _ in range(20)]
    works[7:7] = [store.write(fail)]
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    assert [type(each) for each in outcomes].count(ValueError) == 1
    assert await store.read(lambda view: view.sellable("SKU-1")) == 20


async def test_what_was_written_is_seen_within_the_transaction(store: Store) -> None:
    def work(tx: Tx) -> int:
        tx.append(received(5), ANNA)
        return tx.sellable("SKU-1")

    assert await store.write(work) == 5


async def test_stock_of_a_sku_adds_up_to_zero_over_all_states(store: Store) -> None:
    await store.write(lambda tx: tx.append(received(5, lot="L1"), ANNA))
    await store.write(lambda tx: tx.append(received(3), ANNA))
    await store.write(lambda tx: tx.append(sale(1), ANNA))
    rows = await store.read(lambda view: view.stock("SKU-1"))
    assert sum(row.quantity for row in rows) == 0
    assert {(row.state, row.lot): row.quantity for row in rows} == {
        ("sellable", ""): 1, ("sellable", "L1"): 5, ("received", ""): -3, ("received", "L1"): -5, ("sold", ""): 2,
    }  # fmt: skip


async def test_stock_is_listed_by_sku_and_a_page_never_splits_one(store: Store) -> None:
    for sku in ("A", "B", "C"):
        await store.write(lambda tx, sku=sku: tx.append(received(1, sku, "L1"), ANNA))
        await store.write(lambda tx, sku=sku: tx.append(received(1, sku, "L2"), ANNA))
    page = await store.read(lambda view: view.stock_rows("A", 1))
    assert [(row.sku, row.lot) for row in page] == [("B", "L1"), ("B", "L2")]
    assert len(await store.read(lambda view: view.stock_rows("", 10))) == 6


async def test_text_that_a_log_must_not_hold_is_refused_and_nothing_is_written(store: Store) -> None:
    bad = StockAdjusted((AdjustmentLine("SKU\x00", 1),), "received")
    before = await store.read(lambda view: view.log())
    with pytest.raises(Refused):
        await store.write(lambda tx: tx.append(bad, ANNA))
    assert await store.read(lambda view: view.log()) == before


async def test_an_item_is_found_by_its_sku_and_by_its_barcode(store: Store) -> None:
    await store.seed([article(1, age_minimum=18, hazard="battery", weight_g=250)], [VAT])
    by_sku = await store.read(lambda view: view.item("SKU-1"))
    by_barcode = await store.read(lambda view: view.item(gtin(1)))
    assert by_sku == by_barcode
    assert by_sku is not None
    assert (by_sku.item.name, by_sku.item.age_minimum, by_sku.weight_g) == ("Article 1", 18, 250)
    assert await store.read(lambda view: view.item("SKU-2")) is None
    assert await store.read(lambda view: view.tax("A")) is not None
    assert await store.read(lambda view: view.tax("B")) is None


async def test_items_are_paged_in_the_order_of_their_skus(store: Store) -> None:
    await store.seed([article(number) for number in (3, 1, 2)], [VAT])
    first = await store.read(lambda view: view.items("", 2))
    rest = await store.read(lambda view: view.items("SKU-2", 2))
    assert [found.item.sku for found in (*first, *rest)] == ["SKU-1", "SKU-2", "SKU-3"]


async def test_the_latest_price_in_force_counts_and_names_its_version(store: Store, clock: ManualClock) -> None:
    now_ms = clock.now_ms()
    prices = [PriceRecord("SKU-1", "EUR", 100, now_ms - 2), PriceRecord("SKU-1", "EUR", 120, now_ms - 1),
              PriceRecord("SKU-1", "EUR", 150, now_ms + 1_000)]  # fmt: skip
    await store.seed([article(1)], [VAT], prices, (3, 7))
    now = await store.read(lambda view: view.price("SKU-1"))
    assert now is not None
    assert (now.amount, now.gen, now.ver) == (Money(120, "EUR"), 3, 7)
    clock.advance(1_000)
    later = await store.read(lambda view: view.price("SKU-1"))
    assert later is not None
    assert later.amount == Money(150, "EUR")
    assert await store.read(lambda view: view.price("SKU-2")) is None


async def test_a_clock_that_stands_before_every_price_takes_the_earliest(store: Store, clock: ManualClock) -> None:
    await store.seed([article(1)], [VAT], [PriceRecord("SKU-1", "EUR", 100, clock.now_ms())])
    clock.set_wall(0)
    found = await store.read(lambda view: view.price("SKU-1"))
    assert found is not None
    assert found.amount == Money(100, "EUR")


async def test_receipt_numbers_of_a_register_have_no_gaps(store: Store) -> None:
    assert await store.read(lambda view: view.sale(UUID(int=101))) is None

    def sell(tx: Tx, *, fails: bool = False) -> int:
        number = tx.next_receipt_number("0001")
        tx.append(sale(number), ANNA)
        if fails:
            raise ValueError("the printer of the numbers slipped")
        return number

    assert await store.write(sell) == 1
    with pytest.raises(ValueError, match="slipped"):
        await store.write(lambda tx: sell(tx, fails=True))
    assert await store.write(sell) == 2
    assert await store.write(lambda tx: tx.next_receipt_number("0002")) == 1


async def test_a_sale_is_found_by_its_id_as_it_was_written(store: Store) -> None:
    event_id = await store.write(lambda tx: tx.append(sale(1), ANNA))
    stored = await store.read(lambda view: view.sale(UUID(int=101)))
    assert stored is not None
    assert stored.event_id == event_id
    assert stored.sale == sale(1)
    assert (stored.event.register, stored.event.staff, stored.event.business_day) == ("0001", "anna", "2026-01-01")
    assert stored.fingerprint == b""
    await store.write(lambda tx: tx.mark_sale(UUID(int=101), b"f"))
    marked = await store.read(lambda view: view.sale(UUID(int=101)))
    assert marked is not None
    assert marked.fingerprint == b"f"


async def test_a_task_lives_from_offer_to_shipment(store: Store) -> None:
    await store.write(lambda tx: tx.append(received(5), ANNA))
    await store.write(lambda tx: tx.append(received(5, "SKU-2"), ANNA))
    await offered(store)
    both = (TaskLine(LINE, "SKU-1", 2), TaskLine(OTHER_LINE, "SKU-2", 1))
    await store.write(lambda tx: tx.append(OfferAccepted(TASK, 1, both), ANNA))
    assert await store.read(lambda view: view.sellable("SKU-1")) == 3
    await store.write(lambda tx: tx.tell(TaskUpdate(TASK, 2, ASSIGNED)))
    await store.write(lambda tx: tx.append(StartAsked(TASK, 2), ANNA))
    await store.write(lambda tx: tx.tell(TaskUpdate(TASK, 3, STARTED)))
    await store.write(lambda tx: tx.append(Picked(TASK, TaskLine(LINE, "SKU-1", 2), gtin(1)), ANNA))
    await store.write(lambda tx: tx.append(Short(TASK, TaskLine(OTHER_LINE, "SKU-2", 1), "damaged"), ANNA))
    await store.write(lambda tx: tx.append(Packed(TASK, 2), ANNA))
    shipped = Shipped(TASK, (TaskLine(LINE, "SKU-1", 2),), "USPS", "94")
    await store.write(lambda tx: tx.append(shipped, ANNA))
    task = await store.read(lambda view: view.task(TASK))
    assert task is not None
    assert (task.state, task.rev, task.packages) == ("shipped", 3, 2)
    assert [(line.picked, line.short) for line in task.lines] == [(2, 0), (0, 1)]
    left = {(row.sku, row.state): row.quantity for row in await store.read(lambda view: view.stock_rows("", 9))}
    assert left == {("SKU-1", "sellable"): 3, ("SKU-1", "reserved"): 0, ("SKU-2", "sellable"): 4,
                    ("SKU-2", "reserved"): 0, ("SKU-2", "damaged"): 1}  # fmt: skip


async def test_a_decision_that_is_older_or_about_an_unknown_task_changes_nothing(store: Store) -> None:
    await offered(store, rev=5)
    assert await store.write(lambda tx: tx.tell(TaskUpdate(TASK, 5, ASSIGNED))) is None
    assert await store.write(lambda tx: tx.tell(TaskUpdate(UUID(int=9), 1, ASSIGNED))) is None
    task = await store.read(lambda view: view.task(TASK))
    assert task is not None
    assert (task.state, task.rev) == (OFFERED, 5)


async def test_tasks_are_listed_by_urgency_and_state(store: Store) -> None:
    for number, pick_by_ms in ((11, 300), (12, 100), (13, 200)):
        late = Offer(f"ORD-{number}", "ship", OFFER.lines, "", "", pick_by_ms)
        await offered(store, UUID(int=number), offer=late)
    await store.write(lambda tx: tx.append(OfferAccepted(UUID(int=13), 1, ()), ANNA))
    found = await store.read(lambda view: view.tasks({OFFERED}, 10))
    assert [task.order_code for task in found] == ["ORD-12", "ORD-11"]
    assert len(await store.read(lambda view: view.tasks({OFFERED}, 1))) == 1
    assert found[0].lines[0].bin == "A-1"


async def test_print_jobs_are_kept_in_order_and_found_by_state_printer_and_subject(store: Store) -> None:
    document = SelfTestDocument("hello", 0)
    first = await store.write(lambda tx: tx.enqueue_print("main", PrintKind.RECEIPT, "s1", document))
    second = await store.write(lambda tx: tx.enqueue_print("back", PrintKind.TEST, "s2", document, is_copy=True))
    job = await store.read(lambda view: view.print_job(1))
    assert job is not None
    assert (job.id, job.state, job.document, job.attempts, job.is_copy) == (
        first,
        PrintState.QUEUED,
        document,
        0,
        False,
    )
    sent = replace(job, state=PrintState.SENT, process_id="  !!", attempts=1)
    await store.write(lambda tx: tx.save_print_job(sent))
    assert await store.read(lambda view: view.print_jobs(states=[PrintState.SENT])) == [sent]
    queued = await store.read(lambda view: view.print_jobs(states=[PrintState.QUEUED]))
    assert [each.id for each in queued] == [second]
    assert [each.id for each in await store.read(lambda view: view.print_jobs(printer="main"))] == [first]
    assert [each.id for each in await store.read(lambda view: view.print_jobs(subject="s2"))] == [second]
    assert await store.read(lambda view: view.print_jobs(subject="s1")) == []  # receipts are not searched
    assert await store.read(lambda view: view.print_job(3)) is None
    assert [each.id for each in await store.read(lambda view: view.recent_print_jobs(2))] == [second, first]
    assert [await store.write(lambda tx: tx.next_print_attempt()) for _ in range(3)] == [1, 2, 3]


async def test_an_answer_is_recalled_by_its_scope_and_key(store: Store) -> None:
    await store.write(lambda tx: tx.keep("sale", "k", Kept(b"f", "answer")))
    assert await store.read(lambda view: view.recall("sale", "k")) == Kept(b"f", "answer")
    assert await store.read(lambda view: view.recall("other", "k")) is None
