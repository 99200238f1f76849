"""Connections that answer questions while the writer writes.

A question is one function of a connection that sees the last committed state, unchanged while it looks. It runs in a
thread as a whole: awaiting each statement, as aiosqlite does, costs a thread switch for each, and a basket asks dozens.
"""

import asyncio
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from edge_node.storage.connection import connect
from edge_node.storage.errors import StorageBusy, translated

Result = TypeVar("Result")

WAITING_MAX = 256
"""Most questions that wait or run; the next is refused."""


class Readers:
    """``count`` connections that cannot write, open from :meth:`start` to :meth:`close`."""

    def __init__(self, path: Path, count: int = 2) -> None:
        self._path, self._count = path, count
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="reader")
        self._waiting = 0

    def start(self) -> None:
        """Open the connections. Raises what opening raises."""
        for _ in range(self._count):
            self._idle.put(connect(self._path, query_only=True))

    async def ask(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        """The answer to ``question``. Raises what it raises, and :class:`StorageBusy` when too many wait."""
        if self._waiting >= WAITING_MAX:
            raise StorageBusy(f"{WAITING_MAX} questions wait for the database already")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, question)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Answer what waits, then close the connections."""
        await asyncio.to_thread(self._pool.shutdown)
        while not self._idle.empty():
            self._idle.get().close()

    def _answer(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = self._idle.get()
        try:
            connection.execute("BEGIN")
            try:
                return question(connection)
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise translated(error, self._path) or error from error
        finally:
            self._idle.put(connection)
