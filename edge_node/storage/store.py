"""The box's store as a whole: opened, asked, written to and closed."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edge_node.ports import Tx, View
from edge_node.storage.connection import connect
from edge_node.storage.errors import DatabaseUnusable
from edge_node.storage.readers import Readers
from edge_node.storage.schema import migrate
from edge_node.storage.transaction import Context, SqliteTx
from edge_node.storage.view import SqliteView
from edge_node.storage.writer import Group, Writer
from retail.clock import Clock

DATABASE_NAME = "box.db"

OWN_CHECKPOINT_BYTES = 16 * 2**20
"""Without a replica nobody else empties the write-ahead log: above this size the writer does."""

Result = TypeVar("Result")


def open_box(path: Path) -> sqlite3.Connection:
    """A writing connection to an existing box, its schema brought up to date.

    Raises :class:`DatabaseUnusable` where there is no box.
    """
    missing = DatabaseUnusable(f"{path} holds no box", "create one first: edge-node init, or edge-node restore")
    if not path.exists():
        raise missing
    connection = connect(path)
    try:
        migrate(connection)
        if connection.execute("SELECT 1 FROM meta").fetchone() is None:
            raise missing
    except BaseException:
        connection.close()
        raise
    return connection


class BoxStore:
    """:class:`edge_node.ports.UnitOfWork` over one database file, for one process.

    ``replicated`` says that litestream watches the file: then checkpoints are litestream's alone. ``on_group`` is told
    of every commit, in the writing thread.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        context: Context,
        *,
        replicated: bool,
        on_group: Callable[[Group], None] = lambda _group: None,
    ) -> None:
        self.path = path
        self._clock, self._context, self._replicated, self._on_group = clock, context, replicated, on_group
        self._writer = Writer(path, open_box, clock, self._after_group)
        self._readers = Readers(path)
        self._append_listeners: list[Callable[[int], None]] = []
        self._print_listeners: list[Callable[[], None]] = []
        self._last_commit_s = 0.0

    @property
    def last_commit_s(self) -> float:
        """When something was committed last, in seconds of the monotonic clock; 0 for never."""
        return self._last_commit_s

    @property
    def waiting(self) -> int:
        """Transactions that wait for the writer."""
        return self._writer.waiting

    @property
    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        wal = self.path.with_name(f"{self.path.name}-wal")
        return wal.stat().st_size if wal.exists() else 0

    async def open(self) -> None:
        """Open an existing box. Raises :class:`DatabaseUnusable` where there is none."""
        # The writer's connection is the first and the last one: SQLite checkpoints when the last one is closed.
        self._writer.start()
        self._readers.start()

    async def close(self) -> None:
        """Finish what waits and close every connection."""
        await self._readers.close()
        await self._writer.close()

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        return await self.transact(lambda tx, _connection: work(tx))

    async def read(self, question: Callable[[View], Result]) -> Result:
        return await self.ask(lambda connection: question(SqliteView(connection, self._clock.now_ms())))

    async def ask(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        """As :meth:`read`, for questions in SQL."""
        return await self._readers.ask(question)

    async def transact(self, work: Callable[[SqliteTx, sqlite3.Connection], Result]) -> Result:
        """As :meth:`write`, for work that needs SQL too."""

        def run(connection: sqlite3.Connection) -> tuple[Result, SqliteTx]:
            tx = SqliteTx(connection, self._context)
            return work(tx, connection), tx

        result, _ = await self._writer.submit(run, self._committed)
        return result

    def on_append(self, listener: Callable[[int], None]) -> None:
        """Call ``listener(head)`` on the event loop after each transaction that appended to the log."""
        self._append_listeners.append(listener)

    def forget(self, listener: Callable[[int], None]) -> None:
        """Undo :meth:`on_append`."""
        self._append_listeners.remove(listener)

    def on_print(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` on the event loop after each transaction that changed the print queue."""
        self._print_listeners.append(listener)

    def _committed(self, outcome: tuple[object, SqliteTx]) -> None:
        _, tx = outcome
        if tx.head is not None:
            for heard in self._append_listeners:
                heard(tx.head)
        if tx.printed:
            for noticed in self._print_listeners:
                noticed()

    def _after_group(self, connection: sqlite3.Connection, group: Group) -> None:
        self._last_commit_s = self._clock.monotonic()
        self._on_group(group)
        if not self._replicated and self.wal_bytes > OWN_CHECKPOINT_BYTES:
            # What stands in the way, a reader or a full disk, only postpones it to the next group.
            with contextlib.suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
