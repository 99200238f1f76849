"""The one thread that writes, and the commits that many transactions share.

A transaction is one function of the connection. It runs inside a savepoint, so what it raises undoes its own writes
and nobody else's; whatever waits in the queue (at most :data:`GROUP_MAX`) is committed together, with one fdatasync.
Nobody hears of a result before that commit has succeeded. When the disk is full or fails, the whole group is rolled
back and every caller in it is told so.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from edge_node.storage.errors import DatabaseUnusable, StorageBusy, translated
from retail.clock import Clock

GROUP_MAX = 64
"""Most transactions that share a commit: more would make the first of them wait for no further gain."""

QUEUE_MAX = 1024
"""Most transactions that wait; the next is refused. At 1,000 a second it is the patience of a register."""

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


@dataclass(frozen=True)
class Group:
    """One commit: how many transactions it held, and what it took in seconds."""

    size: int
    commit_s: float


@dataclass(eq=False)
class _Job(Generic[Result]):
    work: Work[Result]
    committed: Callable[[Result], None] | None
    future: asyncio.Future[Result]
    result: Result | None = None
    error: BaseException | None = None

    def deliver(self) -> None:
        """Tell the caller, on its loop. A caller who has gone changes nothing: what is committed is announced."""
        if self.error is None:
            if not self.future.done():
                self.future.set_result(cast(Result, self.result))
            if self.committed is not None:
                self.committed(cast(Result, self.result))
        elif not self.future.done():
            self.future.set_exception(self.error)


class Writer:
    """Owns the writing connection from :meth:`start` to :meth:`close`.

    ``after_group`` runs in the writing thread after each commit, for measurements and upkeep; it may use the
    connection, outside any transaction.
    """

    def __init__(
        self,
        path: Path,
        connect: Callable[[Path], sqlite3.Connection],
        clock: Clock,
        after_group: Callable[[sqlite3.Connection, Group], None] = lambda _connection, _group: None,
    ) -> None:
        self._path, self._connect, self._clock, self._after_group = path, connect, clock, after_group
        self._queue: queue.Queue[_Job[Any] | None] = queue.Queue(QUEUE_MAX)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._connection: sqlite3.Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._ended = False

    @property
    def waiting(self) -> int:
        """Transactions in the queue."""
        return self._queue.qsize()

    def start(self) -> None:
        """Open the connection and begin to work; results are told on the running loop. Raises what opening raises."""
        self._loop = asyncio.get_running_loop()
        self._connection = self._connect(self._path)
        self._thread.start()

    async def submit(self, work: Work[Result], committed: Callable[[Result], None] | None = None) -> Result:
        """Run ``work`` in a transaction; returns its result when it is durable.

        ``committed`` is called with the result on the event loop after the commit, also when the caller was cancelled.
        Raises what ``work`` raised, :class:`StorageBusy` when too many wait, and what
        :func:`~edge_node.storage.errors.translated` makes of a failing disk.
        """
        if self._closing:
            raise self._refusal()
        job: _Job[Result] = _Job(work, committed, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(job)
        except queue.Full:
            raise StorageBusy(f"{QUEUE_MAX} transactions wait for the disk already") from None
        if self._ended:  # while the job was being queued: nobody will take it
            raise self._refusal()
        return await job.future

    async def close(self) -> None:
        """Finish what waits, then close the connection. Harmless when it is closed already."""
        self._closing = True
        if self._thread.is_alive():
            await asyncio.to_thread(self._queue.put, None)
            await asyncio.to_thread(self._thread.join)
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _run(self) -> None:
        assert self._connection is not None
        try:
            while group := self._next_group():
                self._commit(self._connection, group)
        finally:
            self._ended = not self._closing
            self._refuse_the_rest()

    def _next_group(self) -> list[_Job[Any]]:
        """Wait for work and take what is there; empty when the writer is to stop."""
        group: list[_Job[Any]] = []
        job = self._queue.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP_MAX:
                return group
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return group
        if group:
            self._queue.put(None)  # the sign to stop counts after this group
        return group

    def _commit(self, connection: sqlite3.Connection, group: list[_Job[Any]]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in group:
                self._attempt(connection, job)
            begun = self._clock.monotonic()
            connection.execute("COMMIT")
            commit_s = self._clock.monotonic() - begun
        except (sqlite3.Error, DatabaseUnusable) as error:
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            for job in group:
                job.error = translated(error, self._path) or error if isinstance(error, sqlite3.Error) else error
            self._deliver(group)
        else:
            self._deliver(group)
            self._after_group(connection, Group(len(group), commit_s))

    def _attempt(self, connection: sqlite3.Connection, job: _Job[Any]) -> None:
        """Run one transaction in its savepoint. Raises only what ends the whole group."""
        connection.execute("SAVEPOINT work")
        try:
            job.result = job.work(connection)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and translated(error, self._path) is not None:
                raise
            if not connection.in_transaction:
                raise DatabaseUnusable("a transaction was ended from within", "report this to support") from error
            connection.execute("ROLLBACK TO work")
            job.error = error
        connection.execute("RELEASE work")

    def _deliver(self, group: list[_Job[Any]]) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # a loop that is closed has nobody left to tell
            self._loop.call_soon_threadsafe(_tell, group)

    def _refuse_the_rest(self) -> None:
        self._closing = True
        rest: list[_Job[Any]] = []
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._queue.get_nowait()
                if job is not None:
                    job.error = self._refusal()
                    rest.append(job)
        if rest:
            self._deliver(rest)

    def _refusal(self) -> Exception:
        if self._ended:
            return DatabaseUnusable("the writing thread has failed", "restart the box")
        return StorageBusy("the box is shutting down")


def _tell(group: list[_Job[Any]]) -> None:
    for job in group:
        job.deliver()
