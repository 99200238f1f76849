"""How much memory one store box takes at rest: the process alone, and litestream beside it."""

import asyncio
import http.client
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_node.checkout.sell import SaleRequest
from edge_node.manifest import Manifest
from edge_node.running import Running, load_running
from edge_node.storage import BoxStore
from edge_node.storage.store import DATABASE_NAME
from edge_node.storage.transaction import Context
from edge_node.timekeeping import machine_time_quality, stamps
from firmware_config.supervisor import ChildSpec, Supervisor
from retail.clock import SystemClock
from retail.errors import Retryable
from retail.ids import SystemIds
from simulators.broker import broker_spec, free_port
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.tcp_printer import TcpPrinter
from simulators.world import CURRENCY, Product
from tests.bench.benchmark import Benchmark, Bound, Row, Setting
from tests.bench.figures import Figures
from tests.bench.shop import CUTOVER_HOUR, REGISTERS, STORE, ZONE, Customers, fill

REST_S, REST_S_QUICK = 5.0, 0.5
SALES, SALES_QUICK = 100, 10
ANSWER_S_MAX = 30.0
PRINTS_S_MAX = 60.0
PRINTER_PROFILE = "epson-tm-m30"
_MB = 2**20


async def run(setting: Setting) -> Figures:
    """Megabytes (2**20 bytes) of a box after its start and after its sales."""
    rest_s, sales = (REST_S_QUICK, SALES_QUICK) if setting.quick else (REST_S, SALES)
    folder = setting.folder / "box"
    printer = SimulatedPrinter()
    async with Supervisor() as supervisor:
        port = free_port()
        await supervisor.start(broker_spec(setting.folder, port))
        with TcpPrinter(printer) as served:
            products = await _made(folder, setting.folder / "manifest.json", port, served.port)
            box = await supervisor.start(_spec(folder, setting.folder / "box.log"))
            bare = await supervisor.start(_bare_spec())
            await asyncio.sleep(rest_s)
            figures = _memory(box.pid, "start") | {"bare_rss_mb": _status_mb(bare.pid)["VmRSS"]}
            await asyncio.to_thread(_sell, load_running(folder), products, sales)
            await _printed(printer, sales)
            await asyncio.sleep(rest_s)
            figures |= _memory(box.pid, "sold")
            await supervisor.stop_child(box)
    return figures | {"bare_ratio": figures["sold_rss_mb"] / figures["bare_rss_mb"]}


async def _made(folder: Path, manifest_file: Path, broker_port: int, printer_port: int) -> tuple[Product, ...]:
    """A box made by ``edge-node init``, with a catalogue; returns its products."""
    manifest = Manifest.model_validate(
        {
            "store": STORE, "role": "store", "name": "A store", "currency": CURRENCY, "time_zone": ZONE,
            "cutover_hour": CUTOVER_HOUR, "registers": [{"number": number} for number in REGISTERS],
            "printers": [
                {"name": "main", "connection": "tcp", "profile": PRINTER_PROFILE,
                 "address": {"host": "127.0.0.1", "port": printer_port}}
            ],
            "broker": {"host": "127.0.0.1", "port": broker_port}, "lan": {"host": "127.0.0.1", "port": 0},
            "replica": str(folder.with_name("replica")),
        }
    )  # fmt: skip
    manifest_file.write_text(manifest.model_dump_json(), encoding="utf-8")  # noqa: ASYNC240 - nothing else runs
    await _done(*_edge_node("init"), "--dir", str(folder), "--manifest", str(manifest_file))
    clock = SystemClock()
    context = Context(SystemIds(clock), stamps(clock, ZONE, CUTOVER_HOUR, machine_time_quality))
    store = BoxStore(folder / DATABASE_NAME, clock, context, replicated=True)
    await store.open()
    try:
        return await fill(store)
    finally:
        await store.close()


async def _done(*command: str) -> None:
    """Run ``command`` to its end; kill it when that is no longer wanted."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if status != 0:
        raise RuntimeError(f"status {status} of {command}")


def _spec(folder: Path, log: Path) -> ChildSpec:
    async def ready() -> bool:
        try:
            load_running(folder)
        except Retryable:
            return False
        return True

    return ChildSpec("edge-node", [*_edge_node("run"), "--dir", str(folder)], log=log, ready=ready, restarts=False)


def _bare_spec() -> ChildSpec:
    """The interpreter with nothing to do."""
    return ChildSpec("python", [sys.executable, "-c", "import time; time.sleep(600)"], restarts=False)


def _edge_node(command: str) -> list[str]:
    return [sys.executable, "-m", "edge_node", command]


def _sell(running: Running, products: tuple[Product, ...], sales: int) -> None:
    """Sell through the box's API, as registers do."""
    customers = Customers(products)
    with _connection(running) as connection:
        for number in range(sales):
            request = customers.request(REGISTERS[number % len(REGISTERS)])
            connection.request("POST", "/v1/sales", _body(request), {"content-type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != http.client.CREATED:
                raise RuntimeError(f"the box answered {answer.status}: {text[:500]!r}")


@contextmanager
def _connection(running: Running) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(running.host, running.port, timeout=ANSWER_S_MAX)
    try:
        yield connection
    finally:
        connection.close()


def _body(request: SaleRequest) -> str:
    return json.dumps(
        {
            "key": str(request.key), "register": request.register, "staff": request.staff,
            "lines": [{"code": line.code, "quantity": line.quantity} for line in request.lines],
            "tenders": [{"tender": paid.tender, "given": paid.given} for paid in request.tenders],
        }
    )  # fmt: skip


async def _printed(printer: SimulatedPrinter, slips: int) -> None:
    """Wait until all receipts are on paper: a box that still prints is not at rest."""
    async with asyncio.timeout(PRINTS_S_MAX):
        while len(printer.proofs) < slips:
            await asyncio.sleep(0.05)


def _memory(pid: int, when: str) -> Figures:
    """What the kernel says of process ``pid`` and of its children."""
    own = _status_mb(pid)
    children = [_status_mb(child) for child in _children(pid)]
    return {
        f"{when}_rss_mb": own["VmRSS"],
        f"{when}_anon_mb": own["RssAnon"],
        f"{when}_litestream_mb": sum(child["VmRSS"] for child in children),
    }


def _status_mb(pid: int) -> Figures:
    """The resident sizes in /proc/PID/status (proc(5)), which are in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) * 1024 / _MB for name in ("VmRSS", "RssAnon")}


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


BENCHMARK = Benchmark(
    name="memory",
    title="Memory of a store box at rest",
    about=(
        "`edge-node init`, then `edge-node run` with litestream, a broker (no grant) and a receipt printer on TCP. "
        "Read from /proc five seconds after the start, and again five seconds after 100 sales through its API, all "
        "of them printed. VmRSS counts shared libraries in full; RssAnon is what the process alone holds. A MB is "
        "2^20 bytes."
    ),
    against="a Python interpreter that has nothing to do, at the same time.",
    targets="at most 120 MB resident, litestream apart.",
    rows=(
        Row("sold_rss_mb", "VmRSS after 100 sales", "MB", 1, Bound(120)),
        Row("sold_anon_mb", "RssAnon after 100 sales", "MB", 1),
        Row("start_rss_mb", "VmRSS after the start", "MB", 1),
        Row("start_anon_mb", "RssAnon after the start", "MB", 1),
        Row("start_litestream_mb", "litestream beside it, after the start", "MB", 1),
        Row("sold_litestream_mb", "litestream beside it, after 100 sales", "MB", 1),
        Row("bare_ratio", "VmRSS after 100 sales ÷ bare interpreter", "×", 1),
        Row("bare_rss_mb", "bare interpreter, VmRSS", "MB", 1),
    ),
    run=run,
)
