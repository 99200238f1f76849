"""The box's end of a downlink stream: what to apply of a message, given how far the stream is applied.

A box applies a delta only if it follows its own version and the chain hash fits. Anything else changes nothing and is
repaired by the next hello, so losing, doubling or reordering messages is harmless.
"""

from dataclasses import dataclass

from sync_protocol import chain
from sync_protocol.frames import StreamDelta


@dataclass(frozen=True)
class Cursor:
    """How far a stream is applied: generation, version, and the chain hash at that version."""

    gen: int = 0
    ver: int = 0
    hash: bytes = chain.ZERO


@dataclass(frozen=True)
class Follow:
    """Apply ``deltas`` in order; each comes with the cursor that holds after it."""

    deltas: tuple[tuple[Cursor, bytes], ...]


@dataclass(frozen=True)
class Stale:
    """Nothing new in it."""


@dataclass(frozen=True)
class Behind:
    """Versions in between are missing, or the chain does not fit: say hello."""

    reason: str


Fit = Follow | Stale | Behind


def fit(cursor: Cursor, message: StreamDelta) -> Fit:
    """What of ``message`` follows ``cursor``."""
    if message.gen < cursor.gen or message.to_ver <= cursor.ver:
        return Stale()
    if message.from_ver > cursor.ver:
        return Behind(f"{message.stream} is at version {cursor.ver}, the message starts after {message.from_ver}")
    digest, ver, steps = cursor.hash, cursor.ver, []
    for delta in message.deltas[cursor.ver - message.from_ver :]:
        ver += 1
        digest = chain.stream_hash(digest, ver, delta)
        steps.append((Cursor(message.gen, ver, digest), delta))
    if digest != message.hash:
        return Behind(f"{message.stream}: the chain hash at version {ver} does not fit")
    return Follow(tuple(steps))
