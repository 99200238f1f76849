"""A box's identity: made at the installation, and made anew at every restore."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from edge_node.ports import BOX, LogState
from edge_node.storage.connection import connect
from edge_node.storage.schema import migrate
from edge_node.storage.store import open_box
from edge_node.storage.transaction import Context, SqliteTx
from edge_node.storage.view import SqliteView
from retail.errors import Refused
from sync_protocol import chain
from sync_protocol.events import LogOpened


@dataclass(frozen=True)
class BoxIdentity:
    """Which box this is, for which store, and the link epoch that the centre has granted it (0: none yet)."""

    store: str
    box: UUID
    epoch: int


def create_box(path: Path, store: str, box: UUID, manifest: str, context: Context) -> LogState:
    """Make the database of a new installation. ``manifest`` is kept in it, so that a restore brings it back.

    Raises :class:`Refused` where there is a box already.
    """
    if path.exists():
        raise Refused("dir", f"{path} exists", "choose an empty folder: a box is never made over another")
    connection = connect(path)
    try:
        migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        seed = chain.seed(box)
        connection.execute(
            "INSERT INTO meta (one, store, box, head_hash, acked_hash, manifest) VALUES (1, ?, ?, ?, ?, ?)",
            (store, box.bytes, seed, seed, manifest),
        )
        tx = SqliteTx(connection, context)
        tx.append(LogOpened(None, 0, b""), BOX)
        log = tx.log()
        connection.execute("COMMIT")
        return log
    finally:
        connection.close()


def continue_as(path: Path, box: UUID, context: Context) -> LogState:
    """Make a restored database the one of a new ``box``: a new log that names the old one as its parent.

    The old entries stay, by id. The new log has no grant: it waits for one, and sells meanwhile. Slips that waited may
    have been printed since the copy was made, so they are printed as copies.
    """
    connection = open_box(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        parent = SqliteView(connection, 0).log()
        seed = chain.seed(box)
        connection.execute(
            "UPDATE meta SET box = ?, epoch = 0, head = 0, head_hash = ?, acked = 0, acked_hash = ?",
            (box.bytes, seed, seed),
        )
        connection.execute(
            "UPDATE print_job SET state = 'uncertain', attempts = max(attempts, 1) WHERE state IN ('queued', 'sent')"
        )
        tx = SqliteTx(connection, context)
        tx.append(LogOpened(parent.box, parent.head, parent.head_hash), BOX)
        log = tx.log()
        connection.execute("COMMIT")
        return log
    finally:
        connection.close()


def identity(connection: sqlite3.Connection) -> BoxIdentity:
    """Which box the database is of."""
    store, box, epoch = connection.execute("SELECT store, box, epoch FROM meta").fetchone()
    return BoxIdentity(store, UUID(bytes=box), epoch)


def stored_manifest(connection: sqlite3.Connection) -> str:
    """The manifest as it was at the last start; empty if there was none."""
    (manifest,) = connection.execute("SELECT manifest FROM meta").fetchone()
    return str(manifest)


def note_manifest(connection: sqlite3.Connection, manifest: str) -> None:
    """Keep what this start was configured with, so that a restore brings it back."""
    connection.execute("UPDATE meta SET manifest = ?", (manifest,))


def note_grant(connection: sqlite3.Connection, epoch: int, gen: int) -> None:
    """Keep the centre's word that this box may speak for its store. Neither counter goes back."""
    connection.execute("UPDATE meta SET epoch = max(epoch, ?), gen = max(gen, ?)", (epoch, gen))
