"""The worker of one printer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from edge_node.ports import PrintJob, PrintKind, PrintOrder, PrintOutcome, PrintResult, PrintState, SelfTestDocument, Tx
from edge_node.printing import worker as worker_module
from edge_node.printing.worker import PrintWorker
from retail.errors import NeedsAttention
from tests.contract.edge_storage.memory import MemoryStore
from tests.unit.edge_node.world import open_store

PROVED = PrintResult(PrintOutcome.PROVED)
UNCERTAIN = PrintResult(PrintOutcome.UNCERTAIN, "no proof")
NOT_SENT = PrintResult(PrintOutcome.NOT_SENT, "no paper")


class ScriptedPrinter:
    """Answers as told, then proves everything; notes what the store said about a job when its order came."""

    def __init__(self, store: MemoryStore, *answers: PrintResult) -> None:
        self.store, self.answers = store, list(answers)
        self.orders: list[PrintOrder] = []
        self.states: list[PrintState] = []
        self.hold: asyncio.Event | None = None

    async def print(self, order: PrintOrder) -> PrintResult:
        self.orders.append(order)
        self.states += [job.state for job in self.store.state.jobs.values() if job.process_id == order.process_id]
        if self.hold is not None:
            await self.hold.wait()
        return self.answers.pop(0) if self.answers else PROVED

    def open_drawer(self) -> None:
        raise AssertionError("the queue opens no drawer")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "PAUSE_S_MIN", 0.005)
    monkeypatch.setattr(worker_module, "PAUSE_S_MAX", 0.01)


@asynccontextmanager
async def working(
    store: MemoryStore, printer: ScriptedPrinter, on_proof: Callable[[Tx, PrintJob], None] = lambda _tx, _job: None
) -> AsyncIterator[PrintWorker]:
    worker = PrintWorker("main", printer, store, on_proof)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        async with asyncio.timeout(2):
            await task


def queue(store: MemoryStore, text: str = "x") -> None:
    store.do(lambda tx: tx.enqueue_print("main", PrintKind.TEST, text, SelfTestDocument(text, 0)))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(2):
        while not condition():
            await asyncio.sleep(0.002)


def states(store: MemoryStore) -> list[PrintState]:
    return [job.state for job in store.do(lambda tx: tx.print_jobs())]


async def test_slips_are_printed_in_order_each_marked_as_sent_before_it_goes_out() -> None:
    store = open_store()
    printer = ScriptedPrinter(store)
    for text in "abc":
        queue(store, text)
    async with working(store, printer):
        await until(lambda: states(store) == [PrintState.PROVED] * 3)
    assert [order.document for order in printer.orders] == [SelfTestDocument(text, 0) for text in "abc"]
    assert printer.states == [PrintState.SENT] * 3


async def test_a_slip_that_is_queued_later_wakes_the_worker() -> None:
    store = open_store()
    printer = ScriptedPrinter(store)
    async with working(store, printer) as worker:
        await asyncio.sleep(0.01)
        queue(store)
        worker.wake()
        await until(lambda: states(store) == [PrintState.PROVED])


async def test_a_printer_that_takes_nothing_is_tried_again_and_the_order_is_kept() -> None:
    store = open_store()
    printer = ScriptedPrinter(store, NOT_SENT, NOT_SENT)
    queue(store, "a")
    queue(store, "b")
    async with working(store, printer):
        await until(lambda: states(store) == [PrintState.PROVED] * 2)
    assert [order.document for order in printer.orders] == [SelfTestDocument(text, 0) for text in "aaab"]
    assert not any(order.is_copy for order in printer.orders)


async def test_a_slip_without_proof_is_followed_by_its_copy() -> None:
    store = open_store()
    printer = ScriptedPrinter(store, UNCERTAIN)
    queue(store)
    async with working(store, printer):
        await until(lambda: states(store) == [PrintState.PROVED])
    assert [order.is_copy for order in printer.orders] == [False, True]


async def test_what_a_former_process_left_behind_is_printed_as_a_copy() -> None:
    store = open_store()
    printer = ScriptedPrinter(store)
    printer.hold = asyncio.Event()
    queue(store)
    worker = PrintWorker("main", printer, store, lambda _tx, _job: None)
    killed = asyncio.create_task(worker.run())
    await until(lambda: len(printer.orders) == 1)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    assert states(store) == [PrintState.SENT]
    printer.hold = None
    async with working(store, printer):
        await until(lambda: states(store) == [PrintState.PROVED])
    assert [order.is_copy for order in printer.orders] == [False, True]


async def test_stopping_waits_for_the_slip_under_way_and_begins_no_other() -> None:
    store = open_store()
    printer = ScriptedPrinter(store)
    printer.hold = asyncio.Event()
    queue(store)
    queue(store)
    async with working(store, printer) as worker:
        await until(lambda: len(printer.orders) == 1)
        worker.stop()
        printer.hold.set()
    assert states(store) == [PrintState.PROVED, PrintState.QUEUED]


async def test_a_late_proof_is_stored() -> None:
    store = open_store()
    printer = ScriptedPrinter(store, *[UNCERTAIN] * 4)
    queue(store)
    async with working(store, printer) as worker:
        await until(lambda: states(store) == [PrintState.FAILED])
        worker.proved_late(printer.orders[-1].process_id)
        await until(lambda: states(store) == [PrintState.PROVED])


async def test_a_full_disk_after_printing_costs_a_copy_and_not_the_slip() -> None:
    store = open_store()
    printer = ScriptedPrinter(store)
    queue(store)
    failures = iter([NeedsAttention("the disk is full", "free space")])

    def on_proof(tx: Tx, job: PrintJob) -> None:
        for failure in failures:
            raise failure

    async with working(store, printer, on_proof):
        await until(lambda: states(store) == [PrintState.PROVED])
    assert [order.is_copy for order in printer.orders] == [False, True]
