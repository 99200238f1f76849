"""From scanned codes to a priced basket."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from edge_node.ports import View
from edge_node.ports.lookup import find
from retail.basket import LINES_MAX, Basket, ring_up
from retail.errors import Refused
from retail.quantity import Quantity
from retail.tax import TaxCode


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line as it was scanned or keyed: a barcode or a SKU, and how many pieces or grams."""

    code: str
    quantity: int


def price_basket(view: View, currency: str, wanted: Sequence[Wanted], field: str = "lines") -> Basket:
    """Ring up ``wanted`` at the prices in force. Raises :class:`Refused`, naming the line by its index."""
    if not wanted:
        raise Refused(field, "the basket is empty", "scan something first")
    if len(wanted) > LINES_MAX:
        raise Refused(field, f"there are {len(wanted)} lines, at most {LINES_MAX} fit", "sell the rest afterwards")
    basket = Basket(currency)
    tax_of = cache(view.tax)  # most baskets have one tax code, or two
    for index, line in enumerate(wanted):
        basket = _rung_up(view, tax_of, basket, line, f"{field}[{index}]")
    return basket


def _rung_up(view: View, tax_of: Callable[[str], TaxCode | None], basket: Basket, line: Wanted, field: str) -> Basket:
    found, gtin = find(view, line.code, f"{field}.code")
    item = found.item
    if found.withdrawn:
        raise Refused(f"{field}.code", f"{item.sku} is withdrawn from sale", "take it off the shelf and tell a manager")
    price = view.price(item.sku)
    if price is None:
        raise Refused(f"{field}.code", f"{item.sku} has no price", "ask a manager for its price")
    tax = tax_of(item.tax_code)
    if tax is None:
        raise Refused(f"{field}.code", f"the tax code {item.tax_code} of {item.sku} is not known", "ask a manager")
    try:
        return ring_up(basket, item, Quantity(line.quantity, item.unit), price, tax, gtin=gtin)
    except Refused as refusal:
        raise Refused(f"{field}.{refusal.field}", refusal.problem, refusal.remedy) from refusal
