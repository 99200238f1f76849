"""What a print job holds: the facts of a slip, as JSON. How it looks is decided when it is printed.

Amounts are minor units, times milliseconds since 1970 UTC. Nothing here holds a customer's phone number or street:
paper leaves the building.
"""

from uuid import UUID

import msgspec

from sync_protocol.events import Sale


class TaxShare(msgspec.Struct, frozen=True):
    """One tax rate on a receipt: ``net + tax = gross``. ``inclusive``: the shelf prices contained it."""

    code: str
    rate_ppm: int
    inclusive: bool
    net: int
    tax: int
    gross: int


class ReceiptDocument(msgspec.Struct, frozen=True, tag="receipt"):
    """A receipt of ``sale``, taken at ``register`` by ``staff``."""

    sale: Sale
    register: str
    staff: str
    at_ms: int
    change: int
    taxes: tuple[TaxShare, ...] = ()


class SlipLine(msgspec.Struct, frozen=True):
    """One article to fetch, or to put back."""

    sku: str
    gtin: str
    name: str
    quantity: int
    unit: str
    bin: str
    age_minimum: int = 0
    hazard: str = ""


class PickDocument(msgspec.Struct, frozen=True, tag="pick_list"):
    """A pick list. ``service`` is ``ship`` or ``pickup``; ``send_by`` the carrier's service that should take it, empty
    where none is named."""

    task: UUID
    order_code: str
    service: str
    customer: str
    destination: str
    pick_by_ms: int
    lines: tuple[SlipLine, ...]
    send_by: str = ""


class CancelDocument(msgspec.Struct, frozen=True, tag="cancel_slip"):
    """The order of a printed pick list went elsewhere: stop, and put ``lines`` back."""

    task: UUID
    order_code: str
    reason: str
    lines: tuple[SlipLine, ...]


class SelfTestDocument(msgspec.Struct, frozen=True, tag="test"):
    """A slip that shows that a printer works."""

    text: str
    at_ms: int


Document = ReceiptDocument | PickDocument | CancelDocument | SelfTestDocument
