"""What each price is charged on, in whole cents."""

from math import nan
from typing import Any

import numpy as np
import pytest

from routing.rules.scene import Load
from tests.unit.routing.rules.scenes import compiled, line, order, place, scene


def units_cost(rule: dict[str, Any], **changes: Any) -> list[list[int]]:
    """(lines, places): cents of each line of a scene at each place."""
    given = changes.pop("given", None) or scene(**changes)
    found = compiled({"id": "price", **rule}, given=given)
    term = found.line_terms["rule price"]
    lines = [each for one in given.orders for each in one.lines]
    skus = np.array([given.stock.skus.index(each.sku) for each in lines])
    table = term.cents(0, slice(0, len(lines)), skus, np.arange(len(given.places)))
    return np.broadcast_to(table, (len(lines), len(given.places))).astype(int).tolist()


def packages_cost(rule: dict[str, Any], **changes: Any) -> Any:
    found = compiled({"id": "price", **rule}, given=scene(**changes) if "given" not in changes else changes["given"])
    return found.package_terms["rule price"].tolist()


def test_a_short_supply_costs_by_the_week() -> None:
    rule = {"kind": "weeks_of_supply", "weeks": 4, "cents": 30}
    assert units_cost(rule, weeks=[[4.0, 2.5, nan]]) == [[0, 45, 0]]
    assert units_cost(rule, weeks=[[-1.0, 3.9, 9.0]]) == [[150, 3, 0]]
    assert compiled(rule).line_terms == {}, "where nobody knows the weeks there is nothing to charge"


def test_breaking_a_run_of_sizes_costs() -> None:
    rule = {"kind": "size_run", "sizes": 3, "cents": 80}
    assert units_cost(rule, units=[[1, 1, 2]], sizes=[[3, 2, 5]]) == [[80, 0, 0]]


def test_a_store_is_credited_per_unit() -> None:
    rule = {"kind": "sales_credit", "cents": 25, "at": {"kinds": ["store"]}}
    assert units_cost(rule, given=scene(order(line(quantity=3)))) == [[-75, -75, 0]]


def test_a_package_from_elsewhere_costs_more() -> None:
    assert packages_cost({"kind": "prefer", "cents": 90, "at": {"kinds": ["warehouse"]}}) == [90, 90, 0]


def test_the_last_units_of_a_reserve_are_dear() -> None:
    rule = {"kind": "keep_reserve", "units": 4, "cents": 150}
    assert units_cost(rule, units=[[4, 5, 0]]) == [[150, 0, 150]]
    tagged = {**rule, "tags": ["dear"]}
    given = scene(order(line(), line("mug", 2, tags=frozenset({"dear"}))), units=[[1] * 3] * 2)
    assert units_cost(tagged, given=given) == [[0, 0, 0], [300, 300, 300]]


def test_packages_of_orders_of_several_lines_cost() -> None:
    given = scene(order(), order(line(), line("mug")))
    assert packages_cost({"kind": "consolidate", "cents": 60}, given=given) == [[0, 0, 0], [60, 60, 60]]


@pytest.mark.parametrize(
    ("kind", "tag", "sign"), [("protect_launch", "launch", 1), ("end_of_season", "end_of_season", -1)]
)
def test_a_launch_is_protected_and_the_end_of_a_season_pushed(kind: str, tag: str, sign: int) -> None:
    given = scene(order(line(tags=frozenset({tag})), line("mug")))
    rule = {"kind": kind, "cents": 70, "at": {"locations": ["A"]}}
    assert units_cost(rule, given=given) == [[sign * 70, 0, 0], [0, 0, 0]]


def test_a_package_costs_by_how_full_the_day_is() -> None:
    places = (
        place("A", load=Load(ship_day=30, pickup_day=45), capacity=25),
        place("B", load=Load(ship_day=30)),
        place("C", capacity=0),
        place("D", load=Load(ship_day=9), capacity=0),
    )
    assert packages_cost({"kind": "balance_load", "cents": 100}, places=places) == [75, 0, 0, 100]


def test_a_price_is_charged_to_the_orders_of_the_rule_only() -> None:
    given = scene(order(tier="gold"), order())
    gold = {"when": {"tiers": ["gold"]}}
    assert units_cost({"kind": "sales_credit", "cents": 5, **gold}, given=given) == [[-5] * 3, [0] * 3]
    assert packages_cost({"kind": "prefer", "cents": 5, "at": {"locations": ["A"]}, **gold}, given=given) == [
        [0, 5, 5],
        [0, 0, 0],
    ]
