"""Values that use cases read from the box's store."""

from dataclasses import dataclass
from uuid import UUID

from retail.catalogue import Item
from sync_protocol.events import Event, Payload, Sale


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: the register or handheld, and the person. Either may be empty for what the box does by itself."""

    register: str = ""
    staff: str = ""


BOX = Actor()
"""The box itself, as when it answers an offer."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something happened: wall clock (ms since 1970 UTC), how far to trust it, and the business day."""

    at_ms: int
    time_quality: int
    business_day: str


def stamped(payload: Payload, actor: Actor, stamp: Stamp) -> Event:
    """The event that says that ``actor`` did ``payload`` then."""
    return Event(payload, stamp.at_ms, stamp.time_quality, actor.register, actor.staff, stamp.business_day)


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """An item of the store's catalogue. ``withdrawn``: known, but no longer for sale. ``weight_g`` is of one unit."""

    item: Item
    weight_g: int = 0
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class StockRow:
    """What the store has of one SKU (and lot and serial number, where kept) in one state, in the item's unit."""

    sku: str
    state: str
    lot: str
    serial: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StoredSale:
    """A sale as the log holds it.

    ``event_id`` is its entry's id; ``fingerprint`` that of the request that made it, empty for a sale from elsewhere.
    """

    event_id: UUID
    event: Event
    sale: Sale
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What was answered to a request. ``fingerprint`` is that of its content, so that another content is noticed."""

    fingerprint: bytes
    answer: str
