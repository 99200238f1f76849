"""Answering the centre: each decision on a task is taken inside the transaction that notes it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from edge_node.fulfilment.slips import cancel_slip, pick_list
from edge_node.fulfilment.task import is_begun, reserved_lines, task_lines, unusable
from edge_node.ports import BOX, PickTask, PrintKind, PrintState, Tx
from sync_protocol.events import MissingLine, OfferAccepted, OfferRejected, Released, StartAsked
from sync_protocol.tasks import ACCEPTED, ASSIGNED, OFFERED, START_ASKED, STARTED, WITHDRAWN, TaskUpdate

NOTE_LENGTH_MAX = 120

_WAITING = (PrintState.QUEUED, PrintState.UNCERTAIN, PrintState.FAILED)
_PERHAPS_ON_PAPER = (PrintState.SENT, PrintState.PROVED, PrintState.TAKEN, PrintState.UNCERTAIN, PrintState.FAILED)


def take_decision(tx: Tx, update: TaskUpdate, printer: str) -> None:
    """Note the centre's decision and do what follows from it. ``printer`` is where this store prints pick lists.

    Offered: the goods are set aside, or the offer is rejected with what is missing. Assigned: the pick list is queued
    for printing, once however often the centre repeats itself. Withdrawn: what is set aside is released, unless goods
    are in a tote already.
    """
    if update.state == OFFERED and (problem := unusable(update.offer)):
        tx.append(OfferRejected(update.task, update.rev, "unknown_sku", note=problem[:NOTE_LENGTH_MAX]), BOX)
        return
    before = tx.task(update.task)
    task = tx.tell(update)
    if task is None:
        return
    if task.state == OFFERED:
        _answer(tx, task)
    elif task.state == ASSIGNED and update.state == ASSIGNED and (before is None or before.state != ASSIGNED):
        tx.enqueue_print(printer, PrintKind.PICK_LIST, str(task.id), pick_list(task))
    elif update.state == WITHDRAWN:
        _give_back(tx, task, printer)


def list_printed(tx: Tx, task_id: UUID) -> None:
    """The printer has proved that a pick list is on paper: ask the centre to confirm the start."""
    task = tx.task(task_id)
    if task is not None and task.state == ASSIGNED:
        tx.append(StartAsked(task.id, task.rev), BOX)


def missing_lines(tx: Tx, task: PickTask) -> tuple[str, Sequence[MissingLine]]:
    """Why the store cannot serve ``task``, and the lines that it cannot serve; an empty reason if it can.

    Lines of one SKU share its stock, the earlier line first.
    """
    left: dict[str, int] = {}
    missing: list[MissingLine] = []
    reason = ""
    for line in task.lines:
        known = tx.item(line.sku) is not None
        available = max(0, left.setdefault(line.sku, tx.sellable(line.sku)))
        if not known:
            reason = "unknown_sku"
        if known and available >= line.quantity:
            left[line.sku] = available - line.quantity
        else:
            missing.append(MissingLine(line.line, line.sku, line.quantity, available if known else 0))
            left[line.sku] = 0
    return (reason or "no_stock") if missing else "", missing


def _answer(tx: Tx, task: PickTask) -> None:
    reason, missing = missing_lines(tx, task)
    if reason:
        tx.append(OfferRejected(task.id, task.rev, reason, tuple(missing)), BOX)
    else:
        tx.append(OfferAccepted(task.id, task.rev, task_lines(task)), BOX)


def _give_back(tx: Tx, task: PickTask, printer: str) -> None:
    if task.state not in (ACCEPTED, ASSIGNED, START_ASKED, STARTED) or is_begun(task):
        return
    tx.append(Released(task.id, task.rev, reserved_lines(task)), BOX)
    jobs = [job for job in tx.print_jobs(subject=str(task.id)) if job.kind is PrintKind.PICK_LIST]
    for job in jobs:
        if job.state in _WAITING:
            tx.save_print_job(replace(job, state=PrintState.CANCELLED, note="the order went elsewhere"))
    if any(job.state in _PERHAPS_ON_PAPER for job in jobs):
        tx.enqueue_print(printer, PrintKind.CANCEL_SLIP, str(task.id), cancel_slip(task))
