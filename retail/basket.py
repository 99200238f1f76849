"""What a customer is about to buy: an immutable value, and functions that make the next one.

Each function returns a new :class:`Basket` or raises :class:`~retail.errors.Refused` and leaves everything as it was,
so a register can suspend, resume, retry and undo by keeping values. Every limit is checked here, before anybody pays.

Ringing up the same piece goods again raises the quantity of their line. Weighed goods get a line per weighing: what
the scale showed is what the receipt must show.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from retail.catalogue import Item, Price
from retail.errors import Refused
from retail.gtin import Gtin
from retail.money import Money
from retail.quantity import Quantity, Unit
from retail.tax import TaxCode, tax_of

LINES_MAX = 500
"""Lines in one basket, as in one event of the log.

Long names may fill the bytes of an event with fewer lines: whoever records the sale checks that before it is paid.
"""

QUANTITY_MAX = {Unit.EACH: 9_999, Unit.GRAM: 1_000_000}
"""Most pieces, or grams, on one line. A barcode scanned into the quantity field is longer."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a basket. ``number`` stays with it and is never given to another line of the same basket.

    ``gtin`` is the code that was scanned, None if the item was keyed. ``amount`` is what the customer pays for the
    line, tax included; ``tax_amount`` is the tax in it. Both are rounded here, once.
    """

    number: int
    item: Item
    gtin: Gtin | None
    quantity: Quantity
    price: Price
    tax: TaxCode
    amount: Money = field(init=False)
    tax_amount: Money = field(init=False)

    def __post_init__(self) -> None:
        if self.price.sku != self.item.sku:
            raise Refused("price", f"it is the price of {self.price.sku}", f"give the price of {self.item.sku}")
        if self.tax.code != self.item.tax_code:
            raise Refused("tax", f"{self.item.sku} is not taxed by {self.tax.code}", f"give {self.item.tax_code}")
        if self.quantity.unit is not self.item.unit:
            raise Refused(
                "quantity", f"{self.item.sku} is not sold by {self.quantity.unit}", f"give it in {self.item.unit}"
            )
        most = QUANTITY_MAX[self.item.unit]
        if not 0 < self.quantity.amount <= most:
            raise Refused("quantity", f"{self.quantity.amount} cannot be sold on one line", f"give 1 to {most}")
        price = self.price.of(self.quantity)
        tax_amount = Money(tax_of(price.minor, self.tax), price.currency)
        object.__setattr__(self, "tax_amount", tax_amount)
        object.__setattr__(self, "amount", price if self.tax.inclusive else price + tax_amount)


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """All lines of one tax code together: ``net`` and ``tax_amount`` make ``amount``, which the customer pays."""

    tax: TaxCode
    net: Money
    tax_amount: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines in the order they were rung up, all in one currency. ``total`` is what the customer pays, tax included."""

    currency: str
    lines: tuple[Line, ...] = ()
    next_number: int = 1
    total: Money = field(init=False)

    def __post_init__(self) -> None:
        if len(self.lines) > LINES_MAX:
            raise Refused("lines", f"a basket holds {LINES_MAX} lines", "take the money for these, then start another")
        object.__setattr__(self, "total", self._sum(line.amount for line in self.lines))

    @property
    def tax_total(self) -> Money:
        """The tax in :attr:`total`."""
        return self._sum(line.tax_amount for line in self.lines)

    @property
    def tax_totals(self) -> tuple[TaxTotal, ...]:
        """The totals of each tax code in the basket, as a receipt lists them: by code, then by rate."""
        by_tax: dict[TaxCode, list[Line]] = {}
        for line in self.lines:
            by_tax.setdefault(line.tax, []).append(line)
        totals = []
        for tax in sorted(by_tax, key=lambda tax: (tax.code, tax.rate_ppm, tax.inclusive)):
            amount = self._sum(line.amount for line in by_tax[tax])
            tax_amount = self._sum(line.tax_amount for line in by_tax[tax])
            totals.append(TaxTotal(tax, amount - tax_amount, tax_amount, amount))
        return tuple(totals)

    @property
    def age_minimum(self) -> int:
        """Years that the customer must have lived to buy all of it."""
        return max((line.item.age_minimum for line in self.lines), default=0)

    def line(self, number: int) -> Line:
        """The line with that number. Raises :class:`Refused` if there is none (any more)."""
        for line in self.lines:
            if line.number == number:
                return line
        raise Refused("line", f"there is no line {number}", "look at the basket again and choose one of its lines")

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return sum(amounts, Money.zero(self.currency))


def ring_up(
    basket: Basket, item: Item, quantity: Quantity, price: Price, tax: TaxCode, *, gtin: Gtin | None = None
) -> Basket:
    """``basket`` with ``quantity`` of ``item`` added. ``gtin`` is the code that was scanned, if one was.

    Raises :class:`Refused` for a quantity, unit, price, currency or tax that is not the item's, and at every limit.
    """
    line = Line(basket.next_number, item, gtin, quantity, price, tax)
    if item.unit is Unit.EACH:
        for known in basket.lines:
            if (known.item, known.gtin, known.price, known.tax) == (item, gtin, price, tax):
                return change_quantity(basket, known.number, known.quantity + quantity)
    return replace(basket, lines=(*basket.lines, line), next_number=basket.next_number + 1)


def change_quantity(basket: Basket, number: int, quantity: Quantity) -> Basket:
    """``basket`` with ``quantity`` instead on line ``number``. To take a line out, use :func:`void_line`."""
    changed = replace(basket.line(number), quantity=quantity)
    return replace(basket, lines=tuple(changed if line.number == number else line for line in basket.lines))


def void_line(basket: Basket, number: int) -> Basket:
    """``basket`` without line ``number``. Its number is not used again."""
    voided = basket.line(number)
    return replace(basket, lines=tuple(line for line in basket.lines if line is not voided))
