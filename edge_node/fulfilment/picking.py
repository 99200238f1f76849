"""What staff may do with a task, and what the log then says: pure decisions.

A refusal says in plain words what is wrong and what to do; staff read it on the handheld.
"""

import hmac
from dataclasses import dataclass
from uuid import UUID

from edge_node.fulfilment.task import is_begun, picked_lines
from edge_node.ports import PickLine, PickTask
from retail.catalogue import SKU_LENGTH_MAX
from retail.errors import Refused
from retail.gtin import Gtin
from retail.text import clean
from sync_protocol.events import (
    SHORT_REASONS,
    HandedOver,
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
    HANDED_OVER,
    PACKED,
    PICKUP,
    REJECTED,
    RELEASED,
    SHIP,
    SHIPPED,
    START_ASKED,
    STARTED,
    WITHDRAWN,
)

PACKAGES_MAX = 99
CARRIER_LENGTH_MAX = 40
TRACKING_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Start:
    """Begin without a printed list, as when the printer is broken."""


@dataclass(frozen=True, slots=True)
class Pick:
    """``quantity`` of a line is in the tote. ``code`` is what was scanned; ``manual`` says that nothing was.

    Without ``line`` the first line that wants the scanned item is meant.
    """

    line: UUID | None
    quantity: int
    code: str = ""
    manual: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """``quantity`` of a line cannot be had; None: all that is left of it."""

    line: UUID
    reason: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """All that was picked stands ready in so many packages."""

    packages: int


@dataclass(frozen=True, slots=True)
class Ship:
    """The carrier has taken the packages."""

    carrier: str
    tracking: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """The customer has the goods, and showed ``collect_code``."""

    collect_code: str


Action = Start | Pick | GiveUp | Pack | Ship | HandOver


def decide(task: PickTask, action: Action, scanned_sku: str) -> tuple[Payload, ...]:
    """The events that ``action`` means; none where it was done before.

    ``scanned_sku`` is the item that a scanned code names in the catalogue, empty if it names none. Raises
    :class:`Refused` for what cannot be done.
    """
    match action:
        case Start():
            return _start(task)
        case Pick():
            return _pick(task, action, scanned_sku)
        case GiveUp():
            return _give_up(task, action)
        case Pack():
            return _pack(task, action)
        case Ship():
            return _ship(task, action)
        case HandOver():
            return _hand_over(task, action)


def _start(task: PickTask) -> tuple[Payload, ...]:
    if task.state in (START_ASKED, STARTED):
        return ()
    _require(task, ASSIGNED)
    return (StartAsked(task.id, task.rev),)


def _pick(task: PickTask, action: Pick, scanned_sku: str) -> tuple[Payload, ...]:
    _require(task, STARTED)
    code = clean("code", action.code, SKU_LENGTH_MAX)
    if not code and not action.manual:
        raise Refused("code", "nothing was scanned", "scan the item, or choose Picked by hand")
    line = _line(task, action.line) if action.line else _line_for(task, code, scanned_sku)
    if code and not _names(line, code, scanned_sku):
        raise Refused("code", f"{code} is not {line.name}", f"fetch {line.sku} and scan that")
    _check_quantity(line, action.quantity)
    return (Picked(task.id, TaskLine(line.line, line.sku, action.quantity), code, manual=not code),)


def _give_up(task: PickTask, action: GiveUp) -> tuple[Payload, ...]:
    _require(task, STARTED)
    if action.reason not in SHORT_REASONS:
        raise Refused("reason", f"{action.reason[:20]!r} is not known", f"use one of {', '.join(SHORT_REASONS)}")
    line = _line(task, action.line)
    quantity = line.remaining if action.quantity is None else action.quantity
    _check_quantity(line, quantity)
    short = Short(task.id, TaskLine(line.line, line.sku, quantity), action.reason)
    left = sum(other.remaining for other in task.lines) - quantity
    if left or is_begun(task):
        return (short,)
    # Nothing of the order was found: the store has no part in it any more.
    return (short, Released(task.id, task.rev, ()))


def _pack(task: PickTask, action: Pack) -> tuple[Payload, ...]:
    _require(task, STARTED)
    unfinished = [line for line in task.lines if line.remaining]
    if unfinished:
        first = unfinished[0]
        raise Refused("lines", f"{first.remaining} of {first.name} is neither picked nor short", "finish each line")
    if not 0 < action.packages <= PACKAGES_MAX:
        raise Refused("packages", f"{action.packages} is not a number of packages", f"give 1 to {PACKAGES_MAX}")
    return (Packed(task.id, action.packages),)


def _ship(task: PickTask, action: Ship) -> tuple[Payload, ...]:
    _require_service(task, SHIP)
    _require(task, PACKED)
    carrier = clean("carrier", action.carrier, CARRIER_LENGTH_MAX)
    tracking = clean("tracking", action.tracking, TRACKING_LENGTH_MAX)
    if not carrier:
        raise Refused("carrier", "it is empty", "choose the carrier that has the packages")
    return (Shipped(task.id, picked_lines(task), carrier, tracking),)


def _hand_over(task: PickTask, action: HandOver) -> tuple[Payload, ...]:
    _require_service(task, PICKUP)
    _require(task, PACKED)
    code = clean("collect_code", action.collect_code, SKU_LENGTH_MAX)
    if task.collect_code and not hmac.compare_digest(code.casefold().encode(), task.collect_code.casefold().encode()):
        raise Refused("collect_code", "this is not the code of the order", "ask the customer for the code again")
    return (HandedOver(task.id, picked_lines(task), "collect code" if task.collect_code else "name"),)


_INSTEAD = {
    ACCEPTED: ("the centre has not assigned the order yet", "wait a moment"),
    ASSIGNED: ("the start is not asked for yet", "wait for the pick list, or press Start"),
    START_ASKED: ("the centre has not confirmed the start yet", "wait for it: nothing may leave before"),
    STARTED: ("the order is not packed yet", "pick and pack it first"),
    PACKED: ("the order is packed already", "ship it or hand it over"),
    SHIPPED: ("the order is shipped already", "nothing is left to do"),
    HANDED_OVER: ("the customer has the order already", "nothing is left to do"),
    RELEASED: ("the order went elsewhere", "put back what is in the tote"),
    WITHDRAWN: ("the order went elsewhere", "put back what is in the tote"),
    REJECTED: ("the store did not take the order", "nothing is left to do"),
}


def _require(task: PickTask, state: str) -> None:
    if task.state != state:
        problem, remedy = _INSTEAD.get(task.state, ("the order is not ready for this", "look at the list again"))
        raise Refused("wave", problem, remedy)


def _require_service(task: PickTask, service: str) -> None:
    if task.service != service:
        remedy = "hand it over" if task.service == PICKUP else "ship it"
        raise Refused("type", f"order {task.order_code} is for {task.service}", remedy)


def _line(task: PickTask, line_id: UUID) -> PickLine:
    line = task.line(line_id)
    if line is None:
        raise Refused("line", "the order has no such line", "load the list again")
    return line


def _line_for(task: PickTask, code: str, scanned_sku: str) -> PickLine:
    wanted = [line for line in task.lines if _names(line, code, scanned_sku)]
    if not wanted:
        raise Refused("code", f"{code or 'this'} is not on the list", "put it back, and scan an item of the list")
    return next((line for line in wanted if line.remaining), wanted[0])


def _names(line: PickLine, code: str, scanned_sku: str) -> bool:
    """Whether a scanned code means the line's item: by the catalogue, or by what the list itself says."""
    if line.sku in (code, scanned_sku):
        return True
    try:
        return bool(line.gtin) and Gtin.parse(code).text14 == line.gtin.rjust(14, "0")
    except Refused:
        return False


def _check_quantity(line: PickLine, quantity: int) -> None:
    if line.remaining == 0:
        raise Refused("line", f"{line.name} is complete", "go on with the next line")
    if not 0 < quantity <= line.remaining:
        raise Refused("qty", f"{quantity} is not possible: {line.remaining} of {line.name} is left", "correct it")
