"""Small things that the tests of the printer driver share."""

import time
from collections.abc import Callable
from concurrent.futures import Future

from edge_node.peripherals.health import DeviceState
from edge_node.peripherals.receipt_printer.driver import PrinterDriver
from edge_node.peripherals.receipt_printer.jobs import PrintBytes, PrintOutcome
from edge_node.peripherals.receipt_printer.protocol import process_id
from tests.contract.devices.rigs import Rig

SOON_S = 20.0
"""Longer than any of this takes on a busy machine."""
CUT = b"\x1dVB\x00"


def order(number: int, lines: int = 3) -> PrintBytes:
    """A job that can be told from others by what it prints."""
    return PrintBytes(process_id(number), b"\x1b@" + f"job {number}\n".encode() * lines + CUT)


def outcome(future: Future[PrintOutcome]) -> PrintOutcome:
    """How it ended."""
    return future.result(SOON_S)


def until(condition: Callable[[], bool]) -> None:
    """Waits until it comes to pass."""
    deadline = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.002)


def state(driver: PrinterDriver) -> DeviceState:
    """How the printer is, in a word."""
    return driver.health().state


def ready(driver: PrinterDriver) -> PrinterDriver:
    """``driver``, once its printer is ready."""
    until(lambda: state(driver) is DeviceState.READY)
    return driver


def text_of_all(rig: Rig) -> str:
    """Everything that was printed and cut off."""
    return "".join(slip.text() for slip in rig.printer.slips)


def under_way(rig: Rig, driver: PrinterDriver, number: int) -> Future[PrintOutcome]:
    """A job of which the printer has taken a part, and that it does not print yet."""
    rig.printer.dawdle()
    before = rig.printer.bytes_taken
    future = driver.submit(order(number, 400))
    until(lambda: rig.printer.bytes_taken > before + 1000)
    return future
