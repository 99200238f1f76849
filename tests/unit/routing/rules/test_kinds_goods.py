"""What a location may send and which of its units may be promised: each kind at its limit and just beyond."""

from math import nan
from typing import Any

import numpy as np
import pytest

from routing.rules.scene import Option
from tests.unit.routing.rules.scenes import compiled, line, line_texts, order, place, scene, texts

TWO = (place("A"), place("B"))


def why(rule: dict[str, Any], *lines: Any, places: Any = TWO, **changes: Any) -> list[str]:
    """Why each location may not serve the first line."""
    return line_texts(compiled(rule, given=scene(order(*lines), places=places, **changes)))


def test_a_location_is_not_asked_twice_for_a_line() -> None:
    found = compiled({"kind": "asked_before"}, given=scene(order(line(excluded=frozenset({"A", "gone"})), line("mug"))))
    assert line_texts(found, 0) == ["was asked for it before and could not", "", ""]
    assert line_texts(found, 1) == ["", "", ""]


def test_dangerous_goods_need_a_certified_location_and_the_ground() -> None:
    certified, ground = {"certifications": frozenset({"hazmat"})}, {"services": frozenset({"ground"})}
    places = (place("A"), place("B", **certified), place("C", **ground), place("D", **certified, **ground))
    drum = line(tags=frozenset({"hazmat"}))
    no, air = "is not certified for hazmat", "cannot send dangerous goods by ground"
    assert why({"kind": "hazmat"}, drum, places=places) == [no, air, no, ""]
    assert why({"kind": "hazmat"}, line(), places=places) == [""] * 4
    given = scene(order(drum, service="pickup", pickup_location="B"), places=places)
    assert line_texts(compiled({"kind": "hazmat"}, given=given)) == [no, "", no, ""]
    options = (Option(3, "air"), Option(3, "ground"))
    assert why({"kind": "hazmat"}, drum, places=places, options=options) == [air, ""]


def test_goods_for_adults_obey_the_law_of_the_destination_and_need_a_signature() -> None:
    wine = line(tags=frozenset({"age_restricted"}))
    rule = {"kind": "age_restricted", "forbidden": ["KW", "US-UT"]}
    places = (place("A"), place("B", services=frozenset({"adult signature"})))
    law = "may not send it: the law of the destination forbids it"
    unsigned = "does not offer adult signature"

    def texts_for(**changes: Any) -> list[str]:
        return line_texts(compiled(rule, given=scene(order(wine, **changes), places=places)))

    assert texts_for(region="OH") == [unsigned, ""]
    assert texts_for(region="UT") == [law, law]
    assert texts_for(country="KW", region="UT") == [law, law]
    assert texts_for(service="pickup", pickup_location="A", region="UT") == ["", ""]


def test_products_are_left_out_by_tag_at_some_locations() -> None:
    rule = {"kind": "exclude_products", "tags": ["oversize", "gift_wrap"], "at": {"locations": ["B"]}}
    assert why(rule, line(tags=frozenset({"gift_wrap", "new"}))) == ["", "does not serve gift wrap products"]
    assert why(rule, line(tags=frozenset({"new"}))) == ["", ""]


@pytest.mark.parametrize(("known", "there"), [(0.8, True), (0.79, False), (nan, False), (1.0, True)])
def test_a_unit_exists_from_the_least_confidence_on(known: float, there: bool) -> None:
    rule = {"kind": "minimum_confidence", "confidence": 0.8}
    text = "" if there else "has it with a confidence below 0.8"
    assert why(rule, confidence=[[known, 1.0]]) == [text, ""]
    by_place = (place("A", confidence=known), place("B", confidence=1.0))
    assert why(rule, places=by_place) == [text, ""]
    assert why(rule, places=by_place, confidence=[[nan, 0.1]]) == [text, "has it with a confidence below 0.8"]


def test_nobody_knows_a_confidence_that_nobody_gave() -> None:
    assert why({"kind": "minimum_confidence", "confidence": 0.1}) == ["has it with a confidence below 0.1"] * 2


def test_a_location_with_exactly_the_minimum_serves() -> None:
    rule = {"kind": "minimum_stock", "units": 3}
    assert why(rule, units=[[3, 2]]) == ["", "has fewer than 3 units of it"]
    assert why(rule, units=[[0, 2]])[0] == "", "a location without any is short of stock, not held back by a rule"
    tagged = {**rule, "tags": ["watch"]}
    assert why(tagged, line(), units=[[3, 2]]) == ["", ""]
    assert why(tagged, line(tags=frozenset({"watch"})), units=[[3, 2]]) == ["", "has fewer than 3 units of it"]


def test_safety_stock_is_taken_off_and_the_greatest_of_several_counts() -> None:
    given = scene(order(line("tea", 2), line("mug", 7, tags=frozenset({"dear"}))), places=TWO, units=[[9, 1], [9, 8]])
    found = compiled(
        {"kind": "safety_stock", "units": 2},
        {"kind": "safety_stock", "units": 5, "tags": ["dear"], "at": {"locations": ["A"]}},
        given=given,
    )
    assert found.stock.tolist() == [[4, 0], [7, 6]], "mug and tea in the order of their names"
    assert line_texts(found, 1) == ["keeps 5 of its units as safety stock", ""]
    assert line_texts(found, 0) == ["", ""]


def test_what_safety_stock_keeps_from_a_line_is_said_only_where_it_is_the_reason() -> None:
    given = scene(order(line("tea", 3)), places=(*TWO, place("C"), place("D")), units=[[9, 4, 2, 5]])
    found = compiled({"kind": "safety_stock", "units": 2}, given=given)
    assert found.stock.tolist() == [[7, 2, 0, 3]]
    assert line_texts(found) == ["", "keeps 2 of its units as safety stock", "", ""]
    assert texts(found) == [""] * 4


def test_options_of_a_location_have_its_units_and_its_rules() -> None:
    options = (Option(1), Option(0, "ground"), Option(1, "ground"))
    given = scene(order(line("tea", 2)), places=TWO, options=options, units=[[2, 3]])
    found = compiled({"kind": "safety_stock", "units": 1}, {"kind": "minimum_stock", "units": 3}, given=given)
    assert line_texts(found) == ["", "has fewer than 3 units of it", ""]
    assert found.stock.tolist() == [[1, 2]]
    kept = compiled({"kind": "safety_stock", "units": 2}, given=given)
    assert [text != "" for text in line_texts(kept)] == [True, True, True]


def test_the_last_unit_and_those_on_display_stay() -> None:
    given = scene(order(line("tea")), places=(*TWO, place("C")), units=[[1, 5, 2]], display=[[0, 3, 9]])
    found = compiled({"kind": "last_unit"}, given=given)
    assert found.stock.tolist() == [[0, 2, 0]]
    assert line_texts(found) == ["keeps its last or display unit", "", "keeps its last or display unit"]
    assert compiled({"kind": "last_unit", "units": 0}, given=given).stock.tolist() == [[1, 2, 0]]


def test_stock_below_zero_is_none_and_is_noted() -> None:
    found = compiled({"kind": "safety_stock", "units": 2}, given=scene(units=[[-4, 9, 0]]))
    assert found.stock.tolist() == [[0, 7, 0]]
    assert found.notes == ("stock is below zero for 1 items at a location: it counts as none",)


def test_a_rule_counts_what_it_does() -> None:
    given = scene(order(line("tea", 9)), units=np.array([[9, 9, 1]]))
    found = compiled(
        {"kind": "exclude", "id": "out", "at": {"locations": ["A"]}},
        {"kind": "distance", "id": "near", "miles": 1},
        {"kind": "safety_stock", "id": "safe", "units": 2},
        given=given,
    )
    out, near, safe = (found.tallies[name] for name in ("out", "near", "safe"))
    assert (out.orders, out.pairs, out.first) == (1, 1, 1)
    assert (near.pairs, near.first) == (2, 2)
    assert (safe.units, safe.line_pairs) == (5, 2)
