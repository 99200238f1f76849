"""How old the second copy is: measured from outside, because a litestream that runs may still copy nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from edge_node.ports import ReplicaStatus
from edge_node.replication.control import LitestreamUnreachable, sync
from retail.clock import Clock

log = structlog.get_logger(__name__)

PROBE_S = 1.0
RETRY_S = 0.1
PROBE_TIMEOUT_S = 10.0
ALARM_AGE_S = 30.0
ALARM_WAL_BYTES = 256 * 2**20


class NoReplica:
    """Stands where no replica is configured."""

    def __init__(self, wal_bytes: Callable[[], int]) -> None:
        self._wal_bytes = wal_bytes

    def status(self) -> ReplicaStatus:
        """Says that there is only one copy."""
        return ReplicaStatus(False, None, 0, self._wal_bytes(), "there is no second copy of the data: set a replica")


class ReplicaWatch:
    """Asks litestream, whenever something was committed, to copy it and to say when it has.

    ``last_commit_s`` and ``clock`` count the same monotonic seconds.
    """

    def __init__(
        self,
        folder: Path,
        database: Path,
        clock: Clock,
        last_commit_s: Callable[[], float],
        wal_bytes: Callable[[], int],
    ) -> None:
        self._folder, self._database, self._clock = folder, database, clock
        self._last_commit_s, self._wal_bytes = last_commit_s, wal_bytes
        self._started_s = clock.monotonic()
        self._covered_s: float | None = None
        self._txid = 0
        self._failing = False

    def status(self) -> ReplicaStatus:
        """How good the copy is now."""
        age_s = self._age_s()
        waited_s = self._clock.monotonic() - self._started_s if age_s is None else age_s
        alarm, wal_bytes = "", self._wal_bytes()
        if waited_s > ALARM_AGE_S:
            alarm = f"the second copy is {waited_s:.0f} s old: check the replica's disk or network"
        elif wal_bytes > ALARM_WAL_BYTES:
            alarm = f"the write-ahead log has {wal_bytes >> 20} MiB: check that litestream runs"
        return ReplicaStatus(True, age_s, self._txid, wal_bytes, alarm)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(PROBE_S)
            if self._covered_s is None or self._last_commit_s() > self._covered_s:
                await self.sync_now(PROBE_TIMEOUT_S)

    async def finish(self, timeout_s: float) -> bool:
        """As :meth:`sync_now`, tried again until it works: litestream may have been started a moment ago."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not await self.sync_now(max(deadline - loop.time(), RETRY_S)):
            if loop.time() + RETRY_S > deadline:
                return False
            await asyncio.sleep(RETRY_S)
        return True

    async def sync_now(self, timeout_s: float) -> bool:
        """Copy all that is committed; whether that worked in time."""
        asked_s = self._clock.monotonic()
        try:
            synced = await sync(self._folder, self._database, timeout_s)
        except LitestreamUnreachable as failure:
            self._note(failing=True, problem=failure.problem)
            return False
        if synced.replicated_txid < synced.txid:
            self._note(failing=True, problem="the replica does not follow")
            return False
        self._note(failing=False)
        self._covered_s, self._txid = asked_s, synced.replicated_txid
        return True

    def _age_s(self) -> float | None:
        if self._covered_s is None:
            return None
        if self._last_commit_s() <= self._covered_s:
            return 0.0
        return self._clock.monotonic() - self._covered_s

    def _note(self, *, failing: bool, problem: str = "") -> None:
        """Log unavailability once, recovery once."""
        if failing and not self._failing:
            log.warning("the second copy does not follow; it is tried again", problem=problem)
        elif self._failing and not failing:
            log.info("the second copy follows again")
        self._failing = failing
