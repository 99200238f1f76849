"""One store on simulated hardware: the production composition with other device backends.

Printers that the manifest has on USB are plugged into a bus in software; those on TCP and the scanners are at the
addresses that the manifest names, in whatever process simulates them.
"""

from pathlib import Path

from edge_node import composition, logs
from edge_node.devices import DeviceBackends
from edge_node.manifest import load_manifest
from edge_node.settings import load_settings
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.usb_bus import UsbBus
from simulators.journal import PrinterJournal


async def run_store(folder: Path, png: Path | None = None) -> None:
    """Run the box of ``folder`` until it is told to stop. ``png`` is a folder for pictures of its slips."""
    settings = load_settings(folder)
    logs.configure(settings.log_level, as_json=settings.log_json)
    bus = UsbBus()
    for port, entry in enumerate(load_manifest(folder).printers, start=1):
        if entry.connection == "usb":
            pictures = None if png is None else png / f"{folder.name}-{entry.name}"
            printer = SimulatedPrinter(png=pictures, on_event=PrinterJournal(journal_path(folder, entry.name)))
            bus.plug(printer, serial=entry.serial_number, port=port)
    await composition.run(settings, devices=DeviceBackends(usb=lambda: bus))


def journal_path(folder: Path, printer: str) -> Path:
    """Where the simulated printer of a box keeps its journal."""
    return folder / f"printer-{printer}.jsonl"
