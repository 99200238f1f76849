"""Each day behind a promise has its price: late places lose by it, and an offer does not move because time passes."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.sourcing import question
from central.sourcing.deciding import decide
from central.sourcing.distances import Distances
from central.sourcing.domain import Decision, Delivery, Effort, OpeningHours, OpenOrder, Place, Snapshot, Steering
from central.sourcing.facts import with_facts
from central.sourcing.lateness import Due, lateness_cents
from central.sourcing.model import Index, compiled_for, model_of
from central.sourcing.promises.services import DEFAULT_SERVICES, parse_services
from central.sourcing.question import Question, Rules
from central.sourcing.solver_process import DONE, solve
from central.sourcing.tariff import Tariff
from routing.calendars.carrier import Carrier, Collection, delivery_date, ship_by
from routing.calendars.hours import Hours, Span, packed_by, ready_by
from routing.calendars.limits import DAY_MS, NoDate
from routing.calendars.local_time import day_at, zone_of
from tests.unit.central.sourcing.test_domain import NETWORK, line, order, stock

HOUR_MS = 3_600_000
NOW = 1_800_018_000_000  # Friday, 15 January 2027, 08:00 in New York
NEW_YORK = "America/New_York"
OPEN = Hours(NEW_YORK, ((Span(540, 1260),),) * 7)
SHUT_FOR_DAYS = Hours(NEW_YORK, ((), (), *[(Span(540, 1260),)] * 2, (), (), ()))  # until Wednesday
[GROUND] = parse_services("ground mon-sun 16:00 1,2,3,3,4,4,5 100%")
DELIVERY = Delivery(60, GROUND)
THREE_SERVICES = Delivery.of(60, parse_services(DEFAULT_SERVICES))
TARIFF = Tariff()
DAY = TARIFF.late_per_day
TUESDAY_MS = NOW + 4 * DAY_MS


def places(*hours: Hours | None) -> tuple[Place, ...]:
    return tuple(
        replace(place, hours=None if each is None else OpeningHours.of(each))
        for place, each in zip(NETWORK, hours, strict=True)
    )


def run(
    snapshot: Snapshot, now_ms: int = NOW, effort: Effort = "one-by-one", move_cents: int = 1,
    delivery: Delivery = DELIVERY, tariff: Tariff = TARIFF,
) -> list[Decision]:  # fmt: skip
    steering = Steering("batch", effort, 0, move_cents)
    return list(decide(snapshot, tariff, steering, None, now_ms, delivery).decisions)


def asked(decision: Decision) -> list[str]:
    return [wish.location for wish in decision.wishes]


def table(snapshot: Snapshot, now_ms: int = NOW) -> list[list[int]]:
    index = Index.of(snapshot)
    rules = with_facts(None)
    compiled = compiled_for(snapshot, index, rules, now_ms)
    found = model_of(snapshot, index, TARIFF, rules, compiled, Due(DELIVERY, now_ms)).problem.package_terms["lateness"]
    rows: list[list[int]] = found.tolist()
    return rows


def test_a_place_that_would_be_late_loses_by_the_price_of_its_days() -> None:
    network = places(SHUT_FOR_DAYS, OPEN, OPEN)
    any_day = Snapshot(network, (order(line(1)),), stock(9, "A"))
    assert asked(run(any_day)[0]) == ["S0001"]
    [decision] = run(replace(any_day, orders=(order(line(1), promise_ms=TUESDAY_MS),)))
    assert asked(decision) == ["W0001"]
    chosen = decision.explanation["chosen"]
    assert isinstance(chosen, dict)
    assert "lateness" not in chosen["terms"]
    late = [each for each in decision.explanation["candidates"]  # type: ignore[attr-defined]
            if each["choice"]["packages"][0]["location"] == "S0001"]  # fmt: skip
    # Open again on Wednesday, a day on the way: two days behind Tuesday.
    assert [each["terms"]["lateness"] for each in late] == [2 * TARIFF.late_per_day]


def test_only_orders_with_a_promise_are_ever_late() -> None:
    orders = (order(line(1)), order(line(2), order_id=UUID(int=901), promise_ms=NOW))
    snapshot = Snapshot(places(OPEN, OPEN, OPEN), orders, stock(9, "A"))
    # Packed on Friday: there on Monday from nearby, on Tuesday from the next zone.
    assert table(snapshot) == [[0, 0, 0], [3 * DAY, 4 * DAY, 4 * DAY]]
    alone = Snapshot(snapshot.places, orders[:1], snapshot.available)
    with pytest.raises(KeyError):
        table(alone)


def test_a_place_whose_hours_nobody_knows_counts_as_late_as_may_be() -> None:
    snapshot = Snapshot(places(None, OPEN, OPEN), (order(line(1), promise_ms=TUESDAY_MS),), stock(9, "A"))
    assert table(snapshot)[0][0] == TARIFF.late_days_max * TARIFF.late_per_day
    assert asked(run(snapshot)[0]) == ["W0001"]


def test_goods_to_be_collected_are_late_by_begun_days() -> None:
    pickup = order(line(1), service="pickup", pickup_location="S0001", promise_ms=NOW + HOUR_MS)
    snapshot = Snapshot(places(OPEN, SHUT_FOR_DAYS, OPEN), (pickup,), stock(9, "A"))
    # Ready at ten, an hour late; on Wednesday at ten, five days and an hour late.
    assert table(snapshot)[0][:2] == [DAY, 6 * DAY]


def test_an_order_that_is_late_everywhere_is_sent_and_not_left_waiting() -> None:
    heavy = order(line(1, weight_g=15_000), to=(30.0, -97.0), promise_ms=1)
    [decision] = run(Snapshot(places(None, None, None), (heavy,), stock(9, "A")))
    assert (len(decision.wishes), decision.backordered) == (1, ())


def test_the_promised_day_is_that_of_where_the_goods_go() -> None:
    # 20:00 on Monday in New York is Tuesday in UTC, when it would come from Indianapolis.
    wanted = order(line(1), promise_ms=NOW + 3 * DAY_MS + 12 * HOUR_MS)
    assert table(Snapshot(places(OPEN, OPEN, OPEN), (wanted,), stock(9, "A"))) == [[0, DAY, DAY]]


@st.composite
def networks(draw: st.DrawFn) -> tuple[Place, ...]:
    hours = st.sampled_from((OPEN, SHUT_FOR_DAYS, Hours("America/Los_Angeles", ((Span(720, 1200),),) * 7), None))
    cutoffs = st.none() | st.builds(Collection, st.integers(600, 1300), st.just(frozenset(range(7))))
    return tuple(
        replace(
            place,
            hours=draw(hours.map(lambda each: None if each is None else OpeningHours.of(each))),
            collections={name: draw(cutoffs) for name in ("ground", "express") if draw(st.booleans())},
        )
        for place in NETWORK
    )


@given(networks(), st.integers(0, 7 * 24 * 60), st.integers(-3, 9))
def test_all_at_once_is_what_each_place_by_itself_would_be(network: tuple[Place, ...], later: int, day: int) -> None:
    now_ms = NOW + later * 60_000
    orders = (
        order(line(1), promise_ms=now_ms + day * DAY_MS),
        order(line(2), order_id=UUID(int=901), service="pickup", pickup_location="S0001",
              promise_ms=now_ms + day * DAY_MS),
    )  # fmt: skip
    snapshot = Snapshot(network, orders, stock(9, "A"))
    zone = np.array([[0, 1, 1], [0, 0, 0]], np.int8)
    distances = Distances(zone, np.ones(zone.shape, np.bool_), np.array([0, 0]))
    found = lateness_cents(snapshot, Index.of(snapshot).place, TARIFF, Due(DELIVERY, now_ms), distances, GROUND)
    assert found is not None
    promised = day_at(zone_of(network[0].hours.zone if network[0].hours else "UTC"), now_ms + day * DAY_MS)
    for number, place in enumerate(network):
        sent = collected = TARIFF.late_days_max
        if place.hours is not None:
            hours = place.hours.read()
            packed, ready = packed_by(hours, now_ms, 60, 14), ready_by(hours, now_ms, 60, 14)
            collection = place.collections.get("ground", GROUND.collection)
            if not isinstance(ready, NoDate):
                collected = max(-((now_ms + day * DAY_MS - ready) // DAY_MS), 0)
            if not isinstance(packed, NoDate) and collection is not None:
                leaves = ship_by(hours, collection, Carrier(), packed, 14)
                if not isinstance(leaves, NoDate):
                    arrives = delivery_date(Carrier(), leaves.day, GROUND.transit_days[zone[0, number]], 14)
                    assert not isinstance(arrives, NoDate)
                    sent = max(arrives - promised, 0)
        assert found[:, number].tolist() == [DAY * min(sent, 14), DAY * min(collected, 14)]


def carried_out(decision: Decision, offered_ms: int) -> OpenOrder:
    wish_of = {each.line_id: (wish, number) for number, wish in enumerate(decision.wishes) for each in wish.lines}
    lines = tuple(
        replace(each, offered_to=wish.location, task=UUID(int=7_000 + number), rev=1, offered_ms=offered_ms,
                send_by=wish.send_by)
        for each in decision.order.lines for wish, number in [wish_of[each.line_id]]
    )  # fmt: skip
    return replace(decision.order, lines=lines)


@pytest.mark.parametrize("delivery", [DELIVERY, THREE_SERVICES])
@pytest.mark.parametrize("effort", ["one-by-one", "standard"])
@settings(max_examples=40)
@given(
    networks(), st.integers(0, 24 * 60), st.integers(0, 299), st.integers(0, 23 * 60), st.integers(-1, 4),
    st.integers(1, 2),
)  # fmt: skip
def test_the_time_that_passes_moves_no_offer(
    effort: Effort, delivery: Delivery, network: tuple[Place, ...], start: int, thought_s: int, waited: int, day: int,
    skus: int,
) -> None:  # fmt: skip
    now_ms = NOW + start * 60_000
    wanted = order(*(line(each, "AB"[each]) for each in range(skus)), promise_ms=now_ms + day * DAY_MS)
    snapshot = Snapshot(network, (wanted,), stock(9, "A", "B"))
    how = effort, 1, delivery, Tariff(late_per_day=2_000)
    [decision] = run(snapshot, now_ms, *how)
    offered_ms = now_ms + thought_s * 1_000
    again = replace(snapshot, orders=(carried_out(decision, offered_ms),))
    [later] = run(again, offered_ms + waited * 60_000, *how)
    assert (later.moved, later.wishes) == ((), ())


def test_a_place_that_misses_its_cut_off_while_it_is_asked_would_have_lost_an_order_of_then() -> None:
    """What the test above would not see if lateness never mattered: the same order, decided anew, goes elsewhere."""
    early = replace(places(OPEN, OPEN, OPEN)[0], collections={"ground": Collection(720, frozenset(range(7)))})
    network = (early, *places(OPEN, OPEN, OPEN)[1:])
    wanted = order(line(1), to=(40.2, -81.5), promise_ms=NOW)
    snapshot = Snapshot(network, (wanted,), stock(9, "A"))
    noon = NOW - DAY_MS + 4 * HOUR_MS
    [decision], [anew] = run(snapshot, noon - 90 * 60_000), run(snapshot, noon)
    assert (asked(decision), asked(anew)) == (["S0001"], ["S0002"])
    offered = replace(snapshot, orders=(carried_out(decision, noon - 90 * 60_000),))
    assert [each.moved for each in run(offered, noon)] == [()]


def question_of(delivery: Delivery | None) -> Question:
    exceptional = replace(OPEN, exceptions={739_999: (Span(600, 700),), 740_000: ()})
    network = places(exceptional, None, OPEN)
    far = replace(network[2], collections={"ground": None, "air": Collection(900, frozenset({1, 2}), frozenset({9}))})
    snapshot = Snapshot((*network[:2], far), (order(line(1, offered_ms=5), promise_ms=NOW),), stock(9, "A"))
    return Question("USD", snapshot, TARIFF, Rules(), Steering(), NOW, "tillway 1", delivery)


def test_calendars_are_part_of_the_stored_inputs() -> None:
    full = question_of(Delivery(30, GROUND, frozenset({740_001})))
    assert question.read(full.asked()) == full
    assert full.asked().subject != question_of(DELIVERY).asked().subject
    assert solve(full.asked())[0] == DONE
    assert solve(full.asked())[2:] == solve(full.asked())[2:]


def test_a_question_from_before_lateness_had_a_price_is_read_and_has_none() -> None:
    asked_then = question_of(None).asked()
    core = asked_then.core.replace(b',"delivery":null', b"").replace(
        b',"late_per_day":2000,"late_pickup_per_day":2000,"late_days_max":14', b""
    )
    assert len(core) < len(asked_then.core) - 60
    then = question.read(replace(asked_then, core=core))
    assert then == question_of(None)
    assert b'"lateness"' not in b"".join(solve(asked_then))
