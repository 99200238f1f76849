"""Rows of a stock file: what is taken, what is refused, and how differences become events."""

import io
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.importing.csv_file import Table
from central.importing.rows import once_each
from central.inventory.imports import (
    CORRECTION,
    EVENT_LINES_MAX,
    OPENING,
    Account,
    Differences,
    StockOutcome,
    compare,
    in_events,
    read_account,
    read_quantities,
)
from retail.catalogue import SKU_LENGTH_MAX
from retail.cleaning import CleaningReport
from sync_protocol.body import encode_body
from sync_protocol.events import AdjustmentLine, Event, StockAdjusted

LOCATIONS, SKUS = frozenset({"S0001", "W0001"}), frozenset({"TEA", "MILK"})


def _read(content: str) -> tuple[dict[Account, int], CleaningReport]:
    table = Table(io.BytesIO(content.encode("utf-8", "ignore")), CleaningReport("stock", "stock.csv"))
    rows = once_each(table.rows(), read_account, "sku", table.report)
    return read_quantities(rows, LOCATIONS, SKUS, table.report), table.report


def test_quantities_are_read_by_location_item_lot_and_serial() -> None:
    stated, report = _read(
        "location,sku,quantity,lot,serial\nS0001,TEA,5,,\nS0001,TEA,7,L1,\nW0001,TEA,1,,X9\nW0001,MILK,0,,\n"
    )
    assert stated == {
        Account("S0001", "TEA"): 5,
        Account("S0001", "TEA", "L1"): 7,
        Account("W0001", "TEA", "", "X9"): 1,
        Account("W0001", "MILK"): 0,
    }
    assert report.rows_kept == 4


@pytest.mark.parametrize(
    ("row", "field", "problem"),
    [
        ("S0009,TEA,5,,", "location", "there is no such location"),
        (",TEA,5,,", "location", "it is empty"),
        ("S0001,COFFEE,5,,", "sku", "there is no such item"),
        ("S0001,TEA,-1,,", "quantity", "it is below zero"),
        ("S0001,TEA,1.5,,", "quantity", "it is not a whole number"),
        ("S0001,TEA,,,", "quantity", "it is not a whole number"),
        ("S0001,TEA,٣,,", "quantity", "it is not a whole number"),
        ("S0001,TEA,1000000000001,,", "quantity", "it is too large"),
        ("S0001,TEA," + "9" * 5000 + ",,", "quantity", "it is too large"),
        ("S0001,TEA,2,,X9", "serial", "a serial number names one piece"),
        ("S0001,TEA,2,\0,", "lot", "it holds a control character, U+0000"),
    ],
    ids=lambda value: f"{value!r:.30}",
)
def test_a_bad_row_is_refused_with_the_field_and_the_remedy(row: str, field: str, problem: str) -> None:
    stated, report = _read(f"location,sku,quantity,lot,serial\n{row}\n")
    assert stated == {}
    assert [(finding.field, finding.problem) for finding in report.findings] == [(field, problem)]
    assert report.findings[0].remedy


def test_zeros_before_a_quantity_change_nothing_however_many() -> None:
    assert _read(f"location,sku,quantity\nS0001,TEA,{'0' * 5000}7\n")[0] == {Account("S0001", "TEA"): 7}


def test_an_account_that_comes_twice_counts_once() -> None:
    stated, report = _read("location,sku,quantity\nS0001,TEA,5\nS0001,TEA,6\n")
    assert stated == {Account("S0001", "TEA"): 5}
    assert report.rows_refused == 1


def test_the_first_movement_of_an_account_opens_it_and_any_other_corrects_it() -> None:
    differences: Differences = defaultdict(list)
    outcome = StockOutcome()
    stated = {Account("S0001", sku): quantity for sku, quantity in zip("ABCDE", (5, 5, 5, 5, 0), strict=True)}
    compare(stated, {Account("S0001", sku): balance for sku, balance in zip("BCD", (0, 8, 5), strict=True)},
            differences, outcome)  # fmt: skip
    assert differences == {
        ("S0001", OPENING): [AdjustmentLine("A", 5)],
        ("S0001", CORRECTION): [AdjustmentLine("B", 5), AdjustmentLine("C", -3)],
    }
    assert outcome == StockOutcome(opened=1, corrected=2, unchanged=2)


_ACCOUNTS = st.builds(Account, st.sampled_from("ST"), st.sampled_from("AB"), st.sampled_from(["", "L"]))


@given(st.dictionaries(_ACCOUNTS, st.integers(0, 3)), st.dictionaries(_ACCOUNTS, st.integers(-3, 3)))
def test_balances_and_differences_add_up_to_what_the_file_states(
    stated: dict[Account, int], balances: dict[Account, int]
) -> None:
    differences: Differences = defaultdict(list)
    compare(stated, balances, differences, StockOutcome())
    after = Counter(balances)
    for (location, _), lines in differences.items():
        for line in lines:
            after[Account(location, line.sku, line.lot, line.serial)] += line.quantity
    assert {account: after[account] for account in stated} == stated
    assert {account: after[account] for account in balances if account not in stated} == {
        account: balance for account, balance in balances.items() if account not in stated
    }


def test_an_event_holds_at_most_200_lines() -> None:
    lines = [AdjustmentLine(f"SKU{number}", number) for number in range(450)]
    parts = list(in_events(lines))
    assert [len(part) for part in parts] == [200, 200, 50]
    assert [line for part in parts for line in part] == lines
    assert list(in_events([])) == []


def test_lines_with_long_texts_are_split_before_a_body_is_too_large() -> None:
    lines = [
        AdjustmentLine(f"{number:03}".ljust(SKU_LENGTH_MAX, "\U0001f600"), 10**12, "L" * 20, "\u20ac" * 20)
        for number in range(EVENT_LINES_MAX)
    ]
    parts = list(in_events(lines))
    assert [line for part in parts for line in part] == lines
    assert len(parts) > 1
    for part in parts:
        assert encode_body(Event(StockAdjusted(tuple(part), OPENING), 0, 0, "", "import", "2026-01-01"))


_CELL = st.one_of(st.sampled_from(["S0001", "TEA", "MILK", "0", "7", "-7", "1.5", "", "\0", '"']), st.text(max_size=6))


@given(st.lists(st.lists(_CELL, min_size=5, max_size=5), max_size=6))
def test_any_cells_are_taken_or_refused_and_every_row_is_accounted_for(rows: list[list[str]]) -> None:
    stated, report = _read(
        "\n".join(",".join(cells) for cells in [["location", "sku", "quantity", "lot", "serial"], *rows])
    )
    assert len(stated) == report.rows_kept
    assert report.rows_kept + report.rows_refused == report.rows_read
    assert all(
        account.location in LOCATIONS and account.sku in SKUS and quantity >= 0 for account, quantity in stated.items()
    )
