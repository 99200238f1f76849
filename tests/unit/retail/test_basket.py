from dataclasses import FrozenInstanceError, dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.basket import LINES_MAX, QUANTITY_MAX, Basket, change_quantity, ring_up, void_line
from retail.catalogue import Item, Price, Sku
from retail.errors import Refused
from retail.gtin import Gtin
from retail.money import MINOR_MAX, Money
from retail.quantity import Quantity, Unit
from retail.tax import TaxCode
from sync_protocol import events

FULL = TaxCode("FULL", 190_000, inclusive=True)
REDUCED = TaxCode("REDUCED", 70_000, inclusive=True)
ON_TOP = TaxCode("ON-TOP", 88_750, inclusive=False)
TAXES = {tax.code: tax for tax in (FULL, REDUCED, ON_TOP)}

COFFEE = Item(Sku("coffee"), "Coffee beans", Unit.EACH, "REDUCED")
WINE = Item(Sku("wine"), "Red wine", Unit.EACH, "FULL", age_minimum=16)
GIN = Item(Sku("gin"), "Gin", Unit.EACH, "ON-TOP", age_minimum=18)
CHEESE = Item(Sku("cheese"), "Mountain cheese", Unit.GRAM, "REDUCED")
ITEMS = (COFFEE, WINE, GIN, CHEESE)


@dataclass(frozen=True)
class Scan:
    """One thing done at the register."""

    item: Item
    amount: int
    price_minor: int

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.amount, self.item.unit)


scans = st.lists(
    st.builds(Scan, st.sampled_from(ITEMS), st.integers(1, 15), st.sampled_from([0, 1, 99, 1250, 333_333])), max_size=15
)


def scan(basket: Basket, item: Item, amount: int = 1, price_minor: int = 1000, gtin: Gtin | None = None) -> Basket:
    price = Price(item.sku, Money(price_minor, "EUR"))
    return ring_up(basket, item, Quantity(amount, item.unit), price, TAXES[item.tax_code], gtin=gtin)


def rung_up(scans: list[Scan]) -> Basket:
    basket = Basket("EUR")
    for one in scans:
        basket = scan(basket, one.item, one.amount, one.price_minor)
    return basket


@given(scans)
def test_totals_are_the_sum_of_the_lines_by_every_way_of_adding(scans: list[Scan]) -> None:
    basket = rung_up(scans)
    assert basket.total.minor == sum(line.amount.minor for line in basket.lines)
    assert basket.tax_total.minor == sum(line.tax_amount.minor for line in basket.lines)
    assert sum((total.amount for total in basket.tax_totals), Money.zero("EUR")) == basket.total
    assert sum((total.tax_amount for total in basket.tax_totals), Money.zero("EUR")) == basket.tax_total
    assert all(total.net + total.tax_amount == total.amount for total in basket.tax_totals)
    assert [total.tax.code for total in basket.tax_totals] == sorted({line.tax.code for line in basket.lines})


@given(scans)
def test_nothing_that_was_rung_up_is_lost(scans: list[Scan]) -> None:
    basket = rung_up(scans)
    for item in ITEMS:
        assert sum(one.amount for one in scans if one.item == item) == sum(
            line.quantity.amount for line in basket.lines if line.item == item
        )


@given(scans)
def test_a_line_is_within_one_cent_of_its_exact_amount_and_tax(scans: list[Scan]) -> None:
    for line in rung_up(scans).lines:
        price = Fraction(line.price.amount.minor * line.quantity.amount, 1000 if line.item.unit is Unit.GRAM else 1)
        rate = Fraction(line.tax.rate_ppm, 1_000_000)
        amount, tax = (price, price * rate / (1 + rate)) if line.tax.inclusive else (price * (1 + rate), price * rate)
        assert abs(line.amount.minor - amount) <= 1
        assert abs(line.tax_amount.minor - tax) <= 1


@given(scans, st.data())
def test_voiding_what_was_rung_up_last_gives_the_basket_before_it(scans: list[Scan], data: st.DataObject) -> None:
    before = rung_up(scans)
    after = scan(before, CHEESE, data.draw(st.integers(1, 5000)))
    undone = void_line(after, after.lines[-1].number)
    assert (undone.lines, undone.total) == (before.lines, before.total)


@given(scans.filter(bool), st.data())
def test_changing_a_quantity_is_the_same_as_having_rung_up_that_quantity(
    scans: list[Scan], data: st.DataObject
) -> None:
    basket = rung_up(scans)
    line = data.draw(st.sampled_from(basket.lines))
    quantity = Quantity(data.draw(st.integers(1, 99)), line.item.unit)
    changed = change_quantity(basket, line.number, quantity)
    alone = scan(Basket("EUR"), line.item, quantity.amount, line.price.amount.minor).lines[0]
    assert changed.line(line.number) == replace(alone, number=line.number)
    assert changed.total == basket.total - line.amount + alone.amount
    assert [other.number for other in changed.lines] == [other.number for other in basket.lines]


@given(scans)
def test_a_line_number_is_never_given_twice(scans: list[Scan]) -> None:
    basket, seen = Basket("EUR"), set[int]()
    for one in scans:
        basket = scan(basket, one.item, one.amount, one.price_minor)
        for line in basket.lines:
            assert line.number not in seen
            seen.add(line.number)
            basket = void_line(basket, line.number)
    assert (len(seen), basket.total) == (len(scans), Money.zero("EUR"))


def test_a_receipt_with_both_kinds_of_tax_adds_up_by_hand() -> None:
    basket = scan(Basket("EUR"), WINE, 2, 1190)
    basket = scan(basket, CHEESE, 333, 2490)  # 8.2917 -> 8.29, of which 7 % are 0.54
    basket = scan(basket, GIN, 1, 2000)  # 20.00 and 1.775 -> 1.78
    assert [line.amount.minor for line in basket.lines] == [2380, 829, 2178]
    assert [line.tax_amount.minor for line in basket.lines] == [380, 54, 178]
    assert str(basket.total) == "53.87 EUR"
    assert [(total.tax.code, total.net.minor, total.amount.minor) for total in basket.tax_totals] == [
        ("FULL", 2000, 2380), ("ON-TOP", 2000, 2178), ("REDUCED", 775, 829),
    ]  # fmt: skip


def test_the_same_goods_at_the_same_price_share_a_line() -> None:
    basket = scan(scan(scan(Basket("EUR"), COFFEE), WINE), COFFEE, 2)
    assert [(line.item.sku, line.quantity.amount) for line in basket.lines] == [("coffee", 3), ("wine", 1)]


def test_another_price_list_or_another_code_on_the_pack_gets_a_line_of_its_own() -> None:
    basket = scan(scan(Basket("EUR"), COFFEE), COFFEE, price_minor=900)
    basket = scan(basket, COFFEE, gtin=Gtin.parse("6291041500213"))
    newer = Price(COFFEE.sku, Money(1000, "EUR"), gen=1, ver=2)
    basket = ring_up(basket, COFFEE, Quantity(1, Unit.EACH), newer, REDUCED)
    assert [line.quantity.amount for line in basket.lines] == [1, 1, 1, 1]


def test_an_item_or_a_tax_that_changes_while_a_basket_is_open_gets_a_line_of_its_own() -> None:
    basket = scan(Basket("EUR"), WINE)
    restricted = replace(WINE, age_minimum=21)
    basket = scan(basket, restricted)
    lowered = replace(FULL, rate_ppm=160_000)
    basket = ring_up(basket, WINE, Quantity(1, Unit.EACH), Price(WINE.sku, Money(1000, "EUR")), lowered)
    assert [line.item.age_minimum for line in basket.lines] == [16, 21, 16]
    assert [(total.tax.rate_ppm, total.amount.minor) for total in basket.tax_totals] == [
        (160_000, 1000), (190_000, 2000),
    ]  # fmt: skip


def test_every_weighing_gets_a_line_of_its_own() -> None:
    basket = scan(scan(Basket("EUR"), CHEESE, 333), CHEESE, 333)
    assert [str(line.quantity) for line in basket.lines] == ["0.333 kg", "0.333 kg"]


def test_ringing_up_leaves_the_basket_before_as_it_was() -> None:
    before = scan(Basket("EUR"), COFFEE)
    copy = replace(before)
    scan(before, COFFEE)
    assert before == copy
    with pytest.raises(FrozenInstanceError):
        before.total = Money(0, "EUR")  # type: ignore[misc]


def test_the_oldest_limit_in_the_basket_is_the_age_to_check() -> None:
    basket = scan(Basket("EUR"), COFFEE)
    assert basket.age_minimum == 0
    basket = scan(scan(basket, GIN), WINE)
    assert basket.age_minimum == 18
    assert void_line(basket, 2).age_minimum == 16


def test_a_basket_has_as_many_lines_as_an_event_and_one_more_is_refused_with_what_to_do() -> None:
    assert LINES_MAX == events.LINES_MAX
    basket = Basket("EUR")
    for grams in range(1, LINES_MAX + 1):
        basket = scan(basket, CHEESE, grams)
    with pytest.raises(Refused, match=r"^lines: a basket holds 500 lines; .*start another$"):
        scan(basket, CHEESE)


@pytest.mark.parametrize("item", [COFFEE, CHEESE])
def test_a_barcode_scanned_as_a_quantity_is_refused(item: Item) -> None:
    most = QUANTITY_MAX[item.unit]
    basket = scan(Basket("EUR"), item, most)
    assert basket.lines[0].quantity.amount == most
    for amount in (0, -1, most + 1, 6291041500):
        with pytest.raises(Refused, match=f"^quantity: .*give 1 to {most}$"):
            scan(Basket("EUR"), item, amount)
        with pytest.raises(Refused, match=f"give 1 to {most}$"):
            change_quantity(basket, 1, Quantity(amount, item.unit))


def test_a_shared_line_keeps_to_the_limit_of_one_line() -> None:
    basket = scan(Basket("EUR"), COFFEE, QUANTITY_MAX[Unit.EACH])
    with pytest.raises(Refused, match=r"^quantity: 10000 cannot be sold on one line"):
        scan(basket, COFFEE)
    with pytest.raises(Refused, match=r"^quantity: -1 cannot be sold"):
        scan(basket, COFFEE, -1)


def test_a_total_beyond_all_money_is_refused_at_the_line_that_would_make_it() -> None:
    basket = scan(Basket("EUR"), WINE, price_minor=MINOR_MAX)
    with pytest.raises(Refused, match=r"^amount: the amount is too large"):
        scan(basket, WINE, price_minor=1)


@pytest.mark.parametrize(
    ("field", "quantity", "price", "tax"),
    [
        ("quantity", Quantity(100, Unit.GRAM), Price(COFFEE.sku, Money(1, "EUR")), REDUCED),
        ("price", Quantity(1, Unit.EACH), Price(WINE.sku, Money(1, "EUR")), REDUCED),
        ("tax", Quantity(1, Unit.EACH), Price(COFFEE.sku, Money(1, "EUR")), FULL),
        ("currency", Quantity(1, Unit.EACH), Price(COFFEE.sku, Money(1, "USD")), REDUCED),
    ],
)
def test_what_belongs_to_other_goods_is_refused(field: str, quantity: Quantity, price: Price, tax: TaxCode) -> None:
    with pytest.raises(Refused, match=f"^{field}: "):
        ring_up(Basket("EUR"), COFFEE, quantity, price, tax)


def test_a_line_that_is_not_there_can_be_neither_voided_nor_changed() -> None:
    basket = void_line(scan(Basket("EUR"), COFFEE), 1)
    with pytest.raises(Refused, match=r"^line: there is no line 1"):
        void_line(basket, 1)
    with pytest.raises(Refused, match=r"^line: there is no line 1"):
        change_quantity(basket, 1, Quantity(1, Unit.EACH))
