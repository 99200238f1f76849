"""A box's journal that notes when each entry was committed, sent and acknowledged."""

import time
from dataclasses import dataclass, field

from edge_node.ports import LogEntry
from edge_node.storage import SqliteJournal
from tests.bench.shop import Shop


@dataclass
class Log:
    """Moments of each entry by its sequence, in seconds of the performance counter."""

    committed: dict[int, float] = field(default_factory=dict)
    idle: set[int] = field(default_factory=set)
    acked: dict[int, float] = field(default_factory=dict)
    kept: dict[int, float] = field(default_factory=dict)
    head: int = 0
    through: int = 0
    batches: int = 0

    def committed_now(self, head: int) -> None:
        """An entry is durable. On an idle line nothing is under way."""
        now = time.perf_counter()
        if self.through == head - 1:
            self.idle.add(head)
        self.committed[head] = now
        self.head = head

    def note(self, moments: dict[int, float], through: int) -> None:
        """Everything up to ``through`` has come this far now."""
        now = time.perf_counter()
        for seq in range(through, 0, -1):
            if seq in moments:
                break
            moments[seq] = now


class WatchedJournal(SqliteJournal):
    """The box's journal, which also notes when the link reads from it and writes to it."""

    def __init__(self, shop: Shop, log: Log) -> None:
        super().__init__(shop.store, lambda _tx, _update: None)
        self._log = log
        shop.store.on_append(log.committed_now)

    async def read(self, after: int, limit: int) -> list[LogEntry]:
        entries = await super().read(after, limit)
        self._log.batches += 1
        return list(entries)

    async def acknowledge(self, gen: int, through: int, chain_hash: bytes) -> None:
        self._log.note(self._log.acked, through)
        self._log.through = through
        await super().acknowledge(gen, through, chain_hash)
        self._log.note(self._log.kept, through)
