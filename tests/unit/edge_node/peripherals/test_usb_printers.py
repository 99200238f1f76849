"""Telling printers on USB apart, and what opening them can run into."""

import errno

import pytest
import usb.core

from edge_node.peripherals.receipt_printer.transport import ConnectionLost, Unreachable
from edge_node.peripherals.receipt_printer.usb import (
    Matcher,
    UsbTransport,
    at_port,
    list_printers,
    system_backend,
    with_serial,
)
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.usb_bus import UsbBus


@pytest.fixture
def bus() -> UsbBus:
    """Two printers of one model; the second has no serial number, as cheap ones do."""
    bus = UsbBus()
    bus.plug(SimulatedPrinter(), serial="X1", port=1)
    bus.plug(SimulatedPrinter(), serial="", port=2)
    return bus


def test_printers_are_listed_without_being_touched(bus: UsbBus) -> None:
    assert [str(identity) for identity in list_printers(bus)] == [
        "USB 04b8:0e28 serial X1",
        "USB 04b8:0e28 port 1-2",
    ]
    assert list_printers(bus)[0].model == "Simulated printer"
    assert bus.handles_open() == 0


@pytest.mark.parametrize(("matcher", "name"), [(with_serial("X1"), "serial X1"), (at_port("1-2"), "port 1-2")])
def test_one_of_two_like_printers_is_found_by_serial_number_or_by_place(
    bus: UsbBus, matcher: Matcher, name: str
) -> None:
    transport = UsbTransport(bus, matcher)
    transport.open(1.0)
    assert transport.name.endswith(name)
    transport.close()
    assert bus.handles_open() == 0


def test_a_printer_that_is_not_there_is_missed_by_its_role(bus: UsbBus) -> None:
    with pytest.raises(Unreachable, match="kitchen printer is not plugged in"):
        UsbTransport(bus, with_serial("X9"), "kitchen printer").open(1.0)
    assert bus.handles_open() == 0


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.EACCES, "udev rules"), (errno.EBUSY, "CUPS"), (errno.EIO, "plug it in again")],
)
def test_what_stands_against_opening_is_said_with_a_remedy(
    bus: UsbBus, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    def refuse(*_: object) -> None:
        raise usb.core.USBError("refused", errno=number)

    monkeypatch.setattr(bus, "claim_interface", refuse)
    with pytest.raises(Unreachable) as caught:
        UsbTransport(bus).open(1.0)
    assert says in caught.value.remedy
    assert bus.handles_open() == 0


def test_a_kernel_driver_that_holds_the_printer_is_pushed_aside(bus: UsbBus, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[int] = []
    monkeypatch.setattr(bus, "is_kernel_driver_active", lambda *_: True)
    monkeypatch.setattr(bus, "detach_kernel_driver", lambda _, interface: pushed.append(interface))
    transport = UsbTransport(bus)
    transport.open(1.0)
    transport.close()
    assert pushed == [0]


def test_a_stalled_endpoint_is_cleared_and_used_again(bus: UsbBus) -> None:
    transport = UsbTransport(bus, with_serial("X1"))
    transport.open(1.0)
    bus.stall_endpoint("X1")
    assert transport.write(memoryview(b"text"), 0.05) == 0
    assert transport.write(memoryview(b"text"), 0.05) == 4
    transport.close()


def test_no_more_than_a_packet_goes_out_at_once(bus: UsbBus) -> None:
    transport = UsbTransport(bus)
    transport.open(1.0)
    assert transport.write(memoryview(b"x" * 1000), 0.05) == 64
    transport.close()


def test_nothing_to_read_is_no_error(bus: UsbBus) -> None:
    transport = UsbTransport(bus)
    transport.open(1.0)
    assert transport.read(0.001) == b""
    transport.close()


def test_the_handles_of_an_unplugged_printer_fail_for_good(bus: UsbBus) -> None:
    transport = UsbTransport(bus, with_serial("X1"))
    transport.open(1.0)
    bus.unplug("X1")
    bus.plug(SimulatedPrinter(), serial="X1")
    with pytest.raises(ConnectionLost) as caught:
        transport.write(memoryview(b"x"), 0.05)
    assert caught.value.leaked
    transport.open(1.0)
    assert transport.write(memoryview(b"x"), 0.05) == 1
    transport.close()
    with pytest.raises(ConnectionLost):
        transport.read(0.001)


def test_the_real_backend_loads_and_lists_whatever_is_there() -> None:
    backend = system_backend()
    assert backend is not None
    assert isinstance(list_printers(backend), list)
