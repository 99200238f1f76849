"""The word of every state: what needs a person first, then how far the work has come."""

import itertools

import pytest

from central.console.labels import DEAD_TASKS, LINES, TASKS, order_label, task_label
from central.orders.tables import customer_order, order_line, task
from sync_protocol.tasks import CENTRE_MOVES
from web_kit.words import TONES


def _allowed(table: object, name: str) -> set[str]:
    constraint = next(c for c in table.constraints if str(c.name).endswith(f"_{name}_check"))  # type: ignore[attr-defined]
    return set(str(constraint.sqltext).split("'")[1::2])


def test_every_state_that_the_database_allows_has_a_word() -> None:
    assert _allowed(task, "state") == set(TASKS)
    assert _allowed(order_line, "state") == set(LINES)
    assert set(CENTRE_MOVES) | set(itertools.chain(*CENTRE_MOVES.values())) <= set(TASKS)
    assert set(DEAD_TASKS) < set(TASKS)


@pytest.mark.parametrize(
    ("tasks", "is_partly_open", "word"),
    [
        ((), True, "To route"),
        (("offered",), False, "Offered"),
        (("packed", "started"), False, "Picking"),
        (("shipped", "assigned"), False, "Assigned"),
        (("started",), True, "Part to route"),
        (("rejected",), True, "To route"),
        (("packed",), False, "Packed"),
    ],
)
def test_an_order_is_as_far_as_its_least_advanced_pick_list(
    tasks: tuple[str, ...], is_partly_open: bool, word: str
) -> None:
    assert order_label("working", "", "", "ship", tasks, is_partly_open).word == word


def test_what_needs_a_person_comes_before_everything_else() -> None:
    assert order_label("working", "fraud", "x", "ship", ("started",), False).word == "On hold"
    assert order_label("working", "", "x", "ship", ("started",), False).word == "Needs you"
    assert order_label("fulfilled", "", "x", "pickup", (), False).word == "Handed over"
    assert order_label("cancelled", "x", "x", "ship", (), False).word == "Cancelled"


def test_a_packed_pickup_is_ready_to_collect() -> None:
    assert task_label("packed", "pickup").word == "Ready to collect"
    assert task_label("packed", "ship").word == "Packed"


def test_a_state_of_a_newer_version_is_shown_by_its_own_name() -> None:
    assert task_label("on_the_way", "ship").word == "On the way"


def test_every_tone_has_a_shape_of_its_own() -> None:
    assert {label.tone for label in (*TASKS.values(), *LINES.values())} <= set(TONES)
    assert _allowed(customer_order, "status") == {"open", "working", "fulfilled", "cancelled"}
