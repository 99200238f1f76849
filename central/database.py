"""Which database the centre uses: one that settings name, or an embedded one of its own."""

import contextlib
from collections.abc import AsyncIterator

import structlog

from central.platform.embedded import EmbeddedPostgres, running
from central.settings import Settings
from firmware_config.supervisor import ChildEvent, Supervisor

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The address of the database. An embedded one runs as long as this context, or is joined where it runs already.

    Raises :class:`~retail.errors.Fatal` or :class:`~retail.errors.NeedsAttention` where it cannot be started. Call it
    on the main thread.
    """
    if settings.database_url:
        yield settings.database_url
        return
    async with Supervisor(_note) as supervisor, running(EmbeddedPostgres(settings.data_dir), supervisor) as url:
        yield url


def _note(event: ChildEvent) -> None:
    level = log.warning if event.what in ("died", "killed") else log.info
    level("child process", name=event.name, what=event.what, pid=event.pid, detail=event.detail)
