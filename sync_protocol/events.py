"""What happens in a store, as the records that its log keeps and the centre ingests.

An *event* is one fact that a box states about its own store. Its encoded form, the *body*, is written to the box's log
in the transaction that makes the fact true, and travels from there as opaque bytes: nobody encodes it again, so a
field that a later version adds survives an older program in the middle.

Rules that keep old and new programs together:

* a struct is an array on the wire: fields are only ever appended, each new one with a default;
* a kind is a word in :data:`PAYLOADS`; a receiver that does not know a kind keeps the entry and parks the body;
* an event says all that its effects need. Nothing has to be looked up to know what it moves (see :mod:`.effects`).

Amounts are integers of the currency's minor unit, quantities integers of the item's unit (pieces or grams), times
milliseconds since 1970 UTC, identifiers UUIDs (16 bytes on the wire).
"""

from typing import ClassVar
from uuid import UUID

import msgspec

BODY_BYTES_MAX = 32 * 1024
"""An event's body may not be larger; an append beyond it is refused (`docs/protocol.md`, Logs)."""

LINES_MAX = 500
"""Lines in one event: a sale or a pick list with more is refused at the register or split by the centre."""

BODY_VERSION = 1

TIME_UNKNOWN, TIME_HOLDOVER, TIME_SYNCED = 0, 1, 2
"""Quality of a box's wall clock when it stamped an event. Order never depends on it: that is the sequence's part."""


class Payload(msgspec.Struct, array_like=True, frozen=True):
    """Base of all payloads. ``kind`` is the word that names the payload in an event."""

    kind: ClassVar[str]


class LogOpened(Payload, frozen=True):
    """First entry of every log: which log this one continues, for people. Empty values: a new installation."""

    kind: ClassVar[str] = "log.opened"
    parent_box: UUID | None
    parent_seq: int
    parent_hash: bytes


class SaleLine(msgspec.Struct, array_like=True, frozen=True):
    """One line of a receipt. ``amount`` is what the customer pays for it, tax included."""

    sku: str
    gtin: str
    name: str
    quantity: int
    unit: str
    unit_price: int
    amount: int
    tax_code: str
    tax_amount: int
    price_gen: int
    price_ver: int
    lot: str = ""
    serial: str = ""


class TenderLine(msgspec.Struct, array_like=True, frozen=True):
    """Money taken. ``amount`` counts towards the total; ``given - amount`` went back as change."""

    tender: str
    amount: int
    given: int
    reference: str = ""


class Sale(Payload, frozen=True):
    """A completed sale: the goods left the store and the money is in the drawer."""

    kind: ClassVar[str] = "sale"
    sale_id: UUID
    receipt: str
    currency: str
    lines: tuple[SaleLine, ...]
    tenders: tuple[TenderLine, ...]
    total: int
    tax_total: int
    rounding: int = 0


class AdjustmentLine(msgspec.Struct, array_like=True, frozen=True):
    """``quantity`` is added to the sellable stock; negative takes away."""

    sku: str
    quantity: int
    lot: str = ""
    serial: str = ""


class StockAdjusted(Payload, frozen=True):
    """Stock changed by something other than a sale or an order. ``reason`` is one of :data:`ADJUSTMENT_REASONS`."""

    kind: ClassVar[str] = "stock.adjusted"
    lines: tuple[AdjustmentLine, ...]
    reason: str
    note: str = ""


ADJUSTMENT_REASONS = ("opening", "received", "count", "damage", "theft", "correction")


class TaskLine(msgspec.Struct, array_like=True, frozen=True):
    """A quantity of one order line inside a task."""

    line: UUID
    sku: str
    quantity: int
    lot: str = ""
    serial: str = ""


class OfferAccepted(Payload, frozen=True):
    """The box checked its own stock and set the goods aside: sellable becomes reserved."""

    kind: ClassVar[str] = "offer.accepted"
    task: UUID
    rev: int
    lines: tuple[TaskLine, ...]


class MissingLine(msgspec.Struct, array_like=True, frozen=True):
    """What a box has of a line that it cannot serve."""

    line: UUID
    sku: str
    wanted: int
    available: int


class OfferRejected(Payload, frozen=True):
    """The box will not serve the offer. ``reason`` is one of :data:`REJECT_REASONS`."""

    kind: ClassVar[str] = "offer.rejected"
    task: UUID
    rev: int
    reason: str
    missing: tuple[MissingLine, ...] = ()
    note: str = ""


REJECT_REASONS = ("no_stock", "unknown_sku", "closed", "no_capacity", "staff")


class StartAsked(Payload, frozen=True):
    """The pick list is printed, or a person wants to begin: the box asks the centre to confirm the start."""

    kind: ClassVar[str] = "start.asked"
    task: UUID
    rev: int


class Picked(Payload, frozen=True):
    """Goods of one line are in the tote. ``code`` is what was scanned; ``manual`` says that nothing was."""

    kind: ClassVar[str] = "pick.picked"
    task: UUID
    line: TaskLine
    code: str
    manual: bool = False


class Short(Payload, frozen=True):
    """Goods of one line cannot be found. ``reason`` is one of :data:`SHORT_REASONS` and decides the stock's fate."""

    kind: ClassVar[str] = "pick.short"
    task: UUID
    line: TaskLine
    reason: str


SHORT_REASONS = ("not_found", "damaged", "other")


class Packed(Payload, frozen=True):
    """All that was picked is packed."""

    kind: ClassVar[str] = "pick.packed"
    task: UUID
    packages: int


class Shipped(Payload, frozen=True):
    """The packages left with the carrier. Only a task with a confirmed start may ship."""

    kind: ClassVar[str] = "pick.shipped"
    task: UUID
    lines: tuple[TaskLine, ...]
    carrier: str
    tracking: str


class HandedOver(Payload, frozen=True):
    """The customer has the goods. ``proof`` says how the person was known: the collect code, an id card."""

    kind: ClassVar[str] = "pick.handed_over"
    task: UUID
    lines: tuple[TaskLine, ...]
    proof: str


class Released(Payload, frozen=True):
    """The box gave up a task that the centre took back: what was reserved is sellable again."""

    kind: ClassVar[str] = "task.released"
    task: UUID
    rev: int
    lines: tuple[TaskLine, ...]


PAYLOADS: dict[str, type[Payload]] = {
    payload.kind: payload
    for payload in (
        LogOpened, Sale, StockAdjusted, OfferAccepted, OfferRejected, StartAsked, Picked, Short, Packed, Shipped,
        HandedOver, Released,
    )
}  # fmt: skip


class Event(msgspec.Struct, frozen=True):
    """One fact with what every fact carries: who, where, when, and on which business day (``YYYY-MM-DD``).

    ``at_ms`` is the box's wall clock and may be wrong; ``time_quality`` says how far to trust it.
    """

    payload: Payload
    at_ms: int
    time_quality: int
    register: str
    staff: str
    business_day: str

    @property
    def kind(self) -> str:
        """The word that names the payload."""
        return self.payload.kind
