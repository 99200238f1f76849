"""What can be promised of the stock."""

from hypothesis import given
from hypothesis import strategies as st

from central.inventory.domain import StockAt, network_available

QUANTITIES = st.integers(-50, 50)


def test_what_is_offered_elsewhere_and_what_the_store_doubts_is_not_promised() -> None:
    assert StockAt("A", "tea", 10, claimed=3).available == 7
    assert StockAt("A", "tea", 10, claimed=3, doubt=4).available == 1
    assert StockAt("A", "tea", 10, doubt=40).available == 10
    assert StockAt("A", "tea", -2).available == 0


def test_orders_without_a_place_take_from_the_network() -> None:
    places = [StockAt("A", "tea", 10), StockAt("B", "tea", -5), StockAt("C", "tea", 2, claimed=1)]
    assert network_available(places, 4) == 7
    assert network_available(places, 40) == 0


@given(st.lists(st.tuples(QUANTITIES, st.integers(0, 50), st.none() | st.integers(0, 50))), st.integers(0, 99))
def test_no_more_is_ever_promised_than_the_ledger_holds(stock: list[tuple[int, int, int | None]], wanted: int) -> None:
    places = [StockAt(str(n), "tea", sellable, claimed, doubt) for n, (sellable, claimed, doubt) in enumerate(stock)]
    for place in places:
        assert 0 <= place.available <= max(place.sellable, 0)
    assert 0 <= network_available(places, wanted) <= max(sum(max(place.sellable, 0) for place in places), 0)
