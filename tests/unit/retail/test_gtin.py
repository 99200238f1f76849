import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from retail.gtin import Gtin, check_digit

REAL_GTINS = Path(__file__).parents[4] / "shared/data/products/open_food_facts_gtins.csv.gz"

bodies = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda length: st.text("0123456789", min_size=length, max_size=length)
)
real_bodies = bodies.filter(lambda body: body.strip("0") != "")


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("629104150021", 3),  # the worked example of GS1 General Specifications, section 7.9.1
        ("37610425002123456", 9),  # and its SSCC
        ("9638507", 4),
        ("03600029145", 2),
        ("978820551237", 5),
        ("950110153100", 0),
    ],
)
def test_the_check_digit_is_that_of_the_gs1_specifications(body: str, digit: int) -> None:
    assert check_digit(body) == digit


@given(real_bodies)
def test_a_gtin_made_from_a_body_reads_back_at_every_length(body: str) -> None:
    gtin = Gtin.from_body(body)
    assert gtin == Gtin.parse(body + str(check_digit(body)))
    assert gtin == Gtin.parse(gtin.text14) == Gtin(gtin.text14)
    assert len(gtin.text14) == 14
    assert gtin.text14.endswith(body + str(check_digit(body)))


@given(real_bodies, st.data())
def test_one_wrong_digit_is_always_noticed(body: str, data: st.DataObject) -> None:
    code = body + str(check_digit(body))
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != code[place]))
    with pytest.raises(Refused, match="wrong check digit"):
        Gtin.parse(code[:place] + wrong + code[place + 1 :])


def test_the_same_goods_are_equal_whatever_the_length_of_their_code() -> None:
    assert Gtin.parse("036000291452") == Gtin.parse("0036000291452") == Gtin.parse("00036000291452")


def test_eight_digits_are_an_ean_8_and_never_an_abbreviated_upc() -> None:
    assert Gtin.parse("96385074").text14 == "00000096385074"
    abbreviated, whole = "02345673", "023456000073"  # valid as both: only the scanner can tell
    assert Gtin.parse(abbreviated).text14 == "00000002345673"
    assert Gtin.parse(abbreviated) != Gtin.parse(whole)


def test_a_wrong_check_digit_names_the_right_one_and_says_what_to_do() -> None:
    with pytest.raises(Refused) as refusal:
        Gtin.parse("6291041500214", field="barcode")
    assert refusal.value.field == "barcode"
    assert "3 would be right" in refusal.value.problem
    assert "scan" in refusal.value.remedy


def test_white_space_around_a_code_is_dropped_and_inside_is_refused() -> None:
    assert Gtin.parse(" 6291041500213\r\n") == Gtin.parse("6291041500213")
    with pytest.raises(Refused):
        Gtin.parse("629104 1500213")


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1234567", "123456789", "629-1041500213", "٦٢٩١٠٤١٥٠٠٢١٣", "²" * 13, "6" * 100_000, "-6291041500213"],
)
def test_what_is_no_code_is_refused_briefly(text: str) -> None:
    with pytest.raises(Refused, match="not 8, 12, 13 or 14 digits") as refusal:
        Gtin.parse(text)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("text", ["00000000", "0000000000000", "00000000000000"])
def test_a_number_of_zeros_names_no_goods(text: str) -> None:
    with pytest.raises(Refused, match="zeros only"):
        Gtin.parse(text)


@pytest.mark.parametrize("body", ["", "12a", "1" * 18, "٣"])
def test_no_check_digit_is_made_up_for_what_is_no_number(body: str) -> None:
    with pytest.raises(Refused, match="not 1 to 17 digits"):
        check_digit(body)


def test_a_gtin_cannot_hold_what_parse_would_refuse() -> None:
    with pytest.raises(Refused):
        Gtin("6291041500213")
    with pytest.raises(Refused):
        Gtin("06291041500214")


@pytest.mark.skipif(not REAL_GTINS.exists(), reason=f"needs the real products in {REAL_GTINS.name}")
def test_of_the_real_products_exactly_the_two_bad_codes_are_refused() -> None:
    refused = []
    with gzip.open(REAL_GTINS) as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8")):
            try:
                Gtin.parse(next(iter(row.values())))
            except Refused as error:
                refused.append(error)
    assert len(refused) == 2
