"""The messages between a box and the centre: arrays on the wire, fields only ever appended.

See `docs/protocol.md`, Topics, for who sends which and when.
"""

from typing import NamedTuple
from uuid import UUID

import msgspec

FRAME_VERSION = 1

FRAME_BYTES_MAX = 64 * 1024
"""A message as sent, compressed."""
FRAME_BYTES_RAW_MAX = 1024 * 1024
"""A message decompressed. The receiver enforces it whatever the broker does: it is what stops a bomb."""
BATCH_EVENTS_MAX = 256
BATCH_BODY_BYTES_MAX = 512 * 1024
"""Bodies in one batch, before compression; keeps a batch of incompressible bodies below the raw limit."""

DELTAS_MAX = 4_000
"""Versions in one message of a stream. The limit of bytes is reached first, but for tiny deltas."""
STREAMS_MAX = 16
"""Streams in one hello: more than there are, so that a newer box may know more than this centre."""
SOFTWARE_LENGTH_MAX = 100
NONCE_BYTES_MAX = 64
SIGNATURE_BYTES_MAX = 1024

OK, GAP, FENCED, SLOW, BAD = "ok", "gap", "fenced", "slow", "bad"
STATUSES = (OK, GAP, FENCED, SLOW, BAD)


class Entry(NamedTuple):
    """One entry of a log: its sequence, its id, its body as the box wrote it."""

    seq: int
    id: UUID
    body: bytes


class Frame(msgspec.Struct, array_like=True, frozen=True):
    """Base of all messages."""


class Grant(Frame, frozen=True):
    """The centre's word that ``box`` may speak for ``store``. ``signature`` is empty until certificates arrive."""

    store: str
    box: UUID
    epoch: int
    gen: int = 0
    signature: bytes = b""


class Hello(Frame, frozen=True):
    """A box introduces itself: on connect, every minute, and when a stream lags.

    ``cursors`` maps a stream to (gen, ver, hash); ``replica_age_ms`` is -1 when unknown.
    """

    version: int
    grant: Grant | None
    box: UUID
    gen: int
    fenced: bool
    head: int
    acked: int
    acked_hash: bytes
    foreign_digest: bytes
    cursors: dict[str, tuple[int, int, bytes]]
    software: str
    clock_ms: int
    time_quality: int
    replica_age_ms: int = -1


class EventBatch(Frame, frozen=True):
    """Entries ``lo..hi`` of a box's log, contiguous. ``prev_hash`` is the chain hash at ``lo - 1``."""

    version: int
    box: UUID
    lo: int
    hi: int
    prev_hash: bytes
    last_hash: bytes
    entries: tuple[tuple[int, UUID, bytes], ...]


class Ack(Frame, frozen=True):
    """What the centre holds of a box's log: everything up to ``through``, whose chain hash is ``hash``.

    ``credit`` is the most events the next batch may hold; 0 asks the box to wait ``retry_ms`` and to probe with one.
    """

    version: int
    gen: int
    epoch: int
    box: UUID
    through: int
    hash: bytes
    status: str
    credit: int = BATCH_EVENTS_MAX
    retry_ms: int = 0
    safe_through: int = 0
    server_ms: int = 0


class StreamHead(Frame, frozen=True):
    """The newest version of a stream: a hint, retained by the broker, never relied upon."""

    stream: str
    gen: int
    ver: int
    hash: bytes
    min_ver: int = 0
    snapshot_digest: bytes = b""
    signature: bytes = b""


class StreamDelta(Frame, frozen=True):
    """Versions ``from_ver + 1 .. to_ver`` of a stream; ``deltas`` are encoded as :mod:`.streams` says."""

    stream: str
    gen: int
    from_ver: int
    to_ver: int
    deltas: tuple[bytes, ...]
    hash: bytes
    signature: bytes = b""


class LastWill(Frame, frozen=True):
    """A hint that a box came or went; an old box's will can overwrite a new box's word."""

    box: UUID
    nonce: bytes
    online: bool
