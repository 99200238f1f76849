from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.rounding import half_up

numerators = st.integers(-(10**20), 10**20)
denominators = st.integers(1, 10**9)


@pytest.mark.parametrize(
    ("numerator", "rounded"), [(4, 0), (5, 1), (14, 1), (15, 2), (25, 3), (-4, 0), (-5, -1), (-15, -2)]
)
def test_a_half_is_rounded_away_from_zero(numerator: int, rounded: int) -> None:
    assert half_up(numerator, 10) == rounded


@given(numerators, denominators)
def test_rounding_moves_at_most_half_a_unit(numerator: int, denominator: int) -> None:
    assert abs(half_up(numerator, denominator) - Fraction(numerator, denominator)) <= Fraction(1, 2)


@given(numerators, denominators)
def test_rounding_a_refund_is_the_negative_of_rounding_the_sale(numerator: int, denominator: int) -> None:
    assert half_up(-numerator, denominator) == -half_up(numerator, denominator)
