"""What boxes say about tasks, and what the centre makes of it. Pure.

An answer counts only for the ``rev`` that it answers to, and only along :data:`sync_protocol.tasks.CENTRE_MOVES`;
anything late, doubled or out of order changes nothing.
"""

from dataclasses import replace

from central.orders.departures import gone, quantities
from central.orders.domain import (
    ASSIGNED,
    CLAIM_OFFERED,
    CLAIM_SET_ASIDE,
    OFFERED,
    STARTED,
    Answer,
    Doubt,
    Happened,
    OrderBook,
    Task,
    TaskLine,
    Tell,
    Trouble,
)
from central.orders.lines import move_claim, reopen, split_off
from central.orders.task_flow import withdraw
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
from sync_protocol.tasks import CENTRE_MOVES, TaskUpdate

TaskPayload = OfferAccepted | OfferRejected | StartAsked | Picked | Short | Packed | Shipped | HandedOver | Released

STOCK_REASONS = frozenset({"no_stock", "unknown_sku"})
"""Rejections that are about single lines: only the missing ones will not be asked of that location again."""


def apply(book: OrderBook, payload: TaskPayload, answer: Answer) -> None:
    """Decide on what a box stated about a task of this order."""
    task = book.tasks[payload.task]
    if answer.location != task.location:
        book.alarm(
            task,
            answer,
            "task.foreign",
            f"{answer.location} reports {payload.kind} for a task of {task.location}",
            "find out which store has the goods",
        )
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
        case Shipped() | HandedOver():
            gone(book, task, payload, answer)
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
    elif {line.line_id: line.quantity for line in lines} != quantities(accepted.lines) or any(
        line.state != OFFERED for line in lines
    ):
        withdraw(book, task, "the order changed meanwhile", exclude=False)
    else:
        for line in lines:
            book.put_line(replace(line, state=ASSIGNED))
            move_claim(book, line, (task.location, CLAIM_OFFERED), (task.location, CLAIM_SET_ASIDE), "assign")
        _decide(book, task, tasks.ASSIGNED, answer)


def _rejected(book: OrderBook, task: Task, rejected: OfferRejected, answer: Answer) -> None:
    if task.state != tasks.OFFERED or rejected.rev != task.rev:
        return
    lines = book.lines_of(task)
    missing = {line.line for line in rejected.missing}
    about_stock = rejected.reason in STOCK_REASONS and bool(missing)
    refused = [line for line in lines if not about_stock or line.line_id in missing]
    reopen(book, task, refused, rejected.reason, exclude=True)
    reopen(book, task, [line for line in lines if line not in refused], rejected.reason, exclude=False)
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
    split_off(book, task, line, quantity, f"short/{answer.event_id}", short.reason)
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
            book.alarm(
                task,
                answer,
                "task.released",
                f"{task.location} released a task that is {task.state}",
                "see where the goods are",
            )
        return
    reopen(book, task, book.lines_of(task), "released", exclude=True)
    book.put_task(replace(task, state=tasks.RELEASED))
    book.note(Happened("released", task.task_id, task.location, answer.staff))


def _decide(book: OrderBook, task: Task, state: str, answer: Answer) -> None:
    book.put_task(replace(task, state=state, rev=task.rev + 1))
    book.note(
        Tell(task.location, TaskUpdate(task.task_id, task.rev + 1, state)),
        Happened(state, task.task_id, task.location, answer.staff),
    )


def _with_task_line(task: Task, changed: TaskLine) -> Task:
    parts = (changed if part.line_id == changed.line_id else part for part in task.lines)
    return replace(task, lines=tuple(parts))
