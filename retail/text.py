"""Text from outside, made fit for a database, a page and a receipt printer.

Unfit are control characters (NUL breaks PostgreSQL, ESC commands a printer), line and paragraph separators, halves of
surrogate pairs (they have no UTF-8) and the bidirectional controls of UAX #9, which make text read differently from
what it is.
"""

import unicodedata

from retail.errors import Refused

_UNFIT_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_COMPOSED_FROM_MAX = 4
"""NFC makes one code point of at most four, so a text longer than four times its limit need not be normalised."""


def clean(field: str, text: str, max_length: int) -> str:
    """``text`` in NFC without white space around it, at most ``max_length`` code points; it may be empty.

    Raises :class:`Refused`, naming ``field``, for a longer text and for one with unfit characters inside.
    """
    text = text.strip()
    if len(text) <= max_length * _COMPOSED_FROM_MAX:
        text = unicodedata.normalize("NFC", text)
    if len(text) > max_length:
        raise Refused(field, f"it has {len(text)} characters, at most {max_length} are allowed", "shorten it")
    unfit = next(filter(_is_unfit, text), None)
    if unfit is not None:
        raise Refused(field, f"it holds a control character, U+{ord(unfit):04X}", "take it out, or type the text anew")
    return text


def printable(text: str) -> str:
    """``text`` in NFC with its unfit characters taken out; those that separate words become a space.

    Never fails: for what a device sent or what must be shown in any case. New input goes through :func:`clean`.
    """
    fit = (character if not _is_unfit(character) else " " if character.isspace() else "" for character in text)
    return unicodedata.normalize("NFC", "".join(fit))


def _is_unfit(character: str) -> bool:
    return unicodedata.category(character) in _UNFIT_CATEGORIES or character in _BIDI_CONTROLS
