from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retail.errors import Refused
from routing.parcels import Parcels, Tariff
from routing.problem import Prices, Problem
from routing.split import split
from routing.terms import LineTerm
from tests.unit.routing.tiny import problem, problems_of_options


def parcels(
    upto: Sequence[int] = (5, 9),
    cents: Sequence[int] = (1, 2),
    divisor: int = 0,
    tariff: Any = (0, 0),
    grams: Any = (1, 1),
    volume: Any = (1, 1),
    name: str = "parcel",
) -> Parcels:
    """One price list for both options, and one thing wrong with it."""
    listed = Tariff(np.array(upto, np.int64), np.array(cents), divisor)
    return Parcels((listed,), np.array(tariff), np.array(grams), np.array(volume), name)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_ptr": [0, 1]}, "order_ptr"),
        ({"order_ptr": [1, 2]}, "order_ptr"),
        ({"order_ptr": [0, 2, 1, 2]}, "order_ptr"),
        ({"order_ptr": [0, 0, 2]}, "order_ptr"),
        ({"order_ptr": np.array([], np.int64)}, "order_ptr"),
        ({"order_ptr": np.array([0.0, 2.0])}, "order_ptr"),
        ({"line_sku": [0, 2]}, "line_sku"),
        ({"line_sku": [0, -1]}, "line_sku"),
        ({"line_qty": [1, 0]}, "line_qty"),
        ({"line_qty": [1]}, "line_qty"),
        ({"line_qty": np.array([1.0, np.nan])}, "line_qty"),
        ({"backorder": [1, -1]}, "backorder"),
        ({"backorder": [1, 10**9]}, "backorder"),
        ({"stock": [[1, -1], [1, 1]]}, "stock"),
        ({"stock": np.array([[1, np.nan], [1, 1]])}, "stock"),
        ({"stock": [1, 1]}, "stock"),
        ({"capacity": [1, -1]}, "capacity"),
        ({"capacity": [1]}, "capacity"),
        ({"blocked": [[0, 4]]}, "blocked"),
        ({"blocked": [[0]]}, "blocked"),
        ({"reasons": ()}, "reasons"),
        ({"line_blocked": [[0, 0]]}, "line_blocked"),
        ({"line_blocked": [[0, 0], [0, 9]]}, "line_blocked"),
        ({"pickup": [2]}, "pickup"),
        ({"pickup": [-2]}, "pickup"),
        ({"max_packages": [-1]}, "max_packages"),
        ({"package_terms": {"label": np.array([[1.5, 2.0]])}}, "label"),
        ({"package_terms": {"label": np.array([[1, 2, 3]])}}, "label"),
        ({"package_terms": {"label": np.array([1])}}, "label"),
        ({"package_terms": {"label": np.array([[10**9, 2]])}}, "label"),
        ({"package_terms": {"label": np.array([5, 5]), "credit": np.array([[-6, 0]])}}, "package_terms"),
        ({"package_terms": {"backorder": np.array([5, 5])}}, "terms"),
        ({"package_terms": {"shipping": np.array([5, 5])}}, "terms"),
        ({"package_terms": {"": np.array([5, 5])}}, "terms"),
        ({"line_terms": {"shipping": LineTerm(np.array([[1.0, np.nan]] * 2), "line")}}, "shipping.rate"),
        ({"line_terms": {"shipping": LineTerm(np.array([[1.0, np.inf]] * 2), "sku")}}, "shipping.rate"),
        ({"line_terms": {"shipping": LineTerm(np.ones((1, 2)), "line")}}, "shipping.rate"),
        ({"line_terms": {"shipping": LineTerm(np.ones((2, 2)), "order")}}, "shipping.rate"),
        ({"line_terms": {"shipping": LineTerm(np.ones((2, 2)), "location")}}, "shipping.rate"),
        ({"line_terms": {"shipping": LineTerm(np.ones(2), "location", np.array([1.0]))}}, "shipping.amount"),
        ({"line_terms": {"shipping": LineTerm(np.ones(2), "location", np.array([1.0, np.nan]))}}, "shipping.amount"),
        ({"line_terms": {"shipping": LineTerm(np.full(2, 1e9), "location")}}, "terms"),
        ({"prices": Prices(stock=np.array([[0.0, -1.0], [0, 0]]))}, "stock price"),
        ({"prices": Prices(capacity=np.array([0.0, np.nan]))}, "capacity price.rate"),
        ({"prices": Prices(capacity=np.array([0.0]))}, "capacity price.rate"),
        ({"prices": Prices(stock=np.full((2, 2), 1e9))}, "terms"),
        ({"place": [0, 2]}, "place"),
        ({"place": [0, -1]}, "place"),
        ({"place": [[0, 1]]}, "place"),
        ({"place": np.array([0.0, 1.0])}, "place"),
        ({"place": [0, 1, 1]}, "blocked"),
        ({"pool": [0, 2]}, "pool"),
        ({"pool": [0]}, "pool"),
        ({"pool": [0, 0], "capacity": [-1]}, "capacity"),
        ({"leg": [[-1, 2]]}, "leg"),
        ({"leg": [[-2, 1]]}, "leg"),
        ({"leg": [[-1, 1]]}, "leg"),
        ({"leg": [[-1, -1, -1]]}, "leg"),
        ({"leg": [[-1, -1]], "capacity": [9]}, "capacity"),
        ({"kits": [-2, 0]}, "kits"),
        ({"kits": [0]}, "kits"),
        ({"complete": [True, False]}, "complete"),
        ({"complete": [1]}, "complete"),
        ({"line_terms": {"shipping": LineTerm(np.ones(3), "option")}}, "shipping.rate"),
        ({"line_terms": {"shipping": LineTerm(np.ones(2), "zone")}}, "shipping.by"),
        ({"parcels": parcels(tariff=[1, 0])}, "parcels.tariff"),
        ({"parcels": parcels(tariff=[-2, 0])}, "parcels.tariff"),
        ({"parcels": parcels(tariff=[0])}, "parcels.tariff"),
        ({"parcels": parcels(tariff=[[0, 0], [0, 0]])}, "parcels.tariff"),
        ({"parcels": parcels(grams=[1, -1])}, "parcels.grams"),
        ({"parcels": parcels(grams=[1.5, 2])}, "parcels.grams"),
        ({"parcels": parcels(grams=[1])}, "parcels.grams"),
        ({"parcels": parcels(volume=[1, -1])}, "parcels.volume"),
        ({"parcels": parcels(upto=[])}, "parcels.tariffs[0].upto"),
        ({"parcels": parcels(upto=[5, 5])}, "parcels.tariffs[0].upto"),
        ({"parcels": parcels(upto=[-5, 5])}, "parcels.tariffs[0].upto"),
        ({"parcels": parcels(cents=[5])}, "parcels.tariffs[0].cents"),
        ({"parcels": parcels(cents=[5, -1])}, "parcels.tariffs[0].cents"),
        ({"parcels": parcels(cents=[5, 10**8])}, "terms"),
        ({"parcels": parcels(divisor=-1)}, "parcels.tariffs[0].divisor"),
        ({"parcels": parcels(name="label")}, "terms"),
        ({"parcels": parcels(name="stock price")}, "terms"),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        problem(fixed=[[500, 600]], lines=[[100, 200]] * 2, **changes)
    assert refused.value.field == field


INTEGERS = ["order_ptr", "line_sku", "line_qty", "backorder", "stock", "capacity", "blocked", "line_blocked", "place"]
INTEGERS += ["pool", "leg", "kits", "max_packages"]


@settings(max_examples=80, deadline=None)
@given(problems_of_options(orders=2), st.sampled_from(INTEGERS), st.sampled_from([-9, 10**13]), st.data())
def test_one_wrong_number_is_refused_by_the_name_of_its_array(
    drawn: Problem, name: str, wrong: int, data: st.DataObject
) -> None:
    values = getattr(drawn, name)
    assume(values is not None and values.size > 0)
    assume(wrong < 0 or name not in ("stock", "capacity", "kits", "max_packages"))  # those have no upper limit
    changed = values.astype(np.int64)
    changed.flat[data.draw(st.integers(0, values.size - 1))] = wrong
    with pytest.raises(Refused) as refused:
        replace(drawn, **{name: changed})
    assert refused.value.field == name
    assert refused.value.remedy


@settings(max_examples=80, deadline=None)
@given(problems_of_options(orders=2), st.sampled_from(["shipping", "picking", "slot", "stock value"]))
def test_a_cost_that_is_not_a_number_is_refused_by_the_name_of_its_term(drawn: Problem, name: str) -> None:
    term = drawn.line_terms[name]
    unknown = LineTerm(np.full(term.rate.shape, np.nan), term.by, term.amount)
    with pytest.raises(Refused) as refused:
        replace(drawn, line_terms={**drawn.line_terms, name: unknown})
    assert refused.value.field == f"{name}.rate"


def test_a_blocked_location_may_have_any_cost() -> None:
    blocked = problem(fixed=[[-5, 600]], lines=[[100, 200]], blocked=[[1, 0]])
    assert split(blocked, 0).assignment.tolist() == [1]


def test_a_factored_term_costs_what_its_table_would() -> None:
    grams, rate = np.array([130, 2750, 400]), np.array([0.0312, 0.107])
    table = np.array([[4, 14], [86, 294], [12, 43]])  # half to even: 0.0312 x 130 = 4.056
    factored = problem(fixed=[[0, 0]], lines=[[0, 0]] * 3, line_terms={"weight": LineTerm(rate, "location", grams)})
    spelled = problem(fixed=[[0, 0]], lines=[[0, 0]] * 3, line_terms={"weight": LineTerm(table, "line")})
    assert split(factored, 0).cents == split(spelled, 0).cents == 102


def test_half_a_cent_rounds_to_even() -> None:
    drawn = problem(fixed=[[0]], lines=[[0]] * 2, line_terms={"weight": LineTerm(np.array([[0.5], [1.5]]), "line")})
    assert split(drawn, 0).cents == 0 + 2


def test_narrow_whole_number_types_do_not_overflow() -> None:
    drawn = problem(
        fixed=[[0]],
        lines=[[0]] * 3,
        line_sku=[0, 0, 0],
        line_qty=np.full(3, 100, np.int8),
        stock=np.array([[255], [0], [0]], np.uint8),
        capacity=np.array([32767], np.int16),
    )
    assert (split(drawn, 0).assignment == -1).sum() == 1
