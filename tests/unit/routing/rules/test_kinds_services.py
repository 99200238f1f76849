"""Which kinds of rules tell the services of a place apart: the others say the same of all of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from routing.rules.compile import compile_rules
from routing.rules.kinds import KINDS
from routing.rules.scene import Option, Scene
from tests.unit.routing.rules.scenes import INDIANAPOLIS, NOON_MS, compiled, line, order, place, ruled, scene, texts
from tests.unit.routing.rules.test_guide import EXAMPLES

SAID = {example["kind"]: example for example in EXAMPLES if "kind" in example}


def two_services() -> Scene:
    """Stores of all sorts with goods of all sorts, each by ground and by air, which needs one business day."""
    places = tuple(
        place(
            location, capacity=9, groups=frozenset({"mall", "outlet", "flagship"}), services=frozenset({"ground"}),
            certifications=frozenset({"hazmat"}) if location == "A" else frozenset(), rejects=4, confidence=0.5,
            kind="store" if location != "W" else "warehouse",
        )
        for location in ("A", "B", "W")
    )  # fmt: skip
    places = (*places[:2], replace(places[2], lat=INDIANAPOLIS[0], lon=INDIANAPOLIS[1], closed="flooded"))
    tags = ("lithium", "alcohol", "oversize", "jewellery", "bestseller", "furniture", "toys", "launch", "winter")
    goods = [line(f"sku{number}", tags=frozenset({tag})) for number, tag in enumerate(tags)]
    orders = [order(each, channel="web", tier="gold", kind=kind, order_id=f"o{number}{kind}", region="UT")
              for number, each in enumerate(goods) for kind in ("", "po_box")]  # fmt: skip
    options = tuple(Option(number, service) for service in ("", "air") for number in range(len(places)))
    days = np.tile(np.array([5, 5, 5, 1, 1, 1]), (len(orders), 1))
    return scene(*orders, places=places, options=options, transit_days=days)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_that_does_not_say_so_treats_the_services_of_a_place_alike(kind: str) -> None:
    rules = ruled(SAID[kind] | {"starts": "2020-01-01T00:00:00Z"} | ({"ends": "2030-01-01T00:00:00Z"}))
    given = two_services()
    found = compile_rules(rules, given, NOON_MS)
    tables = [found.blocked != 0] if found.line_blocked is None else [found.blocked != 0, found.line_blocked != 0]
    tables += [np.atleast_2d(cents) for cents in found.package_terms.values()]
    tables += [np.atleast_2d(limit) for limit in (found.capacity, found.ship_capacity, found.pickup_capacity)]
    is_alike = all(np.array_equal(table[:, :3], table[:, 3:]) for table in tables)
    [rule] = rules.rules
    assert is_alike or rule.tells_services()


@pytest.mark.parametrize(
    ("rule", "tells"),
    [
        ({"kind": "pause_service", "service": "ground"}, True),
        ({"kind": "pause_service", "service": "ship"}, False),
        ({"kind": "destination", "destinations": ["po_box"], "service": "ground"}, True),
        ({"kind": "destination", "destinations": ["po_box"]}, False),
        ({"kind": "hazmat", "tags": ["lithium"]}, True),
        ({"kind": "transit", "days": 2}, True),
        ({"kind": "age_restricted", "tags": ["alcohol"]}, False),
    ],
)
def test_a_rule_that_names_a_service_of_carriers_or_a_time_tells_services_apart(
    rule: dict[str, Any], tells: bool
) -> None:
    [made] = ruled(rule).rules
    assert made.tells_services() is tells


def test_a_destination_reached_by_one_service_is_served_by_that_option_of_a_place() -> None:
    found = compiled(
        {"kind": "destination", "destinations": ["po_box"], "service": "ground"},
        given=replace(two_services(), orders=two_services().orders[1:2], transit_days=None),
    )
    assert [bool(text) for text in texts(found)] == [False, False, False, True, True, True]
