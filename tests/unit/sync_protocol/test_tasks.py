"""The life of a task: on no way may goods leave before a confirmed start."""

from collections.abc import Mapping

import pytest

from sync_protocol import tasks
from sync_protocol.tasks import (
    ACCEPTED,
    ASSIGNED,
    BOX_MOVES,
    CENTRE_MOVES,
    HANDED_OVER,
    OFFERED,
    REJECTED,
    RELEASED,
    SHIPPED,
    START_ASKED,
    STARTED,
    WITHDRAWN,
)

Moves = Mapping[str, frozenset[str]]
GONE = {SHIPPED, HANDED_OVER}
BOTH_SIDES = pytest.mark.parametrize("moves", [BOX_MOVES, CENTRE_MOVES], ids=["box", "centre"])


def reachable(moves: Moves, start: str, *, without: str = "") -> set[str]:
    """All states that a task may come to from ``start`` without passing ``without``."""
    found, fresh = {start}, [start]
    while fresh:
        for state in moves.get(fresh.pop(), frozenset()) - found - {without}:
            found.add(state)
            fresh.append(state)
    return found


@BOTH_SIDES
def test_goods_leave_only_after_a_confirmed_start(moves: Moves) -> None:
    assert reachable(moves, OFFERED) >= GONE
    assert not reachable(moves, OFFERED, without=STARTED) & GONE


@BOTH_SIDES
def test_what_was_withdrawn_or_released_never_ships(moves: Moves) -> None:
    assert not reachable(moves, WITHDRAWN) & GONE
    assert not reachable(moves, RELEASED) & GONE
    assert not reachable(moves, REJECTED) & GONE


@BOTH_SIDES
def test_what_is_gone_is_gone(moves: Moves) -> None:
    for state in GONE:
        assert reachable(moves, state) == {state}


@BOTH_SIDES
def test_no_task_turns_in_a_circle_or_is_stuck(moves: Moves) -> None:
    for state in reachable(moves, OFFERED):
        assert not any(state in reachable(moves, later) for later in moves.get(state, ()))
        assert reachable(moves, state) & {*GONE, REJECTED, WITHDRAWN, RELEASED}


def test_the_box_starts_only_what_the_centre_assigned_and_confirmed() -> None:
    assert {state for state, targets in BOX_MOVES.items() if STARTED in targets} == {START_ASKED}
    assert {state for state, targets in BOX_MOVES.items() if START_ASKED in targets} == {ASSIGNED}
    assert {state for state, targets in BOX_MOVES.items() if ASSIGNED in targets} == {ACCEPTED}


def test_the_centre_takes_back_what_is_not_started_and_nothing_else() -> None:
    assert {state for state, targets in CENTRE_MOVES.items() if WITHDRAWN in targets} == {OFFERED, ASSIGNED}


def test_the_box_can_give_up_everything_that_it_reserved_and_has_not_packed() -> None:
    for state in (ACCEPTED, ASSIGNED, START_ASKED, STARTED):
        assert RELEASED in BOX_MOVES[state]


def test_both_sides_use_the_same_words() -> None:
    words = {value for name, value in vars(tasks).items() if name.isupper() and isinstance(value, str)}
    words -= {tasks.SHIP, tasks.PICKUP}
    assert words == {state for moves in (BOX_MOVES, CENTRE_MOVES) for state in reachable(moves, OFFERED)}
