"""Rows of a catalogue file and of a tax table: what is taken and what is refused."""

import csv
import gzip
import io
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.catalog.domain import CatalogueItem, ListedPrice
from central.catalog.rows import (
    COLUMNS,
    GTINS_MAX,
    TAX_COLUMNS,
    Entry,
    claim,
    read_entries,
    read_sku,
    read_tax_code,
    read_taxes,
)
from central.importing.csv_file import Table
from central.importing.rows import once_each
from retail.catalogue import Item, Sku
from retail.cleaning import CleaningReport
from retail.gtin import Gtin
from retail.money import Money
from retail.quantity import Unit
from retail.tax import TaxCode
from sync_protocol.streams import ItemRecord, PriceRecord

PRODUCTS = Path(__file__).parents[4].parent / "shared/data/products/open_food_facts_gtins.csv.gz"
TEA = "4006381333931"
MILK = "3760020501068"


def _table(content: str, kind: str = "catalogue") -> Table:
    return Table(io.BytesIO(content.encode("utf-8", "ignore")), CleaningReport(kind, "items.csv"))


def _read(
    content: str,
    known: Mapping[Sku, CatalogueItem] | None = None,
    owners: dict[str, Sku] | None = None,
    tax_codes: Collection[str] = ("std",),
) -> tuple[list[Entry], CleaningReport]:
    table = _table(content)
    rows = once_each(table.rows(), read_sku, "sku", table.report)
    entries = read_entries(rows, known or {}, tax_codes, table.report)
    return claim(entries, {} if owners is None else owners, table.report), table.report


def _read_one(known: CatalogueItem | None = None, **cells: str) -> tuple[Entry | None, CleaningReport]:
    row = {"sku": "TEA", "name": "Green tea", "tax_code": "std"} | cells
    line = ",".join(f'"{cell}"' for cell in row.values())
    entries, report = _read(f"{','.join(row)}\n{line}\n", {known.sku: known} if known else None)
    return (entries[0] if entries else None), report


def _item(sku: str = "TEA", *gtins: str, unit: Unit = Unit.EACH) -> CatalogueItem:
    return CatalogueItem(Item(Sku(sku), "Green tea", unit, "std", tuple(map(Gtin.parse, gtins))))


def test_a_full_row_becomes_an_item_and_a_price_as_stores_are_told_of_them() -> None:
    entry, report = _read_one(
        gtin=f"{TEA} | 96385074", unit="each", weight_g="250", department="Food", age_minimum="18", hazard="UN1950",
        price="2.99", currency="eur",
    )  # fmt: skip
    assert entry is not None and entry.price is not None
    assert entry.item.department == "Food"
    assert entry.item.record == ItemRecord(
        "TEA", ("00000096385074", "04006381333931"), "Green tea", "each", "std", 250, 18, "UN1950"
    )
    assert entry.price.record == PriceRecord("TEA", "EUR", 299)
    assert report.findings == []


def test_a_short_row_becomes_a_plain_item_without_a_price() -> None:
    entry, _ = _read_one()
    assert entry is not None
    assert (entry.item, entry.price) == (_item(), None)


@pytest.mark.parametrize(
    ("column", "cell", "field"),
    [
        ("sku", "", "sku"),
        ("sku", "x" * 65, "sku"),
        ("sku", "a\0b", "sku"),
        ("name", "", "name"),
        ("name", "bell\a", "name"),
        ("tax_code", "luxury", "tax_code"),
        ("tax_code", "", "tax_code"),
        ("unit", "litre", "unit"),
        ("gtin", "4006381333932", "gtin"),
        ("gtin", f"{TEA}|123", "gtin"),
        ("gtin", "0000000000000", "gtin"),
        ("gtin", "|".join([TEA] * (GTINS_MAX + 1)), "gtin"),
        ("weight_g", "0.5", "weight_g"),
        ("weight_g", "-1", "weight_g"),
        ("age_minimum", "121", "age_minimum"),
        ("hazard", "x" * 21, "hazard"),
        ("price", "2,99", "price"),
        ("price", "2.999", "price"),
        ("price", "-0.01", "price"),
        ("price", "free", "price"),
        ("currency", "EURO", "currency"),
        ("currency", "XXX", "currency"),
        ("currency", "", "currency"),
    ],
    ids=lambda value: f"{value!r:.20}",
)
def test_a_bad_cell_refuses_its_row_with_the_field_and_the_remedy(column: str, cell: str, field: str) -> None:
    entry, report = _read_one(**({"price": "1", "currency": "EUR"} | {column: cell}))
    assert entry is None
    assert [(finding.row, finding.field) for finding in report.findings] == [(1, field)]
    assert report.findings[0].remedy
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (1, 0, 1)


def test_the_finding_says_which_of_several_barcodes_is_wrong_and_what_would_be_right() -> None:
    _, report = _read_one(gtin=f"{MILK}|4006381333932")
    assert report.findings[0].problem == "a barcode has a wrong length or check digit"
    assert "4006381333932 has a wrong check digit, 1 would be right" in report.findings[0].remedy


def test_a_sku_that_comes_twice_counts_once() -> None:
    entries, report = _read("sku,name,tax_code\nA,One,std\nA,Two,std\n")
    assert [entry.item.item.name for entry in entries] == ["One"]
    assert report.rows_refused == 1


def test_a_barcode_belongs_to_one_item_whether_the_other_is_in_the_file_or_not() -> None:
    entries, report = _read(
        f"sku,name,tax_code,gtin\nA,One,std,{TEA}\nB,Two,std,0{TEA}\nC,Three,std,{MILK}\n",
        owners={f"0{MILK}": Sku("OLD")},
    )
    assert [entry.item.sku for entry in entries] == ["A"]
    assert [(finding.row, finding.field) for finding in report.findings] == [(2, "gtin"), (3, "gtin")]
    assert "A" in report.findings[0].remedy and "OLD" in report.findings[1].remedy


def test_a_barcode_may_move_when_the_row_that_gives_it_up_comes_first() -> None:
    known = {Sku("A"): _item("A", TEA), Sku("B"): _item("B")}
    giving, taking = "A,One,std,\n", f"B,Two,std,{TEA}\n"
    heading = "sku,name,tax_code,gtin\n"
    entries, _ = _read(heading + giving + taking, known, {f"0{TEA}": Sku("A")})
    assert [entry.item.gtins for entry in entries] == [(), (f"0{TEA}",)]
    entries, report = _read(heading + taking + giving, known, {f"0{TEA}": Sku("A")})
    assert [entry.item.sku for entry in entries] == ["A"]
    assert report.rows_refused == 1


def test_a_file_of_prices_changes_nothing_else() -> None:
    known = CatalogueItem(_item("TEA", TEA).item, 250, "Food")
    entries, _ = _read("sku,price,currency\nTEA,3.49,EUR\n", {known.sku: known})
    assert [(entry.item, entry.price) for entry in entries] == [(known, ListedPrice(known.sku, Money(349, "EUR")))]


def test_a_new_item_needs_the_columns_that_a_known_one_does_not() -> None:
    entries, report = _read("sku,price,currency\nNEW,3.49,EUR\n")
    assert entries == []
    assert [(finding.field, finding.problem) for finding in report.findings] == [
        ("name", "the item is new and the file lacks this column")
    ]


def test_an_item_has_the_tags_of_its_cell_once_each() -> None:
    entry, _ = _read_one(_item(), tags="launch| gift box |launch|")
    assert entry is not None and entry.item.tags == ("gift box", "launch")
    entry, _ = _read_one(entry.item)
    assert entry is not None and entry.item.tags == ("gift box", "launch")
    entry, report = _read_one(_item(), tags="|".join(map(str, range(21))))
    assert entry is None
    assert report.findings[0].problem == "it holds more than 20 names"


def test_an_empty_cell_takes_a_value_away() -> None:
    known = CatalogueItem(_item("TEA", TEA).item, 250, "Food", ("launch",))
    entry, _ = _read_one(known, gtin="", weight_g="", department="", tags="")
    assert entry is not None and entry.item == _item()


def test_the_unit_of_an_item_cannot_change() -> None:
    entry, report = _read_one(_item(unit=Unit.GRAM), unit="each")
    assert entry is None
    assert report.findings[0].field == "unit"
    entry, _ = _read_one(_item(unit=Unit.GRAM))
    assert entry is not None and entry.item.item.unit is Unit.GRAM


def test_a_tax_table_is_read_exactly() -> None:
    table = _table("code,rate_percent,inclusive\nstd,19,yes\nny,8.875,no\nzero,0,false\n", "tax")
    assert read_taxes(once_each(table.rows(), read_tax_code, "code", table.report), table.report) == [
        TaxCode("std", 190_000, True),
        TaxCode("ny", 88_750, False),
        TaxCode("zero", 0, False),
    ]
    assert table.report.rows_kept == 3


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",19,yes", "code"),
        ("std,,yes", "rate_percent"),
        ("std,19%,yes", "rate_percent"),
        ("std,-1,yes", "rate_percent"),
        ("std,1001,yes", "rate_percent"),
        ("std,8.87512,yes", "rate_percent"),
        ("std,19,", "inclusive"),
        ("std,19,sometimes", "inclusive"),
        ("x" * 21 + ",19,yes", "code"),
    ],
)
def test_a_bad_tax_rate_is_refused_with_the_field(row: str, field: str) -> None:
    table = _table(f"code,rate_percent,inclusive\n{row}\n", "tax")
    assert read_taxes(once_each(table.rows(), read_tax_code, "code", table.report), table.report) == []
    assert [finding.field for finding in table.report.findings] == [field]


@pytest.mark.skipif(not PRODUCTS.exists(), reason=f"{PRODUCTS.name} is not there")
def test_of_2971_real_products_the_two_with_an_invalid_barcode_are_refused() -> None:
    with gzip.open(PRODUCTS, "rt", encoding="utf-8", newline="") as file:
        products = list(csv.DictReader(file))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["sku", "gtin", "name", "tax_code"])
    for product in products:
        writer.writerow([product["gtin"], product["gtin"], product["name"][:120], "std"])
    entries, report = _read(out.getvalue())
    assert report.rows_read == len(products) == 2971
    assert report.counts == {"gtin: a barcode has a wrong length or check digit": 2}
    assert report.rows_kept == len(entries) == 2969


_CELL = st.one_of(
    st.sampled_from(["", "A", TEA, f"{TEA}|{MILK}", "each", "gram", "std", "12", "2.99", "-1", "EUR", "\0", '"']),
    st.text(max_size=8),
)


@given(st.lists(st.lists(_CELL, min_size=11, max_size=11), max_size=6))
def test_any_cells_are_taken_or_refused_and_every_row_is_accounted_for(rows: list[list[str]]) -> None:
    text = "\n".join(",".join(cells) for cells in [list(COLUMNS), *rows])
    entries, report = _read(text)
    assert len(entries) == report.rows_kept
    assert report.rows_kept + report.rows_refused == report.rows_read
    gtins = [gtin for entry in entries for gtin in entry.item.gtins]
    assert len(set(gtins)) == len(gtins)
    assert len({entry.item.sku for entry in entries}) == len(entries)


@given(st.lists(st.lists(_CELL, min_size=3, max_size=3), max_size=6))
def test_any_tax_table_is_taken_or_refused_row_by_row(rows: list[list[str]]) -> None:
    table = _table("\n".join(",".join(cells) for cells in [list(TAX_COLUMNS), *rows]), "tax")
    taxes = read_taxes(once_each(table.rows(), read_tax_code, "code", table.report), table.report)
    assert len(taxes) + table.report.rows_refused == table.report.rows_read
