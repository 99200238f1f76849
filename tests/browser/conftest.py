"""A headless Chromium, and the pages of both ends on real ports.

Every page that a test opens is watched: a request that leaves this machine, an error of a script or a breach of the
content policy fails the test, whatever it was about.
"""

import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright
from sqlalchemy.ext.asyncio import AsyncEngine

from central.console.http import Console, console
from central.platform import problems
from central.platform.engine import make_engine
from retail.clock import SystemClock
from tests.browser import shop
from tests.browser.day import Seeded, seed
from tests.browser.serving import HOST, port_of, serving
from tests.browser.shop import Shop

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass
class Watch:
    """What must not happen on any page. ``expected`` are parts of messages that a test provokes."""

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    is_over: bool = False

    def request(self, request: Request) -> None:
        """Note a request that leaves the machine."""
        if urlsplit(request.url).hostname not in (HOST, "localhost"):
            self.problems.append(f"a request left the machine: {request.url}")

    def message(self, message: ConsoleMessage) -> None:
        """Note an error, such as a breach of the policy."""
        if message.type in ("error", "warning") and not self.is_over:
            self.problems.append(message.text)

    def unexpected(self) -> list[str]:
        """What nobody provoked."""
        return [text for text in self.problems if not any(part in text for part in self.expected)]


@dataclass(frozen=True)
class ConsoleSite:
    """The console over a seeded database."""

    url: str
    seeded: Seeded
    engine: AsyncEngine
    console: Console


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests of the session."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture
def watch() -> Watch:
    """What must not happen on the pages of this test."""
    return Watch()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, watch: Watch) -> AsyncIterator[Callable[..., object]]:
    """Opens pages in contexts of their own: ``await open_page(width=390)``."""
    async with contextlib.AsyncExitStack() as contexts:

        async def open_one(width: int = 1280, height: int = 900, **options: object) -> Page:
            context = await browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
            contexts.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(10_000)
            page.on("request", watch.request)
            page.on("console", watch.message)
            page.on("pageerror", lambda error: watch.problems.append(str(error)))
            return page

        yield open_one
    assert watch.unexpected() == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(postgres: str) -> AsyncIterator[ConsoleSite]:
    """The console of a small retailer on a busy day. Tests may add to it, not take away."""
    clock = SystemClock()
    async with await psycopg.AsyncConnection.connect(
        postgres.replace("/tillway?", "/postgres?"), autocommit=True
    ) as admin:
        await admin.execute("CREATE DATABASE console_site TEMPLATE tillway STRATEGY file_copy")
    engine = make_engine(postgres.replace("/tillway?", "/console_site?"))
    async with engine.begin() as conn:
        seeded = await seed(conn, clock.now_ms(), places=20, number=30)
    made = console(engine, clock)
    app = FastAPI()
    problems.install(app)
    app.include_router(made.router)
    async with serving(app, port_of()) as served:
        yield ConsoleSite(served.url, seeded, engine, made)
        made.pulse.close()
    await engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def store(tmp_path: Path, watch: Watch) -> AsyncIterator[Shop]:
    """A store box without tasks. It stops before the pages that ask it do."""
    async with shop.running(tmp_path) as running:
        yield running
        watch.is_over = True


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def busy_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A store box with pick lists in every state. To be looked at only."""
    async with shop.running(tmp_path_factory.mktemp("busy")) as running:
        await shop.fill(running)
        yield running
