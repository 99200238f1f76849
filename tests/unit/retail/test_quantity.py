import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from retail.quantity import AMOUNT_MAX, Quantity, Unit

amounts = st.integers(-(10**9), 10**9)


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(3, Unit.EACH), "3"),
        (Quantity(-3, Unit.EACH), "-3"),
        (Quantity(1250, Unit.GRAM), "1.250 kg"),
        (Quantity(20, Unit.GRAM), "0.020 kg"),
        (Quantity(-20, Unit.GRAM), "-0.020 kg"),
    ],
)
def test_a_quantity_reads_as_on_a_receipt(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text


@given(amounts, amounts, st.sampled_from(Unit))
def test_quantities_of_one_unit_add_and_order_as_their_amounts(one: int, other: int, unit: Unit) -> None:
    left, right = Quantity(one, unit), Quantity(other, unit)
    assert left + right == Quantity(one + other, unit)
    assert left - right == left + -right
    assert (left < right, left <= right, left >= right) == (one < other, one <= other, one >= other)


def test_pieces_and_grams_are_never_equal_added_or_compared() -> None:
    pieces, grams = Quantity(3, Unit.EACH), Quantity(3, Unit.GRAM)
    assert pieces != grams
    for mixed in (lambda: pieces + grams, lambda: pieces - grams, lambda: pieces < grams, lambda: pieces >= grams):
        with pytest.raises(Refused, match=r"each and gram|gram and each"):
            mixed()


def test_a_quantity_beyond_any_warehouse_is_refused() -> None:
    assert Quantity(AMOUNT_MAX, Unit.GRAM).amount == AMOUNT_MAX
    with pytest.raises(Refused, match="too large"):
        Quantity(AMOUNT_MAX, Unit.GRAM) + Quantity(1, Unit.GRAM)


@pytest.mark.parametrize("amount", [1.5, True, "3"])
def test_a_quantity_that_is_no_whole_number_is_refused_even_from_untyped_code(amount: object) -> None:
    with pytest.raises(Refused, match="whole number"):
        Quantity(amount, Unit.EACH)  # type: ignore[arg-type]
