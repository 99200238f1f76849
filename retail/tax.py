"""Sales tax and VAT on one amount, in whole minor units.

Rates are parts per million, so that 8.875 % is the integer 88_750 and no rate has to be rounded. A basket rounds the
tax once per line, half up, and its totals add the rounded lines, so that a receipt adds up by hand.
"""

from dataclasses import dataclass

from retail.errors import Refused
from retail.rounding import half_up
from retail.text import clean

RATE_PPM_MAX = 10_000_000
"""Highest rate: 1,000 %. Above it, somebody mixed up per cent and parts per million."""

CODE_LENGTH_MAX = 20

_WHOLE_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class TaxCode:
    """One rate under the name that items refer to.

    ``rate_ppm`` is in parts per million (190_000 is 19 %). ``inclusive`` says whether prices already contain the tax,
    as shelf prices do in Europe, or it comes on top, as in most of the United States.
    """

    code: str
    rate_ppm: int
    inclusive: bool

    def __post_init__(self) -> None:
        if not clean("tax_code", self.code, CODE_LENGTH_MAX):
            raise Refused("tax_code", "it is empty", "name the tax code")
        if not 0 <= self.rate_ppm <= RATE_PPM_MAX:
            raise Refused(
                "rate_ppm", f"{self.rate_ppm} is not 0 to {RATE_PPM_MAX}", "give parts per million, 190000 for 19 %"
            )


def tax_of(amount_minor: int, tax: TaxCode) -> int:
    """The tax inside ``amount_minor`` if ``tax`` is inclusive, else the tax that comes on top of it; minor units.

    Rounded half up; that of a negative amount is the exact negative, so a refund gives back what the sale took.
    """
    whole = _WHOLE_PPM + tax.rate_ppm if tax.inclusive else _WHOLE_PPM
    return half_up(amount_minor * tax.rate_ppm, whole)
