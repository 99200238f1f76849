"""From a layout to the bytes that a printer understands.

Text, styles, QR codes and cuts are encoded by python-escpos; barcodes and what it lacks by this module. Every text has
its control characters taken out here too, whatever the layout did: an article named ``ESC p`` opens no drawer.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge_node.peripherals.documents import PickSlip, ReceiptSlip
from edge_node.peripherals.layout import Align, Barcode, Cut, Feed, Line, Operation, Paper, QrCode, Style
from edge_node.peripherals.picklist import lay_out_pick_list
from edge_node.peripherals.receipt import lay_out_receipt
from edge_node.peripherals.receipt_printer.escpos_library import load_dummy
from firmware_config.profiles import PrinterProfile
from retail.errors import Refused
from retail.text import printable

if TYPE_CHECKING:
    from escpos.printer import Dummy

QR_BYTES_MAX = 300
"""Longest content of a QR code, in bytes of UTF-8: what still fits the paper in dots that a phone can read."""
QR_MODULE_DOTS = 5
BARCODE_HEIGHT_DOTS = 72
BARCODE_LENGTH_MAX = 60
"""Longest content of a barcode, in characters; longer ones fit no paper anyhow."""

_MODULES_PER_CHARACTER = 11
_MODULES_AROUND = 3 * _MODULES_PER_CHARACTER + 2 + 20
"""Start, check and stop characters of Code 128, the final bar, and the quiet zones."""

_CANCEL_KANJI = b"\x1c."
_CODE_128 = 73


class Encoder:
    """Encodes slips for one model of printer. Not for several threads at once.

    ``cache`` is the folder of :func:`load_dummy`. Creating the first encoder of a process imports python-escpos, which
    takes seconds on a small box: do it in a thread, before the first sale. Raises :class:`Refused` for a profile that
    python-escpos cannot serve.
    """

    def __init__(self, profile: PrinterProfile, cache: Path) -> None:
        self._profile = profile
        self._dummy = load_dummy(cache)
        self.paper = Paper(profile.columns, profile.code_page.lower())
        try:
            self._new_dummy()
        except (KeyError, ValueError) as error:
            problem = f"python-escpos has no printer {profile.escpos!r} with page {profile.code_page!r}"
            raise Refused(f"printer profile {profile.name}", problem, "name another one as its escpos") from error

    def receipt(self, slip: ReceiptSlip) -> bytes:
        """The bytes of a receipt."""
        return self.encode(lay_out_receipt(slip, self.paper))

    def pick_list(self, slip: PickSlip) -> bytes:
        """The bytes of a pick list."""
        return self.encode(lay_out_pick_list(slip, self.paper))

    def encode(self, operations: Iterable[Operation]) -> bytes:
        """The bytes of any layout, from the printer's reset on: what was printed before leaves no trace in it."""
        sheet = _Sheet(self._new_dummy(), self._profile)
        for operation in operations:
            match operation:
                case Line():
                    sheet.line(operation)
                case Barcode(content):
                    sheet.barcode(content)
                case QrCode(content):
                    sheet.qr_code(content)
                case Feed(lines):
                    sheet.feed(lines)
                case Cut():
                    sheet.cut()
        return sheet.output()

    def _new_dummy(self) -> "Dummy":
        # With its choosing of code pages off it sends no page at all; the sheet sends the one that the profile pins.
        return self._dummy(self._profile.escpos, {"encoding": self._profile.code_page, "disabled": True})


class _Sheet:
    """One slip in the making. ``_style`` and ``_align`` are what the printer has been told last."""

    def __init__(self, dummy: "Dummy", profile: PrinterProfile) -> None:
        self._dummy = dummy
        self._profile = profile
        self._parts: list[bytes] = []
        self._style = Style()
        self._align = Align.LEFT
        dummy.hw("INIT")
        if profile.cancels_kanji:
            self._raw(_CANCEL_KANJI)
        self._raw(bytes((0x1B, 0x74, profile.code_page_slot)))  # ESC t

    def line(self, line: Line) -> None:
        self._aligned(line.align)
        for span in line.spans:
            text = printable(span.text)
            if text:
                self._styled(span.style)
                self._dummy.text(text)
        self._styled(replace(self._style, wide=False, tall=False, inverse=False))
        self._dummy.text("\n")

    def barcode(self, content: str) -> None:
        content = "".join(character for character in printable(content) if character.isascii())[:BARCODE_LENGTH_MAX]
        modules = _MODULES_AROUND + _MODULES_PER_CHARACTER * len(content)
        if not content:
            return
        if not self._profile.barcodes or modules * 2 > self._profile.dots:
            self._code_that_needs_no_barcode(content)
            return
        self._aligned(Align.CENTER)
        width = 3 if modules * 3 <= self._profile.dots else 2
        # Code set B throughout: the byte pairs of code set C can spell DLE EOT, which printers obey anywhere.
        data = b"{B" + content.replace("{", "{{").encode("ascii")
        self._raw(bytes((0x1D, 0x68, BARCODE_HEIGHT_DOTS, 0x1D, 0x77, width)))  # GS h, GS w
        self._raw(b"\x1df\x00\x1dH\x02")  # GS f: text in font A; GS H: below the bars
        self._raw(bytes((0x1D, 0x6B, _CODE_128, len(data))) + data)  # GS k, function B

    def qr_code(self, content: str) -> None:
        content = printable(content)
        if not content or len(content.encode()) > QR_BYTES_MAX:
            return
        self._aligned(Align.CENTER)
        self._dummy.qr(content, ec=1, size=QR_MODULE_DOTS, native=self._profile.native_qr)

    def feed(self, lines: int) -> None:
        self._dummy.text("\n" * lines)

    def cut(self) -> None:
        match self._profile.cut:
            case "feed":
                self._dummy.cut(feed=False)
            case "lines":
                self._dummy.cut("PART")
            case "none":
                self._dummy.print_and_feed(6)

    def output(self) -> bytes:
        self._raw(b"")
        return b"".join(self._parts)

    def _code_that_needs_no_barcode(self, content: str) -> None:
        if self._profile.native_qr:
            self.qr_code(content)
        self._aligned(Align.CENTER)
        self._styled(Style(bold=True))
        self._dummy.text(f"{content}\n")
        self._styled(Style())

    def _aligned(self, align: Align) -> None:
        if align is not self._align:
            self._dummy.set(align=align.value)
            self._align = align

    def _styled(self, style: Style) -> None:
        old, self._style = self._style, style
        if (old.wide, old.tall) != (style.wide, style.tall):
            self._dummy.set(custom_size=True, width=1 + style.wide, height=1 + style.tall)
        if old.bold != style.bold:
            self._dummy.set(bold=style.bold)
        if old.underline != style.underline:
            self._dummy.set(underline=int(style.underline))
        if old.inverse != style.inverse:
            self._dummy.set(invert=style.inverse)

    def _raw(self, data: bytes) -> None:
        """Adds ``data`` after what python-escpos has encoded so far."""
        self._parts += [self._dummy.output, data]
        self._dummy.clear()
