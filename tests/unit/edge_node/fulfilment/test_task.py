"""A task's life, whatever happens in whatever order."""

from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_node.fulfilment.picking import Action, GiveUp, HandOver, Pack, Pick, Ship, Start
from edge_node.fulfilment.slips import pick_list
from edge_node.fulfilment.task import OVER, evolve, told, unusable
from edge_node.ports import PickTask
from retail.errors import Refused
from sync_protocol.events import Packed, Shipped
from sync_protocol.tasks import ASSIGNED, BOX_MOVES, OFFERED, PICKUP, SHIP, STARTED, WITHDRAWN, TaskUpdate
from tests.unit.edge_node.fulfilment.steps import act, prove_list, task_of, tell
from tests.unit.edge_node.world import LINE_1, LINE_2, TASK, offer, stocked

LINES = st.sampled_from([LINE_1, LINE_2, UUID(int=5)])
QUANTITIES = st.integers(-1, 4)
ACTIONS: st.SearchStrategy[Action | str] = st.one_of(
    st.just(Start()),
    st.builds(Pick, LINES, QUANTITIES, st.sampled_from(["SKU-1", "SKU-2", ""]), st.booleans()),
    st.builds(GiveUp, LINES, st.sampled_from(["not_found", "damaged", "other", "x"]), st.none() | QUANTITIES),
    st.builds(Pack, st.integers(0, 3)),
    st.builds(Ship, st.sampled_from(["USPS", ""]), st.just("1")),
    st.builds(HandOver, st.sampled_from(["AB12", "x"])),
    st.sampled_from([OFFERED, ASSIGNED, STARTED, WITHDRAWN, "printed"]),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([SHIP, PICKUP]), st.integers(0, 6), st.lists(ACTIONS, max_size=30))
def test_whatever_happens_stock_is_conserved_and_the_task_moves_only_as_allowed(
    service: str, on_hand: int, happenings: list[Action | str]
) -> None:
    store = stocked(SKU_1=on_hand + 1, SKU_2=3)
    wanted = offer(2, 1, service=service, collect_code="AB12" if service == PICKUP else "")
    tell(store, OFFERED, wanted)
    for happening in happenings:
        before = task_of(store)
        try:
            if happening == "printed":
                if before.state == ASSIGNED:
                    prove_list(store)
            elif isinstance(happening, str):
                tell(store, happening, wanted if happening == OFFERED else None)
            else:
                act(store, happening)
        except Refused:
            assert task_of(store) == before
            continue
        _check_move(before, task_of(store))
    for sku in ("SKU-1", "SKU-2"):
        rows = store.do(lambda tx, sku=sku: tx.stock(sku))
        assert sum(row.quantity for row in rows) == 0
        reserved = sum(row.quantity for row in rows if row.state == "reserved")
        task = task_of(store)
        held = sum(line.reserved for line in task.lines if line.sku == sku) if task.state not in OVER else 0
        assert reserved == held
    assert sum(isinstance(payload, Shipped) for payload in store.payloads) <= 1


def _check_move(before: PickTask, after: PickTask) -> None:
    for old, new in zip(before.lines, after.lines, strict=True):
        assert 0 <= new.picked + new.short <= new.quantity
        if before.state not in OVER:
            assert new.picked >= old.picked
            assert new.short >= old.short
    reachable = {before.state} | (_reachable(before.state) if before.state not in OVER else {"accepted", "rejected"})
    assert after.state in reachable
    if after.state in ("shipped", "handed_over"):
        assert before.state == "packed"
    if after.state == "packed" and before.state != "packed":
        assert before.state == "started"


def _reachable(state: str) -> set[str]:
    """One or two moves on: a withdrawal is told and answered in one transaction."""
    once = set(BOX_MOVES.get(state, ()))
    return once.union(*(BOX_MOVES.get(each, ()) for each in once)) if once else set()


def offered() -> PickTask:
    task = told(None, TaskUpdate(TASK, 1, OFFERED, offer(2, 1)))
    assert task is not None
    return task


def test_an_event_that_does_not_fit_the_state_changes_nothing() -> None:
    task = offered()
    assert evolve(task, Packed(TASK, 1)) is task
    assert evolve(task, Shipped(TASK, (), "USPS", "1")) is task


def test_the_service_that_the_centre_names_is_kept_as_plain_text() -> None:
    task = told(None, TaskUpdate(TASK, 1, OFFERED, msgspec.structs.replace(offer(1), send_by="over\x1bnight")))
    assert task is not None
    assert task.send_by == "overnight"
    assert pick_list(task).send_by == "overnight"
    assert offered().send_by == ""


def test_numbers_that_no_database_takes_are_kept_out() -> None:
    huge = TaskUpdate(TASK, 2**63, OFFERED, offer(1))
    assert told(None, huge) is None
    task = told(None, TaskUpdate(TASK, 1, OFFERED, msgspec.structs.replace(offer(1), pick_by_ms=2**64 - 1)))
    assert task is not None
    assert task.pick_by_ms <= 2**53
    assert unusable(offer(10**13))
