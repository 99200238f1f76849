"""Fixtures that several kinds of tests share."""

import itertools
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# Properties are about values, not about how busy the machine is: no example has a deadline.
settings.register_profile("tillway", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
settings.load_profile("tillway")

_database_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a real PostgreSQL that lasts for the session, with one migrated database to copy from."""
    from central.platform.embedded import EmbeddedPostgres, running
    from central.platform.migrate import migrate
    from firmware_config.supervisor import Supervisor
    from retail.clock import SystemClock

    # A test's database need not survive a power cut: without fsync a copy takes a tenth of the time.
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), {"fsync": "off", "max_connections": "200"})
    async with Supervisor() as supervisor, running(server, supervisor) as url:
        await migrate(url, SystemClock())
        yield url


@pytest_asyncio.fixture
async def database_url(postgres: str) -> AsyncIterator[str]:
    """The address of a migrated, empty database of this test's own."""
    name = f"test_{next(_database_numbers)}"
    admin_url = postgres.replace("/tillway?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE tillway STRATEGY file_copy')
        yield postgres.replace("/tillway?", f"/{name}?")
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest_asyncio.fixture
async def engine(database_url: str) -> "AsyncIterator[AsyncEngine]":
    """An engine on this test's own database."""
    from central.platform.engine import make_engine

    engine = make_engine(database_url)
    yield engine
    await engine.dispose()
