"""What a box does with tasks: it moves them along :data:`sync_protocol.tasks.BOX_MOVES` and nowhere else."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from sync_protocol import tasks
from sync_protocol.effects import SELLABLE
from sync_protocol.events import (
    OfferAccepted,
    OfferRejected,
    Packed,
    Payload,
    Released,
    Shipped,
    StartAsked,
    TaskLine,
)
from sync_protocol.tasks import TaskUpdate
from tests.simulation.disk import Transaction

Append = Callable[[Payload], None]


class BoxTask(NamedTuple):
    """A row of the table ``task``. ``rev`` is the centre's last decision that the box knows."""

    state: str
    rev: int
    lines: tuple[TaskLine, ...]


def _may(state: str, target: str) -> bool:
    return target in tasks.BOX_MOVES.get(state, ())


def hear(tx: Transaction, update: TaskUpdate, append: Append) -> None:
    """Take a decision of the centre. What does not fit the task's state changes nothing."""
    task: BoxTask | None = tx.get("task", update.task)
    if task is None:
        if update.state == tasks.OFFERED and update.offer is not None:
            lines = tuple(TaskLine(line.line, line.sku, line.quantity) for line in update.offer.lines)
            tx.put("task", update.task, BoxTask(tasks.OFFERED, update.rev, lines))
        return
    if _may(task.state, update.state):
        tx.put("task", update.task, task._replace(state=update.state, rev=update.rev))
    elif update.state == tasks.WITHDRAWN and _may(task.state, tasks.RELEASED):
        tx.put("task", update.task, task._replace(state=tasks.RELEASED, rev=update.rev))
        append(Released(update.task, update.rev, task.lines))


def has_work(task: BoxTask) -> bool:
    """Whether staff can do something about a task, instead of waiting for the centre."""
    return any(_may(task.state, step) for step in (tasks.ACCEPTED, tasks.START_ASKED, tasks.PACKED, tasks.SHIPPED))


def work(tx: Transaction, task_id: UUID, gives_up: bool, append: Append) -> str:
    """What staff do next about a task that has work for them; the new state."""
    task: BoxTask = tx.get("task", task_id)
    payload: Payload
    if _may(task.state, tasks.ACCEPTED):
        stock = all(tx.get("stock", (line.sku, SELLABLE), 0) >= line.quantity for line in task.lines)
        if stock:
            state, payload = tasks.ACCEPTED, OfferAccepted(task_id, task.rev, task.lines)
        else:
            state, payload = tasks.REJECTED, OfferRejected(task_id, task.rev, "no_stock")
    elif _may(task.state, tasks.START_ASKED):
        state, payload = tasks.START_ASKED, StartAsked(task_id, task.rev)
    elif _may(task.state, tasks.PACKED):
        if gives_up:
            state, payload = tasks.RELEASED, Released(task_id, task.rev, task.lines)
        else:
            state, payload = tasks.PACKED, Packed(task_id, 1)
    else:
        state, payload = tasks.SHIPPED, Shipped(task_id, task.lines, "DHL", "1")
    tx.put("task", task_id, task._replace(state=state))
    append(payload)
    return state
