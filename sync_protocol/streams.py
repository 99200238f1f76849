"""Downlink streams: what the centre tells stores, in versions with a chain hash.

A *stream* is a named sequence of deltas for a *scope*: one store (``S0412``) or a zone that many share (``zone:all``).
Version (gen, ver) has hash ``blake2b16(previous hash || ver || delta)``. A box applies a delta only at its own
version + 1 and only if the hash fits, in one transaction with its cursor; anything else is repaired by the next hello.
"""

from uuid import UUID

import msgspec

from sync_protocol.tasks import TaskUpdate

CATALOGUE = "catalogue"
PRICE = "price"
TASKS = "tasks"
FOREIGN = "foreign"
STREAMS = (CATALOGUE, PRICE, TASKS, FOREIGN)
ZONE_STREAMS = frozenset({CATALOGUE, PRICE})
"""Streams whose scope is the store's zone; the others are the store's own."""

DELTA_BYTES_MAX = 48 * 1024
"""An encoded delta may not be larger, so that with its frame it stays under the limit of one message."""
RECORDS_MAX = 5_000
"""Records in one delta, and parts of one record: no delta within the limit of bytes has sensible use for more."""


class ItemRecord(msgspec.Struct, array_like=True, frozen=True):
    """An item of the catalogue as a store needs it. ``gtins`` are 14 digits; ``weight_g`` is one unit's weight."""

    sku: str
    gtins: tuple[str, ...]
    name: str
    unit: str
    tax_code: str
    weight_g: int = 0
    age_minimum: int = 0
    hazard: str = ""
    withdrawn: bool = False


class TaxRecord(msgspec.Struct, array_like=True, frozen=True):
    """A tax code: ``rate_ppm`` in millionths (19 % is 190000); ``inclusive`` says whether prices contain it."""

    code: str
    rate_ppm: int
    inclusive: bool


class CatalogueDelta(msgspec.Struct, array_like=True, frozen=True):
    """Items and tax codes that replace what the store has under the same key."""

    items: tuple[ItemRecord, ...] = ()
    taxes: tuple[TaxRecord, ...] = ()


class PriceRecord(msgspec.Struct, array_like=True, frozen=True):
    """``price`` in minor units of ``currency`` per piece (unit each) or per 1000 g (unit gram), from a time on."""

    sku: str
    currency: str
    price: int
    effective_ms: int = 0


class PriceDelta(msgspec.Struct, array_like=True, frozen=True):
    """Prices that replace what the store has for the same SKU and time."""

    prices: tuple[PriceRecord, ...] = ()


class TaskDelta(msgspec.Struct, array_like=True, frozen=True):
    """Decisions on tasks, in order."""

    updates: tuple[TaskUpdate, ...] = ()


class ForeignEntry(msgspec.Struct, array_like=True, frozen=True):
    """An event about this store that its own log does not hold: the centre's stock import, an older box's sale."""

    id: UUID
    body: bytes


class ForeignDelta(msgspec.Struct, array_like=True, frozen=True):
    """Events to keep by id and to apply once."""

    entries: tuple[ForeignEntry, ...] = ()


Delta = CatalogueDelta | PriceDelta | TaskDelta | ForeignDelta

DELTAS: dict[str, type[CatalogueDelta] | type[PriceDelta] | type[TaskDelta] | type[ForeignDelta]] = {
    CATALOGUE: CatalogueDelta,
    PRICE: PriceDelta,
    TASKS: TaskDelta,
    FOREIGN: ForeignDelta,
}
