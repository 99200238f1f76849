"""Promises obey the rules that sourcing follows, and say in plain words what a rule shuts."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.sourcing import domain
from central.sourcing.domain import SHIP, Snapshot, Work, tags_of
from central.sourcing.facts import with_facts
from central.sourcing.model import Index, compiled_for
from central.sourcing.promises.cart import Cart, CartLine, Promised
from central.sourcing.promises.domain import promise
from central.sourcing.promises.network import Site
from central.sourcing.promises.ports import NoBidPrices
from central.sourcing.promises.rulebook import Rulebook
from routing.rules.compile import Compiled
from routing.rules.document import RuleSet, parse
from tests.unit.central.sourcing.test_promises import NOW, book, cart, site, stock, taken

DAY = 86_400_000


def ruled(*rules: dict[str, Any], **changes: Any) -> RuleSet:
    named = [{"id": f"rule-{number}", **rule} for number, rule in enumerate(rules)]
    usual = {"format": 1, "name": "test", "revision": 1, "default_policy": "p", "policies": [{"id": "p"}]}
    return parse({**usual, "rules": named, **changes})


def asked(
    rules: RuleSet, question: Cart, available: list[list[int]], sites: list[Site] | None = None, **goods: Any
) -> Promised:
    """Two stores, the second a little farther away, unless ``sites`` are given; ``goods`` are of every item."""
    having = stock(available, **goods)
    return promise(book(sites or [site(1), site(2, -83.4)], rules), having, question, NoBidPrices(), NOW)


def shippers(found: Promised) -> list[list[str]]:
    """From where each option sends."""
    return [[package.location for package in option.packages] for option in found.options]


ONE, TWO = cart((0, 1)), cart((0, 1), (1, 1))
AT_1, AT_2 = {"locations": ["S0001"]}, {"locations": ["S0002"]}


def test_a_paused_place_is_not_promised_and_says_so() -> None:
    rules = ruled({"kind": "pause", "at": AT_1, "until": "2027-01-18T14:00:00-05:00"})
    found = asked(rules, replace(ONE, pickup="S0001"), [[9, 9]])
    assert [(place.location, place.why) for place in found.pickups] == [
        ("S0001", "is paused until 18 Jan 14:00"),
        ("S0002", ""),
    ]
    assert {place for places in shippers(found) for place in places} == {"S0002"}


def test_a_network_that_a_rule_shuts_says_what_shuts_the_nearest_place_that_has_it() -> None:
    found = asked(ruled({"kind": "pause"}), ONE, [[0, 9]])
    assert found.no_pickup == "no place can hand over any of it: Store 2 is paused"
    assert found.no_shipping == "no place that ships can be promised now: Store 2 is paused"
    found = asked(ruled({"kind": "exclude_products", "tags": ["hazmat"]}), ONE, [[9, 9]], hazard="flammable")
    assert found.no_pickup == "no place can hand over any of it: Store 1 does not serve hazmat products"
    assert found.no_shipping == "no place can send a line of it: Store 1 does not serve hazmat products"
    found = asked(ruled({"kind": "closed"}), ONE, [[0]], [site(1, closed="flooded")])
    assert found.no_pickup == "no place that hands over orders can be promised now: Store 1 takes no orders: flooded"


def test_a_pause_that_is_over_by_then_begins_with_the_next_day() -> None:
    rules = ruled({"kind": "pause", "until": "2027-01-16T00:00:00-05:00"})
    free = asked(ruled(), ONE, [[9, 9]])
    found = asked(rules, ONE, [[9, 9]])
    assert (free.pickups[0].ready_ms, found.pickups[0].ready_ms) == (NOW + 7_200_000, NOW + DAY + 3 * 3_600_000)
    assert free.options[0].packages[0].pack_by_ms < NOW + DAY / 2 < found.options[0].packages[0].pack_by_ms


def test_what_rules_say_of_facts_holds_though_no_document_says_it() -> None:
    for changes, why in (
        ({"closed": "flooded"}, "takes no orders: flooded"),
        ({"has_box": False}, "has no box: it is known, but nobody there can be asked"),
        ({"hands_over": False}, "does not hand over orders"),
        ({"currency": "CAD"}, "is in another country or currency"),
    ):
        found = asked(ruled(), replace(ONE, pickup="S0001"), [[9]], [site(1, **changes)])
        assert found.pickups[0].why == why


def test_a_product_that_a_place_does_not_serve_comes_from_another() -> None:
    rules = ruled({"kind": "exclude_products", "tags": ["gift_wrap"], "at": AT_1})
    wrapped = replace(TWO, lines=(CartLine("sku0", 1, gift=True), CartLine("sku1", 1)), pickup="S0001")
    found = asked(rules, wrapped, [[9, 9], [9, 0]])
    assert [line.available for line in found.pickups[0].lines] == [0, 1]
    assert [(package.location, package.lines) for package in found.options[-1].packages] == [
        ("S0001", (1,)),
        ("S0002", (0,)),
    ]
    alone = asked(rules, replace(wrapped, lines=wrapped.lines[:1]), [[9, 9], [9, 0]])
    assert alone.pickups[0].why == "does not serve gift wrap products"


def test_a_soft_price_moves_the_cheapest_split_and_is_no_price_that_is_paid() -> None:
    plain = asked(ruled(), ONE, [[9, 9]])
    priced = asked(ruled({"kind": "prefer", "at": AT_2, "cents": 500}), ONE, [[9, 9]])
    credited = asked(ruled({"kind": "sales_credit", "at": AT_2, "cents": 500}), ONE, [[9, 9]])
    assert [shippers(each)[-1] for each in (plain, priced, credited)] == [["S0001"], ["S0002"], ["S0002"]]
    assert plain.options[-1].price == priced.options[-1].price == credited.options[-1].price


def test_a_cap_that_is_full_begins_with_the_next_day_and_one_that_never_holds_the_cart_is_not_promised() -> None:
    cap = {"kind": "capacity", "units": 5, "service": "ship"}
    full = book([site(1)], ruled(cap), S0001=4)
    begun = [promise(full, stock([[9]]), cart((0, units)), NoBidPrices(), NOW) for units in (1, 2, 6)]
    packed = [[package.pack_by_ms for option in each.options for package in option.packages] for each in begun]
    assert packed[0][0] < packed[1][0]
    assert packed[2] == []
    assert begun[2].no_shipping == "no place can send a line of it: Store 1 cannot handle so much on one day"
    assert len({each.pickups[0].ready_ms for each in begun}) == 1  # what is collected has no cap
    weekend = ruled({**cap, "units": 0, "weekdays": ["friday", "saturday"]})
    assert promise(book([site(1)], weekend), stock([[9]]), ONE, NoBidPrices(), NOW).options == ()


def test_a_rule_that_a_fallback_relaxes_later_still_binds_a_cart_which_has_waited_for_nothing() -> None:
    far = {"kind": "distance", "miles": 10, "id": "near"}

    def with_step(after_minutes: int) -> Promised:
        policies = [{"id": "p", "fallbacks": [{"after_minutes": after_minutes, "relax": ["near"]}]}]
        return asked(ruled(far, policies=policies), ONE, [[0, 9]])

    assert with_step(0).options
    assert with_step(60).options == ()
    assert with_step(60).no_shipping.endswith("Store 2 is farther away than 10 miles")


def test_an_order_that_its_customer_may_still_change_is_picked_after_that() -> None:
    free, held = asked(ruled(), ONE, [[9]], [site(1)]), ruled({"kind": "remorse", "minutes": 120})
    [place] = asked(held, ONE, [[9]], [site(1)]).pickups
    assert (free.pickups[0].ready_ms, place.ready_ms) == (NOW + 7_200_000, NOW + 10_800_000)
    sent_only = ruled({"kind": "remorse", "minutes": 120, "when": {"services": ["ship"]}})
    assert asked(sent_only, ONE, [[9]], [site(1)]).pickups[0].ready_ms == NOW + 7_200_000
    found = asked(ruled({"kind": "remorse", "minutes": 10_080}), ONE, [[9]], [site(1)])
    assert found.pickups == found.options == ()
    assert "may still be changed by its customer for 10080 minutes" in found.no_shipping


def test_a_service_that_is_paused_is_not_promised_and_another_is() -> None:
    far = replace(ONE, lon=-90.0)
    paused = asked(ruled({"kind": "pause_service", "service": "fast"}), far, [[9]], [site(1)])
    free = asked(ruled(), far, [[9]], [site(1)])
    assert [option.packages[0].service for option in free.options] == ["fast", "slow"]
    assert [option.packages[0].service for option in paused.options] == ["slow"]
    counter = asked(ruled({"kind": "pause_service", "service": "pickup"}), replace(ONE, pickup="S0001"), [[9]],
                    [site(1)])  # fmt: skip
    assert counter.pickups[0].why == "does not offer pickup"
    assert counter.options


@pytest.mark.parametrize(("value", "served"), [(None, True), (2_500, True), (2_499, False)])
def test_the_value_of_a_cart_is_what_is_said_or_the_standard_prices(value: int | None, served: bool) -> None:
    rules = ruled({"kind": "order_value", "least": 2_500})
    found = asked(rules, replace(cart((0, 2)), value=value), [[9]], [site(1)], prices={"USD": 1_250, "CAD": 1})
    assert bool(found.options) is served
    grams = asked(rules, replace(cart((0, 200)), value=value), [[900]], [site(1)], prices={"USD": 12_500}, per=1_000)
    assert bool(grams.options) is served


def test_rules_bind_the_carts_that_they_name() -> None:
    when = {"channels": ["ebay"], "regions": ["OH"], "postcodes": ["432"], "countries": ["US"]}
    rules = ruled({"kind": "exclude", "when": when})
    meant = replace(ONE, channel="ebay", region="OH", postcode="43215")
    assert asked(rules, meant, [[9, 9]]).options == ()
    for change in ({"channel": "web"}, {"region": ""}, {"postcode": "9"}):
        assert asked(rules, replace(meant, **change), [[9, 9]]).options  # type: ignore[arg-type]
    segments = [{"id": "s", "match": {"channels": ["ebay"]}, "policy": "q"}]
    policies = [{"id": "p"}, {"id": "q"}]
    strict = ruled({"kind": "exclude", "policies": ["q"]}, policies=policies, segments=segments)
    assert asked(strict, meant, [[9, 9]]).options == ()
    assert asked(strict, replace(meant, channel="web"), [[9, 9]]).options


def test_units_that_rules_keep_back_are_promised_to_nobody() -> None:
    for rule in ({"kind": "safety_stock", "units": 2}, {"kind": "last_unit", "units": 2}):
        found = asked(ruled(rule), cart((0, 5)), [[6]], [site(1)])
        assert [line.available for line in found.pickups[0].lines] == [4]
        assert found.options == ()
        assert found.no_shipping.startswith("no place can send a line of it: Store 1 keeps ")
    few = asked(ruled({"kind": "minimum_stock", "units": 7}), cart((0, 5)), [[6]], [site(1)])
    assert few.no_shipping == "no place can send a line of it: Store 1 has fewer than 7 units of it"


def test_what_rules_ask_of_an_order_as_a_whole_holds_for_a_cart() -> None:
    apart = [[1, 0], [0, 1]]
    assert shippers(asked(ruled(), TWO, apart))[-1] == ["S0001", "S0002"]
    one_package = asked(ruled({"kind": "max_packages", "packages": 1}), TWO, apart)
    assert [len(places) for places in shippers(one_package)] == [1]
    kit = replace(TWO, lines=tuple(replace(line, kit="set") for line in TWO.lines))
    kept = asked(ruled({"kind": "keep_kits"}), replace(kit, pickup="S0001"), apart)
    assert (kept.options, kept.pickups[0].why) == ((), "has not all of what is sold as one")
    assert shippers(asked(ruled({"kind": "keep_kits"}), kit, [[1, 0], [1, 1]]))[-1] == ["S0001"]


def test_an_order_that_goes_whole_or_not_at_all_is_promised_whole_or_not_at_all() -> None:
    whole = ruled({"kind": "ship_complete"})
    assert shippers(asked(whole, TWO, [[1, 0], [0, 1]]))[-1] == ["S0001", "S0002"]
    found = asked(whole, replace(TWO, pickup="S0001"), [[1, 1], [0, 0]])
    assert [(place.ready_ms, place.why) for place in found.pickups] == [
        (None, "has not all of it, and by the rules it is all or nothing")
    ]
    assert found.options == ()
    assert found.no_shipping == "by the rules it is all or nothing, and not all of it can be sent"
    assert [line.missing for line in found.ship_lines] == [1, 1]


def test_a_place_that_rejected_too_much_today_begins_with_its_next_day() -> None:
    often = Work(rejects=4)
    rules = ruled({"kind": "max_rejects", "rejects": 3})
    network = book([site(1)]).network
    before, after = (
        promise(Rulebook.of(network, rules, {"S0001": work}), stock([[9]]), ONE, NoBidPrices(), NOW).pickups[0].ready_ms
        for work in (taken(0), often)
    )
    assert before is not None
    assert after is not None
    assert before < after


def test_what_a_place_has_to_do_now_counts_also_where_the_rest_is_taken_from_before() -> None:
    network = book([site(1), site(2), site(3)]).network
    before = Rulebook.of(network, None, {"S0001": taken(1), "S0002": taken(2)})
    now = {"S0001": taken(1), "S0002": taken(3), "S0003": Work(silent=True, silent_since_ms=NOW)}
    found = Rulebook.of(network, before.rules, now, before)
    assert found.places == Rulebook.of(network, before.rules, now).places
    assert found.silent.tolist() == [False, False, True]
    assert found.places[0] is before.places[0]
    silent = promise(found, stock([[0, 0, 9]]), ONE, NoBidPrices(), NOW)
    assert silent.no_shipping.endswith("has been silent for too long")


RULES = st.sampled_from(
    [
        {"kind": "pause"}, {"kind": "pause", "until": "2027-01-15T20:00:00Z"}, {"kind": "closed"},
        {"kind": "exclude", "when": {"channels": ["ebay"]}}, {"kind": "only", "when": {"tags": ["gift_wrap"]}},
        {"kind": "distance", "miles": 300}, {"kind": "order_value", "least": 2}, {"kind": "order_value", "most": 3},
        {"kind": "blackout", "dates": ["2027-01-15"]}, {"kind": "cut_off", "latest": "07:30"},
        {"kind": "capacity", "units": 3}, {"kind": "capacity", "units": 2, "service": "ship"},
        {"kind": "capacity", "units": 2, "service": "pickup", "weekdays": ["friday"]},
        {"kind": "max_rejects", "rejects": 1}, {"kind": "ship_complete"}, {"kind": "keep_kits"},
        {"kind": "max_packages", "packages": 1}, {"kind": "hazmat"}, {"kind": "age_restricted"},
        {"kind": "exclude_products", "tags": ["gift_wrap"]}, {"kind": "minimum_stock", "units": 2},
        {"kind": "safety_stock", "units": 1}, {"kind": "pause_service", "service": "slow"},
        {"kind": "pause_service", "service": "pickup"}, {"kind": "prefer", "cents": 300},
        {"kind": "keep_reserve", "units": 2, "cents": 400}, {"kind": "consolidate", "cents": 100},
    ]
)  # fmt: skip
NO_AT = {"ship_complete", "keep_kits", "max_packages", "consolidate"}


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    rules = [dict(rule) for rule in draw(st.lists(RULES, max_size=4))]
    for rule in rules:
        if rule["kind"] not in NO_AT and (draw(st.booleans()) or rule["kind"] in ("only", "prefer")):
            rule["at"] = draw(st.sampled_from((AT_1, AT_2, {"kinds": ["store"]})))
    return ruled(*rules)


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Site], dict[str, Work], list[list[int]], Cart]:
    sites = [
        site(number, draw(st.sampled_from((-83.0, -90.0))), capacity=draw(st.sampled_from((None, None, 4))),
             is_warehouse=number == 3, hands_over=number != 3)
        for number in range(1, draw(st.integers(1, 3)) + 1)
    ]  # fmt: skip
    work = {
        each.place.location: replace(taken(draw(st.integers(0, 4))), rejects=draw(st.integers(0, 2))) for each in sites
    }
    lines = tuple(
        CartLine(f"sku{sku}", draw(st.integers(1, 2)), draw(st.booleans()), draw(st.sampled_from(("", "set"))))
        for sku in range(draw(st.integers(1, 3)))
    )
    available = [[draw(st.integers(0, 3)) for _ in sites] for _ in lines]
    channel = draw(st.sampled_from(("web", "ebay")))
    return sites, work, available, replace(ONE, lines=lines, channel=channel, value=draw(st.integers(0, 5)))


@settings(max_examples=150)
@given(questions(), rule_sets())
def test_whatever_is_promised_is_open_to_the_order_by_the_rules_that_sourcing_follows(
    question: tuple[list[Site], dict[str, Work], list[list[int]], Cart], rules: RuleSet
) -> None:
    sites, work, available, wanted = question
    network = book(sites).network
    found = promise(Rulebook.of(network, rules, work), stock(available), wanted, NoBidPrices(), NOW)
    tomorrow = network.timetable.next_day(NOW).tolist()
    for option in found.options:
        for package in option.packages:
            here = network.index[package.location]
            today = _sourced(sites, work, available, wanted, rules, NOW, "")
            later = _sourced(sites, {}, available, wanted, rules, tomorrow[here], "")
            assert _open(today, here, package.lines, wanted) or _open(later, here, package.lines, wanted)
            assert not today.complete[0] or not any(line.missing for line in found.ship_lines)
            assert not today.max_packages[0] or len(option.packages) <= today.max_packages[0]
    for place in found.pickups:
        here = network.index[place.location]
        had = tuple(number for number, line in enumerate(place.lines) if not line.missing)
        today = _sourced(sites, work, available, wanted, rules, NOW, place.location)
        later = _sourced(sites, {}, available, wanted, rules, tomorrow[here], place.location)
        assert _open(today, here, had, wanted) or _open(later, here, had, wanted)


def _sourced(
    sites: list[Site], work: dict[str, Work], available: list[list[int]], cart: Cart, rules: RuleSet, now_ms: int,
    pickup: str,
) -> Compiled:  # fmt: skip
    """What a run of sourcing would be told of the order at a moment; ``pickup`` empty for one that is sent."""
    idle = Work()
    lines = tuple(
        domain.OpenLine(
            UUID(int=number), 0, line.sku, "", line.quantity, 0, 400,
            tags=tags_of(gift=line.gift, hazard="", age_minimum=0, catalogue=()), kit=line.kit,
        )
        for number, line in enumerate(cart.lines)
    )  # fmt: skip
    lines = (replace(lines[0], amount=cart.value or 0), *lines[1:])
    order = domain.OpenOrder(
        UUID(int=0), domain.PICKUP if pickup else SHIP, pickup, cart.lat, cart.lon, cart.country, cart.currency, None,
        now_ms, lines, channel=cart.channel,
    )  # fmt: skip
    snapshot = Snapshot(
        tuple(work.get(each.place.location, idle).at(each.place) for each in sites),
        (order,),
        {(each.place.location, f"sku{sku}"): units for sku, row in enumerate(available)
         for each, units in zip(sites, row, strict=True)},
    )  # fmt: skip
    return compiled_for(snapshot, Index.of(snapshot), with_facts(rules), now_ms)


def _open(compiled: Compiled, place: int, lines: tuple[int, ...], cart: Cart) -> bool:
    """The place may serve the lines, has the units, and has the room for them."""
    units = [cart.lines[line].quantity for line in lines]
    capacity, pool, leg = compiled.pools(np.array([compiled.pickup[0] < 0]))
    rooms = [capacity[pool[place]], *([capacity[leg[0, place]]] if leg[0, place] >= 0 else [])]
    return (
        not compiled.blocked[0, place]
        and (compiled.line_blocked is None or not compiled.line_blocked[list(lines), place].any())
        and all(compiled.stock[line, place] >= wanted for line, wanted in zip(lines, units, strict=True))
        and sum(units) <= min(rooms)
    )
