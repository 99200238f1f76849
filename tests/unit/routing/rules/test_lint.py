"""Contradictions and dead rules are named in plain words; what is fine is not."""

import functools
import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.rules.defaults import default_rules
from routing.rules.document import parse
from routing.rules.facts import EVERY_FACT, REMEDIES, Fact, Lack
from routing.rules.fields import parse_record
from routing.rules.findings import Finding
from routing.rules.kinds import KINDS
from routing.rules.lint import FINDINGS_MAX, lint
from routing.rules.match import Match, Where
from routing.rules.view import View
from tests.unit.routing.rules.documents import documents
from tests.unit.routing.rules.scenes import DAY, NOON_MS, PITTSBURGH, compiled, line, order, place, ruled, scene
from tests.unit.routing.rules.test_compile import WILD


def found(*rules: dict[str, Any], **changes: Any) -> list[str]:
    """Severity, path and text of everything, without the scene."""
    return [said(each) for each in lint(ruled(*rules, **changes), None, NOON_MS)]


def said(finding: Finding) -> str:
    return f"{finding.severity}: {finding.path}: {finding.text}"


def seen(*rules: dict[str, Any], given: Any, **changes: Any) -> list[str]:
    return [said(each) for each in lint(ruled(*rules, **changes), given, NOON_MS)]


def test_the_built_in_rules_are_faultless() -> None:
    assert lint(default_rules(), None, NOON_MS) == []
    assert lint(default_rules(), scene(), NOON_MS) == []


A, B = {"locations": ["A"]}, {"locations": ["B"]}
STORES, OTHERS = {"kinds": ["store"]}, {"not_kinds": ["store"]}
GOLD, BLUE = {"when": {"tiers": ["gold"]}}, {"when": {"tiers": ["blue"]}}
NOON, NEW_YEAR = "2026-01-05T12:00Z", "2027-01-01T00:00Z"
NOTHING_LEFT = (
    "error: rules[1]: rules a and b contradict each other: no location is among those of both, so nothing is left"
)


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (
            [{"kind": "exclude", "id": "x"}],
            "error: rules[0]: rule x leaves out every location, so every order can go nowhere",
        ),
        (
            [{"kind": "exclude", "id": "x", "when": {"tiers": ["gold"]}}],
            "error: rules[0]: rule x leaves out every location, so the orders it binds can go nowhere",
        ),
        (
            [{"kind": "pause", "id": "x"}],
            "warning: rules[0]: rule x pauses every location, so every order can go nowhere",
        ),
        (
            [{"kind": "only", "id": "a", "at": A}, {"kind": "only", "id": "b", "at": B}],
            NOTHING_LEFT,
        ),
        (
            [{"kind": "only", "id": "a", "at": STORES}, {"kind": "only", "id": "b", "at": OTHERS}],
            NOTHING_LEFT,
        ),
        (
            [{"kind": "exclude", "id": "x", "at": {"locations": ["A", "B"]}}, {"kind": "only", "id": "a", "at": A}],
            "error: rules[1]: rules x and a contradict each other: x leaves out all that a allows, so nothing is left",
        ),
        (
            [{"kind": "prefer", "id": "p", "cents": 5, "at": A}, {"kind": "exclude", "id": "x", "at": A}],
            "warning: rules[1]: rules p and x contradict each other: x leaves out all that p prefers",
        ),
        (
            [{"kind": "prefer", "id": "p", "cents": 5, "at": A}, {"kind": "only", "id": "o", "at": B}],
            "warning: rules[1]: rules p and o contradict each other: o allows nothing of what p prefers",
        ),
        (
            [{"kind": "order_value", "id": "a", "least": 900}, {"kind": "order_value", "id": "b", "most": 800}],
            "error: rules[1]: rules a and b contradict each other: no order is worth at least 900 and at most 800",
        ),
        (
            [{"kind": "order_value", "id": "v", "least": 9, "most": 8}],
            "error: rules[0]: rule v cannot be meant: least 9 is more than most 8, so it shuts out every order",
        ),
        (
            [{"kind": "order_value", "id": "v"}],
            "error: rules[0]: rule v cannot be meant: it gives neither least nor most",
        ),
        (
            [{"kind": "embargo", "id": "e"}],
            "error: rules[0]: rule e cannot be meant: it names no country and no region",
        ),
        (
            [{"kind": "closed", "id": "c", "starts": "2026-02-02T00:00Z", "ends": "2026-02-02T00:00Z"}],
            "error: rules[0]: rule c cannot be meant: it ends before it starts",
        ),
        (
            [{"kind": "closed", "id": "c", "when": {"value_min": 2, "value_max": 1}}],
            "error: rules[0]: rule c cannot be meant: value_min 2 is more than value_max 1",
        ),
        (
            [{"kind": "closed", "id": "c", "when": {"promised": False, "promised_within_hours": 1}}],
            "error: rules[0]: rule c cannot be meant: promised is false, but promised_within_hours asks for a promise",
        ),
        (
            [{"kind": "pause", "id": "p", "at": A, "until": NOON}],
            "warning: rules[0]: rule p is past: its pause is over",
        ),
        (
            [{"kind": "pause_service", "id": "p", "service": "air", "until": NOON}],
            "warning: rules[0]: rule p is past: its pause is over",
        ),
        ([{"kind": "closed", "id": "c", "ends": NOON}], "warning: rules[0]: rule c is past: it ended"),
        (
            [{"kind": "blackout", "id": "b", "dates": ["2026-01-04"]}],
            "warning: rules[0]: rule b is past: all its days are past",
        ),
        (
            [{"kind": "distance", "id": "far", "miles": 500}, {"kind": "distance", "id": "near", "miles": 300}],
            "warning: rules[0]: rule far is superfluous: near forbids all that it forbids",
        ),
        (
            [{"kind": "closed", "id": "a"}, {"kind": "closed", "id": "b", "when": {"tiers": ["gold"]}}],
            "warning: rules[1]: rule b is superfluous: a forbids all that it forbids",
        ),
        (
            [{"kind": "only", "id": "a", "at": A}, {"kind": "only", "id": "b", "at": {"locations": ["A", "B"]}}],
            "warning: rules[1]: rule b is superfluous: a forbids all that it forbids",
        ),
        (
            [{"kind": "pause", "id": "a", "at": A}, {"kind": "pause", "id": "b", "at": A, "until": NEW_YEAR}],
            "warning: rules[1]: rule b is superfluous: a forbids all that it forbids",
        ),
        (
            [{"kind": "prefer", "id": "a", "cents": 5, "at": A}, {"kind": "prefer", "id": "b", "cents": 5, "at": A}],
            "warning: rules[1]: rule b says what a says, so the price is charged twice",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_does_nothing_is_named(rules: list[dict[str, Any]], text: str) -> None:
    assert found(*rules) == [text]


@pytest.mark.parametrize(
    "rules",
    [
        [{"kind": "only", "at": A, **GOLD}, {"kind": "only", "at": B, **BLUE}],
        [{"kind": "only", "at": A, "ends": NEW_YEAR}, {"kind": "only", "at": B, "starts": NEW_YEAR}],
        [{"kind": "distance", "miles": 300, "when": {"tiers": ["gold"]}}, {"kind": "distance", "miles": 500}],
        [{"kind": "distance", "miles": 300, "at": A}, {"kind": "distance", "miles": 500, "at": B}],
        [{"kind": "offline"}, {"kind": "offline", "minutes": 5}],
        [{"kind": "order_value", "least": 5}, {"kind": "order_value", "most": 5}],
        [{"kind": "capacity", "units": 5, "service": "ship"}, {"kind": "capacity", "units": 9}],
        [{"kind": "cut_off", "latest": "12:00", "weekdays": ["monday"]}, {"kind": "cut_off", "latest": "13:00"}],
        [{"kind": "prefer", "cents": 5, "at": A}, {"kind": "prefer", "cents": 6, "at": A}],
        [{"kind": "pause", "at": A, "until": "2026-01-05T12:00:00.001Z"}],
        [{"kind": "blackout", "dates": ["2026-01-05"]}],
    ],
)  # fmt: skip
def test_what_may_be_meant_is_left_alone(rules: list[dict[str, Any]]) -> None:
    assert found(*rules) == []


NEEDS: list[tuple[dict[str, Any], Fact, str]] = [
    ({"kind": "minimum_confidence", "confidence": 0.8}, Fact.CONFIDENCE, Lack.SHUTS),
    ({"kind": "transit", "days": 2}, Fact.TRANSIT, Lack.SHUTS),
    ({"kind": "hazmat"}, Fact.CERTIFICATIONS, Lack.SHUTS),
    ({"kind": "hazmat"}, Fact.SERVICES, Lack.SHUTS),
    ({"kind": "age_restricted"}, Fact.SERVICES, Lack.SHUTS),
    ({"kind": "destination", "destinations": ["po_box"], "service": "post"}, Fact.SERVICES, Lack.SHUTS),
    ({"kind": "destination", "destinations": ["po_box"]}, Fact.DESTINATION, Lack.IDLE),
    ({"kind": "pause_service", "service": "air"}, Fact.SERVICES, Lack.IDLE),
    ({"kind": "pinned"}, Fact.PIN, Lack.IDLE),
    ({"kind": "last_unit", "units": 0}, Fact.DISPLAY, Lack.IDLE),
    ({"kind": "weeks_of_supply", "weeks": 4, "cents": 30}, Fact.WEEKS, Lack.IDLE),
    ({"kind": "size_run", "cents": 30}, Fact.SIZES, Lack.IDLE),
    ({"kind": "closed", "when": {"tiers": ["gold"]}}, Fact.TIER, Lack.IDLE),
    ({"kind": "closed", "when": {"destinations": ["po_box"]}}, Fact.DESTINATION, Lack.IDLE),
]


@pytest.mark.parametrize(("rule", "fact", "lack"), NEEDS, ids=lambda each: str(each)[:40])
def test_a_rule_whose_fact_nobody_knows_is_an_error_that_names_rule_fact_and_remedy(
    rule: dict[str, Any], fact: Fact, lack: str
) -> None:
    [error] = lint(ruled({"id": "r", **rule}), None, NOON_MS, EVERY_FACT - {fact})
    assert said(error) == f"error: rules[0]: rule r needs {fact}, which is never known here: {lack}"
    assert error.remedy
    assert lint(ruled({"id": "r", **rule}), None, NOON_MS, {fact, *EVERY_FACT}) == []


@pytest.mark.parametrize(("rule", "fact", "lack"), NEEDS, ids=lambda each: str(each)[:40])
def test_what_is_said_of_a_rule_without_its_fact_is_what_it_does(rule: dict[str, Any], fact: Fact, lack: str) -> None:
    """In a scene where nothing is known beyond what every scene has: lines of all tags, sent to a PO box."""
    kind = "po_box" if lack == Lack.SHUTS else ""
    asked = order(line(tags=frozenset({"hazmat", "age_restricted"})), kind=kind)
    done = compiled(rule, given=scene(asked))
    shut = (done.blocked != 0).all() or (done.line_blocked is not None and (done.line_blocked != 0).all())
    acted = done.blocked.any() or done.line_blocked is not None or done.package_terms or done.line_terms
    assert (shut, bool(acted)) == (lack == Lack.SHUTS, lack == Lack.SHUTS)


def test_a_segment_whose_fact_nobody_knows_is_an_error() -> None:
    segments = [{"id": "gold", "match": {"tiers": ["gold"]}, "policy": "p"}]
    [error] = lint(ruled(segments=segments), None, NOON_MS, EVERY_FACT - {Fact.TIER})
    assert said(error) == (
        "error: segments[0].match: segment gold needs the customer's tier, which is never known here: no order would be"
        " in it"
    )


def test_a_rule_that_keeps_last_units_needs_no_display_to_do_so() -> None:
    assert lint(ruled({"kind": "last_unit"}), None, NOON_MS, ()) == []


def test_every_fact_has_a_remedy() -> None:
    assert set(REMEDIES) == EVERY_FACT


def test_a_rule_is_not_superfluous_once_the_stricter_one_is_relaxed() -> None:
    rules = ({"kind": "distance", "id": "far", "miles": 500}, {"kind": "distance", "id": "near", "miles": 300})
    policies = [{"id": "p", "fallbacks": [{"after_minutes": 9, "relax": ["near"]}]}]
    assert found(*rules, policies=policies) == []


def test_segments_that_are_never_reached_and_policies_that_nobody_follows_are_named() -> None:
    segments = [
        {"id": "us", "match": {"countries": ["US", "CA"]}, "policy": "q"},
        {"id": "dear", "match": {"countries": ["US"], "value_min": 5}, "policy": "q"},
        {"id": "ca-dear", "match": {"countries": ["MX"], "value_min": 5}, "policy": "q"},
        {"id": "none", "match": {"value_min": 5, "value_max": 4}, "policy": "q"},
        {"id": "all", "policy": "q"},
    ]
    policies = [{"id": "p"}, {"id": "q"}, {"id": "dead"}]
    assert found({"kind": "closed", "id": "c", "policies": ["dead"]}, segments=segments, policies=policies) == [
        "error: segments[3].match: segment none can match no order: value_min 5 is more than value_max 4",
        "warning: segments[1]: segment dear is never reached: us comes first and matches all its orders",
        "warning: policies[2]: policy dead is followed by no segment and is not the default",
        "warning: rules[0].policies: rule c binds only policies that no order follows",
        "note: default_policy: the default policy p is never used: segment all matches all",
    ]


def test_a_fallback_that_relaxes_nothing_is_named() -> None:
    rules = (
        {"kind": "closed", "id": "c"},
        {"kind": "closed", "id": "q-only", "policies": ["q"], "when": {"tiers": ["x"]}},
        {"kind": "consolidate", "id": "soft", "cents": 5},
    )
    steps = [{"after_minutes": 1, "relax": ["c", "q-only", "soft"]}, {"after_minutes": 2, "relax": ["c"]}]
    changes = {
        "policies": [{"id": "p", "fallbacks": steps}, {"id": "q"}],
        "segments": [{"id": "s", "match": {"tiers": ["x"]}, "policy": "q"}],
    }
    path = "policies[0].fallbacks"
    assert found(*rules, **changes) == [
        f"warning: {path}[0].relax: q-only does not bind orders of policy p, so relaxing it does nothing",
        f"warning: {path}[1].relax: c was relaxed by an earlier step",
        f"note: {path}[0].relax: soft forbids nothing, so relaxing it serves no more orders",
    ]


def test_names_that_mean_nothing_in_the_network_are_named() -> None:
    given = scene(places=(place("A", groups=frozenset({"east"})), place("B")))
    assert seen(
        {"kind": "exclude", "id": "x", "at": {"locations": ["A", "Z"]}},
        {"kind": "exclude", "id": "y", "at": {"groups": ["west"]}},
        {"kind": "exclude", "id": "z", "at": {"locations": ["B"], "groups": ["east"]}},
        {"kind": "hazmat", "id": "h"},
        {"kind": "pause_service", "id": "s", "service": "rail"},
        given=given,
    ) == [
        "warning: rules[0].at.locations: there is no location Z",
        "warning: rules[1].at.groups: no location is in group west",
        "warning: rules[1].at: rule y names no location",
        "warning: rules[2].at: rule z names no location",
        "warning: rules[3].service: no location offers ground",
        "warning: rules[3].certification: no location is certified for hazmat",
        "warning: rules[4].service: no location offers rail",
        "note: rules[3].tags: no line has the tag hazmat now",
    ]


def test_orders_that_can_go_nowhere_are_named_with_what_shuts_them_out() -> None:
    given = scene(order(tier="gold"), order(tier="gold", channel="web"), order(), places=(place("A"), place("B")))
    changes = {
        "segments": [
            {"id": "gold", "match": {"tiers": ["gold"]}, "policy": "p"},
            {"id": "blue", "match": {"tiers": ["blue"]}, "policy": "p"},
        ]
    }
    gold = {"when": {"tiers": ["gold"]}}
    shut = (
        {"kind": "only", "id": "a", "at": A, **gold},
        {"kind": "max_rejects", "id": "r", "rejects": 0, "at": A, **gold},
    )
    tired = scene(*given.orders, places=(place("A", rejects=1), place("B")))
    assert seen(*shut, given=tired, **changes) == [
        "error: segments[0]: of segment gold, every location is shut to all 2 orders; most is shut by: a, r",
        "note: segments[1]: segment blue has no order now",
    ]
    web = {"kind": "exclude", "id": "w", "at": {"kinds": ["store"]}, "when": {"channels": ["web"]}}
    assert seen(web, given=given, **changes)[0] == (
        "warning: segments[0]: of segment gold, 1 orders have no location; most is shut by: w"
    )
    assert seen(given=scene(places=()))[0] == (
        "error: default_policy: of the default policy, every location is shut to all 1 orders; most is shut by: "
        "there is no location at all"
    )


def test_a_pin_on_a_location_that_is_shut_is_named() -> None:
    given = scene(order(pinned_location="B"), order(pinned_location="Z"), order())
    assert seen({"kind": "exclude", "id": "x", "at": B}, given=given) == [
        "warning: orders[0]: order o1 is pinned to Shop B, which is left out by rule x",
        "warning: orders[1]: order o1 is pinned to Z, which is no location",
    ]


def test_an_order_that_is_held_is_not_said_to_go_nowhere() -> None:
    assert seen({"kind": "remorse", "minutes": 30}, given=scene(order(placed_ms=NOON_MS))) == []


def test_findings_have_a_limit_and_errors_come_first() -> None:
    rules = [{"kind": "pause", "until": "2026-01-01T00:00Z", "at": {"locations": [f"L{n}"]}} for n in range(300)]
    several = found(*rules, {"kind": "exclude", "id": "x"})
    assert len(several) == FINDINGS_MAX
    assert several[0].startswith("error: rules[300]")


@settings(max_examples=40)
@given(documents(), st.sampled_from([None, WILD]), st.sampled_from([NOON_MS, 0, NOON_MS + 400 * DAY]))
def test_lint_says_something_in_words_or_nothing_of_any_rule_set(
    document: dict[str, Any], given: Any, now_ms: int
) -> None:
    for finding in lint(parse(document), given, now_ms):
        assert finding.text
        assert finding.remedy
        assert str(finding).startswith(finding.severity)


ORDERS = scene(
    *(
        order(
            line(amount=worth), channel=channel, postcode=postcode, promise_ms=promise, country=country,
            service=service, pickup_location="A",
        )
        for worth in (5, 9)
        for channel, country in (("web", "US"), ("app", "US"), ("", "CA"))
        for postcode in ("43215", "4", "9")
        for promise in (None, NOON_MS + DAY)
        for service in ("ship", "pickup")
    ),
    places=(place("A", rejects=3, groups=frozenset({"g", "h"})), place("B", PITTSBURGH, kind="dark", confidence=0.5)),
    units=[[2, 4]],
)  # fmt: skip
"""Orders of which every condition below is true of some and false of others."""

CONDITIONS: list[dict[str, Any]] = [
    {},
    {"channels": ["web"]},
    {"channels": ["web", "app"]},
    {"countries": ["US"]},
    {"postcodes": ["4"]},
    {"postcodes": ["43", "9"]},
    {"value_min": 5},
    {"value_min": 6},
    {"value_max": 8},
    {"value_min": 9, "value_max": 8},
    {"promised": True},
    {"promised": False},
    {"promised_within_hours": 24},
    {"promised_within_hours": 23},
    {"services": ["ship"]},
    {"channels": ["web"], "value_min": 6, "promised": True},
]
SPOTS: list[dict[str, Any]] = [
    {},
    {"locations": ["A"]},
    {"locations": ["A", "B"]},
    {"groups": ["g"]},
    {"groups": ["g", "h"]},
    {"not_groups": ["g"]},
    {"kinds": ["dark"]},
    {"not_kinds": ["dark"]},
]


def test_conditions_that_cover_or_shut_out_each_other_do_so_for_every_order_and_location() -> None:
    view = View(ORDERS, NOON_MS)
    matches = [parse_record(Match, "", condition) for condition in CONDITIONS]
    spots = [parse_record(Where, "", spot) for spot in SPOTS]
    counts = [0, 0]
    for both, found in ((matches, lambda m: m.orders(view)), (spots, lambda w: w.places(ORDERS.places))):
        for one in both:
            for other in both:
                if one.covers(other):
                    assert not (found(other) & ~found(one)).any(), (one, other)
                if one.disjoint(other):
                    assert not (found(other) & found(one)).any(), (one, other)
                counts[0] += one.covers(other)
                counts[1] += one.disjoint(other)
    assert counts[0] > 60
    assert counts[1] >= 4


VARIANTS: list[dict[str, Any]] = [
    *({"kind": "distance", "miles": miles} for miles in (0, 100, 200)),
    *({"kind": "order_value", "least": least} for least in (5, 6, 9)),
    *({"kind": "order_value", "most": 6, **extra} for extra in ({}, {"least": 6})),
    *({"kind": "max_rejects", "rejects": most} for most in (2, 3)),
    *({"kind": "minimum_stock", "units": least} for least in (3, 5)),
    *({"kind": "minimum_confidence", "confidence": least} for least in (0.4, 0.6)),
    *({"kind": "safety_stock", "units": units} for units in (1, 3)),
    *({"kind": "capacity", "units": units} for units in (0, 4)),
    *({"kind": "capacity", "units": units, "service": "ship"} for units in (0, 4)),
    *({"kind": "capacity", "units": units, "hours": [3]} for units in (0, 4)),
    *({"kind": "cut_off", "latest": latest} for latest in ("11:00", "13:00")),
    *({"kind": "cut_off", "latest": latest, "weekdays": ["monday"]} for latest in ("11:00", "13:00")),
    *({"kind": "pause", **extra} for extra in ({}, {"until": NEW_YEAR}, {"until": NOON})),
    *({"kind": "blackout", "dates": dates} for dates in (["2026-01-05"], ["2026-01-05", "2026-01-06"], ["2026-01-06"])),
    *({"kind": "offline", **extra} for extra in ({}, {"minutes": 4}, {"minutes": 9})),
    *({"kind": "embargo", "countries": names} for names in (["US"], ["CA", "US"])),
    {"kind": "only"},
    {"kind": "max_packages", "packages": 2},
    {"kind": "max_packages", "packages": 3},
]  # fmt: skip


def test_a_rule_that_is_called_superfluous_changes_nothing() -> None:
    called = 0
    for one in VARIANTS:
        kind = KINDS[one["kind"]]
        scopes = [
            {**({} if kind.network else {"when": when}), **({} if kind.anywhere else {"at": at})}
            for when in ({}, {"channels": ["web"]})
            for at in ({}, {"locations": ["A"]}, {"not_kinds": ["dark"]})
        ]
        for other in (each for each in VARIANTS if each["kind"] == one["kind"]):
            for mine, theirs in product(scopes, scopes):
                strict, loose = {"id": "s", **one, **mine}, {"id": "l", **other, **theirs}
                a, b = ruled(strict, loose).rules
                if a.binds_all_of(b) and a.forbids_all_of(b):
                    called += 1
                    assert effect(strict, loose) == effect(strict), (strict, loose)
    assert called > 300


@functools.cache
def _effect(text: str) -> list[Any]:
    found = compiled(*json.loads(text), given=ORDERS)
    lines = found.line_blocked
    tables = (found.blocked != 0, found.stock, found.capacity, found.ship_capacity, found.pickup_capacity)
    return [
        *(each.tolist() for each in tables),
        found.max_packages.tolist(),
        [] if lines is None else (lines != 0).tolist(),
    ]


def effect(*rules: dict[str, Any]) -> list[Any]:
    found = _effect(json.dumps(rules))
    return [*found[:-1], found[-1] or [[False, False]] * len(ORDERS.orders)]
