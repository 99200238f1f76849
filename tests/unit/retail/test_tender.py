import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from retail.money import Money
from retail.tender import CASH, CASH_STEP_MINOR, TENDERS_MAX, Tender, cash_due, settle

steps = st.sampled_from([1, 5, 10, 50, 100, 500])
nothing = Money.zero("CHF")


def chf(minor: int) -> Money:
    return Money(minor, "CHF")


def cash(minor: int) -> Tender:
    return Tender(CASH, chf(minor))


def card(minor: int) -> Tender:
    return Tender("card", chf(minor), reference="T-1")


@st.composite
def paid_sales(draw: st.DrawFn) -> tuple[Money, list[Tender], int]:
    """A total with tenders, in any order, that cover it: perhaps cards, then cash in coins of the step."""
    step = draw(steps)
    total = draw(st.integers(1, 10**6))
    tenders, left = [], total
    for part in draw(st.lists(st.integers(1, 10**6), max_size=4)):
        if part <= left:
            tenders.append(card(part))
            left -= part
    if left:
        coins = draw(st.lists(st.integers(1, 1000), min_size=1, max_size=4))
        coins.append(left // step + 1)
        tenders += [cash(coin * step) for coin in coins]
    return chf(total), draw(st.permutations(tenders)), step


@given(paid_sales())
def test_what_is_applied_is_the_total_with_its_rounding(sale: tuple[Money, list[Tender], int]) -> None:
    total, tenders, step = sale
    settlement = settle(total, tenders, step)
    assert sum((applied.amount for applied in settlement.applied), nothing) == total + settlement.rounding


@given(paid_sales())
def test_what_is_given_is_either_applied_or_goes_back(sale: tuple[Money, list[Tender], int]) -> None:
    total, tenders, step = sale
    settlement = settle(total, tenders, step)
    assert [applied.tender for applied in settlement.applied] == tenders
    given_back = sum((applied.tender.given - applied.amount for applied in settlement.applied), nothing)
    assert given_back == settlement.change


@given(paid_sales())
def test_change_comes_from_cash_only_and_in_coins_that_exist(sale: tuple[Money, list[Tender], int]) -> None:
    total, tenders, step = sale
    settlement = settle(total, tenders, step)
    assert settlement.change.minor >= 0
    assert settlement.change.minor % step == 0
    for applied in settlement.applied:
        assert nothing <= applied.amount <= applied.tender.given
        assert applied.tender.kind == CASH or applied.amount == applied.tender.given


@given(paid_sales())
def test_rounding_is_at_most_half_a_coin_and_only_for_cash(sale: tuple[Money, list[Tender], int]) -> None:
    total, tenders, step = sale
    rounding = settle(total, tenders, step).rounding
    assert 2 * abs(rounding.minor) <= step
    assert rounding == nothing or any(tender.kind == CASH for tender in tenders)


@pytest.mark.parametrize(
    ("total", "due"), [(1231, 1230), (1232, 1230), (1233, 1235), (1235, 1235), (1237, 1235), (1238, 1240)]
)
def test_cash_is_rounded_to_the_nearest_five_rappen(total: int, due: int) -> None:
    settlement = settle(chf(total), [cash(2000)], CASH_STEP_MINOR["CHF"])
    assert cash_due(chf(total), 5) == chf(due)
    assert (settlement.applied[0].amount, settlement.change) == (chf(due), chf(2000 - due))
    assert settlement.rounding == chf(due - total)


def test_half_a_coin_is_rounded_up() -> None:
    assert cash_due(Money(105, "NZD"), CASH_STEP_MINOR["NZD"]) == Money(110, "NZD")


def test_a_card_pays_to_the_cent_and_only_the_rest_is_rounded() -> None:
    assert settle(chf(1233), [card(1233)], 5).rounding == nothing
    settlement = settle(chf(1233), [cash(500), card(1000)], 5)
    assert [applied.amount.minor for applied in settlement.applied] == [235, 1000]
    assert (settlement.change, settlement.rounding) == (chf(265), chf(2))


def test_change_goes_back_from_the_cash_that_was_given_last() -> None:
    settlement = settle(chf(1500), [cash(1000), cash(1000)])
    assert [applied.amount.minor for applied in settlement.applied] == [1000, 500]


def test_a_free_basket_needs_no_tender() -> None:
    settlement = settle(nothing, [])
    assert (settlement.applied, settlement.change, settlement.rounding) == ((), nothing, nothing)


@pytest.mark.parametrize(
    ("tenders", "missing"),
    [([], "12.33"), ([cash(1000)], "2.35"), ([card(1000)], "2.33"), ([card(1000), cash(200)], "0.35")],
)
def test_paying_too_little_is_refused_with_what_is_missing(tenders: list[Tender], missing: str) -> None:
    with pytest.raises(Refused, match=f"^tenders: {missing} CHF is missing; "):
        settle(chf(1233), tenders, 5)


def test_a_card_charged_above_the_total_is_refused_with_what_is_too_much() -> None:
    with pytest.raises(Refused, match=r"^tenders: they are 0\.67 CHF too much; .*cash only$"):
        settle(chf(1233), [card(800), card(500)], 5)


def test_cash_that_no_coins_make_is_refused_with_the_smallest_coin() -> None:
    with pytest.raises(Refused, match=r"^given: no coins make 20\.02 CHF; .*0\.05 CHF$"):
        settle(chf(1233), [cash(2002)], 5)


def test_money_of_another_currency_does_not_pay() -> None:
    for kind in (CASH, "card"):
        with pytest.raises(Refused, match=r"^currency: "):
            settle(chf(1233), [Tender(kind, Money(1233, "EUR"))])


def test_a_total_below_zero_is_a_refund_not_a_sale() -> None:
    with pytest.raises(Refused, match=r"^total: .*refund$"):
        settle(chf(-1), [])


def test_the_tenders_of_one_sale_are_limited() -> None:
    coins = [cash(5)] * TENDERS_MAX
    assert settle(chf(5 * TENDERS_MAX), coins).change == nothing
    with pytest.raises(Refused, match=f"^tenders: there are {TENDERS_MAX + 1}; "):
        settle(chf(5), [*coins, cash(5)])


@pytest.mark.parametrize("step", [0, -5])
def test_a_coin_worth_nothing_is_refused(step: int) -> None:
    with pytest.raises(Refused, match=r"^cash_step_minor: "):
        settle(chf(5), [cash(5)], step)


@pytest.mark.parametrize("kind", ["", "Cash", " cash", "cash\n", "c" * 21, "kärt"])
def test_a_kind_of_tender_is_one_plain_word(kind: str) -> None:
    with pytest.raises(Refused, match=r"^tender: "):
        Tender(kind, chf(5))


def test_nobody_pays_with_nothing_or_with_an_unprintable_reference() -> None:
    for minor in (0, -5):
        with pytest.raises(Refused, match=r"^given: "):
            cash(minor)
    with pytest.raises(Refused, match=r"^reference: "):
        Tender("card", chf(5), reference="T\x001")
