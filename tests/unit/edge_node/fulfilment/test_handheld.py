"""The handhelds' events: each answered once, none held up by another."""

from uuid import UUID

from edge_node.fulfilment.handheld import HandheldEvent, take_events
from edge_node.fulfilment.picking import Action, GiveUp, Pack, Pick, Ship
from edge_node.ports import Actor
from sync_protocol.events import Picked
from tests.contract.edge_storage.backends import article, gtin
from tests.contract.edge_storage.memory import MemoryStore
from tests.unit.edge_node.fulfilment.steps import CARLA, start, task_of
from tests.unit.edge_node.world import LINE_1, LINE_2, TASK, offer, stocked


def started(*quantities: int) -> MemoryStore:
    store = stocked(SKU_1=9, SKU_2=9)
    start(store, offer(*quantities))
    return store


def event(key: str, action: Action | None, *, task: UUID | None = TASK, refusal: str = "") -> HandheldEvent:
    return HandheldEvent(key, CARLA, task, action, refusal)


def send(store: MemoryStore, *events: HandheldEvent) -> list[tuple[str, str]]:
    return [(answer.key, answer.reason) for answer in store.do(lambda tx: take_events(tx, events))]


def test_a_whole_order_goes_through_in_one_request() -> None:
    store = started(1, 1)
    answers = send(
        store, event("a", Pick(LINE_1, 1, gtin(1))), event("b", GiveUp(LINE_2, "not_found")), event("c", Pack(1)),
        event("d", Ship("USPS", "9400")),
    )  # fmt: skip
    assert answers == [("a", ""), ("b", ""), ("c", ""), ("d", "")]
    assert task_of(store).state == "shipped"
    _, last = store.state.events[-1]
    assert (last.register, last.staff) == ("handheld-1", "carla")


def test_a_repeated_event_is_answered_the_same_and_counted_once() -> None:
    store = started(3)
    first = send(store, event("a", Pick(LINE_1, 1, "SKU-1")), event("b", Pick(LINE_1, 9, "SKU-1")))
    again = send(store, event("a", Pick(LINE_1, 1, "SKU-1")), event("b", Pick(LINE_1, 9, "SKU-1")))
    assert again == first
    assert sum(isinstance(payload, Picked) for payload in store.payloads) == 1


def test_an_event_that_comes_twice_in_one_request_is_counted_once() -> None:
    store = started(3)
    assert send(store, *[event("a", Pick(LINE_1, 1, "SKU-1"))] * 2) == [("a", ""), ("a", "")]
    assert task_of(store).lines[0].picked == 1


def test_a_refused_event_does_not_hold_up_the_next_one() -> None:
    store = started(1)
    answers = send(store, event("a", Pick(LINE_1, 5, "SKU-1")), event("b", Pick(LINE_1, 1, "SKU-1")))
    assert answers == [("a", "5 is not possible: 1 of Article 1 is left; correct it."), ("b", "")]


def test_a_refusal_stays_a_refusal_when_the_event_comes_again_later() -> None:
    store = started(1)
    too_early = send(store, event("a", Pack(1)))
    send(store, event("b", Pick(LINE_1, 1, "SKU-1")))
    assert send(store, event("a", Pack(1))) == too_early
    assert send(store, event("c", Pack(1))) == [("c", "")]


def test_an_unknown_order_and_an_unreadable_event_are_refused_in_words() -> None:
    store = started(1)
    answers = send(
        store, event("a", Pack(1), task=UUID(int=5)), event("b", None, refusal="The handheld sent nonsense."),
        event("c", None),
    )  # fmt: skip
    assert answers == [
        ("a", "This store has no such order; load the list again."), ("b", "The handheld sent nonsense."),
        ("c", "This store has no such order; load the list again."),
    ]  # fmt: skip


def test_a_second_barcode_of_the_article_is_looked_up_in_the_catalogue() -> None:
    store = started(1)
    store.seed([article(1, gtins=(gtin(1), gtin(77)))])
    assert send(store, event("a", Pick(LINE_1, 1, gtin(77).lstrip("0")))) == [("a", "")]


def test_the_person_and_the_handheld_stand_in_the_log() -> None:
    store = started(1)
    send(store, HandheldEvent("a", Actor("h-2", "dora"), TASK, Pick(LINE_1, 1, "SKU-1")))
    _, last = store.state.events[-1]
    assert (last.register, last.staff) == ("h-2", "dora")
