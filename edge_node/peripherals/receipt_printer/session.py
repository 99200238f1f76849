"""One connection to a printer from opening to breaking: its status, its answers, and writing that loses nothing.

A status request stands only between commands, never inside one, so nothing here asks while data are being written; what
a printer reports by itself is read then too. Requests go out one at a time, because their answers do not say which
request they belong to.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edge_node.peripherals.receipt_printer.jobs import PrinterLimits
from edge_node.peripherals.receipt_printer.patience import Patience
from edge_node.peripherals.receipt_printer.protocol import (
    CLEAR_BUFFERS,
    ENABLE_STATUS_BACK,
    Answer,
    AnswerParser,
    BuffersCleared,
    PrinterStatus,
    RealtimeStatus,
    StatusBack,
    status_request,
    with_realtime,
    with_status_back,
)
from edge_node.peripherals.receipt_printer.transport import ConnectionLost, Transport
from firmware_config.profiles import PrinterProfile
from retail.clock import Clock

_KINDS = (1, 2, 3, 4)
"""The questions of one status round: printer, offline causes, errors, paper."""


class Stalled(Exception):
    """The printer takes no more bytes; ``detail`` says why, as far as it is known."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(slots=True)
class Progress:
    """What is known of bytes that were to go out; readable also when sending them has failed."""

    sent: int = 0
    leaked: bool = False
    """The call that failed may have sent some more."""

    @property
    def untouched(self) -> bool:
        """Whether certainly no byte went out."""
        return not self.sent and not self.leaked


class Session:
    """An open ``transport``. ``status`` is what the printer has said last; ``heard`` whether it has said all of it."""

    def __init__(
        self,
        transport: Transport,
        profile: PrinterProfile,
        limits: PrinterLimits,
        clock: Clock,
        on_status: Callable[[PrinterStatus], None],
    ) -> None:
        self._transport = transport
        self._profile = profile
        self._limits = limits
        self._clock = clock
        self._on_status = on_status
        self._parser = AnswerParser()
        self._asked: int | None = None
        self._to_ask: list[int] = []
        self._patience = Patience(limits.silence_s, limits.pause_s, clock.monotonic())
        self._unsent = bytearray()
        self._round_ended = clock.monotonic()
        self.status = PrinterStatus()
        self.heard = not profile.realtime_status

    @property
    def noise_bytes(self) -> int:
        """Bytes from the printer that meant nothing."""
        return self._parser.skipped

    def prepare(self, *, clear: bool) -> None:
        """Put the printer in order; ``clear`` where it may still hold a part of an interrupted job.

        Raises :class:`ConnectionLost` where it cannot be cleared: what is sent next would be taken for the rest of that
        job.
        """
        if clear and self._profile.clears_buffers:
            self._clear()
        if self._profile.status_back:
            self.offer(ENABLE_STATUS_BACK, self._limits.clear_s)
        self.ask()

    def ask(self) -> None:
        """Start a status round, unless one is under way."""
        if self._profile.realtime_status and not self._to_ask and self._asked is None:
            self._to_ask = list(_KINDS)
            self._patience.restart(self._clock.monotonic())
            self.heard = False

    def poll(self, every: float) -> None:
        """Keep status rounds going, one every so many seconds. Raises :class:`ConnectionLost` for a silent printer."""
        now = self._clock.monotonic()
        if self._asked is not None:
            if self._patience.is_over(now, pauses=self.status.pauses):
                raise ConnectionLost("the printer does not answer any more")
            return
        if not self._to_ask and now - self._round_ended >= every:
            self.ask()
        if not self._to_ask:
            return
        if self.offer(status_request(self._to_ask[0]), self._limits.tick_s):
            self._asked = self._to_ask.pop(0)
            self._patience.restart(now)
        elif self._patience.is_over(now, pauses=self.status.pauses):
            raise ConnectionLost("the printer takes no more data")

    def pump(self, timeout: float) -> list[Answer]:
        """Read once; the answers that are not about status. Raises :class:`ConnectionLost`."""
        answers: list[Answer] = []
        before = self.status
        for answer in self._parser.feed(self._transport.read(timeout)):
            if isinstance(answer, StatusBack):
                self.status = with_status_back(self.status, answer.value)
            elif isinstance(answer, RealtimeStatus):
                self._told(answer.value)
            else:
                answers.append(answer)
        if self.status != before and self.heard:
            self._on_status(self.status)
        return answers

    def offer(self, data: bytes, timeout: float) -> bool:
        """Write a whole short command if the printer takes its start within ``timeout`` seconds.

        False means that nothing of it went out. Raises :class:`ConnectionLost`.
        """
        if not self._flush(timeout):
            return False
        written = self._transport.write(memoryview(data), timeout)
        self._unsent += data[written:] if written else b""
        return written > 0

    def send(self, data: bytes, progress: Progress, stopping: Callable[[], bool]) -> list[Answer]:
        """Write all of ``data``, however little the printer takes at a time; the answers that came in meanwhile.

        Raises :class:`Stalled` where the printer takes no more for too long or ``stopping`` says so, and
        :class:`ConnectionLost`.
        """
        answers: list[Answer] = []
        view = memoryview(data)
        patience = Patience(self._limits.stall_s, self._limits.pause_s, self._clock.monotonic())
        while progress.sent < len(data):
            if self._flush(self._limits.tick_s) and self._write_some(view[progress.sent :], progress):
                patience.restart(self._clock.monotonic())
                continue
            answers += self.pump(self._limits.tick_s)
            if stopping():
                raise Stalled("the program was stopped")
            if patience.is_over(self._clock.monotonic(), pauses=self.status.pauses):
                raise Stalled("the printer takes no more data")
        return answers

    def _write_some(self, data: memoryview, progress: Progress) -> bool:
        try:
            written = self._transport.write(data, self._limits.tick_s)
        except ConnectionLost as error:
            progress.leaked = error.leaked
            raise
        progress.sent += written
        return written > 0

    def _flush(self, timeout: float) -> bool:
        """Write what is left of a short command; whether nothing is left."""
        while self._unsent:
            written = self._transport.write(memoryview(bytes(self._unsent)), timeout)
            if not written:
                return False
            del self._unsent[:written]
        return True

    def _told(self, value: int) -> None:
        if self._asked is None:
            return  # nobody asked: an echo of bytes inside a picture
        self.status = with_realtime(self.status, self._asked, value)
        self._asked = None
        if not self._to_ask:
            self._round_ended = self._clock.monotonic()
            if not self.heard:
                self.heard = True
                self._on_status(self.status)

    def _clear(self) -> None:
        deadline = self._clock.monotonic() + self._limits.clear_s
        if self.offer(CLEAR_BUFFERS, self._limits.clear_s):
            while self._clock.monotonic() < deadline:
                if BuffersCleared() in self.pump(self._limits.tick_s):
                    return
        raise ConnectionLost("the printer cannot be cleared of an interrupted job")
