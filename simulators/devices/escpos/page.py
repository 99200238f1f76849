"""Typesetting: commands change the state, put things on the current line, and move the paper.

Without a canvas only the paper is measured, which is what a printer needs to run out of it.
Not modelled: page mode, rotated and upside-down text, colours, user-defined and two-byte characters, stored (NV)
graphics, and two-dimensional symbols other than QR codes, for which an empty frame is printed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from qrcode import QRCode
from qrcode.exceptions import DataOverflowError

from simulators.devices.escpos.barcodes import Undrawable, human_readable, modules
from simulators.devices.escpos.canvas import Canvas, Glyph
from simulators.devices.escpos.code_pages import decode
from simulators.devices.escpos.commands import TEXT, Command
from simulators.devices.escpos.state import Model, PrintState, Raster, initial_state

_FRAME = (160, 80)
_QR_CORRECTION = {48: 1, 49: 0, 50: 3, 51: 2}
"""`GS ( k` function 69 (L M Q H) in the numbers of the library qrcode."""


@dataclass(slots=True)
class _Placed:
    """Something on the current line: ``draw(canvas, x, y)`` puts it with its upper left corner there."""

    x: int
    width: int
    height: int
    draw: Callable[[Canvas, int, int], None]


class Page:
    """The paper from the last cut on. ``top`` is how far it has moved, in dots."""

    def __init__(self, model: Model, state: PrintState, canvas: Canvas | None = None) -> None:
        self._model = model
        self.state = state
        self._canvas = canvas
        self._line: list[_Placed] = []
        self._x = 0
        self.top = 0
        self.bottom = 0
        """The lowest dot that was ever reached: feeding backwards does not shorten a slip."""

    def run(self, command: Command) -> None:
        """Do what ``command`` says, as far as it concerns the paper."""
        if command.name == TEXT:
            self._text(command.arguments)
            return
        action = _ACTIONS.get(command.name)
        if action is not None:
            action(self, command.arguments)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was printed or fed since the paper was cut."""
        return not self._line and self.bottom == 0

    @property
    def has_pending_line(self) -> bool:
        """Whether something stands on the line that is not on paper yet."""
        return bool(self._line)

    def finish_line(self) -> None:
        """Prints what still stands on the line, if anything does."""
        if self._line:
            self._print_line()

    def forget_line(self) -> None:
        """Drops what stands on the line."""
        self._line.clear()
        self._x = 0

    def feed(self, dots: int) -> None:
        """Moves the paper by ``dots``, back where it is negative."""
        self.top = max(self.top + dots, 0)
        self.bottom = max(self.bottom, self.top)

    @property
    def _area(self) -> int:
        """Dots that a line may take, as margin and area are set."""
        return min(self.state.area_width, self._model.dots - self.state.left_margin)

    # Text

    def _text(self, data: bytes) -> None:
        state = self.state
        base_width, base_height = self._model.font_b if state.font == 1 else self._model.font_a
        width, height = (base_width + state.character_spacing) * state.wide, base_height * state.tall
        bold, underline = state.bold or state.double_strike, state.underline * state.tall
        text = decode(state.code_page, data)
        while text:
            fitting = (self._area - self._x) // width
            if fitting < 1 and self._line:
                self._print_line()
                continue
            part, text = text[: max(fitting, 1)], text[max(fitting, 1) :]
            glyphs = tuple(Glyph(each, width, height, bold, state.inverse, underline) for each in part)
            self._place(width * len(part), height, _drawing(glyphs))

    def _place(self, width: int, height: int, draw: Callable[[Canvas, int, int], None]) -> None:
        self._line.append(_Placed(self._x, width, height, draw))
        self._x += width

    def _print_line(self) -> None:
        """Prints what stands on the line and feeds by its height, at least by the line spacing."""
        tallest = max((placed.height for placed in self._line), default=0)
        if self._canvas is not None and self._line:
            left = self._left(max(placed.x + placed.width for placed in self._line))
            for placed in self._line:
                placed.draw(self._canvas, left + placed.x, self.top + tallest - placed.height)
        self.forget_line()
        self.feed(max(self.state.line_spacing, tallest))

    def _left(self, width: int) -> int:
        """Where something of ``width`` dots starts, as the alignment says."""
        room = max(self._area - width, 0)
        return self.state.left_margin + (0, room // 2, room)[self.state.align]

    # Pictures and codes

    def _block(self, width: int, height: int, draw: Callable[[Canvas, int, int], None]) -> None:
        """Something that takes lines of its own. What does not fit the paper is not printed."""
        self.finish_line()
        if width > self._model.dots - self.state.left_margin:
            return
        if self._canvas is not None:
            draw(self._canvas, self._left(width), self.top)
        self.feed(height)

    def _raster(self, picture: Raster) -> None:
        self._block(
            picture.width * picture.across,
            picture.height * picture.down,
            lambda canvas, x, y: canvas.raster(x, y, picture),
        )

    def gs_v(self, arguments: bytes) -> None:
        mode, across, down = arguments[1] & 3, *_sizes(arguments[2:6])
        self._raster(Raster(across * 8, down, arguments[6:], 1 + (mode & 1), 1 + (mode >> 1)))

    def esc_star(self, arguments: bytes) -> None:
        """Columns of dots, from the top down; they stand on the line like a character."""
        mode, columns = arguments[0], int.from_bytes(arguments[1:3], "little")
        deep = 3 if mode in (32, 33) else 1
        picture = Raster(
            columns,
            deep * 8,
            _turned(arguments[3:], columns, deep) if self._canvas else b"",
            2 if mode in (0, 32) else 1,
            3 if deep == 1 else 1,
        )
        width = picture.width * picture.across
        if 0 < width <= self._area - self._x:
            self._place(width, 24, lambda canvas, x, y: canvas.raster(x, y, picture))

    def graphics(self, arguments: bytes) -> None:
        """`GS ( L` and `GS 8 L`: function 112 stores a raster picture, 50 prints it."""
        if len(arguments) >= 10 and arguments[1] == 112:
            across, down = max(min(arguments[3], 2), 1), max(min(arguments[4], 2), 1)
            width, height = _sizes(arguments[6:10])
            if len(arguments) - 10 >= (width + 7) // 8 * height:
                self.state.graphics = Raster(width, height, arguments[10:], across, down)
        elif len(arguments) >= 2 and arguments[1] in (2, 50) and self.state.graphics is not None:
            self._raster(self.state.graphics)
            self.state.graphics = None

    def barcode(self, arguments: bytes) -> None:
        kind, data = arguments[0], arguments[1:].rstrip(b"\0") if arguments[0] <= 6 else arguments[2:]
        try:
            bits, text = modules(kind, data), human_readable(kind, data)
        except Undrawable:
            return
        state = self.state
        width, unit, height = len(bits) * state.barcode_module, state.barcode_module, state.barcode_height
        letter = self._model.font_b if state.barcode_font == 1 else self._model.font_a
        above = letter[1] + 4 if state.barcode_text & 1 else 0
        below = letter[1] + 4 if state.barcode_text & 2 else 0

        def draw(canvas: Canvas, x: int, y: int) -> None:
            for place, bit in enumerate(bits):
                if bit == "1":
                    canvas.bar(x + place * unit, y + above, unit, height)
            start = x + (width - len(text) * letter[0]) // 2
            for line in ([y] if above else []) + ([y + above + height + 4] if below else []):
                for place, character in enumerate(text):
                    canvas.glyph(start + place * letter[0], line, Glyph(character, *letter, False, False, 0))
            canvas.note(x, y + above, f"[barcode {text}]")

        self._block(width, above + height + below, draw)

    def symbol(self, arguments: bytes) -> None:
        """`GS ( k`: cn 49 is QR code; functions 67 and 69 set module and correction, 80 stores, 81 prints."""
        if len(arguments) < 3:
            return
        kind, function, value = arguments[:3]
        if kind != 49:
            if function == 81:
                self._block(*_FRAME, _frame)
        elif function == 67 and 1 <= value <= 16:
            self.state.qr_module = value
        elif function == 69 and value in _QR_CORRECTION:
            self.state.qr_correction = value
        elif function == 80:
            self.state.qr_data = arguments[3:]
        elif function == 81 and self.state.qr_data:
            self._qr_code()

    def _qr_code(self) -> None:
        data, unit = self.state.qr_data, self.state.qr_module
        matrix = _qr_matrix(data, _QR_CORRECTION[self.state.qr_correction])
        size = len(matrix) * unit
        if not size:
            return

        def draw(canvas: Canvas, x: int, y: int) -> None:
            for row, bits in enumerate(matrix):
                for column, bit in enumerate(bits):
                    if bit:
                        canvas.bar(x + column * unit, y + row * unit, unit, unit)
            canvas.note(x, y, f"[QR {data.decode('utf-8', 'replace')}]")

        self._block(size, size, draw)

    # Modes and movement

    def reset(self, _: bytes) -> None:
        self.forget_line()
        self.state = initial_state(self._model)

    def cleared(self, arguments: bytes) -> None:
        """`DLE DC4`: function 8 takes away what stands on the line."""
        if arguments[:1] == b"\x08":
            self.forget_line()

    def line_feed(self, _: bytes) -> None:
        self._print_line()

    def tab(self, _: bytes) -> None:
        width = (self._model.font_b if self.state.font == 1 else self._model.font_a)[0] * self.state.wide
        stops = (stop * width for stop in self.state.tabs)
        self._x = next((stop for stop in stops if self._x < stop <= self._area), self._x)

    def print_mode(self, arguments: bytes) -> None:
        mode, state = arguments[0], self.state
        state.font, state.bold = mode & 1, bool(mode & 0x08)
        state.tall, state.wide = 1 + bool(mode & 0x10), 1 + bool(mode & 0x20)
        state.underline = max(state.underline, 1) if mode & 0x80 else 0

    def size(self, arguments: bytes) -> None:
        self.state.wide, self.state.tall = 1 + (arguments[0] >> 4 & 7), 1 + (arguments[0] & 7)

    def underline(self, arguments: bytes) -> None:
        if arguments[0] & ~0x30 <= 2:
            self.state.underline = arguments[0] & 3

    def font(self, arguments: bytes) -> None:
        self.state.font = 1 if arguments[0] in (1, 49) else 0

    def align(self, arguments: bytes) -> None:
        if not self._line and arguments[0] in (0, 1, 2, 48, 49, 50):
            self.state.align = arguments[0] & 3

    def margin(self, arguments: bytes) -> None:
        if not self._line:
            self.state.left_margin = min(int.from_bytes(arguments, "little"), self._model.dots - 12)

    def area(self, arguments: bytes) -> None:
        if not self._line:
            self.state.area_width = max(min(int.from_bytes(arguments, "little"), self._model.dots), 12)

    def move_to(self, arguments: bytes) -> None:
        self._x = min(int.from_bytes(arguments, "little"), self._area)

    def set_tabs(self, arguments: bytes) -> None:
        self.state.tabs = tuple(stop for stop in arguments if stop)

    def feed_dots(self, arguments: bytes) -> None:
        self._print_pending(arguments[0])

    def feed_lines(self, arguments: bytes) -> None:
        self._print_pending(arguments[0] * self.state.line_spacing)

    def feed_back(self, arguments: bytes) -> None:
        self._print_pending(-arguments[0] * self.state.line_spacing)

    def _print_pending(self, dots: int) -> None:
        """Prints the line and moves by ``dots``, instead of by the height of the line where that is more."""
        if self._line:
            before = self.top
            self._print_line()
            dots = max(dots - (self.top - before), 0) if dots > 0 else dots
        self.feed(dots)


_Action = Callable[[Page, bytes], None]


def _setting(name: str, convert: Callable[[int], object], low: int = 0, high: int = 255) -> _Action:
    """A command that sets one thing from its last argument; numbers out of range are ignored."""

    def act(page: Page, arguments: bytes) -> None:
        if low <= arguments[-1] <= high:
            setattr(page.state, name, convert(arguments[-1]))

    return act


def _lowest_bit(number: int) -> bool:
    return bool(number & 1)


_ACTIONS: dict[str, _Action] = {
    "LF": Page.line_feed,
    "HT": Page.tab,
    "DLE DC4": Page.cleared,
    "ESC @": Page.reset,
    "ESC !": Page.print_mode,
    "ESC E": _setting("bold", _lowest_bit),
    "ESC G": _setting("double_strike", _lowest_bit),
    "ESC -": Page.underline,
    "ESC M": Page.font,
    "ESC a": Page.align,
    "ESC t": _setting("code_page", int),
    "ESC SP": _setting("character_spacing", int),
    "ESC 3": _setting("line_spacing", int),
    "ESC +": _setting("line_spacing", lambda number: number // 2),
    "ESC A": _setting("line_spacing", lambda number: number * 3, high=85),
    "ESC 2": lambda page, _: setattr(page.state, "line_spacing", 30),
    "ESC D": Page.set_tabs,
    "ESC $": Page.move_to,
    "ESC J": Page.feed_dots,
    "ESC d": Page.feed_lines,
    "ESC e": Page.feed_back,
    "ESC *": Page.esc_star,
    "GS !": Page.size,
    "GS B": _setting("inverse", _lowest_bit),
    "GS L": Page.margin,
    "GS W": Page.area,
    "GS h": _setting("barcode_height", int, low=1),
    "GS w": _setting("barcode_module", int, low=1, high=8),
    "GS H": _setting("barcode_text", lambda number: number & 3),
    "GS f": _setting("barcode_font", lambda number: number & 1),
    "GS k": Page.barcode,
    "GS v": Page.gs_v,
    "GS ( L": Page.graphics,
    "GS 8 L": Page.graphics,
    "GS ( k": Page.symbol,
}


def _drawing(glyphs: tuple[Glyph, ...]) -> Callable[[Canvas, int, int], None]:
    def draw(canvas: Canvas, x: int, y: int) -> None:
        for place, glyph in enumerate(glyphs):
            canvas.glyph(x + place * glyph.width, y, glyph)

    return draw


@lru_cache(maxsize=256)
def _qr_matrix(data: bytes, correction: int) -> tuple[tuple[bool, ...], ...]:
    """The modules, row by row; none where the data are more than the largest code holds."""
    code = QRCode(error_correction=correction, border=0)
    code.add_data(data)
    try:
        code.make()
    except (DataOverflowError, ValueError):
        return ()
    return tuple(tuple(row) for row in code.get_matrix())


def _sizes(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[:2], "little"), int.from_bytes(data[2:4], "little")


def _turned(data: bytes, columns: int, deep: int) -> bytes:
    """Columns of ``deep`` bytes as rows of whole bytes."""
    stride = (columns + 7) // 8
    rows = bytearray(stride * deep * 8)
    for column in range(columns):
        for byte in range(deep):
            bits = data[column * deep + byte]
            for bit in range(8):
                if bits & (0x80 >> bit):
                    rows[(byte * 8 + bit) * stride + column // 8] |= 0x80 >> (column % 8)
    return bytes(rows)


def _frame(canvas: Canvas, x: int, y: int) -> None:
    width, height = _FRAME
    for left, top, across, down in (
        (0, 0, width, 2),
        (0, height - 2, width, 2),
        (0, 0, 2, height),
        (width - 2, 0, 2, height),
    ):
        canvas.bar(x + left, y + top, across, down)
