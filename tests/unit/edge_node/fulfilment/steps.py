"""Steps of a task's life, for tests."""

from dataclasses import replace

from edge_node.fulfilment.offers import list_printed, take_decision
from edge_node.fulfilment.picking import Action, decide
from edge_node.ports import Actor, PickTask, PrintState
from sync_protocol.tasks import ASSIGNED, OFFERED, STARTED, WITHDRAWN, Offer, TaskUpdate
from tests.contract.edge_storage.memory import MemoryStore
from tests.unit.edge_node.world import TASK

PRINTER = "main"
CARLA = Actor("handheld-1", "carla")


def tell(store: MemoryStore, state: str, offer: Offer | None = None, *, rev: int | None = None) -> None:
    """The centre decides."""
    task = store.state.tasks.get(TASK)
    new = rev if rev is not None else (task.rev + 1 if task else 1)
    store.do(lambda tx: take_decision(tx, TaskUpdate(TASK, new, state, offer, "another store is nearer"), PRINTER))


def task_of(store: MemoryStore) -> PickTask:
    """The task as it stands."""
    return store.state.tasks[TASK]


def prove_list(store: MemoryStore) -> None:
    """The printer proves the newest pick list."""
    *_, job = store.do(lambda tx: tx.print_jobs(subject=str(TASK)))
    store.do(lambda tx: tx.save_print_job(replace(job, state=PrintState.PROVED)))
    store.do(lambda tx: list_printed(tx, TASK))


def start(store: MemoryStore, offer: Offer) -> None:
    """Everything up to the confirmed start."""
    tell(store, OFFERED, offer)
    tell(store, ASSIGNED)
    prove_list(store)
    tell(store, STARTED)


def withdraw(store: MemoryStore) -> None:
    """The centre takes it back."""
    tell(store, WITHDRAWN)


def act(store: MemoryStore, action: Action, scanned_sku: str = "") -> None:
    """Somebody does something."""
    for payload in decide(task_of(store), action, scanned_sku):
        store.do(lambda tx, payload=payload: tx.append(payload, CARLA))
