"""Every process of the demo: broker, PostgreSQL, centre, and a box for each site, each under supervision."""

import contextlib
import functools
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from central.platform.embedded import EmbeddedPostgres, running
from edge_node.storage.store import DATABASE_NAME
from firmware_config.supervisor import Child, ChildSpec, Supervisor
from simulators.broker import broker_spec, free_port
from simulators.demo.commands import run_json
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.pty_scanner import PtyScanner
from simulators.devices.tcp_printer import TcpPrinter
from simulators.journal import PrinterJournal
from simulators.store import journal_path
from simulators.world import CURRENCY, Site

PRINTER, PRINTER_PROFILE = "main", "epson-tm-t20"
SCANNER = "hand-scanner"
SCANNING_REGISTER = "0001"
"""The register of each store that has the scanner; at the others numbers are keyed in."""


@dataclass(frozen=True)
class BoxPlace:
    """One box: where its files are and where it answers."""

    site: Site
    folder: Path
    port: int
    printer_port: int
    scanner: Path

    @property
    def url(self) -> str:
        """Address of the LAN API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """The box's SQLite file."""
        return self.folder / DATABASE_NAME


@dataclass
class Stack:
    """The demo's processes and where to find them."""

    folder: Path
    supervisor: Supervisor
    http_port: int
    png: Path | None = None
    broker_port: int = 0
    database_url: str = ""
    boxes: dict[str, BoxPlace] = field(default_factory=dict)
    scanners: dict[str, PtyScanner] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Address of the centre: API and console."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def env(self) -> Mapping[str, str]:
        """Settings of the centre's commands."""
        return {
            "DATABASE_URL": self.database_url,
            "TILLWAY_CENTRAL_HTTP_PORT": str(self.http_port),
            "TILLWAY_CENTRAL_BROKER_PORT": str(self.broker_port),
            "TILLWAY_CENTRAL_DATA_DIR": str(self.folder / "central"),
            "TILLWAY_CENTRAL_SOURCING_INTERVAL_S": "1",
        }

    def child(self, name: str) -> Child:
        """The supervised process of that name."""
        return next(child for child in self.supervisor.children if child.spec.name == name)

    async def start_broker(self) -> None:
        """mosquitto where it is installed, else amqtt."""
        self.broker_port = free_port()
        await self.supervisor.start(broker_spec(self.folder, self.broker_port))

    async def start_centre(self) -> None:
        """HTTP, ingest and sourcing in one process."""
        await self.supervisor.start(
            ChildSpec(
                "central",
                [sys.executable, "-m", "central", "serve"],
                env={**os.environ, **self.env},
                log=self.folder / "central.log",
                ready=functools.partial(_answers, f"{self.url}/health"),
                ready_timeout_s=60,
                restart_s_max=1.0,
            )
        )

    async def install_box(self, site: Site) -> BoxPlace:
        """Make a box's folder, its manifest and its grant, as an installer does."""
        folder = self.folder / "boxes" / site.location
        place = BoxPlace(site, folder, free_port(), free_port(), self.folder / f"{site.location}-scanner")
        manifest = self.folder / f"{site.location}.json"
        manifest.write_text(json.dumps(self._manifest(place)), encoding="utf-8")
        made = await run_json("edge_node", "init", "--dir", folder, "--manifest", manifest)
        grant = await run_json("central", "grant", "--store", site.location, "--box", str(made["box"]), env=self.env)
        (folder / "grant.json").write_text(json.dumps(grant), encoding="utf-8")
        self.boxes[site.location] = place
        return place

    async def start_box(self, place: BoxPlace) -> None:
        """Run a box on simulated hardware."""
        argv = [sys.executable, "-m", "simulators", "store", "--dir", str(place.folder)]
        if self.png is not None:
            argv += ["--png-dir", str(self.png)]
        await self.supervisor.start(
            ChildSpec(
                place.site.location,
                argv,
                env={**os.environ, "TILLWAY_EDGE_LOG_LEVEL": "warning"},
                log=self.folder / f"{place.site.location}.log",
                ready=functools.partial(_answers, f"{place.url}/health"),
                ready_timeout_s=60,
                restart_s_max=1.0,
                stop_timeout_s=20.0,
            )
        )

    def _manifest(self, place: BoxPlace) -> dict[str, object]:
        site = place.site
        tcp = site.printer == "tcp"
        return {
            "store": site.location,
            "role": site.kind,
            "name": site.name,
            "address": ["1 Main Street", f"{site.place.city}, {site.place.region} {site.place.zip}"],
            "currency": CURRENCY,
            "time_zone": site.time_zone,
            "registers": [{"number": f"{number:04d}", "printer": PRINTER} for number in range(1, site.registers + 1)],
            "pick_printer": PRINTER,
            "printers": [
                {
                    "name": PRINTER,
                    "connection": site.printer,
                    "serial_number": "" if tcp else f"SIM{site.location}",
                    "address": {"host": "127.0.0.1", "port": place.printer_port} if tcp else None,
                    "profile": PRINTER_PROFILE,
                }
            ],
            "scanners": [{"name": SCANNER, "port": str(place.scanner)}] if site.is_store else [],
            "broker": {"host": "127.0.0.1", "port": self.broker_port},
            "lan": {"host": "127.0.0.1", "port": place.port},
            "replica": str(self.folder / "replicas"),
        }


@contextlib.asynccontextmanager
async def processes(folder: Path, http_port: int, png: Path | None = None) -> AsyncIterator[Stack]:
    """A stack with broker and database; the rest is started step by step. At the end everything is stopped."""
    async with Supervisor() as supervisor:
        stack = Stack(folder, supervisor, http_port, png)
        await stack.start_broker()
        async with running(EmbeddedPostgres(folder / "pg"), supervisor) as url:
            stack.database_url = url
            try:
                yield stack
            finally:
                # Boxes first, then the centre: whoever waits for somebody is stopped before whom it waits for.
                for child in reversed(supervisor.children):
                    if child.spec.name not in ("broker", "postgresql"):
                        await supervisor.stop_child(child)


@contextlib.contextmanager
def peripherals(stack: Stack) -> Iterator[None]:
    """Printers on the network and scanners on serial ports: they live as long as the demo, whatever boxes do."""
    with contextlib.ExitStack() as devices:
        for location, place in stack.boxes.items():
            if place.site.printer == "tcp":
                pictures = None if stack.png is None else stack.png / f"{location}-{PRINTER}"
                printer = SimulatedPrinter(png=pictures, on_event=PrinterJournal(journal_path(place.folder, PRINTER)))
                devices.enter_context(TcpPrinter(printer, "127.0.0.1", place.printer_port))
            if place.site.is_store:
                stack.scanners[location] = devices.enter_context(PtyScanner(place.scanner))
        yield


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
        try:
            return (await client.get(url)).status_code == 200
        except httpx.TransportError:
            return False
