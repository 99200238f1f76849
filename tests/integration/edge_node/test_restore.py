"""A box that comes back from its replica, and one that is killed."""

import asyncio
import contextlib
import json
import shutil
import signal
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest

from edge_node.cli.main import run_command
from edge_node.storage.verify import verify
from tests.integration.edge_node.boxes import (
    STORE,
    BoxFolder,
    Capture,
    box_process,
    gone,
    make_box,
    running_here,
    sale,
    until,
)


@pytest.fixture
async def folder(tmp_path: Path) -> BoxFolder:
    return await make_box(tmp_path)


async def sell(client: httpx.AsyncClient, sales: int, registers: int = 6) -> set[str]:
    """Many registers at once, selling the same articles: every sale updates the same rows. The ids of the sales."""
    sold: set[str] = set()

    async def register(number: int) -> None:
        while len(sold) < sales:
            answer = await client.post("/v1/sales", json=sale(lines=3 + number))
            assert answer.status_code == 201
            sold.add(answer.json()["id"])

    await asyncio.gather(*(register(number) for number in range(registers)))
    return sold


def command(*arguments: object) -> dict[str, object]:
    """The answer of a command with ``--json`` that succeeds."""
    with contextlib.redirect_stdout(Capture()) as said:
        assert run_command([*map(str, arguments), "--json"]) == 0
    return json.loads(said.text)


async def test_a_restored_box_has_the_chain_of_the_one_it_continues_and_sells_on(
    folder: BoxFolder, tmp_path: Path
) -> None:
    async with running_here(folder) as client:
        sold = await sell(client, 120)
    source = verify(folder.database)
    assert source.problems == ()
    assert source.head > 100

    looked_at = command("restore", "--replica", folder.replica, "--store", STORE, "--to", tmp_path / "copy",
                        "--verify-only")  # fmt: skip
    assert (looked_at["box"], looked_at["head"], looked_at["head_hash"]) == (
        str(folder.box), source.head, source.head_hash.hex(),
    )  # fmt: skip
    assert "new_box" not in looked_at

    restored = command("restore", "--replica", folder.replica, "--store", STORE, "--to", tmp_path / "new")
    assert restored["head_hash"] == source.head_hash.hex()
    new = BoxFolder(tmp_path / "new", UUID(str(restored["new_box"])), folder.replica)
    assert new.box != folder.box
    async with running_here(new) as client:
        status = (await client.get("/v1/status")).json()
        assert (status["box"], status["log"]["head"]) == (str(new.box), 1)
        for sale_id in sorted(sold)[:20]:
            assert (await client.get(f"/v1/sales/{sale_id}")).status_code == 200
        answer = await client.post("/v1/sales", json=sale())
        assert answer.json()["receipt"] == f"{STORE}-0001-{len(sold) + 1:06}"
    found = verify(new.database)
    assert (found.problems, found.head, found.entries) == ((), 2, source.entries + 2)
    assert sorted(path.name for path in (folder.replica / STORE).iterdir()) == sorted([str(folder.box), str(new.box)])


async def test_a_killed_box_has_every_sale_that_it_confirmed_and_leaves_no_litestream(
    folder: BoxFolder, tmp_path: Path
) -> None:
    confirmed: set[str] = set()
    for _ in range(2):
        with box_process(folder) as box:
            tree = box.tree()
            assert len(tree) == 2
            async with httpx.AsyncClient(base_url=box.url, trust_env=False, timeout=30) as client:
                selling = asyncio.create_task(keep_selling(client, confirmed))
                enough = len(confirmed) + 20
                await until(lambda enough=enough: len(confirmed) >= enough)
                box.end(signal.SIGKILL)
                await selling
            await until(lambda tree=tree: gone(tree))
    with box_process(folder) as box:
        async with httpx.AsyncClient(base_url=box.url, trust_env=False, timeout=30) as client:
            for sale_id in confirmed:
                assert (await client.get(f"/v1/sales/{sale_id}")).status_code == 200
        tree = box.tree()
        assert tree[0].memory_info().rss <= 120 * 2**20
        assert box.end(signal.SIGTERM) == 0
        assert gone(tree)
    found = verify(folder.database)
    assert found.problems == ()
    assert found.head >= 1 + len(confirmed)
    assert copied_hash(folder, tmp_path) == found.head_hash.hex()


async def keep_selling(client: httpx.AsyncClient, confirmed: set[str]) -> None:
    """Four registers that sell until the box is gone."""

    async def register() -> None:
        with contextlib.suppress(httpx.TransportError):
            while True:
                answer = await client.post("/v1/sales", json=sale())
                confirmed.add(answer.json()["id"])

    await asyncio.gather(*(register() for _ in range(4)))


def copied_hash(folder: BoxFolder, tmp_path: Path) -> str:
    """The last chain hash in the replica."""
    answer = command("restore", "--replica", folder.replica, "--store", STORE, "--to", tmp_path / "copy",
                     "--verify-only")  # fmt: skip
    return str(answer["head_hash"])


async def test_a_box_that_stops_right_after_its_start_has_copied_everything(folder: BoxFolder, tmp_path: Path) -> None:
    async with running_here(folder) as client:
        await client.post("/v1/sales", json=sale())
    assert copied_hash(folder, tmp_path) == verify(folder.database).head_hash.hex()


async def test_litestream_that_is_killed_comes_back_and_the_copy_follows(folder: BoxFolder, tmp_path: Path) -> None:
    def litestreams() -> list[psutil.Process]:
        return [child for child in psutil.Process().children() if _is_litestream(child)]

    async with running_here(folder) as client:
        for _ in range(3):
            [litestream] = await until(litestreams)
            await sell(client, 10, registers=2)
            litestream.kill()
            await client.post("/v1/sales", json=sale())

            async def copied(killed: int = litestream.pid) -> bool:
                replica = (await client.get("/v1/status")).json()["replica"]
                return [each.pid for each in litestreams()] not in ([], [killed]) and replica["age_s"] == 0.0

            await until(copied)
    assert copied_hash(folder, tmp_path) == verify(folder.database).head_hash.hex()


def _is_litestream(child: psutil.Process) -> bool:
    """One that runs: not one that has just ended, whether or not somebody has collected it."""
    try:
        return child.status() != psutil.STATUS_ZOMBIE and "litestream" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        return False


async def test_a_damaged_replica_is_found_and_nothing_is_installed(folder: BoxFolder, tmp_path: Path) -> None:
    async with running_here(folder) as client:
        await sell(client, 20)
    replica = folder.replica / STORE / str(folder.box)
    for file in sorted(replica.rglob("*.ltx")):
        content = bytearray(file.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 64] = bytes(64)
        file.write_bytes(content)
    arguments = ["restore", "--replica", folder.replica, "--store", STORE, "--to", tmp_path / "copy"]
    assert run_command([str(argument) for argument in arguments]) == 1
    assert not (tmp_path / "copy" / "box.db").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--store", "S9999"], "no box of S9999"),
        (["--store", STORE, "--box", "4711"], "not the id of a box"),
        (["--store", STORE, "--box", str(UUID(int=1))], "litestream failed"),
        (["--store", STORE, "--replica", "s3://bucket/x"], "--box"),
    ],
)
async def test_a_restore_that_cannot_be_done_says_why(
    folder: BoxFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    async with running_here(folder):
        pass
    base = ["restore", "--replica", str(folder.replica), "--to", str(tmp_path / "copy")]
    assert run_command([*base, *arguments]) in (1, 2)
    assert says in capsys.readouterr().err


async def test_a_restore_never_writes_over_a_box_and_asks_which_of_two_is_meant(
    folder: BoxFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_here(folder):
        pass
    base = ["restore", "--replica", str(folder.replica), "--store", STORE]
    assert run_command([*base, "--to", str(folder.path)]) == 2
    assert "never writes over a box" in capsys.readouterr().err
    shutil.copytree(folder.replica / STORE / str(folder.box), folder.replica / STORE / str(UUID(int=1)))
    assert run_command([*base, "--to", str(folder.path / "x")]) == 2
    assert "has 2 boxes" in capsys.readouterr().err
