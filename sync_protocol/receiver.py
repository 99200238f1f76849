"""The centre's end of the uplink: what to do with a batch, given how far the box's log is stored.

Pure: the caller looks up the watermark, stores what :func:`judge` says is new in one transaction whose compare-and-set
repeats the judgement against the row, and acknowledges after its commit. Doubled, reordered and stale batches are
harmless by this alone.
"""

from dataclasses import dataclass
from uuid import UUID

from sync_protocol import chain
from sync_protocol.frames import BAD, GAP, OK, Ack, Entry, EventBatch


@dataclass(frozen=True)
class Watermark:
    """How far the centre holds a box's log: everything up to ``seq``, whose chain hash is ``hash``."""

    seq: int
    hash: bytes

    @classmethod
    def start(cls, box: UUID) -> "Watermark":
        """Nothing stored yet."""
        return cls(0, chain.seed(box))


@dataclass(frozen=True)
class Take:
    """Store these entries, which follow the watermark, and move it to ``watermark``."""

    entries: tuple[Entry, ...]
    watermark: Watermark


@dataclass(frozen=True)
class Repeat:
    """All of it is stored already: acknowledge again."""


@dataclass(frozen=True)
class Gap:
    """Entries in between are missing: acknowledge what is stored, the box goes back."""


@dataclass(frozen=True)
class Fork:
    """The box tells another history than the one stored. Nothing is stored; a person must look. ``seq`` is where."""

    seq: int


Verdict = Take | Repeat | Gap | Fork


def judge(batch: EventBatch, watermark: Watermark) -> Verdict:
    """What to do with a checked batch (see :func:`sync_protocol.codec.decode_frame`) of the watermark's box."""
    if batch.lo > watermark.seq + 1:
        return Gap()
    if batch.hi < watermark.seq:
        return Repeat()
    digest, fresh = batch.prev_hash, []
    if batch.lo == watermark.seq + 1 and digest != watermark.hash:
        return Fork(watermark.seq)
    for seq, event_id, body in batch.entries:
        digest = chain.link(digest, batch.box, seq, event_id, body)
        if seq == watermark.seq and digest != watermark.hash:
            return Fork(seq)
        if seq > watermark.seq:
            fresh.append(Entry(seq, event_id, body))
    return Take(tuple(fresh), Watermark(batch.hi, digest)) if fresh else Repeat()


def acknowledge(
    box: UUID,
    watermark: Watermark,
    *,
    gen: int,
    epoch: int,
    verdict: Verdict | None,
    credit: int,
    retry_ms: int,
    server_ms: int,
) -> Ack:
    """The answer to a batch or a hello (``verdict`` None), once ``watermark`` is durable.

    A fork is answered with what the centre holds: the box sees for itself that it does not fit. ``safe_through`` stays
    0 until backups are verified: a box deletes nothing.
    """
    status = {Gap: GAP, Fork: BAD}.get(type(verdict), OK)
    return Ack(1, gen, epoch, box, watermark.seq, watermark.hash, status, credit, retry_ms, 0, server_ms)
