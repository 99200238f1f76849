"""What the centre decides about an order: to offer lines to locations, to take them back, to cancel. Pure.

Whatever is decided can be taken back until a start is confirmed (:data:`sync_protocol.tasks.CENTRE_MOVES`); what boxes
say to it is :mod:`.answers`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from central.orders.domain import (
    ASSIGNED,
    CANCELLED,
    CLAIM_OFFERED,
    CLAIM_WANTED,
    NOWHERE,
    OFFERED,
    OPEN,
    SHIPPED,
    STARTED,
    Claim,
    Happened,
    Line,
    OrderBook,
    Task,
    TaskLine,
    Tell,
)
from central.orders.lines import move_claim, reopen, take_part
from retail.ids import IdSource
from sync_protocol import tasks
from sync_protocol.tasks import CENTRE_MOVES, Offer, OfferLine, TaskUpdate

COLLECT_CODE_DIGITS = 6

MOVED = "a better place was found"
"""Why an offer that nobody has answered is taken back for another."""


@dataclass(frozen=True)
class PlannedLine:
    """``quantity`` of an open line, which must still have ``version``."""

    line_id: UUID
    version: int
    quantity: int


@dataclass(frozen=True)
class PlannedTask:
    """Lines that one location should serve. ``pick_by_ms``: when it should be packed; ``send_by``: the carrier's
    service that should take them, empty where none is named."""

    location: str
    service: str
    pick_by_ms: int
    lines: tuple[PlannedLine, ...]
    send_by: str = ""


@dataclass(frozen=True)
class MovedTask:
    """An offer without an answer that is taken back for a better one; it must still have ``rev``."""

    task_id: UUID
    rev: int


def offer(
    book: OrderBook,
    plan: Sequence[PlannedTask],
    decision_id: UUID | None,
    ids: IdSource,
    moved: Sequence[MovedTask] = (),
) -> list[Task] | list[UUID]:
    """Offer the lines of ``plan`` to its locations and return the new tasks.

    The offers in ``moved`` are taken back first, and their lines may be planned as if they were open; their locations
    may be asked for them again. All or nothing: when a line is not what the plan took it for (changed, gone, excluded),
    or an offer was answered meanwhile, nothing changes and the ids of those lines are returned instead. A line of which
    only a part is planned is cut: the rest stays open.
    """
    stale = [*_answered_lines(book, moved), *_stale_lines(book, plan, {task.task_id for task in moved})]
    if stale:
        return stale
    for each in moved:
        withdraw(book, book.tasks[each.task_id], MOVED, exclude=False)
    made = []
    for planned in plan:
        task_id = ids.uuid7()
        asked = [
            take_part(book, book.lines[part.line_id], part.quantity, f"{task_id}/{number}")
            for number, part in enumerate(planned.lines)
        ]
        task = Task(
            task_id=task_id,
            location=planned.location,
            service=planned.service,
            lines=tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in asked),
            collect_code=_collect_code(ids) if planned.service == tasks.PICKUP else "",
            decision_id=decision_id,
            pick_by_ms=planned.pick_by_ms,
            send_by=planned.send_by,
        )
        for line in asked:
            book.put_line(replace(line, state=OFFERED, task=task_id))
            move_claim(book, line, (NOWHERE, CLAIM_WANTED), (task.location, CLAIM_OFFERED), "offer")
        book.put_task(task)
        book.note(
            Tell(task.location, TaskUpdate(task_id, task.rev, tasks.OFFERED, _offer_sheet(book, task, asked))),
            Happened("offered", task_id, task.location, detail={"lines": len(asked), "decision": str(decision_id)}),
        )
        made.append(task)
    book.attend("")
    book.settle()
    return made


def withdraw(book: OrderBook, task: Task, reason: str, *, exclude: bool) -> bool:
    """Take back a task that has no confirmed start: its lines are open again. False where it is too late for that.

    ``exclude``: do not ask this location for them again.
    """
    if tasks.WITHDRAWN not in CENTRE_MOVES.get(task.state, ()):
        return False
    reopen(book, task, book.lines_of(task), reason, exclude=exclude)
    book.put_task(replace(task, state=tasks.WITHDRAWN, rev=task.rev + 1, reason=reason))
    book.note(
        Tell(task.location, TaskUpdate(task.task_id, task.rev + 1, tasks.WITHDRAWN, reason=reason)),
        Happened("withdrawn", task.task_id, task.location, detail={"reason": reason}),
    )
    book.settle()
    return True


def cancel(book: OrderBook, reason: str) -> str:
    """Cancel every line that nobody has begun to pick. Returns why it cannot be done; empty when it is done.

    All or nothing: once a line's start is confirmed, the order takes the way of a put-back or a return.
    """
    states = {line.state for line in book.lines.values()}
    if STARTED in states:
        return "a store has begun to pick it"
    if SHIPPED in states and not states & {OPEN, OFFERED, ASSIGNED}:
        return "it has left the building"
    for task in list(book.tasks.values()):
        withdraw(book, task, "cancelled", exclude=False)
    _cancel_lines(book, [line for line in book.lines.values() if line.state == OPEN])
    if book.changed_lines():
        book.note(Happened("cancelled", detail={"reason": reason}))
        book.attend("")
    book.settle()
    return ""


def stale_cancels(book: OrderBook, planned: Sequence[PlannedLine]) -> list[UUID]:
    """Those of ``planned`` that are not open as they were read: somebody was asked for them, or may be."""
    return [
        part.line_id
        for part in planned
        if book.order.hold
        or (line := book.lines.get(part.line_id)) is None
        or (line.state, line.version) != (OPEN, part.version)
    ]


def give_up(book: OrderBook, planned: Sequence[PlannedLine], reason: str) -> None:
    """Cancel open lines that nobody waits for any longer; the order's other lines go on. None of them may be stale."""
    lines = [book.lines[part.line_id] for part in planned]
    _cancel_lines(book, lines)
    book.note(Happened("cancelled", detail={"reason": reason, "lines": [str(line.line_id) for line in lines]}))
    book.attend("")
    book.settle()


def _cancel_lines(book: OrderBook, lines: Iterable[Line]) -> None:
    for line in lines:
        book.put_line(replace(line, state=CANCELLED))
        book.note(Claim(line.line_id, line.sku, NOWHERE, CLAIM_WANTED, -line.quantity, "cancel"))


def _answered_lines(book: OrderBook, moved: Sequence[MovedTask]) -> list[UUID]:
    """The lines of those of ``moved`` that are no longer offers as they were."""
    lines: list[UUID] = []
    for each in moved:
        task = book.tasks.get(each.task_id)
        if task is None:
            lines.append(each.task_id)  # not even its lines are known: name what there is
        elif task.state != tasks.OFFERED or task.rev != each.rev or book.order.hold:
            lines += [line.line_id for line in task.lines]
    return lines


def _stale_lines(book: OrderBook, plan: Sequence[PlannedTask], moved: Collection[UUID]) -> list[UUID]:
    """The lines of ``plan`` that cannot be offered as planned once the tasks ``moved`` are taken back."""
    wanted: dict[UUID, int] = {}
    stale: list[UUID] = []
    for planned in plan:
        for part in planned.lines:
            wanted[part.line_id] = wanted.get(part.line_id, 0) + part.quantity
            line = book.lines.get(part.line_id)
            if (
                book.order.hold
                or line is None
                or not (line.state == OPEN or (line.state == OFFERED and line.task in moved))
                or line.version != part.version
                or part.quantity < 1
                or wanted[part.line_id] > line.quantity
                or planned.location in line.excluded
            ):
                stale.append(part.line_id)
    return stale


def _collect_code(ids: IdSource) -> str:
    """Digits that a customer says at the counter, from the random end of a fresh id."""
    return f"{ids.uuid7().int % 10**COLLECT_CODE_DIGITS:0{COLLECT_CODE_DIGITS}}"


def _offer_sheet(book: OrderBook, task: Task, lines: Iterable[Line]) -> Offer:
    order = book.order
    return Offer(
        order_code=order.code,
        service=task.service,
        lines=tuple(
            OfferLine(
                line=line.line_id, sku=line.sku, gtin=line.gtin, name=line.name, quantity=line.quantity,
                unit=line.unit, age_minimum=line.age_minimum, hazard=line.hazard,
            )
            for line in lines
        ),
        customer=order.customer_name,
        destination=order.destination if task.service == tasks.SHIP else "",
        pick_by_ms=task.pick_by_ms,
        collect_code=task.collect_code,
        send_by=task.send_by,
    )  # fmt: skip
