"""What a use case may change: :class:`edge_node.ports.Tx` over the writing connection."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from edge_node.ports import Actor, Document, Kept, PickTask, PrintJob, PrintKind, Stamp, stamped
from edge_node.storage.projections import project, project_decision
from edge_node.storage.rows import PRINT_COLUMNS, listed, marks, print_values
from edge_node.storage.view import SqliteView
from retail.errors import Refused
from retail.ids import IdSource
from sync_protocol import chain
from sync_protocol.body import encode_body
from sync_protocol.errors import BodyError
from sync_protocol.events import Payload
from sync_protocol.tasks import TaskUpdate


@dataclass(frozen=True)
class Context:
    """Where new ids and the time come from."""

    ids: IdSource
    stamp: Callable[[], Stamp]


class SqliteTx(SqliteView):
    """Reads and writes inside the transaction that the writer has begun.

    After it, ``head`` is the log's new head, or None if nothing was appended, and ``printed`` says whether the print
    queue has changed: whoever waits for either is woken after the commit.
    """

    def __init__(self, connection: sqlite3.Connection, context: Context) -> None:
        self._context = context
        self._stamp = context.stamp()
        self.head: int | None = None
        self.printed = False
        super().__init__(connection, self._stamp.at_ms)

    @property
    def stamp(self) -> Stamp:
        return self._stamp

    def append(self, payload: Payload, actor: Actor) -> UUID:
        event = stamped(payload, actor, self._stamp)
        try:
            body = encode_body(event)
        except BodyError as error:
            raise Refused("event", str(error), "shorten or split it") from error
        event_id = self._context.ids.uuid7()
        log = self.log()
        seq = log.head + 1
        digest = chain.link(log.head_hash, log.box, seq, event_id, body)
        entry = self._connection.execute(
            "INSERT INTO entry (id, box, seq, h, body) VALUES (?, ?, ?, ?, ?)",
            (event_id.bytes, log.box.bytes, seq, digest, body),
        )
        assert entry.lastrowid is not None
        self._connection.execute("UPDATE meta SET head = ?, head_hash = ?", (seq, digest))
        self.head = seq
        project(self._connection, entry.lastrowid, event)
        return event_id

    def mark_sale(self, sale_id: UUID, fingerprint: bytes) -> None:
        self._connection.execute("UPDATE sale SET fingerprint = ? WHERE id = ?", (fingerprint, sale_id.bytes))

    def tell(self, update: TaskUpdate) -> PickTask | None:
        return project_decision(self._connection, update)

    def next_receipt_number(self, register: str) -> int:
        row = self._first("SELECT number FROM receipt_counter WHERE register = ?", (register,))
        return row[0] + 1 if row else 1

    def enqueue_print(
        self, printer: str, kind: PrintKind, subject: str, document: Document, *, is_copy: bool = False
    ) -> UUID:
        (number,) = self._only("SELECT coalesce(max(number), 0) + 1 FROM print_job")
        job = PrintJob(
            self._context.ids.uuid7(), number, printer, kind, subject, document, is_copy=is_copy, queued_ms=self.now_ms
        )
        self.save_print_job(job)
        return job.id

    def save_print_job(self, job: PrintJob) -> None:
        self._connection.execute(_PUT_PRINT, print_values(job))
        self.printed = True

    def next_print_attempt(self) -> int:
        (attempt,) = self._only("UPDATE meta SET print_attempts = print_attempts + 1 RETURNING print_attempts")
        return int(attempt)

    def keep(self, scope: str, key: str, kept: Kept) -> None:
        self._connection.execute(
            "INSERT INTO answered (scope, key, fingerprint, answer) VALUES (?, ?, ?, ?)",
            (scope, key, kept.fingerprint, kept.answer),
        )


_PUT_PRINT = f"INSERT OR REPLACE INTO print_job ({listed(PRINT_COLUMNS)}) VALUES ({marks(PRINT_COLUMNS)})"
