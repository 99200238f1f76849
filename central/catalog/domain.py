"""Items and prices as the centre keeps them, and as stores are told of them."""

from dataclasses import dataclass

from retail.catalogue import Item, Sku
from retail.money import Money
from retail.tax import TaxCode
from sync_protocol.streams import ItemRecord, PriceRecord, TaxRecord


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item with what only the centre needs. ``weight_g`` is the weight of one piece, 0 where it is not known.

    ``tags`` is what rules of routing may call it by, such as oversize or launch. ``withdrawn`` items are no longer
    sold, but receipts and stock still name them.
    """

    item: Item
    weight_g: int = 0
    department: str = ""
    tags: tuple[str, ...] = ()
    withdrawn: bool = False

    @property
    def sku(self) -> Sku:
        """Its key."""
        return self.item.sku

    @property
    def gtins(self) -> tuple[str, ...]:
        """Its barcodes, 14 digits each, in order."""
        return tuple(sorted(gtin.text14 for gtin in self.item.gtins))

    @property
    def record(self) -> ItemRecord:
        """What stores are told of it."""
        item = self.item
        return ItemRecord(
            item.sku, self.gtins, item.name, item.unit.value, item.tax_code, self.weight_g, item.age_minimum,
            item.hazard, self.withdrawn,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """What a piece of ``sku`` costs, or 1000 g of it, in the standard price list."""

    sku: Sku
    amount: Money

    @property
    def record(self) -> PriceRecord:
        """What stores are told of it."""
        return PriceRecord(self.sku, self.amount.currency, self.amount.minor)


def tax_record(tax: TaxCode) -> TaxRecord:
    """What stores are told of ``tax``."""
    return TaxRecord(tax.code, tax.rate_ppm, tax.inclusive)
