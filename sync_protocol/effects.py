"""What an event does to a store's stock: one answer for the box and for the centre.

Stock moves between *states* of the same location and SKU, from somewhere to somewhere, so that nothing appears or
vanishes (double entry). The box applies these moves to its projection and the centre to its ledger; as both call
:func:`stock_moves`, equal logs give equal stock.
"""

from typing import NamedTuple

from sync_protocol.events import (
    Event,
    HandedOver,
    OfferAccepted,
    Released,
    Sale,
    Shipped,
    Short,
    StockAdjusted,
    TaskLine,
)

SELLABLE = "sellable"
"""On the shelf or in the back room, free for anybody. May fall below zero: a customer at the till is never refused."""
RESERVED = "reserved"
"""Set aside for an accepted task."""
DAMAGED = "damaged"
SOLD = "sold"
ADJUSTED = "adjusted"
"""Counter-account of counts, losses and corrections."""
RECEIVED = "received"
"""Counter-account of what suppliers delivered and of the opening count."""

STATES = (SELLABLE, RESERVED, DAMAGED, SOLD, ADJUSTED, RECEIVED)


class Move(NamedTuple):
    """``quantity`` (of the item's unit, never negative) of ``sku`` goes from one state to another."""

    sku: str
    lot: str
    serial: str
    source: str
    target: str
    quantity: int
    reason: str


_ADJUSTMENT_COUNTER = {"opening": RECEIVED, "received": RECEIVED, "damage": DAMAGED}
_SHORT_TARGET = {"not_found": ADJUSTED, "damaged": DAMAGED, "other": SELLABLE}


def stock_moves(event: Event) -> list[Move]:
    """The moves of ``event``, in the order of its lines; empty for an event that moves nothing."""
    payload = event.payload
    match payload:
        case Sale():
            moves = [
                Move(line.sku, line.lot, line.serial, SELLABLE, SOLD, line.quantity, "sale") for line in payload.lines
            ]
        case StockAdjusted():
            counter = _ADJUSTMENT_COUNTER.get(payload.reason, ADJUSTED)
            moves = [
                Move(line.sku, line.lot, line.serial, counter, SELLABLE, line.quantity, payload.reason)
                for line in payload.lines
            ]
        case OfferAccepted():
            moves = _task_moves(payload.lines, SELLABLE, RESERVED, "accepted")
        case Released():
            moves = _task_moves(payload.lines, RESERVED, SELLABLE, "released")
        case Short():
            moves = _task_moves((payload.line,), RESERVED, _SHORT_TARGET[payload.reason], payload.reason)
        case Shipped():
            moves = _task_moves(payload.lines, RESERVED, SOLD, "shipped")
        case HandedOver():
            moves = _task_moves(payload.lines, RESERVED, SOLD, "handed_over")
        case _:
            moves = []
    return [_forward(move) for move in moves if move.quantity and move.source != move.target]


def _task_moves(lines: tuple[TaskLine, ...], source: str, target: str, reason: str) -> list[Move]:
    return [Move(line.sku, line.lot, line.serial, source, target, line.quantity, reason) for line in lines]


def _forward(move: Move) -> Move:
    """The same move with a positive quantity."""
    if move.quantity > 0:
        return move
    return move._replace(source=move.target, target=move.source, quantity=-move.quantity)
