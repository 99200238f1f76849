"""Selling: one transaction makes the sale, its entry in the log, its receipt and the stock that is left.

The key of a request is the customer's protection against paying twice: the same request again answers with the sale
that was made. The sale's id derives from it, so that a sale which comes back from the centre, after a disk was lost,
is recognised too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID

from edge_node.checkout.pricing import Wanted, price_basket
from edge_node.checkout.receipt import receipt_again, receipt_of
from edge_node.ports import Actor, PrintKind, StoredSale, Tx, stamped
from edge_node.ports.requests import KeyReused, fingerprint
from retail.basket import Basket, Line
from retail.errors import Refused
from retail.ids import ReceiptCode, derived
from retail.money import Money
from retail.tender import CASH, CASH_STEP_MINOR, Settlement, Tender, settle
from retail.text import clean
from sync_protocol.events import Sale, SaleLine, TenderLine

_SALE_IDS = derived(NAMESPACE_URL, "urn:tillway:sale")

STAFF_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class Paid:
    """Money given, in minor units of the store's currency. ``tender`` is ``cash``."""

    tender: str
    given: int


@dataclass(frozen=True, slots=True)
class SaleRequest:
    """What a register asks for. ``key`` is new for every sale and the same for every try of it."""

    key: UUID
    register: str
    staff: str
    lines: Sequence[Wanted]
    tenders: Sequence[Paid]


@dataclass(frozen=True, slots=True)
class Till:
    """What selling in this store needs to know. ``registers`` maps a register's number to its printer's name."""

    store: str
    currency: str
    registers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sold:
    """The answer: the sale, and whether this request made it or a former one did."""

    stored: StoredSale
    is_new: bool


def sell(tx: Tx, till: Till, request: SaleRequest) -> Sold:
    """Make the sale, or find the one that this request made before.

    Raises :class:`KeyReused` for a known key with another content, and :class:`Refused` for everything that a cashier
    can mend: an unknown register or code, no price, a tender that is not enough.
    """
    sale_id = derived(_SALE_IDS, f"{till.store}/{request.key}")
    content = fingerprint(_content(request))
    stored = tx.sale(sale_id)
    if stored is not None:
        if stored.fingerprint not in (b"", content):
            raise KeyReused
        return Sold(stored, is_new=False)

    printer = till.registers.get(request.register)
    if printer is None:
        raise Refused("register", f"{request.register[:20]!r} is not a register of {till.store}", _registers(till))
    staff = clean("staff", request.staff, STAFF_LENGTH_MAX)
    basket = price_basket(tx, till.currency, request.lines)
    settlement = _settled(basket, request.tenders)
    number = tx.next_receipt_number(request.register)
    sale = _sale(sale_id, ReceiptCode(int(till.store[1:]), int(request.register), number), basket, settlement)

    cashier = Actor(request.register, staff)
    event_id = tx.append(sale, cashier)
    tx.mark_sale(sale_id, content)
    document = receipt_of(sale, basket, request.register, staff, tx.now_ms)
    tx.enqueue_print(printer, PrintKind.RECEIPT, str(sale_id), document)
    return Sold(StoredSale(event_id, stamped(sale, cashier, tx.stamp), sale, content), is_new=True)


def reprint(tx: Tx, till: Till, sale_id: UUID) -> UUID | None:
    """Print a copy of a receipt; returns the print job's id, None for an unknown sale."""
    stored = tx.sale(sale_id)
    if stored is None:
        return None
    printer = till.registers.get(stored.event.register) or next(iter(till.registers.values()), "")
    document = receipt_again(stored, tx.tax)
    return tx.enqueue_print(printer, PrintKind.RECEIPT, str(sale_id), document, is_copy=True)


def _settled(basket: Basket, tenders: Sequence[Paid]) -> Settlement:
    for index, paid in enumerate(tenders):
        if paid.tender != CASH:
            raise Refused(f"tenders[{index}].tender", f"{paid.tender[:20]!r} is not taken here", "take cash")
    currency = basket.currency
    given = [Tender(paid.tender, Money(paid.given, currency)) for paid in tenders]
    return settle(basket.total, given, CASH_STEP_MINOR.get(currency, 1))


def _sale(sale_id: UUID, receipt: ReceiptCode, basket: Basket, settlement: Settlement) -> Sale:
    return Sale(
        sale_id=sale_id,
        receipt=str(receipt),
        currency=basket.currency,
        lines=tuple(_line(line) for line in basket.lines),
        tenders=tuple(
            TenderLine(applied.tender.kind, applied.amount.minor, applied.tender.given.minor, applied.tender.reference)
            for applied in settlement.applied
        ),
        total=basket.total.minor,
        tax_total=basket.tax_total.minor,
        rounding=settlement.rounding.minor,
    )


def _line(line: Line) -> SaleLine:
    return SaleLine(
        sku=line.item.sku,
        gtin=line.gtin.text14 if line.gtin else "",
        name=line.item.name,
        quantity=line.quantity.amount,
        unit=line.quantity.unit.value,
        unit_price=line.price.amount.minor,
        amount=line.amount.minor,
        tax_code=line.tax.code,
        tax_amount=line.tax_amount.minor,
        price_gen=line.price.gen,
        price_ver=line.price.ver,
    )


def _content(request: SaleRequest) -> list[object]:
    lines = [[line.code, line.quantity] for line in request.lines]
    return [request.register, lines, [[paid.tender, paid.given] for paid in request.tenders]]


def _registers(till: Till) -> str:
    if not till.registers:
        return "sell in a store: this location has no register"
    return f"use one of {', '.join(sorted(till.registers))}"
