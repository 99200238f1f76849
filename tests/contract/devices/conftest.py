"""A rig for each way to a printer, and drivers that end with their test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from edge_node.peripherals.receipt_printer.driver import PrinterDriver
from firmware_config.profiles import PrinterProfile, shipped_profiles
from retail.clock import SystemClock
from simulators.devices.printer import SimulatedPrinter
from tests.contract.devices.rigs import LIMITS, WAYS, Rig

MakeDriver = Callable[..., PrinterDriver]


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """What the drivers' threads log, kept out of the tests' output."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture(scope="session")
def escpos_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for python-escpos, filled once for all tests."""
    return tmp_path_factory.mktemp("escpos") / "cache"


@pytest.fixture
def profile() -> PrinterProfile:
    return shipped_profiles().find_printer("epson-tm-t20")


@pytest.fixture(params=WAYS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with WAYS[request.param](SimulatedPrinter(), tmp_path) as rig:
        yield rig


@pytest.fixture
def make_driver(rig: Rig, profile: PrinterProfile) -> Iterator[MakeDriver]:
    """Makes a started driver for the rig; it is closed before the rig is taken down. ``patience`` shortens limits."""
    with ExitStack() as drivers:

        def make(
            *, model: PrinterProfile = profile, patience: dict[str, float] | None = None, **more: Any
        ) -> PrinterDriver:
            limits = replace(LIMITS, **(patience or {}))
            driver = PrinterDriver(rig.transport, model, SystemClock(), limits=limits, **more)
            drivers.callback(driver.close)
            driver.start()
            return driver

        yield make
