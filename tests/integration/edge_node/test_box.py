"""A whole box: database, litestream, simulated devices behind real drivers, API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from edge_node.devices import DeviceBackends
from edge_node.replication.alone import litestreams_in
from edge_node.storage.verify import verify
from retail.errors import Fatal
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.pty_scanner import PtyScanner
from simulators.devices.usb_bus import UsbBus
from tests.contract.edge_storage.backends import gtin
from tests.integration.edge_node.boxes import BoxFolder, make_box, running_here, sale, until

PRINTER = {"name": "main", "connection": "usb"}


@pytest.fixture
async def folder(tmp_path: Path) -> BoxFolder:
    return await make_box(tmp_path)


@asynccontextmanager
async def with_printer(folder: BoxFolder, printer: SimulatedPrinter) -> AsyncIterator[httpx.AsyncClient]:
    bus = UsbBus()
    bus.plug(printer)
    folder.change_manifest(printers=[PRINTER])
    async with running_here(folder, DeviceBackends(usb=lambda: bus)) as client:
        yield client


async def print_states(client: httpx.AsyncClient) -> list[tuple[str, int]]:
    jobs = (await client.get("/v1/print-jobs")).json()["jobs"]
    return [(job["state"], job["attempts"]) for job in jobs]


async def device_states(client: httpx.AsyncClient) -> list[str]:
    return [device["state"] for device in (await client.get("/v1/status")).json()["devices"]]


async def test_a_sale_opens_the_drawer_and_its_receipt_is_proved_to_be_on_paper(folder: BoxFolder) -> None:
    printer = SimulatedPrinter()
    async with with_printer(folder, printer) as client:
        answer = await client.post("/v1/sales", json=sale())
        assert answer.status_code == 201
        await until(lambda: _equals(print_states(client), [("proved", 1)]))
        assert printer.kicks == [2]
        again = await client.post(f"/v1/sales/{answer.json()['id']}/reprint")
        assert again.status_code == 202
        await until(lambda: _equals(print_states(client), [("proved", 1), ("proved", 1)]))
        assert printer.kicks == [2]
    first, copy = [slip.text() for slip in printer.slips]
    assert "S0412-0001-000001" in first
    assert "Article 2" in first
    assert "COPY" not in first
    assert "COPY" in copy
    assert printer.strange == []


async def test_a_sale_goes_on_without_paper_and_the_receipt_follows_when_there_is_some(folder: BoxFolder) -> None:
    printer = SimulatedPrinter()
    printer.take_paper_out()
    async with with_printer(folder, printer) as client:
        assert (await client.post("/v1/sales", json=sale())).status_code == 201

        async def paper_is_missed() -> bool:
            return any("paper" in each for each in (await client.get("/v1/status")).json()["attention"])

        await until(paper_is_missed)
        printer.load_paper()
        await until(lambda: _equals(print_states(client), [("proved", 1)]))


async def test_a_slip_that_a_stopped_box_left_without_proof_is_printed_again_as_a_copy(folder: BoxFolder) -> None:
    printer = SimulatedPrinter()
    bus = UsbBus()
    bus.plug(printer)
    folder.change_manifest(printers=[PRINTER])
    backends = DeviceBackends(usb=lambda: bus)
    async with running_here(folder, backends) as client:
        await until(lambda: _equals(device_states(client), ["ready"]))
        printer.dawdle()
        before = printer.bytes_taken
        await client.post("/v1/sales", json=sale())
        await until(lambda: printer.bytes_taken > before + 500)
        assert await print_states(client) == [("sent", 1)]
    printer.dawdle(busy=False)
    printer.forget_answers()  # if the whole slip had gone out, its proof would come now, and no copy
    async with running_here(folder, backends) as client:
        await until(lambda: _equals(print_states(client), [("proved", 2)]))
    assert "COPY" in printer.slips[-1].text()


async def test_a_register_hears_the_boxes_scanner(folder: BoxFolder, tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    folder.change_manifest(scanners=[{"name": "front", "port": str(link)}])
    with PtyScanner(link) as scanner:
        async with running_here(folder) as client:
            start = (await client.get("/v1/scans")).json()["next"]

            await until(lambda: _equals(device_states(client), ["ready"]))
            waiting = asyncio.create_task(client.get("/v1/scans", params={"after": start, "wait_s": 10}))
            await asyncio.sleep(0.05)
            await asyncio.to_thread(scanner.scan, gtin(1))
            [heard] = (await waiting).json()["scans"]
    assert (heard["scanner"], heard["code"]) == ("front", gtin(1))


def _litestreams() -> list[int]:
    """The litestreams that this process has started; other children belong to other tests."""
    return [child.pid for child in psutil.Process().children(recursive=True) if child.name() == "litestream"]


async def test_the_second_copy_is_young_and_a_stopped_box_leaves_nothing_running(folder: BoxFolder) -> None:
    async with running_here(folder) as client:
        for _ in range(20):
            await client.post("/v1/sales", json=sale())

        async def is_copied() -> bool:
            replica = (await client.get("/v1/status")).json()["replica"]
            return replica["age_s"] == 0.0 and replica["txid"] > 1

        await until(is_copied)
        assert _litestreams()
        assert (folder.path / "running.json").exists()
    assert _litestreams() == []
    assert not (folder.path / "running.json").exists()
    found = verify(folder.database)
    assert (found.problems, found.head) == ((), 21)


async def test_two_boxes_cannot_use_one_address(folder: BoxFolder, tmp_path: Path) -> None:
    other = await make_box(tmp_path / "other")
    async with running_here(folder) as client:
        port = client.base_url.port
        other.change_manifest(lan={"host": "127.0.0.1", "port": port})
        with pytest.raises(Fatal, match=f"127.0.0.1:{port} cannot be had"):
            async with running_here(other):
                pass
    assert _litestreams() == []


async def test_a_box_is_not_run_twice(folder: BoxFolder) -> None:
    async with running_here(folder):
        with pytest.raises(Fatal, match="another process runs the box"):
            async with running_here(folder):
                pass
        assert len(litestreams_in(folder.path)) == 1


async def test_a_warehouse_runs_without_a_register(tmp_path: Path) -> None:
    folder = await make_box(tmp_path, store="W0001", replicated=False)
    async with running_here(folder) as client:
        answer = await client.post("/v1/sales", json=sale())
        assert answer.status_code == 422
        assert "no register" in answer.json()["detail"]
        assert (await client.get("/v1/status")).json()["role"] == "warehouse"
        page = await client.get("/handheld")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def _equals(answer: object, wanted: object) -> bool:
    return await answer == wanted  # type: ignore[misc]
