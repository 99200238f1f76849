"""Bytes from a scanner to codes: pure, fed with bytes and with the time.

A code ends with the suffix that the scanner is set to, or with silence where it has none. Most scanners can put the AIM
identifier of the symbology before it (``]E0`` EAN-13 and UPC, ``]E4`` EAN-8, ``]C1`` GS1-128, ``]d2`` GS1 DataMatrix,
``]Q3`` GS1 QR; ISO/IEC 15424): it is taken off and reported. Codes are printable ASCII and GS (0x1D, the separator of
GS1 element strings); a frame with anything else is noise from the line, is refused whole and counted.
"""

import re
from dataclasses import dataclass

from firmware_config.profiles import ScannerProfile, Suffix

GROUP_SEPARATOR = 0x1D
STALE_MS = 500
"""With a suffix: half a code that stays half for so long was an accident, and must not begin the next code."""

_SUFFIX_BYTES = {Suffix.CR: b"\r", Suffix.LF: b"\n", Suffix.CRLF: b"\r\n", Suffix.TAB: b"\t", Suffix.NONE: b""}
_IDENTIFIER = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_FIT = re.compile(rb"[\x1d\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Scan:
    """A code as read. ``identifier`` is the AIM symbology identifier (``]E0``), empty where the scanner sends none."""

    text: str
    identifier: str = ""


class ScannerFraming:
    """Cuts what a scanner sends into codes. ``refused`` counts frames that were noise, half or too long."""

    def __init__(self, profile: ScannerProfile) -> None:
        self._suffix = _SUFFIX_BYTES[profile.suffix]
        self._text_max = profile.length_max
        self._frame_max = profile.length_max + len("]E0")
        self._patience = (STALE_MS if self._suffix else profile.idle_gap_ms) / 1000
        self._buffer = bytearray()
        self._last_at = 0.0
        self._too_long = False
        self.refused = 0

    @property
    def waiting(self) -> bool:
        """Whether a code has begun and not ended."""
        return bool(self._buffer) or self._too_long

    @property
    def patience(self) -> float:
        """Seconds of silence after which :meth:`idle` ends what has begun."""
        return self._patience

    def feed(self, data: bytes, now: float) -> list[Scan]:
        """The codes that ``data`` ends; ``now`` in seconds that never go back."""
        scans = self.idle(now)
        self._last_at = now
        for byte in data:
            if byte in self._suffix:
                scans += self._end()
            elif self._too_long:
                continue
            else:
                self._buffer.append(byte)
                if len(self._buffer) > self._frame_max:
                    self._buffer.clear()
                    self._too_long = True
        return scans

    def idle(self, now: float) -> list[Scan]:
        """The code that silence has ended, if any."""
        if not self.waiting or now - self._last_at < self._patience:
            return []
        if not self._suffix:
            return self._end()
        self.reset()
        self.refused += 1
        return []

    def reset(self) -> None:
        """Forget what has begun: the scanner was unplugged."""
        self._buffer.clear()
        self._too_long = False

    def _end(self) -> list[Scan]:
        frame, too_long = bytes(self._buffer), self._too_long
        self.reset()
        if not frame and not too_long:
            return []  # the second byte of CR LF
        identifier = _IDENTIFIER.match(frame)
        text = frame[identifier.end() :] if identifier else frame
        if too_long or len(text) > self._text_max or not _FIT.fullmatch(text):
            self.refused += 1
            return []
        return [Scan(text.decode("ascii"), identifier[0].decode("ascii") if identifier else "")]
