"""When an order is routed, where it may come from and in how many parts: each kind at its limit and just beyond."""

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from routing.rules.scene import Option
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
    scene,
    texts,
)

REMORSE = {"kind": "remorse", "minutes": 30, "id": "think"}


def held(placed_ms: int, now_ms: int = NOON_MS) -> list[int | None]:
    found = compiled(REMORSE, given=scene(order(placed_ms=placed_ms)), now_ms=now_ms)
    return [each.until_ms for each in found.held]


def test_an_order_waits_until_its_delay_is_over_and_then_is_routed() -> None:
    assert held(NOON_MS - 30 * MINUTE) == []
    assert held(NOON_MS - 30 * MINUTE + 1) == [NOON_MS + 1]
    assert held(NOON_MS) == [NOON_MS + 30 * MINUTE]


def test_a_clock_that_was_set_back_holds_no_order_for_longer_than_twice_the_delay() -> None:
    assert held(NOON_MS + 30 * MINUTE) == [NOON_MS + 60 * MINUTE]
    assert held(NOON_MS + 30 * MINUTE + 1) == []
    assert held(NOON_MS + DAY) == []


def test_an_order_that_is_held_is_served_by_nobody_and_says_why() -> None:
    found = compiled(REMORSE, {"kind": "exclude", "at": {"locations": ["A"]}}, given=scene(order(placed_ms=NOON_MS)))
    why = "may still be changed by its customer for 30 minutes after it was placed"
    assert [(each.order, each.rule, each.text) for each in found.held] == [(0, "think", why)]
    assert texts(found) == ["is left out by rule exclude-1", *[f"may not be asked yet: the order {why}"] * 2]
    assert found.reason_rules[int(found.blocked[0, 1])] == "think"
    assert found.tallies["think"].held == 1


def test_the_longest_of_two_delays_counts() -> None:
    given = scene(order(placed_ms=NOON_MS))
    found = compiled(REMORSE, {"kind": "remorse", "minutes": 60, "id": "longer"}, given=given)
    assert [(each.rule, each.until_ms) for each in found.held] == [("longer", NOON_MS + 60 * MINUTE)]


def test_a_line_that_is_being_picked_stays_where_it_is() -> None:
    found = compiled({"kind": "freeze"}, given=scene(order(line(picking="B"), line("mug"))))
    elsewhere = "may not take over what is being picked elsewhere"
    assert (line_texts(found, 0), line_texts(found, 1)) == ([elsewhere, "", elsewhere], ["", "", ""])


def test_a_pinned_order_goes_where_it_is_pinned() -> None:
    found = compiled({"kind": "pinned"}, given=scene(order(pinned_location="B"), order()))
    other = "is not the location that a service agent has chosen"
    assert (texts(found, 0), texts(found, 1)) == ([other, "", other], ["", "", ""])


def test_locations_are_taken_in_or_left_out_by_what_they_are() -> None:
    assert texts(compiled({"kind": "only", "id": "stores", "at": {"kinds": ["store"]}})) == [
        "",
        "",
        "is not among the locations of rule stores",
    ]
    assert texts(compiled({"kind": "exclude", "id": "no-stores", "at": {"not_kinds": ["warehouse"]}})) == [
        "is left out by rule no-stores",
        "is left out by rule no-stores",
        "",
    ]


def test_a_distance_limit_is_inclusive_and_says_what_would_do() -> None:
    # Columbus to Pittsburgh, by the haversine of the same sphere: 161.8882 miles.
    found = compiled({"kind": "distance", "miles": 161.8883})
    assert texts(found)[:2] == ["", ""]
    found = compiled({"kind": "distance", "miles": 161.888})
    assert texts(found)[:2] == ["", "is farther away than 161.888 miles"]
    assert found.reasons[int(found.blocked[0, 1])].least_change == "if the limit were 178.077 miles"
    assert texts(compiled({"kind": "distance", "miles": 0}))[0] == "", "no distance is no farther than 0 miles"
    far = compiled({"kind": "distance", "miles": 10})
    assert far.reasons[int(far.blocked[0, 1])].least_change == ""


@pytest.mark.parametrize("at", [None, (nan, 3.0), (91.0, 3.0), (3.0, -181.0), (inf, 3.0)])
def test_an_unknown_distance_is_too_far_and_has_no_price(at: tuple[float, float] | None) -> None:
    unknown = "may not serve: distance unknown, at most 300 miles allowed"
    given = scene(places=(place("A"), place("B", at)))
    found = compiled({"kind": "distance", "miles": 300}, given=given)
    assert texts(found) == ["", unknown]
    assert not found.reasons[int(found.blocked[0, 1])].priced
    lat, lon = at or (None, None)
    found = compiled({"kind": "distance", "miles": 300}, given=scene(order(lat=lat, lon=lon)))
    assert texts(found) == [unknown] * 3


def test_unknown_coordinates_ship_nothing_but_hand_over() -> None:
    pickup = order(service="pickup", pickup_location="B", lat=None, lon=None)
    given = scene(order(), pickup, places=(place("A"), place("B", None)))
    for rule in ({"kind": "needs_coordinates"}, {"kind": "distance", "miles": 9}):
        found = compiled(rule, given=given)
        assert texts(found, 0)[1] != ""
        assert texts(found, 1) == ["", ""]


def test_distance_agrees_with_the_haversine_of_every_pair() -> None:
    random = np.random.default_rng(5)
    spots = [
        (float(a), float(b)) for a, b in zip(random.uniform(-89, 89, 60), random.uniform(-180, 180, 60), strict=True)
    ]
    places = tuple(place(f"L{number}", spot) for number, spot in enumerate(spots[:40]))
    given = scene(*(order(lat=lat, lon=lon) for lat, lon in spots[40:]), places=places)
    found = compiled({"kind": "distance", "miles": 4000}, given=given)
    for row, (lat, lon) in enumerate(spots[40:]):
        for column, (to_lat, to_lon) in enumerate(spots[:40]):
            phi, theta, to_phi, to_theta = np.radians([lat, lon, to_lat, to_lon])
            half = np.sin((to_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(to_phi) * np.sin((to_theta - theta) / 2) ** 2
            far = 2 * 3958.8 * np.arcsin(np.sqrt(half)) > 4000
            assert (found.blocked[row, column] != 0) == far


def test_so_many_days_in_transit_are_allowed_and_unknown_ones_are_too_many() -> None:
    rule = {"kind": "transit", "days": 2}
    found = compiled(rule, given=scene(transit_days=np.array([[2, 3, -1]])))
    assert texts(found) == ["", "needs more than 2 days", "may not serve: transit time unknown, at most 2 days allowed"]
    assert [found.reasons[code].least_change for code in found.blocked[0]] == ["", "if 3 days were allowed", ""]
    assert [found.reasons[code].priced for code in found.blocked[0]] == [True, True, False]
    assert all("unknown" in text for text in texts(compiled(rule)))
    assert texts(compiled(rule, given=scene(transit_days=np.array([[9, 9, 9]]))))[0] == "needs more than 2 days"


@pytest.mark.parametrize(("worth", "text"), [(999, "so little"), (1000, ""), (2000, ""), (2001, "so much")])
def test_an_order_of_exactly_the_least_or_most_value_is_served(worth: int, text: str) -> None:
    rule = {"kind": "order_value", "least": 1000, "most": 2000, "at": {"locations": ["A"]}}
    found = texts(compiled(rule, given=scene(order(value=worth))))
    assert found == [f"serves no order of {text} value" if text else "", "", ""]
    by_lines = scene(order(line(amount=worth - 500), line("mug", amount=500), line("free", amount=-7)))
    assert texts(compiled(rule, given=by_lines)) == found


def test_a_po_box_is_reached_by_post_or_not_at_all() -> None:
    places = (place("A", services=frozenset({"post", "air"})), place("B", services=frozenset({"air"})))
    given = scene(order(kind="po_box"), order(), places=places)
    rule = {"kind": "destination", "destinations": ["po_box", "military"]}
    found = compiled({**rule, "service": "post"}, given=given)
    assert (texts(found, 0), texts(found, 1)) == (["", "does not send to a po box address without post"], ["", ""])
    assert texts(compiled(rule, given=given), 0) == ["does not send to a po box address"] * 2
    options = (Option(0, "post"), Option(0, "air"), Option(1, "air"))
    found = compiled({**rule, "service": "post"}, given=scene(order(kind="po_box"), places=places, options=options))
    assert [bool(text) for text in texts(found)] == [False, True, True]


def test_nothing_is_sent_where_an_embargo_holds() -> None:
    rule = {"kind": "embargo", "countries": ["KP"], "regions": ["UA-43"]}
    crimea = order(country="UA", region="43")
    given = scene(order(country="KP"), crimea, order(country="UA", region="30"), order(country="US", region="43"))
    found = compiled(rule, given=given)
    assert [any(texts(found, number)) for number in range(4)] == [True, True, False, False]


def test_whole_orders_kits_and_package_limits_are_told_to_the_problem() -> None:
    lines = (line(kit="set"), line("mug", kit="set"), line("pot"), line("jar", kit="alone"))
    given = scene(order(*lines, channel="web"), order(line(kit="set"), channel="app"))
    web = {"when": {"channels": ["web"]}}
    found = compiled(
        {"kind": "ship_complete", **web},
        {"kind": "keep_kits", **web},
        {"kind": "max_packages", "packages": 3},
        {"kind": "max_packages", "packages": 2, **web},
        given=given,
    )
    assert found.complete.tolist() == [True, False]
    assert found.kits.tolist() == [0, 0, -1, 1, -1]
    assert found.max_packages.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("when", "bound"),
    [
        ({"channels": ["web", "app"]}, [True, False]),
        ({"services": ["ship"]}, [True, False]),
        ({"countries": ["US"]}, [True, False]),
        ({"regions": ["OH"]}, [True, False]),
        ({"postcodes": ["43", "9"]}, [True, False]),
        ({"destinations": ["po_box"]}, [True, False]),
        ({"tags": ["launch"]}, [True, False]),
        ({"tiers": ["gold"]}, [True, False]),
        ({"value_min": 1000}, [True, False]),
        ({"value_min": 1001}, [False, False]),
        ({"value_max": 999}, [False, True]),
        ({"value_max": 1000}, [True, True]),
        ({"promised_within_hours": 2}, [True, False]),
        ({"promised_within_hours": 1.99}, [False, False]),
        ({"promised": True}, [True, False]),
        ({"promised": False}, [False, True]),
        ({}, [True, True]),
        ({"channels": ["web"], "tiers": ["silver"]}, [False, False]),
    ],
)
def test_a_rule_binds_the_orders_that_meet_all_its_conditions(when: dict[str, Any], bound: list[bool]) -> None:
    first = order(
        line(tags=frozenset({"launch"})), channel="web", region="OH", postcode="43215", kind="po_box", tier="gold",
        promise_ms=NOON_MS + 120 * MINUTE,
    )  # fmt: skip
    second = order(line(amount=999), service="pickup", pickup_location="A", country="CA", region="ON", postcode="K43")
    found = compiled({"kind": "ship_complete", "when": when}, given=scene(first, second))
    assert found.complete.tolist() == bound


@pytest.mark.parametrize(
    ("at", "meant"),
    [
        ({"locations": ["A", "W"]}, [True, False, True]),
        ({"groups": ["east"]}, [False, True, False]),
        ({"not_groups": ["east"]}, [True, False, True]),
        ({"kinds": ["warehouse"]}, [False, False, True]),
        ({"not_kinds": ["warehouse"]}, [True, True, False]),
        ({"kinds": ["store"], "not_groups": ["east"]}, [True, False, False]),
        ({}, [True, True, True]),
    ],
)
def test_a_rule_is_about_the_locations_that_meet_all_its_conditions(at: dict[str, Any], meant: list[bool]) -> None:
    places = (NETWORK[0], place("B", COLUMBUS, groups=frozenset({"east", "mall"})), NETWORK[2])
    found = compiled({"kind": "exclude", "at": at}, given=scene(places=places))
    assert [text != "" for text in texts(found)] == meant


def test_a_rule_holds_from_its_start_until_before_its_end() -> None:
    rule = {"kind": "exclude", "starts": "2026-01-05T12:00:00Z", "ends": "2026-01-05T13:00:00Z"}
    hour = 60 * MINUTE
    moments = (NOON_MS - 1, NOON_MS, NOON_MS + hour - 1, NOON_MS + hour)
    assert [any(texts(compiled(rule, now_ms=now))) for now in moments] == [False, True, True, False]
