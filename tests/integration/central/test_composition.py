"""The centre as a whole: it starts without its broker, outlives its database, and stops in order."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from central import composition
from central.platform.migrate import newest_revision
from central.settings import Settings
from retail.errors import Fatal
from simulators.broker import free_port


@asynccontextmanager
async def running(settings: Settings, **options: Any) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """The centre, from its start until it is told to stop; its address."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(composition.run(settings, stop=stop, on_ready=ready.set_result, **options))
    done, _ = await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        await task
    try:
        yield ready.result(), task
    finally:
        stop.set()
        await task


def postmaster(folder: Path) -> int | None:
    """The process of the embedded database; None where none runs."""
    try:
        return int((folder / "postgresql" / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


async def until(client: httpx.AsyncClient, status: int) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            answer = await client.get("/health")
            if answer.status_code == status:
                health: dict[str, Any] = answer.json()
                return health
            await asyncio.sleep(0.05)


async def test_without_a_broker_the_api_answers_and_health_says_so(database_url: str) -> None:
    settings = Settings(database_url=database_url, http_port=0, broker_port=free_port())
    async with running(settings) as (address, _), httpx.AsyncClient(base_url=address, trust_env=False) as client:
        assert await until(client, 200) == {"status": "waiting", "database": "ok", "broker": "away"}
        assert (await client.get("/v1/fleet")).json() == {"items": [], "next": None}
        assert (await client.get("/console")).status_code == 200


async def test_a_killed_database_is_waited_for_and_work_goes_on(tmp_path: Path) -> None:
    settings = Settings(database_url="", data_dir=tmp_path, http_port=0, broker_port=free_port())
    async with running(settings) as (address, task), httpx.AsyncClient(base_url=address, trust_env=False) as client:
        await until(client, 200)
        killed = postmaster(tmp_path)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        async with asyncio.timeout(30):
            while postmaster(tmp_path) in (killed, None):
                assert (await client.get("/v1/orders")).status_code in (200, 503)
                await asyncio.sleep(0.05)
        await until(client, 200)
        assert (await client.get("/v1/orders")).status_code == 200
        assert not task.done()
    assert postmaster(tmp_path) is None


async def test_a_signal_stops_it(database_url: str) -> None:
    settings = Settings(database_url=database_url, http_port=0, broker_port=free_port())
    async with running(settings) as (_, task):
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await task


async def test_workers_wait_for_a_database_that_is_not_migrated(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '0000'")
        conn.execute("INSERT INTO outbox (topic, key, payload) VALUES ('task-event', 'k', 'not a uuid')")
        settings = Settings(database_url=database_url, http_port=0, broker_port=free_port(), outbox_attempts_max=1)
        async with running(settings, http=False):
            await asyncio.sleep(1.0)
            assert conn.execute("SELECT attempts FROM outbox").fetchall() == [(0,)]
            conn.execute("UPDATE alembic_version SET version_num = %s", [newest_revision()])
            async with asyncio.timeout(20):
                while conn.execute("SELECT count(*) FROM incident").fetchone() == (0,):
                    await asyncio.sleep(0.05)


async def test_a_port_in_use_is_told_before_anything_is_started(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Fatal, match=f"127.0.0.1:{port}"):
            await composition.run(Settings(database_url="", data_dir=tmp_path, http_port=port))
    assert postmaster(tmp_path) is None
