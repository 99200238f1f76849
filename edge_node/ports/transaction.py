"""What a use case may do with the box's store.

A use case is a plain function of a :class:`View` (it only asks) or of a :class:`Tx` (it also writes). It runs as a
whole, alone, and never waits for anything: a transaction that awaited a printer would hold every register up. What it
raises undoes all that it did.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from edge_node.ports.documents import Document
from edge_node.ports.journal import LogState
from edge_node.ports.printing import PrintJob, PrintKind, PrintState
from edge_node.ports.records import Actor, Kept, ShelfItem, Stamp, StockRow, StoredSale
from edge_node.ports.tasks import PickTask
from retail.catalogue import Price
from retail.tax import TaxCode
from sync_protocol.events import Payload
from sync_protocol.tasks import TaskUpdate

Result = TypeVar("Result")


class View(Protocol):
    """The box's store at one moment."""

    @property
    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC, the same for the whole transaction."""
        ...

    def log(self) -> LogState:
        """Where the own log stands."""
        ...

    def item(self, code: str) -> ShelfItem | None:
        """The item with that SKU, or with that barcode as 14 digits."""
        ...

    def items(self, after: str, limit: int) -> Sequence[ShelfItem]:
        """At most ``limit`` items with a SKU behind ``after``, in the order of their SKUs."""
        ...

    def price(self, sku: str) -> Price | None:
        """The price in force now, with the version of the price list that the box has."""
        ...

    def tax(self, code: str) -> TaxCode | None:
        """The tax code of that name."""
        ...

    def sellable(self, sku: str) -> int:
        """Sellable stock of a SKU over all its lots, in the item's unit; may be negative."""
        ...

    def stock(self, sku: str) -> Sequence[StockRow]:
        """All rows of one SKU, by state, lot and serial number."""
        ...

    def stock_rows(self, after: str, limit: int) -> Sequence[StockRow]:
        """Sellable, reserved and damaged rows of the ``limit`` SKUs behind ``after`` that have any, by SKU."""
        ...

    def sale(self, sale_id: UUID) -> StoredSale | None:
        """The sale with that id."""
        ...

    def task(self, task_id: UUID) -> PickTask | None:
        """The task with that id."""
        ...

    def tasks(self, states: Collection[str], limit: int) -> Sequence[PickTask]:
        """At most ``limit`` tasks in one of ``states``, the most urgent first."""
        ...

    def print_job(self, number: int) -> PrintJob | None:
        """The print job with that number."""
        ...

    def print_jobs(
        self, *, states: Collection[PrintState] = (), printer: str = "", subject: str = "", limit: int = 100
    ) -> Sequence[PrintJob]:
        """At most ``limit`` jobs, the oldest first; empty arguments do not filter.

        ``subject`` finds the slips of a task; receipts are not searched for it.
        """
        ...

    def recent_print_jobs(self, limit: int) -> Sequence[PrintJob]:
        """The ``limit`` newest jobs, the newest first."""
        ...

    def recall(self, scope: str, key: str) -> Kept | None:
        """What was answered to the request ``key`` of ``scope``."""
        ...


class Tx(View, Protocol):
    """The box's store inside one transaction. What is written is seen by what is asked after it."""

    @property
    def stamp(self) -> Stamp:
        """When what this transaction appends has happened."""
        ...

    def append(self, payload: Payload, actor: Actor) -> UUID:
        """Write ``payload`` to the own log and bring stock, sales and tasks up to date; returns the entry's id.

        Raises :class:`retail.errors.Refused` for an event that is too large or holds unfit text.
        """
        ...

    def mark_sale(self, sale_id: UUID, fingerprint: bytes) -> None:
        """Note the fingerprint of the request that made a sale."""
        ...

    def tell(self, update: TaskUpdate) -> PickTask | None:
        """Note what the centre decided. Returns the task, or None where the decision is old or says nothing usable."""
        ...

    def next_receipt_number(self, register: str) -> int:
        """The number of the register's next receipt. Calling it uses nothing up: the appended sale does."""
        ...

    def enqueue_print(
        self, printer: str, kind: PrintKind, subject: str, document: Document, *, is_copy: bool = False
    ) -> UUID:
        """Put a slip at the end of the queue; returns the job's id."""
        ...

    def save_print_job(self, job: PrintJob) -> None:
        """Write back a job that was read in this transaction."""
        ...

    def next_print_attempt(self) -> int:
        """A number that no attempt to print had before on this box."""
        ...

    def keep(self, scope: str, key: str, kept: Kept) -> None:
        """Remember the answer to a request, so that its repetition is answered the same."""
        ...


class UnitOfWork(Protocol):
    """Runs use cases."""

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` in a transaction; returns its result once that is durable, and raises what it raised.

        Raises :class:`retail.errors.Retryable` when too many wait already, :class:`retail.errors.NeedsAttention` when
        the disk is full or fails; then nothing of it was kept.
        """
        ...

    async def read(self, question: Callable[[View], Result]) -> Result:
        """Ask ``question`` of the last committed state. Raises :class:`retail.errors.Retryable` when too many ask."""
        ...
