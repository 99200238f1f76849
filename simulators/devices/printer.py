"""A simulated printer as something that several threads may use: the wire on one side, people's hands on the other."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from simulators.devices.escpos.document import Document, png_sink
from simulators.devices.escpos.machine import Faults, Kicked, Machine, Printed, PrinterEvent, Proved, Strange
from simulators.devices.escpos.state import Model


class SimulatedPrinter:
    """One printer. It counts what it was sent and lists what it did, and hands each event to ``on_event`` in the thread
    that caused it.

    ``png`` is a folder for pictures of the slips; without it nothing is drawn. ``slips_kept`` bounds the list of slips.
    Besides :class:`Machine`'s faults it can stall (take no bytes) and be switched off.
    """

    def __init__(
        self,
        model: Model | None = None,
        faults: Faults | None = None,
        *,
        png: Path | None = None,
        on_event: Callable[[PrinterEvent], None] | None = None,
        slips_kept: int = 1000,
    ) -> None:
        self._machine = Machine(model, faults)
        self._condition = threading.Condition()
        self._save = png_sink(png) if png is not None else None
        self._on_event = on_event
        self._slips_kept = slips_kept
        self._stalled = False
        self._listeners: list[Callable[[], None]] = []
        self.bytes_taken = 0
        self.slips: list[Document] = []
        self.proofs: list[bytes] = []
        self.kicks: list[int] = []
        self.strange: list[bytes] = []

    # The wire

    def receive(self, data: bytes, timeout: float = 0.0) -> int:
        """Take bytes; none if the printer has no room for any within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while True:
                taken = 0 if self._stalled else self._machine.receive(data)
                left = deadline - time.monotonic()
                if taken or left <= 0:
                    break
                self._condition.wait(left)
            self.bytes_taken += taken
        self._after()
        return taken

    def transmit(self, limit: int, timeout: float = 0.0) -> bytes:
        """What the printer has to say; nothing if it says nothing within ``timeout`` seconds."""
        with self._condition:
            if timeout > 0 and not self._machine.has_output:
                self._condition.wait_for(lambda: self._machine.has_output, timeout)
            return self._machine.transmit(limit)

    def forget_answers(self) -> None:
        """Drop what it has not said: the line on which somebody listened is gone."""
        with self._condition:
            self._machine.forget_output()

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever there may be something to transmit or room to receive."""
        with self._condition:
            self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Undo :meth:`add_listener`."""
        with self._condition:
            self._listeners.remove(listener)

    # People's hands

    def load_paper(self, lines: int | None = None) -> None:
        """Put in a roll of so many lines; None is a roll without end."""
        self._do(lambda machine: machine.load_paper(lines))

    def take_paper_out(self) -> None:
        """Leave the printer without paper."""
        self.load_paper(0)

    def open_cover(self) -> None:
        """Open the cover."""
        self._do(lambda machine: machine.set_cover(is_open=True))

    def close_cover(self) -> None:
        """Close the cover."""
        self._do(lambda machine: machine.set_cover(is_open=False))

    def hold_offline(self) -> None:
        """Take it offline without a reason that it would name."""
        self._do(lambda machine: machine.set_offline(offline=True))

    def put_online(self) -> None:
        """Undo :meth:`hold_offline`."""
        self._do(lambda machine: machine.set_offline(offline=False))

    def jam_cutter(self) -> None:
        """Let the next cut fail."""
        self._do(lambda machine: machine.jam_cutter())

    def clear_jam(self) -> None:
        """Take the scrap out of the cutter; the host must still tell the printer to go on."""
        self._do(lambda machine: machine.clear_jam())

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self._do(lambda machine: machine.close_drawer())

    def dawdle(self, *, busy: bool = True) -> None:
        """Print nothing for a while without naming a reason, or go on."""
        self._do(lambda machine: machine.set_busy(busy=busy))

    def mute(self, *, muted: bool = True) -> None:
        """Break or mend the line on which it answers."""
        self._do(lambda machine: setattr(machine.faults, "mute", muted))

    def stall(self, *, stalled: bool = True) -> None:
        """Take no bytes any more, or take them again."""
        self._stalled = stalled
        self._do(lambda machine: None)

    def switch_off(self) -> None:
        """Take the power away; what was not printed is lost. The one who holds the cable unplugs it too."""
        self._do(lambda machine: machine.switch_off())

    @property
    def drawer_is_open(self) -> bool:
        """Whether the drawer stands open."""
        return self._machine.drawer_open

    def wait_for(self, condition: Callable[["SimulatedPrinter"], bool], timeout: float) -> bool:
        """Wait until ``condition`` holds, at most ``timeout`` seconds; whether it does."""
        with self._condition:
            return self._condition.wait_for(lambda: condition(self), timeout)

    def _do(self, act: Callable[[Machine], None]) -> None:
        with self._condition:
            act(self._machine)
        self._after()

    def _after(self) -> None:
        """Books what happened; draws and calls others outside the lock."""
        with self._condition:
            events = self._machine.drain()
            for event in events:
                self._book(event)
            listeners = list(self._listeners)
            self._condition.notify_all()
        for listener in listeners:
            listener()
        for event in events:
            if self._save is not None and isinstance(event, Printed):
                self._save(event.document)
            if self._on_event is not None:
                self._on_event(event)

    def _book(self, event: PrinterEvent) -> None:
        match event:
            case Printed(document):
                self.slips = [*self.slips[-self._slips_kept + 1 :], document]
            case Proved(process_id):
                self.proofs.append(process_id)
            case Kicked(pin):
                self.kicks.append(pin)
            case Strange(raw):
                self.strange.append(raw)
