"""Prices of units now are what sampled futures would pay for them, and are renewed by time and units."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from retail.errors import Refused
from routing.bids.prices import bid_prices
from routing.bids.renewal import Renewal
from routing.bids.stages import Staged, staged
from tests.unit.routing.tiny import problem

NEAR, FAR = 100, 500


def future(orders: int, units: int, arriving: int | None = None, late: int = 0) -> Staged:
    """Orders for one SKU, dear to send from the far location, which has plenty; the near one has ``units``, and gets
    more before the last ``late`` orders."""
    asked = problem(fixed=[[NEAR, FAR]] * orders, lines=[[0, 0]] * orders, orders=[1] * orders,
                    line_sku=np.zeros(orders, np.int64), stock=[[units, 99]])  # fmt: skip
    stage: Any = np.zeros(orders, np.int64)
    if arriving is None:
        return staged(asked, [], stage)
    stage[orders - late :] = 1
    return staged(asked, [np.array([[arriving, 0]])], stage)


def price(*futures: Staged) -> float:
    stock = bid_prices(futures).prices.stock
    assert stock is not None
    assert stock[0, 1] == 0.0
    return float(stock[0, 0])


def test_a_unit_that_two_want_is_worth_what_the_loser_pays_more() -> None:
    assert price(future(orders=5, units=2)) == pytest.approx(FAR - NEAR, abs=20)


def test_a_unit_that_nobody_competes_for_is_worth_nothing() -> None:
    assert price(future(orders=2, units=5)) == 0.0


def test_prices_are_the_mean_over_the_futures_and_tell_how_far_those_are_apart() -> None:
    quiet, busy = future(orders=2, units=5), future(orders=8, units=5)
    assert price(quiet, busy, quiet, busy) == pytest.approx(price(busy) / 2)
    assert bid_prices([busy, busy]).spread == 0.0
    assert bid_prices([quiet, busy]).spread == pytest.approx(price(busy) / 2)


def test_what_arrives_ends_the_scarcity_of_now() -> None:
    """The late orders have enough; only those before the arrival compete."""
    assert price(future(orders=6, units=4, arriving=9, late=4)) == 0.0
    assert price(future(orders=6, units=1, arriving=9, late=3)) == pytest.approx(FAR - NEAR, abs=20)


def test_a_unit_is_worth_what_it_will_be_after_the_arrival() -> None:
    assert price(future(orders=6, units=3, arriving=1, late=5)) == pytest.approx(FAR - NEAR, abs=20)


def test_a_future_in_which_nobody_comes_makes_everything_worth_nothing() -> None:
    one = problem(fixed=[[NEAR, FAR]], lines=[[0, 0]])
    nothing = np.zeros(0, np.int64)
    none = np.zeros((0, 2), np.int64)
    empty = replace(
        one, order_ptr=np.array([0]), line_sku=nothing, line_qty=nothing, backorder=nothing, blocked=none,
        package_terms={"label": none}, line_terms={},
    )  # fmt: skip
    assert price(staged(empty, [one.stock], nothing)) == 0.0


def test_the_same_futures_give_the_same_prices_and_earlier_ones_are_where_the_search_begins() -> None:
    made = bid_prices([future(orders=5, units=2)])
    again = bid_prices([future(orders=5, units=2)])
    assert np.array_equal(made.prices.stock, again.prices.stock)  # type: ignore[arg-type]
    [start] = made.duals
    kept = bid_prices([future(orders=5, units=2)], steps=1, last=made)
    assert start.stock is not None
    assert kept.prices.stock is not None
    assert kept.prices.stock.tolist() == start.stock.tolist()


def test_duals_of_other_stages_are_no_place_to_begin() -> None:
    before = bid_prices([future(orders=6, units=1, arriving=9, late=3)])
    after = bid_prices([future(orders=5, units=2)], last=before)
    assert np.array_equal(after.prices.stock, bid_prices([future(orders=5, units=2)]).prices.stock)  # type: ignore[arg-type]


def test_no_futures_are_refused() -> None:
    with pytest.raises(Refused, match="there is none"):
        bid_prices([])


@pytest.mark.parametrize(("age_s", "units", "due"), [(59.9, 199, False), (60, 0, True), (0, 200, True), (1, 1, False)])
def test_prices_are_due_after_a_time_or_after_units_whichever_comes_first(age_s: float, units: int, due: bool) -> None:
    assert Renewal(age_s=60, units=200).is_due(age_s, units) is due
