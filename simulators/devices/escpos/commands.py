"""ESC/POS bytes to commands: an incremental parser that never fails and never waits for more than one command needs.

The lengths follow Epson's ESC/POS reference (the command's own name is its key below), python-escpos and escpos-php.
Not parsed as such: page mode drawing is consumed but means nothing here, and two-byte (Kanji) text comes as plain text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

ESC, GS, FS, DLE = 0x1B, 0x1D, 0x1C, 0x10
TEXT = "text"

_PREFIXES = {ESC: "ESC", GS: "GS", FS: "FS", DLE: "DLE"}
_CONTROLS = {0x00: "NUL", 0x07: "BEL", 0x09: "HT", 0x0A: "LF", 0x0C: "FF", 0x0D: "CR", 0x18: "CAN"}
_TEXT_RUN = re.compile(rb"[\x20-\xff]+")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its ``name`` as in the manual, the ``arguments`` after it and its byte count, and all its bytes.

    Text is a command too. ``known`` is false for an operation code that no manual knows; its two bytes were skipped.
    """

    name: str
    arguments: bytes
    raw: bytes
    known: bool = True


Measure = Callable[[bytearray], int | None]
"""The length of the command that a buffer starts with, or None while its header is incomplete."""


def _fixed(length: int) -> Measure:
    return lambda _: length


def _counted(low: int, header: int, unit: int = 1, size: int = 2) -> Measure:
    """``header`` bytes and then as many units as the little-endian number of ``size`` bytes at ``low`` says."""

    def measure(data: bytearray) -> int | None:
        if len(data) < header:
            return None
        return header + unit * int.from_bytes(data[low : low + size], "little")

    return measure


def _until_nul(first: int, longest: int) -> Measure:
    """To the next NUL at or after ``first``; one that is further than ``longest`` bytes away never comes."""

    def measure(data: bytearray) -> int | None:
        end = data.find(0, first, first + longest)
        if end >= 0:
            return end + 1
        return first + longest if len(data) >= first + longest else None

    return measure


def _barcode(data: bytearray) -> int | None:
    """GS k: function A (types 0 to 6) ends with NUL, function B (65 and up) carries a length."""
    if len(data) < 3:
        return None
    if data[2] <= 6:
        return _until_nul(3, 256)(data)
    return 4 + data[3] if len(data) >= 4 else None


def _bit_image(data: bytearray) -> int | None:
    """ESC *: modes 32 and 33 have three bytes in a column, the others one."""
    if len(data) < 5:
        return None
    return 5 + (3 if data[2] in (32, 33) else 1) * int.from_bytes(data[3:5], "little")


def _raster(data: bytearray) -> int | None:
    """GS v 0: bytes across times dots down."""
    if len(data) < 8:
        return None
    return 8 + int.from_bytes(data[4:6], "little") * int.from_bytes(data[6:8], "little")


def _user_characters(data: bytearray) -> int | None:
    """ESC &: for each character its width and then that many columns."""
    if len(data) < 5:
        return None
    at = 5
    for _ in range(data[3], data[4] + 1):
        if len(data) <= at:
            return None
        at += 1 + data[2] * data[at]
    return at


def _stored_images(data: bytearray) -> int | None:
    """FS q: images, each with its size in blocks of 8 by 8 dots."""
    if len(data) < 3:
        return None
    at = 3
    for _ in range(data[2]):
        if len(data) < at + 4:
            return None
        at += 4 + 8 * int.from_bytes(data[at : at + 2], "little") * int.from_bytes(data[at + 2 : at + 4], "little")
    return at


def _download_image(data: bytearray) -> int | None:
    """GS *: blocks of 8 by 8 dots."""
    return 4 + data[2] * data[3] * 8 if len(data) >= 4 else None


def _by_third(lengths: dict[int, int], otherwise: int) -> Measure:
    """The third byte decides the whole length."""
    return lambda data: lengths.get(data[2], otherwise) if len(data) >= 3 else None


_CUT_WITH_FEED = (65, 66, 97, 98, 103, 104)

_FIXED: dict[int, dict[int, str]] = {
    ESC: {2: "\f2<@LSimv", 3: " !%+-3=?AEGJKMRTUVadertu{", 4: "$\\Bcf", 5: "p", 10: "W"},
    GS: {2: ":c", 3: "!/BHITabfhjrwx|", 4: "$LPW\\", 5: "^z"},
    FS: {2: "&.", 3: "!-CW", 4: "?Sp", 76: "2"},
    DLE: {3: "\x05"},
}
"""Codes by the length of their whole command."""

_MEASURED: dict[int, dict[str, Measure]] = {
    ESC: {"D": _until_nul(2, 33), "*": _bit_image, "&": _user_characters, "(": _counted(3, 5)},
    GS: {
        "V": _by_third(dict.fromkeys(_CUT_WITH_FEED, 4), 3),
        "C": _by_third({0x30: 5, 0x31: 9, 0x32: 5}, 3),
        "g": _by_third({0x30: 6, 0x32: 6}, 3),
        "*": _download_image,
        "k": _barcode,
        "v": _raster,
        "(": _counted(3, 5),
        "8": _counted(3, 7, size=4),
    },
    FS: {"q": _stored_images, "(": _counted(3, 5)},
    DLE: {"\x04": _by_third({7: 4, 8: 4, 18: 4}, 3), "\x14": _by_third({1: 5, 2: 5, 3: 8, 7: 4, 8: 10}, 3)},
}

_LENGTHS: dict[tuple[int, int], Measure] = {
    **{
        (prefix, ord(code)): _fixed(length)
        for prefix, codes_by_length in _FIXED.items()
        for length, codes in codes_by_length.items()
        for code in codes
    },
    **{(prefix, ord(code)): measure for prefix, rules in _MEASURED.items() for code, measure in rules.items()},
}

_HEADER_WITH_FUNCTION = {ord("("): 5, ord("8"): 7}
"""Codes whose third byte belongs to the name (``GS ( k``), and where what follows their byte count starts."""


class CommandParser:
    """Takes bytes as they come and gives whole commands in their order."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def __len__(self) -> int:
        """Bytes that wait, in whole commands and in the part of one."""
        return len(self._buffer)

    def push(self, data: bytes) -> None:
        """Take ``data``."""
        self._buffer += data

    def clear(self) -> None:
        """Forget everything that waits, the part of a command too."""
        self._buffer.clear()

    def pull(self) -> Command | None:
        """The next whole command; None while there is none."""
        if not self._buffer:
            return None
        first = self._buffer[0]
        if first >= 0x20:
            run = _TEXT_RUN.match(self._buffer)
            return self._take(TEXT, run.end() if run else 1, 0)
        if first not in _PREFIXES:
            return self._take(_CONTROLS.get(first, f"{first:02X}"), 1, 1, known=first in _CONTROLS)
        if len(self._buffer) < 2:
            return None
        return self._pull_prefixed(first, self._buffer[1])

    def _pull_prefixed(self, prefix: int, code: int) -> Command | None:
        name = f"{_PREFIXES[prefix]} {_spelled(code)}"
        measure = _LENGTHS.get((prefix, code))
        if measure is None:
            return self._take(name, 2, 2, known=False)
        header = _HEADER_WITH_FUNCTION.get(code, 2)
        if header > 2:
            if len(self._buffer) < 3:
                return None
            name = f"{name} {_spelled(self._buffer[2])}"
        length = measure(self._buffer)
        if length is None or len(self._buffer) < length:
            return None
        return self._take(name, length, header)

    def _take(self, name: str, length: int, header: int, *, known: bool = True) -> Command:
        raw = bytes(self._buffer[:length])
        del self._buffer[:length]
        return Command(name, raw[header:], raw, known)


def _spelled(code: int) -> str:
    named = {0x04: "EOT", 0x05: "ENQ", 0x14: "DC4", 0x0C: "FF", 0x20: "SP"}
    return named.get(code) or (chr(code) if 0x20 < code < 0x7F else f"{code:02X}")
