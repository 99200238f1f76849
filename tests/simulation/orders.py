"""The centre's tasks: orders of one line, offered to one store at a time.

Small, but with the rules of the real thing: a task moves only along :data:`sync_protocol.tasks.CENTRE_MOVES`, an answer
counts only with the task's present ``rev``, and a line belongs to one task at a time (compare-and-set on the line).
Not modelled: decisions after a restore of the centre (see `scenario.py`).
"""

from collections import Counter
from typing import NamedTuple
from uuid import UUID

from sync_protocol import tasks
from sync_protocol.events import (
    OfferAccepted,
    OfferRejected,
    Packed,
    Payload,
    Released,
    Shipped,
    StartAsked,
)
from sync_protocol.streams import TASKS, TaskDelta
from sync_protocol.tasks import Offer, OfferLine, TaskUpdate
from tests.simulation import streams
from tests.simulation.disk import Transaction
from tests.simulation.world import SKUS, World

OFFERS_MAX = 6
"""Offers of one line before people look for another way."""
OPEN = (tasks.OFFERED, tasks.ASSIGNED)


class Line(NamedTuple):
    """An order line: ``task`` is the one that may serve it now; None when no store will."""

    sku: str
    quantity: int
    task: UUID | None = None
    offers: int = 0


class Task(NamedTuple):
    """An offer to one store and what became of it."""

    store: str
    line: UUID
    state: str
    rev: int


class OrderDesk:
    """Decides about tasks, each decision in the transaction that it is given."""

    def __init__(self, world: World, stores: tuple[str, ...]) -> None:
        self._world, self._stores = world, stores
        self.fired: Counter[str] = world.fired

    def order(self, tx: Transaction) -> None:
        """A customer orders something."""
        rng, line = self._world.rng, self._world.ids.uuid7()
        tx.put("line", line, Line(rng.choice(SKUS), rng.randint(1, 5)))
        self._offer(tx, line, rng.choice(self._stores))

    def withdraw(self, tx: Transaction, task_id: UUID) -> None:
        """Somebody lost patience with a store that has not begun: the line goes elsewhere at once."""
        task: Task = tx.get("task", task_id)
        if self._move(tx, task_id, tasks.WITHDRAWN):
            self.fired["task withdrawn while " + task.state] += 1
            self._offer_elsewhere(tx, task)

    def hear(self, tx: Transaction, payload: Payload) -> None:
        """Take a store's word about a task."""
        match payload:
            case OfferAccepted(task=task_id, rev=rev):
                self._answer(tx, task_id, rev, tasks.ASSIGNED)
            case OfferRejected(task=task_id, rev=rev):
                if self._answer(tx, task_id, rev, tasks.REJECTED):
                    self._offer_elsewhere(tx, tx.get("task", task_id))
            case StartAsked(task=task_id, rev=rev):
                self._answer(tx, task_id, rev, tasks.STARTED)
            case Packed(task=task_id):
                self._move(tx, task_id, tasks.PACKED)
            case Shipped(task=task_id):
                self._move(tx, task_id, tasks.SHIPPED)
            case Released(task=task_id, rev=rev):
                was: Task = tx.get("task", task_id)
                if self._answer(tx, task_id, rev, tasks.RELEASED) and was.state == tasks.STARTED:
                    self._offer_elsewhere(tx, was)

    def _offer(self, tx: Transaction, line_id: UUID, store: str) -> None:
        line: Line = tx.get("line", line_id)
        task_id = self._world.ids.uuid7()
        tx.put("line", line_id, line._replace(task=task_id, offers=line.offers + 1))
        offer = Offer("B-1", tasks.SHIP, (OfferLine(line_id, line.sku, "", line.sku, line.quantity),), "Anna", "DE", 0)
        tx.put("task", task_id, Task(store, line_id, tasks.OFFERED, 1))
        streams.append(tx, store, TASKS, TaskDelta((TaskUpdate(task_id, 1, tasks.OFFERED, offer),)))

    def _offer_elsewhere(self, tx: Transaction, task: Task) -> None:
        line: Line = tx.get("line", task.line)
        if line.offers >= OFFERS_MAX:
            tx.put("line", task.line, line._replace(task=None))
            return
        self._offer(tx, task.line, self._world.rng.choice([store for store in self._stores if store != task.store]))

    def _answer(self, tx: Transaction, task_id: UUID, rev: int, target: str) -> bool:
        task: Task = tx.get("task", task_id)
        if rev != task.rev:
            self.fired["task answer to an older rev"] += 1
            return False
        return self._move(tx, task_id, target)

    def _move(self, tx: Transaction, task_id: UUID, target: str) -> bool:
        """Decide by compare-and-set, and tell the store where it has to know."""
        task: Task = tx.get("task", task_id)
        line: Line = tx.get("line", task.line)
        holds_line = line.task == task_id or target == tasks.RELEASED
        if target not in tasks.CENTRE_MOVES.get(task.state, ()) or not holds_line:
            return False
        told = target in (tasks.ASSIGNED, tasks.STARTED, tasks.WITHDRAWN)
        rev = task.rev + told
        tx.put("task", task_id, task._replace(state=target, rev=rev))
        if told:
            streams.append(tx, task.store, TASKS, TaskDelta((TaskUpdate(task_id, rev, target),)))
        return True
