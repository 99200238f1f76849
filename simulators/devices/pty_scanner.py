"""A simulated barcode scanner on a serial port."""

import time
from pathlib import Path

from simulators.devices.pty_port import PtyPort

_GIVE_UP_S = 2.0


class PtyScanner:
    """A scanner that programs find at ``link``.

    ``suffix`` follows each code; ``aim`` puts the AIM symbology identifier that :meth:`scan` is given before it.
    Not modelled: the trigger, the beeper, settings by programming code, codes that do not decode.
    """

    def __init__(self, link: Path, *, suffix: bytes = b"\r", aim: bool = False) -> None:
        self._port = PtyPort(link)
        self._suffix = suffix
        self._aim = aim

    def __enter__(self) -> "PtyScanner":
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Plug it in."""
        self._port.plug()

    def unplug(self) -> None:
        """Pull its cable."""
        self._port.unplug()

    def scan(self, code: str, identifier: str = "]E0") -> None:
        """Read ``code``. Raises :class:`OSError` while unplugged, or where no program takes the bytes."""
        prefix = identifier if self._aim else ""
        self.send((prefix + code).encode("latin-1") + self._suffix)

    def send(self, data: bytes) -> None:
        """Send bytes as they are: noise, half a code."""
        deadline = time.monotonic() + _GIVE_UP_S
        while data:
            data = data[self._port.write(data) :]
            if data and time.monotonic() > deadline:
                raise OSError("nobody reads from the scanner")
            if data:
                time.sleep(0.001)
