"""The store as a whole: what it tells whom, and when it may checkpoint."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from edge_node.ports import BOX, Kept, PrintKind, PrintState, SelfTestDocument, Tx, View
from edge_node.storage import BoxStore, schema
from edge_node.storage import store as store_module
from edge_node.storage.box import continue_as, create_box, identity, note_grant, stored_manifest
from edge_node.storage.errors import DatabaseUnusable
from edge_node.storage.rows import TASK_COLUMNS, listed, pick_task
from edge_node.storage.schema import migrate, scripts
from edge_node.storage.view import SqliteView
from retail.clock import ManualClock
from retail.errors import Refused
from sync_protocol import chain
from sync_protocol.body import decode_body
from sync_protocol.events import AdjustmentLine, LogOpened, StockAdjusted
from tests.contract.edge_storage.backends import STORE, context

EVENT = StockAdjusted((AdjustmentLine("SKU-1", 1),), "received")


async def test_listeners_hear_of_every_append_and_of_every_slip_after_the_commit(store: BoxStore) -> None:
    heads: list[int] = []
    slips: list[None] = []
    store.on_append(heads.append)
    store.on_print(lambda: slips.append(None))
    await store.write(lambda tx: tx.append(EVENT, BOX))
    await store.write(lambda tx: [tx.append(EVENT, BOX) for _ in range(2)])
    await store.write(lambda tx: tx.keep("a", "b", Kept(b"", "")))
    assert heads == [2, 4]
    assert slips == []
    await store.write(lambda tx: tx.enqueue_print("main", PrintKind.TEST, "", SelfTestDocument("", 0)))
    assert (heads, len(slips)) == ([2, 4], 1)


async def test_nobody_hears_of_an_append_that_was_rolled_back(store: BoxStore) -> None:
    heads: list[int] = []
    store.on_append(heads.append)

    def fail(tx: Tx) -> None:
        tx.append(EVENT, BOX)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(fail)
    assert heads == []


async def test_a_replicated_store_never_empties_its_write_ahead_log(
    path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "OWN_CHECKPOINT_BYTES", 100_000)
    sizes = {}
    for replicated in (True, False):
        store = BoxStore(path, clock, context(clock, seed=3 + replicated), replicated=replicated)
        await store.open()
        for _ in range(60):
            await store.write(lambda tx: tx.append(EVENT, BOX))
        sizes[replicated] = store.wal_bytes
        await store.close()
    assert sizes[True] > 500_000
    assert sizes[False] <= 200_000


async def test_a_question_sees_one_state_while_the_writer_goes_on(store: BoxStore) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def question(connection: sqlite3.Connection) -> tuple[int, int]:
        (first,) = connection.execute("SELECT head FROM meta").fetchone()
        begun.set()
        assert go_on.wait(5)
        (second,) = connection.execute("SELECT head FROM meta").fetchone()
        return first, second

    asked = asyncio.create_task(store.ask(question))
    assert await asyncio.to_thread(begun.wait, 5)
    await store.write(lambda tx: tx.append(EVENT, BOX))
    go_on.set()
    assert await asked == (1, 1)


QUESTIONS: dict[str, Callable[[View], object]] = {
    "a sale": lambda view: view.sale(UUID(int=1)),
    "an item": lambda view: view.item("04000000000013"),
    "a page of items": lambda view: view.items("A", 10),
    "a price": lambda view: view.price("SKU-1"),
    "a tax": lambda view: view.tax("A"),
    "stock": lambda view: (view.sellable("SKU-1"), view.stock("SKU-1")),
    "a task": lambda view: view.task(UUID(int=1)),
    "open tasks": lambda view: view.tasks({"assigned"}, 10),
    "the next slip": lambda view: view.print_jobs(states=[PrintState.QUEUED, PrintState.UNCERTAIN], printer="main"),
    "the slips of a task": lambda view: view.print_jobs(subject="x"),
    "recent slips": lambda view: view.recent_print_jobs(10),
    "a former answer": lambda view: view.recall("handheld", "k"),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_everyday_question_reads_a_whole_table(store: BoxStore, name: str) -> None:
    def question(connection: sqlite3.Connection) -> list[str]:
        asked: list[str] = []
        connection.set_trace_callback(asked.append)
        QUESTIONS[name](SqliteView(connection, 0))
        connection.set_trace_callback(None)
        assert asked
        return [row[3] for query in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]

    plans = await store.ask(question)
    assert [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan] in ([], ["SCAN print_job"])
    assert ("SCAN print_job" in plans) == (name == "recent slips")  # from its end, by number


async def test_a_store_without_a_box_is_not_opened(tmp_path: Path, clock: ManualClock) -> None:
    store = BoxStore(tmp_path / "none.db", clock, context(clock), replicated=True)
    with pytest.raises(DatabaseUnusable, match="edge-node init"):
        await store.open()
    assert not (tmp_path / "none.db").exists()
    await store.close()


def test_a_new_box_begins_its_log_with_where_it_comes_from(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        who = identity(connection)
        seq, event_id, body, digest = connection.execute("SELECT seq, id, body, h FROM entry").fetchone()
        assert stored_manifest(connection) == '{"kept": true}'
    finally:
        connection.close()
    assert (who.store, who.epoch, seq) == (STORE, 0, 1)
    assert decode_body(body).payload == LogOpened(None, 0, b"")
    assert digest == chain.link(chain.seed(who.box), who.box, 1, UUID(bytes=event_id), body)


def test_a_box_is_never_made_over_another(path: Path, clock: ManualClock) -> None:
    made = context(clock)
    with pytest.raises(Refused, match="exists"):
        create_box(path, STORE, made.ids.uuid7(), "", made)


async def test_a_restored_box_opens_a_new_log_that_names_the_old_one(
    path: Path, clock: ManualClock, store: BoxStore
) -> None:
    await store.write(lambda tx: tx.append(EVENT, BOX))
    await store.transact(lambda _tx, connection: note_grant(connection, 7, 3))
    await store.write(lambda tx: tx.enqueue_print("main", PrintKind.TEST, "", SelfTestDocument("", 0)))
    old = await store.read(lambda view: view.log())
    await store.close()

    made = context(clock, seed=9)
    new_box = made.ids.uuid7()
    log = continue_as(path, new_box, made)
    assert (log.box, log.head, log.acked) == (new_box, 1, 0)
    reopened = BoxStore(path, clock, made, replicated=True)
    await reopened.open()
    try:
        entries = await reopened.ask(
            lambda connection: connection.execute("SELECT box, seq, body FROM entry ORDER BY n").fetchall()
        )
        assert [(box, seq) for box, seq, _ in entries] == [
            (old.box.bytes, 1), (old.box.bytes, 2), (new_box.bytes, 1),
        ]  # fmt: skip
        assert decode_body(entries[-1][2]).payload == LogOpened(old.box, 2, old.head_hash)
        assert await reopened.read(lambda view: view.sellable("SKU-1")) == 1
        assert (await reopened.ask(identity)).epoch == 0
        [slip] = await reopened.read(lambda view: view.print_jobs())
        assert (slip.state, slip.attempts) == (PrintState.UNCERTAIN, 1)
    finally:
        await reopened.close()


async def test_neither_the_epoch_nor_the_generation_goes_back(store: BoxStore) -> None:
    for epoch, gen in ((7, 3), (5, 9), (6, 4)):
        await store.transact(lambda _tx, connection, e=epoch, g=gen: note_grant(connection, e, g))
    assert (await store.ask(identity)).epoch == 7
    assert (await store.read(lambda view: view.log())).gen == 9


def test_the_schema_is_brought_up_to_date_once(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    try:
        migrate(connection)
        migrate(connection)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(scripts()),)
        connection.execute(f"PRAGMA user_version = {len(scripts()) + 1}")
        with pytest.raises(DatabaseUnusable, match="newer program"):
            migrate(connection)
    finally:
        connection.close()


def test_a_task_from_before_services_were_named_names_none(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    try:
        connection.executescript(f"BEGIN; {scripts()[0]}; PRAGMA user_version = 1; COMMIT;")
        connection.execute(
            "INSERT INTO task (id, rev, state, told, order_code, service, customer, destination, pick_by_ms,"
            " collect_code, packages, reason) VALUES (?, 1, 'offered', 'offered', 'O', 'ship', '', '', 0, '', 0, '')",
            (bytes(16),),
        )
        migrate(connection)
        row = connection.execute(f"SELECT {listed(TASK_COLUMNS)} FROM task").fetchone()
        assert pick_task(row, []).send_by == ""
    finally:
        connection.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "scripts", lambda: ["CREATE TABLE a (x); CREATE TABLE a (x);"])
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    try:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection)
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        assert not connection.in_transaction
    finally:
        connection.close()
