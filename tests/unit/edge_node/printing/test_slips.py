"""How documents read on paper."""

from uuid import UUID

import pytest

from edge_node.checkout.sell import sell
from edge_node.peripherals.documents import PickSlip, ReceiptSlip, Row
from edge_node.ports import CancelDocument, PickDocument, ReceiptDocument, SelfTestDocument, SlipLine
from edge_node.printing.slips import SlipWriter, percent, task_code
from tests.unit.edge_node.world import TILL, open_store, request

WRITER = SlipWriter("Tillway Nord", ("Hafenstr. 1", "Hamburg"), "Europe/Berlin")
NOON_MS = 1_767_265_200_000  # 2026-01-01 12:00 in Berlin


def receipt(*lines: tuple[str, int], given: int = 10_000, is_copy: bool = False) -> ReceiptSlip:
    store = open_store()
    store.do(lambda tx: sell(tx, TILL, request(*lines, given=given)))
    [job] = store.do(lambda tx: tx.print_jobs())
    slip = WRITER.write(job.document, is_copy=is_copy, now_ms=NOON_MS)
    assert isinstance(slip, ReceiptSlip)
    return slip


def test_a_receipt_says_what_was_bought_paid_and_given_back() -> None:
    slip = receipt(("SKU-1", 3), ("SKU-2", 1), given=600)
    assert (slip.store, slip.address, slip.code) == ("Tillway Nord", ("Hafenstr. 1", "Hamburg"), "S0412-0001-000001")
    assert (slip.register, slip.cashier, slip.printed_at) == ("0001", "anna", "2026-01-01 01:00")
    assert [(line.name, line.amount, line.tax, line.detail) for line in slip.lines] == [
        ("Article 1", "3.00", "A", "3 x 1.00"), ("Article 2", "2.00", "B", ""),
    ]  # fmt: skip
    assert slip.total == Row("Total EUR", "5.00")
    assert (slip.tenders, slip.change) == ((Row("Cash", "6.00"),), Row("Change", "1.00"))
    assert [(row.mark, row.rate, row.net, row.tax, row.gross) for row in slip.taxes] == [
        ("A", "19 %", "2.52", "0.48", "3.00"), ("B", "7 %", "1.87", "0.13", "2.00"),
    ]  # fmt: skip
    assert slip.subtotals == ()
    assert not slip.copy


def test_tax_that_comes_on_top_stands_between_the_articles_and_the_total() -> None:
    slip = receipt(("SKU-4", 1), given=500)
    assert [(line.amount) for line in slip.lines] == ["3.00"]
    assert slip.subtotals == (Row("Subtotal", "3.00"), Row("Tax 8.875 %", "0.27"))
    assert slip.total == Row("Total EUR", "3.27")


def test_weighed_goods_show_their_weight_and_their_price_per_kilogram() -> None:
    assert receipt(("SKU-3", 450)).lines[0].detail == "0.450 kg x 5.00 per kg"


def test_exact_cash_gives_nothing_back_and_a_copy_says_so() -> None:
    slip = receipt(("SKU-1", 1), given=100, is_copy=True)
    assert slip.change is None
    assert slip.copy


def test_a_receipt_without_tax_table_shows_what_was_paid() -> None:
    store = open_store()
    sale = store.do(lambda tx: sell(tx, TILL, request(("SKU-4", 1)))).stored.sale
    slip = WRITER.write(ReceiptDocument(sale, "0001", "", NOON_MS, 0), is_copy=False, now_ms=NOON_MS)
    assert isinstance(slip, ReceiptSlip)
    assert slip.lines[0].amount == slip.total.amount == "3.27"
    assert slip.taxes == ()


LINE = SlipLine("SKU-1", "04000000000013", "Article 1", 2, "each", "A-1", 18, "battery")
WEIGHED = SlipLine("SKU-3", "", "Article 3", 450, "gram", "", 0, "")


def test_a_pick_list_says_what_to_fetch_where_and_by_when() -> None:
    task = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    document = PickDocument(task, "ORD-1", "pickup", "Ann", "Shelf 3", NOON_MS, (LINE, WEIGHED))
    slip = WRITER.write(document, is_copy=False, now_ms=NOON_MS + 60_000)
    assert isinstance(slip, PickSlip)
    assert (slip.order_code, slip.service, slip.pick_by) == ("ORD-1", "PICKUP", "2026-01-01 12:00")
    assert (slip.task_code, slip.printed_at, slip.customer) == ("B302099A8057", "2026-01-01 12:01", "Ann")
    assert slip.task_code == task_code(task)
    first, second = slip.lines
    assert (first.quantity, first.unit, first.bin, first.notes) == (2, "", "A-1", ("Age 18+", "Hazard: battery"))
    assert (second.quantity, second.unit, second.notes) == (450, "g", ())


def test_a_list_without_a_time_is_wanted_soon() -> None:
    document = PickDocument(UUID(int=1), "ORD-1", "ship", "", "", 0, (LINE,))
    slip = WRITER.write(document, is_copy=True, now_ms=NOON_MS)
    assert isinstance(slip, PickSlip)
    assert (slip.pick_by, slip.service, slip.copy, slip.send_by) == ("soon", "SHIP", True, "")


def test_a_list_says_by_which_service_its_goods_are_sent() -> None:
    slip = WRITER.write(PickDocument(UUID(int=1), "ORD-1", "ship", "", "", 0, (LINE,), "express"), is_copy=False,
                        now_ms=NOON_MS)  # fmt: skip
    assert isinstance(slip, PickSlip)
    assert slip.send_by == "express"


def test_a_cancel_slip_says_what_to_put_back_and_why() -> None:
    document = CancelDocument(UUID(int=1), "ORD-1", "another store is nearer", (LINE, WEIGHED))
    slip = WRITER.write(document, is_copy=False, now_ms=NOON_MS)
    assert isinstance(slip, ReceiptSlip)
    assert (slip.title, slip.code) == ("CANCELLED", "ORD-1")
    assert [(line.name, line.amount, line.detail) for line in slip.lines] == [
        ("Article 1", "2 x", "A-1  SKU-1"), ("Article 3", "450 g", "SKU-3"),
    ]  # fmt: skip
    assert slip.footer == ("Stop picking this order.", "another store is nearer")


def test_a_test_slip_carries_its_text() -> None:
    slip = WRITER.write(SelfTestDocument("hello", NOON_MS), is_copy=False, now_ms=NOON_MS)
    assert isinstance(slip, ReceiptSlip)
    assert slip.footer == ("hello",)


@pytest.mark.parametrize(
    ("rate_ppm", "text"), [(0, "0 %"), (70_000, "7 %"), (88_750, "8.875 %"), (100, "0.01 %"), (1_000_000, "100 %")]
)
def test_a_tax_rate_is_written_without_needless_zeros(rate_ppm: int, text: str) -> None:
    assert percent(rate_ppm) == text
