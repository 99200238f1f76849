"""Printers on the network: a plain connection to port 9100.

Such a printer serves one connection at a time, and a second one waits unanswered until the first is closed. So the
connection is kept, and keep-alive probes find out when the printer's power is gone.
"""

import select
import socket

from edge_node.peripherals.receipt_printer.transport import ConnectionLost, Unreachable

RAW_PORT = 9100
_READ_BYTES = 4096
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 2), (socket.TCP_KEEPCNT, 3))
"""Seconds of silence before the first probe, seconds between probes, probes before giving up."""


class TcpTransport:
    """A printer at ``host``, port ``port``."""

    def __init__(self, host: str, port: int = RAW_PORT) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    @property
    def delivers(self) -> bool:
        return False

    @property
    def name(self) -> str:
        return "{}:{}".format(*self._address)

    def open(self, timeout: float) -> None:
        self.close()
        try:
            connection = socket.create_connection(self._address, timeout)
        except OSError as error:
            problem = f"no printer answers at {self.name}: {error.strerror or error}"
            raise Unreachable(problem, "see that the printer is switched on and its network cable is in") from error
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEP_ALIVE:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
        self._socket = connection

    def write(self, data: memoryview, timeout: float) -> int:
        connection = self._connected()
        if not select.select([], [connection], [], timeout)[1]:
            return 0
        try:
            return connection.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ConnectionLost(f"the connection to {self.name} broke: {error.strerror or error}") from error

    def read(self, timeout: float) -> bytes:
        connection = self._connected()
        if not select.select([connection], [], [], timeout)[0]:
            return b""
        try:
            data = connection.recv(_READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise ConnectionLost(f"the connection to {self.name} broke: {error.strerror or error}") from error
        if not data:
            raise ConnectionLost(f"{self.name} closed the connection")
        return data

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionLost(f"there is no connection to {self.name}")
        return self._socket
