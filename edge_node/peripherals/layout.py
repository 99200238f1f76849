"""From a document to lines of a paper of so many columns: pure, and the same for every printer.

A layout is a list of operations. Each :class:`Line` fits the paper; nothing after this module has to wrap or cut text.
Texts pass through :meth:`Paper.fit` first, which leaves only characters that the printer's code page has: no control
character can reach the printer, and no character changes its width afterwards.
"""

import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from retail.text import printable

FIELD_LENGTH_MAX = 500
"""Longest text that is set, in characters; the rest is left out. It is twelve lines: nobody reads on."""

ELLIPSIS = "..."

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u2022": "\u00b7",
        "\u2026": ELLIPSIS,
        "\u2122": "TM",
        "\u2500": "-",
        "\u2550": "=",
        "\u00d7": "x",
        "\u00b7": "-",
        "\u20ac": "EUR",
        "\u1e9e": "SS",
        **{"\u0141": "L", "\u0142": "l", "\u0110": "D", "\u0111": "d", "\u0152": "OE", "\u0153": "oe", "\u0131": "i"},
        **{"\u00d8": "O", "\u00f8": "o", "\u00c6": "AE", "\u00e6": "ae", "\u00df": "ss"},
    }
)
"""What stands for a character that the code page lacks, where taking off its accents does not help."""


class Align(StrEnum):
    """Where a line stands on the paper."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks. ``wide`` takes two columns for each character, ``tall`` two lines of height."""

    bold: bool = False
    wide: bool = False
    tall: bool = False
    underline: bool = False
    inverse: bool = False

    @property
    def cell(self) -> int:
        """Columns that one character takes."""
        return 2 if self.wide else 1


PLAIN = Style()
BOLD = Style(bold=True)
TALL = Style(bold=True, tall=True)
BIG = Style(bold=True, wide=True, tall=True)
BANNER = Style(bold=True, wide=True, tall=True, inverse=True)
LABEL = Style(bold=True, inverse=True)


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one style."""

    text: str
    style: Style = PLAIN

    @property
    def width(self) -> int:
        """In columns of plain text."""
        return len(self.text) * self.style.cell


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line."""

    spans: tuple[Span, ...] = ()
    align: Align = Align.LEFT

    @property
    def width(self) -> int:
        """In columns of plain text."""
        return sum(span.width for span in self.spans)

    @property
    def text(self) -> str:
        """The characters, without their styles."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Barcode:
    """A Code 128 of printable ASCII, centred, with its text below."""

    content: str


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code, centred."""

    content: str


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines of paper."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of a slip."""


Operation = Line | Barcode | QrCode | Feed | Cut


@dataclass(frozen=True, slots=True)
class Paper:
    """What text is set on: ``columns`` of plain text, and the ``code_page`` (a Python codec) of the printer."""

    columns: int
    code_page: str = "cp858"

    def fit(self, text: str) -> str:
        """``text`` on one line, with the nearest characters that this printer has; ``?`` where there is none."""
        text = " ".join(printable(text[:FIELD_LENGTH_MAX]).split())
        return "".join(_nearest(character, self.code_page) for character in text)

    def wrap(self, text: str, columns: int) -> list[str]:
        """``text``, already fitted, in lines of at most ``columns`` characters; long words are broken."""
        return textwrap.wrap(text, max(columns, 1), break_on_hyphens=False) or [""]

    def rule(self, character: str = "\u2500") -> Line:
        """A line across the paper."""
        return Line((Span(self.fit(character)[:1] * self.columns),))

    def centred(self, text: str, style: Style = PLAIN) -> list[Line]:
        """``text`` in the middle, on as many lines as it takes."""
        lines = self.wrap(self.fit(text), self.columns // style.cell)
        return [Line((Span(line, style),), Align.CENTER) for line in lines if line]

    def paragraph(self, text: str, style: Style = PLAIN, indent: int = 0) -> list[Line]:
        """``text`` from the left, ``indent`` columns in."""
        lines = self.wrap(self.fit(text), (self.columns - indent) // style.cell)
        return [Line((Span(" " * indent), Span(line, style)) if indent else (Span(line, style),)) for line in lines]

    def banner(self, text: str) -> list[Line]:
        """``text`` large, white on a black bar across the paper."""
        cells = self.columns // BANNER.cell
        return [Line((Span(line.center(cells), BANNER),)) for line in self.wrap(self.fit(text), cells - 2)]

    def headline(self, text: str) -> list[Line]:
        """``text`` in the middle and as large as it fits on one line."""
        return self.centred(text, BIG if len(self.fit(text)) * BIG.cell <= self.columns else TALL)

    def narrower(self, columns: int) -> "Paper":
        """A paper with so many columns less."""
        return Paper(self.columns - columns, self.code_page)

    def pair(self, left: str, right: str, style: Style = PLAIN, indent: int = 0) -> list[Line]:
        """``left`` at the left edge and ``right`` at the right one, on the last line that ``left`` takes.

        Where the right side leaves too little room for the longest word of the left one, it gets a line of its own.
        """
        cells = self.columns // style.cell - indent
        left, right = self.fit(left), self.fit(right)[:cells]
        room = cells - len(right) - (1 if right else 0)
        if room < max(map(len, left.split()), default=0):
            return [*self._set([*self.wrap(left, cells), right.rjust(cells)], style, indent)]
        *above, last = self.wrap(left, room)
        return [*self._set([*above, last + right.rjust(cells - len(last))], style, indent)]

    def _set(self, lines: Iterable[str], style: Style, indent: int) -> Iterable[Line]:
        return (Line((Span(" " * indent + line.rstrip(), style),)) for line in lines)


@lru_cache(maxsize=4096)
def _nearest(character: str, code_page: str) -> str:
    """``character`` as ``code_page`` can show it."""
    if unicodedata.category(character) in {"Cf", "Mn", "Me"}:  # joiners, accents left alone: they have no width
        return ""
    if _has(character, code_page):
        return character
    base = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    plain = base.translate(_PLAIN)
    if plain != character and all(_has(each, code_page) for each in plain):
        return plain
    return "?"


def _has(character: str, code_page: str) -> bool:
    try:
        return len(character.encode(code_page)) == 1
    except UnicodeEncodeError:
        return False
