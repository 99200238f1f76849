"""Device profiles: what differs between one model of a peripheral and the next, kept out of the drivers.

The profiles that ship with Tillway stand in `device_profiles.toml` beside this module; a store may lay its own, in a
text of the same form, over them. A profile is data: a driver asks it, and never asks for the model's name.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from retail.errors import Refused

PROFILES_MAX = 500
"""Profiles of one kind in one file: far above what a chain owns, far below what would hurt."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_UsbIds = Annotated[str, Meta(pattern="^[0-9a-f]{4}:[0-9a-f]{4}$")]
_Words = Annotated[str, Meta(max_length=80)]


class Proof(StrEnum):
    """How a printer can show that it has printed."""

    PROCESS_ID = "process_id"
    """Answers `GS ( H` function 48 once the data before it is on paper."""
    QUEUED_STATUS = "queued_status"
    """Answers `GS r` once it has worked through the data before it: processed, but perhaps not printed."""
    NONE = "none"
    """Says nothing."""


class PrinterProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of ESC/POS receipt printer.

    ``escpos`` is its name in python-escpos. ``columns`` characters of font A fit on a line of ``dots`` printable dots.
    ``drawer_open_high`` is the level of drawer connector pin 3 while the drawer is open: it follows from the drawer's
    wiring, so a store may have to turn it. ``usb`` lists ``vendor:product`` in hex; it only helps to find the printer.
    """

    model: _Words
    name: str = ""
    escpos: _Words = "default"
    columns: Annotated[int, Meta(ge=28, le=64)] = 42
    dots: Annotated[int, Meta(ge=300, le=900)] = 512
    code_page: _Words = "CP858"
    code_page_slot: Annotated[int, Meta(ge=0, le=255)] = 19
    """Where this model keeps ``code_page`` (`ESC t`). Stated here, because python-escpos guesses between several."""
    proof: Proof = Proof.PROCESS_ID
    realtime_status: bool = True
    """Answers `DLE EOT` at once, even while it cannot print."""
    status_back: bool = True
    """Reports changes by itself once `GS a` has asked for it."""
    clears_buffers: bool = True
    """Understands `DLE DC4` function 8, which throws away what an interrupted job has left behind."""
    realtime_drawer: bool = True
    """Understands `DLE DC4` function 1, which opens the drawer even while the paper is out."""
    barcodes: bool = True
    """Draws Code 128 itself (`GS k`, function B)."""
    native_qr: bool = True
    """Draws QR codes itself (`GS ( k`)."""
    cancels_kanji: bool = False
    """Takes bytes above 7F for halves of Chinese characters until `FS .` forbids it."""
    cut: Literal["feed", "lines", "none"] = "feed"
    """`feed`: the cut command moves the paper itself; `lines`: six lines are fed first; `none`: no cutter."""
    drawer_pin: Literal[2, 5] = 2
    drawer_open_high: bool = False
    usb: Annotated[tuple[_UsbIds, ...], Meta(max_length=32)] = ()


class Suffix(StrEnum):
    """What a scanner sends after a code."""

    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    TAB = "tab"
    NONE = "none"


class ScannerProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model, or one setting, of a barcode scanner on a serial port.

    ``idle_gap_ms`` is the silence that ends a code where there is no suffix. ``setup`` tells whoever installs it how to
    bring a new scanner into this setting.
    """

    model: _Words
    name: str = ""
    baud: Annotated[int, Meta(ge=300, le=921_600)] = 9600
    data_bits: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    suffix: Suffix = Suffix.CR
    idle_gap_ms: Annotated[int, Meta(ge=5, le=2_000)] = 50
    length_max: Annotated[int, Meta(ge=8, le=4_096)] = 256
    """Longest code that is accepted, in characters, without prefix and suffix."""
    setup: Annotated[str, Meta(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class Profiles:
    """All profiles that a box knows, by name."""

    printer: Mapping[str, PrinterProfile]
    scanner: Mapping[str, ScannerProfile]

    def find_printer(self, name: str) -> PrinterProfile:
        """The printer profile ``name``. Raises :class:`Refused` for one that nobody wrote."""
        return _known("printer profile", self.printer, name)

    def find_scanner(self, name: str) -> ScannerProfile:
        """The scanner profile ``name``. Raises :class:`Refused` for one that nobody wrote."""
        return _known("scanner profile", self.scanner, name)

    def for_usb(self, vendor: int, product: int) -> PrinterProfile | None:
        """The profile of the printer with these USB ids; None where no profile claims them."""
        ids = f"{vendor:04x}:{product:04x}"
        return next((profile for profile in self.printer.values() if ids in profile.usb), None)

    def overlaid(self, text: str) -> "Profiles":
        """These profiles with those of ``text`` over them. Raises :class:`Refused` as :func:`parse_profiles` does."""
        more = parse_profiles(text)
        return Profiles({**self.printer, **more.printer}, {**self.scanner, **more.scanner})


def parse_profiles(text: str) -> Profiles:
    """The profiles in ``text``, which is TOML. Raises :class:`Refused`, naming the entry that is wrong."""
    try:
        sections = msgspec.convert(tomllib.loads(text), _Sections)
    except tomllib.TOMLDecodeError as error:
        raise Refused("device profiles", f"this is not TOML: {error}", "mend the file") from error
    except msgspec.ValidationError as error:
        raise Refused("device profiles", str(error), "use [printer.NAME] and [scanner.NAME] only") from error
    return Profiles(
        printer={name: _entry("printer", name, values, PrinterProfile) for name, values in sections.printer.items()},
        scanner={name: _entry("scanner", name, values, ScannerProfile) for name, values in sections.scanner.items()},
    )


@cache
def shipped_profiles() -> Profiles:
    """The profiles that come with Tillway."""
    return parse_profiles((files("firmware_config") / "device_profiles.toml").read_text(encoding="utf-8"))


_Profile = TypeVar("_Profile", PrinterProfile, ScannerProfile)


class _Sections(msgspec.Struct, forbid_unknown_fields=True):
    printer: Annotated[dict[str, dict[str, Any]], Meta(max_length=PROFILES_MAX)] = {}
    scanner: Annotated[dict[str, dict[str, Any]], Meta(max_length=PROFILES_MAX)] = {}


def _entry(kind: str, name: str, values: dict[str, Any], profile: type[_Profile]) -> _Profile:
    if not _NAME.fullmatch(name):
        raise Refused(f"{kind} profile", f"{name[:40]!r} is no name", "use small letters, digits and hyphens")
    try:
        return msgspec.convert(values | {"name": name}, profile)
    except msgspec.ValidationError as error:
        raise Refused(f"[{kind}.{name}]", str(error), "mend this entry") from error


def _known(kind: str, profiles: Mapping[str, _Profile], name: str) -> _Profile:
    try:
        return profiles[name]
    except KeyError:
        choice = ", ".join(sorted(profiles))
        raise Refused(kind, f"{name[:40]!r} is not known", f"use one of {choice}") from None
