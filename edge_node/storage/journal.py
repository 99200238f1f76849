"""The log and the downlink cursors for `sync`: :class:`edge_node.ports.Journal` over the box's store."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from edge_node.ports import LogEntry, LogState, Tx
from edge_node.storage.catalogue import apply_catalogue, apply_prices
from edge_node.storage.foreign import keep_foreign
from edge_node.storage.store import BoxStore
from edge_node.storage.transaction import SqliteTx
from sync_protocol import chain
from sync_protocol.downlink import Cursor
from sync_protocol.streams import CatalogueDelta, Delta, ForeignDelta, PriceDelta, TaskDelta
from sync_protocol.tasks import TaskUpdate


class SqliteJournal:
    """``take_decision`` is the use case that answers a decision on a task, inside the transaction of its cursor."""

    def __init__(self, store: BoxStore, take_decision: Callable[[Tx, TaskUpdate], None]) -> None:
        self._store, self._take_decision = store, take_decision
        self._listeners: list[Callable[[int], None]] = []

    async def state(self) -> LogState:
        return await self._store.read(lambda view: view.log())

    async def read(self, after: int, limit: int) -> Sequence[LogEntry]:
        def question(connection: sqlite3.Connection) -> list[LogEntry]:
            rows = connection.execute(
                "SELECT seq, id, body, h FROM entry WHERE box = (SELECT box FROM meta) AND seq > ? "
                "ORDER BY seq LIMIT ?",
                (after, limit),
            )
            return [LogEntry(seq, UUID(bytes=id_), body, h) for seq, id_, body, h in rows]

        return await self._store.ask(question)

    async def hash_at(self, seq: int) -> bytes | None:
        def question(connection: sqlite3.Connection) -> bytes | None:
            if seq == 0:
                (box,) = connection.execute("SELECT box FROM meta").fetchone()
                return chain.seed(UUID(bytes=box))
            row = connection.execute(
                "SELECT h FROM entry WHERE box = (SELECT box FROM meta) AND seq = ?", (min(seq, 2**63 - 1),)
            ).fetchone()
            return bytes(row[0]) if row else None

        return await self._store.ask(question)

    async def acknowledge(self, gen: int, through: int, chain_hash: bytes) -> None:
        def work(tx: SqliteTx, connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE meta SET gen = ?, acked = ?, acked_hash = ?", (gen, through, chain_hash))

        await self._store.transact(work)

    async def cursors(self) -> Mapping[str, Cursor]:
        def question(connection: sqlite3.Connection) -> dict[str, Cursor]:
            rows = connection.execute("SELECT stream, gen, ver, hash FROM cursor")
            return {stream: Cursor(gen, ver, digest) for stream, gen, ver, digest in rows}

        return await self._store.ask(question)

    async def apply(self, stream: str, cursor: Cursor, delta: Delta) -> None:
        def work(tx: SqliteTx, connection: sqlite3.Connection) -> None:
            match delta:
                case CatalogueDelta():
                    apply_catalogue(connection, delta)
                case PriceDelta():
                    apply_prices(connection, delta, tx.now_ms)
                case TaskDelta():
                    for update in delta.updates:
                        self._take_decision(tx, update)
                case ForeignDelta():
                    keep_foreign(connection, delta)
            connection.execute(
                "INSERT OR REPLACE INTO cursor (stream, gen, ver, hash) VALUES (?, ?, ?, ?)",
                (stream, cursor.gen, cursor.ver, cursor.hash),
            )

        await self._store.transact(work)

    def on_append(self, listener: Callable[[int], None]) -> None:
        self._store.on_append(listener)
        self._listeners.append(listener)

    def detach(self) -> None:
        """Call nobody any more: who listened is gone."""
        while self._listeners:
            self._store.forget(self._listeners.pop())
