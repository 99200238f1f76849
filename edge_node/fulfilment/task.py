"""The life of a task at the box, as pure functions: what the centre tells and what the log says give the next state.

Both move a task only along :data:`sync_protocol.tasks.BOX_MOVES`; what does not fit changes nothing, so late and
doubled messages are harmless and the same log with the same decisions always gives the same task.
"""

from dataclasses import replace

from edge_node.ports import PickLine, PickTask
from retail.quantity import AMOUNT_MAX, Unit
from retail.text import printable
from sync_protocol.events import (
    LINES_MAX,
    HandedOver,
    OfferAccepted,
    OfferRejected,
    Packed,
    Payload,
    Picked,
    Released,
    Shipped,
    Short,
    StartAsked,
    TaskLine,
)
from sync_protocol.tasks import (
    ACCEPTED,
    ASSIGNED,
    BOX_MOVES,
    HANDED_OVER,
    OFFERED,
    PACKED,
    PICKUP,
    REJECTED,
    RELEASED,
    SHIP,
    SHIPPED,
    START_ASKED,
    STARTED,
    WITHDRAWN,
    Offer,
    OfferLine,
    TaskUpdate,
)

OVER = frozenset({REJECTED, RELEASED, WITHDRAWN, SHIPPED, HANDED_OVER})
"""States after which the box has nothing more to do with a task."""

OPEN = frozenset(BOX_MOVES) - {OFFERED}
"""States in which goods are set aside."""

TEXT_LENGTH_MAX = 120
INTEGER_MAX = 2**53
"""Times and counts beyond it are nonsense, and a database would refuse them."""


def unusable(offer: Offer | None) -> str:
    """What is wrong with an offer, in words; empty if nothing is."""
    if offer is None or not offer.lines:
        return "the offer names no goods"
    if len(offer.lines) > LINES_MAX:
        return f"the offer has {len(offer.lines)} lines, at most {LINES_MAX} fit"
    if offer.service not in (SHIP, PICKUP):
        return "the offer is neither for shipping nor for pickup"
    if len({line.line for line in offer.lines}) < len(offer.lines):
        return "the offer names a line twice"
    if any(not 0 < line.quantity <= AMOUNT_MAX for line in offer.lines):
        return "the offer asks for an impossible quantity"
    if any(line.unit not in tuple(Unit) for line in offer.lines):
        return "the offer counts in an unknown unit"
    return ""


def told(task: PickTask | None, update: TaskUpdate) -> PickTask | None:
    """``task`` after the centre's decision; None for an old decision and for one about an unknown task.

    A task that is over starts anew with a new offer.
    """
    if not (task.rev if task is not None else -1) < update.rev <= INTEGER_MAX:
        return None
    if update.state == OFFERED and (task is None or task.state in OVER):
        offer = update.offer
        return None if offer is None or unusable(offer) else _offered(update, offer)
    if task is None:
        return None
    state = update.state if update.state in BOX_MOVES.get(task.state, ()) else task.state
    return replace(task, rev=update.rev, state=state, told=update.state, reason=_text(update.reason))


_MOVES: dict[type[Payload], str] = {
    OfferAccepted: ACCEPTED,
    OfferRejected: REJECTED,
    StartAsked: START_ASKED,
    Packed: PACKED,
    Shipped: SHIPPED,
    HandedOver: HANDED_OVER,
    Released: RELEASED,
}


def evolve(task: PickTask, payload: Payload) -> PickTask:
    """``task`` after an event of the log; the task itself for an event that does not concern or not fit it."""
    if isinstance(payload, Picked | Short):
        return _counted(task, payload) if task.state == STARTED else task
    state = _MOVES.get(type(payload))
    if state is None or state not in BOX_MOVES.get(task.state, ()):
        return task
    if isinstance(payload, Packed):
        return replace(task, state=state, packages=payload.packages)
    return replace(task, state=state)


def task_lines(task: PickTask) -> tuple[TaskLine, ...]:
    """All goods of a task, as an acceptance states them."""
    return tuple(TaskLine(line.line, line.sku, line.quantity) for line in task.lines)


def reserved_lines(task: PickTask) -> tuple[TaskLine, ...]:
    """What is still set aside for a task."""
    return tuple(TaskLine(line.line, line.sku, line.reserved) for line in task.lines if line.reserved)


def picked_lines(task: PickTask) -> tuple[TaskLine, ...]:
    """What is in the tote."""
    return tuple(TaskLine(line.line, line.sku, line.picked) for line in task.lines if line.picked)


def is_begun(task: PickTask) -> bool:
    """Whether goods of it are in a tote."""
    return any(line.picked for line in task.lines)


def is_recalled(task: PickTask) -> bool:
    """Whether the centre would like to have it back although goods are in a tote."""
    return task.told == WITHDRAWN and task.state in (ACCEPTED, ASSIGNED, START_ASKED, STARTED)


def _counted(task: PickTask, payload: Picked | Short) -> PickTask:
    def count(line: PickLine) -> PickLine:
        quantity = payload.line.quantity
        if line.line != payload.line.line or not 0 < quantity <= line.remaining:
            return line
        if isinstance(payload, Picked):
            return replace(line, picked=line.picked + quantity)
        return replace(line, short=line.short + quantity)

    return replace(task, lines=tuple(count(line) for line in task.lines))


def _offered(update: TaskUpdate, offer: Offer) -> PickTask:
    return PickTask(
        id=update.task, rev=update.rev, state=OFFERED, told=OFFERED, order_code=_text(offer.order_code),
        service=offer.service, customer=_text(offer.customer), destination=_text(offer.destination),
        pick_by_ms=_integer(offer.pick_by_ms), collect_code=_text(offer.collect_code),
        lines=tuple(_line(line) for line in offer.lines), reason=_text(update.reason), send_by=_text(offer.send_by),
    )  # fmt: skip


def _line(line: OfferLine) -> PickLine:
    return PickLine(
        line.line, _text(line.sku), _text(line.gtin), _text(line.name), line.quantity, line.unit, _text(line.bin),
        _integer(line.age_minimum), _text(line.hazard),
    )  # fmt: skip


def _text(text: str) -> str:
    """Text of the centre, fit for the database, the page, the printer and our own events."""
    return printable(text)[:TEXT_LENGTH_MAX]


def _integer(number: int) -> int:
    return min(max(number, 0), INTEGER_MAX)
