"""Ways to a simulated printer: the same printer on USB, on the network and on a serial port."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_node.peripherals.receipt_printer.jobs import PrinterLimits
from edge_node.peripherals.receipt_printer.serial import SerialTransport
from edge_node.peripherals.receipt_printer.tcp import TcpTransport
from edge_node.peripherals.receipt_printer.transport import Transport
from edge_node.peripherals.receipt_printer.usb import UsbTransport
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.pty_printer import PtyPrinter
from simulators.devices.tcp_printer import TcpPrinter
from simulators.devices.usb_bus import UsbBus

LIMITS = PrinterLimits(
    queue_jobs=4,
    open_s=2.0,
    connect_s=10.0,
    ready_s=10.0,
    stall_s=10.0,
    proof_s=10.0,
    pause_s=60.0,
    silence_s=10.0,
    clear_s=10.0,
    poll_s=0.02,
    idle_poll_s=0.05,
    tick_s=0.01,
    retry_first_s=0.01,
    retry_max_s=0.05,
)
"""Quick to look, and patient enough for a busy machine. A test that waits for an end of patience shortens just that."""


@dataclass
class Rig:
    """A printer, its cable, and the driver's way to it."""

    printer: SimulatedPrinter
    transport: Transport
    plug: Callable[[], None]
    unplug: Callable[[], None]
    unplug_after: Callable[[int], None]


@contextmanager
def usb(printer: SimulatedPrinter, _: Path) -> Iterator[Rig]:
    """On USB."""
    bus = UsbBus()
    bus.plug(printer)
    yield Rig(printer, UsbTransport(bus), lambda: bus.plug(printer), bus.unplug, bus.unplug_after)
    assert bus.handles_open() == 0, "a handle was left open"


@contextmanager
def tcp(printer: SimulatedPrinter, _: Path) -> Iterator[Rig]:
    """On the network."""
    with TcpPrinter(printer) as server:
        transport = TcpTransport("127.0.0.1", server.port)
        yield Rig(printer, transport, server.plug, server.unplug, server.unplug_after)


@contextmanager
def serial(printer: SimulatedPrinter, folder: Path) -> Iterator[Rig]:
    """On a serial port. A pseudo-terminal has no control lines, so flow control is off."""
    link = folder / "printer"
    with PtyPrinter(printer, link) as port:
        transport = SerialTransport(str(link), hardware_flow_control=False)
        yield Rig(printer, transport, port.plug, port.unplug, port.unplug_after)


WAYS = {"usb": usb, "tcp": tcp, "serial": serial}
