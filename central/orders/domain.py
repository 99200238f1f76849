"""Orders, their lines and their tasks as values, and the book in which one decision changes them.

Pure: no database, no clock. An :class:`OrderBook` holds everything about one order. The functions of
:mod:`.task_flow` and :mod:`.answers` change it and note what follows (*effects*). An adapter loads the book under a
lock of the order, lets one function decide, and saves the changes by compare-and-set on each line's version together
with the effects, in one transaction.

A line is in one of these states; its quantity is always in exactly one place:

``open`` -> ``offered`` -> ``assigned`` -> ``started`` -> ``shipped``; back to ``open`` from the middle ones, but from
``started`` only when the store released it; ``cancelled`` instead of being offered again; ``short`` when all of its
quantity left for a new line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from retail.ids import derived
from sync_protocol import tasks
from sync_protocol.tasks import TaskUpdate

OPEN = "open"
OFFERED = "offered"
ASSIGNED = "assigned"
STARTED = "started"
SHIPPED = "shipped"
SHORT = "short"
CANCELLED = "cancelled"

CLOSED_LINES = frozenset({SHIPPED, SHORT, CANCELLED})
CLOSED_TASKS = frozenset({tasks.REJECTED, tasks.WITHDRAWN, tasks.RELEASED, tasks.SHIPPED, tasks.HANDED_OVER})
"""States of a task in which the centre expects nothing more that concerns an order line."""

WORKING, FULFILLED = "working", "fulfilled"

# Claims on stock; the words are those of `central.inventory.tables`.
CLAIM_WANTED, CLAIM_OFFERED, CLAIM_SET_ASIDE = "wanted", "offered", "set_aside"
NOWHERE = ""


@dataclass(frozen=True)
class Order:
    """What a decision needs to know of an order. ``destination`` is fit for paper: no street, no phone number."""

    order_id: UUID
    code: str
    service: str
    pickup_location: str = ""
    customer_name: str = ""
    destination: str = ""
    promise_ms: int | None = None
    status: str = OPEN
    hold: str = ""
    attention: str = ""


@dataclass(frozen=True)
class Line:
    """A line of an order. ``quantity`` is what it stands for now; ``amount`` and ``tax`` belong to that quantity."""

    line_id: UUID
    sku: str
    quantity: int
    ordered_quantity: int
    version: int = 1
    state: str = OPEN
    task: UUID | None = None
    excluded: frozenset[str] = frozenset()
    picked_quantity: int = 0
    split_from: UUID | None = None
    position: int = 1
    platform_line_id: str = ""
    kit_parent: str = ""
    gift: bool = False
    age_minimum: int = 0
    hazard: str = ""
    unit_price: int = 0
    tax: int = 0
    amount: int = 0
    name: str = ""
    gtin: str = ""
    unit: str = "each"


@dataclass(frozen=True)
class TaskLine:
    """What a location was asked for of one line, and what came of it."""

    line_id: UUID
    sku: str
    quantity: int
    picked: int = 0
    short: int = 0


@dataclass(frozen=True)
class Task:
    """A pick list that a location was asked for. ``rev`` counts the centre's decisions on it; ``send_by`` is the
    carrier's service that should take it, empty where none is named."""

    task_id: UUID
    location: str
    service: str
    lines: tuple[TaskLine, ...]
    rev: int = 1
    state: str = tasks.OFFERED
    reason: str = ""
    collect_code: str = ""
    decision_id: UUID | None = None
    pick_by_ms: int = 0
    packages: int = 0
    send_by: str = ""

    def line(self, line_id: UUID) -> TaskLine:
        """What was asked of one order line."""
        return next(line for line in self.lines if line.line_id == line_id)


@dataclass(frozen=True)
class Answer:
    """Who said something about a task: ``location`` is whose log the event is in."""

    event_id: UUID
    location: str
    staff: str
    at_ms: int


# --- what follows from a decision ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tell:
    """Tell a location the centre's decision, on its stream ``tasks``."""

    location: str
    update: TaskUpdate


@dataclass(frozen=True)
class Claim:
    """An entry of the reservation ledger: ``quantity`` more (or, negative, less) is claimed."""

    line_id: UUID
    sku: str
    location: str
    state: str
    quantity: int
    reason: str


@dataclass(frozen=True)
class Happened:
    """A sentence of the order's history."""

    what: str
    task_id: UUID | None = None
    location: str = ""
    staff: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """Something that a person must look at. The same ``kind`` and ``key`` is the same finding."""

    kind: str
    key: str
    location: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Left:
    """Goods left the building: each of ``lines`` is (line, SKU, quantity)."""

    task_id: UUID
    location: str
    kind: str
    at_ms: int
    staff: str
    lines: tuple[tuple[UUID, str, int], ...]
    carrier: str = ""
    tracking: str = ""
    proof: str = ""
    packages: int = 0


@dataclass(frozen=True)
class Doubt:
    """A location has less than the ledger says: ``available`` of ``sku``."""

    location: str
    sku: str
    available: int


Effect = Tell | Claim | Happened | Trouble | Left | Doubt


class OrderBook:
    """One order with its lines and tasks, what changed since it was loaded, and what follows from it."""

    def __init__(self, order: Order, lines: Iterable[Line], tasks: Iterable[Task] = ()) -> None:
        self.order = order
        self.lines = {line.line_id: line for line in lines}
        self.tasks = {task.task_id: task for task in tasks}
        self.effects: list[Effect] = []
        self._loaded_order = order
        self._loaded_lines = dict(self.lines)
        self._loaded_tasks = dict(self.tasks)

    def put_line(self, line: Line) -> None:
        """Change a line or add one. Its version becomes the next after the loaded one, however often it changes."""
        loaded = self._loaded_lines.get(line.line_id)
        self.lines[line.line_id] = replace(line, version=1 if loaded is None else loaded.version + 1)

    def put_task(self, task: Task) -> None:
        """Change a task or add one."""
        self.tasks[task.task_id] = task

    def note(self, *effects: Effect) -> None:
        """Add what follows."""
        self.effects.extend(effects)

    def alarm(
        self, task: Task, answer: Answer, kind: str, problem: str, remedy: str, line_id: UUID | None = None
    ) -> None:
        """Tell people that what a box said of ``task`` should not have happened."""
        key = f"{answer.event_id}/{line_id}" if line_id else str(answer.event_id)
        self.note(
            Trouble(kind, key, answer.location, problem, remedy),
            Happened("trouble", task.task_id, answer.location, answer.staff, {"problem": problem}),
        )
        self.attend(problem)

    def attend(self, attention: str) -> None:
        """Show the order to a person, or (empty) no longer."""
        self.order = replace(self.order, attention=attention)

    def settle(self) -> None:
        """Bring the order's status in line with its lines'."""
        self.order = replace(self.order, status=status_of(self.lines.values()))

    def lines_of(self, task: Task) -> list[Line]:
        """The lines that the task still holds, in the order of the pick list."""
        held = (self.lines.get(line.line_id) for line in task.lines)
        return [line for line in held if line is not None and line.task == task.task_id]

    @property
    def waits_anew(self) -> bool:
        """Whether a line came back after all had been accepted. An offer that is refused prolongs the wait before."""
        return _waits(self.lines.values()) and not _waits(self._loaded_lines.values())

    @property
    def order_changed(self) -> bool:
        """Whether the order's own fields changed."""
        return self.order != self._loaded_order

    def changed_lines(self) -> list[tuple[int, Line]]:
        """Each changed line with the version that it must still have; 0 for a new one."""
        return [
            (0 if loaded is None else loaded.version, line)
            for line in self.lines.values()
            if (loaded := self._loaded_lines.get(line.line_id)) != line
        ]

    def changed_tasks(self) -> list[tuple[bool, Task]]:
        """Each changed task, and whether it is new."""
        return [
            (loaded is None, task)
            for task in self.tasks.values()
            if (loaded := self._loaded_tasks.get(task.task_id)) != task
        ]


def _waits(lines: Iterable[Line]) -> bool:
    return any(line.state in (OPEN, OFFERED) for line in lines)


def status_of(lines: Iterable[Line]) -> str:
    """An order's status, given its lines."""
    states = {line.state for line in lines}
    if states <= CLOSED_LINES:
        return FULFILLED if SHIPPED in states else CANCELLED
    return OPEN if states <= {OPEN, SHORT, CANCELLED} else WORKING


def cut(line: Line, quantity: int, name: str) -> tuple[Line, Line]:
    """``line`` without ``quantity``, and a new open line of that quantity whose id follows from ``name``.

    The money goes with the quantity and loses no cent. What is left of ``line`` may be nothing: then it is short.
    """
    if not 0 < quantity <= line.quantity:
        raise ValueError(f"cannot cut {quantity} of {line.quantity}")
    rest = line.quantity - quantity
    amount, tax = line.amount * quantity // line.quantity, line.tax * quantity // line.quantity
    kept = replace(
        line,
        quantity=rest,
        amount=line.amount - amount,
        tax=line.tax - tax,
        picked_quantity=min(line.picked_quantity, rest),
        state=line.state if rest else SHORT,
        task=line.task if rest else None,
    )
    new = replace(
        line,
        line_id=derived(line.line_id, name),
        split_from=line.line_id,
        quantity=quantity,
        ordered_quantity=quantity,
        amount=amount,
        tax=tax,
        picked_quantity=0,
        version=1,
        state=OPEN,
        task=None,
    )
    return kept, new
