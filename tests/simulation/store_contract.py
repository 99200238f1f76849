"""What every store of the centre must do, whether in memory or in a database: derive a test class and give a ``store``.

A store is given empty, with ``S0001`` and ``S0002`` known to it and both boxes allowed to speak for both.
"""

from uuid import UUID

import pytest

from sync_protocol import chain
from sync_protocol.effects import RECEIVED, SELLABLE
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark
from tests.simulation.journal import body_of, body_of_a_later_version
from tests.simulation.store import CentreStore

STORE, OTHER_STORE = "S0001", "S0002"
BOX, OTHER_BOX = UUID(int=7), UUID(int=8)


def received(seq: int, event: int, quantity: int = 1) -> Entry:
    """An entry that brings ``quantity`` pieces of one SKU."""
    return Entry(seq, UUID(int=event), body_of(StockAdjusted((AdjustmentLine("APPLE", quantity),), "received")))


def after(box: UUID, *entries: Entry) -> Watermark:
    """The watermark of a log that consists of ``entries``."""
    digest = chain.seed(box)
    for entry in entries:
        digest = chain.link(digest, box, *entry)
    return Watermark(len(entries), digest)


def stock(quantity: int) -> dict[tuple[str, str], int]:
    """The stock after ``quantity`` pieces were received."""
    return {("APPLE", SELLABLE): quantity, ("APPLE", RECEIVED): -quantity}


class StoreContract:
    """The suite."""

    def test_nothing_is_known_of_a_box_that_never_spoke(self, store: CentreStore) -> None:
        assert store.watermark(STORE, BOX) == Watermark.start(BOX)
        assert (list(store.entries(STORE, BOX)), dict(store.events(STORE)), dict(store.stock(STORE))) == ([], {}, {})

    def test_entries_are_stored_with_their_events_and_their_effects(self, store: CentreStore) -> None:
        one, two, three = received(1, 101), received(2, 102, 5), received(3, 103, -2)
        assert store.take(STORE, BOX, after(BOX), after(BOX, one, two), [one, two])
        assert store.take(STORE, BOX, after(BOX, one, two), after(BOX, one, two, three), [three])
        assert store.watermark(STORE, BOX) == after(BOX, one, two, three)
        assert list(store.entries(STORE, BOX)) == [one, two, three]
        assert dict(store.events(STORE)) == {entry.id: entry.body for entry in (one, two, three)}
        assert dict(store.stock(STORE)) == stock(4)

    def test_a_batch_that_two_workers_hold_is_stored_once(self, store: CentreStore) -> None:
        one, two = received(1, 101), received(2, 102)
        assert store.take(STORE, BOX, after(BOX), after(BOX, one), [one])
        assert not store.take(STORE, BOX, after(BOX), after(BOX, one), [one])
        assert not store.take(STORE, BOX, after(BOX), after(BOX, one, two), [one, two])
        assert (store.watermark(STORE, BOX), dict(store.stock(STORE))) == (after(BOX, one), stock(1))

    def test_a_worker_that_was_overtaken_does_not_move_the_log_back(self, store: CentreStore) -> None:
        one, two = received(1, 101), received(2, 102)
        assert store.take(STORE, BOX, after(BOX), after(BOX, one, two), [one, two])
        assert not store.take(STORE, BOX, after(BOX), after(BOX, one), [one])
        assert store.watermark(STORE, BOX) == after(BOX, one, two)

    @pytest.mark.parametrize("before", [Watermark(1, bytes(16)), Watermark(2, bytes(16))], ids=["hash", "sequence"])
    def test_a_batch_that_follows_something_else_is_not_stored(self, store: CentreStore, before: Watermark) -> None:
        one, two = received(1, 101), received(2, 102)
        assert store.take(STORE, BOX, after(BOX), after(BOX, one), [one])
        assert not store.take(STORE, BOX, before, after(BOX, one, two), [two])
        assert (list(store.entries(STORE, BOX)), dict(store.stock(STORE))) == ([one], stock(1))

    def test_an_event_that_came_in_another_log_leaves_its_entry_and_no_second_effect(self, store: CentreStore) -> None:
        one, again, new = received(1, 101), received(1, 101), received(2, 102)
        assert store.take(STORE, BOX, after(BOX), after(BOX, one), [one])
        assert store.take(STORE, OTHER_BOX, after(OTHER_BOX), after(OTHER_BOX, again, new), [again, new])
        assert list(store.entries(STORE, OTHER_BOX)) == [again, new]
        assert set(store.events(STORE)) == {one.id, new.id}
        assert dict(store.stock(STORE)) == stock(2)

    def test_an_event_that_comes_twice_in_one_batch_has_one_effect(self, store: CentreStore) -> None:
        one, again = received(1, 101), received(2, 101)
        assert store.take(STORE, BOX, after(BOX), after(BOX, one, again), [one, again])
        assert (list(store.entries(STORE, BOX)), dict(store.stock(STORE))) == ([one, again], stock(1))

    def test_a_body_that_nobody_can_read_is_kept_and_stops_nothing(self, store: CentreStore) -> None:
        unreadable, new = Entry(1, UUID(int=101), body_of_a_later_version()), received(2, 102)
        assert store.take(STORE, BOX, after(BOX), after(BOX, unreadable, new), [unreadable, new])
        assert list(store.entries(STORE, BOX)) == [unreadable, new]
        assert store.dead_letters(STORE) == {unreadable.id}
        assert (set(store.events(STORE)), dict(store.stock(STORE))) == ({new.id}, stock(1))

    def test_stores_and_boxes_do_not_disturb_each_other(self, store: CentreStore) -> None:
        one, other = received(1, 101), received(1, 201, 9)
        assert store.take(STORE, BOX, after(BOX), after(BOX, one), [one])
        assert store.take(OTHER_STORE, OTHER_BOX, after(OTHER_BOX), after(OTHER_BOX, other), [other])
        assert (dict(store.stock(STORE)), dict(store.stock(OTHER_STORE))) == (stock(1), stock(9))
        assert store.watermark(STORE, OTHER_BOX) == Watermark.start(OTHER_BOX)
