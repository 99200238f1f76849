"""The log and the downlink cursors as `sync` sees them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sync_protocol.downlink import Cursor
from sync_protocol.streams import Delta


@dataclass(frozen=True)
class LogEntry:
    """One entry of the box's own log. ``hash`` is the chain hash up to and including this entry (16 bytes)."""

    seq: int
    id: UUID
    body: bytes
    hash: bytes


@dataclass(frozen=True)
class LogState:
    """Where the box's own log stands. ``acked`` is the last sequence that the centre has confirmed; 0 is none."""

    box: UUID
    gen: int
    head: int
    head_hash: bytes
    acked: int
    acked_hash: bytes


class Journal(Protocol):
    """The box's log and downlink cursors, as `sync` needs them. All methods may wait for the disk."""

    async def state(self) -> LogState:
        """Where the log stands now."""
        ...

    async def read(self, after: int, limit: int) -> Sequence[LogEntry]:
        """At most ``limit`` entries with a sequence above ``after``, in order."""
        ...

    async def hash_at(self, seq: int) -> bytes | None:
        """The chain hash at ``seq``; None where the log has no such entry (0 is the seed)."""
        ...

    async def acknowledge(self, gen: int, through: int, chain_hash: bytes) -> None:
        """Note that the centre of generation ``gen`` holds everything up to ``through``."""
        ...

    async def cursors(self) -> Mapping[str, Cursor]:
        """How far each stream is applied; a stream without a row is at version 0."""
        ...

    async def apply(self, stream: str, cursor: Cursor, delta: Delta) -> None:
        """Apply ``delta`` and move the stream's cursor to ``cursor``, in one transaction."""
        ...

    def on_append(self, listener: Callable[[int], None]) -> None:
        """Call ``listener(head)`` on the event loop after each commit that appended."""
        ...
