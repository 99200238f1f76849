"""A real PostgreSQL for benchmarks: durable, and a migrated, empty database for each of them."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import psycopg

from central.platform.embedded import DATABASE, EmbeddedPostgres, running
from central.platform.migrate import migrate
from firmware_config.supervisor import Supervisor
from retail.clock import SystemClock


class Server:
    """A running server, whose one migrated database is copied for whoever asks."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def database(self, name: str) -> str:
        """The address of a new database."""
        async with await self._admin() as admin:
            await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {DATABASE}'.encode())
        return self._url.replace(f"/{DATABASE}?", f"/{name}?")

    async def settings(self) -> Mapping[str, str]:
        """Its version, and the settings that durability rests on."""
        async with await self._admin() as admin:
            cursor = await admin.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN ('server_version', 'fsync', 'synchronous_commit')"
            )
            return dict(await cursor.fetchall())

    async def _admin(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._url.replace(f"/{DATABASE}?", "/postgres?"), autocommit=True)


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    """A server in ``folder`` with PostgreSQL's own defaults: fsync is on, and a commit waits for it."""
    async with Supervisor() as supervisor, running(EmbeddedPostgres(folder), supervisor) as url:
        await migrate(url, SystemClock())
        yield Server(url)
