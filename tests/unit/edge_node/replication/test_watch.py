"""How old the second copy is said to be, with a litestream that answers as told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_node.replication.control import LitestreamUnreachable, sync
from edge_node.replication.watch import ALARM_WAL_BYTES, NoReplica, ReplicaWatch
from firmware_config.litestream import SOCKET_NAME
from retail.clock import ManualClock


@asynccontextmanager
async def litestream(folder: Path, answer: bytes, asked: list[dict[str, object]] | None = None) -> AsyncIterator[None]:
    """A control socket that gives every request the same ``answer``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if asked is not None:
            asked.append(json.loads(body) | {"request": head.split(b"\r\n")[0].decode()})
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(serve, folder / SOCKET_NAME)
    async with server:
        yield


def ok(txid: int, replicated: int) -> bytes:
    body = json.dumps({"status": "synced", "txid": txid, "replicated_txid": replicated}).encode()
    return b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body


class Rig:
    """A watch over a store that commits when told."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.last_commit_s = 0.0
        self.wal_bytes = 0
        self.watch = ReplicaWatch(
            folder, folder / "box.db", self.clock, lambda: self.last_commit_s, lambda: self.wal_bytes
        )

    def commit(self) -> None:
        self.last_commit_s = self.clock.monotonic()


async def test_a_copy_that_holds_everything_has_no_age(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.commit()
    rig.clock.advance(10)
    asked: list[dict[str, object]] = []
    async with litestream(tmp_path, ok(4, 4), asked):
        assert await rig.watch.sync_now(5)
    rig.clock.advance(3_600_000)
    status = rig.watch.status()
    assert (status.age_s, status.txid, status.alarm) == (0.0, 4, "")
    assert asked == [{"path": str(tmp_path / "box.db"), "wait": True, "timeout": 5, "request": "POST /sync HTTP/1.0"}]


async def test_a_copy_ages_from_the_last_time_that_it_held_everything(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    async with litestream(tmp_path, ok(4, 4)):
        assert await rig.watch.sync_now(5)
    rig.clock.advance(5_000)
    rig.commit()
    rig.clock.advance(2_000)
    assert rig.watch.status().age_s == 7.0
    assert rig.watch.status().alarm == ""
    rig.clock.advance(24_000)
    assert "31 s old" in rig.watch.status().alarm


@pytest.mark.parametrize(
    "answer",
    [ok(5, 4), b"HTTP/1.0 500 Internal Server Error\r\n\r\n{}", b"HTTP/1.0 200 OK\r\n\r\n", b"", b"nonsense"],
)  # fmt: skip
async def test_a_litestream_that_does_not_follow_does_not_make_the_copy_younger(tmp_path: Path, answer: bytes) -> None:
    rig = Rig(tmp_path)
    rig.commit()
    async with litestream(tmp_path, answer):
        assert not await rig.watch.sync_now(2)
    assert rig.watch.status().age_s is None


async def test_a_copy_of_which_nothing_is_heard_raises_the_alarm_too(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    assert not await rig.watch.sync_now(1)
    assert rig.watch.status().alarm == ""
    rig.clock.advance(31_000)
    assert "31 s old" in rig.watch.status().alarm


async def test_a_log_that_nobody_empties_raises_the_alarm(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    async with litestream(tmp_path, ok(1, 1)):
        await rig.watch.sync_now(5)
    rig.wal_bytes = ALARM_WAL_BYTES + 1
    assert "256 MiB" in rig.watch.status().alarm


async def test_a_silent_litestream_is_given_up_in_time(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(silent, tmp_path / SOCKET_NAME)
    async with server:
        with pytest.raises(LitestreamUnreachable, match="does not answer"):
            await sync(tmp_path, tmp_path / "box.db", 0.05)


async def test_a_data_folder_with_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100) / ("y" * 100)
    folder.mkdir(parents=True)
    short = tmp_path / "s"
    short.symlink_to(folder)
    async with litestream(short, ok(2, 2)):
        assert (await sync(folder, folder / "box.db", 5)).txid == 2


def test_a_box_without_a_replica_says_so() -> None:
    status = NoReplica(lambda: 17).status()
    assert (status.configured, status.age_s, status.wal_bytes) == (False, None, 17)
    assert "no second copy" in status.alarm
