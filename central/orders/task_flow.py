"""The life of a task at the centre: offered, assigned, started, packed, gone; or rejected, withdrawn, released.

Every function takes the book of one order and decides. An answer of a box counts only for the ``rev`` that it answers
to, and only along :data:`sync_protocol.tasks.CENTRE_MOVES`; anything late, doubled or out of order changes nothing.
Only a task with a confirmed start may ship. If goods left all the same, that is a fact: the line is closed if nobody
else has it in hand, and a person is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from central.orders.domain import (
    ASSIGNED,
    CANCELLED,
    CLAIM_OFFERED,
    CLAIM_SET_ASIDE,
    CLAIM_WANTED,
    CLOSED_LINES,
    NOWHERE,
    OFFERED,
    OPEN,
    SHIPPED,
    STARTED,
    Claim,
    Doubt,
    Happened,
    Left,
    Line,
    OrderBook,
    Task,
    TaskLine,
    Tell,
    Trouble,
    cut,
)
from retail.ids import IdSource
from sync_protocol import tasks
from sync_protocol.events import (
    HandedOver,
    OfferAccepted,
    OfferRejected,
    Packed,
    Picked,
    Released,
    Shipped,
    Short,
    StartAsked,
)
from sync_protocol.events import TaskLine as SentLine
from sync_protocol.tasks import CENTRE_MOVES, Offer, OfferLine, TaskUpdate

TaskPayload = OfferAccepted | OfferRejected | StartAsked | Picked | Short | Packed | Shipped | HandedOver | Released

STOCK_REASONS = frozenset({"no_stock", "unknown_sku"})
"""Rejections that are about single lines: only the missing ones will not be asked of that location again."""

COLLECT_CODE_DIGITS = 6


@dataclass(frozen=True)
class Answer:
    """Something that a box stated about a task: ``location`` is whose log it is in."""

    event_id: UUID
    location: str
    staff: str
    at_ms: int


@dataclass(frozen=True)
class PlannedLine:
    """``quantity`` of an open line, which must still have ``version``."""

    line_id: UUID
    version: int
    quantity: int


@dataclass(frozen=True)
class PlannedTask:
    """Lines that one location should serve. ``pick_by_ms``: when it should be packed."""

    location: str
    service: str
    pick_by_ms: int
    lines: tuple[PlannedLine, ...]


# --- the centre's own decisions --------------------------------------------------------------------------------------


def offer(
    book: OrderBook, plan: Sequence[PlannedTask], decision_id: UUID | None, ids: IdSource
) -> list[Task] | list[UUID]:
    """Offer the lines of ``plan`` to its locations and return the new tasks.

    All or nothing: when a line is not what the plan took it for (changed, gone, excluded), nothing changes and the
    ids of those lines are returned instead. A line of which only a part is planned is cut: the rest stays open.
    """
    stale = _stale_lines(book, plan)
    if stale:
        return stale
    made = []
    for planned in plan:
        task_id = ids.uuid7()
        asked = [_take(book, wanted, f"{task_id}/{number}") for number, wanted in enumerate(planned.lines)]
        task = Task(
            task_id=task_id,
            location=planned.location,
            service=planned.service,
            lines=tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in asked),
            collect_code=_collect_code(ids) if planned.service == tasks.PICKUP else "",
            decision_id=decision_id,
            pick_by_ms=planned.pick_by_ms,
        )
        for line in asked:
            book.put_line(replace(line, state=OFFERED, task=task_id))
            _move_claim(book, line, (NOWHERE, CLAIM_WANTED), (task.location, CLAIM_OFFERED), "offer")
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
    _reopen(book, task, book.lines_of(task), reason, exclude=exclude)
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
    for line in list(book.lines.values()):
        if line.state == OPEN:
            book.put_line(replace(line, state=CANCELLED))
            book.note(Claim(line.line_id, line.sku, NOWHERE, CLAIM_WANTED, -line.quantity, "cancel"))
    if book.changed_lines():
        book.note(Happened("cancelled", detail={"reason": reason}))
        book.attend("")
    book.settle()
    return ""


# --- what boxes say --------------------------------------------------------------------------------------------------


def apply(book: OrderBook, payload: TaskPayload, answer: Answer) -> None:
    """Decide on what a box stated about a task of this order."""
    task = book.tasks[payload.task]
    if answer.location != task.location:
        _trouble(book, task, answer, "task.foreign",
                 f"{answer.location} reports {payload.kind} for a task of {task.location}",
                 "find out which store has the goods")  # fmt: skip
        return
    noted = len(book.effects)
    match payload:
        case OfferAccepted():
            _accepted(book, task, payload, answer)
        case OfferRejected():
            _rejected(book, task, payload, answer)
        case StartAsked():
            _start_asked(book, task, payload, answer)
        case Picked():
            _picked(book, task, payload, answer)
        case Short():
            _short(book, task, payload, answer)
        case Packed():
            _packed(book, task, payload, answer)
        case Shipped():
            _gone(book, task, payload.lines, answer, tasks.SHIPPED, carrier=payload.carrier, tracking=payload.tracking)
        case HandedOver():
            _gone(book, task, payload.lines, answer, tasks.HANDED_OVER, proof=payload.proof)
        case Released():
            _released(book, task, answer)
    if not any(isinstance(effect, Happened) for effect in book.effects[noted:]):
        detail = {"kind": payload.kind, "task": task.state}
        book.note(Happened("ignored", task.task_id, task.location, answer.staff, detail))
    book.settle()


def unknown_task(payload: TaskPayload, answer: Answer) -> list[Tell | Trouble]:
    """What to do about a task that the centre has never heard of: what was set aside for it goes back."""
    found: list[Tell | Trouble] = [
        Trouble("task.unknown", str(answer.event_id), answer.location,
                f"{answer.location} reports {payload.kind} for task {payload.task}, which is not known here",
                "compare the store's open tasks with the orders")
    ]  # fmt: skip
    if isinstance(payload, OfferAccepted | StartAsked):
        found.append(
            Tell(
                answer.location,
                TaskUpdate(payload.task, payload.rev + 1, tasks.WITHDRAWN, reason="the centre does not know this task"),
            )
        )
    return found


def _accepted(book: OrderBook, task: Task, accepted: OfferAccepted, answer: Answer) -> None:
    if task.state != tasks.OFFERED or accepted.rev != task.rev:
        return
    lines = book.lines_of(task)
    if book.order.hold:
        withdraw(book, task, f"on hold: {book.order.hold}", exclude=False)
    elif {line.line_id: line.quantity for line in lines} != _quantities(accepted.lines) or any(
        line.state != OFFERED for line in lines
    ):
        withdraw(book, task, "the order changed meanwhile", exclude=False)
    else:
        for line in lines:
            book.put_line(replace(line, state=ASSIGNED))
            _move_claim(book, line, (task.location, CLAIM_OFFERED), (task.location, CLAIM_SET_ASIDE), "assign")
        _decide(book, task, tasks.ASSIGNED, answer)


def _rejected(book: OrderBook, task: Task, rejected: OfferRejected, answer: Answer) -> None:
    if task.state != tasks.OFFERED or rejected.rev != task.rev:
        return
    lines = book.lines_of(task)
    missing = {line.line for line in rejected.missing}
    about_stock = rejected.reason in STOCK_REASONS and bool(missing)
    refused = [line for line in lines if not about_stock or line.line_id in missing]
    _reopen(book, task, refused, rejected.reason, exclude=True)
    _reopen(book, task, [line for line in lines if line not in refused], rejected.reason, exclude=False)
    if about_stock:
        book.note(*(Doubt(task.location, line.sku, max(line.available, 0)) for line in rejected.missing))
    book.put_task(replace(task, state=tasks.REJECTED, reason=rejected.reason))
    book.note(
        Happened(
            "rejected",
            task.task_id,
            task.location,
            answer.staff,
            {
                "reason": rejected.reason,
                "note": rejected.note,
                "missing": sorted(line.sku for line in rejected.missing),
            },
        )
    )


def _start_asked(book: OrderBook, task: Task, asked: StartAsked, answer: Answer) -> None:
    if task.state != tasks.ASSIGNED or asked.rev != task.rev:
        return
    lines = book.lines_of(task)
    if book.order.hold:
        withdraw(book, task, f"on hold: {book.order.hold}", exclude=False)
    elif not lines or any(line.state != ASSIGNED for line in lines):
        withdraw(book, task, "the order changed meanwhile", exclude=False)
    else:
        for line in lines:
            book.put_line(replace(line, state=STARTED))
        _decide(book, task, tasks.STARTED, answer)


def _picked(book: OrderBook, task: Task, picked: Picked, answer: Answer) -> None:
    line = book.lines.get(picked.line.line)
    if line is None or line.task != task.task_id or task.state not in (tasks.ASSIGNED, tasks.STARTED):
        return
    quantity = min(line.picked_quantity + max(picked.line.quantity, 0), line.quantity)
    book.put_line(replace(line, picked_quantity=quantity))
    book.put_task(_with_task_line(task, replace(task.line(line.line_id), picked=quantity)))
    detail = {"sku": line.sku, "quantity": picked.line.quantity, "manual": picked.manual}
    book.note(Happened("picked", task.task_id, task.location, answer.staff, detail))


def _short(book: OrderBook, task: Task, short: Short, answer: Answer) -> None:
    line = book.lines.get(short.line.line)
    if line is None or line.task != task.task_id or line.state not in (ASSIGNED, STARTED):
        return
    quantity = min(short.line.quantity, line.quantity)
    if quantity < 1:
        return
    _split_off(book, task, line, quantity, f"short/{answer.event_id}", CLAIM_SET_ASIDE, short.reason)
    asked = task.line(line.line_id)
    task = _with_task_line(task, replace(asked, short=asked.short + quantity))
    if not book.lines_of(task):
        task = replace(task, state=tasks.RELEASED, reason="nothing of it was found")
    book.put_task(task)
    detail = {"sku": line.sku, "quantity": quantity, "reason": short.reason}
    book.note(Happened("short", task.task_id, task.location, answer.staff, detail))


def _packed(book: OrderBook, task: Task, packed: Packed, answer: Answer) -> None:
    if task.state != tasks.STARTED:
        return
    book.put_task(replace(task, state=tasks.PACKED, packages=packed.packages))
    detail = {"packages": packed.packages}
    book.note(Happened("packed", task.task_id, task.location, answer.staff, detail))


def _released(book: OrderBook, task: Task, answer: Answer) -> None:
    if tasks.RELEASED not in CENTRE_MOVES.get(task.state, ()) and task.state not in (tasks.OFFERED, tasks.ASSIGNED):
        if task.state not in (tasks.RELEASED, tasks.REJECTED):
            _trouble(book, task, answer, "task.released",
                     f"{task.location} released a task that is {task.state}", "see where the goods are")  # fmt: skip
        return
    _reopen(book, task, book.lines_of(task), "released", exclude=True)
    book.put_task(replace(task, state=tasks.RELEASED))
    book.note(Happened("released", task.task_id, task.location, answer.staff))


def _gone(
    book: OrderBook,
    task: Task,
    sent: Iterable[SentLine],
    answer: Answer,
    state: str,
    *,
    carrier: str = "",
    tracking: str = "",
    proof: str = "",
) -> None:
    """Goods left with a carrier or a customer: close what was sent, open again what was left behind."""
    if task.state in (tasks.SHIPPED, tasks.HANDED_OVER):
        _trouble(book, task, answer, "task.shipped_again", f"{task.location} shipped a task that had shipped already",
                 "ask the store what left the building")  # fmt: skip
        return
    confirmed = task.state in (tasks.STARTED, tasks.PACKED)
    if not confirmed:
        _trouble(book, task, answer, "task.unconfirmed_shipment",
                 f"{task.location} shipped a task without a confirmed start (it is {task.state})",
                 "make sure that nobody else ships the same lines")  # fmt: skip
    quantities = _quantities(sent)
    closed = tuple(
        (line_id, line.sku, line.quantity)
        for line_id, quantity in quantities.items()
        if (line := _close(book, task, line_id, quantity, answer)) is not None
    )
    task = book.tasks[task.task_id]
    left_behind = [line for line in book.lines_of(task) if line.state not in CLOSED_LINES]
    for line in left_behind:
        _split_off(book, task, line, line.quantity, f"left/{answer.event_id}", _claim_state(line), "left behind")
    if left_behind:
        _trouble(book, task, answer, "task.left_behind",
                 f"{task.location} closed a task without {', '.join(sorted(line.sku for line in left_behind))}",
                 "count what is still set aside there")  # fmt: skip
    book.put_task(replace(task, state=state))
    book.note(
        Left(task.task_id, task.location, state, answer.at_ms, answer.staff, closed, carrier, tracking, proof,
             task.packages),
        Happened(state, task.task_id, task.location, answer.staff, {"carrier": carrier, "tracking": tracking}),
    )  # fmt: skip


def _close(book: OrderBook, task: Task, line_id: UUID, quantity: int, answer: Answer) -> Line | None:
    """Close one line of which ``quantity`` left. None where the line is not this task's to close."""
    line = book.lines.get(line_id)
    if line is not None and line.task not in (None, task.task_id) and line.state in (OFFERED, ASSIGNED):
        withdraw(book, book.tasks[_known(line.task)], "another store has shipped it", exclude=False)
        line = book.lines[line_id]
    if line is None or quantity < 1 or line.state in CLOSED_LINES or line.task not in (None, task.task_id):
        _trouble(book, task, answer, "line.shipped_twice" if line and line.state == SHIPPED else "line.not_its_own",
                 f"{task.location} shipped {quantity} of a line that is {line.state if line else 'not known'}",
                 "find out what the customer received", line_id)  # fmt: skip
        return None
    if quantity > line.quantity:
        _trouble(book, task, answer, "line.shipped_too_much",
                 f"{task.location} shipped {quantity} of {line.sku}, {line.quantity} were ordered",
                 "correct the stock, or ask the customer", line_id)  # fmt: skip
    if quantity < line.quantity:
        line = _split_off(
            book, task, line, line.quantity - quantity, f"left/{answer.event_id}", _claim_state(line), "left behind"
        )
    location = NOWHERE if line.state == OPEN else task.location
    book.note(Claim(line_id, line.sku, location, _claim_state(line), -line.quantity, "shipped"))
    closed = replace(line, state=SHIPPED, task=task.task_id)
    book.put_line(closed)
    return closed


# --- parts -----------------------------------------------------------------------------------------------------------


def _stale_lines(book: OrderBook, plan: Sequence[PlannedTask]) -> list[UUID]:
    """The lines of ``plan`` that cannot be offered as planned."""
    wanted: dict[UUID, int] = {}
    stale: list[UUID] = []
    for planned in plan:
        for part in planned.lines:
            wanted[part.line_id] = wanted.get(part.line_id, 0) + part.quantity
            line = book.lines.get(part.line_id)
            if (
                book.order.hold
                or line is None
                or line.state != OPEN
                or line.version != part.version
                or part.quantity < 1
                or wanted[part.line_id] > line.quantity
                or planned.location in line.excluded
            ):
                stale.append(part.line_id)
    return stale


def _take(book: OrderBook, planned: PlannedLine, name: str) -> Line:
    """The line, or the part of it that was planned; what is left of it stays open under the old id."""
    line = book.lines[planned.line_id]
    if planned.quantity == line.quantity:
        return line
    kept, part = cut(line, planned.quantity, name)
    book.put_line(kept)
    book.put_line(part)
    book.note(
        Claim(line.line_id, line.sku, NOWHERE, CLAIM_WANTED, -part.quantity, "split"),
        Claim(part.line_id, part.sku, NOWHERE, CLAIM_WANTED, part.quantity, "split"),
    )
    return book.lines[part.line_id]


def _split_off(
    book: OrderBook, task: Task, line: Line, quantity: int, name: str, claim_state: str, reason: str
) -> Line:
    """Move ``quantity`` of a line to a new open one that this location is not asked for; what is left is returned."""
    location = NOWHERE if line.state == OPEN else task.location
    kept, new = cut(line, quantity, name)
    new = replace(new, excluded=line.excluded | {task.location})
    book.put_line(kept)
    book.put_line(new)
    book.note(
        Claim(line.line_id, line.sku, location, claim_state, -quantity, reason),
        Claim(new.line_id, new.sku, NOWHERE, CLAIM_WANTED, quantity, reason),
    )
    return book.lines[line.line_id]


def _reopen(book: OrderBook, task: Task, lines: Iterable[Line], reason: str, *, exclude: bool) -> None:
    for line in lines:
        excluded = line.excluded | {task.location} if exclude else line.excluded
        _move_claim(book, line, (task.location, _claim_state(line)), (NOWHERE, CLAIM_WANTED), reason)
        book.put_line(replace(line, state=OPEN, task=None, picked_quantity=0, excluded=excluded))


def _decide(book: OrderBook, task: Task, state: str, answer: Answer) -> None:
    book.put_task(replace(task, state=state, rev=task.rev + 1))
    book.note(
        Tell(task.location, TaskUpdate(task.task_id, task.rev + 1, state)),
        Happened(state, task.task_id, task.location, answer.staff),
    )


def _claim_state(line: Line) -> str:
    """Where the claim of an unfinished line is in the reservation ledger."""
    return {OPEN: CLAIM_WANTED, OFFERED: CLAIM_OFFERED}.get(line.state, CLAIM_SET_ASIDE)


def _move_claim(book: OrderBook, line: Line, source: tuple[str, str], target: tuple[str, str], reason: str) -> None:
    book.note(
        Claim(line.line_id, line.sku, *source, -line.quantity, reason),
        Claim(line.line_id, line.sku, *target, line.quantity, reason),
    )


def _with_task_line(task: Task, changed: TaskLine) -> Task:
    parts = (changed if part.line_id == changed.line_id else part for part in task.lines)
    return replace(task, lines=tuple(parts))


def _quantities(lines: Iterable[SentLine]) -> Mapping[UUID, int]:
    """Quantity by line: lots and serials of one line add up."""
    total: dict[UUID, int] = {}
    for line in lines:
        total[line.line] = total.get(line.line, 0) + line.quantity
    return total


def _trouble(
    book: OrderBook, task: Task, answer: Answer, kind: str, problem: str, remedy: str, line_id: UUID | None = None
) -> None:
    key = f"{answer.event_id}/{line_id}" if line_id else str(answer.event_id)
    book.note(
        Trouble(kind, key, answer.location, problem, remedy),
        Happened("trouble", task.task_id, answer.location, answer.staff, {"problem": problem}),
    )
    book.attend(problem)


def _known(task_id: UUID | None) -> UUID:
    assert task_id is not None
    return task_id


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
    )  # fmt: skip
