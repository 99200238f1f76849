"""Events that came from elsewhere: kept by id, applied once, never part of the own log."""

import sqlite3

import structlog

from edge_node.storage.projections import project
from sync_protocol.body import decode_body
from sync_protocol.errors import BodyError
from sync_protocol.streams import ForeignDelta

log = structlog.get_logger(__name__)


def keep_foreign(connection: sqlite3.Connection, delta: ForeignDelta) -> None:
    """Keep what the box did not know yet, and apply it. What cannot be applied is kept with the problem named."""
    for entry in delta.entries:
        kept = connection.execute(
            "INSERT INTO entry (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (entry.id.bytes, entry.body)
        )
        if not kept.rowcount:
            continue
        connection.execute("SAVEPOINT foreign_event")
        try:
            assert kept.lastrowid is not None
            project(connection, kept.lastrowid, decode_body(entry.body))
        except (BodyError, sqlite3.IntegrityError, OverflowError) as error:
            connection.execute("ROLLBACK TO foreign_event")
            connection.execute("UPDATE entry SET problem = ? WHERE id = ?", (str(error)[:200], entry.id.bytes))
            log.warning("event from elsewhere kept without effect", id=str(entry.id), problem=str(error))
        connection.execute("RELEASE foreign_event")
