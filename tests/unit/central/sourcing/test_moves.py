"""What happens to offers that nobody has answered: they stay unless another place saves more than moving costs."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.sourcing.deciding import decide
from central.sourcing.domain import Decision, Effort, OpenLine, OpenOrder, Snapshot, Steering
from central.sourcing.tariff import Tariff
from tests.unit.central.sourcing.test_domain import NETWORK, line, order, stock

TARIFF = Tariff()
EFFORTS: tuple[Effort, ...] = ("one-by-one", "quick", "standard")


def offered(to: str, *lines: OpenLine, number: int = 1) -> OpenOrder:
    """An order all of whose lines were offered to one location."""
    task = UUID(int=5_000 + number)
    asked = tuple(replace(each, offered_to=to, task=task, rev=1) for each in lines)
    return order(*asked, order_id=UUID(int=900 + number))


def decided(snapshot: Snapshot, move_cents: int = 0, effort: Effort = "one-by-one") -> list[Decision]:
    return list(decide(snapshot, TARIFF, Steering("batch", effort, 0, move_cents)).decisions)


@pytest.mark.parametrize("effort", EFFORTS)
def test_an_offer_that_is_the_best_one_stays_and_is_not_explained_again(effort: Effort) -> None:
    best = offered("S0001", line(1), line(2, "B"))
    [decision] = decided(Snapshot(NETWORK, (best,), stock(50, "A", "B")), 0, effort)
    assert (decision.wishes, decision.moved, decision.backordered, decision.explanation) == ((), (), (), {})


@pytest.mark.parametrize("effort", EFFORTS)
def test_an_offer_is_moved_when_that_saves_more_than_moving_costs_and_says_from_where(effort: Effort) -> None:
    poor = Snapshot(NETWORK, (offered("S0002", line(1)),), stock(50, "A"))
    [decision] = decided(poor, 10, effort)
    assert [wish.location for wish in decision.wishes] == ["S0001"]
    assert [(offer.location, offer.rev) for offer in decision.moved] == [("S0002", 1)]
    assert decision.explanation["moved_from"] == ["Shop S0002"]
    [dear] = decided(poor, 10_000, effort)
    assert (dear.wishes, dear.moved) == ((), ())


@pytest.mark.parametrize("effort", EFFORTS)
def test_an_offer_for_which_there_is_no_other_place_stays_where_it_was_made(effort: Effort) -> None:
    silent = tuple(replace(place, silent=place.location == "S0001") for place in NETWORK)
    lonely = Snapshot(silent, (offered("S0001", line(1)),), {("S0001", "A"): 1})
    [decision] = decided(lonely, 0, effort)
    assert (decision.wishes, decision.moved) == ((), ())


@pytest.mark.parametrize("effort", EFFORTS)
def test_an_offer_to_a_location_that_may_serve_no_more_goes_elsewhere_where_it_can(effort: Effort) -> None:
    shut = tuple(replace(place, closed="flooded" if place.location == "S0001" else "") for place in NETWORK)
    [decision] = decided(Snapshot(shut, (offered("S0001", line(1)),), stock(5, "A")), 10_000, effort)
    assert [offer.location for offer in decision.moved] == ["S0001"]
    assert len(decision.wishes) == 1


def test_one_by_one_the_offered_lines_of_an_order_with_open_ones_stay_as_they_are() -> None:
    mixed = order(replace(line(1), offered_to="S0002", task=UUID(int=5), rev=1), line(2, "B"))
    [decision] = decided(Snapshot(NETWORK, (mixed,), stock(50, "A", "B")))
    assert decision.moved == ()
    assert [each.line_id for wish in decision.wishes for each in wish.lines] == [UUID(int=2)]


@pytest.mark.parametrize("effort", EFFORTS)
@given(data=st.data())
@settings(max_examples=20)
def test_carrying_a_run_out_and_deciding_again_moves_nothing(effort: Effort, data: st.DataObject) -> None:
    orders = tuple(
        order(
            *(line(100 * number + each, data.draw(st.sampled_from("ABC")), data.draw(st.integers(1, 2)))
              for each in range(data.draw(st.integers(1, 3)))),
            order_id=UUID(int=number + 1), promise_ms=number,
        )
        for number in range(data.draw(st.integers(1, 4)))
    )  # fmt: skip
    available = {key: data.draw(st.integers(0, 3)) for key in stock(0, "A", "B", "C")}
    snapshot = Snapshot(NETWORK, orders, available)
    first = decided(snapshot, effort=effort)
    after = tuple(_carried_out(decision) for decision in first)
    again = decided(Snapshot(NETWORK, after, available), 1_000, effort)
    assert all(not decision.moved for decision in again)


def _carried_out(decision: Decision) -> OpenOrder:
    """The order once every location has been asked."""
    places = {each.line_id: (wish.location, number) for number, wish in enumerate(decision.wishes)
              for each in wish.lines}  # fmt: skip
    lines = []
    for each in decision.order.lines:
        if each.line_id in places:
            location, number = places[each.line_id]
            task = UUID(int=decision.order.order_id.int * 1_000 + number)
            each = replace(each, offered_to=location, task=task, rev=1)
        lines.append(each)
    return replace(decision.order, lines=tuple(lines), told=decision.unserved)
