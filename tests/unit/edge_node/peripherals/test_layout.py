"""Setting text on paper: everything fits, whatever it is."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.peripherals.documents import PickLine, PickSlip, ReceiptLine, ReceiptSlip, Row, TaxRow
from edge_node.peripherals.layout import BANNER, BIG, FIELD_LENGTH_MAX, PLAIN, Align, Line, Paper
from edge_node.peripherals.picklist import lay_out_pick_list
from edge_node.peripherals.receipt import lay_out_receipt
from tests.unit.edge_node.peripherals.samples import PICK_LIST, RECEIPT

WIDTHS = st.sampled_from([28, 32, 42, 48, 56])
TEXTS = st.text(max_size=60) | st.sampled_from(["", "x" * 90, "Ł€→ж", "a b" * 30, "\x1bp\x00\x19\xfa"])
ROWS = st.builds(Row, TEXTS, TEXTS)
RECEIPTS = st.builds(
    ReceiptSlip,
    store=TEXTS,
    code=TEXTS,
    printed_at=TEXTS,
    lines=st.lists(st.builds(ReceiptLine, TEXTS, TEXTS, TEXTS, TEXTS, st.lists(ROWS, max_size=2)), max_size=4).map(
        tuple
    ),
    total=ROWS,
    address=st.lists(TEXTS, max_size=2).map(tuple),
    register=TEXTS,
    cashier=TEXTS,
    subtotals=st.lists(ROWS, max_size=2).map(tuple),
    tenders=st.lists(ROWS, max_size=2).map(tuple),
    change=st.none() | ROWS,
    taxes=st.lists(st.builds(TaxRow, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
    footer=st.lists(TEXTS, max_size=2).map(tuple),
    copy=st.booleans(),
)
PICK_LINES = st.builds(PickLine, st.integers(0, 10**9), TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.lists(TEXTS).map(tuple))
PICK_LISTS = st.builds(
    PickSlip,
    order_code=TEXTS,
    service=TEXTS,
    pick_by=TEXTS,
    task_code=TEXTS,
    lines=st.lists(PICK_LINES, max_size=4).map(tuple),
    customer=TEXTS,
    destination=TEXTS,
    copy=st.booleans(),
    gift=st.booleans(),
)


@given(RECEIPTS, WIDTHS)
def test_no_line_of_a_receipt_is_wider_than_the_paper(slip: ReceiptSlip, columns: int) -> None:
    _check(lay_out_receipt(slip, Paper(columns)), columns)


@given(PICK_LISTS, WIDTHS)
def test_no_line_of_a_pick_list_is_wider_than_the_paper(slip: PickSlip, columns: int) -> None:
    _check(lay_out_pick_list(slip, Paper(columns)), columns)


def _check(operations: list[object], columns: int) -> None:
    for line in (each for each in operations if isinstance(each, Line)):
        assert line.width <= columns
        assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in line.text)
        line.text.encode("cp858")


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("5 € „Käse“ – 3 × 2…", '5 € "Käse" - 3 × 2...'),
        ("Łódź, Þórr, œuf", "Lódz, Þórr, oeuf"),
        ("zero\u200bwidth e\u0301", "zerowidth é"),
        ("日本 ж", "?? ?"),
        ("two\nlines\tand \x1b@ESC", "two lines and @ESC"),
    ],
)
def test_characters_the_printer_lacks_are_replaced_by_their_nearest(text: str, fitted: str) -> None:
    assert Paper(42).fit(text) == fitted


def test_a_printer_without_the_euro_sign_prints_its_name() -> None:
    assert Paper(42, "cp437").fit("5 € ─") == "5 EUR ─"


def test_an_endless_field_is_cut_off() -> None:
    assert len(Paper(42).fit("a" * 10_000)) == FIELD_LENGTH_MAX


def test_an_amount_stands_on_the_last_line_of_its_label() -> None:
    texts = [line.text for line in Paper(24).pair("A rather long article name", "12.99")]
    assert texts == ["A rather long", "article name       12.99"]


def test_an_amount_that_leaves_no_room_gets_its_own_line() -> None:
    texts = [line.text for line in Paper(24).pair("Indivisibleword", "EUR 123456.78")]
    assert texts == ["Indivisibleword", "           EUR 123456.78"]


def test_wide_text_takes_two_columns() -> None:
    (line,) = Paper(42).pair("TOTAL", "EUR 9.99", BIG)
    assert (line.text, line.width) == ("TOTAL        EUR 9.99", 42)


def test_a_banner_goes_from_edge_to_edge() -> None:
    (line,) = Paper(42).banner("COPY")
    assert line.width == 42
    assert line.spans[0].style == BANNER


def test_amounts_stand_below_each_other_whether_or_not_they_carry_a_tax_mark() -> None:
    lines = [each.text for each in lay_out_receipt(RECEIPT, Paper(42)) if isinstance(each, Line)]
    ends = {
        text.rstrip(" AB").rindex("0") for text in lines if text.rstrip(" AB").endswith(("149.00", "-20.00", "40.00"))
    }
    assert ends == {39}


def test_a_total_that_is_too_long_to_be_wide_is_only_tall() -> None:
    slip = ReceiptSlip("S", "C", "now", (), Row("TOTAL", "IDR 123 456 789 012.00"))
    total = next(each for each in lay_out_receipt(slip, Paper(42)) if isinstance(each, Line) and "IDR" in each.text)
    assert total.spans[0].style.tall
    assert not total.spans[0].style.wide


def test_a_receipt_without_taxes_has_no_empty_table() -> None:
    slip = ReceiptSlip("S", "C", "now", (ReceiptLine("Thing", "1.00"),), Row("TOTAL", "1.00"))
    assert not any("Rate" in each.text for each in lay_out_receipt(slip, Paper(42)) if isinstance(each, Line))


def test_a_pick_list_is_walked_by_bin_numbers_and_not_by_their_spelling() -> None:
    assert [line.text.split()[0] for line in _places()] == ["A-12-3", "C-2-2", "C-2-10", "no"]


def _places() -> list[Line]:
    lines = [each for each in lay_out_pick_list(PICK_LIST, Paper(42)) if isinstance(each, Line)]
    return [line for line in lines if line.text.endswith("[ ]")]


def test_only_a_quantity_above_one_stands_on_black() -> None:
    loud = [[span.text.strip() for span in line.spans if span.style.inverse] for line in _places()]
    assert loud == [[], [], ["3 x"], []]


def test_the_service_stands_below_the_time_where_one_is_named() -> None:
    for slip, wanted in ((replace(PICK_LIST, send_by="overnight"), ["Send by overnight"]), (PICK_LIST, [])):
        texts = [each.text.strip() for each in lay_out_pick_list(slip, Paper(42)) if isinstance(each, Line)]
        at = next(number for number, text in enumerate(texts) if text.startswith("Pick by"))
        assert [text for text in texts if text.startswith("Send by")] == wanted
        assert texts[at + 1 : at + 1 + len(wanted)] == wanted


def test_weighed_goods_count_as_one_piece() -> None:
    texts = [each.text for each in lay_out_pick_list(PICK_LIST, Paper(42)) if isinstance(each, Line)]
    assert any(text.startswith("4 lines, 6 pieces") for text in texts)


@pytest.mark.parametrize("copies", [False, True])
def test_copy_stands_at_both_ends_of_a_copy_and_nowhere_else(copies: bool) -> None:
    slip = ReceiptSlip("S", "C", "now", (), Row("TOTAL", "1.00"), copy=copies)
    banners = [each for each in lay_out_receipt(slip, Paper(42)) if isinstance(each, Line) and "COPY" in each.text]
    assert len(banners) == 2 * copies


def test_centred_text_leaves_the_centring_to_the_printer() -> None:
    (line,) = Paper(42).centred("Thank you")
    assert (line.text, line.align, line.spans[0].style) == ("Thank you", Align.CENTER, PLAIN)
