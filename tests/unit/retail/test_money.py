from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retail.errors import Refused
from retail.money import MINOR_MAX, Money, digits

currencies = st.sampled_from(["EUR", "USD", "CHF", "JPY", "KWD"])
minors = st.integers(-(10**12), 10**12)
moneys = st.builds(Money, minors, currencies)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any)


@given(moneys, weights)
def test_splitting_money_loses_no_cent(money: Money, weights: list[int]) -> None:
    assert sum(money.allocate(weights), Money.zero(money.currency)) == money


@given(moneys, weights)
def test_each_share_is_within_one_minor_unit_of_the_exact_one(money: Money, weights: list[int]) -> None:
    for share, weight in zip(money.allocate(weights), weights, strict=True):
        assert abs(share.minor - Fraction(money.minor * weight, sum(weights))) < 1


@given(moneys, weights)
def test_a_weight_of_zero_gets_nothing(money: Money, weights: list[int]) -> None:
    shares = money.allocate([0, *weights, 0])
    assert shares[0] == shares[-1] == Money.zero(money.currency)


@given(moneys, weights)
def test_a_refund_is_split_as_the_sale_was(money: Money, weights: list[int]) -> None:
    assert (-money).allocate(weights) == [-share for share in money.allocate(weights)]


@given(moneys, weights)
def test_a_heavier_weight_never_gets_less(money: Money, weights: list[int]) -> None:
    shares = (Money(abs(money.minor), money.currency)).allocate(weights)
    by_weight = sorted(zip(weights, shares, strict=True), key=lambda pair: (pair[0], pair[1].minor))
    assert [share for _, share in by_weight] == sorted(shares)


def test_equal_remainders_give_the_unit_to_the_earlier_share() -> None:
    assert [share.minor for share in Money(5, "EUR").allocate([1, 1, 1])] == [2, 2, 1]
    assert [share.minor for share in Money(-5, "EUR").allocate([1, 1, 1])] == [-2, -2, -1]


def test_the_largest_remainder_gets_the_unit_wherever_it_stands() -> None:
    assert [share.minor for share in Money(10, "EUR").allocate([33, 33, 34])] == [3, 3, 4]


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1], [-1]])
def test_a_split_that_nobody_can_make_is_refused_with_what_to_give(weights: list[int]) -> None:
    with pytest.raises(Refused, match="at least one above zero"):
        Money(100, "EUR").allocate(weights)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1250, "EUR"), "12.50 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(0, "EUR"), "0.00 EUR"),
        (Money(1250, "JPY"), "1250 JPY"),
        (Money(-1, "KWD"), "-0.001 KWD"),
    ],
)
def test_money_reads_with_the_decimal_places_of_its_currency(money: Money, text: str) -> None:
    assert str(money) == text


@given(moneys)
def test_money_reads_back_what_it_writes(money: Money) -> None:
    assert Money.parse(money.decimal_text, money.currency) == money
    assert str(money) == f"{money.decimal_text} {money.currency}"


@pytest.mark.parametrize(
    ("text", "minor"), [("12.5", 1250), ("12", 1200), (" 0.05\n", 5), ("-3.20", -320), ("007", 700)]
)
def test_amounts_are_read_as_people_write_them(text: str, minor: int) -> None:
    assert Money.parse(text, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize(
    "text", ["", "12,50", "1.234.50", "12.505", "1e3", "+5", ".50", "5.", "12 50", "--1", "١٢", "nan", "9" * 17]
)
def test_what_is_no_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match=r"^price: .*; write it like 12\.50$"):
        Money.parse(text, "EUR", field="price")


def test_an_amount_never_has_more_places_than_its_currency() -> None:
    assert Money.parse("1.250", "KWD") == Money(1250, "KWD")
    with pytest.raises(Refused):
        Money.parse("1.0", "JPY")


@pytest.mark.parametrize("currency", ["EURO", "eur", "", "XXX", "E\x00R"])
def test_an_unknown_currency_is_refused_by_name_with_a_remedy(currency: str) -> None:
    with pytest.raises(Refused, match="ISO 4217") as refusal:
        Money(1, currency)
    assert refusal.value.field == "currency"
    assert "\x00" not in str(refusal.value)


def test_currencies_have_the_digits_of_iso_4217() -> None:
    assert {code: digits(code) for code in ("EUR", "JPY", "KWD", "CLP", "TND", "HUF", "ISK")} == {
        "EUR": 2, "JPY": 0, "KWD": 3, "CLP": 0, "TND": 3, "HUF": 2, "ISK": 0,
    }  # fmt: skip


@given(moneys, moneys)
def test_two_currencies_are_never_equal_added_or_compared(one: Money, other: Money) -> None:
    assume(one.currency != other.currency)
    assert one != Money(one.minor, other.currency)
    for mixed in (lambda: one + other, lambda: one - other, lambda: one < other, lambda: one >= other):
        with pytest.raises(Refused, match=f"{one.currency}|{other.currency}"):
            mixed()


@given(minors, minors)
def test_amounts_of_one_currency_order_and_add_as_their_minor_units(one: int, other: int) -> None:
    left, right = Money(one, "EUR"), Money(other, "EUR")
    assert (left < right, left <= right, left > right, left >= right, left == right) == (
        one < other, one <= other, one > other, one >= other, one == other,
    )  # fmt: skip
    assert left + right - right == left
    assert left * 3 == 3 * left == left + left + left
    assert -left + left == Money.zero("EUR")


@pytest.mark.parametrize("minor", [MINOR_MAX + 1, -MINOR_MAX - 1])
def test_an_amount_that_a_browser_would_round_is_refused(minor: int) -> None:
    assert Money(MINOR_MAX, "EUR").minor == int(float(MINOR_MAX))
    with pytest.raises(Refused, match="too large"):
        Money(minor, "EUR")
    with pytest.raises(Refused, match="too large"):
        Money(MINOR_MAX, "EUR") + Money(1, "EUR")


@pytest.mark.parametrize("minor", [12.5, 12.0, True, "12", None])
def test_money_that_is_no_whole_number_is_refused_even_from_untyped_code(minor: object) -> None:
    with pytest.raises(Refused, match="whole number"):
        Money(minor, "EUR")  # type: ignore[arg-type]
