"""The printer as a state machine: bytes in, bytes out, events, faults. It has no thread, no clock and no file.

What it does like a real one (sources: Epson ESC/POS reference, DLE EOT, DLE ENQ, DLE DC4, GS a, GS r, GS ( H, GS I):

- real-time commands act when they arrive, wherever they stand, even inside a picture and while nothing can be printed;
- while the paper is out, the cover open, the cutter jammed or the printer held offline, it takes bytes until its buffer
  is full and goes on afterwards where it stopped;
- a process id is answered once everything before it is on paper; of several that wait to be fetched only the latest is;
- the drawer opens on a kick and says so on pin 3.

Not modelled: the time that printing takes, the panel, the buzzer, print density and temperature, page mode, slip paper.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from simulators.devices.escpos.commands import Command, CommandParser
from simulators.devices.escpos.document import Document
from simulators.devices.escpos.page import Page
from simulators.devices.escpos.state import Model, PrintState, initial_state

DOCUMENT_BYTES_MAX = 2_000_000
"""A slip longer than this is handed over without a cut, so that endless input needs no endless memory."""
OUTPUT_ANSWERS_MAX = 100
"""Answers that a printer keeps while nobody listens; the rest is never said."""
NEAR_END_LINES = 100
"""Lines of paper from which on the near-end sensor reports."""

_REALTIME = re.compile(
    rb"\x10\x04(?P<status>[\x01-\x04])"
    rb"|\x10\x05(?P<request>[\x01\x02])"
    rb"|\x10\x14\x01(?P<pulse>[\x00\x01][\x01-\x08])"
    rb"|(?P<clear>\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08)",
    re.DOTALL,
)
_REALTIME_LONGEST = 10


@dataclass(frozen=True, slots=True)
class Printed:
    """A slip fell out of the printer."""

    document: Document


@dataclass(frozen=True, slots=True)
class Proved:
    """The printer has answered this process id."""

    process_id: bytes


@dataclass(frozen=True, slots=True)
class Kicked:
    """The drawer on connector pin 2 or 5 was kicked open."""

    pin: int


@dataclass(frozen=True, slots=True)
class Strange:
    """A command that no manual knows: its two bytes."""

    raw: bytes


PrinterEvent = Printed | Proved | Kicked | Strange


@dataclass(slots=True)
class Faults:
    """What is wrong with a printer; change it through :class:`Machine`, which tells the host."""

    paper_lines: int | None = None
    """Lines left on the roll; None is a roll without end."""
    cover_open: bool = False
    offline: bool = False
    cutter_jammed: bool = False
    """The next cut fails."""
    cutter_error: bool = False
    """A cut has failed and nobody has cleared it."""
    busy: bool = False
    """Prints nothing and names no reason, like a printer with a long picture before it."""
    mute: bool = False
    """Says nothing any more, though it prints: a broken return line."""


class Machine:
    """One printer; ``drain`` gives what happened to it since the last call. Not for several threads at once."""

    def __init__(self, model: Model | None = None, faults: Faults | None = None) -> None:
        self.model = model or Model()
        self.faults = faults or Faults()
        self.drawer_open = False
        self._parser = CommandParser()
        self._events: list[PrinterEvent] = []
        self._output: list[tuple[str, bytes]] = []
        self._tail = b""
        self._due = b""
        self._status_back = 0
        self._reported = b""
        self._slips = 0
        self._dots_left: int | None = None
        self._load(self.faults.paper_lines)
        self._start_page(initial_state(self.model))

    # The wire

    def receive(self, data: bytes) -> int:
        """Take bytes from the host, print what can be printed, and say how many were taken; perhaps none."""
        if self.blocked:
            room = max(self.model.receive_buffer - len(self._parser), 0)
            # A printer whose buffer is full still obeys real-time commands; it keeps nothing of them.
            if room < len(data) and _REALTIME.fullmatch(data):
                self._listen(data, keep=False)
                return len(data)
            data = data[:room]
        self._listen(data, keep=True)
        self._work()
        return len(data)

    def transmit(self, limit: int) -> bytes:
        """At most ``limit`` bytes of what the printer has to say."""
        waiting = b"".join(data for _, data in self._output)
        self._output = [("rest", waiting[limit:])] if len(waiting) > limit else []
        return b"" if self.faults.mute else waiting[:limit]

    def forget_output(self) -> None:
        """Drop what was not transmitted yet."""
        self._output.clear()

    @property
    def has_output(self) -> bool:
        """Whether :meth:`transmit` would give something."""
        return bool(self._output) and not self.faults.mute

    def drain(self) -> list[PrinterEvent]:
        """What happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    # What people do to it

    @property
    def paper_end(self) -> bool:
        """Whether the roll is used up."""
        return self._dots_left is not None and self._dots_left <= 0

    @property
    def paper_near_end(self) -> bool:
        """Whether little is left on the roll."""
        return self._dots_left is not None and self._dots_left <= NEAR_END_LINES * self.model.line_spacing

    @property
    def stopped(self) -> bool:
        """Whether it is offline, and says so."""
        return self.faults.offline or self.faults.cover_open or self.faults.cutter_error or self.paper_end

    @property
    def blocked(self) -> bool:
        """Whether it prints nothing right now."""
        return self.stopped or self.faults.busy

    def load_paper(self, lines: int | None = None) -> None:
        """Put in a roll of so many lines; None is a roll without end, 0 takes the roll out."""
        self._load(lines)
        self._work()

    def set_cover(self, *, is_open: bool) -> None:
        """Open or close the cover."""
        self.faults.cover_open = is_open
        self._work()

    def set_offline(self, *, offline: bool) -> None:
        """Hold the printer offline, as its feed button does, or let it go."""
        self.faults.offline = offline
        self._work()

    def set_busy(self, *, busy: bool) -> None:
        """Let it print nothing for a while, or go on."""
        self.faults.busy = busy
        self._work()

    def jam_cutter(self) -> None:
        """Let the next cut fail. :meth:`clear_jam` and the host's `DLE ENQ` together bring the printer back."""
        self.faults.cutter_jammed = True

    def clear_jam(self) -> None:
        """Take the scrap of paper out of the cutter."""
        self.faults.cutter_jammed = False

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self.drawer_open = False
        self._work()

    def switch_off(self) -> None:
        """Take the power away: what it has not printed is lost, and so is what it has not said."""
        self._parser.clear()
        self._page.forget_line()
        self._hand_over(cut=False)
        self._output.clear()
        self._tail, self._due, self._status_back, self._reported = b"", b"", 0, b""
        self.faults.cutter_error = False
        self._start_page(initial_state(self.model))

    # The inside

    def _start_page(self, state: PrintState) -> None:
        self._start = state.copy()
        self._page = Page(self.model, state)
        self._raw: list[bytes] = []
        self._raw_length = 0

    def _load(self, lines: int | None) -> None:
        self.faults.paper_lines = lines
        self._dots_left = None if lines is None else lines * self.model.line_spacing

    def _listen(self, data: bytes, *, keep: bool) -> None:
        """Obeys real-time commands in ``data`` and puts ``data`` into the buffer."""
        heard = self._tail + data
        kept_from = done = 0
        for match in _REALTIME.finditer(heard):
            done = match.end()
            if match["status"]:
                if self.model.answers_status:
                    self._say("status", bytes((self._status(match["status"][0]),)))
            elif match["request"]:
                self._recover(clear=match["request"] == b"\x02")
            elif match["pulse"]:
                self._kick(match["pulse"][0])
            else:
                self._parser.clear()
                self._page.forget_line()
                self._raw.append(match["clear"])
                self._due = b""
                self._say("clear", b"\x37\x25\x00")
                kept_from = max(done - len(self._tail), 0)
        self._tail = heard[max(done, len(heard) - _REALTIME_LONGEST + 1) :]
        if keep:
            self._parser.push(data[kept_from:])

    def _work(self) -> None:
        """Prints until something stops it, then reports what has changed."""
        while not self.blocked and (command := self._parser.pull()) is not None:
            self._execute(command)
        self._report()

    def _execute(self, command: Command) -> None:
        if not command.known:
            self._events.append(Strange(command.raw))
            return
        self._raw.append(command.raw)
        self._raw_length += len(command.raw)
        before = self._page.bottom
        self._page.run(command)
        action = _ACTIONS.get(command.name)
        if action is not None:
            action(self, command.arguments)
        self._use_paper(self._page.bottom - before)
        if self._due and not self._page.has_pending_line:
            self._prove(self._due)
        if self._raw_length > DOCUMENT_BYTES_MAX:
            if self._page.has_pending_line:
                self._page.finish_line()
                self._raw.append(b"\n")
            self._hand_over(cut=False)

    def _use_paper(self, dots: int) -> None:
        if self._dots_left is not None and dots > 0:
            self._dots_left -= dots

    def cut(self, arguments: bytes) -> None:
        """`GS V`, `ESC i`, `ESC m`."""
        self._page.finish_line()
        if self.faults.cutter_jammed:
            self.faults.cutter_error = True
            return
        if arguments[:1] in (b"\x41", b"\x42", b"\x61", b"\x62"):
            self._use_paper(self.model.feed_to_cutter + arguments[1])
        self._hand_over(cut=True)

    def _hand_over(self, *, cut: bool) -> None:
        if not self._page.is_blank:
            self._slips += 1
            document = Document(self._slips, self.model, self._start, b"".join(self._raw), cut)
            self._events.append(Printed(document))
        self._start_page(self._page.state)

    def kick(self, arguments: bytes) -> None:
        """`ESC p`."""
        self._kick(arguments[0] & 1)

    def _kick(self, connector: int) -> None:
        self.drawer_open = True
        self._events.append(Kicked((2, 5)[connector]))

    def _recover(self, *, clear: bool) -> None:
        """`DLE ENQ`: leave the error, with or without what is in the buffers; useless while the cause is there."""
        if not self.faults.cutter_error or self.faults.cutter_jammed:
            return
        self.faults.cutter_error = False
        self._hand_over(cut=True)
        if clear:
            self._parser.clear()
            self._due = b""

    def set_status_back(self, arguments: bytes) -> None:
        """`GS a`."""
        self._status_back, self._reported = arguments[0] & 0x0F, b""

    def answer_queued(self, arguments: bytes) -> None:
        """`GS r`: in its turn, not in real time."""
        if arguments[0] in (1, 49):
            self._say("queued", bytes((0x03 * self.paper_near_end,)))
        elif arguments[0] in (2, 50):
            self._say("queued", bytes((int(self._pin_3),)))

    def answer_identity(self, arguments: bytes) -> None:
        """`GS I`."""
        names = {65: "1.00", 66: self.model.maker, 67: self.model.name, 68: "SIM0000001"}
        if arguments[0] in names:
            self._say("identity", b"\x5f" + names[arguments[0]].encode() + b"\x00")
        elif arguments[0] in (1, 2, 3, 49, 50, 51):
            self._say("identity", b"\x02")

    def prove(self, arguments: bytes) -> None:
        """`GS ( H`, function 48."""
        process_id = arguments[2:]
        if arguments[:2] != b"00" or len(process_id) != 4 or not all(0x20 <= byte <= 0x7E for byte in process_id):
            return
        self._due = process_id

    def _prove(self, process_id: bytes) -> None:
        self._due = b""
        if self.model.proves:
            self._output = [each for each in self._output if each[0] != "process id"]
            self._say("process id", b"\x37\x22" + process_id + b"\x00")
            self._events.append(Proved(process_id))

    def _say(self, kind: str, data: bytes) -> None:
        if len(self._output) < OUTPUT_ANSWERS_MAX:
            self._output.append((kind, data))

    @property
    def _pin_3(self) -> bool:
        return self.drawer_open is self.model.drawer_open_high

    def _status(self, number: int) -> int:
        """The answer to `DLE EOT` ``number``."""
        faults = self.faults
        always = 0x12
        if number == 1:
            return always | 0x04 * self._pin_3 | 0x08 * self.stopped
        if number == 2:
            return always | 0x04 * faults.cover_open | 0x20 * self.paper_end | 0x40 * faults.cutter_error
        if number == 3:
            return always | 0x08 * faults.cutter_error
        return always | 0x0C * self.paper_near_end | 0x60 * self.paper_end

    def _report(self) -> None:
        """Automatic status: four bytes, whenever something changes that the host has asked for."""
        if not self._status_back:
            return
        faults = self.faults
        now = bytes(
            (
                0x10 | 0x04 * self._pin_3 | 0x08 * self.stopped | 0x20 * faults.cover_open,
                0x08 * faults.cutter_error,
                0x03 * self.paper_near_end | 0x0C * self.paper_end,
                0x0F,
            )
        )
        if now != self._reported:
            self._reported = now
            self._say("status back", now)


_ACTIONS: dict[str, Callable[[Machine, bytes], None]] = {
    "GS V": Machine.cut,
    "ESC i": Machine.cut,
    "ESC m": Machine.cut,
    "ESC p": Machine.kick,
    "GS a": Machine.set_status_back,
    "GS r": Machine.answer_queued,
    "GS I": Machine.answer_identity,
    "GS ( H": Machine.prove,
}
