"""One box and one litestream for each data folder."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_node.replication import alone as alone_module
from edge_node.replication.alone import alone_in, end_orphans, litestreams_in
from retail.errors import Fatal


@pytest.fixture
def orphan(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Something called litestream that works in a folder and does not end by itself."""
    program, folder = tmp_path / "litestream", tmp_path / "data"
    folder.mkdir()
    shutil.copy(shutil.which("sleep") or "", program)
    process = subprocess.Popen([program, "60"], cwd=folder)
    for _ in range(100):
        if litestreams_in(folder):  # it takes its name a moment after it was started
            break
        time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


def test_a_folder_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(Fatal, match="another process"), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


async def test_a_litestream_is_found_by_the_folder_it_works_in(orphan: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert litestreams_in(tmp_path / "data") == [orphan.pid]
    assert litestreams_in(tmp_path) == []
    await end_orphans(tmp_path)


async def test_a_litestream_that_ends_in_time_is_waited_for(orphan: subprocess.Popen[bytes], tmp_path: Path) -> None:
    waiting = asyncio.create_task(end_orphans(tmp_path / "data"))
    await asyncio.sleep(0.15)
    assert not waiting.done()
    orphan.terminate()
    async with asyncio.timeout(5):
        await waiting
    assert orphan.wait() == -15


async def test_a_litestream_that_does_not_end_is_killed(
    orphan: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone_module, "ORPHAN_S_MAX", 0.2)
    async with asyncio.timeout(5):
        await end_orphans(tmp_path / "data")
    assert orphan.wait() == -9
