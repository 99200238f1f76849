"""What a store sells, and for how much."""

from dataclasses import dataclass
from typing import NewType

from retail.errors import Refused
from retail.gtin import Gtin
from retail.money import Money
from retail.quantity import Quantity, Unit
from retail.rounding import half_up
from retail.tax import CODE_LENGTH_MAX
from retail.text import clean

Sku = NewType("Sku", str)
"""The merchant's own key of an item. Made by :func:`parse_sku`."""

SKU_LENGTH_MAX = 64
NAME_LENGTH_MAX = 120
HAZARD_LENGTH_MAX = 20
AGE_MAX = 120

GRAMS_PER_PRICE = 1000


def parse_sku(text: str, field: str = "sku") -> Sku:
    """Read a SKU: 1 to 64 printable characters, white space around them dropped.

    Raises :class:`Refused`, naming ``field``, for anything else.
    """
    return Sku(_required(field, text, SKU_LENGTH_MAX))


@dataclass(frozen=True, slots=True)
class Item:
    """Something to sell.

    ``unit`` is what it is counted in, ``tax_code`` the :class:`~retail.tax.TaxCode` it falls under, ``gtins`` every
    barcode on it (none for loose goods). ``age_minimum`` is in years, 0 for anybody; ``hazard`` names a class of
    dangerous goods, empty for none.
    """

    sku: Sku
    name: str
    unit: Unit
    tax_code: str
    gtins: tuple[Gtin, ...] = ()
    age_minimum: int = 0
    hazard: str = ""

    def __post_init__(self) -> None:
        _required("sku", self.sku, SKU_LENGTH_MAX)
        _required("name", self.name, NAME_LENGTH_MAX)
        _required("tax_code", self.tax_code, CODE_LENGTH_MAX)
        clean("hazard", self.hazard, HAZARD_LENGTH_MAX)
        if not 0 <= self.age_minimum <= AGE_MAX:
            raise Refused("age_minimum", f"{self.age_minimum} is not an age", f"give 0 to {AGE_MAX} years")


@dataclass(frozen=True, slots=True)
class Price:
    """What one piece of ``sku`` costs, or 1000 grams of it. Never negative.

    ``gen`` and ``ver`` say which version of the price list it comes from, so that a sale can prove its price.
    """

    sku: Sku
    amount: Money
    gen: int = 0
    ver: int = 0

    def __post_init__(self) -> None:
        if self.amount.minor < 0:
            raise Refused("price", f"{self.amount} is below zero", "give a price of zero or more")

    def of(self, quantity: Quantity) -> Money:
        """The price of ``quantity``; what is weighed is rounded half up to the minor unit."""
        if quantity.unit is Unit.EACH:
            return self.amount * quantity.amount
        return Money(half_up(self.amount.minor * quantity.amount, GRAMS_PER_PRICE), self.amount.currency)


def _required(field: str, text: str, max_length: int) -> str:
    cleaned = clean(field, text, max_length)
    if not cleaned:
        raise Refused(field, "it is empty", "fill it in")
    return cleaned
