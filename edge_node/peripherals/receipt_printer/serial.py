"""Printers on a serial port, through pyserial.

A printer whose buffer is full stops the line by hardware flow control, so a write may have to wait. pyserial does not
tell how much of a write went out before it timed out, and without a timeout it spins: so the kernel is asked first.
"""

import select
import termios

from serial import Serial

from edge_node.peripherals.receipt_printer.transport import ConnectionLost, Unreachable

_WRITE_BYTES_MAX = 256
_READ_BYTES = 256


class SerialTransport:
    """A printer at ``path``, which may be a link: it is followed at each opening."""

    def __init__(self, path: str, baud: int = 38_400, *, hardware_flow_control: bool = True) -> None:
        self._path = path
        self._baud = baud
        self._flow_control = hardware_flow_control
        self._port: Serial | None = None

    @property
    def delivers(self) -> bool:
        return False

    @property
    def name(self) -> str:
        return self._path

    def open(self, timeout: float) -> None:
        """As :meth:`Transport.open`. Opening a port does not wait: ``timeout`` is not used."""
        self.close()
        try:
            self._port = Serial(
                self._path, self._baud, timeout=0, write_timeout=0, rtscts=self._flow_control, exclusive=True
            )
        except (OSError, termios.error) as error:
            raise Unreachable(f"{self._path} cannot be opened", "see that the adapter is plugged in") from error

    def write(self, data: memoryview, timeout: float) -> int:
        port = self._opened()
        try:
            if not select.select([], [port], [], timeout)[1]:
                return 0
            return port.write(bytes(data[:_WRITE_BYTES_MAX])) or 0
        except (OSError, termios.error) as error:
            raise ConnectionLost(f"{self._path} went away") from error

    def read(self, timeout: float) -> bytes:
        port = self._opened()
        try:
            return port.read(_READ_BYTES) if select.select([port], [], [], timeout)[0] else b""
        except (OSError, termios.error) as error:
            raise ConnectionLost(f"{self._path} went away") from error

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def _opened(self) -> Serial:
        if self._port is None:
            raise ConnectionLost(f"{self._path} is not open")
        return self._port
