"""A location is asked to send by the service that costs least, days behind the promise included."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.sourcing import answer, deciding, question
from central.sourcing.answer import answer_of
from central.sourcing.deciding import decide
from central.sourcing.distances import Distances
from central.sourcing.domain import (
    Decided,
    Decision,
    Delivery,
    Effort,
    OpeningHours,
    OpenOrder,
    Place,
    Snapshot,
    Steering,
)
from central.sourcing.lateness import Due
from central.sourcing.model import Index, Model, compiled_for, model_of, problem_of, seen_by_rules
from central.sourcing.options import options_of
from central.sourcing.promises.services import parse_services
from central.sourcing.question import Question, Rules
from central.sourcing.rule_costs import rule_costs
from central.sourcing.solver_process import solve
from central.sourcing.tariff import Tariff
from routing.calendars.carrier import Collection
from routing.calendars.hours import Hours, Span
from routing.calendars.limits import DAY_MS
from routing.rules.compile import compile_rules
from routing.rules.document import RuleSet, dump, parse
from routing.split import split
from tests.unit.central.sourcing.test_domain import NETWORK, line, order, stock

MONDAY_MS = 1_800_018_000_000 + 3 * DAY_MS  # 18 January 2027, 08:00 in New York
HOUR_MS = 3_600_000
OPEN = Hours("America/New_York", ((Span(540, 1260),),) * 7)
PLACES = tuple(replace(place, hours=OpeningHours.of(OPEN)) for place in NETWORK)
SERVICES = parse_services(
    "ground mon-fri 16:00 1,2,3,3,4,4,5 100%; express mon-fri 16:00 2 240%; overnight mon-fri 15:00 1 420%"
)
DELIVERY = Delivery.of(60, SERVICES)
DEAR = Tariff(late_per_day=2_000)
AUSTIN = (30.0, -97.0)  # three days by ground from W0001, four from the stores
TUESDAY_MS = MONDAY_MS + DAY_MS
ONE_BY_ONE = Steering("batch", "one-by-one", 0, 1)


def rules(*rules: dict[str, Any]) -> RuleSet:
    head = {"format": 1, "name": "r", "revision": 1, "default_policy": "p", "policies": [{"id": "p"}]}
    return parse({**head, "rules": [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]})


def run(
    *orders: OpenOrder, tariff: Tariff = DEAR, said: RuleSet | None = None, now_ms: int = MONDAY_MS,
    steering: Steering = ONE_BY_ONE, places: Sequence[Place] = PLACES, delivery: Delivery = DELIVERY,
) -> list[Decision]:  # fmt: skip
    snapshot = Snapshot(tuple(places), orders, stock(9, "A", "B"))
    return list(decide(snapshot, tariff, steering, said, now_ms, delivery).decisions)


def asked(decision: Decision) -> list[tuple[str, str]]:
    return [(wish.location, wish.send_by) for wish in decision.wishes]


def modelled(snapshot: Snapshot, said: RuleSet | None = None, now_ms: int = MONDAY_MS, tariff: Tariff = DEAR) -> Model:
    index, every = Index.of(snapshot), deciding.with_facts(said)
    by_place = compiled_for(snapshot, index, every, now_ms, DELIVERY)
    return model_of(snapshot, index, tariff, every, by_place, Due(DELIVERY, now_ms))


def test_a_promise_that_ground_would_miss_goes_faster_where_the_days_cost_more_than_the_postage() -> None:
    wanted = order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS)
    # By ground on Thursday, by express on Wednesday. A package costs 790 cents by ground and half a kilogram 60: a day
    # less costs 140 % of that, and the last one another 180 %.
    for cents, service in ((1_189, "ground"), (1_191, "express"), (1_529, "express"), (1_531, "overnight")):
        assert asked(run(wanted, tariff=Tariff(late_per_day=cents))[0]) == [("W0001", service)]


def test_what_faster_services_cost_is_in_the_explanation_and_named_there() -> None:
    [decision] = run(order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS))
    why: Any = decision.explanation
    [package] = why["chosen"]["packages"]
    assert (package["location"], package["send_by"]) == ("W0001", "overnight")
    assert (why["chosen"]["terms"]["shipping"], why["chosen"]["terms"]["weight"]) == (790 * 420 // 100, 504 // 2)
    assert why["sentence"].startswith("Shop W0001 by overnight ships the line for $")
    assert why["runner_up"]["choice"]["packages"][0]["name"] == "Shop W0001 by express"
    assert why["runner_up"]["terms"]["lateness"] == DEAR.late_per_day
    assert why["whole"] == 3  # locations, not their services


def test_without_a_promise_in_danger_the_options_are_the_places_and_the_arrays_those_of_one_service() -> None:
    in_time = order(line(1), order_id=UUID(int=901), promise_ms=TUESDAY_MS + 9 * DAY_MS)
    collected = order(line(2), order_id=UUID(int=902), service="pickup", pickup_location="S0001", promise_ms=MONDAY_MS)
    snapshot = Snapshot(PLACES, (order(line(3), to=AUSTIN), in_time, collected), stock(9, "A"))
    found, index, said = modelled(snapshot).problem, Index.of(snapshot), deciding.with_facts(None)
    one = Due(Delivery(60, SERVICES[0]), MONDAY_MS)
    alone = model_of(snapshot, index, DEAR, said, compiled_for(snapshot, index, said, MONDAY_MS), one).problem
    assert (found.place, found.pool, found.options) == (None, None, 3)
    for name in alone.package_terms:
        assert found.package_terms[name].tolist() == alone.package_terms[name].tolist()
        assert found.package_terms[name].dtype == alone.package_terms[name].dtype
    assert found.line_terms["weight"].rate.tolist() == alone.line_terms["weight"].rate.tolist()
    assert found.blocked.tolist() == alone.blocked.tolist()
    for decision in run(*snapshot.orders):
        assert asked(decision) == [(asked(decision)[0][0], "ground" if decision.order.service == "ship" else "")]
        assert " by ground" not in str(decision.explanation["sentence"])


def test_a_faster_service_is_open_only_to_the_orders_and_places_where_it_may_matter() -> None:
    late, patient = order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS), order(line(2), order_id=UUID(int=901))
    held = {("W0001", "A"): 9, ("S0001", "A"): 9}
    found = modelled(Snapshot(PLACES, (late, patient), held), tariff=Tariff(late_per_day=1_300))
    options = [(int(place), found.options.send_by(number)) for number, place in enumerate(found.options.place)]
    # Overnight would save one day more, for more than a day costs; S0002 has nothing to send.
    assert options == [(0, "ground"), (1, "ground"), (2, "ground"), (0, "express"), (2, "express")]
    assert [row != 0 for row in found.problem.blocked[0].tolist()] == [False] * 5
    assert [row != 0 for row in found.problem.blocked[1].tolist()] == [False] * 3 + [True] * 2
    [_, decision] = run(late, patient)
    assert "postage" not in str(decision.explanation)


def test_each_service_has_its_own_cut_off_and_transit() -> None:
    wednesday = order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS + DAY_MS)
    # Packed at half past three: express leaves today, overnight with tomorrow's collection; both arrive on Wednesday.
    half_past_two = MONDAY_MS + 6 * HOUR_MS + HOUR_MS // 2
    assert asked(run(wednesday, now_ms=half_past_two)[0]) == [("W0001", "express")]
    # Packed at half past four nothing leaves today: only overnight is there on Wednesday.
    assert asked(run(wednesday, now_ms=half_past_two + HOUR_MS)[0]) == [("W0001", "overnight")]


def test_a_service_whose_collection_a_place_does_not_have_is_no_sooner_there() -> None:
    without = (*PLACES[:2], replace(PLACES[2], collections={"overnight": None}))
    assert asked(run(order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS), places=without)[0]) == [("W0001", "express")]
    wednesday = (*PLACES[:2], replace(PLACES[2], collections={"overnight": Collection(900, frozenset({2}))}))
    late = run(order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS), places=wednesday)
    assert asked(late[0]) == [("W0001", "express")]


def test_a_service_that_does_not_collect_at_a_place_sends_nothing_from_there() -> None:
    no_ground = (replace(PLACES[0], collections={"ground": None}), *PLACES[1:])
    heavy = line(1, weight_g=30_000)  # express from nearby costs more than ground from farther away
    for said in (None, rules({"kind": "transit", "days": 5})):
        [light] = run(order(line(1)), places=no_ground[:1], said=said)
        assert asked(light) == [("S0001", "express")]
        [sent] = run(order(heavy), places=no_ground, said=said)
        assert asked(sent) == [("W0001", "ground")]
        refused: Any = sent.explanation["refused"]
        assert (refused[0]["name"], refused[0]["send_by"], refused[0]["obstacles"][0]["text"]) == (
            "Shop S0001 by ground", "ground", "has no collection by that service",
        )  # fmt: skip
        [collected] = run(order(line(1), service="pickup", pickup_location="S0001"), places=no_ground, said=said)
        assert asked(collected) == [("S0001", "")]
        [moved] = run(offered(order(heavy), "S0001", "ground"), places=no_ground, said=said)
        assert (asked(moved), [each.location for each in moved.moved]) == ([("W0001", "ground")], ["S0001"])


def test_a_place_at_which_no_service_collects_is_still_asked_by_the_cheapest() -> None:
    unknown = replace(PLACES[0], collections={service.name: None for service in SERVICES})
    assert asked(run(order(line(1)), places=(unknown,))[0]) == [("S0001", "ground")]


@pytest.mark.parametrize("effort", ["one-by-one", "standard"])
def test_a_service_paused_by_a_rule_is_not_used(effort: Effort) -> None:
    steering = replace(ONE_BY_ONE, effort=effort)
    late, patient = order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS), order(line(2), order_id=UUID(int=901))
    collected = order(line(3), order_id=UUID(int=902), service="pickup", pickup_location="S0001")
    everything = (late, patient, collected)
    grounded = rules({"kind": "pause_service", "service": "overnight"})
    sent = [asked(each) for each in run(*everything, said=grounded, steering=steering)]
    assert sent == [[("W0001", "express")], [("S0001", "ground")], [("S0001", "")]]
    no_trucks = rules({"kind": "pause_service", "service": "ground", "at": {"kinds": ["store"]}})
    sent = [asked(each) for each in run(*everything, said=no_trucks, steering=steering)]
    assert sent == [[("W0001", "overnight")], [("W0001", "ground")], [("S0001", "")]]
    nowhere = rules({"kind": "pause_service", "service": "ground"})
    sent = [asked(each) for each in run(*everything, said=nowhere, steering=steering)]
    assert sent == [[("W0001", "overnight")], [("S0001", "express")], [("S0001", "")]]


def test_a_limit_on_transit_is_met_by_a_faster_service_and_an_unknown_distance_by_none() -> None:
    two_days = rules({"kind": "transit", "days": 2})
    assert asked(run(order(line(1), to=AUSTIN), said=two_days)[0]) == [("W0001", "express")]
    assert asked(run(order(line(1)), said=two_days)[0]) == [("S0001", "ground")]
    [lost] = run(order(line(1), to=None), said=two_days)
    assert (asked(lost), len(lost.backordered)) == ([], 1)
    [unruled] = run(order(line(1), to=AUSTIN), said=rules({"kind": "transit", "days": 5}))
    assert asked(unruled) == [("W0001", "ground")]


def test_rules_that_bind_some_lines_alone_divide_an_order_over_services() -> None:
    by_ground = rules({"kind": "hazmat", "tags": ["hazmat"], "certification": "hazmat", "service": "ground"})
    snapshot = Snapshot(
        PLACES, (order(line(1), line(2, "B", tags=frozenset({"hazmat"})), to=AUSTIN, promise_ms=TUESDAY_MS),),
        stock(9, "A", "B"),
    )  # fmt: skip
    found = modelled(snapshot, by_ground)
    assert found.problem.line_blocked is not None
    names = [found.options.send_by(number) for number in range(len(found.options.place))]
    reasons = [found.problem.reasons[code].text for code in found.problem.line_blocked[1].tolist()]
    # Nobody is certified as far as the centre knows; that is the first reason wherever the service is ground.
    assert set(zip(names, reasons, strict=True)) >= {("ground", "is not certified for hazmat")}
    assert found.problem.line_blocked[0].tolist() == [0] * len(names)


def offered(wanted: OpenOrder, location: str, send_by: str, offered_ms: int = MONDAY_MS) -> OpenOrder:
    lines = tuple(
        replace(each, offered_to=location, task=UUID(int=7_000), rev=1, offered_ms=offered_ms, send_by=send_by)
        for each in wanted.lines
    )
    return replace(wanted, lines=lines)


@pytest.mark.parametrize("effort", ["one-by-one", "standard"])
def test_an_offer_moves_to_another_service_of_its_location_where_that_saves_more_than_moving_costs(
    effort: Effort,
) -> None:
    standing = offered(order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS), "W0001", "ground")
    saving = 2 * DEAR.late_per_day - 320 * 790 // 100 - (504 - 120) // 2
    [moved] = run(standing, steering=Steering("batch", effort, 0, saving - 1))
    assert asked(moved) == [("W0001", "overnight")]
    assert [(each.location, each.send_by) for each in moved.moved] == [("W0001", "ground")]
    assert moved.explanation["moved_from"] == ["Shop W0001 by ground"]
    [stays] = run(standing, steering=Steering("batch", effort, 0, saving + 1))
    assert (stays.wishes, stays.moved) == ((), ())


@pytest.mark.parametrize("effort", ["one-by-one", "standard"])
@pytest.mark.parametrize("send_by", ["ground", ""])
def test_an_offer_that_names_no_service_is_one_by_the_cheapest(effort: Effort, send_by: str) -> None:
    standing = offered(order(line(1)), "S0001", send_by)
    [stays] = run(standing, steering=Steering("batch", effort, 0, 0))
    assert (stays.wishes, stays.moved) == ((), ())


@pytest.mark.parametrize("effort", ["one-by-one", "standard"])
def test_an_offer_by_a_faster_service_goes_to_the_cheapest_once_its_promise_is_gone(effort: Effort) -> None:
    standing = offered(order(line(1)), "S0001", "overnight")
    [moved] = run(standing, steering=Steering("batch", effort, 0, 100))
    assert (asked(moved), [each.send_by for each in moved.moved]) == ([("S0001", "ground")], ["overnight"])
    [stays] = run(standing, steering=Steering("batch", effort, 0, 100_000))
    assert (stays.wishes, stays.moved) == ((), ())


@pytest.mark.parametrize("effort", ["one-by-one", "standard"])
def test_an_offer_by_a_service_that_the_setting_no_longer_has_is_decided_anew(effort: Effort) -> None:
    [moved] = run(offered(order(line(1)), "S0002", "pigeon"), steering=Steering("batch", effort, 0, 100_000))
    assert (asked(moved), [each.send_by for each in moved.moved]) == ([("S0001", "ground")], ["pigeon"])


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    cutoffs = st.none() | st.builds(Collection, st.integers(600, 1300), st.frozensets(st.integers(0, 6), max_size=5))
    places = tuple(
        replace(
            place,
            collections={service.name: draw(cutoffs) for service in SERVICES if draw(st.booleans())},
            capacity=draw(st.none() | st.integers(0, 6)),
            closed=draw(st.sampled_from(("", "", "flooded"))),
        )
        for place in PLACES
    )  # fmt: skip
    orders = tuple(
        order(
            *(line(10 * number + each, draw(st.sampled_from("AB")), draw(st.integers(1, 2)),
                   tags=draw(st.sampled_from((frozenset[str](), frozenset({"alcohol"})))))
              for each in range(draw(st.integers(1, 3)))),
            to=draw(st.sampled_from((AUSTIN, (39.9, -83.0), (45.0, -122.0), None))),
            order_id=UUID(int=900 + number), promise_ms=draw(st.none() | st.integers(0, 6)),
        )
        for number in range(draw(st.integers(1, 4)))
    )  # fmt: skip
    orders = tuple(
        each if each.promise_ms is None else replace(each, promise_ms=MONDAY_MS + each.promise_ms * DAY_MS)
        for each in orders
    )
    orders = tuple(
        offered(each, draw(st.sampled_from([place.location for place in places])),
                draw(st.sampled_from(["", *(service.name for service in SERVICES)])))
        if draw(st.booleans()) else each
        for each in orders
    )  # fmt: skip
    return Snapshot(places, orders, {key: draw(st.integers(0, 4)) for key in stock(0, "A", "B")})


SAID = (
    None,
    rules({"kind": "pause_service", "service": "ground", "at": {"kinds": ["store"]}}),
    rules({"kind": "transit", "days": 2}, {"kind": "capacity", "units": 3, "service": "ship"}),
    rules({"kind": "hazmat", "tags": ["alcohol"], "certification": "none", "service": "express"}),
    rules({"kind": "pause_service", "service": "express", "when": {"promised": True}},
          {"kind": "safety_stock", "units": 1}),
)  # fmt: skip


@given(snapshots(), st.sampled_from(SAID), st.integers(0, 24 * 60), st.integers(100, 3_000))
@settings(max_examples=150)
def test_no_plan_is_lost_by_leaving_out_services_that_are_not_worth_their_postage(
    snapshot: Snapshot, said: RuleSet | None, later: int, per_day: int
) -> None:
    now_ms, tariff, every = MONDAY_MS + later * 60_000, Tariff(late_per_day=per_day), deciding.with_facts(said)
    found = modelled(snapshot, said, now_ms, tariff)
    index, due = Index.of(snapshot), Due(DELIVERY, now_ms)
    distances = Distances.of(snapshot.orders, snapshot.places)
    options = replace(options_of(snapshot, index.place, tariff, due, distances), shut=None)
    assert len(options.place) == len(SERVICES) * len(PLACES)
    compiled = compile_rules(every, seen_by_rules(snapshot, index, options, distances, due), now_ms)
    whole = problem_of(snapshot, index, tariff, compiled, distances, options)
    for number in range(len(snapshot.orders)):
        assert split(found.problem, number).cents == split(whole, number).cents
        for each in snapshot.orders[number].lines:
            way = index.place.get(each.offered_to, -1), each.send_by
            if each.offered_to and whole.blocked[number, options.numbers()[way]] == 0:
                assert found.problem.blocked[number, found.options.numbers()[way]] == 0


@given(snapshots(), st.sampled_from(("one-by-one", "standard")), st.sampled_from(SAID))
@settings(max_examples=60)
def test_carrying_a_run_out_and_deciding_again_moves_nothing(
    snapshot: Snapshot, effort: Effort, said: RuleSet | None
) -> None:
    fresh = _fresh(snapshot)
    first = decide(fresh, DEAR, Steering("batch", effort), said, MONDAY_MS, DELIVERY)
    after = replace(fresh, orders=tuple(map(_carried_out, first.decisions)))
    again = decide(after, DEAR, Steering("batch", effort, 0, 1_000), said, MONDAY_MS, DELIVERY)
    assert [decision.moved for decision in again.decisions if decision.moved] == []


def _fresh(snapshot: Snapshot) -> Snapshot:
    """The same before anybody was asked."""
    orders = (
        replace(order, lines=tuple(replace(each, offered_to="", task=None, rev=0, send_by="", offered_ms=None)
                                   for each in order.lines))
        for order in snapshot.orders
    )  # fmt: skip
    return replace(snapshot, orders=tuple(orders))


def _carried_out(decision: Decision) -> OpenOrder:
    ways = {
        each.line_id: (wish, UUID(int=decision.order.order_id.int * 100 + number))
        for number, wish in enumerate(decision.wishes) for each in wish.lines
    }  # fmt: skip
    lines = tuple(
        each if each.line_id not in ways
        else replace(each, offered_to=ways[each.line_id][0].location, send_by=ways[each.line_id][0].send_by,
                     task=ways[each.line_id][1], rev=1, offered_ms=MONDAY_MS)
        for each in decision.order.lines
    )  # fmt: skip
    return replace(decision.order, lines=lines, told=decision.unserved)


def question_of(delivery: Delivery | None, effort: Effort = "standard", said: Rules | None = None) -> Question:
    wanted = (order(line(1), to=AUSTIN, promise_ms=TUESDAY_MS), order(line(2), order_id=UUID(int=901)))
    snapshot = Snapshot(PLACES, wanted, stock(9, "A"))
    steering = Steering("batch", effort, 0, 100)
    return Question("USD", snapshot, DEAR, said or Rules(), steering, MONDAY_MS, "tillway 1", delivery)


def test_services_are_part_of_the_stored_inputs_and_of_the_answer() -> None:
    full = question_of(DELIVERY)
    assert question.read(full.asked()) == full
    found = answer.read(solve(full.asked())[2])
    assert [[(ask.location, ask.send_by) for ask in each.ask] for each in found.orders] == [
        [("W0001", "overnight")], [("S0001", "ground")],
    ]  # fmt: skip
    other = replace(found, orders=(replace(found.orders[0], ask=(replace(found.orders[0].ask[0], send_by="ground"),)),
                                   *found.orders[1:]))  # fmt: skip
    [difference] = answer.differences(other, found)
    assert "goes elsewhere: 1 from W0001 by overnight, was 1 from W0001 by ground" in difference


def test_a_question_from_before_services_were_told_apart_is_read_and_decided_as_it_was() -> None:
    asked_then = question_of(Delivery(60, SERVICES[0])).asked()
    core = asked_then.core.replace(b',"faster":null', b"").replace(b',"send_by":""', b"")
    assert len(core) < len(asked_then.core) - 30
    then = question.read(replace(asked_then, core=core))
    assert then == question_of(Delivery(60, SERVICES[0]))
    parts = solve(replace(asked_then, core=core))
    assert [ask.send_by for each in answer.read(parts[2]).orders for ask in each.ask] == ["", ""]
    assert b"send_by" not in b"".join(parts[3:])
    before = parts[2].replace(b',"send_by":""', b"")  # what that program stored
    assert (before != parts[2], answer.read(before) == answer.read(parts[2])) == (True, True)


BODY: dict[str, Any] = {
    "format": 1, "name": "r", "revision": 1, "default_policy": "p", "policies": [{"id": "p"}],
    "rules": [
        {"kind": "distance", "id": "near", "miles": 2_000},
        {"kind": "pause_service", "id": "no-planes", "service": "overnight"},
    ],
}  # fmt: skip


def test_what_a_pause_of_a_service_costs_is_the_days_that_it_makes_late() -> None:
    asked_for = question_of(DELIVERY, said=Rules("r-1", BODY))
    found = rule_costs(asked_for, decided(asked_for))
    near, pause = found.rules[:2]
    saving = DEAR.late_per_day - 180 * 790 // 100 - (504 - 288) // 2  # overnight instead of express
    assert (pause.saving, pause.low, pause.high) == (saving, 0, saving)
    assert near.saving == 0
    plain = question_of(DELIVERY)
    assert [each.saving for each in rule_costs(plain, decided(plain)).rules if each.blocked] == []


def decided(asked_for: Question) -> answer.Answer:
    body = asked_for.rules.body
    made: Decided = decide(
        asked_for.snapshot, asked_for.tariff, asked_for.steering, None if body is None else parse(body),
        asked_for.now_ms, asked_for.delivery,
    )  # fmt: skip
    return answer_of(made)[0]


@given(snapshots(), st.sampled_from(SAID))
@settings(max_examples=40)
def test_what_rules_cost_can_be_reckoned_of_every_run(snapshot: Snapshot, said: RuleSet | None) -> None:
    steering, followed = Steering("batch", "standard", 0, 100), Rules() if said is None else Rules("r-1", dump(said))
    asked_for = Question("USD", _fresh(snapshot), DEAR, followed, steering, MONDAY_MS, "tillway 1", DELIVERY)
    made = answer_of(decide(asked_for.snapshot, DEAR, steering, said, MONDAY_MS, DELIVERY))[0]
    for each in rule_costs(asked_for, made).rules:
        assert each.saving is None or each.low is None or each.high is None or each.low <= each.saving <= each.high


def test_the_times_of_a_tariff_are_rounded_down_and_leave_labour_as_it_is() -> None:
    found = Tariff().times(240)
    assert (found.package_by_zone[0], found.kg_by_zone[1]) == (1_248, 180)
    assert (found.packing, found.handling_per_unit, found.late_per_day) == (
        Tariff().packing, Tariff().handling_per_unit, Tariff().late_per_day,
    )  # fmt: skip
    assert np.array(Tariff().times(100).kg_by_zone).tolist() == list(Tariff().kg_by_zone)
