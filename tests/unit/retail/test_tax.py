from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from retail.tax import RATE_PPM_MAX, TaxCode, tax_of

amounts = st.integers(-(10**12), 10**12)
rates = st.integers(0, RATE_PPM_MAX)


@pytest.mark.parametrize(
    ("amount", "rate_ppm", "inclusive", "tax"),
    [
        (11900, 190_000, True, 1900),
        (10000, 190_000, False, 1900),
        (199, 70_000, True, 13),  # 13.02
        (1000, 88_750, False, 89),  # 88.75, New York City
        (50, 190_000, False, 10),  # 9.5, a half
        (-50, 190_000, False, -10),
        (100, 0, True, 0),
    ],
)
def test_tax_is_rounded_half_up_to_the_cent(amount: int, rate_ppm: int, inclusive: bool, tax: int) -> None:
    assert tax_of(amount, TaxCode("T", rate_ppm, inclusive)) == tax


@given(amounts, rates)
def test_tax_inside_a_price_is_within_half_a_cent_of_the_exact_tax(amount: int, rate_ppm: int) -> None:
    exact = Fraction(amount * rate_ppm, 1_000_000 + rate_ppm)
    assert abs(tax_of(amount, TaxCode("T", rate_ppm, inclusive=True)) - exact) <= Fraction(1, 2)


@given(amounts, rates)
def test_tax_on_top_of_a_price_is_within_half_a_cent_of_the_exact_tax(amount: int, rate_ppm: int) -> None:
    exact = Fraction(amount * rate_ppm, 1_000_000)
    assert abs(tax_of(amount, TaxCode("T", rate_ppm, inclusive=False)) - exact) <= Fraction(1, 2)


@given(amounts, rates)
def test_a_price_with_its_tax_added_contains_that_tax(amount: int, rate_ppm: int) -> None:
    added = tax_of(amount, TaxCode("T", rate_ppm, inclusive=False))
    assert tax_of(amount + added, TaxCode("T", rate_ppm, inclusive=True)) == added


@given(amounts, rates, st.booleans())
def test_a_refund_gives_back_the_tax_that_the_sale_took(amount: int, rate_ppm: int, inclusive: bool) -> None:
    tax = TaxCode("T", rate_ppm, inclusive)
    assert tax_of(-amount, tax) == -tax_of(amount, tax)


@pytest.mark.parametrize("rate_ppm", [-1, RATE_PPM_MAX + 1])
def test_a_rate_in_the_wrong_measure_is_refused_with_the_right_one(rate_ppm: int) -> None:
    with pytest.raises(Refused, match=r"^rate_ppm: .*190000 for 19 %$"):
        TaxCode("T", rate_ppm, inclusive=True)


@pytest.mark.parametrize("code", ["", "  ", "T\x00", "T" * 21])
def test_a_tax_code_needs_a_name_that_a_receipt_can_show(code: str) -> None:
    with pytest.raises(Refused, match=r"^tax_code: "):
        TaxCode(code, 190_000, inclusive=True)
