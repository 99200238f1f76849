from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.catalogue import AGE_MAX, Item, Price, Sku, parse_sku
from retail.errors import Refused
from retail.money import Money
from retail.quantity import Quantity, Unit

SKU = Sku("A-1")


def price(minor: int) -> Price:
    return Price(SKU, Money(minor, "EUR"))


def test_white_space_around_a_sku_is_dropped() -> None:
    assert parse_sku(" A-1\n") == SKU


@pytest.mark.parametrize("text", ["", "  ", "A\x001", "A" * 65])
def test_what_is_no_sku_is_refused_under_the_name_of_its_field(text: str) -> None:
    with pytest.raises(Refused, match=r"^column 1: "):
        parse_sku(text, field="column 1")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sku", {"sku": Sku("")}),
        ("name", {"name": " "}),
        ("name", {"name": "Milk\x1b@"}),
        ("tax_code", {"tax_code": ""}),
        ("hazard", {"hazard": "x" * 21}),
        ("age_minimum", {"age_minimum": -1}),
        ("age_minimum", {"age_minimum": AGE_MAX + 1}),
    ],
)
def test_an_item_that_no_receipt_could_show_is_refused(field: str, values: dict[str, object]) -> None:
    good: dict[str, object] = {"sku": SKU, "name": "Milk", "unit": Unit.EACH, "tax_code": "R"}
    with pytest.raises(Refused, match=f"^{field}: "):
        Item(**{**good, **values})  # type: ignore[arg-type]


@given(st.integers(0, 10**8), st.integers(1, 9999))
def test_pieces_cost_their_price_each(minor: int, pieces: int) -> None:
    assert price(minor).of(Quantity(pieces, Unit.EACH)) == Money(minor * pieces, "EUR")


@given(st.integers(0, 10**8), st.integers(1, 10**6))
def test_weighed_goods_cost_their_share_of_the_price_of_a_kilogram(minor: int, grams: int) -> None:
    cost = price(minor).of(Quantity(grams, Unit.GRAM))
    assert abs(cost.minor - Fraction(minor * grams, 1000)) <= Fraction(1, 2)


@pytest.mark.parametrize(("grams", "minor"), [(1000, 199), (250, 50), (2, 0), (3, 1), (1250, 249)])
def test_a_weighing_is_rounded_half_up(grams: int, minor: int) -> None:
    assert price(199).of(Quantity(grams, Unit.GRAM)).minor == minor


def test_goods_may_be_free_but_never_pay_the_customer() -> None:
    assert price(0).of(Quantity(5, Unit.EACH)) == Money(0, "EUR")
    with pytest.raises(Refused, match=r"^price: .*below zero"):
        price(-1)
