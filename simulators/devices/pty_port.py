"""A serial port in software: a pseudo-terminal behind a link, as udev makes one for a device that has a role.

What differs from a real port, and is not modelled: speed and parity (bytes pass at once, whatever is set), the control
lines, breaks. Two programs can open it at the same time unless both ask for it exclusively.
"""

import contextlib
import os
import select
import tty
from pathlib import Path


class PtyPort:
    """The device's end of a port that programs find at ``link``. For one thread at a time."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._device: int | None = None
        self._program_end: int | None = None

    @property
    def plugged(self) -> bool:
        """Whether programs can open it."""
        return self._device is not None

    def plug(self) -> None:
        """Make the port and point the link at it; each time it is another terminal, as after a real replug."""
        self.unplug()
        self._device, self._program_end = os.openpty()
        # Kept open: without any program at it, the device's end would fail instead of waiting.
        tty.setraw(self._program_end)
        os.set_blocking(self._device, False)
        fresh = self._link.with_name(f".{self._link.name}.new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        fresh.symlink_to(os.ttyname(self._program_end))
        fresh.replace(self._link)

    def unplug(self) -> None:
        """Take the port away. Programs that have it open meet errors from now on."""
        with contextlib.suppress(FileNotFoundError):
            self._link.unlink()
        for end in (self._device, self._program_end):
            if end is not None:
                os.close(end)
        self._device = self._program_end = None

    def write(self, data: bytes) -> int:
        """Send to the program; the number of bytes that the port took. Raises :class:`OSError` while unplugged."""
        try:
            return os.write(self._opened(), data)
        except BlockingIOError:
            return 0

    def read(self, timeout: float) -> bytes:
        """What the program has sent; nothing if it sends nothing in time. Raises :class:`OSError` while unplugged."""
        device = self._opened()
        if not select.select([device], [], [], timeout)[0]:
            return b""
        try:
            return os.read(device, 4096)
        except BlockingIOError:
            return b""

    def _opened(self) -> int:
        if self._device is None:
            raise OSError("the port is not plugged in")
        return self._device
