"""What the scanner driver promises, with a scanner on a serial port."""

import os
import queue
import termios
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge_node.peripherals.health import DeviceState
from edge_node.peripherals.scanner.driver import ScannerDriver
from edge_node.peripherals.scanner.framing import Scan
from edge_node.peripherals.scanner.port import PortGone, ScannerPort, open_serial_port
from firmware_config.profiles import ScannerProfile, Suffix, shipped_profiles
from retail.clock import SystemClock
from simulators.devices.pty_scanner import PtyScanner
from tests.contract.devices.helpers import SOON_S, until

CR = shipped_profiles().find_scanner("usb-serial")
CRLF = shipped_profiles().find_scanner("rs232")
NO_SUFFIX = shipped_profiles().find_scanner("usb-serial-no-suffix")
MakeScanner = Callable[..., tuple[ScannerDriver, "queue.SimpleQueue[Scan]"]]


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "scanner"


@pytest.fixture
def make_scanner(link: Path) -> Iterator[MakeScanner]:
    """Makes a started driver and the queue of what it has read."""
    with ExitStack() as drivers:

        def make(profile: ScannerProfile = CR, **more: object) -> tuple[ScannerDriver, "queue.SimpleQueue[Scan]"]:
            scans: queue.SimpleQueue[Scan] = queue.SimpleQueue()
            driver = ScannerDriver(str(link), profile, SystemClock(), more.pop("on_scan", scans.put), **more)
            drivers.callback(driver.close)
            driver.start()
            return driver, scans

        yield make


def plugged(driver: ScannerDriver) -> bool:
    return driver.health().state is DeviceState.READY


@pytest.mark.parametrize(
    ("profile", "suffix"),
    [(CR, b"\r"), (CRLF, b"\r\n"), (NO_SUFFIX, b"")],
    ids=["carriage return", "carriage return and line feed", "no suffix"],
)
def test_a_scanned_code_arrives(link: Path, make_scanner: MakeScanner, profile: ScannerProfile, suffix: bytes) -> None:
    with PtyScanner(link, suffix=suffix, aim=True) as scanner:
        driver, scans = make_scanner(profile)
        until(lambda: plugged(driver))
        scanner.scan("4006381333931")
        assert scans.get(timeout=SOON_S) == Scan("4006381333931", "]E0")
        scanner.scan("0104006381333931\x1d10A", "]C1")
        assert scans.get(timeout=SOON_S) == Scan("0104006381333931\x1d10A", "]C1")


def test_a_scanner_is_found_again_under_the_same_link_after_each_unplugging(
    link: Path, make_scanner: MakeScanner
) -> None:
    with PtyScanner(link) as scanner:
        driver, scans = make_scanner()
        for code in ("96385074", "12345670", "4006381333931"):
            until(lambda: plugged(driver))
            scanner.scan(code)
            assert scans.get(timeout=SOON_S) == Scan(code)
            scanner.unplug()
            until(lambda: driver.health().state is DeviceState.ABSENT)
            assert driver.health().remedy == "see that its cable is plugged in"
            scanner.plug()
        assert driver.diagnostics()["scans"] == 3


def test_half_a_code_before_an_unplugging_does_not_begin_the_next_one(link: Path, make_scanner: MakeScanner) -> None:
    with PtyScanner(link) as scanner:
        driver, scans = make_scanner()
        until(lambda: plugged(driver))
        scanner.send(b"4006")
        until(lambda: driver._framing.waiting)
        scanner.unplug()
        until(lambda: not plugged(driver))
        scanner.plug()
        until(lambda: plugged(driver))
        scanner.scan("96385074")
        assert scans.get(timeout=SOON_S) == Scan("96385074")


def test_noise_is_counted_and_never_shown(link: Path, make_scanner: MakeScanner) -> None:
    with PtyScanner(link) as scanner:
        driver, scans = make_scanner()
        until(lambda: plugged(driver))
        scanner.send(os.urandom(2000).replace(b"\r", b"") + b"\xff\r")
        scanner.scan("96385074")
        assert scans.get(timeout=SOON_S) == Scan("96385074")
        told = driver.diagnostics()
        assert told["refused"]
        assert "96385074" not in str(told)


def test_a_listener_that_fails_misses_a_code_and_gets_the_next(link: Path, make_scanner: MakeScanner) -> None:
    heard: queue.SimpleQueue[Scan] = queue.SimpleQueue()

    def picky(scan: Scan) -> None:
        if scan.text == "96385074":
            raise RuntimeError("not that one")
        heard.put(scan)

    with PtyScanner(link) as scanner:
        driver, _ = make_scanner(on_scan=picky)
        until(lambda: plugged(driver))
        scanner.scan("96385074")
        scanner.scan("12345670")
        assert heard.get(timeout=SOON_S) == Scan("12345670")


def test_a_scanner_that_is_not_there_is_waited_for(link: Path, make_scanner: MakeScanner) -> None:
    driver, scans = make_scanner()
    until(lambda: bool(driver.health().remedy))
    with PtyScanner(link) as scanner:
        until(lambda: plugged(driver))
        scanner.scan("96385074")
        assert scans.get(timeout=SOON_S) == Scan("96385074")


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), termios.error(5, "Input/output error")])
def test_every_way_in_which_an_unplugged_port_fails_is_understood(
    link: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> int:
        raise error

    with PtyScanner(link) as scanner:
        port = open_serial_port(str(link), CR)
        monkeypatch.setattr("serial.Serial.in_waiting", property(fail))
        scanner.send(b"x")
        with pytest.raises(PortGone):
            port.read(SOON_S)
        monkeypatch.undo()
        port.close()


def test_a_port_that_another_program_holds_is_not_shared(link: Path) -> None:
    with PtyScanner(link):
        first = open_serial_port(str(link), CR)
        with pytest.raises(PortGone):
            open_serial_port(str(link), CR)
        first.close()


def test_the_port_can_be_another_than_a_serial_one(link: Path, make_scanner: MakeScanner) -> None:
    class Canned:
        def __init__(self) -> None:
            self._data = [b"96385074", b"\t"]

        def read(self, timeout: float) -> bytes:
            if not self._data:
                raise PortGone("all read")
            return self._data.pop(0)

        def close(self) -> None:
            pass

    def open_canned(path: str, profile: ScannerProfile) -> ScannerPort:
        assert path == str(link)
        return Canned()

    _, scans = make_scanner(ScannerProfile(model="canned", suffix=Suffix.TAB), open_port=open_canned)
    assert scans.get(timeout=SOON_S) == Scan("96385074")
