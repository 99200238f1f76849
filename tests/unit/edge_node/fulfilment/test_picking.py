"""What staff may do with a pick list, and what they are told when they may not."""

from uuid import UUID

import pytest

from edge_node.fulfilment.picking import Action, GiveUp, HandOver, Pack, Pick, Ship, Start
from retail.errors import Refused
from sync_protocol.events import (
    HandedOver,
    Packed,
    Picked,
    Released,
    Shipped,
    Short,
    StartAsked,
    TaskLine,
)
from sync_protocol.tasks import ASSIGNED, OFFERED, STARTED
from tests.contract.edge_storage.backends import gtin
from tests.contract.edge_storage.memory import MemoryStore
from tests.unit.edge_node.fulfilment.steps import act, start, task_of, tell, withdraw
from tests.unit.edge_node.world import LINE_1, LINE_2, PICKUP_OFFER, TASK, offer, stocked


def started(*quantities: int) -> MemoryStore:
    store = stocked(SKU_1=9, SKU_2=9)
    start(store, offer(*quantities))
    return store


def refusal(store: MemoryStore, action: Action, scanned_sku: str = "") -> Refused:
    before = list(store.payloads)
    with pytest.raises(Refused) as caught:
        act(store, action, scanned_sku)
    assert store.payloads == before
    return caught.value


def test_a_scan_of_the_lines_barcode_picks_it() -> None:
    store = started(2, 1)
    act(store, Pick(LINE_1, 1, gtin(1)))
    assert store.payloads[-1] == Picked(TASK, TaskLine(LINE_1, "SKU-1", 1), gtin(1))
    assert (task_of(store).lines[0].picked, task_of(store).lines[0].remaining) == (1, 1)


@pytest.mark.parametrize("code", [gtin(1), gtin(1).lstrip("0"), "SKU-1"])
def test_barcodes_of_any_length_and_the_sku_are_taken(code: str) -> None:
    store = started(2)
    act(store, Pick(LINE_1, 2, code))
    assert task_of(store).lines[0].picked == 2


def test_another_barcode_of_the_same_article_is_taken_when_the_catalogue_knows_it() -> None:
    store = started(2)
    act(store, Pick(LINE_1, 1, gtin(77)), scanned_sku="SKU-1")
    assert task_of(store).lines[0].picked == 1


def test_a_scan_without_a_line_finds_the_line_that_still_wants_it() -> None:
    store = stocked(SKU_1=9)
    start(store, offer(1, 1, skus=("SKU-1", "SKU-1")))
    act(store, Pick(None, 1, "SKU-1"))
    act(store, Pick(None, 1, "SKU-1"))
    assert [line.picked for line in task_of(store).lines] == [1, 1]
    assert "complete" in refusal(store, Pick(None, 1, "SKU-1")).problem


def test_goods_picked_by_hand_are_marked_as_such() -> None:
    store = started(1)
    act(store, Pick(LINE_1, 1, "", manual=True))
    assert store.payloads[-1] == Picked(TASK, TaskLine(LINE_1, "SKU-1", 1), "", manual=True)


@pytest.mark.parametrize(
    ("action", "field", "problem"),
    [
        (Pick(LINE_1, 1, gtin(2)), "code", f"{gtin(2)} is not Article 1"),
        (Pick(LINE_1, 1, "4000000000012"), "code", "is not Article 1"),
        (Pick(LINE_1, 3, "SKU-1"), "qty", "2 of Article 1 is left"),
        (Pick(LINE_1, 0, "SKU-1"), "qty", "not possible"),
        (Pick(LINE_1, -1, "SKU-1"), "qty", "not possible"),
        (Pick(LINE_1, 1), "code", "nothing was scanned"),
        (Pick(LINE_1, 1, "SKU\x00"), "code", "control character"),
        (Pick(UUID(int=9), 1, "SKU-1"), "line", "no such line"),
        (Pick(None, 1, "SKU-9"), "code", "not on the list"),
        (GiveUp(LINE_1, "eaten"), "reason", "not known"),
        (GiveUp(LINE_1, "not_found", 3), "qty", "2 of Article 1 is left"),
        (GiveUp(LINE_1, "not_found", 0), "qty", "not possible"),
        (Pack(1), "lines", "2 of Article 1 is neither picked nor short"),
        (Ship("USPS", "1"), "wave", "not packed yet"),
        (HandOver("AB12"), "type", "is for ship"),
    ],
)
def test_what_cannot_be_is_refused_in_words(action: Action, field: str, problem: str) -> None:
    refused = refusal(started(2, 1), action)
    assert refused.field == field
    assert problem in refused.problem
    assert refused.remedy


def test_short_goods_leave_the_reserved_stock_as_their_reason_says() -> None:
    for reason, state in (("not_found", "adjusted"), ("damaged", "damaged"), ("other", "sellable")):
        store = stocked(SKU_1=2, SKU_2=1)
        start(store, offer(2, 1))
        act(store, GiveUp(LINE_1, reason, 1))
        assert store.payloads[-1] == Short(TASK, TaskLine(LINE_1, "SKU-1", 1), reason)
        states = {row.state: row.quantity for row in store.do(lambda tx: tx.stock("SKU-1"))}
        assert (states["reserved"], states[state]) == (1, 1)


def test_giving_up_without_a_quantity_means_all_that_is_left() -> None:
    store = started(3, 1)
    act(store, Pick(LINE_1, 1, "SKU-1"))
    act(store, GiveUp(LINE_1, "not_found"))
    assert (task_of(store).lines[0].picked, task_of(store).lines[0].short) == (1, 2)


def test_a_task_of_which_nothing_was_found_ends_by_itself() -> None:
    store = started(2, 1)
    act(store, GiveUp(LINE_1, "not_found"))
    act(store, GiveUp(LINE_2, "damaged"))
    assert store.payloads[-1] == Released(TASK, 3, ())
    assert task_of(store).state == "released"
    assert "went elsewhere" in refusal(store, Pack(1)).problem


def test_packing_needs_every_line_finished_and_a_number_of_packages() -> None:
    store = started(1, 1)
    act(store, Pick(LINE_1, 1, "SKU-1"))
    assert "Article 2" in refusal(store, Pack(1)).problem
    act(store, GiveUp(LINE_2, "not_found"))
    for packages in (0, -1, 100):
        assert refusal(store, Pack(packages)).field == "packages"
    act(store, Pack(2))
    assert store.payloads[-1] == Packed(TASK, 2)


def test_only_what_was_picked_is_shipped() -> None:
    store = started(2, 1)
    act(store, Pick(LINE_1, 1, "SKU-1"))
    act(store, GiveUp(LINE_1, "not_found"))
    act(store, GiveUp(LINE_2, "not_found"))
    act(store, Pack(1))
    act(store, Ship("USPS", "9400"))
    assert store.payloads[-1] == Shipped(TASK, (TaskLine(LINE_1, "SKU-1", 1),), "USPS", "9400")
    states = {row.state: row.quantity for row in store.do(lambda tx: tx.stock("SKU-1"))}
    assert (states["reserved"], states["sold"], sum(states.values())) == (0, 1, 0)


def test_shipping_names_the_carrier() -> None:
    store = started(1)
    act(store, Pick(LINE_1, 1, "SKU-1"))
    act(store, Pack(1))
    assert refusal(store, Ship(" ", "1")).field == "carrier"
    assert refusal(store, Ship("USPS", "\x00")).field == "tracking"


def test_a_pickup_is_handed_over_against_its_code_only() -> None:
    store = stocked(SKU_1=9, SKU_2=9)
    start(store, PICKUP_OFFER)
    act(store, Pick(LINE_1, 2, "SKU-1"))
    act(store, Pick(LINE_2, 1, "SKU-2"))
    act(store, Pack(1))
    assert refusal(store, HandOver("AB13")).field == "collect_code"
    assert refusal(store, HandOver("")).field == "collect_code"
    assert "hand it over" in refusal(store, Ship("USPS", "1")).remedy
    act(store, HandOver(" ab12 "))
    lines = (TaskLine(LINE_1, "SKU-1", 2), TaskLine(LINE_2, "SKU-2", 1))
    assert store.payloads[-1] == HandedOver(TASK, lines, "collect code")
    assert task_of(store).state == "handed_over"


def test_nothing_leaves_twice() -> None:
    store = started(1)
    act(store, Pick(LINE_1, 1, "SKU-1"))
    act(store, Pack(1))
    act(store, Ship("USPS", "1"))
    for action in (Ship("USPS", "1"), Pack(1), Pick(LINE_1, 1, "SKU-1"), Start()):
        assert "shipped already" in refusal(store, action).problem


def test_a_person_can_ask_for_the_start_when_the_printer_is_broken() -> None:
    store = stocked(SKU_1=9)
    tell(store, OFFERED, offer(1))
    assert "not assigned" in refusal(store, Start()).problem
    tell(store, ASSIGNED)
    act(store, Start())
    assert store.payloads[-1] == StartAsked(TASK, 2)
    act(store, Start())
    assert store.payloads.count(StartAsked(TASK, 2)) == 1


def test_nothing_is_picked_before_the_centre_has_confirmed_the_start() -> None:
    store = stocked(SKU_1=9)
    tell(store, OFFERED, offer(1))
    tell(store, ASSIGNED)
    act(store, Start())
    refused = refusal(store, Pick(LINE_1, 1, "SKU-1"))
    assert "not confirmed the start" in refused.problem
    tell(store, STARTED)
    act(store, Pick(LINE_1, 1, "SKU-1"))


def test_a_withdrawn_order_tells_staff_to_put_back_what_they_have() -> None:
    store = started(1)
    withdraw(store)
    refused = refusal(store, Pick(LINE_1, 1, "SKU-1"))
    assert (refused.problem, refused.remedy) == ("the order went elsewhere", "put back what is in the tote")
