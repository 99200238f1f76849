"""The scanner driver: one thread that reads, and opens the port again when the scanner was unplugged."""

import threading
from collections.abc import Callable

import structlog

from edge_node.peripherals.health import READY, DeviceState, Diagnostics, Health, HealthReport, tell
from edge_node.peripherals.scanner.framing import Scan, ScannerFraming
from edge_node.peripherals.scanner.port import PortGone, PortOpener, ScannerPort, open_serial_port
from firmware_config.profiles import ScannerProfile
from retail.clock import Clock

RETRY_FIRST_S, RETRY_MAX_S = 0.1, 2.0
"""Before the second attempt to open the port, doubled each time, and at most."""
_TICK_S = 0.1
"""How long one read may take: the thread ends that long after it was asked to."""


class ScannerDriver:
    """Reads codes from the scanner at ``path`` and hands them to ``on_scan``, in the driver's thread.

    ``path`` is best a link that udev keeps for the scanner's role: it is followed at each opening, so a scanner that
    comes back under another name is found. ``on_scan`` should only pass the code on, for instance with an event loop's
    ``call_soon_threadsafe``; what it raises is logged, and reading goes on.
    """

    def __init__(
        self,
        path: str,
        profile: ScannerProfile,
        clock: Clock,
        on_scan: Callable[[Scan], None],
        *,
        name: str = "scanner",
        open_port: PortOpener = open_serial_port,
        on_health: Callable[[Health], None] | None = None,
    ) -> None:
        self._path = path
        self._profile = profile
        self._clock = clock
        self._on_scan = on_scan
        self._open_port = open_port
        self._log = structlog.get_logger().bind(device=name)
        self._health = HealthReport(name, on_health)
        self._framing = ScannerFraming(profile)
        self._scans = self._connections = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; it opens the port by itself."""
        self._thread.start()

    def health(self) -> Health:
        """How the scanner is. That it is plugged in is all that one can know of it."""
        return self._health.now

    def diagnostics(self) -> Diagnostics:
        """Counts and states for support; never a code."""
        return {
            "profile": self._profile.name,
            "where": self._path,
            "state": self.health().state.value,
            "detail": self.health().text,
            "scans": self._scans,
            "refused": self._framing.refused,
            "connections": self._connections,
        }

    def close(self, timeout: float = 5.0) -> None:
        """Stop reading. Waits at most ``timeout`` seconds for the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        retry_s = RETRY_FIRST_S
        while not self._stopping.is_set():
            try:
                port = self._open_port(self._path, self._profile)
            except PortGone as error:
                self._absent(error)
                self._stopping.wait(retry_s)
                retry_s = min(retry_s * 2, RETRY_MAX_S)
                continue
            retry_s = RETRY_FIRST_S
            self._connections += 1
            self._health.set(READY)
            try:
                self._read(port)
            except PortGone as error:
                self._absent(error)
            finally:
                port.close()
                self._framing.reset()
        self._health.set(Health(DeviceState.ABSENT, "shut down"))

    def _read(self, port: ScannerPort) -> None:
        while not self._stopping.is_set():
            data = port.read(min(self._framing.patience, _TICK_S) if self._framing.waiting else _TICK_S)
            now = self._clock.monotonic()
            for scan in self._framing.feed(data, now) if data else self._framing.idle(now):
                self._scans += 1
                tell(self._on_scan, scan, self._log)

    def _absent(self, error: PortGone) -> None:
        self._log.debug("scanner port", detail=error.problem)
        self._health.set(Health(DeviceState.ABSENT, "the scanner is not there", "see that its cable is plugged in"))
