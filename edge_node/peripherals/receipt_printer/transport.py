"""What every way to a printer has in common: bytes out, bytes in, and two ways to fail."""

from typing import Protocol

from retail.errors import Retryable


class Unreachable(Retryable):
    """No connection could be made: nothing was sent. ``remedy`` is empty where waiting is all one can do."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy


class ConnectionLost(Retryable):
    """The connection broke. What was written before may have arrived, or not.

    ``leaked`` tells whether some bytes of the call that failed may have arrived too.
    """

    def __init__(self, problem: str, *, leaked: bool = False) -> None:
        super().__init__(problem)
        self.leaked = leaked


class Transport(Protocol):
    """A way to one printer. Used by one thread only; it can be opened again after it was closed or has broken.

    Timeouts are in seconds and above zero.
    """

    @property
    def delivers(self) -> bool:
        """Whether bytes that :meth:`write` has taken are in the printer; else they may be anywhere on the way."""
        ...

    @property
    def name(self) -> str:
        """Where it leads, for people: ``USB 04b8:0e15 serial X1``, ``192.0.2.7:9100``."""
        ...

    def open(self, timeout: float) -> None:
        """Connect. Raises :class:`Unreachable`."""
        ...

    def write(self, data: memoryview, timeout: float) -> int:
        """Hand over the start of ``data`` and say how many bytes went; 0 if none did in time.

        Raises :class:`ConnectionLost`.
        """
        ...

    def read(self, timeout: float) -> bytes:
        """What has come in; empty if nothing has in time. Raises :class:`ConnectionLost`."""
        ...

    def close(self) -> None:
        """Disconnect. Never fails, and does nothing where nothing is open."""
        ...
