"""One writing thread, group commit, and what happens when the disk does not take it."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_node.storage import writer as writer_module
from edge_node.storage.connection import connect
from edge_node.storage.errors import DatabaseUnusable, DiskFailed, DiskFull, StorageBusy
from edge_node.storage.writer import GROUP_MAX, Group, Writer
from retail.clock import SystemClock


class Gate:
    """Work that holds the writer up until it is opened, so that a queue can build."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def work(self, connection: sqlite3.Connection) -> None:
        self.entered.set()
        assert self.opened.wait(5)


@asynccontextmanager
async def writing(
    path: Path,
    groups: list[Group] | None = None,
    opener: Callable[[Path], sqlite3.Connection] = connect,
) -> AsyncIterator[Writer]:
    connection = connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)")
    connection.close()
    note = (
        (lambda _connection, group: groups.append(group)) if groups is not None else (lambda _connection, _group: None)
    )
    writer = Writer(path, opener, SystemClock(), note)
    writer.start()
    try:
        yield writer
    finally:
        await writer.close()


def insert(number: int, text: str = "") -> Callable[[sqlite3.Connection], int]:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (?, ?)", (number, text))
        return number

    return work


def rows(path: Path) -> list[int]:
    connection = connect(path, query_only=True)
    try:
        return [row[0] for row in connection.execute("SELECT a FROM t ORDER BY a")]
    finally:
        connection.close()


async def queued(writer: Writer, *works: Callable[[sqlite3.Connection], object]) -> list[asyncio.Task[object]]:
    tasks = [asyncio.create_task(writer.submit(work)) for work in works]
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_is_committed_together_in_groups_of_a_limited_size(tmp_path: Path) -> None:
    groups: list[Group] = []
    gate = Gate()
    async with writing(tmp_path / "x.db", groups) as writer:
        first = await queued(writer, gate.work)
        assert await asyncio.to_thread(gate.entered.wait, 5)
        rest = await queued(writer, *[insert(number) for number in range(GROUP_MAX + 10)])
        gate.opened.set()
        await asyncio.gather(*first, *rest)
    assert sum(group.size for group in groups) == GROUP_MAX + 11
    assert max(group.size for group in groups) == GROUP_MAX
    assert len(groups) <= 3
    assert all(group.commit_s > 0 for group in groups)


async def test_a_result_is_told_after_the_commit_only(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with writing(path) as writer:
        seen = await writer.submit(insert(1))
        assert seen == 1
        assert rows(path) == [1]  # another connection sees it: it is committed


async def test_a_function_that_raises_takes_back_its_own_writes_only(tmp_path: Path) -> None:
    path, gate = tmp_path / "x.db", Gate()

    def fail(connection: sqlite3.Connection) -> None:
        insert(2)(connection)
        raise ValueError("no")

    async with writing(path) as writer:
        tasks = await queued(writer, gate.work, insert(1), fail, insert(3))
        gate.opened.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[2], ValueError)
    assert (outcomes[1], outcomes[3]) == (1, 3)
    assert rows(path) == [1, 3]


async def test_a_broken_constraint_is_the_fault_of_its_function_alone(tmp_path: Path) -> None:
    path, gate = tmp_path / "x.db", Gate()
    async with writing(path) as writer:
        tasks = await queued(writer, gate.work, insert(1), insert(1), insert(3))
        gate.opened.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[2], sqlite3.IntegrityError)
    assert rows(path) == [1, 3]


async def test_a_full_disk_undoes_the_group_tells_everybody_and_does_not_end_the_writer(tmp_path: Path) -> None:
    path, gate = tmp_path / "x.db", Gate()

    def limited(database: Path) -> sqlite3.Connection:
        connection = connect(database)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        return connection

    async with writing(path, opener=limited) as writer:
        tasks = await queued(writer, gate.work, insert(1), insert(2, "x" * 100_000), insert(3))
        gate.opened.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        together = outcomes[1:]
        assert all(isinstance(outcome, DiskFull) for outcome in together)
        assert rows(path) == []
        await writer.submit(insert(4))
    assert rows(path) == [4]


class FailingCommit:
    """A connection whose second COMMIT fails as a failing disk does."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection, self._commits = connection, 0

    def execute(self, query: str, *values: object) -> sqlite3.Cursor:
        self._commits += query == "COMMIT"
        if query == "COMMIT" and self._commits == 2:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self._connection.execute(query, *values)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


async def test_a_commit_that_fails_is_told_to_everybody_in_the_group_and_leaves_nothing(tmp_path: Path) -> None:
    path, gate = tmp_path / "x.db", Gate()
    committed: list[int] = []
    async with writing(path, opener=lambda database: FailingCommit(connect(database))) as writer:  # type: ignore[return-value]
        first = await queued(writer, gate.work)
        assert await asyncio.to_thread(gate.entered.wait, 5)
        tasks = [asyncio.create_task(writer.submit(insert(number), committed.append)) for number in (1, 2)]
        await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.gather(*first)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [DiskFailed, DiskFailed]
        assert committed == []
        assert rows(path) == []
        await writer.submit(insert(3))
    assert rows(path) == [3]


async def test_too_many_waiting_transactions_are_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "QUEUE_MAX", 3)
    gate = Gate()
    async with writing(tmp_path / "x.db") as writer:
        held = await queued(writer, gate.work)
        assert await asyncio.to_thread(gate.entered.wait, 5)
        waiting = await queued(writer, *[insert(number) for number in range(3)])
        assert writer.waiting == 3
        with pytest.raises(StorageBusy, match="wait"):
            await writer.submit(insert(9))
        gate.opened.set()
        await asyncio.gather(*held, *waiting)


async def test_a_caller_who_has_gone_changes_nothing_about_the_commit(tmp_path: Path) -> None:
    path, gate = tmp_path / "x.db", Gate()
    committed: list[int] = []
    async with writing(path) as writer:
        held = await queued(writer, gate.work)
        gone = asyncio.create_task(writer.submit(insert(1), committed.append))
        await asyncio.sleep(0)
        gone.cancel()
        gate.opened.set()
        await asyncio.gather(*held)
        await writer.submit(insert(2))
    assert gone.cancelled()
    assert committed == [1]
    assert rows(path) == [1, 2]


async def test_closing_finishes_what_waits_and_refuses_what_comes_after(tmp_path: Path) -> None:
    path, gate = tmp_path / "x.db", Gate()
    async with writing(path) as writer:
        tasks = await queued(writer, gate.work, *[insert(number) for number in range(5)])
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
        gate.opened.set()
        await closing
        assert await asyncio.gather(*tasks[1:]) == [0, 1, 2, 3, 4]
        with pytest.raises(StorageBusy, match="shutting down"):
            await writer.submit(insert(9))
    assert rows(path) == [0, 1, 2, 3, 4]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_writer_that_fails_says_so_to_whoever_comes(tmp_path: Path) -> None:
    def fail(_connection: sqlite3.Connection, _group: Group) -> None:
        raise RuntimeError("a bug")

    connection = connect(tmp_path / "x.db")
    connection.close()
    writer = Writer(tmp_path / "x.db", connect, SystemClock(), fail)
    writer.start()
    try:
        assert await writer.submit(lambda _connection: 1) == 1
        with pytest.raises(DatabaseUnusable, match="restart the box"):
            while True:
                await writer.submit(lambda _connection: 2)
    finally:
        await writer.close()


async def test_work_that_ends_the_transaction_itself_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    def commit_and_fail(connection: sqlite3.Connection) -> None:
        connection.execute("COMMIT")
        raise ValueError("after its own commit")

    async with writing(path) as writer:
        with pytest.raises(DatabaseUnusable, match="ended from within"):
            await writer.submit(commit_and_fail)
        await writer.submit(insert(1))
    assert rows(path) == [1]


async def test_a_write_lock_that_somebody_else_holds_is_a_reason_to_try_again(tmp_path: Path) -> None:
    path = tmp_path / "x.db"

    def impatient(database: Path) -> sqlite3.Connection:
        connection = connect(database)
        connection.execute("PRAGMA busy_timeout = 20")
        return connection

    async with writing(path, opener=impatient) as writer:
        other = connect(path)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageBusy, match="write lock"):
                await writer.submit(insert(1))
            other.execute("ROLLBACK")
        finally:
            other.close()
        await writer.submit(insert(2))
    assert rows(path) == [2]
