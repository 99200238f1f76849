"""Readers of cells, and how refusals are counted."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.importing.rows import (
    Reader,
    Row,
    batches,
    decimal,
    once_each,
    one_of,
    optional,
    refuse,
    required,
    whole,
    without_value,
    yes_or_no,
)
from retail.cleaning import CleaningReport
from retail.errors import Refused
from retail.gtin import Gtin
from retail.money import Money


def _row(number: int = 1, **cells: str) -> Row:
    return Row(number, cells)


def _shown(value: object) -> str:
    return "reader" if callable(value) else f"{value!r:.40}"


def test_an_absent_column_leaves_what_is_known_and_an_empty_cell_does_not() -> None:
    assert _row().read("weight_g", 500, whole(0, 1000, 0)) == 500
    assert _row(weight_g=" ").read("weight_g", 500, whole(0, 1000, 0)) == 0


@pytest.mark.parametrize(
    ("reader", "cell", "value"),
    [
        (required(5), " Tea ", "Tea"),
        (required(4), "Cafe\u0301", "Caf\u00e9"),
        (optional(5), "", ""),
        (one_of("each", "gram"), "GRAM", "gram"),
        (one_of("each", "gram", empty="each"), "", "each"),
        (yes_or_no(), "Yes", True),
        (yes_or_no(), "0", False),
        (yes_or_no(empty=True), "", True),
        (whole(-5, 5, None), "-5", -5),
        (whole(0, 5, 7), "", 7),
        (decimal(-90, 90), "44.85466", Decimal("44.85466")),
        (decimal(-90, 90), "", None),
    ],
    ids=_shown,
)
def test_a_cell_becomes_a_value(reader: Reader[object], cell: str, value: object) -> None:
    assert _row(field=cell).read("field", "absent", reader) == value


@pytest.mark.parametrize(
    ("reader", "cell", "problem"),
    [
        (required(5), " ", "it is empty"),
        (required(2), "Tea", "it has more than 2 characters"),
        (optional(2), "Teas", "it has more than 2 characters"),
        (optional(9), "a\0b", "it holds a control character, U+0000"),
        (one_of("each", "gram"), "litre", "it is not one of each, gram"),
        (one_of("each", "gram"), "", "it is not one of each, gram"),
        (yes_or_no(), "maybe", "it is neither yes nor no"),
        (whole(0, 1000, None), "1001", "it is not a whole number from 0 to 1,000"),
        (whole(0, 1000, None), "1.5", "it is not a whole number from 0 to 1,000"),
        (whole(0, 1000, None), "٣", "it is not a whole number from 0 to 1,000"),
        (whole(0, 1000, None), "9" * 5000, "it is not a whole number from 0 to 1,000"),
        (decimal(-90, 90), "90.1", "it is not a number from -90 to 90"),
        (decimal(-90, 90), "nan", "it is not a number from -90 to 90"),
        (decimal(-90, 90), "1e1", "it is not a number from -90 to 90"),
    ],
    ids=_shown,
)
def test_a_cell_that_is_wrong_is_refused_with_the_field(reader: Reader[object], cell: str, problem: str) -> None:
    with pytest.raises(Refused) as caught:
        _row(field=cell).read("field", "absent", reader)
    assert (caught.value.field, caught.value.problem) == ("field", problem)
    assert caught.value.remedy


def test_equal_trouble_with_different_values_counts_as_one_kind() -> None:
    report = CleaningReport("catalogue", "items.csv")
    cells = [("3760020501060", "12,50"), ("3760020501061", "free"), ("12", "1.234"), ("abc", "")]
    for number, (gtin, price) in enumerate(cells, start=1):
        with pytest.raises(Refused) as caught:
            Gtin.parse(gtin)
        refuse(report, _row(number, gtin=gtin), caught.value)
        with pytest.raises(Refused) as caught:
            Money.parse(price, "EUR", "price")
        refuse(report, _row(number, price=price), caught.value)
    assert report.counts == {
        "gtin: it has a wrong check digit, 8 would be right": 2,
        "gtin: it is not 8, 12, 13 or 14 digits": 2,
        "price: it is not an amount of EUR": 4,
    }
    assert report.findings[0].value == "3760020501060"


@given(st.text(max_size=30), st.text(max_size=30))
def test_taking_a_value_out_never_fails(problem: str, value: str) -> None:
    assert isinstance(without_value(problem, value), str)


def test_findings_name_the_column_as_the_file_does() -> None:
    report = CleaningReport("network", "stores.csv")
    refuse(report, Row(7, {"location": "x"}, {"location": "id"}), Refused("location", "it is wrong", "correct it"))
    assert [(finding.row, finding.field, finding.value) for finding in report.findings] == [(7, "id", "x")]


def test_the_first_row_of_a_key_counts_and_later_ones_are_refused() -> None:
    report = CleaningReport("catalogue", "items.csv")
    rows = [_row(1, sku="A"), _row(2, sku="B"), _row(5, sku="A "), _row(6, sku="")]
    kept = list(once_each(rows, lambda row: row.read("sku", "", required(9)), "sku", report))
    assert [(key, row.number) for key, row in kept] == [("A", 1), ("B", 2)]
    assert [(finding.row, finding.problem) for finding in report.findings] == [
        (5, "it came before in this file"),
        (6, "it is empty"),
    ]
    assert "row 1" in report.findings[0].remedy


def test_batches_hold_every_row_once_and_in_order() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []
