"""What the receipt printer is asked to print: values only, no columns, no bytes.

Amounts, dates and quantities come as texts that are already formatted for the store's customers. Nothing here can hold
a phone number or a street of a customer: paper leaves the building.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A label with an amount at the right edge: a subtotal, a discount, a tender."""

    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One article. ``detail`` is the small print below the name (``3 x 1.99``); ``tax`` the mark of its tax row."""

    name: str
    amount: str
    tax: str = ""
    detail: str = ""
    discounts: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One rate: ``mark`` is what the lines carry, ``rate`` how people write it (``7 %``)."""

    mark: str
    rate: str
    net: str
    tax: str
    gross: str


@dataclass(frozen=True, slots=True)
class ReceiptSlip:
    """A receipt of a sale or a return. ``code`` is printed as a barcode too, so that a till finds it again."""

    store: str
    code: str
    printed_at: str
    lines: tuple[ReceiptLine, ...]
    total: Row
    address: tuple[str, ...] = ()
    title: str = "Receipt"
    register: str = ""
    cashier: str = ""
    subtotals: tuple[Row, ...] = ()
    """What stands between the articles and the total: subtotal, discounts, taxes that are not in the prices."""
    tenders: tuple[Row, ...] = ()
    change: Row | None = None
    taxes: tuple[TaxRow, ...] = ()
    saved: str = ""
    """``You saved EUR 3.20``, where there is something to be glad of."""
    link: str = ""
    """Address of the digital receipt; printed as a QR code."""
    footer: tuple[str, ...] = ()
    copy: bool = False


@dataclass(frozen=True, slots=True)
class PickLine:
    """One article to fetch. ``notes`` are flags such as ``Age 18+`` or ``Hazard: battery``."""

    quantity: int
    name: str
    sku: str
    gtin: str = ""
    bin: str = ""
    unit: str = ""
    """Empty for pieces, else what ``quantity`` counts (``g``)."""
    notes: tuple[str, ...] = ()

    @property
    def pieces(self) -> int:
        """How many things this is to carry: weighed goods are one."""
        return 1 if self.unit else self.quantity


@dataclass(frozen=True, slots=True)
class PickSlip:
    """A pick list for one order. ``task_code`` is what the handheld scans to open the task."""

    order_code: str
    service: str
    pick_by: str
    task_code: str
    lines: tuple[PickLine, ...]
    store: str = ""
    customer: str = ""
    """A name to put on the bag; never a phone number or a street."""
    destination: str = ""
    """Where the packed goods go: a shelf, a carrier's cage."""
    send_by: str = ""
    """The carrier's service that takes them."""
    printed_at: str = ""
    gift: bool = False
    copy: bool = False
