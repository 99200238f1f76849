"""What a basket costs, and how a code names an item."""

import pytest

from edge_node.checkout.pricing import Wanted, price_basket
from edge_node.ports.lookup import UnknownItem, find
from retail.errors import Refused
from retail.gtin import Gtin
from tests.contract.edge_storage.backends import article, gtin
from tests.unit.edge_node.world import open_store


def test_the_same_article_scanned_twice_is_one_line() -> None:
    store = open_store()
    basket = store.do(lambda tx: price_basket(tx, "EUR", [Wanted(gtin(1), 1), Wanted(gtin(1), 2), Wanted("SKU-2", 1)]))
    assert [(line.item.sku, line.quantity.amount) for line in basket.lines] == [("SKU-1", 3), ("SKU-2", 1)]
    assert basket.total.minor == 500


def test_a_basket_has_a_limit_of_lines() -> None:
    store = open_store()
    with pytest.raises(Refused, match="at most 500"):
        store.do(lambda tx: price_basket(tx, "EUR", [Wanted("SKU-3", 1)] * 501))


def test_a_price_in_another_currency_is_refused() -> None:
    store = open_store()
    with pytest.raises(Refused) as caught:
        store.do(lambda tx: price_basket(tx, "USD", [Wanted("SKU-1", 1)]))
    assert caught.value.field == "lines[0].currency"


@pytest.mark.parametrize("code", [gtin(1), gtin(1)[1:], f" {gtin(1)} ", "SKU-1"])
def test_a_barcode_of_any_length_and_the_sku_name_the_same_item(code: str) -> None:
    store = open_store()
    found, scanned = store.do(lambda tx: find(tx, code))
    assert found.item.sku == "SKU-1"
    assert scanned == (None if code == "SKU-1" else Gtin(gtin(1)))


def test_a_sku_that_looks_like_a_barcode_is_a_sku_first() -> None:
    store = open_store()
    store.seed([article(8, sku="40000001", gtins=())])
    found, scanned = store.do(lambda tx: find(tx, "40000001"))
    assert (found.item.sku, scanned) == ("40000001", None)


def test_an_unknown_item_can_be_told_from_a_misread_one() -> None:
    store = open_store()
    with pytest.raises(UnknownItem):
        store.do(lambda tx: find(tx, Gtin.from_body("499999999999").text14))
    with pytest.raises(Refused) as caught:
        store.do(lambda tx: find(tx, "4000000000012"))
    assert not isinstance(caught.value, UnknownItem)
