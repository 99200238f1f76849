"""A simulated printer on a serial port."""

import threading
from pathlib import Path

from simulators.devices.printer import SimulatedPrinter
from simulators.devices.pty_port import PtyPort

_TICK_S = 0.005


class PtyPrinter:
    """Serves ``printer`` at ``link``. The line takes a little data even while the printer is full, as cables do."""

    def __init__(self, printer: SimulatedPrinter, link: Path) -> None:
        self._printer = printer
        self._port = PtyPort(link)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._bytes_until_unplugged: int | None = None

    def __enter__(self) -> "PtyPrinter":
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Plug it in."""
        self._port.plug()
        self._stopping.clear()
        self._bytes_until_unplugged = None
        self._thread = threading.Thread(target=self._run, name="printer on a serial port")
        self._thread.start()

    def unplug(self) -> None:
        """Pull its cable; the printer keeps its power and what it has been sent."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def unplug_after(self, count: int) -> None:
        """Pull its cable once the printer has taken ``count`` more bytes."""
        self._bytes_until_unplugged = count

    def _run(self) -> None:
        pending = b""
        while not self._stopping.is_set() and self._bytes_until_unplugged != 0:
            if not pending:
                pending = self._port.read(_TICK_S)
            offered = pending[: self._bytes_until_unplugged]
            taken = self._printer.receive(offered, _TICK_S) if offered else 0
            pending = pending[taken:]
            if self._bytes_until_unplugged is not None:
                self._bytes_until_unplugged -= taken
            answer = self._printer.transmit(256)
            if answer:
                self._port.write(answer)
        self._port.unplug()
        self._printer.forget_answers()
