"""A simulated printer on port 9100: one connection at a time, as network printers serve them.

Not modelled: other protocols on the same printer (LPD, IPP, ePOS), and the idle time after which some models hang up.
"""

import contextlib
import selectors
import socket
import struct
import threading

from simulators.devices.printer import SimulatedPrinter

_CHUNK_BYTES = 1024
_ABORT = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing sends RST, as a pulled plug does in the end."""


class TcpPrinter:
    """Serves ``printer``. Port 0 takes a free one, which :attr:`port` then names and which later plugs take again."""

    def __init__(self, printer: SimulatedPrinter, host: str = "127.0.0.1", port: int = 0) -> None:
        self._printer = printer
        self._host = host
        self.port = port
        self._line: _Line | None = None

    def __enter__(self) -> "TcpPrinter":
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Start serving. Raises :class:`OSError` where the port is taken."""
        listener = socket.create_server((self._host, self.port), backlog=1)
        self.port = listener.getsockname()[1]
        self._line = _Line(self._printer, listener)
        self._line.thread.start()

    def unplug(self) -> None:
        """Break the connection and take no new one. The printer keeps its power and what it has been sent."""
        line, self._line = self._line, None
        if line is not None:
            line.stop()

    def unplug_after(self, count: int) -> None:
        """Break it by itself once the printer has taken ``count`` more bytes."""
        if self._line is not None:
            self._line.bytes_until_unplugged = count


class _Line:
    """One plugging: a thread that moves bytes between the printer and whoever connects."""

    def __init__(self, printer: SimulatedPrinter, listener: socket.socket) -> None:
        self._printer = printer
        self._listener = listener
        self._connection: socket.socket | None = None
        self._pending = b""
        self._bell, self._clapper = socket.socketpair()
        for each in (listener, self._bell, self._clapper):
            each.setblocking(False)
        self._watched: set[socket.socket] = set()
        self._stopping = False
        self.bytes_until_unplugged: int | None = None
        self.thread = threading.Thread(target=self._run, name=f"printer at {listener.getsockname()[1]}")

    def stop(self) -> None:
        self._stopping = True
        self._ring()
        self.thread.join()
        self._clapper.close()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # rung enough already, or nobody is there to hear it
            self._clapper.send(b"!")

    def _run(self) -> None:
        self._printer.add_listener(self._ring)
        try:
            with selectors.DefaultSelector() as selector, self._bell, self._listener:
                selector.register(self._bell, selectors.EVENT_READ)
                while not self._stopping:
                    self._watch(selector)
                    for key, _ in selector.select():
                        self._heard(selector, key.fileobj)
        finally:
            self._printer.remove_listener(self._ring)
            self._hang_up(None)
            self._printer.forget_answers()

    def _watch(self, selector: selectors.BaseSelector) -> None:
        """Listens for a caller while there is none, and reads from one only while the printer has room."""
        wanted = set[socket.socket]()
        if self._connection is None:
            wanted.add(self._listener)
        elif not self._pending:
            wanted.add(self._connection)
        for each in wanted - self._watched:
            selector.register(each, selectors.EVENT_READ)
        for each in self._watched - wanted:
            selector.unregister(each)
        self._watched = wanted

    def _heard(self, selector: selectors.BaseSelector, source: object) -> None:
        if source is self._bell:
            with contextlib.suppress(BlockingIOError):
                self._bell.recv(_CHUNK_BYTES)
            self._hand_on(selector, b"")
        elif source is self._listener:
            with contextlib.suppress(BlockingIOError):
                self._connection, _ = self._listener.accept()
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        elif self._connection is not None:
            try:
                data = self._connection.recv(_CHUNK_BYTES)
            except OSError:
                data = b""
            if data:
                self._hand_on(selector, data)
            else:
                self._hang_up(selector)
        self._answer(selector)

    def _hand_on(self, selector: selectors.BaseSelector, data: bytes) -> None:
        self._pending += data
        offered = self._pending[: self.bytes_until_unplugged]
        taken = self._printer.receive(offered) if offered else 0
        self._pending = self._pending[taken:]
        if self.bytes_until_unplugged is not None:
            self.bytes_until_unplugged -= taken
            if not self.bytes_until_unplugged:
                self._hang_up(selector)
                self._stopping = True

    def _answer(self, selector: selectors.BaseSelector) -> None:
        if self._connection is None:
            return
        data = self._printer.transmit(_CHUNK_BYTES)
        try:
            if data:
                self._connection.sendall(data)
        except OSError:
            self._hang_up(selector)

    def _hang_up(self, selector: selectors.BaseSelector | None) -> None:
        connection, self._connection = self._connection, None
        self._pending = b""
        if connection is None:
            return
        if selector is not None and connection in self._watched:
            selector.unregister(connection)
            self._watched.discard(connection)
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
