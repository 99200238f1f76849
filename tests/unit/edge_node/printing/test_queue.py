"""The print queue: in order, proved, and printed again only as a copy."""

from uuid import UUID

import pytest

from edge_node.ports import Kept, PrintJob, PrintKind, PrintOutcome, PrintResult, PrintState, SelfTestDocument, Tx
from edge_node.printing.queue import (
    COPIES_MAX,
    prints_as_copy,
    process_id,
    recover,
    settle,
    settle_late,
    take_next,
    try_again,
)
from tests.contract.edge_storage.memory import MemoryStore
from tests.unit.edge_node.world import open_store

PROVED, UNCERTAIN = PrintResult(PrintOutcome.PROVED), PrintResult(PrintOutcome.UNCERTAIN, "no proof")
NOT_SENT, TAKEN = PrintResult(PrintOutcome.NOT_SENT, "no paper"), PrintResult(PrintOutcome.TAKEN, "cannot tell")


def nothing(tx: Tx, job: PrintJob) -> None:
    """No proof allows anything."""


def queue(store: MemoryStore, printer: str = "main") -> UUID:
    return store.do(lambda tx: tx.enqueue_print(printer, PrintKind.TEST, "s", SelfTestDocument("x", 0)))


def take(store: MemoryStore, printer: str = "main") -> PrintJob | None:
    return store.do(lambda tx: take_next(tx, printer))


def attempt(store: MemoryStore, result: PrintResult) -> PrintJob:
    job = take(store)
    assert job is not None
    settled = store.do(lambda tx: settle(tx, job.number, result, nothing))
    assert settled is not None
    return settled


def test_process_ids_are_four_printable_characters_and_differ_for_81_million_attempts() -> None:
    assert process_id(0) == "    "
    assert process_id(95**4 - 1) == "~~~~"
    assert process_id(95**4) == process_id(0)
    near = {process_id(attempt) for attempt in range(10_000)}
    assert len(near) == 10_000
    assert all(len(each) == 4 and all(0x20 <= ord(character) <= 0x7E for character in each) for each in near)


def test_jobs_are_taken_in_order_and_marked_as_sent_before_anything_goes_out() -> None:
    store = open_store()
    first, second = queue(store), queue(store)
    queue(store, "back")
    taken = [take(store), take(store)]
    assert [job.id for job in taken if job] == [first, second]
    assert take(store) is None
    stored = store.do(lambda tx: tx.print_job(1))
    assert stored is not None
    assert (stored.state, stored.attempts) == (PrintState.SENT, 1)
    assert len({job.process_id for job in taken if job}) == 2


def test_a_proof_ends_a_job_and_does_what_it_allows_in_the_same_transaction() -> None:
    store = open_store()
    queue(store)
    job = take(store)
    assert job is not None
    proofs: list[UUID] = []

    def fail(tx: Tx, proved: PrintJob) -> None:
        tx.keep("proof", str(proved.id), Kept(b"", ""))
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        store.do(lambda tx: settle(tx, job.number, PROVED, fail))
    assert store.do(lambda tx: tx.recall("proof", str(job.id))) is None
    settled = store.do(lambda tx: settle(tx, job.number, PROVED, lambda _tx, proved: proofs.append(proved.id)))
    assert settled is not None
    assert (settled.state, proofs) == (PrintState.PROVED, [job.id])


def test_a_slip_without_proof_is_printed_again_as_a_copy_with_another_process_id() -> None:
    store = open_store()
    queue(store)
    first = attempt(store, UNCERTAIN)
    assert (first.state, first.note) == (PrintState.UNCERTAIN, "no proof")
    again = take(store)
    assert again is not None
    assert (again.id, again.attempts) == (first.id, 2)
    assert again.process_id != first.process_id
    assert prints_as_copy(again)
    assert not prints_as_copy(first)


def test_after_three_copies_a_person_is_asked() -> None:
    store = open_store()
    queue(store)
    states = [attempt(store, UNCERTAIN).state for _ in range(1 + COPIES_MAX)]
    assert states == [PrintState.UNCERTAIN] * COPIES_MAX + [PrintState.FAILED]
    assert take(store) is None
    [job] = store.do(lambda tx: tx.print_jobs())
    retried = store.do(lambda tx: try_again(tx, job.id))
    assert retried is not None
    taken = take(store)
    assert taken is not None
    assert prints_as_copy(taken)


def test_only_a_failed_job_is_tried_again_by_hand() -> None:
    store = open_store()
    job_id = queue(store)
    attempt(store, PROVED)
    assert store.do(lambda tx: try_again(tx, job_id)) is None
    assert store.do(lambda tx: try_again(tx, UUID(int=1))) is None
    assert take(store) is None


def test_what_was_not_sent_waits_as_the_original() -> None:
    store = open_store()
    queue(store)
    job = attempt(store, NOT_SENT)
    assert (job.state, job.attempts, job.note) == (PrintState.QUEUED, 0, "no paper")
    again = take(store)
    assert again is not None
    assert not prints_as_copy(again)


def test_what_was_not_sent_after_an_uncertain_attempt_stays_a_copy() -> None:
    store = open_store()
    queue(store)
    attempt(store, UNCERTAIN)
    job = attempt(store, NOT_SENT)
    assert (job.state, job.attempts) == (PrintState.UNCERTAIN, 1)


def test_a_printer_that_cannot_prove_prints_once() -> None:
    store = open_store()
    queue(store)
    assert attempt(store, TAKEN).state is PrintState.TAKEN
    assert take(store) is None


def test_after_a_restart_what_was_sent_without_proof_is_uncertain() -> None:
    store = open_store()
    queue(store)
    take(store)
    assert store.do(lambda tx: recover(tx, "back")) == 0
    assert store.do(lambda tx: recover(tx, "main")) == 1
    job = take(store)
    assert job is not None
    assert prints_as_copy(job)


def test_an_outcome_that_comes_after_a_restart_changes_nothing() -> None:
    store = open_store()
    queue(store)
    job = take(store)
    assert job is not None
    store.do(lambda tx: recover(tx, "main"))
    settled = store.do(lambda tx: settle(tx, job.number, PROVED, nothing))
    assert settled is not None
    assert settled.state is PrintState.UNCERTAIN


def test_a_late_proof_saves_a_copy() -> None:
    store = open_store()
    queue(store)
    job = attempt(store, UNCERTAIN)
    proofs: list[UUID] = []
    assert store.do(lambda tx: settle_late(tx, "main", "????", nothing)) is None
    assert store.do(lambda tx: settle_late(tx, "back", job.process_id, nothing)) is None
    late = store.do(lambda tx: settle_late(tx, "main", job.process_id, lambda _tx, each: proofs.append(each.id)))
    assert late is not None
    assert (late.state, proofs) == (PrintState.PROVED, [job.id])
    assert take(store) is None


def test_a_reprint_for_a_customer_is_always_a_copy() -> None:
    store = open_store()
    store.do(lambda tx: tx.enqueue_print("main", PrintKind.TEST, "", SelfTestDocument("x", 0), is_copy=True))
    job = take(store)
    assert job is not None
    assert prints_as_copy(job)
