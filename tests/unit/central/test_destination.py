"""The kind of a destination is read off its address, and what only looks like a box is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.orders.destination import MILITARY, ORDINARY, PO_BOX, kind_of
from central.orders.intake import Destination


def kind(street: str = "1 Elm Street", city: str = "Columbus", region: str = "OH", code: str = "43215",
         country: str = "US") -> str:  # fmt: skip
    return kind_of(Destination("Ada", street, city, region, code, country))


@pytest.mark.parametrize(
    "street",
    [
        "PO Box 12", "P.O. Box 12", "P. O. Box 12", "P O BOX 12", "POBox 12", "P.O.BOX12", "p.o.b. 12", "POB 1234",
        "Po Box #12", "PO Box No. 12", "PO Box: 12", "PO Box A12", "Post Office Box 12", "Postbox 12", "Post Box 9",
        "GPO Box 2001", "12 Elm Street, PO Box 7", "c/o Ada\u00a0P.O. Box 7", "Private Bag 3", "Locked Bag 12",
    ],
)  # fmt: skip
def test_a_post_office_box_is_known_however_it_is_written(street: str) -> None:
    assert kind(street) == PO_BOX


@pytest.mark.parametrize(
    ("street", "country", "code"),
    [
        ("Postfach 12 34", "DE", "10115"), ("POSTFACH 7", "CH", "8001"), ("Postbus 90", "NL", "1012 AB"),
        ("Boîte postale 12", "FR", "75001"), ("B.P. 12", "FR", "75001"), ("BP 12", "BE", "1000"),
        ("Case postale 4", "CH", "1200"), ("Casella Postale 5", "IT", "00118"),
        ("Apartado de Correos 5", "ES", "28001"), ("Apdo. 5", "ES", "28001"),
        ("Caixa Postal 77", "BR", "01001-000"),
    ],
)  # fmt: skip
def test_boxes_are_known_in_other_languages(street: str, country: str, code: str) -> None:
    assert kind(street, "x", "", code, country) == PO_BOX


@pytest.mark.parametrize(
    "street",
    [
        "12 Post Office Road", "Post Office Street 4", "5 Box Hill Road", "12 Boxwood Lane", "PO Box Lane",
        "RR 2 Box 152", "HC 68 Box 23A", "Depot Box 5", "12 Po Boxer Street", "Po Valley Road 12", "7 Pobox Close 5",
        "Postfachweg 3", "Postbusstraat 4", "BP 12", "12 P O Boulevard 3", "Shipo Box 3", "Box 12", "", "1 Elm Street",
        "Unit 5, Apartadero 3",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_box_is_an_ordinary_address(street: str) -> None:
    assert kind(street) == ORDINARY


@pytest.mark.parametrize(
    ("street", "city", "region", "code"),
    [
        ("PSC 1234 Box 5678", "APO", "AE", "09204"), ("Unit 2050 Box 4190", "FPO", "AP", "96278"),
        ("Unit 9900 Box 0500", "DPO", "AE", "09701-0500"), ("1 Elm", "Miami", "AA", "34002"),
        ("1 Elm", "apo ae", "", "09204"), ("1 Elm", "A", "ap", "10001"), ("1 Elm", "Camp", "Armed Forces", "96350"),
        ("PO Box 5", "APO", "AE", "09204"),
    ],
)  # fmt: skip
def test_a_military_post_office_is_known_by_state_city_or_zip(street: str, city: str, region: str, code: str) -> None:
    assert kind(street, city, region, code) == MILITARY


def test_only_the_united_states_have_those_codes() -> None:
    assert kind("1 Elm", "Apo", "AA", "09204", "DE") == ORDINARY
    assert kind("1 Elm", "Apollo", "PA", "15613") == ORDINARY
    assert kind("1 Elm", "Naples", "FL", "34102") == ORDINARY


@given(st.text(max_size=200), st.text(max_size=20), st.sampled_from(("US", "FR", "DE")))
def test_any_text_has_a_kind(street: str, city: str, country: str) -> None:
    assert kind(street, city, "", "43215", country) in (ORDINARY, PO_BOX, MILITARY)
