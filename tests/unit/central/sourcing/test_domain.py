"""From what the centre knows to offers: each order goes where it costs least, and the reason can be read."""

import json
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from central.sourcing import deciding
from central.sourcing.domain import Decision, OpenLine, OpenOrder, Place, Snapshot
from central.sourcing.tariff import Tariff, miles, zones

COLUMBUS, PITTSBURGH, INDIANAPOLIS = (39.9612, -82.9988), (40.4406, -79.9959), (39.7684, -86.1581)


def place(location: str, at: tuple[float, float] | None, **changes: object) -> Place:
    usual = Place(
        location, f"Shop {location}", location.startswith("W"), True, "", False, True, location.startswith("S"),
        at and at[0], at and at[1], "USD", "US", None,
    )  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type]


NETWORK = (place("S0001", COLUMBUS), place("S0002", PITTSBURGH), place("W0001", INDIANAPOLIS))


def line(number: int, sku: str = "A", quantity: int = 1, **changes: object) -> OpenLine:
    usual = OpenLine(UUID(int=number), 1, sku, f"Item {sku}", quantity, 999, 500)
    return replace(usual, **changes)  # type: ignore[arg-type]


def order(*lines: OpenLine, to: tuple[float, float] | None = COLUMBUS, **changes: object) -> OpenOrder:
    usual = OpenOrder(UUID(int=900), "ship", "", to and to[0], to and to[1], "US", "USD", None, 1_000, lines)
    return replace(usual, **changes)  # type: ignore[arg-type]


def stock(units: int, *skus: str) -> dict[tuple[str, str], int]:
    return {(each.location, sku): units for each in NETWORK for sku in skus}


def decide(snapshot: Snapshot, tariff: Tariff) -> list[Decision]:
    return list(deciding.decide(snapshot, tariff).decisions)


def only(decisions: list[Decision]) -> Decision:
    [decision] = decisions
    return decision


def test_an_order_goes_to_the_near_store_and_a_far_one_to_the_cheap_warehouse() -> None:
    snapshot = Snapshot(NETWORK, (order(line(1)),), stock(50, "A"))
    assert [wish.location for wish in only(decide(snapshot, Tariff())).wishes] == ["S0001"]
    far = Snapshot(NETWORK, (order(line(1), to=(30.0, -97.0)),), stock(50, "A"))
    assert [wish.location for wish in only(decide(far, Tariff())).wishes] == ["W0001"]


def test_the_last_unit_goes_to_one_order_only_the_more_urgent_first() -> None:
    later = order(line(1), order_id=UUID(int=901), promise_ms=2_000)
    urgent = order(line(2), order_id=UUID(int=902), promise_ms=1_000)
    snapshot = Snapshot(NETWORK, (later, urgent), {("S0001", "A"): 1})
    left, right = decide(snapshot, Tariff())
    assert (left.wishes, [each.line_id for each in left.backordered]) == ((), [UUID(int=1)])
    assert [wish.location for wish in right.wishes] == ["S0001"]


def test_a_location_that_was_asked_in_vain_is_not_asked_for_that_line_again() -> None:
    asked = order(line(1, excluded=frozenset({"S0001"})), line(2, "B"))
    decision = only(decide(Snapshot(NETWORK, (asked,), stock(50, "A", "B")), Tariff()))
    places = {each.line_id: wish.location for wish in decision.wishes for each in wish.lines}
    assert places[UUID(int=1)] != "S0001"


def test_a_pickup_is_served_by_its_store_or_by_nobody() -> None:
    collected = order(line(1), service="pickup", pickup_location="S0002")
    assert [w.location for w in only(decide(Snapshot(NETWORK, (collected,), stock(9, "A")), Tariff())).wishes] == [
        "S0002"
    ]
    without = {key: units for key, units in stock(9, "A").items() if key[0] != "S0002"}
    assert only(decide(Snapshot(NETWORK, (collected,), without), Tariff())).wishes == ()
    gone = replace(collected, pickup_location="S0999")
    assert only(decide(Snapshot(NETWORK, (gone,), stock(9, "A")), Tariff())).wishes == ()


def test_each_reason_keeps_a_location_out_and_is_named_in_the_funnel() -> None:
    for change, words in (
        ({"has_box": False}, "has no box"),
        ({"closed": "no opening hours"}, "takes no orders"),
        ({"silent": True}, "has been silent"),
        ({"ships": False}, "does not ship"),
        ({"lat": None}, "has no coordinates"),
        ({"country": "CA"}, "another country"),
        ({"currency": "CAD"}, "another country or currency"),
    ):
        network = (replace(NETWORK[0], **change), NETWORK[1], NETWORK[2])
        decision = only(decide(Snapshot(network, (order(line(1)),), stock(50, "A")), Tariff()))
        assert "S0001" not in {wish.location for wish in decision.wishes}
        funnel = decision.explanation["funnel"]
        assert isinstance(funnel, list)
        assert any(words in step["reason"] and step["removed"] == 1 for step in funnel), words


def test_an_unknown_destination_is_far_from_everybody_and_never_near() -> None:
    decision = only(decide(Snapshot(NETWORK, (order(line(1), to=None),), stock(50, "A")), Tariff()))
    assert [wish.location for wish in decision.wishes] == ["W0001"]
    chosen = decision.explanation["chosen"]
    assert isinstance(chosen, dict)
    assert chosen["terms"]["shipping"] == Tariff().package_by_zone[-1]


def test_without_a_network_an_order_waits_and_says_so() -> None:
    decision = only(decide(Snapshot((), (order(line(1)),), {}), Tariff()))
    assert "import the network first" in str(decision.explanation["sentence"])


def test_the_explanation_is_plain_json_with_a_sentence_first() -> None:
    decision = only(decide(Snapshot(NETWORK, (order(line(1), line(2, "B", 2)),), stock(50, "A", "B")), Tariff()))
    again = json.loads(json.dumps(decision.explanation))
    assert "Shop S0001" in again["sentence"]
    assert again["runner_up"]["difference"] == sum(again["runner_up"]["terms"].values())


def test_distances_and_zones_are_those_of_the_chart() -> None:
    import numpy as np

    [distance] = miles(np.array([COLUMBUS[0]]), np.array([COLUMBUS[1]]), *PITTSBURGH)
    assert 158 < distance < 165  # 160.6 miles between the two city halls
    assert zones(np.array([0.0, 150.0, 150.1, 300.0, 1800.0, 1800.1, np.nan])).tolist() == [0, 0, 1, 1, 5, 6, 6]


@given(st.data())
def test_no_unit_is_promised_twice_and_no_line_is_forgotten(data: st.DataObject) -> None:
    orders = tuple(
        order(
            *(line(100 * number + each, data.draw(st.sampled_from("ABC")), data.draw(st.integers(1, 3)))
              for each in range(data.draw(st.integers(1, 3)))),
            order_id=UUID(int=number + 1),
        )
        for number in range(data.draw(st.integers(1, 4)))
    )  # fmt: skip
    available = {key: data.draw(st.integers(0, 4)) for key in stock(0, "A", "B", "C")}
    used: dict[tuple[str, str], int] = {}
    for decision in decide(Snapshot(NETWORK, orders, available), Tariff()):
        seen = [each for wish in decision.wishes for each in wish.lines] + list(decision.backordered)
        assert sorted(each.line_id for each in seen) == sorted(each.line_id for each in decision.order.lines)
        for wish in decision.wishes:
            for each in wish.lines:
                used[wish.location, each.sku] = used.get((wish.location, each.sku), 0) + each.quantity
    assert all(units <= available[key] for key, units in used.items())
