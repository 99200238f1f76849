"""What a store box keeps on its disk: its log, its projections, its cursors. Every change is one transaction."""

from collections import Counter
from uuid import UUID

from sync_protocol import chain
from sync_protocol.body import decode_body, encode_body
from sync_protocol.downlink import Cursor
from sync_protocol.effects import stock_moves
from sync_protocol.errors import BodyError
from sync_protocol.events import BODY_VERSION, Event, LogOpened, Payload
from sync_protocol.frames import Entry
from tests.simulation.disk import Disk, Transaction


def event_of(payload: Payload) -> Event:
    """An event as the boxes of the simulation state it."""
    return Event(payload, 1_767_225_600_000, 2, "0001", "anna", "2026-01-01")


def body_of(payload: Payload) -> bytes:
    """Its body."""
    return encode_body(event_of(payload))


def stock_changes(body: bytes) -> Counter[tuple[str, str]]:
    """What an event changes: (SKU, state) to quantity. An unreadable body changes nothing."""
    changes: Counter[tuple[str, str]] = Counter()
    try:
        event = decode_body(body)
    except BodyError:
        return changes
    for move in stock_moves(event):
        changes[move.sku, move.source] -= move.quantity
        changes[move.sku, move.target] += move.quantity
    return changes


def apply_stock(tx: Transaction, body: bytes) -> None:
    """Change the table ``stock`` of a box as the event says."""
    for place, quantity in stock_changes(body).items():
        tx.add("stock", place, quantity)


class Journal:
    """A box's disk. Tables: ``meta``, ``log``, ``hash``, ``foreign``, ``stock``, ``price``, ``cursor``, ``task``."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    @classmethod
    def install(cls, box: UUID, first_id: UUID) -> "Journal":
        """A new box with an empty log but for its first entry."""
        journal = cls(Disk())
        journal._open_log(box, first_id, LogOpened(None, 0, b""), [])
        return journal

    def rename(self, box: UUID, first_id: UUID) -> None:
        """Open a new log, which brings everything again with its original ids.

        Stock is not touched: projections apply by id, and all these ids were applied here already.
        """
        opened = LogOpened(self.box, self.head, self.hash_at(self.head) or b"")
        self._open_log(box, first_id, opened, self.entries(0, self.head))

    def _open_log(self, box: UUID, first_id: UUID, opened: LogOpened, old: list[Entry]) -> None:
        tx = self.disk.begin()
        for table in ("log", "hash"):
            for seq, _ in list(tx.rows(table)):
                tx.put(table, seq, None)
        seed = chain.seed(box)
        for key, value in (("box", box), ("gen", 0), ("head", 0), ("acked", 0), ("acked_hash", seed)):
            tx.put("meta", key, value)
        tx.put("hash", 0, seed)
        self.append_body(tx, first_id, body_of(opened))
        for entry in old:
            self.append_body(tx, entry.id, entry.body)
        tx.commit()

    @property
    def box(self) -> UUID:
        """Whose log it is."""
        found = self.disk.get("meta", "box")
        assert isinstance(found, UUID)
        return found

    def number(self, key: str) -> int:
        """``gen``, ``head`` or ``acked``."""
        return int(self.disk.get("meta", key))

    @property
    def head(self) -> int:
        """The sequence of the last entry."""
        return self.number("head")

    @property
    def acked_hash(self) -> bytes:
        """The chain hash at the last acknowledged entry."""
        return bytes(self.disk.get("meta", "acked_hash"))

    def entries(self, after: int, limit: int) -> list[Entry]:
        """At most ``limit`` entries after ``after``."""
        last = min(self.head, after + limit)
        return [Entry(seq, *self.disk.get("log", seq)) for seq in range(after + 1, last + 1)]

    def hash_at(self, seq: int) -> bytes | None:
        """The chain hash at ``seq``; None where there is no such entry."""
        digest: bytes | None = self.disk.get("hash", seq)
        return digest

    def append_body(self, tx: Transaction, event_id: UUID, body: bytes) -> None:
        """Write the next entry of the log."""
        box, seq = tx.get("meta", "box"), tx.get("meta", "head") + 1
        tx.put("log", seq, (event_id, body))
        tx.put("hash", seq, chain.link(tx.get("hash", seq - 1), box, seq, event_id, body))
        tx.put("meta", "head", seq)

    def append(self, tx: Transaction, event_id: UUID, payload: Payload) -> None:
        """Record ``payload`` and what it does to the stock."""
        body = body_of(payload)
        self.append_body(tx, event_id, body)
        apply_stock(tx, body)

    def save_ack(self, gen: int, through: int, digest: bytes) -> None:
        """Note how far the centre holds the log."""
        tx = self.disk.begin()
        for key, value in (("gen", gen), ("acked", through), ("acked_hash", digest)):
            tx.put("meta", key, value)
        tx.commit()

    def cursors(self) -> dict[str, Cursor]:
        """How far each stream is applied."""
        return dict(self.disk.rows("cursor"))


def body_of_a_later_version() -> bytes:
    """A body that no program of today can read."""
    return b"\x98" + bytes([BODY_VERSION]) + b"\xacgift.wrapped\x00\x02\xa1r\xa1s\xaa2026-01-01\x90"
