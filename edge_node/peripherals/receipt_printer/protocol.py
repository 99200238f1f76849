"""ESC/POS besides the slip itself: what is asked of a printer, and what it says. Pure; bytes to values and back.

Sources: Epson ESC/POS reference, DLE EOT, DLE ENQ, DLE DC4 (functions 1 and 8), ESC p, GS a, GS r, GS ( H (function 48)
and "Identification of Send Status": the fixed bits of the first byte tell the kinds of answers apart.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from retail.errors import Refused

PROCESS_ID_BYTES = 4
_ID_LOW, _ID_HIGH = 0x20, 0x7E
_ID_RANGE = _ID_HIGH - _ID_LOW + 1

BLOCK_BYTES_MAX = 90
"""Longest answer block from header to NUL; one that is longer is noise."""

ENABLE_STATUS_BACK = b"\x1da\x0f"
"""GS a: report the drawer, being online, errors and paper whenever they change."""
QUEUED_STATUS_REQUEST = b"\x1dr\x01"
"""GS r 1: answered in its turn, after everything before it has been processed."""
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4, function 8: throw away what is waiting, also half a command; answered by :class:`BuffersCleared`."""
CONTINUE_AFTER_ERROR = b"\x10\x05\x01"
"""DLE ENQ 1: the cause of the error is gone, go on from the line where it stopped."""


def process_id(number: int) -> bytes:
    """The four bytes of GS ( H for job ``number``. Numbers 81,450,625 apart share one, which is far enough."""
    digits = []
    for _ in range(PROCESS_ID_BYTES):
        number, digit = divmod(number, _ID_RANGE)
        digits.append(_ID_LOW + digit)
    return bytes(reversed(digits))


def check_process_id(candidate: bytes) -> None:
    """Raises :class:`Refused` unless a printer would answer ``candidate``."""
    if len(candidate) != PROCESS_ID_BYTES or not all(_ID_LOW <= byte <= _ID_HIGH for byte in candidate):
        raise Refused("process_id", "it is not four bytes of 0x20 to 0x7E", "make it with process_id(number)")


def proof_request(job: bytes) -> bytes:
    """GS ( H, function 48: answer ``job`` once everything before this is on paper."""
    check_process_id(job)
    return b"\x1d(H\x06\x0000" + job


def status_request(kind: int) -> bytes:
    """DLE EOT: answer at once with one byte; ``kind`` is 1 printer, 2 offline causes, 3 errors, 4 paper."""
    return bytes((0x10, 0x04, kind))


def drawer_kick(pin: int, *, realtime: bool, pulse_ms: int = 100) -> bytes:
    """Open the drawer on connector ``pin`` 2 or 5, by DLE DC4 (at once, in steps of 100 ms) or ESC p (in its turn)."""
    connector = {2: 0, 5: 1}[pin]
    if realtime:
        return bytes((0x10, 0x14, 0x01, connector, min(max(pulse_ms // 100, 1), 8)))
    units = min(max(pulse_ms // 2, 1), 255)
    return bytes((0x1B, 0x70, connector, units, units))


def scrap_mark(cut: Literal["feed", "lines", "none"]) -> bytes:
    """Ends a slip that was interrupted: nobody takes it for a whole one, and nothing is printed below it."""
    ends = {"feed": b"\x1dVB\x00", "lines": b"\x1bd\x06\x1dV\x01", "none": b"\x1bd\x06"}
    return b"\x1b@\n*** INTERRUPTED - NOT VALID ***\n" + ends[cut]


class PaperLevel(Enum):
    """What a paper sensor sees."""

    ENOUGH = "enough"
    NEAR_END = "near end"
    END = "end"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer has told about itself. ``drawer_pin_high`` is a level; the profile knows what it means."""

    online: bool = True
    cover_open: bool = False
    feeding: bool = False
    """Somebody presses the feed button."""
    paper: PaperLevel = PaperLevel.ENOUGH
    error: bool = False
    cutter_error: bool = False
    unrecoverable: bool = False
    overheated: bool = False
    """An error that goes away by itself, nearly always the print head's temperature."""
    drawer_pin_high: bool | None = None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it has stopped in the middle and will go on once somebody sees to it."""
        return self.cover_open or self.paper is PaperLevel.END or self.error or self.cutter_error or self.unrecoverable

    @property
    def pauses(self) -> bool:
        """Whether it cannot print now, for whatever reason."""
        return not self.online or self.feeding or self.overheated or self.waits_for_a_person


@dataclass(frozen=True, slots=True)
class ProcessIdAnswer:
    """Everything before the request with this id is on paper."""

    process_id: bytes


@dataclass(frozen=True, slots=True)
class BuffersCleared:
    """The answer to :data:`CLEAR_BUFFERS`."""


@dataclass(frozen=True, slots=True)
class RealtimeStatus:
    """The answer to DLE EOT; only who asked knows which kind it is."""

    value: int


@dataclass(frozen=True, slots=True)
class StatusBack:
    """Four bytes of automatic status."""

    value: bytes


@dataclass(frozen=True, slots=True)
class QueuedStatus:
    """The answer to GS r."""

    value: int


@dataclass(frozen=True, slots=True)
class OtherBlock:
    """A block with another header or identifier, such as a name (GS I)."""

    value: bytes


Answer = ProcessIdAnswer | BuffersCleared | RealtimeStatus | StatusBack | QueuedStatus | OtherBlock

_BLOCK, _NAME = 0x37, 0x5F
_PROCESS_ID, _CLEARED = 0x22, 0x25
_FLOW_CONTROL = (0x11, 0x13)


class AnswerParser:
    """Takes the printer's bytes as they come and gives whole answers. Noise is skipped and counted, never raised."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.skipped = 0

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that ``data`` completes."""
        self._buffer += data
        answers: list[Answer] = []
        while self._buffer:
            taken, answer = self._first()
            if not taken:
                break
            del self._buffer[:taken]
            if answer is None:
                self.skipped += taken
            else:
                answers.append(answer)
        return answers

    def _first(self) -> tuple[int, Answer | None]:
        """The length of the first answer and what it says; no length while it is incomplete, no answer for noise."""
        first = self._buffer[0]
        if first in (_BLOCK, _NAME):
            return self._block()
        if first & 0x93 == 0x12:
            return 1, RealtimeStatus(first)
        if first & 0x93 == 0x10:
            return self._status_back()
        if first & 0x90 == 0:
            return 1, QueuedStatus(first)
        return 1, None

    def _status_back(self) -> tuple[int, Answer | None]:
        rest = self._buffer[1:4]
        if any(byte & 0x90 for byte in rest):
            return 1, None
        return (4, StatusBack(bytes(self._buffer[:4]))) if len(rest) == 3 else (0, None)

    def _block(self) -> tuple[int, Answer | None]:
        end = self._buffer.find(0, 1, BLOCK_BYTES_MAX)
        so_far = self._buffer[: end if end >= 0 else BLOCK_BYTES_MAX]
        block = bytes(byte for byte in so_far if byte not in _FLOW_CONTROL)
        if any(not _ID_LOW <= byte <= _ID_HIGH for byte in block):
            return 1, None
        if end < 0:
            return (1, None) if len(so_far) == BLOCK_BYTES_MAX else (0, None)
        if block[:2] == bytes((_BLOCK, _PROCESS_ID)) and len(block) == 2 + PROCESS_ID_BYTES:
            return end + 1, ProcessIdAnswer(block[2:])
        if block == bytes((_BLOCK, _CLEARED)):
            return end + 1, BuffersCleared()
        return end + 1, OtherBlock(block)


def with_realtime(status: PrinterStatus, kind: int, value: int) -> PrinterStatus:
    """``status`` after the answer ``value`` to DLE EOT ``kind``."""
    if kind == 1:
        return replace(status, online=not value & 0x08, drawer_pin_high=bool(value & 0x04))
    if kind == 2:
        stopped = bool(value & 0x20)
        paper = PaperLevel.END if stopped else PaperLevel.ENOUGH if status.paper is PaperLevel.END else status.paper
        cover, feeding, error = bool(value & 0x04), bool(value & 0x08), bool(value & 0x40)
        return replace(status, cover_open=cover, feeding=feeding, error=error, paper=paper)
    if kind == 3:
        cutter, hopeless, heat = bool(value & 0x08), bool(value & 0x20), bool(value & 0x40)
        return replace(status, cutter_error=cutter, unrecoverable=hopeless, overheated=heat)
    return replace(status, paper=_paper(end=value & 0x60, near=value & 0x0C))


def with_status_back(status: PrinterStatus, value: bytes) -> PrinterStatus:
    """``status`` after four bytes of automatic status."""
    first, second, third = value[0], value[1], value[2]
    return replace(
        status,
        online=not first & 0x08,
        drawer_pin_high=bool(first & 0x04),
        cover_open=bool(first & 0x20),
        feeding=bool(first & 0x40),
        error=bool(second & 0x2C),
        cutter_error=bool(second & 0x08),
        unrecoverable=bool(second & 0x20),
        overheated=bool(second & 0x40),
        paper=_paper(end=third & 0x0C, near=third & 0x03),
    )


def _paper(*, end: int, near: int) -> PaperLevel:
    return PaperLevel.END if end else PaperLevel.NEAR_END if near else PaperLevel.ENOUGH
