"""What the receipt of a sale shows."""

from edge_node.ports import ReceiptDocument, StoredSale, TaxShare
from retail.basket import Basket
from sync_protocol.events import Sale


def receipt_of(sale: Sale, basket: Basket, register: str, staff: str, at_ms: int) -> ReceiptDocument:
    """The receipt of a sale that is being made."""
    taxes = tuple(
        TaxShare(
            share.tax.code, share.tax.rate_ppm, share.tax.inclusive, share.net.minor, share.tax_amount.minor,
            share.amount.minor,
        )
        for share in basket.tax_totals
    )  # fmt: skip
    return ReceiptDocument(sale, register, staff, at_ms, change_of(sale), taxes)


def receipt_again(stored: StoredSale) -> ReceiptDocument:
    """The receipt of a sale of the past, without the tax table: rates may have changed since."""
    event = stored.event
    return ReceiptDocument(stored.sale, event.register, event.staff, event.at_ms, change_of(stored.sale))


def change_of(sale: Sale) -> int:
    """What went back to the customer, in minor units."""
    return sum(tender.given - tender.amount for tender in sale.tenders)
