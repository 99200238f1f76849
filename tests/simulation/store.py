"""The centre's store of logs, as a port: what ingest needs of a database, and a model of it in memory.

Whatever implements :class:`CentreStore` passes `store_contract.py`. The rules are those of `docs/protocol.md`, Uplink:
one transaction moves the watermark by compare-and-set, inserts the entries, inserts each event once by its id, and
derives effects from the events that this transaction inserted.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from sync_protocol.body import decode_body
from sync_protocol.errors import BodyError
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark
from tests.simulation.disk import Disk, Transaction
from tests.simulation.journal import stock_changes


class CentreStore(Protocol):
    """Logs, events and stock of all stores."""

    def watermark(self, store: str, box: UUID) -> Watermark:
        """How far a box's log is stored."""
        ...

    def take(self, store: str, box: UUID, before: Watermark, after: Watermark, entries: Sequence[Entry]) -> bool:
        """Store ``entries``, which lead from ``before`` to ``after``; false, and nothing, if the box is not there."""
        ...

    def entries(self, store: str, box: UUID) -> Sequence[Entry]:
        """A box's log, in order."""
        ...

    def events(self, store: str) -> Mapping[UUID, bytes]:
        """The events that had their effect, each once: id to body."""
        ...

    def dead_letters(self, store: str) -> set[UUID]:
        """Entries whose body nobody can read."""
        ...

    def stock(self, store: str) -> Mapping[tuple[str, str], int]:
        """(SKU, state) to quantity, without zeros."""
        ...


class MemoryStore:
    """The model. Besides the port it queues each inserted event in the table ``work`` for the other contexts."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    def watermark(self, store: str, box: UUID) -> Watermark:
        found: Watermark = self.disk.get("watermark", (store, box), Watermark.start(box))
        return found

    def take(self, store: str, box: UUID, before: Watermark, after: Watermark, entries: Sequence[Entry]) -> bool:
        tx = self.disk.begin()
        if not self._move_watermark(tx, store, box, before, after):
            return False
        for entry in entries:
            tx.put("entry", (store, box, entry.seq), entry)
        for entry in self._insert_events(tx, store, entries):
            self._derive(tx, store, box, entry)
        tx.put("history", len(self.disk.rows("history")), (store, box, before, after, tuple(entries)))
        tx.commit()
        return True

    def history(self) -> Sequence[tuple[str, UUID, Watermark, Watermark, Sequence[Entry]]]:
        """Everything that was taken and not lost since, in order: what to repeat on another store."""
        return list(self.disk.rows("history").values())

    def _move_watermark(self, tx: Transaction, store: str, box: UUID, before: Watermark, after: Watermark) -> bool:
        if tx.get("watermark", (store, box), Watermark.start(box)) != before:
            return False
        tx.put("watermark", (store, box), after)
        return True

    def _insert_events(self, tx: Transaction, store: str, entries: Sequence[Entry]) -> list[Entry]:
        """The entries whose events are new."""
        inserted = []
        for entry in entries:
            try:
                decode_body(entry.body)
            except BodyError:
                tx.put("dead", (store, entry.id), entry.body)
                continue
            if tx.get("event", (store, entry.id)) is None:
                tx.put("event", (store, entry.id), entry.body)
                inserted.append(entry)
        return inserted

    def _derive(self, tx: Transaction, store: str, box: UUID, entry: Entry) -> None:
        for (sku, state), quantity in stock_changes(entry.body).items():
            tx.add("stock", (store, sku, state), quantity)
        number = tx.get("meta", "works", 0) + 1
        tx.put("meta", "works", number)
        tx.put("work", number, (store, box, entry.id, entry.body))

    def entries(self, store: str, box: UUID) -> Sequence[Entry]:
        found = [entry for key, entry in self.disk.rows("entry").items() if key[:2] == (store, box)]
        return sorted(found, key=lambda entry: entry.seq)

    def events(self, store: str) -> Mapping[UUID, bytes]:
        return {key[1]: body for key, body in self.disk.rows("event").items() if key[0] == store}

    def dead_letters(self, store: str) -> set[UUID]:
        return {key[1] for key in self.disk.rows("dead") if key[0] == store}

    def stock(self, store: str) -> Mapping[tuple[str, str], int]:
        return {key[1:]: quantity for key, quantity in self.disk.rows("stock").items() if key[0] == store and quantity}
