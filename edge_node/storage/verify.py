"""Whether a database is whole: its pages, the chain of its logs, and everything that is derived from them.

Nothing is believed: the chain is hashed again from the seed, and stock, sales and tasks are derived again from the
entries and the centre's decisions, in the order in which they came, into an empty database, and compared.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from edge_node.storage.connection import connect
from edge_node.storage.projections import decoded_decision, project, project_decision
from edge_node.storage.schema import migrate
from edge_node.storage.view import SqliteView
from sync_protocol import chain
from sync_protocol.body import decode_body
from sync_protocol.errors import BodyError

PROJECTIONS = {"stock": "*", "sale": "id, n", "receipt_counter": "*", "task": "*", "task_line": "*"}
"""What follows from the log: tables, and the columns that do."""

PROBLEMS_MAX = 20
"""Problems that are listed; a damaged database has one for every row."""


@dataclass(frozen=True)
class Verification:
    """The outcome. ``problems`` is empty for a database that is whole."""

    box: UUID
    head: int
    head_hash: bytes
    entries: int
    problems: tuple[str, ...]


def verify(path: Path) -> Verification:
    """Check the database at ``path`` without changing it. Raises what opening it raises."""
    connection = connect(path, query_only=True)
    try:
        connection.execute("BEGIN")
        problems = [*_pages(connection)]
        if not problems:  # on damaged pages the rest would only say the same in more words
            problems += [*_chains(connection), *_conservation(connection), *_projections(connection)]
        log = SqliteView(connection, 0).log()
        (entries,) = connection.execute("SELECT count(*) FROM entry").fetchone()
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    return Verification(log.box, log.head, log.head_hash, entries, tuple(problems[:PROBLEMS_MAX]))


def _pages(connection: sqlite3.Connection) -> Iterator[str]:
    for (answer,) in connection.execute("PRAGMA integrity_check"):
        if answer != "ok":
            yield f"page check: {answer}"
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} refers to a row of {parent} that is not there"


def _chains(connection: sqlite3.Connection) -> Iterator[str]:
    own = SqliteView(connection, 0).log()
    logs = [UUID(bytes=box) for (box,) in connection.execute("SELECT DISTINCT box FROM entry WHERE box IS NOT NULL")]
    for box in logs:
        previous, last = chain.seed(box), 0
        rows = connection.execute("SELECT seq, id, body, h FROM entry WHERE box = ? ORDER BY seq", (box.bytes,))
        for seq, event_id, body, digest in rows:
            if seq != last + 1:
                yield f"log {box}: entry {last + 1} is missing"
                return
            last, previous = seq, chain.link(previous, box, seq, UUID(bytes=event_id), body)
            if digest != previous:
                yield f"log {box}: the chain breaks at entry {seq}"
                return
        if box == own.box and (last, previous) != (own.head, own.head_hash):
            yield f"log {box}: it ends at {last}, its head is noted as {own.head}"
    if own.box not in logs:
        yield f"log {own.box}: its first entry is missing"


def _conservation(connection: sqlite3.Connection) -> Iterator[str]:
    for sku, surplus in connection.execute("SELECT sku, sum(quantity) FROM stock GROUP BY sku HAVING sum(quantity)"):
        yield f"stock of {sku}: the states do not add up to zero but to {surplus}"


def _projections(connection: sqlite3.Connection) -> Iterator[str]:
    again = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(again)
        again.execute("PRAGMA foreign_keys = OFF")  # entries are not copied: sales would refer to nothing
        _derive(connection, again)
        for table, columns in PROJECTIONS.items():
            stored = set(connection.execute(f"SELECT {columns} FROM {table}"))
            derived = set(again.execute(f"SELECT {columns} FROM {table}"))
            for row in sorted(stored - derived, key=repr):
                yield f"{table}: {_shown(row)} does not follow from the log"
            for row in sorted(derived - stored, key=repr):
                yield f"{table}: {_shown(row)} follows from the log and is missing"
    finally:
        again.close()


def _derive(connection: sqlite3.Connection, again: sqlite3.Connection) -> None:
    decisions = connection.execute("SELECT after_n, decision FROM told ORDER BY n").fetchall()
    decisions.reverse()
    again.execute("BEGIN")
    for n, body in connection.execute("SELECT n, body FROM entry WHERE problem = '' ORDER BY n"):
        while decisions and decisions[-1][0] < n:
            project_decision(again, decoded_decision(decisions.pop()[1]))
        try:
            project(again, n, decode_body(body))
        except BodyError:
            continue  # the chain still covers it; a newer program may have written it
    while decisions:
        project_decision(again, decoded_decision(decisions.pop()[1]))
    again.execute("COMMIT")


def _shown(row: tuple[object, ...]) -> str:
    return ", ".join(value.hex()[:12] if isinstance(value, bytes) else str(value) for value in row[:5])
