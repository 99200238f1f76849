"""What happens to offers that nobody has answered: they stay unless another place saves more than moving costs."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.sourcing.deciding import decide
from central.sourcing.domain import Decision, Effort, OpenLine, OpenOrder, Snapshot, Steering
from central.sourcing.tariff import Tariff
from routing.rules.document import parse
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


GIVES_UP = parse(
    {
        "format": 1, "name": "peak", "revision": 1, "default_policy": "p", "rules": [],
        "policies": [{"id": "p", "fallbacks": [{"after_minutes": 60, "then": "cancel"}]}],
    }
)  # fmt: skip
HOUR_MS = 3_600_000


def given_up(snapshot: Snapshot, waited_ms: int = HOUR_MS, **steering: Any) -> Decision:
    """The only order, placed in the first second of 1970, decided on when it has waited so long."""
    how = Steering(**{"effort": "quick", "cancels": True, **steering})
    [decision] = decide(snapshot, TARIFF, how, GIVES_UP, 1_000 + waited_ms).decisions
    return decision


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_line_that_nobody_can_serve_is_cancelled_once_the_step_is_reached_and_the_others_are_served(
    effort: Effort,
) -> None:
    snapshot = Snapshot(NETWORK, (order(line(1), line(2, "B")),), stock(5, "A"))
    decision = given_up(snapshot, effort=effort)
    assert [each.line_id for each in decision.cancelled] == [UUID(int=2)]
    assert (decision.backordered, [each.line_id for wish in decision.wishes for each in wish.lines]) == (
        (), [UUID(int=1)]
    )  # fmt: skip
    assert decision.unserved == (
        "No location can serve Item B, and by the rules nobody waits for it any longer: it is cancelled."
    )
    early = given_up(snapshot, HOUR_MS - 1, effort=effort)
    assert (early.cancelled, [each.line_id for each in early.backordered]) == ((), [UUID(int=2)])


def test_nobody_cancels_at_the_prices_of_others_or_in_a_question_from_before_runs_could() -> None:
    snapshot = Snapshot(NETWORK, (order(line(1)),), {})
    single = given_up(snapshot, kind="single", effort="one-by-one")
    assert (single.cancelled, "tried again" in single.unserved) == ((), True)
    before = given_up(snapshot, cancels=False)
    assert (before.cancelled, "tell the customer, and cancel it" in before.unserved) == ((), True)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("units", [0, 1])
def test_a_line_that_somebody_was_asked_for_is_never_cancelled(effort: Effort, units: int) -> None:
    asked = Snapshot(NETWORK, (offered("S0001", line(1)),), {("S0001", "A"): units})
    assert given_up(asked, effort=effort).cancelled == ()
    mixed = order(replace(line(1), offered_to="S0002", task=UUID(int=5), rev=1), line(2, "B"))
    decision = given_up(Snapshot(NETWORK, (mixed,), {("S0002", "A"): units}), effort=effort)
    assert UUID(int=1) not in {each.line_id for each in decision.cancelled}


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
