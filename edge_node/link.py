"""The link to the centre as a part of the box: the sync driver, started anew whenever the grant changes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import structlog

from edge_node.manifest import GRANT_NAME, Manifest, load_grant
from edge_node.ports import Replica
from edge_node.storage import BoxStore, SqliteJournal
from edge_node.storage.box import BoxIdentity, note_grant
from edge_node.sync.driver import LinkSettings, LinkStatus, SyncDriver
from retail.clock import Clock
from retail.errors import Refused
from sync_protocol.frames import Grant
from sync_protocol.mqtt import BrokerAddress

log = structlog.get_logger(__name__)


class Link:
    """Runs the sync driver; without a broker in the manifest there is nothing to run.

    ``chance`` answers numbers in [0, 1), which spread what many boxes would do at once.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        who: BoxIdentity,
        store: BoxStore,
        journal: SqliteJournal,
        clock: Clock,
        replica: Replica,
        software: str,
        chance: Callable[[], float],
    ) -> None:
        self._folder, self._manifest, self._who, self._store = folder, manifest, who, store
        self._journal, self._clock, self._replica, self._software, self._chance = (
            journal,
            clock,
            replica,
            software,
            chance,
        )
        self._driver: SyncDriver | None = None
        self._reload = asyncio.Event()

    def status(self) -> LinkStatus | None:
        """The link now; None where no broker is configured."""
        return None if self._driver is None else self._driver.status()

    def reload(self) -> None:
        """Read the grant again: somebody has enrolled this box."""
        self._reload.set()

    async def run(self) -> None:
        """Deliver and apply until cancelled."""
        broker = self._manifest.broker
        while broker is not None:
            self._reload.clear()
            settings = LinkSettings(
                self._who.store, self._manifest.zone, BrokerAddress(broker.host, broker.port), await self._grant(),
                self._software,
            )  # fmt: skip
            self._driver = SyncDriver(self._journal, settings, self._clock, self._chance, self._replica_age_ms)
            try:
                async with _beside(self._driver):
                    await self._reload.wait()
            finally:
                self._journal.detach()
            log.info("the link starts anew with the grant as it is now")

    async def _grant(self) -> Grant | None:
        try:
            grant = load_grant(self._folder, self._who.store, self._who.box)
        except Refused as refusal:
            log.error("the grant cannot be used: the log waits", file=GRANT_NAME, problem=str(refusal))
            return None
        if grant is not None:
            epoch, gen = grant.epoch, grant.gen
            await self._store.transact(lambda _tx, connection: note_grant(connection, epoch, gen))
        return grant

    def _replica_age_ms(self) -> int:
        age_s = self._replica.status().age_s
        return -1 if age_s is None else round(age_s * 1000)


@contextlib.asynccontextmanager
async def _beside(driver: SyncDriver) -> AsyncIterator[None]:
    """Run ``driver`` beside what is inside; what it raises ends what is inside."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(driver.run(), name="sync driver")
        yield
        task.cancel()
