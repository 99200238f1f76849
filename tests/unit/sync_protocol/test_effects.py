"""Effects of events on stock: nothing appears, nothing vanishes, and tasks give back what they took."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import effects
from sync_protocol.effects import ADJUSTED, DAMAGED, RECEIVED, RESERVED, SELLABLE, SOLD, STATES, Move, stock_moves
from sync_protocol.events import (
    ADJUSTMENT_REASONS,
    SHORT_REASONS,
    AdjustmentLine,
    Event,
    HandedOver,
    OfferAccepted,
    Payload,
    Released,
    Sale,
    SaleLine,
    Shipped,
    Short,
    StockAdjusted,
    TaskLine,
)
from sync_protocol.values import INT_MAX
from tests.unit.sync_protocol import strategies

TASK = UUID(int=1)
Balance = dict[tuple[str, str, str, str], int]

task_lines = st.lists(strategies.records(TaskLine), max_size=5).map(tuple)


def moves_of(payload: Payload) -> list[Move]:
    return stock_moves(Event(payload, 0, 0, "", "", "2026-11-21"))


def balance(*payloads: Payload) -> Balance:
    """What the events leave in every state, without the zeros."""
    total: Counter[tuple[str, str, str, str]] = Counter()
    for payload in payloads:
        for move in moves_of(payload):
            total[move.sku, move.lot, move.serial, move.source] -= move.quantity
            total[move.sku, move.lot, move.serial, move.target] += move.quantity
    return {key: quantity for key, quantity in total.items() if quantity}


def sold_over_the_counter(lines: Sequence[TaskLine]) -> Sale:
    sale_lines = tuple(
        SaleLine(line.sku, "", "", line.quantity, "each", 0, 0, "", 0, 0, 0, line.lot, line.serial) for line in lines
    )
    return Sale(TASK, "", "EUR", sale_lines, (), 0, 0)


@given(strategies.events())
def test_no_event_makes_stock_appear_or_vanish(event: Event) -> None:
    total: Counter[tuple[str, str, str]] = Counter()
    for (sku, lot, serial, _), quantity in balance(event.payload).items():
        total[sku, lot, serial] += quantity
    assert not any(total.values())


@given(strategies.events())
def test_every_move_is_a_positive_quantity_between_two_different_states(event: Event) -> None:
    for move in stock_moves(event):
        assert 0 < move.quantity <= INT_MAX
        assert move.source != move.target
        assert {move.source, move.target} <= set(STATES)
        assert move.reason


@given(task_lines)
def test_accepting_and_releasing_leaves_nothing_behind(lines: tuple[TaskLine, ...]) -> None:
    assert balance(OfferAccepted(TASK, 1, lines), Released(TASK, 2, lines)) == {}


@given(task_lines)
def test_accepting_and_shipping_is_a_sale(lines: tuple[TaskLine, ...]) -> None:
    accepted = OfferAccepted(TASK, 1, lines)
    sale = balance(sold_over_the_counter(lines))
    assert balance(accepted, Shipped(TASK, lines, "DHL", "1")) == sale
    assert balance(accepted, HandedOver(TASK, lines, "code")) == sale


@pytest.mark.parametrize(("reason", "fate"), [("not_found", ADJUSTED), ("damaged", DAMAGED), ("other", SELLABLE)])
def test_goods_that_are_short_leave_the_reservation_for_where_they_are(reason: str, fate: str) -> None:
    line = TaskLine(UUID(int=2), "SKU-1", 3, "lot", "serial")
    left = balance(OfferAccepted(TASK, 1, (line,)), Short(TASK, line, reason))
    expected = {("SKU-1", "lot", "serial", SELLABLE): -3, ("SKU-1", "lot", "serial", fate): 3}
    assert left == ({} if fate == SELLABLE else expected)


@pytest.mark.parametrize(
    ("reason", "counter"),
    [
        ("opening", RECEIVED), ("received", RECEIVED), ("count", ADJUSTED), ("damage", DAMAGED), ("theft", ADJUSTED),
        ("correction", ADJUSTED),
    ],
)  # fmt: skip
@pytest.mark.parametrize("quantity", [4, -4])
def test_an_adjustment_changes_the_sellable_stock_by_its_quantity(reason: str, counter: str, quantity: int) -> None:
    left = balance(StockAdjusted((AdjustmentLine("SKU-1", quantity),), reason))
    assert left == {("SKU-1", "", "", SELLABLE): quantity, ("SKU-1", "", "", counter): -quantity}


def test_a_returned_line_of_a_sale_is_sellable_again() -> None:
    [move] = moves_of(sold_over_the_counter([TaskLine(UUID(int=2), "SKU-1", -2)]))
    assert move == Move("SKU-1", "", "", SOLD, SELLABLE, 2, "sale")


def test_a_line_of_nothing_moves_nothing() -> None:
    assert moves_of(StockAdjusted((AdjustmentLine("SKU-1", 0),), "count")) == []


def test_moves_come_in_the_order_of_the_lines() -> None:
    lines = tuple(TaskLine(UUID(int=number), f"SKU-{number}", 1) for number in (3, 1, 2))
    assert [move.sku for move in moves_of(OfferAccepted(TASK, 1, lines))] == ["SKU-3", "SKU-1", "SKU-2"]
    assert {move.target for move in moves_of(OfferAccepted(TASK, 1, lines))} == {RESERVED}


def test_every_reason_has_a_fate() -> None:
    assert set(effects._SHORT_TARGET) == set(SHORT_REASONS)
    assert set(effects._ADJUSTMENT_COUNTER) < set(ADJUSTMENT_REASONS)
