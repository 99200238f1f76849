"""Changing the sellable stock by hand, and counting it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from edge_node.ports import Actor, Kept, Tx
from edge_node.ports.lookup import find
from edge_node.ports.requests import KeyReused, fingerprint
from retail.errors import Refused
from retail.text import clean
from sync_protocol.effects import SELLABLE
from sync_protocol.events import ADJUSTMENT_REASONS, LINES_MAX, AdjustmentLine, StockAdjusted

ADJUSTMENTS = "adjustment"
COUNT = "count"

QUANTITY_MAX = 10_000_000
"""Most pieces or grams that one line may move: ten tonnes. Beyond it somebody scanned into the wrong field."""

LOT_LENGTH_MAX = 40
NOTE_LENGTH_MAX = 200
STAFF_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class AdjustmentWanted:
    """One line: ``quantity`` is added to the sellable stock, or, with the reason count, is what was counted."""

    code: str
    quantity: int
    lot: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class AdjustmentRequest:
    """What staff ask for. ``key`` is new for every request and the same for every try of it."""

    key: UUID
    reason: str
    lines: Sequence[AdjustmentWanted]
    register: str = ""
    staff: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The answer: the id of the entry in the log, and whether this request made it."""

    event_id: UUID
    is_new: bool


def adjust(tx: Tx, request: AdjustmentRequest) -> Adjusted:
    """Change the stock, or find what this request changed before.

    Raises :class:`KeyReused` for a known key with another content and :class:`Refused` for what a person can mend.
    """
    content = fingerprint(_content(request))
    kept = tx.recall(ADJUSTMENTS, str(request.key))
    if kept is not None:
        if kept.fingerprint != content:
            raise KeyReused
        return Adjusted(UUID(kept.answer), is_new=False)
    if request.reason not in ADJUSTMENT_REASONS:
        raise Refused("reason", f"{request.reason[:20]!r} is not known", f"use one of {', '.join(ADJUSTMENT_REASONS)}")
    if not 0 < len(request.lines) <= LINES_MAX:
        raise Refused("lines", f"there are {len(request.lines)}", f"give 1 to {LINES_MAX}")
    lines = tuple(_line(tx, request.reason, line, f"lines[{index}]") for index, line in enumerate(request.lines))
    if request.reason == COUNT and len({(line.sku, line.lot, line.serial) for line in lines}) < len(lines):
        raise Refused("lines", "an item is counted twice", "give each item once, with all that was counted of it")
    event = StockAdjusted(lines, request.reason, clean("note", request.note, NOTE_LENGTH_MAX))
    actor = Actor(
        clean("register", request.register, STAFF_LENGTH_MAX), clean("staff", request.staff, STAFF_LENGTH_MAX)
    )
    event_id = tx.append(event, actor)
    tx.keep(ADJUSTMENTS, str(request.key), Kept(content, str(event_id)))
    return Adjusted(event_id, is_new=True)


def _line(tx: Tx, reason: str, wanted: AdjustmentWanted, field: str) -> AdjustmentLine:
    found, _ = find(tx, wanted.code, f"{field}.code")
    sku = found.item.sku
    lot = clean(f"{field}.lot", wanted.lot, LOT_LENGTH_MAX)
    serial = clean(f"{field}.serial", wanted.serial, LOT_LENGTH_MAX)
    if abs(wanted.quantity) > QUANTITY_MAX:
        raise Refused(f"{field}.quantity", f"{wanted.quantity} is too much", f"give at most {QUANTITY_MAX}")
    if reason != COUNT:
        if wanted.quantity == 0:
            raise Refused(f"{field}.quantity", "nothing changes", "give a quantity above or below zero")
        return AdjustmentLine(sku, wanted.quantity, lot, serial)
    if wanted.quantity < 0:
        raise Refused(f"{field}.quantity", "nobody counts less than nothing", "give zero or more")
    # A count without a difference is kept all the same: that somebody looked makes the figure more believable.
    return AdjustmentLine(sku, wanted.quantity - _on_hand(tx, sku, lot, serial), lot, serial)


def _on_hand(tx: Tx, sku: str, lot: str, serial: str) -> int:
    """Sellable stock of one lot: what lies reserved in totes is not on the shelf."""
    rows = (row for row in tx.stock(sku) if row.state == SELLABLE)
    return sum(row.quantity for row in rows if (row.lot, row.serial) == (lot, serial))


def _content(request: AdjustmentRequest) -> list[object]:
    lines = [[line.code, line.quantity, line.lot, line.serial] for line in request.lines]
    return [request.reason, lines, request.note]
