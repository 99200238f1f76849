"""A store in memory with a few articles, for the use cases' tests."""

from uuid import UUID

from edge_node.checkout.pricing import Wanted
from edge_node.checkout.sell import Paid, SaleRequest, Till
from edge_node.ports import BOX
from retail.clock import ManualClock
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.streams import PriceRecord, TaxRecord
from sync_protocol.tasks import PICKUP, SHIP, Offer, OfferLine
from tests.contract.edge_storage.backends import VAT, article, context, gtin
from tests.contract.edge_storage.memory import MemoryStore

TILL = Till("S0412", "EUR", {"0001": "main", "0002": "back"})
REDUCED = TaxRecord("B", 70_000, inclusive=True)
ON_TOP = TaxRecord("C", 88_750, inclusive=False)

TASK = UUID(int=1_000)
LINE_1, LINE_2 = UUID(int=1_001), UUID(int=1_002)


def open_store(clock: ManualClock | None = None) -> MemoryStore:
    """SKU-1 costs 1.00, SKU-2 2.00 (reduced tax), SKU-3 5.00 a kilogram, SKU-4 3.00 with tax on top, SKU-5 nothing
    yet, SKU-6 is withdrawn, SKU-7 has an unknown tax."""
    clock = clock or ManualClock()
    made = context(clock)
    store = MemoryStore(clock, made.ids, made.stamp)
    store.seed(
        [
            article(1), article(2, tax_code="B"), article(3, unit="gram"), article(4, tax_code="C"), article(5),
            article(6, withdrawn=True), article(7, tax_code="Z"),
        ],
        [VAT, REDUCED, ON_TOP],
        [PriceRecord(f"SKU-{number}", "EUR", price) for number, price in
         ((1, 100), (2, 200), (3, 500), (4, 300), (6, 100), (7, 100))],
        (2, 9),
    )  # fmt: skip
    return store


def stocked(**quantities: int) -> MemoryStore:
    """The store with sellable stock: ``stocked(SKU_1=5)``."""
    store = open_store()
    for sku, quantity in quantities.items():
        lines = (AdjustmentLine(sku.replace("_", "-"), quantity),)
        store.do(lambda tx, lines=lines: tx.append(StockAdjusted(lines, "received"), BOX))
    return store


def request(
    *lines: tuple[str, int], given: int | None = 10_000, key: int = 1, register: str = "0001", tender: str = "cash"
) -> SaleRequest:
    """A sale of ``lines``, paid with one tender."""
    paid = [] if given is None else [Paid(tender, given)]
    return SaleRequest(UUID(int=key), register, "anna", [Wanted(*line) for line in lines], paid)


def offer(
    *quantities: int, service: str = SHIP, collect_code: str = "", order_code: str = "ORD-1", skus: tuple[str, ...] = ()
) -> Offer:
    """An offer of so many of SKU-1, SKU-2…"""
    lines = tuple(
        OfferLine(UUID(int=1_001 + index), sku, gtin(index + 1), f"Article {index + 1}", quantity, bin=f"A-{index + 1}")
        for index, (quantity, sku) in enumerate(
            zip(quantities, skus or [f"SKU-{index + 1}" for index in range(len(quantities))], strict=True)
        )
    )
    return Offer(order_code, service, lines, "Ann", "Hamburg", 1_767_300_000_000, collect_code)


PICKUP_OFFER = offer(2, 1, service=PICKUP, collect_code="AB12")
