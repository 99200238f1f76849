"""The console over a real database, asked without a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from central.console.http import Console, console
from central.platform import problems
from retail.clock import SystemClock
from tests.browser.day import Seeded, seed

CLOCK = SystemClock()


@dataclass(frozen=True)
class Site:
    """The console, and a client of it."""

    client: httpx.AsyncClient
    console: Console
    engine: AsyncEngine

    async def page(self, path: str, status: int = 200) -> str:
        """The text of a page, which must have come with ``status``."""
        response = await self.client.get(path)
        assert response.status_code == status, response.text[:500]
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        return response.text


@asynccontextmanager
async def opened(engine: AsyncEngine) -> AsyncIterator[Site]:
    """The console on ``engine``."""
    app = FastAPI()
    problems.install(app)
    made = console(engine, CLOCK)
    app.include_router(made.router)
    transport: Any = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
        yield Site(client, made, engine)
        made.pulse.close()


@pytest_asyncio.fixture
async def site(engine: AsyncEngine) -> AsyncIterator[Site]:
    """The console of a centre that knows nothing yet."""
    async with opened(engine) as made:
        yield made


@pytest.fixture
def now_ms() -> int:
    """The moment at which the day ends."""
    return CLOCK.now_ms()


@pytest_asyncio.fixture
async def day(engine: AsyncEngine, now_ms: int) -> Seeded:
    """A busy day in the database."""
    async with engine.begin() as conn:
        return await seed(conn, now_ms, places=30, number=120)


@pytest_asyncio.fixture
async def wide_day(engine: AsyncEngine, now_ms: int) -> Seeded:
    """A quiet day of as many locations as a real network has."""
    async with engine.begin() as conn:
        return await seed(conn, now_ms, places=1_565, number=10)
