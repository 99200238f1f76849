"""Chain hashes: what makes two copies of a log, or of a stream, comparable by their last 16 bytes.

A log's hash is ``blake2b16(previous || box || seq || id || body)``, a stream's ``blake2b16(previous || ver || delta)``;
integers are 8 bytes, big-endian. BLAKE2b is defined in RFC 7693; 16 bytes of digest are its native output length, not
a truncation.
"""

from hashlib import blake2b
from uuid import UUID

HASH_BYTES = 16
ZERO = bytes(HASH_BYTES)
"""The hash of a stream at version 0."""


def seed(box: UUID) -> bytes:
    """The hash of a box's log before its first entry."""
    return blake2b(b"tillway log" + box.bytes, digest_size=HASH_BYTES).digest()


def link(previous: bytes, box: UUID, seq: int, event_id: UUID, body: bytes) -> bytes:
    """The hash of a log up to and including the entry ``seq``."""
    digest = blake2b(previous, digest_size=HASH_BYTES)
    digest.update(box.bytes)
    digest.update(seq.to_bytes(8, "big"))
    digest.update(event_id.bytes)
    digest.update(body)
    return digest.digest()


def stream_hash(previous: bytes, ver: int, delta: bytes) -> bytes:
    """The hash of a stream up to and including version ``ver``, whose encoded delta is ``delta``."""
    return blake2b(previous + ver.to_bytes(8, "big") + delta, digest_size=HASH_BYTES).digest()
