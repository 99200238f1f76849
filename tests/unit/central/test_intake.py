"""What is wrong with an order, found without a database."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.orders import intake
from central.orders.intake import Destination, Goods, NewLine, NewOrder, Payment, PickupPlace

GOODS = {
    "tea": Goods("Green tea", "each", 0, "", withdrawn=False),
    "rice": Goods("Rice", "gram", 0, "", withdrawn=False),
    "rum": Goods("Rum", "each", 18, "flammable", withdrawn=False),
    "old": Goods("Old", "each", 0, "", withdrawn=True),
}
HERE = PickupPlace("EUR", hands_over=True, closed="")


def order(**changes: Any) -> NewOrder:
    made = NewOrder(
        platform="shop",
        platform_order_id="1001",
        channel="web",
        service="ship",
        pickup_location="",
        customer_name="Ada",
        contact={},
        ship_to=Destination("Ada", "Elm 1", "Berlin", "", "10115", "DE"),
        currency="EUR",
        lines=[NewLine("1", "tea", 2, 250, 80, 500)],
        shipping_charged=499,
        tax_total=160,
        total=999,
        placed_ms=1_000,
    )
    return replace(made, **changes)


def fields(made: NewOrder, place: PickupPlace | None = None) -> list[str]:
    return [fault.field for fault in intake.faults(made, GOODS, place)]


def address(**changes: Any) -> NewOrder:
    return order(ship_to=replace(Destination("Ada", "Elm 1", "Berlin", "", "10115", "DE"), **changes))


def line(**changes: Any) -> NewOrder:
    changed = replace(NewLine("1", "tea", 2, 250, 80, 500), **changes)
    amount, tax = changed.amount, changed.tax
    return order(lines=[changed], shipping_charged=0, total=amount, tax_total=tax)


def test_a_right_order_has_no_faults() -> None:
    assert fields(order()) == []
    assert fields(line(sku="rice", quantity=1500, unit_price=200, amount=300, tax=20)) == []
    pickup = order(service="pickup", pickup_location="S1", ship_to=None)
    assert fields(pickup, HERE) == []


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (order(ship_to=None), "ship_to"),
        (order(pickup_location="S1"), "pickup_location"),
        (address(zip="1011"), "ship_to.zip"),
        (address(zip="1011A"), "ship_to.zip"),
        (address(country="DE", zip="١٠١١٥"), "ship_to.zip"),
        (address(country="US", zip="10115-12"), "ship_to.zip"),
        (address(country="ZZ", zip="!"), "ship_to.zip"),
        (address(country="de"), "ship_to.country"),
        (address(lat=52.5), "ship_to.lat"),
        (line(sku="mystery"), "lines.0.sku"),
        (line(sku="old"), "lines.0.sku"),
        (line(quantity=0), "lines.0.quantity"),
        (line(quantity=-1), "lines.0.quantity"),
        (line(quantity=10**13), "lines.0.quantity"),
        (line(amount=581), "lines.0.amount"),
        (line(amount=10, tax=20), "lines.0.tax"),
        (order(total=1000), "total"),
        (order(tax_total=79), "tax_total"),
        (order(tax_total=600), "tax_total"),
        (order(currency="XXX"), "currency"),
        (order(payments=[Payment("card", "captured", 1000)]), "payments"),
        (order(promise_ms=999), "promise_ms"),
        (order(lines=[NewLine("1", "tea", 1, 250, 40, 250)] * 2, total=999), "lines.1.id"),
    ],
)
def test_a_fault_names_its_field(made: NewOrder, field: str) -> None:
    found = intake.faults(made, GOODS, None)
    assert [fault.field for fault in found] == [field]
    assert found[0].remedy


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (None, "pickup_location"),
        (replace(HERE, hands_over=False), "pickup_location"),
        (replace(HERE, closed="no opening hours"), "pickup_location"),
        (replace(HERE, currency="USD"), "currency"),
    ],
)
def test_a_pickup_needs_a_store_that_hands_over(place: PickupPlace | None, field: str) -> None:
    assert fields(order(service="pickup", pickup_location="S1", ship_to=None), place) == [field]


def test_a_pin_names_a_location_of_the_currency_and_no_order_to_be_collected_has_one() -> None:
    def wrong(made: NewOrder, pin: PickupPlace | None) -> list[str]:
        return [str(fault) for fault in intake.faults(made, GOODS, HERE, pin)]

    pinned = order(pinned_location="S2")
    assert wrong(pinned, replace(HERE, closed="for stocktaking")) == []
    assert "'S2' is not a location" in wrong(pinned, None)[0]
    assert "sells in USD" in wrong(pinned, replace(HERE, currency="USD"))[0]
    collected = order(service="pickup", pickup_location="S1", ship_to=None, pinned_location="S1")
    assert "served where it is collected" in wrong(collected, HERE)[0]


def test_every_fault_is_told_at_once() -> None:
    wrong = order(total=1, tax_total=0, lines=[NewLine("1", "mystery", 0, 250, 80, 500)])
    assert fields(wrong) == ["lines.0.sku", "lines.0.quantity", "total", "tax_total"]


def test_a_discount_may_lower_a_line_and_tax_may_come_on_top() -> None:
    assert fields(line(amount=300, tax=40)) == []
    assert fields(line(amount=580, tax=80)) == []


def test_lines_take_age_and_hazard_from_the_catalogue_and_ids_from_the_shop() -> None:
    made = order(lines=[NewLine("1", "rum", 1, 999, 0, 999)])
    [rum] = intake.lines_of(made, GOODS)
    assert (rum.age_minimum, rum.hazard, rum.name) == (18, "flammable", "Rum")
    assert intake.lines_of(made, GOODS)[0].line_id == rum.line_id
    assert intake.lines_of(replace(made, platform="other"), GOODS)[0].line_id != rum.line_id


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_codes_are_short_first_and_hold_no_letter_that_looks_like_a_digit(platform: str, number: str) -> None:
    codes = list(intake.codes(order(platform=platform, platform_order_id=number)))
    assert [len(code) for code in codes] == [9, 11, 13]
    assert all(code.startswith(codes[0]) for code in codes)
    assert not set("".join(codes)) & set("ILOU")


def test_paper_gets_no_street() -> None:
    assert Destination("Ada", "Elm 1", "Berlin", "", "10115", "DE").on_paper == "Berlin 10115 DE"
