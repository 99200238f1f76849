"""The box's store in memory, for unit tests of use cases. It passes the same contract suite as the SQLite one."""

import copy
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast
from uuid import UUID

from edge_node.fulfilment.task import evolve, told
from edge_node.ports import (
    Actor,
    Document,
    Kept,
    LogState,
    PickTask,
    PrintJob,
    PrintKind,
    PrintState,
    ShelfItem,
    Stamp,
    StockRow,
    StoredSale,
    Tx,
    View,
    stamped,
)
from retail.catalogue import Item, Price, Sku
from retail.clock import Clock
from retail.errors import Refused
from retail.gtin import Gtin
from retail.ids import IdSource, ReceiptCode
from retail.money import Money
from retail.quantity import Unit
from retail.tax import TaxCode
from sync_protocol import chain
from sync_protocol.body import encode_body
from sync_protocol.effects import DAMAGED, RESERVED, SELLABLE, stock_moves
from sync_protocol.errors import BodyError
from sync_protocol.events import Event, Payload, Sale
from sync_protocol.streams import ItemRecord, PriceRecord, TaxRecord
from sync_protocol.tasks import TaskUpdate

Result = TypeVar("Result")


@dataclass
class State:
    """All that the store holds."""

    box: UUID
    events: list[tuple[UUID, Event]] = field(default_factory=list)
    head_hash: bytes = b""
    stock: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    sales: dict[UUID, UUID] = field(default_factory=dict)
    fingerprints: dict[UUID, bytes] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    items: dict[str, ShelfItem] = field(default_factory=dict)
    taxes: dict[str, TaxCode] = field(default_factory=dict)
    prices: dict[str, dict[int, Money]] = field(default_factory=dict)
    price_version: tuple[int, int] = (0, 0)
    tasks: dict[UUID, PickTask] = field(default_factory=dict)
    jobs: dict[int, PrintJob] = field(default_factory=dict)
    answers: dict[tuple[str, str], Kept] = field(default_factory=dict)
    attempts: int = 0


class MemoryStore:
    """:class:`edge_node.ports.UnitOfWork` without a disk."""

    def __init__(self, clock: Clock, ids: IdSource, stamp: Callable[[], Stamp]) -> None:
        self._clock, self._ids, self._stamp = clock, ids, stamp
        box = ids.uuid7()
        self.state = State(box, head_hash=chain.seed(box))

    @property
    def payloads(self) -> list[Payload]:
        """What the log says, without who and when."""
        return [event.payload for _, event in self.state.events]

    def seed(
        self,
        items: Iterable[ItemRecord] = (),
        taxes: Iterable[TaxRecord] = (),
        prices: Iterable[PriceRecord] = (),
        price_version: tuple[int, int] = (1, 1),
    ) -> None:
        """As the downlink would bring them."""
        for item in items:
            gtins = tuple(Gtin(gtin) for gtin in item.gtins)
            known = Item(Sku(item.sku), item.name, Unit(item.unit), item.tax_code, gtins, item.age_minimum, item.hazard)
            self.state.items[item.sku] = ShelfItem(known, item.weight_g, item.withdrawn)
        for tax in taxes:
            self.state.taxes[tax.code] = TaxCode(tax.code, tax.rate_ppm, tax.inclusive)
        for price in prices:
            times = self.state.prices.setdefault(price.sku, {})
            times[price.effective_ms] = Money(price.price, price.currency)
        self.state.price_version = price_version

    def do(self, work: Callable[[Tx], Result]) -> Result:
        """As :meth:`write`, for tests that need not wait."""
        before = copy.deepcopy(self.state)
        try:
            return work(MemoryTx(self.state, self._stamp(), self._ids))
        except BaseException:
            self.state = before
            raise

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        return self.do(work)

    async def read(self, question: Callable[[View], Result]) -> Result:
        return question(MemoryTx(self.state, self._stamp(), self._ids))


class MemoryTx:
    """:class:`edge_node.ports.Tx` over a :class:`State`."""

    def __init__(self, state: State, stamp: Stamp, ids: IdSource) -> None:
        self._state, self._stamp, self._ids = state, stamp, ids

    @property
    def now_ms(self) -> int:
        return self._stamp.at_ms

    def log(self) -> LogState:
        state = self._state
        return LogState(state.box, 0, len(state.events), state.head_hash, 0, chain.seed(state.box))

    def item(self, code: str) -> ShelfItem | None:
        if code in self._state.items:
            return self._state.items[code]
        owners = (item for item in self._state.items.values() if code in {gtin.text14 for gtin in item.item.gtins})
        return next(owners, None)

    def items(self, after: str, limit: int) -> Sequence[ShelfItem]:
        return [self._state.items[sku] for sku in sorted(self._state.items) if sku > after][:limit]

    def price(self, sku: str) -> Price | None:
        times = self._state.prices.get(sku)
        if not times:
            return None
        started = [at_ms for at_ms in times if at_ms <= self.now_ms]
        at_ms = max(started) if started else min(times)
        return Price(Sku(sku), times[at_ms], *self._state.price_version)

    def tax(self, code: str) -> TaxCode | None:
        return self._state.taxes.get(code)

    def sellable(self, sku: str) -> int:
        return sum(row.quantity for row in self.stock(sku) if row.state == SELLABLE)

    def stock(self, sku: str) -> Sequence[StockRow]:
        return [StockRow(*key, quantity) for key, quantity in sorted(self._state.stock.items()) if key[0] == sku]

    def stock_rows(self, after: str, limit: int) -> Sequence[StockRow]:
        shown = {
            key: quantity for key, quantity in self._state.stock.items() if key[1] in (SELLABLE, RESERVED, DAMAGED)
        }
        skus = sorted({key[0] for key in shown if key[0] > after})[:limit]
        return [StockRow(*key, quantity) for key, quantity in sorted(shown.items()) if key[0] in skus]

    def sale(self, sale_id: UUID) -> StoredSale | None:
        event_id = self._state.sales.get(sale_id)
        if event_id is None:
            return None
        event = dict(self._state.events)[event_id]
        return StoredSale(event_id, event, cast(Sale, event.payload), self._state.fingerprints.get(sale_id, b""))

    def task(self, task_id: UUID) -> PickTask | None:
        return self._state.tasks.get(task_id)

    def tasks(self, states: Collection[str], limit: int) -> Sequence[PickTask]:
        found = [task for task in self._state.tasks.values() if task.state in states]
        return sorted(found, key=lambda task: (task.pick_by_ms, task.id.bytes))[:limit]

    def print_job(self, number: int) -> PrintJob | None:
        return self._state.jobs.get(number)

    def print_jobs(
        self, *, states: Collection[PrintState] = (), printer: str = "", subject: str = "", limit: int = 100
    ) -> Sequence[PrintJob]:
        found = [
            job
            for job in self._state.jobs.values()
            if (not states or job.state in states)
            and printer in ("", job.printer)
            and (not subject or (subject == job.subject and job.kind is not PrintKind.RECEIPT))
        ]
        return sorted(found, key=lambda job: job.number)[:limit]

    def recent_print_jobs(self, limit: int) -> Sequence[PrintJob]:
        return sorted(self._state.jobs.values(), key=lambda job: -job.number)[:limit]

    def recall(self, scope: str, key: str) -> Kept | None:
        return self._state.answers.get((scope, key))

    @property
    def stamp(self) -> Stamp:
        return self._stamp

    def append(self, payload: Payload, actor: Actor) -> UUID:
        state, event = self._state, stamped(payload, actor, self._stamp)
        try:
            body = encode_body(event)
        except BodyError as error:
            raise Refused("event", str(error), "shorten or split it") from error
        event_id = self._ids.uuid7()
        state.head_hash = chain.link(state.head_hash, state.box, len(state.events) + 1, event_id, body)
        state.events.append((event_id, event))
        for move in stock_moves(event):
            for place, quantity in ((move.source, -move.quantity), (move.target, move.quantity)):
                key = (move.sku, place, move.lot, move.serial)
                state.stock[key] = state.stock.get(key, 0) + quantity
        if isinstance(payload, Sale):
            state.sales.setdefault(payload.sale_id, event_id)
            code = ReceiptCode.parse(payload.receipt)
            state.receipts[f"{code.register:04}"] = max(code.number, state.receipts.get(f"{code.register:04}", 0))
        task = state.tasks.get(getattr(payload, "task", state.box))
        if task is not None:
            state.tasks[task.id] = evolve(task, payload)
        return event_id

    def mark_sale(self, sale_id: UUID, fingerprint: bytes) -> None:
        self._state.fingerprints[sale_id] = fingerprint

    def tell(self, update: TaskUpdate) -> PickTask | None:
        task = told(self._state.tasks.get(update.task), update)
        if task is not None:
            self._state.tasks[task.id] = task
        return task

    def next_receipt_number(self, register: str) -> int:
        return self._state.receipts.get(register, 0) + 1

    def enqueue_print(
        self, printer: str, kind: PrintKind, subject: str, document: Document, *, is_copy: bool = False
    ) -> UUID:
        number = 1 + max((job.number for job in self._state.jobs.values()), default=0)
        job = PrintJob(
            self._ids.uuid7(), number, printer, kind, subject, document, is_copy=is_copy, queued_ms=self.now_ms
        )
        self._state.jobs[number] = job
        return job.id

    def save_print_job(self, job: PrintJob) -> None:
        self._state.jobs[job.number] = replace(job)

    def next_print_attempt(self) -> int:
        self._state.attempts += 1
        return self._state.attempts

    def keep(self, scope: str, key: str, kept: Kept) -> None:
        self._state.answers[scope, key] = kept
