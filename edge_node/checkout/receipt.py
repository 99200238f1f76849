"""What the receipt of a sale shows."""

from collections.abc import Callable

from msgspec import structs

from edge_node.ports import ReceiptDocument, StoredSale, TaxShare
from retail.basket import Basket
from retail.tax import TaxCode, tax_of
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


def receipt_again(stored: StoredSale, tax_of_code: Callable[[str], TaxCode | None]) -> ReceiptDocument:
    """The receipt of a sale of the past.

    It has a tax table if the rates of today, ``tax_of_code``, give the very taxes of then: an event does not say rates.
    """
    event = stored.event
    taxes = _taxes_again(stored.sale, tax_of_code)
    return ReceiptDocument(stored.sale, event.register, event.staff, event.at_ms, change_of(stored.sale), taxes)


def _taxes_again(sale: Sale, tax_of_code: Callable[[str], TaxCode | None]) -> tuple[TaxShare, ...]:
    shares: dict[str, TaxShare] = {}
    for line in sale.lines:
        tax = tax_of_code(line.tax_code)
        net = line.amount - line.tax_amount
        if tax is None or tax_of(line.amount if tax.inclusive else net, tax) != line.tax_amount:
            return ()
        before = shares.get(tax.code) or TaxShare(tax.code, tax.rate_ppm, tax.inclusive, 0, 0, 0)
        shares[tax.code] = structs.replace(
            before, net=before.net + net, tax=before.tax + line.tax_amount, gross=before.gross + line.amount
        )
    return tuple(shares[code] for code in sorted(shares))


def change_of(sale: Sale) -> int:
    """What went back to the customer, in minor units."""
    return sum(tender.given - tender.amount for tender in sale.tenders)
