"""Figures about the store for people and for metrics."""

import sqlite3
from dataclasses import dataclass
from uuid import UUID

from edge_node.storage.view import OPEN, SqliteView
from sync_protocol.body import decode_body
from sync_protocol.errors import BodyError


@dataclass(frozen=True)
class StoreStatus:
    """Where the log, the tasks and the print queue stand.

    ``oldest_unacked_ms`` is the wall clock at which the oldest entry was written that the centre has not confirmed,
    None if it has confirmed all. ``print_jobs`` counts open jobs by state and the others as ``done``. ``problems``
    counts events from elsewhere that could not be applied.
    """

    box: UUID
    gen: int
    epoch: int
    head: int
    acked: int
    oldest_unacked_ms: int | None
    cursors: dict[str, tuple[int, int]]
    tasks: dict[str, int]
    print_jobs: dict[str, int]
    problems: int


def store_status(connection: sqlite3.Connection) -> StoreStatus:
    """The figures now."""
    log = SqliteView(connection, 0).log()
    (epoch,) = connection.execute("SELECT epoch FROM meta").fetchone()
    (problems,) = connection.execute("SELECT count(*) FROM entry WHERE problem != ''").fetchone()
    return StoreStatus(
        log.box, log.gen, epoch, log.head, log.acked, _oldest_unacked_ms(connection, log.box, log.acked),
        {stream: (gen, ver) for stream, gen, ver in connection.execute("SELECT stream, gen, ver FROM cursor")},
        dict(connection.execute("SELECT state, count(*) FROM task GROUP BY state").fetchall()),
        _print_jobs(connection),
        problems,
    )  # fmt: skip


def _print_jobs(connection: sqlite3.Connection) -> dict[str, int]:
    """Open jobs by state, and all others as done: counting those one by one would take longer every day."""
    counts = dict(connection.execute(f"SELECT state, count(*) FROM print_job WHERE {OPEN} GROUP BY state").fetchall())
    (total,) = connection.execute("SELECT coalesce(max(number), 0) FROM print_job").fetchone()
    return counts | {"done": total - sum(counts.values())}


def _oldest_unacked_ms(connection: sqlite3.Connection, box: UUID, acked: int) -> int | None:
    row = connection.execute("SELECT body FROM entry WHERE box = ? AND seq = ?", (box.bytes, acked + 1)).fetchone()
    if row is None:
        return None
    try:
        return decode_body(row[0]).at_ms
    except BodyError:
        return None
