"""A store box for the handheld's tests: the real store and API on a real port, with pick lists in every state."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from edge_node.checkout.sell import Till
from edge_node.fulfilment.offers import list_printed, take_decision
from edge_node.lan.app import create_app
from edge_node.lan.box import Box
from edge_node.lan.metrics import BoxMetrics
from edge_node.lan.pages import handheld_pages
from edge_node.lan.scans import ScanBoard
from edge_node.manifest import Manifest, RegisterEntry
from edge_node.ports import BOX, PickTask, PrintState
from edge_node.replication.watch import NoReplica
from edge_node.storage import BoxStore, SqliteJournal
from edge_node.storage.box import create_box
from edge_node.storage.store import DATABASE_NAME
from retail.clock import Clock, SystemClock
from retail.gtin import Gtin
from sync_protocol.body import decode_body
from sync_protocol.downlink import Cursor
from sync_protocol.events import AdjustmentLine, Event, Packed, Picked, StockAdjusted, TaskLine
from sync_protocol.streams import CATALOGUE, TASKS, CatalogueDelta, ItemRecord, TaskDelta, TaxRecord
from sync_protocol.tasks import ASSIGNED, OFFERED, PICKUP, SHIP, STARTED, WITHDRAWN, Offer, OfferLine, TaskUpdate
from tests.browser.serving import Served, port_of, serving
from tests.contract.edge_storage.backends import context

STORE = "S0412"
MINUTE = 60_000

ITEMS = (
    ("Espresso machine, stainless steel", "A-02-1"), ("Burr coffee grinder", "A-02-3"),
    ("Wireless headphones, black", "A-10-2"), ("USB-C charger 65 W", "B-04-1"), ("Trail running shoes, 42", "C-11-4"),
    ("Rain jacket, M, navy", "C-12-1"), ("Stainless steel bottle 0.7 l", "D-01-2"),
    ("Single malt whisky 0.7 l", "V-01-1"), ("Roasted coffee beans, loose", ""),
)  # fmt: skip


def sku(number: int) -> str:
    """The key of the ``number``-th item."""
    return f"SKU-{4711 + number:06}"


def gtin(number: int) -> str:
    """Its barcode, as 13 digits: what a scanner types."""
    return Gtin.from_body(f"40{number:010}").text14[1:]


def task_id(number: int) -> UUID:
    """The ``number``-th task."""
    return UUID(int=0x0192F3A1_5B7C_7000_8000_000000000000 + number)


def line_id(task: int, line: int) -> UUID:
    """A line of a task."""
    return UUID(int=task * 1_000 + line + 1)


@dataclass
class Shop:
    """A running store. ``served`` may be stopped and started again on the same port."""

    box: Box
    store: BoxStore
    journal: SqliteJournal
    served: Served
    decisions: int = 0
    numbers: dict[int, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.served.url

    async def tell(self, *updates: TaskUpdate) -> None:
        """The centre decides."""
        self.decisions += 1
        await self.journal.apply(TASKS, Cursor(1, self.decisions), TaskDelta(updates))

    async def offer(
        self, number: int, lines: Sequence[tuple[int, int]], *, service: str = SHIP, code: str = "", minutes: int = 60
    ) -> None:
        """Offer a task of (item, quantity) lines; the box accepts it at once."""
        await self.store.write(
            lambda tx: tx.append(
                StockAdjusted(tuple(AdjustmentLine(sku(item), quantity) for item, quantity in lines), "received"), BOX
            )
        )
        wanted = tuple(
            OfferLine(
                line_id(number, index), sku(item), f"0{gtin(item)}", ITEMS[item][0], quantity, bin=ITEMS[item][1],
                unit="gram" if item == 8 else "each", age_minimum=18 if item == 7 else 0,
            )
            for index, (item, quantity) in enumerate(lines)
        )  # fmt: skip
        sheet = Offer(
            f"W-{10_200 + number}", service, wanted, ("Ada Lindqvist", "Marcus Okafor", "Priya Raman")[number % 3],
            "Tempe, AZ 85281" if service == SHIP else "", self.box.clock.now_ms() + minutes * MINUTE, code,
        )  # fmt: skip
        await self._decide(number, OFFERED, sheet)

    async def assign(self, number: int) -> None:
        """The centre assigns it: the pick list is queued."""
        await self._decide(number, ASSIGNED)

    async def printed(self, number: int) -> None:
        """The printer proves the list: the start is asked for."""
        await self.printer_says(number, PrintState.PROVED)
        await self.store.write(lambda tx: list_printed(tx, task_id(number)))

    async def printer_says(self, number: int, state: PrintState, note: str = "") -> None:
        """What became of the list's last print job."""

        def work(tx: object) -> None:
            job = tx.print_jobs(subject=str(task_id(number)))[-1]  # type: ignore[attr-defined]
            tx.save_print_job(replace(job, state=state, note=note))  # type: ignore[attr-defined]

        await self.store.write(work)

    async def confirm(self, number: int) -> None:
        """The centre confirms the start."""
        await self._decide(number, STARTED)

    async def withdraw(self, number: int, reason: str) -> None:
        """The centre wants it back."""
        await self._decide(number, WITHDRAWN, reason=reason)

    async def ready(self, number: int, lines: Sequence[tuple[int, int]], **more: object) -> None:
        """Offer a task and bring it to where staff may pick."""
        await self.offer(number, lines, **more)  # type: ignore[arg-type]
        await self.assign(number)
        await self.printed(number)
        await self.confirm(number)

    async def packed(self, number: int, lines: Sequence[tuple[int, int]], **more: object) -> None:
        """Bring a task to where it may leave."""
        await self.ready(number, lines, **more)
        for index, (item, quantity) in enumerate(lines):
            picked = Picked(task_id(number), TaskLine(line_id(number, index), sku(item), quantity), gtin(item))
            await self.store.write(lambda tx, picked=picked: tx.append(picked, BOX))  # type: ignore[misc]
        await self.store.write(lambda tx: tx.append(Packed(task_id(number), 2), BOX))

    async def task(self, number: int) -> PickTask:
        """The task as the box has it."""
        found = await self.store.read(lambda view: view.task(task_id(number)))
        assert found is not None
        return found

    async def events(self) -> list[Event]:
        """Everything in the box's log."""
        return [decode_body(entry.body) for entry in await self.journal.read(0, 100_000)]

    async def _decide(self, number: int, state: str, sheet: Offer | None = None, reason: str = "") -> None:
        self.numbers[number] = self.numbers.get(number, 0) + 1
        await self.tell(TaskUpdate(task_id(number), self.numbers[number], state, sheet, reason))


@contextlib.asynccontextmanager
async def running(folder: Path, clock: Clock | None = None) -> AsyncIterator[Shop]:
    """A store without tasks, on a port of its own."""
    clock = clock or SystemClock()
    made = context(clock)
    create_box(folder / DATABASE_NAME, STORE, made.ids.uuid7(), "", made)
    store = BoxStore(folder / DATABASE_NAME, clock, made, replicated=False)
    await store.open()
    journal = SqliteJournal(store, lambda tx, update: take_decision(tx, update, "main"))
    items = tuple(
        ItemRecord(sku(number), (f"0{gtin(number)}",), name, "gram" if number == 8 else "each", "A")
        for number, (name, _) in enumerate(ITEMS)
    )
    await journal.apply(CATALOGUE, Cursor(1, 1), CatalogueDelta(items, (TaxRecord("A", 70_000, inclusive=False),)))
    manifest = Manifest(
        store=STORE, role="store", name="Tempe Marketplace", currency="USD", time_zone="America/Phoenix",
        registers=(RegisterEntry(number="0001"),),
    )  # fmt: skip
    box = Box(
        manifest=manifest, clock=clock, store=store, till=Till(STORE, "USD", {"0001": "main"}), scans=ScanBoard(clock),
        metrics=BoxMetrics(), replica=NoReplica(lambda: store.wal_bytes), link=lambda: None, devices=lambda: [],
        open_drawer=lambda _register: None, software="1.0",
    )  # fmt: skip
    try:
        async with serving(create_app(box, [handheld_pages()]), port_of()) as served:
            yield Shop(box, store, journal, served)
    finally:
        await store.close()


async def fill(shop: Shop) -> None:
    """Pick lists in every state."""
    await shop.ready(1, [(0, 1), (4, 2), (2, 1), (6, 3)], minutes=-8)
    await shop.ready(2, [(1, 1), (3, 2)], service=PICKUP, code="481516", minutes=12)
    await shop.offer(3, [(5, 1), (6, 2)], minutes=25)
    await shop.assign(3)
    await shop.printer_says(3, PrintState.FAILED, "out of paper")
    await shop.offer(4, [(2, 1)], minutes=40)
    await shop.assign(4)
    await shop.printed(4)
    await shop.packed(5, [(3, 1), (6, 1)])
    await shop.packed(6, [(7, 1), (1, 1)], service=PICKUP, code="230042")
    await shop.offer(7, [(0, 1)], minutes=55)
    await shop.assign(7)
    await shop.printed(7)
    await shop.withdraw(7, "the customer cancelled")
    await shop.ready(8, [(8, 1_250), (7, 1), (5, 2)], minutes=90)
