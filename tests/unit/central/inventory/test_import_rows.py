"""Rows of a stock file: what is taken, what is refused, and how differences become events."""

import io
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from central.importing.csv_file import Table
from central.importing.rows import once_each
from central.inventory.imports import (
    CORRECTION,
    EVENT_LINES_MAX,
    OPENING,
    Account,
    Booking,
    StockOutcome,
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


class Events:
    """Keeps what is booked."""

    def __init__(self) -> None:
        self.booked: list[tuple[str, str, list[AdjustmentLine]]] = []
        self.outcome = StockOutcome()
        self.booking = Booking(cast(AsyncConnection, None), self._book, self.outcome)

    async def _book(self, conn: AsyncConnection, location: str, lines: Sequence[AdjustmentLine], reason: str) -> None:
        assert encode_body(Event(StockAdjusted(tuple(lines), reason), 0, 0, "", "import", "2026-01-01"))
        self.booked.append((location, reason, list(lines)))


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


async def test_the_first_movement_of_an_account_opens_it_and_any_other_corrects_it() -> None:
    events = Events()
    for sku, quantity, balance in (("A", 5, None), ("B", 5, 0), ("C", 5, 8), ("D", 5, 5), ("E", 0, None)):
        await events.booking.bring(Account("S0001", sku), quantity, balance)
    await events.booking.flush()
    assert events.booked == [
        ("S0001", OPENING, [AdjustmentLine("A", 5)]),
        ("S0001", CORRECTION, [AdjustmentLine("B", 5), AdjustmentLine("C", -3)]),
    ]
    assert events.outcome == StockOutcome(opened=1, corrected=2, unchanged=2, events=2)


async def test_an_event_holds_at_most_200_lines_of_one_location_and_reason() -> None:
    events = Events()
    for number in range(450):
        await events.booking.bring(Account("S0001", f"SKU{number}"), 1, None if number else 0)
        await events.booking.bring(Account("S0002", f"SKU{number}"), 1, None)
    await events.booking.flush()
    sizes = [(location, reason, len(lines)) for location, reason, lines in events.booked]
    assert sorted(sizes) == [
        ("S0001", CORRECTION, 1),
        ("S0001", OPENING, 49),
        ("S0001", OPENING, 200),
        ("S0001", OPENING, 200),
        ("S0002", OPENING, 50),
        ("S0002", OPENING, 200),
        ("S0002", OPENING, 200),
    ]
    booked = {(location, line.sku) for location, _, lines in events.booked for line in lines}
    assert len(booked) == 900


async def test_lines_with_long_texts_are_split_before_the_body_is_too_large() -> None:
    events = Events()
    for number in range(EVENT_LINES_MAX):
        sku = f"{number:03}".ljust(SKU_LENGTH_MAX, "\U0001f600")
        await events.booking.bring(Account("S0001", sku, "L" * 20, "\u20ac" * 20), 10**12, None)
    await events.booking.flush()
    assert sum(len(lines) for _, _, lines in events.booked) == EVENT_LINES_MAX
    assert len(events.booked) > 1


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
