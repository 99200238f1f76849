"""A rule set and a scene become arrays: segments, fallbacks, collected orders, options, and data that is wrong."""

import itertools
from dataclasses import fields, replace
from math import nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail.errors import Refused
from routing.problem import Problem, Reason
from routing.rules.compile import Compiled, compile_rules, every_cause
from routing.rules.defaults import default_rules
from routing.rules.document import parse
from routing.rules.scene import ANYWHERE, KEPT_MAX, Backdrop, OpenLine, OpenOrder, Option, Place, Scene, Stock
from routing.source import source_in_order
from tests.unit.routing.rules.documents import documents
from tests.unit.routing.rules.scenes import (
    COLUMBUS,
    DAY,
    MINUTE,
    NETWORK,
    NOON_MS,
    compiled,
    line,
    line_texts,
    order,
    place,
    ruled,
    scene,
    texts,
)

SEGMENTS = {
    "policies": [{"id": "p"}, {"id": "vip"}, {"id": "rest"}],
    "segments": [
        {"id": "gold", "match": {"tiers": ["gold"]}, "policy": "vip"},
        {"id": "web", "match": {"channels": ["web"]}, "policy": "rest"},
    ],
}


def problem(found: Compiled, of: Scene) -> Problem:
    """A problem that takes everything from the rules and costs a cent a package."""
    lines = [each for one in of.orders for each in one.lines]
    row = {sku: number for number, sku in enumerate(of.stock.skus)}
    return Problem(
        order_ptr=np.cumsum([0, *(len(one.lines) for one in of.orders)]),
        line_sku=np.array([row[each.sku] for each in lines], np.int64),
        line_qty=np.array([each.quantity for each in lines], np.int64),
        backorder=np.full(len(lines), 5000),
        stock=found.stock,
        capacity=found.capacity,
        blocked=found.blocked,
        reasons=found.reasons,
        package_terms={"label": np.ones(len(of.columns), np.int64), **found.package_terms},
        line_terms=found.line_terms,
        line_blocked=found.line_blocked,
        pickup=found.pickup,
        max_packages=found.max_packages,
        place=np.array([option.place for option in of.columns], np.int64),
        pool=found.pool,
        kits=found.kits,
        complete=found.complete,
    )


def test_the_first_segment_that_matches_decides_the_policy() -> None:
    given = scene(order(tier="gold", channel="web"), order(channel="web"), order())
    found = compiled(
        {"kind": "exclude", "id": "vip-only", "policies": ["vip"], "at": {"locations": ["A"]}},
        {"kind": "exclude", "id": "all", "at": {"locations": ["B"]}},
        given=given,
        **SEGMENTS,
    )
    assert (found.segment.tolist(), found.policy.tolist()) == ([0, 1, -1], [1, 2, 0])
    assert [[text[-8:] for text in texts(found, number)] for number in range(3)] == [
        ["vip-only", "rule all", ""],
        ["", "rule all", ""],
        ["", "rule all", ""],
    ]


FALLBACKS = {
    "policies": [
        {
            "id": "p",
            "fallbacks": [
                {"after_minutes": 60, "relax": ["near"]},
                {"after_minutes": 120, "relax": ["stores"], "then": "person"},
                {"after_minutes": 600, "then": "cancel"},
            ],
        }
    ]
}
NEAR: dict[str, Any] = {"kind": "distance", "id": "near", "miles": 10}
STORES: dict[str, Any] = {"kind": "only", "id": "stores", "at": {"kinds": ["store"]}}


@pytest.mark.parametrize(
    ("waits_ms", "relaxed", "action", "open_at"),
    [
        (0, (), "wait", [True, False, False]),
        (60 * MINUTE - 1, (), "wait", [True, False, False]),
        (60 * MINUTE, ("near",), "wait", [True, True, False]),
        (120 * MINUTE, ("near", "stores"), "person", [True, True, True]),
        (600 * MINUTE, ("near", "stores"), "cancel", [True, True, True]),
        (-DAY, (), "wait", [True, False, False]),
    ],
)
def test_rules_are_relaxed_in_their_order_from_their_minute_on(
    waits_ms: int, relaxed: tuple[str, ...], action: str, open_at: list[bool]
) -> None:
    found = compiled(NEAR, STORES, given=scene(order(waiting_since_ms=NOON_MS - waits_ms)), **FALLBACKS)
    assert (found.relaxed(0), found.actions) == (relaxed, (action,))
    assert [text == "" for text in texts(found)] == open_at


def test_a_wait_counts_from_the_placing_where_nothing_else_is_known() -> None:
    found = compiled(NEAR, STORES, given=scene(order(placed_ms=NOON_MS - 60 * MINUTE)), **FALLBACKS)
    assert found.stage.tolist() == [1]


def test_the_reason_is_the_most_lasting_and_names_its_rule() -> None:
    shut = scene(places=(place("A", closed="x"),))
    found = compiled({"kind": "pause", "id": "later"}, {"kind": "closed", "id": "for-good"}, given=shut)
    assert found.reasons[0] == Reason("")
    assert (texts(found), found.reason_rules[int(found.blocked[0, 0])]) == (["takes no orders"], "for-good")


def test_a_collected_order_has_its_store_and_no_other() -> None:
    at_b, gone = order(service="pickup", pickup_location="B"), order(service="pickup", pickup_location="Z")
    found = compiled(given=scene(at_b, gone, order()))
    assert found.pickup.tolist() == [1, -1, -1]
    assert texts(found, 0) == texts(found, 2) == ["", "", ""]
    assert texts(found, 1) == ["is not where the order is collected"] * 3


def test_a_cart_that_may_be_collected_anywhere_is_told_of_every_location() -> None:
    options = (Option(0, "ground"), Option(0, "pickup"), Option(1), Option(2, transfer_to="A"))
    given = scene(order(service="pickup", pickup_location=ANYWHERE), options=options)
    found = compiled({"kind": "exclude", "id": "no-b", "at": {"locations": ["B"]}}, given=given)
    assert texts(found) == ["is an option to ship", "", "is left out by rule no-b", ""]
    assert found.pickup.tolist() == [-1]


def test_options_serve_what_they_are_for() -> None:
    options = (Option(0, "ground"), Option(0, "pickup"), Option(1, transfer_to="A"), Option(1))
    given = scene(order(), order(service="pickup", pickup_location="A"), options=options)
    found = compiled(given=given)
    assert texts(found, 0) == [
        "",
        "is an option to collect",
        "brings orders to another location, to be collected there",
        "",
    ]
    assert found.pickup.tolist() == [-1, -1]
    assert [text == "" for text in texts(found, 1)] == [False, True, True, False]
    direct = compiled(given=scene(order(service="pickup", pickup_location="A"), options=options[:2]))
    assert (direct.pickup.tolist(), texts(direct)) == ([0], ["is an option to ship", ""])


def test_options_of_one_place_and_time_share_its_capacity() -> None:
    tomorrow = Option(0, at_ms=NOON_MS + DAY)
    options = (Option(0, "ground"), Option(1), Option(0, "air"), tomorrow, tomorrow)
    found = compiled({"kind": "capacity", "units": 4, "service": "ship"}, given=scene(options=options))
    capacity, pool, leg = found.pools(np.array([True]))
    assert pool.tolist() == [0, 1, 0, 3, 3]
    assert leg.tolist() == [[5, 6, 5, 8, 8]]
    assert capacity[5:10].tolist() == [4] * 5


def test_every_cause_is_found_and_not_only_the_first() -> None:
    given = scene(order(), order(service="pickup", pickup_location="Z", placed_ms=NOON_MS), places=NETWORK[:2])
    rules = ruled(
        {"kind": "pause", "id": "later", "at": {"locations": ["B"]}},
        {"kind": "distance", "id": "near", "miles": 1},
        {"kind": "remorse", "id": "think", "minutes": 5},
        {"kind": "prefer", "id": "soft", "cents": 5},
        {"kind": "closed", "id": "past", "ends": "2026-01-01T00:00Z"},
    )
    every = every_cause(rules, given, NOON_MS, 0)
    assert [[cause.rule for cause in causes] for causes in every] == [[], ["near", "later"]]
    assert every[1][1].text == "is paused"
    every = every_cause(rules, given, NOON_MS, 1)
    assert [[cause.rule for cause in causes] for causes in every] == [["think", ""], ["later", "think", ""]]
    assert every[0][1].text == "is not where the order is collected"


def test_an_order_of_an_unknown_service_goes_nowhere_and_is_noted() -> None:
    found = compiled(given=scene(order(service="drone")))
    assert texts(found) == ["knows no such service as the order asks for"] * 3
    assert found.notes == ("orders ask for services that are not known, first 'drone'",)


def test_data_that_cannot_be_taken_at_its_word_is_noted() -> None:
    found = compiled(given=scene(order(placed_ms=NOON_MS + 1), places=(place("A", zone="Mars/Olympus"),)))
    assert found.notes == (
        "1 orders were placed after now: a clock was set back; their waits count as none",
        "1 locations have no known time zone, first Shop A",
    )


@pytest.mark.parametrize("now_ms", [-1, 2**60])
def test_a_moment_that_cannot_be_is_refused(now_ms: int) -> None:
    with pytest.raises(Refused, match="set the clock"):
        compile_rules(ruled(), scene(), now_ms)


def test_an_empty_network_and_no_orders_are_compiled() -> None:
    every = [{"kind": "distance", "miles": 9}, {"kind": "safety_stock", "units": 2}, {"kind": "prefer", "cents": 5}]
    nowhere = compiled(*every, given=scene(places=()))
    assert (nowhere.blocked.shape, nowhere.stock.shape) == ((1, 0), (1, 0))
    nobody = Scene(NETWORK, (), Stock((), np.zeros((0, 3), np.int64)))
    assert compiled(*every, given=nobody).blocked.shape == (0, 3)


def test_a_rule_set_that_shuts_everything_leaves_a_backorder_with_its_reason() -> None:
    given = scene()
    found = compiled({"kind": "exclude", "id": "all"}, given=given)
    assert source_in_order(problem(found, given), [0]).assignment.tolist() == [-1]
    assert set(texts(found)) == {"is left out by rule all"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"places": (place("A"), place("A"))}, "places"),
        ({"stock": Stock(("mug",), np.zeros((1, 3), np.int64))}, "orders[0].lines[0].sku"),
        ({"stock": Stock(("tea", "tea"), np.zeros((2, 3), np.int64))}, "stock.skus"),
        ({"stock": Stock(("tea",), np.zeros((1, 2), np.int64))}, "stock.units"),
        ({"stock": Stock(("tea",), np.zeros((1, 3)))}, "stock.units"),
        ({"weeks": [[1.0, nan]]}, "stock.weeks"),
        ({"options": (Option(3),)}, "options[0].place"),
        ({"transit_days": np.zeros((1, 2), np.int64)}, "transit_days"),
    ],
)
def test_a_scene_whose_parts_do_not_fit_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        scene(**changes)
    assert refused.value.field == field


def test_an_order_without_lines_is_refused() -> None:
    with pytest.raises(Refused, match="leave out empty orders"):
        Scene(NETWORK, (OpenOrder("o", "ship", ()),), Stock((), np.zeros((0, 3), np.int64)))


WILD = scene(
    order(line(quantity=2, tags=frozenset({"hazmat"}), kit="k"), line("mug", kit="k"), kind="po_box", lat=nan),
    order(service="pickup", pickup_location="B", placed_ms=NOON_MS + DAY, pinned_location="B", value=-5),
    order(line("pot", excluded=frozenset({"A"}), picking="W"), lat=None, lon=None, country="", promise_ms=-1),
    places=(
        place("A", zone="America/New_York", services=frozenset({"ground"}), rejects=3, confidence=nan, capacity=-4),
        place("B", None, closed="x", zone="??", offline_since_ms=NOON_MS + DAY),
        place("W", (200.0, 0.0), kind="warehouse", groups=frozenset({"g"}), confidence=2.0),
    ),
    units=[[-1, 2**40, 0], [1, 2, 3], [9, 9, 9]],
    weeks=[[nan, -1e300, 1e300]] * 3,
    confidence=[[nan, 0.5, 1.0]] * 3,
    sizes=[[1, 2, 3]] * 3,
    display=[[0, -1, 2**35]] * 3,
)


@settings(max_examples=50)
@given(documents(), st.sampled_from([NOON_MS, 0, NOON_MS + 400 * DAY]))
def test_any_rule_set_on_a_wild_scene_gives_a_problem_that_is_valid_and_solvable(
    document: dict[str, Any], now_ms: int
) -> None:
    found = compile_rules(parse(document), WILD, now_ms)
    drawn = problem(found, WILD)
    source_in_order(drawn, range(3))
    assert all(0 <= code < len(found.reasons) for code in np.unique(found.blocked).tolist())
    assert len(found.reasons) == len(found.reason_rules)
    assert all(reason.text for reason in found.reasons[1:])


@settings(max_examples=40)
@given(documents())
def test_to_drop_a_hard_rule_only_opens_and_to_drop_a_soft_one_only_frees_of_its_price(
    document: dict[str, Any],
) -> None:
    rules = parse(document)
    whole = compile_rules(rules, WILD, NOON_MS)
    for rule in rules.rules:
        rest = compile_rules(rules.without(rule.id), WILD, NOON_MS)
        shut, still = (_shut(each) for each in (whole, rest))
        assert not (still & ~shut).any()
        limits = ("stock", "capacity", "ship_capacity", "pickup_capacity")
        assert all((getattr(rest, name) >= getattr(whole, name)).all() for name in limits)
        assert not (rest.complete & ~whole.complete).any()
        assert not ((rest.kits >= 0) & (whole.kits < 0)).any()
        fewer = (rest.max_packages > 0) & ((whole.max_packages == 0) | (rest.max_packages < whole.max_packages))
        assert not fewer.any()
        kept = {name for name in whole.package_terms | whole.line_terms if name != f"rule {rule.id}"}
        assert set(rest.package_terms | rest.line_terms) == kept
        if rule.soft:
            assert (still == shut).all()
            assert (rest.stock == whole.stock).all()


def _shut(found: Compiled) -> Any:
    """(n, K): the option may not serve the line, for whatever reason."""
    order_of = np.repeat(np.arange(len(WILD.orders)), [len(each.lines) for each in WILD.orders])
    lines = 0 if found.line_blocked is None else found.line_blocked
    return (found.blocked[order_of] != 0) | (lines != np.zeros_like(found.blocked[order_of]))


@settings(max_examples=40)
@given(st.lists(documents(), min_size=1, max_size=3))
def test_scenes_that_share_a_backdrop_are_told_what_each_is_told_alone(drawn: list[dict[str, Any]]) -> None:
    options = (
        *map(Option, range(3)),
        Option(0, "ground", at_ms=NOON_MS + DAY),
        Option(2, "pickup"),
        Option(1, "", "A"),
    )
    backdrop = Backdrop(WILD.places, options, NOON_MS)
    for document, order_ in itertools.product(drawn, WILD.orders):
        rules = parse(document)
        alone = compile_rules(rules, Scene(WILD.places, (order_,), WILD.stock, options), NOON_MS)
        together = compile_rules(rules, Scene.before(backdrop, (order_,), WILD.stock), NOON_MS)
        for field in fields(Compiled):
            left, right = getattr(alone, field.name), getattr(together, field.name)
            assert repr(left) == repr(right) if field.name.endswith("_terms") else np.array_equal(left, right)


def test_a_backdrop_is_of_one_moment_and_of_its_own_places() -> None:
    backdrop = Backdrop(NETWORK, (), NOON_MS)
    before = Scene.before(backdrop, (order(),), scene().stock)
    with pytest.raises(Refused, match="of another moment"):
        compile_rules(ruled(), before, NOON_MS + 1)
    with pytest.raises(Refused, match="of other places"):
        replace(before, places=(place("A"), place("B"), place("C")))
    with pytest.raises(Refused, match="there is no place 3"):
        Backdrop(NETWORK, (Option(3),), NOON_MS)


def test_a_backdrop_forgets_rather_than_grow_without_end() -> None:
    backdrop = Backdrop(NETWORK, (), NOON_MS)
    for number in range(KEPT_MAX + 3):
        assert backdrop.once(number, lambda number=number: number) == number  # type: ignore[misc]
    assert backdrop.once(0, lambda: "again") == "again"
    assert backdrop.once(KEPT_MAX + 2, lambda: "again") == KEPT_MAX + 2


PLACES = st.builds(
    Place,
    location=st.just(""),
    name=st.just("x"),
    has_box=st.booleans(),
    closed=st.sampled_from(["", "", "flood"]),
    silent=st.booleans(),
    ships=st.booleans(),
    hands_over=st.booleans(),
    lat=st.sampled_from([None, COLUMBUS[0]]),
    lon=st.just(COLUMBUS[1]),
    currency=st.sampled_from(["USD", "USD", "CAD"]),
    country=st.sampled_from(["US", "", "CA"]),
    capacity=st.sampled_from([None, -2, 5]),
    kind=st.sampled_from(["store", "warehouse"]),
)
LINES = st.builds(
    OpenLine,
    sku=st.sampled_from(["tea", "mug"]),
    quantity=st.integers(1, 3),
    excluded=st.frozensets(st.sampled_from(["L0", "L1", "L9"])),
)
ORDERS = st.builds(
    OpenOrder,
    order_id=st.just("o"),
    service=st.sampled_from(["ship", "pickup"]),
    pickup_location=st.sampled_from(["L0", "L9"]),
    country=st.sampled_from(["US", ""]),
    currency=st.just("USD"),
    lines=st.lists(LINES, min_size=1, max_size=2).map(tuple),
)


def without_rules(one: OpenOrder, at: Place, known: set[str]) -> str:
    """Why a location may not serve an order where ops have said nothing: the first that applies."""
    abroad = at.currency != one.currency or bool(one.country and at.country and one.country != at.country)
    elsewhere = one.service == "pickup" and one.pickup_location not in known
    said = [
        (not at.has_box, "has no box: it is known, but nobody there can be asked"),
        (abroad, "is in another country or currency"),
        (bool(at.closed), "takes no orders"),
        (one.service == "pickup" and not at.hands_over, "does not hand over orders"),
        (one.service == "ship" and not at.ships, "does not ship"),
        (one.service == "ship" and at.lat is None, "has no coordinates that can be believed"),
        (one.service == "ship" and at.silent, "has been silent for too long"),
        (elsewhere, "is not where the order is collected"),
    ]
    return next((text for applies, text in said if applies), "")


@settings(max_examples=60)
@given(st.lists(PLACES, min_size=1, max_size=5), st.lists(ORDERS, min_size=1, max_size=3), st.integers(-1, 6))
def test_the_built_in_rules_say_only_what_must_be(drawn: list[Place], orders: list[OpenOrder], units: int) -> None:
    places = tuple(replace(each, location=f"L{number}") for number, each in enumerate(drawn))
    known = {each.location for each in places}
    available = {(each.location, sku): units + number for number, each in enumerate(places) for sku in ("tea", "mug")}
    of = Scene(places, tuple(orders), Stock.of(places, orders, {**available, ("L9", "tea"): 5, ("L0", "pot"): 5}))
    found = compile_rules(default_rules(), of, NOON_MS)
    for number, one in enumerate(orders):
        assert texts(found, number) == [without_rules(one, each, known) for each in places]
        at_store = one.service == "pickup" and one.pickup_location in known
        assert found.pickup[number] == (int(one.pickup_location[1:]) if at_store else -1)
    for number, each_line in enumerate(each for one in orders for each in one.lines):
        asked = [each.location in each_line.excluded for each in places]
        assert [text == "was asked for it before and could not" for text in line_texts(found, number)] == asked
    assert found.capacity.tolist() == [10**9 if each.capacity is None else max(each.capacity, 0) for each in places]
    last = found.line_terms.get("rule last-units")
    for row, sku in enumerate(of.stock.skus):
        there = [max(available[each.location, sku], 0) for each in places]
        assert found.stock[row].tolist() == there
        dear = [count <= 4 and each.kind == "store" for count, each in zip(there, places, strict=True)]
        assert (last.rate[row] if last else np.zeros(len(places))).tolist() == [150 * each for each in dear]
    assert not [reason for reason in found.reasons if "coordinates" in reason.text and reason.priced]


def test_no_order_is_told_anything_that_depends_on_the_others() -> None:
    random = np.random.default_rng(3)
    places = tuple(place(f"L{number}", tuple(random.uniform(20, 50, 2)), rejects=number % 4) for number in range(30))
    lines = [line("tea" if number % 2 else "mug", 1 + number % 4) for number in range(600)]
    orders = tuple(
        order(each, lat=float(random.uniform(20, 50)), lon=30.0, value=number) for number, each in enumerate(lines)
    )
    stock = Stock(("mug", "tea"), random.integers(0, 6, (2, 30)))
    rules = ruled(
        {"kind": "distance", "miles": 500},
        {"kind": "max_rejects", "rejects": 2},
        {"kind": "order_value", "least": 50},
        {"kind": "safety_stock", "units": 2},
        {"kind": "minimum_stock", "units": 3},
    )
    together = compile_rules(rules, Scene(places, orders, stock), NOON_MS)
    for number in range(0, 600, 61):
        alone = compile_rules(rules, Scene(places, (orders[number],), stock), NOON_MS)
        assert texts(alone) == texts(together, number)
        rows = [
            [each.reasons[code].text for code in each.line_blocked[row]]
            for each, row in ((alone, 0), (together, number))
            if each.line_blocked is not None
        ]
        assert rows[0] == rows[1]
