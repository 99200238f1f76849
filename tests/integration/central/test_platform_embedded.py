"""The embedded PostgreSQL: survives kills, leaves no process, and lets a second command in."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from central.platform.embedded import EmbeddedPostgres, running
from firmware_config.supervisor import Supervisor

_OWNER = """
import asyncio, sys
from pathlib import Path
from central.platform.embedded import EmbeddedPostgres, running
from firmware_config.supervisor import Supervisor

async def main():
    async with Supervisor() as supervisor, running(EmbeddedPostgres(Path(sys.argv[1])), supervisor) as url:
        print(url, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def _postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def _is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


async def test_a_second_user_of_the_folder_joins_and_a_stop_leaves_nothing_but_the_data(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    async with (
        Supervisor() as first,
        running(server, first) as url,
        Supervisor() as second,
        running(server, second) as same,
    ):
        assert same == url
        async with await psycopg.AsyncConnection.connect(same) as conn:
            assert await (await conn.execute("SELECT current_user")).fetchone() == ("tillway",)
        assert server.sockets.stat().st_mode & 0o777 == 0o700
        pid = _postmaster(server)
    assert _is_gone(pid)
    assert not server.sockets.exists()


async def test_the_server_ends_with_its_killed_owner_and_the_next_owner_finds_what_was_committed(
    tmp_path: Path,
) -> None:
    server = EmbeddedPostgres(tmp_path)
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    url = (await owner.stdout.readline()).decode().strip()
    async with await psycopg.AsyncConnection.connect(url) as conn:
        await conn.execute("CREATE TABLE kept (n int)")
        await conn.execute("INSERT INTO kept VALUES (7)")
    pid = _postmaster(server)
    os.kill(owner.pid, signal.SIGKILL)
    await owner.wait()
    async with Supervisor() as supervisor, running(server, supervisor) as url:
        assert _postmaster(server) != pid
        assert _is_gone(pid)
        async with await psycopg.AsyncConnection.connect(url) as conn:
            assert await (await conn.execute("SELECT n FROM kept")).fetchone() == (7,)


async def test_a_killed_server_is_back_by_itself(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    async with Supervisor() as supervisor, running(server, supervisor) as url:
        [child] = supervisor.children
        os.kill(_postmaster(server), signal.SIGKILL)
        async with asyncio.timeout(20):
            while child.starts < 2:
                await asyncio.sleep(0.02)
            await child.wait_ready()
        async with await psycopg.AsyncConnection.connect(url) as conn:
            await conn.execute("SELECT 1")


def test_a_long_folder_gets_a_socket_folder_whose_path_is_short_enough(tmp_path: Path) -> None:
    deep = EmbeddedPostgres(tmp_path / ("x" * 100))
    assert len(bytes(deep.sockets)) <= 80
    assert deep.sockets == EmbeddedPostgres(tmp_path / ("x" * 100)).sockets
    assert deep.sockets != EmbeddedPostgres(tmp_path / ("y" * 100)).sockets


async def test_a_socket_folder_of_somebody_else_is_not_entered(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.sockets.symlink_to(tmp_path)
    with pytest.raises(Exception, match="belongs to somebody else"):
        async with Supervisor() as supervisor, running(server, supervisor):
            pass
