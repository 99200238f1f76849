"""What the pages show of a task, made of what the box keeps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from edge_node.fulfilment.task import OPEN, is_begun, is_recalled
from edge_node.ports import PickLine, PickTask, PrintJob, PrintKind, PrintState, View
from edge_node.printing.slips import task_code
from retail.quantity import Quantity, Unit
from sync_protocol.tasks import (
    ACCEPTED,
    ASSIGNED,
    HANDED_OVER,
    PACKED,
    PICKUP,
    RELEASED,
    SHIPPED,
    START_ASKED,
    STARTED,
    WITHDRAWN,
)
from web_kit.words import Label

LISTED_MAX = 100
CANCELLED_MAX = 5
CANCELLED_MS = 4 * 60 * 60 * 1000
"""Cancelled pick lists are shown for so long after their slip was queued."""
_RECENT_SLIPS = 50

_TROUBLED = (PrintState.FAILED, PrintState.UNCERTAIN, PrintState.CANCELLED)

LABELS = {
    ACCEPTED: Label("neutral", "Accepted"),
    ASSIGNED: Label("neutral", "Printing"),
    START_ASKED: Label("neutral", "Waits for the start"),
    STARTED: Label("info", "Ready to pick"),
    PACKED: Label("info", "Packed"),
    SHIPPED: Label("ok", "Shipped"),
    HANDED_OVER: Label("ok", "Handed over"),
    RELEASED: Label("bad", "Cancelled"),
    WITHDRAWN: Label("bad", "Cancelled"),
}
_NOT_PRINTED = Label("warn", "Not printed")
_PICKING = Label("info", "Picking")
_READY = Label("ok", "Ready to collect")
_OVER = Label("neutral", "Over")


@dataclass(frozen=True, slots=True)
class Line:
    """One article to fetch. ``codes`` are all its barcodes, 14 digits each."""

    id: UUID
    sku: str
    name: str
    bin: str
    codes: tuple[str, ...]
    quantity: int
    unit: str
    picked: int
    short: int
    age_minimum: int
    hazard: str

    @property
    def amount(self) -> str:
        """The quantity as people say it: ``3``, or ``1.250 kg``."""
        return str(Quantity(self.quantity, Unit(self.unit)))


@dataclass(frozen=True, slots=True)
class Task:
    """A pick list. ``send_by`` is the carrier's service that takes it, if one is named. ``printing`` says in words why
    it is not on paper; empty while nothing is wrong."""

    id: UUID
    code: str
    order_code: str
    service: str
    state: str
    label: Label
    customer: str
    destination: str
    pick_by_ms: int
    packages: int
    reason: str
    is_recalled: bool
    wants_code: bool
    printing: str
    send_by: str
    lines: tuple[Line, ...]

    @property
    def quantity(self) -> int:
        """Lines in all."""
        return len(self.lines)

    @property
    def done(self) -> int:
        """Lines of which nothing is left to fetch."""
        return sum(1 for line in self.lines if line.picked + line.short >= line.quantity)

    @property
    def age_minimum(self) -> int:
        """The age that the customer must have; 0 where there is no limit."""
        return max((line.age_minimum for line in self.lines), default=0)


def open_tasks(view: View) -> Sequence[Task]:
    """What somebody has yet to finish, the most urgent first."""
    return [_task(view, task) for task in view.tasks(OPEN, LISTED_MAX)]


def cancelled_tasks(view: View) -> Sequence[Task]:
    """Pick lists that were on paper and went elsewhere a short while ago: somebody may still be walking with one."""
    subjects = dict.fromkeys(
        job.subject
        for job in view.recent_print_jobs(_RECENT_SLIPS)
        if job.kind is PrintKind.CANCEL_SLIP and job.queued_ms > view.now_ms - CANCELLED_MS
    )
    found = (view.task(UUID(subject)) for subject in subjects)
    gone = [task for task in found if task is not None and task.state in (RELEASED, WITHDRAWN)]
    return [_task(view, task) for task in gone[:CANCELLED_MAX]]


def one_task(view: View, task_id: UUID) -> Task | None:
    """The task with that id."""
    task = view.task(task_id)
    return None if task is None else _task(view, task)


def _task(view: View, task: PickTask) -> Task:
    printing = _printing(view.print_jobs(subject=str(task.id))) if task.state == ASSIGNED else ""
    return Task(
        id=task.id, code=task_code(task.id), order_code=task.order_code, service=task.service, state=task.state,
        label=_label(task, printing), customer=task.customer, destination=task.destination,
        pick_by_ms=task.pick_by_ms, packages=task.packages, reason=task.reason, is_recalled=is_recalled(task),
        wants_code=bool(task.collect_code), printing=printing, send_by=task.send_by,
        lines=tuple(_line(view, line) for line in sorted(task.lines, key=walk_order)),
    )  # fmt: skip


def _label(task: PickTask, printing: str) -> Label:
    if task.state == ASSIGNED and printing:
        return _NOT_PRINTED
    if task.state == STARTED and is_begun(task):
        return _PICKING
    if task.state == PACKED and task.service == PICKUP:
        return _READY
    return LABELS.get(task.state, _OVER)


def _printing(jobs: Sequence[PrintJob]) -> str:
    lists = [job for job in jobs if job.kind is PrintKind.PICK_LIST]
    if not lists:
        return "No pick list was printed."
    last = lists[-1]
    if last.state in _TROUBLED or last.note:
        return f"The pick list is not printed: {last.note or 'the printer does not confirm it'}."
    return ""


def _line(view: View, line: PickLine) -> Line:
    known = view.item(line.sku)
    codes = {gtin.text14 for gtin in known.item.gtins} if known else set()
    if line.gtin:
        codes.add(line.gtin.rjust(14, "0"))
    return Line(
        line.line, line.sku, line.name, line.bin, tuple(sorted(codes)), line.quantity, line.unit, line.picked,
        line.short, line.age_minimum, line.hazard,
    )  # fmt: skip


def walk_order(line: PickLine) -> tuple[bool, list[tuple[bool, int, str]], str]:
    """By bin, numbers in it by value (A-2 before A-10), articles without a bin last: the order of the printed list."""
    parts = re.findall(r"\d+|\D+", line.bin)
    return not parts, [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts], line.name
