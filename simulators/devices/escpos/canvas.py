"""What a printer draws on: nothing, text lines, or a picture of the paper."""

from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import NamedTuple, Protocol

from PIL import Image, ImageDraw, ImageFont

from simulators.devices.escpos.state import Raster

HEIGHT_MAX = 40_000
"""Dots of paper that a picture shows: five metres. What comes after it is left out."""

_MARGIN = 36
_GROWTH = 2048
_PAPER, _INK = 250, 24
_PAPER_COLOUR = (252, 251, 247)
_INK_COLOUR = (28, 27, 32)
_DESK_COLOUR = (226, 227, 230)
_TOOTH = 8


class Glyph(NamedTuple):
    """A character and how it looks; ``width`` and ``height`` are its whole cell in dots."""

    character: str
    width: int
    height: int
    bold: bool
    inverse: bool
    underline: int


class Canvas(Protocol):
    """Takes ink. Places are dots from the left edge of the printable area and from the top of the document."""

    def glyph(self, x: int, y: int, glyph: Glyph) -> None:
        """A character with its cell's upper left corner at (x, y)."""
        ...

    def bar(self, x: int, y: int, width: int, height: int) -> None:
        """A black rectangle."""
        ...

    def raster(self, x: int, y: int, picture: Raster) -> None:
        """A picture made of dots."""
        ...

    def note(self, x: int, y: int, text: str) -> None:
        """What a machine would read here: the content of a barcode or a QR code."""
        ...


class TextCanvas:
    """Keeps the characters and leaves out how they look: a slip as plain text, for tests and for terminals.

    Characters that touch on paper stand side by side, so large text takes half its columns.
    """

    def __init__(self, column: int = 12) -> None:
        self._column = column
        self._lines: dict[int, list[tuple[int, int, str]]] = {}

    def glyph(self, x: int, y: int, glyph: Glyph) -> None:
        # Characters of one line stand on one base line, whatever their height.
        self._lines.setdefault(y + glyph.height, []).append((x, x + glyph.width, glyph.character))

    def bar(self, x: int, y: int, width: int, height: int) -> None:
        pass

    def raster(self, x: int, y: int, picture: Raster) -> None:
        pass

    def note(self, x: int, y: int, text: str) -> None:
        self._lines.setdefault(y, []).append((x, x, text))

    def text(self) -> str:
        """The lines that have something on them, from the top."""
        return "".join(f"{self._line(self._lines[y])}\n" for y in sorted(self._lines))

    def _line(self, pieces: list[tuple[int, int, str]]) -> str:
        line, end = "", 0
        for left, right, text in sorted(pieces):
            if left > end:
                line = line.ljust(left // self._column)
            line += text
            end = right
        return line.rstrip()


class ImageCanvas:
    """Draws the slip on a roll of ``dots`` printable dots, as it would lie on a desk, its blank end left out."""

    def __init__(self, dots: int) -> None:
        self._dots = dots
        self._image = Image.new("L", (dots, _GROWTH), _PAPER)
        self._draw = ImageDraw.Draw(self._image)
        self._bottom = 0

    def glyph(self, x: int, y: int, glyph: Glyph) -> None:
        if not self._reaches(y + glyph.height):
            return
        cell = (x, y, x + glyph.width, y + glyph.height)
        ink, ground = (_PAPER, _INK) if glyph.inverse else (_INK, _PAPER)
        if glyph.inverse:
            self._draw.rectangle((x, y, x + glyph.width - 1, y + glyph.height - 1), fill=ground)
        if glyph.character != " ":
            mask = _mask(glyph.character, glyph.width, glyph.height, glyph.bold)
            self._image.paste(ink, cell, mask)
        if glyph.underline and not glyph.inverse:
            self._draw.rectangle(
                (x, y + glyph.height - glyph.underline, x + glyph.width - 1, y + glyph.height - 1), fill=_INK
            )

    def bar(self, x: int, y: int, width: int, height: int) -> None:
        if width > 0 and height > 0 and self._reaches(y + height):
            self._draw.rectangle((x, y, x + width - 1, y + height - 1), fill=_INK)

    def raster(self, x: int, y: int, picture: Raster) -> None:
        height = min(picture.height, (HEIGHT_MAX - y) // picture.down)
        if picture.width <= 0 or height <= 0 or not self._reaches(y + height * picture.down):
            return
        stride = (picture.width + 7) // 8
        bits = Image.frombytes("1", (picture.width, height), picture.data[: stride * height])
        self._image.paste(_INK, (x, y), bits.resize((picture.width * picture.across, height * picture.down)))

    def note(self, x: int, y: int, text: str) -> None:
        pass

    def image(self) -> Image.Image:
        """The paper from its start to its last ink, torn off there."""
        height = max(self._bottom, 1)
        printed = self._image.crop((0, 0, self._dots, height))
        width, whole = self._dots + 2 * _MARGIN, height + 2 * _MARGIN + 2 * _TOOTH
        paper = Image.new("RGB", (width, whole), _DESK_COLOUR)
        draw = ImageDraw.Draw(paper)
        draw.polygon([*_torn(width, _TOOTH, up=True), *reversed(_torn(width, whole - _TOOTH, up=False))], _PAPER_COLOUR)
        ink = printed.point([255 - min(level * 255 // _PAPER, 255) for level in range(256)])
        paper.paste(_INK_COLOUR, (_MARGIN, _MARGIN + _TOOTH), ink)
        return paper

    def _reaches(self, bottom: int) -> bool:
        """Makes the roll long enough for something that ends at ``bottom``; false where no roll is that long."""
        if bottom > HEIGHT_MAX:
            return False
        self._bottom = max(self._bottom, bottom)
        if bottom > self._image.height:
            longer = Image.new("L", (self._dots, min(HEIGHT_MAX, bottom + self._image.height)), _PAPER)
            longer.paste(self._image)
            self._image, self._draw = longer, ImageDraw.Draw(longer)
        return True


def _torn(width: int, y: int, *, up: bool) -> list[tuple[int, int]]:
    """The edge that a cutter's teeth leave."""
    tooth = -_TOOTH if up else _TOOTH
    return [(x, y + (tooth if place % 2 else 0)) for place, x in enumerate(range(0, width + _TOOTH, _TOOTH))]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Pillow's own font is proportional; this one comes with python-barcode.
    font = (files("barcode") / "fonts" / "DejaVuSansMono.ttf").read_bytes()
    return ImageFont.truetype(BytesIO(font), size)


@lru_cache(maxsize=8192)
def _mask(character: str, width: int, height: int, bold: bool) -> Image.Image:
    """The ink of a character in a cell, drawn large and then squeezed into shape, as its proportions want."""
    scale = max(-(-width // 12), -(-height // 24), 1)
    font = _font(20 * scale)
    cell = Image.new("L", (12 * scale, 24 * scale), 0)
    draw = ImageDraw.Draw(cell)
    draw.text((0, 18.5 * scale), character, fill=255, font=font, anchor="ls")
    if bold:
        draw.text((0.8 * scale, 18.5 * scale), character, fill=255, font=font, anchor="ls")
    return cell if cell.size == (width, height) else cell.resize((width, height), Image.Resampling.LANCZOS)
