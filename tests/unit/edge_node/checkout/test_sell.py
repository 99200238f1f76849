"""Selling for cash."""

from uuid import UUID

import pytest

from edge_node.checkout.pricing import Wanted
from edge_node.checkout.sell import Paid, SaleRequest, Till, reprint, sell
from edge_node.ports import Actor, PrintKind, ReceiptDocument
from edge_node.ports.requests import KeyReused
from retail.errors import Refused
from sync_protocol.events import Sale
from sync_protocol.streams import TaxRecord
from tests.contract.edge_storage.backends import gtin
from tests.unit.edge_node.world import TILL, open_store, request


def sales(store) -> list[Sale]:
    return [payload for payload in store.payloads if isinstance(payload, Sale)]


def test_a_sale_is_logged_printed_and_taken_off_the_stock_in_one_transaction() -> None:
    store = open_store()
    sold = store.do(lambda tx: sell(tx, TILL, request((gtin(1), 2), ("SKU-2", 1), given=500)))
    assert sold.is_new
    [sale] = sales(store)
    assert sold.stored == store.do(lambda tx: tx.sale(sale.sale_id))
    assert (sale.receipt, sale.total, sale.tax_total, sale.currency) == ("S0412-0001-000001", 400, 45, "EUR")
    assert [(line.sku, line.gtin, line.quantity, line.amount) for line in sale.lines] == [
        ("SKU-1", gtin(1), 2, 200), ("SKU-2", "", 1, 200),
    ]  # fmt: skip
    assert [(tender.tender, tender.amount, tender.given) for tender in sale.tenders] == [("cash", 400, 500)]
    assert store.do(lambda tx: (tx.sellable("SKU-1"), tx.sellable("SKU-2"))) == (-2, -1)
    [job] = store.do(lambda tx: tx.recent_print_jobs(10))
    assert (job.kind, job.printer, job.subject) == (PrintKind.RECEIPT, "main", str(sale.sale_id))
    assert isinstance(job.document, ReceiptDocument)
    assert (job.document.sale, job.document.change, job.document.staff) == (sale, 100, "anna")
    assert {share.code: (share.net, share.tax) for share in job.document.taxes} == {"A": (168, 32), "B": (187, 13)}


def test_each_line_names_the_version_of_the_price_list_that_it_was_priced_by() -> None:
    store = open_store()
    sold = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1))))
    [line] = sold.stored.sale.lines
    assert (line.price_gen, line.price_ver) == (2, 9)


def test_who_sold_where_and_on_which_business_day_stands_in_the_log() -> None:
    store = open_store()
    store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1), register="0002")))
    _, event = store.state.events[-1]
    assert (event.register, event.staff, event.business_day) == ("0002", "anna", "2026-01-01")


def test_the_same_request_again_answers_with_the_sale_that_it_made() -> None:
    store = open_store()
    first = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1))))
    again = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1))))
    assert not again.is_new
    assert again.stored == first.stored
    assert len(sales(store)) == 1
    assert len(store.do(lambda tx: tx.recent_print_jobs(10))) == 1


@pytest.mark.parametrize(
    "other",
    [request(("SKU-1", 2)), request(("SKU-2", 1)), request(("SKU-1", 1), given=500),
     request(("SKU-1", 1), register="0002")],
)  # fmt: skip
def test_the_same_key_with_another_content_is_refused(other: SaleRequest) -> None:
    store = open_store()
    store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1))))
    with pytest.raises(KeyReused):
        store.do(lambda tx: sell(tx, TILL, other))
    assert len(sales(store)) == 1


def test_a_request_whose_sale_came_back_from_the_centre_is_recognised() -> None:
    store = open_store()
    sale = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1)))).stored.sale
    restored = open_store()
    restored.do(lambda tx: tx.append(sale, Actor()))
    again = restored.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1))))
    assert not again.is_new
    assert again.stored.sale == sale


def test_the_same_key_in_another_store_is_another_sale() -> None:
    store = open_store()
    here = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1))))
    there = store.do(lambda tx: sell(tx, Till("S0413", "EUR", TILL.registers), request(("SKU-1", 1))))
    assert here.stored.sale.sale_id != there.stored.sale.sale_id


def test_receipts_are_numbered_by_register() -> None:
    store = open_store()
    receipts = [
        store.do(lambda tx, key=key, at=at: sell(tx, TILL, request(("SKU-1", 1), key=key, register=at)))
        .stored.sale.receipt
        for key, at in enumerate(("0001", "0002", "0001"))
    ]  # fmt: skip
    assert receipts == ["S0412-0001-000001", "S0412-0002-000001", "S0412-0001-000002"]


def test_a_refused_sale_uses_up_no_receipt_number() -> None:
    store = open_store()
    with pytest.raises(Refused):
        store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1), given=99)))
    sold = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1))))
    assert sold.stored.sale.receipt == "S0412-0001-000001"


def test_goods_may_be_sold_that_the_box_does_not_know_to_be_there() -> None:
    store = open_store()
    store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 7))))
    assert store.do(lambda tx: tx.sellable("SKU-1")) == -7


def test_tax_on_top_is_paid_by_the_customer() -> None:
    store = open_store()
    sale = store.do(lambda tx: sell(tx, TILL, request(("SKU-4", 1)))).stored.sale
    assert (sale.total, sale.tax_total) == (327, 27)


def test_weighed_goods_are_priced_by_the_kilogram() -> None:
    store = open_store()
    sale = store.do(lambda tx: sell(tx, TILL, request(("SKU-3", 450)))).stored.sale
    assert (sale.lines[0].unit, sale.total) == ("gram", 225)


@pytest.mark.parametrize(
    ("bad", "field", "problem"),
    [
        (request(("4711", 1)), "lines[0].code", "not in the catalogue"),
        (request(("SKU-1", 1), ("40000000011", 1)), "lines[1].code", "not in the catalogue"),
        (request(("4000000000012", 1)), "lines[0].code", "wrong check digit"),
        (request(("SKU-5", 1)), "lines[0].code", "no price"),
        (request(("SKU-6", 1)), "lines[0].code", "withdrawn"),
        (request(("SKU-7", 1)), "lines[0].code", "tax code Z"),
        (request(("SKU\x00-1", 1)), "lines[0].code", "control character"),
        (request(("", 1)), "lines[0].code", "not in the catalogue"),
        (request(("SKU-1", 0)), "lines[0].quantity", "cannot be sold"),
        (request(("SKU-1", 10_000)), "lines[0].quantity", "cannot be sold"),
        (request(), "lines", "empty"),
        (request(("SKU-1", 1), given=99), "tenders", "0.01 EUR is missing"),
        (request(("SKU-1", 1), given=None), "tenders", "1.00 EUR is missing"),
        (request(("SKU-1", 1), given=0), "given", "nothing to pay with"),
        (request(("SKU-1", 1), tender="card"), "tenders[0].tender", "not taken here"),
        (request(("SKU-1", 1), register="0009"), "register", "not a register of S0412"),
        (SaleRequest(UUID(int=1), "0001", "an\x1bna", [Wanted("SKU-1", 1)], [Paid("cash", 100)]), "staff", "control"),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_with_its_field_and_sells_nothing(bad: SaleRequest, field: str, problem: str) -> None:
    store = open_store()
    with pytest.raises(Refused) as caught:
        store.do(lambda tx: sell(tx, TILL, bad))
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert caught.value.remedy
    assert store.payloads == []


def test_a_warehouse_sells_nothing_and_says_why() -> None:
    store = open_store()
    with pytest.raises(Refused, match="no register"):
        store.do(lambda tx: sell(tx, Till("W0001", "EUR", {}), request(("SKU-1", 1))))


def test_a_reprint_is_a_copy_of_the_same_receipt() -> None:
    store = open_store()
    sale = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1)))).stored.sale
    job_id = store.do(lambda tx: reprint(tx, TILL, sale.sale_id))
    first, copy = store.do(lambda tx: tx.print_jobs())
    assert (copy.id, copy.is_copy, first.is_copy) == (job_id, True, False)
    assert copy.document == first.document
    assert store.do(lambda tx: reprint(tx, TILL, UUID(int=5))) is None


def test_a_receipt_whose_tax_rates_have_changed_since_is_printed_without_the_tax_table() -> None:
    store = open_store()
    sale = store.do(lambda tx: sell(tx, TILL, request(("SKU-1", 1), given=500))).stored.sale
    store.seed(taxes=[TaxRecord("A", 200_000, inclusive=True)])
    store.do(lambda tx: reprint(tx, TILL, sale.sale_id))
    _, copy = store.do(lambda tx: tx.print_jobs())
    assert isinstance(copy.document, ReceiptDocument)
    assert (copy.document.sale, copy.document.change, copy.document.register) == (sale, 400, "0001")
    assert copy.document.taxes == ()


def test_the_tax_table_of_a_copy_is_that_of_the_receipt() -> None:
    store = open_store()
    lines = (("SKU-1", 3), ("SKU-2", 2), ("SKU-4", 1), ("SKU-1", 1))
    sale = store.do(lambda tx: sell(tx, TILL, request(*lines))).stored.sale
    store.do(lambda tx: reprint(tx, TILL, sale.sale_id))
    first, copy = store.do(lambda tx: tx.print_jobs())
    assert isinstance(first.document, ReceiptDocument)
    assert isinstance(copy.document, ReceiptDocument)
    assert copy.document.taxes == first.document.taxes
    assert len(copy.document.taxes) == 3
