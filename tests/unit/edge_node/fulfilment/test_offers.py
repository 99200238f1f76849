"""What the box answers to the centre."""

from dataclasses import replace
from uuid import UUID

import pytest

from edge_node.fulfilment.offers import list_printed, take_decision
from edge_node.fulfilment.picking import GiveUp, Pick
from edge_node.ports import CancelDocument, PickDocument, PrintKind, PrintState
from sync_protocol.events import MissingLine, OfferAccepted, OfferRejected, Released, StartAsked, TaskLine
from sync_protocol.tasks import ASSIGNED, OFFERED, STARTED, WITHDRAWN, Offer, TaskUpdate
from tests.contract.edge_storage.memory import MemoryStore
from tests.unit.edge_node.fulfilment.steps import act, prove_list, start, task_of, tell, withdraw
from tests.unit.edge_node.world import LINE_1, LINE_2, TASK, offer, stocked


def last(store: MemoryStore) -> object:
    return store.payloads[-1]


def states_of(store: MemoryStore, sku: str) -> dict[str, int]:
    return {row.state: row.quantity for row in store.do(lambda tx: tx.stock(sku))}


def test_an_offer_that_the_stock_covers_is_accepted_and_set_aside() -> None:
    store = stocked(SKU_1=5, SKU_2=1)
    tell(store, OFFERED, offer(2, 1))
    assert last(store) == OfferAccepted(TASK, 1, (TaskLine(LINE_1, "SKU-1", 2), TaskLine(LINE_2, "SKU-2", 1)))
    assert task_of(store).state == "accepted"
    assert (states_of(store, "SKU-1")["sellable"], states_of(store, "SKU-1")["reserved"]) == (3, 2)


def test_an_offer_that_the_stock_does_not_cover_is_rejected_with_what_is_there() -> None:
    store = stocked(SKU_1=1, SKU_2=4)
    tell(store, OFFERED, offer(2, 1))
    assert last(store) == OfferRejected(TASK, 1, "no_stock", (MissingLine(LINE_1, "SKU-1", 2, 1),))
    assert task_of(store).state == "rejected"
    assert states_of(store, "SKU-2") == {"sellable": 4, "received": -4}


def test_a_shelf_that_is_oversold_counts_as_empty() -> None:
    store = stocked(SKU_1=-3)
    tell(store, OFFERED, offer(1))
    assert last(store) == OfferRejected(TASK, 1, "no_stock", (MissingLine(LINE_1, "SKU-1", 1, 0),))


def test_lines_of_one_sku_share_its_stock() -> None:
    store = stocked(SKU_1=3)
    tell(store, OFFERED, offer(2, 2, skus=("SKU-1", "SKU-1")))
    assert last(store) == OfferRejected(TASK, 1, "no_stock", (MissingLine(LINE_2, "SKU-1", 2, 1),))


def test_an_article_that_the_store_does_not_know_is_named() -> None:
    store = stocked(SKU_1=3)
    tell(store, OFFERED, offer(1, 1, skus=("SKU-1", "SKU-99")))
    assert last(store) == OfferRejected(TASK, 1, "unknown_sku", (MissingLine(LINE_2, "SKU-99", 1, 0),))


def test_goods_set_aside_for_one_task_cannot_be_promised_to_another() -> None:
    store = stocked(SKU_1=3)
    tell(store, OFFERED, offer(2))
    store.do(lambda tx: take_decision(tx, TaskUpdate(UUID(int=7), 1, OFFERED, offer(2)), "main"))
    assert last(store) == OfferRejected(UUID(int=7), 1, "no_stock", (MissingLine(LINE_1, "SKU-1", 2, 1),))


@pytest.mark.parametrize(
    "bad",
    [None, offer(), offer(0), offer(1, service="fly"),
     Offer("ORD", "ship", offer(1).lines * 2, "", "", 0)],
)  # fmt: skip
def test_an_offer_without_sense_is_rejected_in_words(bad: Offer | None) -> None:
    store = stocked(SKU_1=3)
    tell(store, OFFERED, bad)
    rejected = last(store)
    assert isinstance(rejected, OfferRejected)
    assert rejected.note
    assert TASK not in store.state.tasks


def test_control_characters_in_an_offer_reach_neither_the_log_nor_the_printer() -> None:
    store = stocked(SKU_1=3)
    evil = offer(1, order_code="ORD\x1bp0", skus=("SKU\x00-1",))
    tell(store, OFFERED, evil)
    assert last(store) == OfferAccepted(TASK, 1, (TaskLine(LINE_1, "SKU-1", 1),))
    assert task_of(store).order_code == "ORDp0"
    assert task_of(store).lines[0].sku == "SKU-1"


def test_the_pick_list_is_printed_when_the_centre_assigns() -> None:
    store = stocked(SKU_1=5, SKU_2=1)
    tell(store, OFFERED, offer(2, 1))
    assert store.do(lambda tx: tx.print_jobs()) == []
    tell(store, ASSIGNED)
    [job] = store.do(lambda tx: tx.print_jobs())
    assert (job.kind, job.printer, job.subject) == (PrintKind.PICK_LIST, "main", str(TASK))
    assert isinstance(job.document, PickDocument)
    assert [(line.sku, line.quantity, line.bin) for line in job.document.lines] == [
        ("SKU-1", 2, "A-1"), ("SKU-2", 1, "A-2"),
    ]  # fmt: skip
    assert not isinstance(last(store), StartAsked)


def test_an_assignment_that_is_repeated_prints_no_second_list() -> None:
    store = stocked(SKU_1=5, SKU_2=1)
    tell(store, OFFERED, offer(2, 1))
    tell(store, ASSIGNED)
    tell(store, ASSIGNED)
    assert len(store.do(lambda tx: tx.print_jobs(subject=str(TASK)))) == 1


def test_the_start_is_asked_for_when_the_list_is_proved_to_be_on_paper() -> None:
    store = stocked(SKU_1=5)
    tell(store, OFFERED, offer(2))
    tell(store, ASSIGNED)
    prove_list(store)
    assert last(store) == StartAsked(TASK, 2)
    assert task_of(store).state == "start_asked"


def test_a_second_proof_asks_for_nothing_more() -> None:
    store = stocked(SKU_1=5)
    tell(store, OFFERED, offer(2))
    tell(store, ASSIGNED)
    prove_list(store)
    prove_list(store)
    assert store.payloads.count(StartAsked(TASK, 2)) == 1


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_withdrawal_before_anything_is_picked_gives_all_of_it_back(steps: int) -> None:
    store = stocked(SKU_1=5)
    tell(store, OFFERED, offer(2))
    if steps >= 2:
        tell(store, ASSIGNED)
    if steps >= 3:
        prove_list(store)
    if steps >= 4:
        tell(store, STARTED)
    withdraw(store)
    released = last(store)
    assert released == Released(TASK, task_of(store).rev, (TaskLine(LINE_1, "SKU-1", 2),))
    assert task_of(store).state == "released"
    assert (states_of(store, "SKU-1")["sellable"], states_of(store, "SKU-1")["reserved"]) == (5, 0)


def test_what_was_short_before_a_withdrawal_is_not_given_back() -> None:
    store = stocked(SKU_1=5, SKU_2=5)
    start(store, offer(2, 1))
    act(store, GiveUp(LINE_1, "not_found", 1))
    withdraw(store)
    assert last(store) == Released(TASK, 4, (TaskLine(LINE_1, "SKU-1", 1), TaskLine(LINE_2, "SKU-2", 1)))
    assert states_of(store, "SKU-1") == {"sellable": 4, "reserved": 0, "received": -5, "adjusted": 1}


def test_a_withdrawal_after_the_first_pick_is_only_noted() -> None:
    store = stocked(SKU_1=5)
    start(store, offer(2))
    act(store, Pick(LINE_1, 1, "SKU-1"))
    withdraw(store)
    task = task_of(store)
    assert (task.state, task.told) == ("started", "withdrawn")
    assert not any(isinstance(payload, Released) for payload in store.payloads)


def test_a_withdrawn_list_that_was_not_printed_yet_is_not_printed_any_more() -> None:
    store = stocked(SKU_1=5)
    tell(store, OFFERED, offer(2))
    tell(store, ASSIGNED)
    withdraw(store)
    [job] = store.do(lambda tx: tx.print_jobs())
    assert job.state is PrintState.CANCELLED


@pytest.mark.parametrize("state", [PrintState.SENT, PrintState.PROVED, PrintState.UNCERTAIN, PrintState.TAKEN])
def test_a_withdrawn_list_that_may_be_on_paper_is_taken_back_by_another_slip(state: PrintState) -> None:
    store = stocked(SKU_1=5)
    tell(store, OFFERED, offer(2))
    tell(store, ASSIGNED)
    [job] = store.do(lambda tx: tx.print_jobs())
    store.do(lambda tx: tx.save_print_job(replace(job, state=state)))
    withdraw(store)
    _, slip = store.do(lambda tx: tx.print_jobs())
    assert slip.kind is PrintKind.CANCEL_SLIP
    assert isinstance(slip.document, CancelDocument)
    assert slip.document.reason == "another store is nearer"
    assert [(line.sku, line.quantity) for line in slip.document.lines] == [("SKU-1", 2)]


def test_a_proof_that_comes_after_the_withdrawal_starts_nothing() -> None:
    store = stocked(SKU_1=5)
    tell(store, OFFERED, offer(2))
    tell(store, ASSIGNED)
    withdraw(store)
    store.do(lambda tx: list_printed(tx, TASK))
    assert not any(isinstance(payload, StartAsked) for payload in store.payloads)


def test_decisions_that_come_twice_or_late_change_nothing() -> None:
    store = stocked(SKU_1=5)
    start(store, offer(2))
    before, jobs = list(store.payloads), store.do(lambda tx: tx.print_jobs())
    for state, rev in ((OFFERED, 1), (ASSIGNED, 2), (STARTED, 3), (WITHDRAWN, 3)):
        tell(store, state, offer(2) if state == OFFERED else None, rev=rev)
    assert store.payloads == before
    assert store.do(lambda tx: tx.print_jobs()) == jobs
    assert task_of(store).state == "started"


def test_a_released_task_may_be_offered_anew() -> None:
    store = stocked(SKU_1=5)
    tell(store, OFFERED, offer(2))
    withdraw(store)
    tell(store, OFFERED, offer(3))
    assert last(store) == OfferAccepted(TASK, 3, (TaskLine(LINE_1, "SKU-1", 3),))
    assert task_of(store).lines[0].quantity == 3
