"""The devices of a box: made from its manifest, opened, watched and closed.

The ways to the hardware come from outside (:class:`DeviceBackends`), so that simulated hardware goes through the same
drivers.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from edge_node.manifest import Manifest, PrinterEntry, ScannerEntry
from edge_node.peripherals.receipt_printer.driver import PrinterDriver
from edge_node.peripherals.receipt_printer.encoder import Encoder
from edge_node.peripherals.receipt_printer.jobs import PrinterLimits
from edge_node.peripherals.receipt_printer.serial import SerialTransport
from edge_node.peripherals.receipt_printer.tcp import TcpTransport
from edge_node.peripherals.receipt_printer.transport import Transport
from edge_node.peripherals.receipt_printer.usb import (
    UsbTransport,
    any_printer,
    at_port,
    list_printers,
    system_backend,
    with_serial,
)
from edge_node.peripherals.scanner.driver import ScannerDriver
from edge_node.peripherals.scanner.framing import Scan
from edge_node.peripherals.scanner.port import PortOpener, open_serial_port
from edge_node.ports import DeviceStatus
from edge_node.printing.escpos_printer import EscposPrinter
from edge_node.printing.slips import SlipWriter
from firmware_config.profiles import PrinterProfile, Profiles, Proof, shipped_profiles
from retail.clock import Clock
from retail.errors import Refused

if TYPE_CHECKING:
    from usb.backend import IBackend

log = structlog.get_logger(__name__)

STORE_PROFILES_NAME = "device_profiles.toml"
"""A store's own device profiles, in its data folder, laid over those that ship."""

FALLBACK_PRINTER, FALLBACK_SCANNER = "generic-80mm", "usb-serial"
"""Profiles of devices whose manifest names none and whose USB ids say nothing."""


@dataclass(frozen=True)
class DeviceBackends:
    """The ways to the hardware: libusb for printers on USB, pyserial for scanners."""

    usb: Callable[[], "IBackend | None"] = system_backend
    open_scanner: PortOpener = open_serial_port
    printer_limits: PrinterLimits | None = None


class Devices:
    """The devices of a box. They connect by themselves, now or when they are plugged in."""

    def __init__(self, printers: Sequence[EscposPrinter], scanners: Mapping[str, ScannerDriver]) -> None:
        self.printers = {printer.name: printer for printer in printers}
        self._scanners = scanners

    def start(self) -> None:
        """Open them all. Returns at once."""
        for printer in self.printers.values():
            printer.start()
        for scanner in self._scanners.values():
            scanner.start()

    async def close(self) -> None:
        """Close them all; what was not printed ends as such. Harmless when they are closed already."""
        devices: list[EscposPrinter | ScannerDriver] = [*self.printers.values(), *self._scanners.values()]
        await asyncio.gather(*(asyncio.to_thread(device.close) for device in devices))

    def statuses(self) -> list[DeviceStatus]:
        """How each device is."""
        scanners = ((name, scanner.health()) for name, scanner in self._scanners.items())
        return [
            *(printer.status() for printer in self.printers.values()),
            *(DeviceStatus(name, "barcode scanner", health.state.value, health.text) for name, health in scanners),
        ]

    def drawers(self, manifest: Manifest) -> Callable[[str], None]:
        """Opens the drawer of a register, given its number; does nothing for one without a printer."""
        printer_of = {register.number: self.printers.get(register.printer) for register in manifest.registers}

        def open_drawer(register: str) -> None:
            printer = printer_of.get(register)
            if printer is not None:
                printer.open_drawer()

        return open_drawer


@contextlib.asynccontextmanager
async def open_devices(
    manifest: Manifest,
    backends: DeviceBackends,
    folder: Path,
    clock: Clock,
    interrupted: Collection[str],
    on_scan: Callable[[str, str], object],
) -> AsyncIterator[Devices]:
    """Open the devices of ``manifest``; they connect by themselves, now or when they are plugged in.

    ``interrupted`` names the printers that an earlier process may have left within a slip. ``on_scan(scanner, code)``
    is called on the event loop. Raises :class:`Refused` for a device profile that nobody wrote.
    """
    profiles = load_profiles(folder)
    usb = backends.usb() if any(entry.connection == "usb" for entry in manifest.printers) else None
    writer = SlipWriter(manifest.name, manifest.address, manifest.time_zone)
    printers = [
        _printer(entry, _profile(entry, profiles, usb), usb, backends, folder, clock, writer, interrupted)
        for entry in manifest.printers
    ]
    scanners = {entry.name: _scanner(entry, profiles, backends, clock, on_scan) for entry in manifest.scanners}
    devices = Devices(printers, scanners)
    try:
        devices.start()
        yield devices
    finally:
        await devices.close()


def load_profiles(folder: Path) -> Profiles:
    """The profiles that ship, with the store's own over them. Raises :class:`Refused` for a file that is wrong."""
    path = folder / STORE_PROFILES_NAME
    return shipped_profiles().overlaid(path.read_text(encoding="utf-8")) if path.exists() else shipped_profiles()


def _printer(
    entry: PrinterEntry,
    profile: PrinterProfile,
    usb: "IBackend | None",
    backends: DeviceBackends,
    folder: Path,
    clock: Clock,
    writer: SlipWriter,
    interrupted: Collection[str],
) -> EscposPrinter:
    transport = _transport(entry, usb)

    def make_driver(on_late_proof: Callable[[bytes], None]) -> PrinterDriver:
        return PrinterDriver(
            transport, profile, clock, name=entry.name, limits=backends.printer_limits, on_late_proof=on_late_proof,
            interrupted=entry.name in interrupted,
        )  # fmt: skip

    encoder = partial(Encoder, profile, folder / "escpos-cache")
    return EscposPrinter(entry.name, make_driver, encoder, writer, clock, can_prove=profile.proof is Proof.PROCESS_ID)


def _scanner(
    entry: ScannerEntry,
    profiles: Profiles,
    backends: DeviceBackends,
    clock: Clock,
    on_scan: Callable[[str, str], object],
) -> ScannerDriver:
    loop = asyncio.get_running_loop()

    def read(scan: Scan) -> None:
        loop.call_soon_threadsafe(on_scan, entry.name, scan.text)

    profile = profiles.find_scanner(entry.profile or FALLBACK_SCANNER)
    return ScannerDriver(entry.port, profile, clock, read, name=entry.name, open_port=backends.open_scanner)


def _transport(entry: PrinterEntry, usb: "IBackend | None") -> Transport:
    if entry.connection == "tcp":
        assert entry.address is not None
        return TcpTransport(entry.address.host, entry.address.port)
    if entry.connection == "serial":
        return SerialTransport(entry.port)
    if usb is None:
        raise Refused(f"printer {entry.name}", "libusb cannot be loaded", "install it: pip install tillway[edge]")
    matches = with_serial(entry.serial_number) if entry.serial_number else any_printer
    return UsbTransport(usb, at_port(entry.port) if entry.port else matches, f"printer {entry.name}")


def _profile(entry: PrinterEntry, profiles: Profiles, usb: "IBackend | None") -> PrinterProfile:
    if entry.profile:
        return profiles.find_printer(entry.profile)
    for identity in list_printers(usb) if usb is not None and entry.connection == "usb" else ():
        if entry.serial_number in ("", identity.serial) and entry.port in ("", identity.port):
            known = profiles.for_usb(identity.vendor, identity.product)
            if known is not None:
                return known
    log.warning("the manifest names no profile and the printer tells none: a plain one is used", printer=entry.name,
                profile=FALLBACK_PRINTER)  # fmt: skip
    return profiles.find_printer(FALLBACK_PRINTER)
