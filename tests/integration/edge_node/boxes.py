"""Whole boxes for tests: made by ``edge-node init``, run as real processes or in the test's own."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil

from edge_node.cli.main import run_command
from edge_node.composition import run
from edge_node.devices import DeviceBackends
from edge_node.manifest import MANIFEST_NAME, load_manifest
from edge_node.settings import load_settings
from edge_node.storage import SqliteJournal
from edge_node.storage.store import DATABASE_NAME, BoxStore
from retail.clock import SystemClock
from sync_protocol.downlink import Cursor
from sync_protocol.streams import CATALOGUE, PRICE, CatalogueDelta, PriceDelta, PriceRecord
from tests.contract.edge_storage.backends import VAT, article, context

STORE = "S0412"
START_S = 20.0


@dataclass
class BoxFolder:
    """The data folder of one box and where its replica goes."""

    path: Path
    box: UUID
    replica: Path

    @property
    def database(self) -> Path:
        return self.path / DATABASE_NAME

    def change_manifest(self, **values: Any) -> None:
        """Write other values into the manifest."""
        manifest = load_manifest(self.path).model_dump(mode="json") | values
        (self.path / MANIFEST_NAME).write_text(json.dumps(manifest))


async def make_box(folder: Path, *, replicated: bool = True, store: str = STORE) -> BoxFolder:
    """A box with ten articles at 1.00 to 1.09 and one register (a warehouse has none)."""
    path, replica = folder / "data", folder / "replica"
    arguments = ["init", "--dir", str(path), "--store", store, "--lan", "127.0.0.1:0", "--json"]
    if store.startswith("S"):
        arguments += ["--register", "0001"]
    if replicated:
        arguments += ["--replica", str(replica)]
    with contextlib.redirect_stdout(Capture()) as said:
        assert run_command(arguments) == 0
    box = UUID(json.loads(said.text)["box"])
    clock = SystemClock()
    opened = BoxStore(path / DATABASE_NAME, clock, context(clock), replicated=False)
    await opened.open()
    try:
        journal = SqliteJournal(opened, lambda _tx, _update: None)
        await journal.apply(CATALOGUE, Cursor(1, 1), CatalogueDelta(tuple(map(article, range(10))), (VAT,)))
        prices = tuple(PriceRecord(f"SKU-{number}", "EUR", 100 + number) for number in range(10))
        await journal.apply(PRICE, Cursor(1, 1), PriceDelta(prices))
    finally:
        await opened.close()
    return BoxFolder(path, box, replica)


class Capture:
    """A standard output that keeps what it is told."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


@asynccontextmanager
async def running_here(folder: BoxFolder, devices: DeviceBackends | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """The box in this process, through the production composition; yields a client of its API."""
    stop = asyncio.Event()
    ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run(load_settings(folder.path), devices=devices, stop=stop, on_ready=ready.set_result))
    try:
        done, _ = await asyncio.wait({task, ready}, timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            await task
        running = ready.result()
        async with httpx.AsyncClient(
            base_url=f"http://{running.host}:{running.port}", trust_env=False, timeout=30
        ) as client:
            yield client
    finally:
        stop.set()
        await task


class BoxProcess:
    """``edge-node run`` as a process of its own."""

    def __init__(self, folder: BoxFolder) -> None:
        self._folder = folder
        self._log = (folder.path / "stderr.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge_node", "run", "--json", "--dir", str(folder.path)], stdout=subprocess.PIPE,
            stderr=self._log,
        )  # fmt: skip
        self.url = ""

    def wait_until_open(self) -> None:
        """Return when the box has said where it listens."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self._folder.path / "stderr.log").read_text()
        said = json.loads(line)
        self.url = f"http://{said['host']}:{said['port']}"

    def tree(self) -> list[psutil.Process]:
        """The process and its children."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def end(self, signal_number: signal.Signals = signal.SIGTERM, timeout: float = 20) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal_number)
        status = self.process.wait(timeout)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()
        return status


@contextmanager
def box_process(folder: BoxFolder) -> Iterator[BoxProcess]:
    """A running process that is ended in any case."""
    box = BoxProcess(folder)
    try:
        box.wait_until_open()
        yield box
    finally:
        box.end(signal.SIGKILL if sys.exc_info()[0] else signal.SIGTERM)


def sale(*, lines: int = 3, key: UUID | None = None) -> dict[str, Any]:
    """A sale of one of each of the first articles, paid with a large note."""
    return {
        "key": str(key or uuid4()), "register": "0001", "staff": "anna",
        "lines": [{"code": f"SKU-{number}", "quantity": 1} for number in range(lines)],
        "tenders": [{"tender": "cash", "given": 100_000}],
    }  # fmt: skip


async def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """What ``condition`` answers once that is true; it may be asynchronous."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            answer = await answer if asyncio.iscoroutine(answer) else answer
            if answer:
                return answer
            await asyncio.sleep(0.03)


def gone(processes: list[psutil.Process]) -> bool:
    """Whether none of ``processes`` is left; one that nobody has collected yet does not count."""
    return all(not each.is_running() or each.status() == psutil.STATUS_ZOMBIE for each in processes)
