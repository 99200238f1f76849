"""Quantities as whole numbers of a unit: pieces or grams, never a fraction."""

from dataclasses import dataclass
from enum import StrEnum

from retail.errors import Refused

AMOUNT_MAX = 10**12
"""Largest quantity: a million tonnes in grams."""


class Unit(StrEnum):
    """What a quantity counts. The value is the word on the wire and in databases."""

    EACH = "each"
    GRAM = "gram"


@dataclass(frozen=True, slots=True)
class Quantity:
    """``amount`` pieces or grams. Negative takes away, as in a return or a correction of stock.

    Quantities of two units are never equal; adding or comparing them raises :class:`Refused`.
    """

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise Refused("quantity", f"{self.amount!r} is not a whole number", "give pieces or grams, such as 3")
        if abs(self.amount) > AMOUNT_MAX:
            raise Refused("quantity", "the quantity is too large", f"give at most {AMOUNT_MAX}")

    def __str__(self) -> str:
        """As people read it: ``3``, or ``1.250 kg``."""
        if self.unit is Unit.EACH:
            return str(self.amount)
        kilograms, grams = divmod(abs(self.amount), 1000)
        return f"{'-' if self.amount < 0 else ''}{kilograms}.{grams:03} kg"

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.amount + self._amount_of(other), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.amount - self._amount_of(other), self.unit)

    def __neg__(self) -> "Quantity":
        return Quantity(-self.amount, self.unit)

    def __lt__(self, other: "Quantity") -> bool:
        return self.amount < self._amount_of(other)

    def __le__(self, other: "Quantity") -> bool:
        return self.amount <= self._amount_of(other)

    def _amount_of(self, other: "Quantity") -> int:
        if other.unit is not self.unit:
            raise Refused(
                "quantity", f"{self.unit} and {other.unit} cannot be added or compared", "give the item's own unit"
            )
        return other.amount
