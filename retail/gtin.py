"""GTINs: the numbers that barcodes of trade items carry.

Source: GS1 General Specifications, section 7.9 (check digit calculations), and section 3.3 (a GTIN of 8, 12 or 13
digits is stored as 14, filled with zeros on the left). Eight digits are a GTIN-8, as in an EAN-8 symbol. The eight
digits of a UPC-E symbol look the same but abbreviate a GTIN-12: only the scanner knows which symbol it saw, so it
expands UPC-E before it asks here.
"""

from dataclasses import dataclass
from typing import Self

from retail.errors import Refused

_LENGTHS = (8, 12, 13, 14)
_BODY_DIGITS_MAX = 17


def check_digit(digits: str) -> int:
    """The digit that follows ``digits`` in any GS1 number: weights 3, 1, 3, … from the right, to the next ten.

    ``digits`` are 1 to 17 ASCII digits (17: an SSCC's). Raises :class:`Refused` for anything else.
    """
    if not _is_digits(digits) or len(digits) > _BODY_DIGITS_MAX:
        raise Refused("digits", f"{digits[:20]!r} is not 1 to {_BODY_DIGITS_MAX} digits", "give the digits 0 to 9 only")
    weighted = sum(int(digit) * (1 if index % 2 else 3) for index, digit in enumerate(reversed(digits)))
    return -weighted % 10


@dataclass(frozen=True, slots=True)
class Gtin:
    """A valid GTIN. ``text14`` has 14 digits whatever the length on the pack, so equal goods compare equal."""

    text14: str

    def __post_init__(self) -> None:
        _check("gtin", self.text14, (14,))

    @classmethod
    def parse(cls, text: str, field: str = "gtin") -> Self:
        """Read 8, 12, 13 or 14 digits with a right check digit. White space around them is dropped.

        Raises :class:`Refused`, naming ``field``, for anything else: also for a number of zeros only, which tills and
        imports use to mean "none".
        """
        digits = text.strip()
        _check(field, digits, _LENGTHS)
        return cls(digits.rjust(14, "0"))

    @classmethod
    def from_body(cls, digits: str) -> Self:
        """The GTIN made of ``digits`` (7, 11, 12 or 13 of them) and the check digit that belongs to them."""
        return cls.parse(f"{digits}{check_digit(digits)}")

    def __str__(self) -> str:
        return self.text14


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _check(field: str, digits: str, lengths: tuple[int, ...]) -> None:
    if not _is_digits(digits) or len(digits) not in lengths:
        wanted = " or ".join(", ".join(map(str, lengths)).rsplit(", ", 1))
        raise Refused(field, f"{digits[:20]!r} is not {wanted} digits", "scan the code, or key all its digits")
    expected = check_digit(digits[:-1])
    if int(digits[-1]) != expected:
        raise Refused(
            field, f"{digits} has a wrong check digit, {expected} would be right", "scan the code again, or key it anew"
        )
    if not digits.strip("0"):
        raise Refused(field, "a number of zeros only names no goods", "leave it out where there is no barcode")
