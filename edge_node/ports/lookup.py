"""How a code that was scanned or keyed names an item: the same at the till, in the stockroom and on a handheld."""

from edge_node.ports.records import ShelfItem
from edge_node.ports.transaction import View
from retail.catalogue import SKU_LENGTH_MAX
from retail.errors import Refused
from retail.gtin import Gtin
from retail.text import clean

_GTIN_LENGTHS = (8, 12, 13, 14)


class UnknownItem(Refused):
    """The code may be right, but the store has no such item."""


def find(view: View, code: str, field: str = "code") -> tuple[ShelfItem, Gtin | None]:
    """The item that ``code`` names, as SKU or as barcode, and the barcode if it is one.

    Raises :class:`UnknownItem` for a code that nobody knows, and :class:`Refused` for a barcode with a wrong check
    digit.
    """
    code = clean(field, code, SKU_LENGTH_MAX)
    found = view.item(code) if code else None
    gtin = None
    if found is None and code.isascii() and code.isdigit() and len(code) in _GTIN_LENGTHS:
        gtin = Gtin.parse(code, field)
        found = view.item(gtin.text14)
    if found is None:
        raise UnknownItem(field, f"{code[:40]!r} is not in the catalogue", "scan it again, or key the item's number")
    if gtin is None and code != found.item.sku:
        gtin = Gtin(code)  # found by its 14 digits
    return found, gtin
