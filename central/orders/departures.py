"""Goods that left a building, as a box reports it: a fact, whether or not it was meant to be. Pure.

Only a task with a confirmed start may ship. If goods left all the same, the line is closed if nobody else has it in
hand, and a person is told. No line is ever closed twice.
"""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from central.orders.domain import (
    ASSIGNED,
    CLOSED_LINES,
    NOWHERE,
    OFFERED,
    OPEN,
    SHIPPED,
    Answer,
    Claim,
    Happened,
    Left,
    Line,
    OrderBook,
    Task,
)
from central.orders.lines import claim_state, split_off
from central.orders.task_flow import withdraw
from sync_protocol import tasks
from sync_protocol.events import HandedOver, Shipped
from sync_protocol.events import TaskLine as SentLine


def quantities(lines: Iterable[SentLine]) -> dict[UUID, int]:
    """Quantity by line: lots and serials of one line add up."""
    total: dict[UUID, int] = {}
    for line in lines:
        total[line.line] = total.get(line.line, 0) + line.quantity
    return total


def gone(book: OrderBook, task: Task, report: Shipped | HandedOver, answer: Answer) -> None:
    """Goods left with a carrier or a customer: close what was sent, open again what was left behind."""
    if task.state in (tasks.SHIPPED, tasks.HANDED_OVER):
        book.alarm(
            task,
            answer,
            "task.shipped_again",
            f"{task.location} shipped a task that had shipped already",
            "ask the store what left the building",
        )
        return
    if task.state not in (tasks.STARTED, tasks.PACKED):
        book.alarm(
            task,
            answer,
            "task.unconfirmed_shipment",
            f"{task.location} shipped a task without a confirmed start (it is {task.state})",
            "make sure that nobody else ships the same lines",
        )
    closed = tuple(
        (line_id, line.sku, line.quantity)
        for line_id, quantity in quantities(report.lines).items()
        if (line := _close(book, task, line_id, quantity, answer)) is not None
    )
    task = book.tasks[task.task_id]
    left_behind = [line for line in book.lines_of(task) if line.state not in CLOSED_LINES]
    for line in left_behind:
        split_off(book, task, line, line.quantity, f"left/{answer.event_id}", "left behind")
    if left_behind:
        book.alarm(
            task,
            answer,
            "task.left_behind",
            f"{task.location} closed a task without {', '.join(sorted(line.sku for line in left_behind))}",
            "count what is still set aside there",
        )
    left = _departure(task, report, answer, closed)
    book.put_task(replace(task, state=left.kind))
    detail = {"carrier": left.carrier, "tracking": left.tracking, "proof": left.proof}
    book.note(left, Happened(left.kind, task.task_id, task.location, answer.staff, detail))


def _close(book: OrderBook, task: Task, line_id: UUID, quantity: int, answer: Answer) -> Line | None:
    """Close one line of which ``quantity`` left. None where the line is not this task's to close."""
    line = book.lines.get(line_id)
    if line is not None and line.task not in (None, task.task_id) and line.state in (OFFERED, ASSIGNED):
        withdraw(book, book.tasks[line.task], "another store has shipped it", exclude=False)
        line = book.lines[line_id]
    if line is None or quantity < 1 or line.state in CLOSED_LINES or line.task not in (None, task.task_id):
        book.alarm(
            task,
            answer,
            "line.shipped_twice" if line and line.state == SHIPPED else "line.not_its_own",
            f"{task.location} shipped {quantity} of a line that is {line.state if line else 'not known'}",
            "find out what the customer received",
            line_id,
        )
        return None
    if quantity > line.quantity:
        book.alarm(
            task,
            answer,
            "line.shipped_too_much",
            f"{task.location} shipped {quantity} of {line.sku}, {line.quantity} were ordered",
            "correct the stock, or ask the customer",
            line_id,
        )
    if quantity < line.quantity:
        line = split_off(book, task, line, line.quantity - quantity, f"left/{answer.event_id}", "left behind")
    location = NOWHERE if line.state == OPEN else task.location
    book.note(Claim(line_id, line.sku, location, claim_state(line), -line.quantity, "shipped"))
    closed = replace(line, state=SHIPPED, task=task.task_id)
    book.put_line(closed)
    return closed


def _departure(
    task: Task, report: Shipped | HandedOver, answer: Answer, lines: tuple[tuple[UUID, str, int], ...]
) -> Left:
    left = Left(task.task_id, task.location, tasks.SHIPPED, answer.at_ms, answer.staff, lines, packages=task.packages)
    match report:
        case Shipped():
            return replace(left, carrier=report.carrier, tracking=report.tracking)
        case HandedOver():
            return replace(left, kind=tasks.HANDED_OVER, proof=report.proof)
