"""The serial port that a scanner hangs on, through pyserial."""

import termios
from typing import Protocol

from serial import Serial

from firmware_config.profiles import ScannerProfile
from retail.errors import Retryable

_READ_BYTES_MAX = 4096


class PortGone(Retryable):
    """The port is not there, or not any more."""


class ScannerPort(Protocol):
    """An open port. Used by one thread."""

    def read(self, timeout: float) -> bytes:
        """What has come in; empty if nothing has within ``timeout`` seconds. Raises :class:`PortGone`."""
        ...

    def close(self) -> None:
        """Never fails."""
        ...


class PortOpener(Protocol):
    """Opens the port at ``path``, a link being followed anew each time. Raises :class:`PortGone`."""

    def __call__(self, path: str, profile: ScannerProfile) -> ScannerPort: ...


def open_serial_port(path: str, profile: ScannerProfile) -> ScannerPort:
    """The :class:`PortOpener` for real ports."""
    try:
        return _SerialPort(
            Serial(
                path,
                profile.baud,
                profile.data_bits,
                profile.parity,
                profile.stop_bits,
                timeout=0,
                exclusive=True,
            )
        )
    except (OSError, ValueError, termios.error) as error:
        raise PortGone(f"{path} cannot be opened: {error}") from error


class _SerialPort:
    """An unplugged port shows in three ways: SerialException from read, OSError from in_waiting, termios.error."""

    def __init__(self, port: Serial) -> None:
        self._port = port

    def read(self, timeout: float) -> bytes:
        try:
            self._port.timeout = timeout
            first = self._port.read(1)
            return first + self._port.read(min(self._port.in_waiting, _READ_BYTES_MAX)) if first else b""
        except (OSError, termios.error) as error:
            raise PortGone(f"the scanner went away: {error}") from error

    def close(self) -> None:
        self._port.close()
