"""Streams at the centre: appended in the transaction that decides, numbered and chained per scope."""

from typing import NamedTuple

from sync_protocol import chain
from sync_protocol.codec import encode_delta
from sync_protocol.frames import StreamDelta, StreamHead
from sync_protocol.streams import ZONE_STREAMS, Delta
from tests.simulation.disk import Disk, Transaction
from tests.simulation.world import ZONE


class Head(NamedTuple):
    """The newest version of a stream."""

    gen: int = 0
    ver: int = 0
    hash: bytes = chain.ZERO


def scope_of(store: str, stream: str) -> str:
    """Whose stream a store follows: its own, or that of its zone."""
    return f"zone:{ZONE}" if stream in ZONE_STREAMS else store


def append(tx: Transaction, scope: str, stream: str, delta: Delta) -> None:
    """Add a version."""
    head: Head = tx.get("head", (scope, stream), Head())
    encoded, ver = encode_delta(delta), head.ver + 1
    digest = chain.stream_hash(head.hash, ver, encoded)
    tx.put("delta", (scope, stream, ver), (encoded, digest))
    tx.put("head", (scope, stream), Head(tx.get("meta", "gen"), ver, digest))


def head(disk: Disk, scope: str, stream: str) -> Head:
    """The newest version."""
    found: Head = disk.get("head", (scope, stream), Head())
    return found


def hash_at(disk: Disk, scope: str, stream: str, ver: int) -> bytes | None:
    """The chain hash at a version; None where there is no such version."""
    if ver == 0:
        return chain.ZERO
    found: tuple[bytes, bytes] | None = disk.get("delta", (scope, stream, ver))
    return None if found is None else found[1]


def deltas(disk: Disk, scope: str, stream: str) -> list[bytes]:
    """All versions."""
    return [disk.get("delta", (scope, stream, ver))[0] for ver in range(1, head(disk, scope, stream).ver + 1)]


def message(disk: Disk, scope: str, stream: str, from_ver: int, versions_max: int) -> StreamDelta:
    """The versions after ``from_ver``, at most ``versions_max``."""
    newest = head(disk, scope, stream)
    to_ver = min(newest.ver, from_ver + versions_max)
    parts = tuple(disk.get("delta", (scope, stream, ver))[0] for ver in range(from_ver + 1, to_ver + 1))
    return StreamDelta(stream, newest.gen, from_ver, to_ver, parts, disk.get("delta", (scope, stream, to_ver))[1])


def announcement(disk: Disk, scope: str, stream: str) -> StreamHead:
    """The retained hint that there is a newer version."""
    newest = head(disk, scope, stream)
    return StreamHead(stream, newest.gen, newest.ver, newest.hash)
