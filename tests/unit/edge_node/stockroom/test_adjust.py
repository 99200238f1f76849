"""Stock changed by hand."""

from uuid import UUID

import pytest

from edge_node.ports.requests import KeyReused
from edge_node.stockroom.adjust import AdjustmentRequest, AdjustmentWanted, adjust
from retail.errors import Refused
from sync_protocol.events import StockAdjusted
from tests.contract.edge_storage.backends import gtin
from tests.unit.edge_node.world import open_store, stocked


def wanted(reason: str, *lines: tuple[object, ...], key: int = 1, note: str = "") -> AdjustmentRequest:
    return AdjustmentRequest(UUID(int=key), reason, [AdjustmentWanted(*line) for line in lines], "0001", "bob", note)


def test_a_delivery_is_added_to_what_can_be_sold() -> None:
    store = open_store()
    done = store.do(lambda tx: adjust(tx, wanted("received", (gtin(1), 5), ("SKU-2", 3))))
    assert done.is_new
    assert store.do(lambda tx: (tx.sellable("SKU-1"), tx.sellable("SKU-2"))) == (5, 3)
    _, event = store.state.events[-1]
    assert (event.register, event.staff) == ("0001", "bob")


def test_damaged_goods_move_from_sellable_to_damaged() -> None:
    store = stocked(SKU_1=5)
    store.do(lambda tx: adjust(tx, wanted("damage", ("SKU-1", -2))))
    states = {row.state: row.quantity for row in store.do(lambda tx: tx.stock("SKU-1"))}
    assert (states["sellable"], states["damaged"]) == (3, 2)


def test_a_count_logs_the_difference_to_what_should_be_there() -> None:
    store = stocked(SKU_1=5)
    store.do(lambda tx: adjust(tx, wanted("count", ("SKU-1", 3))))
    assert store.do(lambda tx: tx.sellable("SKU-1")) == 3
    assert isinstance(store.payloads[-1], StockAdjusted)
    assert store.payloads[-1].lines[0].quantity == -2


def test_a_count_that_finds_what_should_be_there_is_logged_too() -> None:
    store = stocked(SKU_1=5)
    store.do(lambda tx: adjust(tx, wanted("count", ("SKU-1", 5))))
    assert isinstance(store.payloads[-1], StockAdjusted)
    assert store.payloads[-1].lines[0].quantity == 0
    assert store.do(lambda tx: tx.sellable("SKU-1")) == 5


def test_lots_are_counted_one_by_one() -> None:
    store = open_store()
    store.do(lambda tx: adjust(tx, wanted("received", ("SKU-1", 4, "L1"), ("SKU-1", 6, "L2"))))
    store.do(lambda tx: adjust(tx, wanted("count", ("SKU-1", 1, "L1"), key=2)))
    assert store.do(lambda tx: tx.sellable("SKU-1")) == 7


def test_the_same_request_again_changes_nothing_more() -> None:
    store = open_store()
    first = store.do(lambda tx: adjust(tx, wanted("received", ("SKU-1", 5))))
    again = store.do(lambda tx: adjust(tx, wanted("received", ("SKU-1", 5))))
    assert (again.event_id, again.is_new) == (first.event_id, False)
    assert store.do(lambda tx: tx.sellable("SKU-1")) == 5
    with pytest.raises(KeyReused):
        store.do(lambda tx: adjust(tx, wanted("received", ("SKU-1", 6))))


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (wanted("gift", ("SKU-1", 1)), "reason"),
        (wanted("received"), "lines"),
        (wanted("received", *[("SKU-1", 1)] * 501), "lines"),
        (wanted("received", ("SKU-9", 1)), "lines[0].code"),
        (wanted("received", ("SKU-1", 0)), "lines[0].quantity"),
        (wanted("received", ("SKU-1", 10_000_001)), "lines[0].quantity"),
        (wanted("count", ("SKU-1", -1)), "lines[0].quantity"),
        (wanted("count", ("SKU-1", 1), (gtin(1), 2)), "lines"),
        (wanted("received", ("SKU-1", 1, "L\n1")), "lines[0].lot"),
        (wanted("received", ("SKU-1", 1, "", "x" * 41)), "lines[0].serial"),
        (wanted("received", ("SKU-1", 1), note="\x00"), "note"),
    ],
)
def test_a_bad_request_is_refused_with_its_field(bad: AdjustmentRequest, field: str) -> None:
    store = open_store()
    with pytest.raises(Refused) as caught:
        store.do(lambda tx: adjust(tx, bad))
    assert caught.value.field == field
    assert store.payloads == []
