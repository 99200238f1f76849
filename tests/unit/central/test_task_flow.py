"""The life of a task at the centre, decision by decision."""

from dataclasses import replace
from uuid import UUID

import pytest

from central.orders import answers, task_flow
from central.orders.answers import TaskPayload
from central.orders.domain import (
    ASSIGNED,
    CANCELLED,
    OFFERED,
    OPEN,
    SHIPPED,
    SHORT,
    STARTED,
    Answer,
    Claim,
    Doubt,
    Happened,
    Left,
    Line,
    Order,
    OrderBook,
    Task,
    Tell,
    Trouble,
    cut,
    status_of,
)
from central.orders.task_flow import PlannedLine, PlannedTask
from retail.clock import ManualClock
from retail.ids import SeededIds
from sync_protocol import tasks
from sync_protocol.events import (
    HandedOver,
    MissingLine,
    OfferAccepted,
    OfferRejected,
    Packed,
    Picked,
    Released,
    Shipped,
    Short,
    StartAsked,
    TaskLine,
)

A, B = "S0001", "S0002"


class Desk:
    """One order of two lines, and the boxes' voices."""

    def __init__(self, service: str = "ship") -> None:
        self.ids = SeededIds(7, ManualClock())
        self.first, self.second = self.ids.uuid7(), self.ids.uuid7()
        self.book = OrderBook(
            Order(self.ids.uuid7(), "K7QM-2D9X", service, customer_name="Ada", destination="Berlin 10115"),
            [
                Line(self.first, "tea", 3, 3, amount=100, tax=10, unit_price=33, name="Tea"),
                Line(self.second, "mug", 1, 1, amount=900, tax=90, unit_price=900, name="Mug"),
            ],
        )

    def offer(self, location: str = A, *line_ids: UUID, quantity: int | None = None) -> Task:
        lines = [self.book.lines[line_id] for line_id in line_ids or self.open_lines()]
        plan = PlannedTask(
            location,
            self.book.order.service,
            5_000,
            tuple(PlannedLine(line.line_id, line.version, quantity or line.quantity) for line in lines),
        )
        [made] = task_flow.offer(self.book, [plan], None, self.ids)
        assert isinstance(made, Task)
        return made

    def open_lines(self) -> list[UUID]:
        return [line.line_id for line in self.book.lines.values() if line.state == OPEN]

    def say(self, payload: TaskPayload, location: str = A) -> None:
        answers.apply(self.book, payload, Answer(self.ids.uuid7(), location, "anna", 1_000))

    def sent(self, task: Task) -> tuple[TaskLine, ...]:
        held = self.book.lines_of(self.book.tasks[task.task_id])
        return tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in held)

    def assigned(self, location: str = A) -> Task:
        task = self.offer(location)
        self.say(OfferAccepted(task.task_id, 1, self.sent(task)), location)
        return self.book.tasks[task.task_id]

    def started(self, location: str = A) -> Task:
        task = self.assigned(location)
        self.say(StartAsked(task.task_id, 2), location)
        return self.book.tasks[task.task_id]

    def states(self) -> list[str]:
        return [line.state for line in self.book.lines.values()]

    def troubles(self) -> list[str]:
        return [effect.kind for effect in self.book.effects if isinstance(effect, Trouble)]

    def told(self) -> list[tuple[str, int, str]]:
        return [
            (effect.location, effect.update.rev, effect.update.state)
            for effect in self.book.effects
            if isinstance(effect, Tell)
        ]

    def claims(self) -> dict[tuple[UUID, str, str], int]:
        total: dict[tuple[UUID, str, str], int] = {}
        for effect in self.book.effects:
            if isinstance(effect, Claim):
                key = (effect.line_id, effect.location, effect.state)
                total[key] = total.get(key, 0) + effect.quantity
        return {key: quantity for key, quantity in total.items() if quantity}


def test_an_order_goes_from_offer_to_shipment() -> None:
    desk = Desk()
    task = desk.started()
    assert desk.states() == [STARTED, STARTED]
    desk.say(Picked(task.task_id, TaskLine(desk.first, "tea", 3), "4006381333931"))
    desk.say(Packed(task.task_id, 2))
    desk.say(Shipped(task.task_id, desk.sent(task), "post", "T1"))
    assert desk.states() == [SHIPPED, SHIPPED]
    assert desk.book.order.status == "fulfilled"
    assert desk.told() == [(A, 1, tasks.OFFERED), (A, 2, tasks.ASSIGNED), (A, 3, tasks.STARTED)]
    [left] = [effect for effect in desk.book.effects if isinstance(effect, Left)]
    assert [quantity for _, _, quantity in left.lines] == [3, 1]
    assert (left.carrier, left.packages) == ("post", 2)
    assert desk.troubles() == []


def test_an_offer_carries_the_collect_code_for_pickup_only_and_no_destination() -> None:
    ship, pickup = Desk("ship"), Desk("pickup")
    assert ship.offer().collect_code == ""
    assert len(pickup.offer().collect_code) == 6
    [told] = [effect for effect in pickup.book.effects if isinstance(effect, Tell)]
    assert told.update.offer is not None
    assert told.update.offer.destination == ""
    assert told.update.offer.lines[0].name == "Tea"


def test_an_offer_says_by_which_service_it_is_to_be_sent() -> None:
    desk = Desk()
    planned = PlannedTask(A, "ship", 0, (PlannedLine(desk.first, 1, 3),), "express")
    [made] = task_flow.offer(desk.book, [planned], None, desk.ids)
    assert isinstance(made, Task) and made.send_by == "express"
    [told] = [effect for effect in desk.book.effects if isinstance(effect, Tell)]
    assert told.update.offer is not None
    assert told.update.offer.send_by == "express"


def test_the_goods_of_an_accepted_offer_are_claimed_at_the_store_until_they_leave() -> None:
    desk = Desk()
    task = desk.offer()
    assert desk.claims()[desk.first, A, "offered"] == 3
    desk.say(OfferAccepted(task.task_id, 1, desk.sent(task)))
    assert (desk.first, A, "offered") not in desk.claims()
    assert desk.claims()[desk.first, A, "set_aside"] == 3
    desk.say(StartAsked(task.task_id, 2))
    desk.say(Shipped(task.task_id, desk.sent(task), "post", "T1"))
    assert desk.claims() == {(desk.first, "", "wanted"): -3, (desk.second, "", "wanted"): -1}  # made at intake


def test_a_stale_plan_changes_nothing() -> None:
    desk = Desk()
    line = desk.book.lines[desk.first]
    for wrong in (
        PlannedLine(line.line_id, line.version + 1, 3),
        PlannedLine(line.line_id, line.version, 4),
        PlannedLine(line.line_id, line.version, 0),
        PlannedLine(desk.ids.uuid7(), 1, 1),
    ):
        good = PlannedLine(desk.second, 1, 1)
        assert task_flow.offer(desk.book, [PlannedTask(A, "ship", 0, (good, wrong))], None, desk.ids) == [wrong.line_id]
    assert desk.book.effects == []
    assert desk.book.changed_lines() == []


def test_a_line_may_be_split_over_two_locations_and_the_rest_stays_open() -> None:
    desk = Desk()
    plan = [
        PlannedTask(A, "ship", 0, (PlannedLine(desk.first, 1, 1),)),
        PlannedTask(B, "ship", 0, (PlannedLine(desk.first, 1, 1),)),
    ]
    assert len(task_flow.offer(desk.book, plan, None, desk.ids)) == 2
    tea = [line for line in desk.book.lines.values() if line.sku == "tea"]
    assert sorted((line.quantity, line.state) for line in tea) == [(1, OFFERED), (1, OFFERED), (1, OPEN)]
    assert sum(line.amount for line in tea) == 100


def test_lines_are_given_up_only_while_they_are_open_as_they_were_read() -> None:
    desk = Desk()
    task = desk.offer(A, desk.first)
    first, second = desk.book.lines[desk.first], desk.book.lines[desk.second]
    parts = [PlannedLine(line.line_id, line.version, line.quantity) for line in (first, second)]
    assert task_flow.stale_cancels(desk.book, parts) == [desk.first]
    assert task_flow.stale_cancels(desk.book, [PlannedLine(desk.second, 2, 1)]) == [desk.second]
    unknown = desk.ids.uuid7()
    assert task_flow.stale_cancels(desk.book, [PlannedLine(unknown, 1, 1)]) == [unknown]
    task_flow.give_up(desk.book, parts[1:], "nobody has it")
    assert desk.states() == [OFFERED, CANCELLED]
    assert desk.claims()[desk.second, "", "wanted"] == -1
    assert desk.book.order.status == "working"
    desk.say(OfferRejected(task.task_id, 1, "staff", ()))
    task_flow.give_up(desk.book, [PlannedLine(desk.first, desk.book.lines[desk.first].version, 3)], "nobody has it")
    assert (desk.book.order.status, desk.book.order.attention) == ("cancelled", "")


def test_an_order_on_hold_is_not_given_up() -> None:
    desk = Desk()
    desk.book.order = replace(desk.book.order, hold="suspicious")
    assert task_flow.stale_cancels(desk.book, [PlannedLine(desk.first, 1, 3)]) == [desk.first]


def test_an_answer_to_an_older_decision_is_ignored_and_shown_in_the_history() -> None:
    desk = Desk()
    task = desk.offer()
    task_flow.withdraw(desk.book, task, "too slow", exclude=True)
    desk.say(OfferAccepted(task.task_id, 1, (TaskLine(desk.first, "tea", 3),)))
    assert desk.states() == [OPEN, OPEN]
    assert desk.book.tasks[task.task_id].state == tasks.WITHDRAWN
    last = desk.book.effects[-1]
    assert isinstance(last, Happened)
    assert last.what == "ignored"


def test_accepting_something_else_than_was_offered_is_withdrawn() -> None:
    desk = Desk()
    task = desk.offer()
    desk.say(OfferAccepted(task.task_id, 1, (TaskLine(desk.first, "tea", 2), TaskLine(desk.second, "mug", 1))))
    assert desk.book.tasks[task.task_id].state == tasks.WITHDRAWN
    assert desk.told()[-1] == (A, 2, tasks.WITHDRAWN)
    assert desk.states() == [OPEN, OPEN]


def test_a_rejection_for_stock_excludes_the_store_for_the_missing_line_only_and_corrects_what_is_believed() -> None:
    desk = Desk()
    task = desk.offer()
    desk.say(OfferRejected(task.task_id, 1, "no_stock", (MissingLine(desk.first, "tea", 3, 1),)))
    assert desk.book.lines[desk.first].excluded == {A}
    assert desk.book.lines[desk.second].excluded == frozenset()
    assert [effect for effect in desk.book.effects if isinstance(effect, Doubt)] == [Doubt(A, "tea", 1)]
    assert desk.states() == [OPEN, OPEN]


def test_a_rejection_by_the_store_as_such_excludes_it_for_every_line() -> None:
    desk = Desk()
    task = desk.offer()
    desk.say(OfferRejected(task.task_id, 1, "no_capacity"))
    assert [line.excluded for line in desk.book.lines.values()] == [{A}, {A}]


def test_what_was_only_assigned_can_be_taken_back_and_the_start_is_then_refused() -> None:
    desk = Desk()
    task = desk.assigned()
    assert task_flow.withdraw(desk.book, task, "not started in time", exclude=True)
    desk.say(StartAsked(task.task_id, 2))
    assert desk.book.tasks[task.task_id].state == tasks.WITHDRAWN
    desk.say(Released(task.task_id, 3, ()))
    assert desk.book.tasks[task.task_id].state == tasks.RELEASED
    assert desk.states() == [OPEN, OPEN]
    assert desk.claims() == {}


def test_a_confirmed_start_cannot_be_taken_back_but_the_store_may_release_it() -> None:
    desk = Desk()
    task = desk.started()
    assert not task_flow.withdraw(desk.book, task, "changed my mind", exclude=True)
    desk.say(Released(task.task_id, 3, desk.sent(task)))
    assert desk.states() == [OPEN, OPEN]
    assert desk.book.lines[desk.first].excluded == {A}


def test_a_release_after_the_shipment_opens_nothing_and_alarms() -> None:
    desk = Desk()
    task = desk.started()
    sent = desk.sent(task)
    desk.say(Shipped(task.task_id, sent, "post", "T1"))
    desk.say(Released(task.task_id, 3, sent))
    assert desk.states() == [SHIPPED, SHIPPED]
    assert desk.troubles() == ["task.released"]
    assert desk.book.tasks[task.task_id].state == tasks.SHIPPED


def test_a_second_request_to_start_is_not_confirmed_twice() -> None:
    desk = Desk()
    task = desk.started()
    desk.say(StartAsked(task.task_id, 2))
    assert [state for _, _, state in desk.told()].count(tasks.STARTED) == 1


def test_what_was_short_becomes_a_new_open_line_elsewhere_and_no_cent_is_lost() -> None:
    desk = Desk()
    task = desk.started()
    desk.say(Short(task.task_id, TaskLine(desk.first, "tea", 2), "not_found"))
    [new] = [line for line in desk.book.lines.values() if line.split_from == desk.first]
    assert (new.quantity, new.state, new.excluded) == (2, OPEN, {A})
    kept = desk.book.lines[desk.first]
    assert (kept.quantity, kept.state) == (1, STARTED)
    assert (kept.amount + new.amount, kept.tax + new.tax) == (100, 10)
    assert desk.book.order.status == "working"
    desk.say(Shipped(task.task_id, desk.sent(task), "post", "T1"))
    assert desk.states() == [SHIPPED, SHIPPED, OPEN]


def test_a_task_of_which_nothing_was_found_is_over() -> None:
    desk = Desk()
    task = desk.started()
    desk.say(Short(task.task_id, TaskLine(desk.first, "tea", 3), "not_found"))
    desk.say(Short(task.task_id, TaskLine(desk.second, "mug", 9), "damaged"))
    assert desk.book.tasks[task.task_id].state == tasks.RELEASED
    assert sorted(desk.states()) == sorted([SHORT, SHORT, OPEN, OPEN])
    assert desk.book.order.status == "open"


def test_what_a_store_leaves_behind_without_a_word_is_open_again_and_shown() -> None:
    desk = Desk()
    task = desk.started()
    desk.say(Shipped(task.task_id, (TaskLine(desk.first, "tea", 1),), "post", "T1"))
    quantities = sorted((line.sku, line.state, line.quantity) for line in desk.book.lines.values())
    assert quantities == [
        ("mug", OPEN, 1), ("mug", SHORT, 0), ("tea", OPEN, 2), ("tea", SHIPPED, 1),
    ]  # fmt: skip
    assert desk.troubles() == ["task.left_behind"]


def test_goods_that_left_without_a_confirmed_start_close_the_line_if_nobody_else_has_it_and_alarm() -> None:
    desk = Desk()
    task = desk.assigned()
    sent = desk.sent(task)
    task_flow.withdraw(desk.book, task, "too slow", exclude=True)
    other = desk.offer(B)
    desk.say(Shipped(task.task_id, sent, "post", "T1"))
    assert desk.states() == [SHIPPED, SHIPPED]
    assert desk.book.tasks[other.task_id].state == tasks.WITHDRAWN
    assert desk.told()[-1] == (B, 2, tasks.WITHDRAWN)
    assert desk.troubles() == ["task.unconfirmed_shipment"]
    assert desk.book.order.attention


def test_a_line_that_another_store_has_started_is_not_closed_by_an_unconfirmed_shipment() -> None:
    desk = Desk()
    task = desk.assigned()
    sent = desk.sent(task)
    task_flow.withdraw(desk.book, task, "too slow", exclude=True)
    other = desk.started(B)
    desk.say(Shipped(task.task_id, sent, "post", "T1"))
    assert desk.states() == [STARTED, STARTED]
    assert desk.troubles() == ["task.unconfirmed_shipment", "line.not_its_own", "line.not_its_own"]
    desk.say(Shipped(other.task_id, desk.sent(other), "post", "T2"), B)
    assert desk.states() == [SHIPPED, SHIPPED]


def test_a_second_shipment_of_a_task_closes_nothing_and_alarms() -> None:
    desk = Desk()
    task = desk.started()
    sent = desk.sent(task)
    desk.say(Shipped(task.task_id, sent, "post", "T1"))
    desk.say(HandedOver(task.task_id, sent, "code"))
    assert desk.troubles() == ["task.shipped_again"]
    assert len([effect for effect in desk.book.effects if isinstance(effect, Left)]) == 1


def test_a_cancelled_line_that_left_all_the_same_stays_cancelled_and_alarms() -> None:
    desk = Desk()
    task = desk.assigned()
    sent = desk.sent(task)
    task_flow.cancel(desk.book, "customer")
    desk.say(Shipped(task.task_id, sent, "post", "T1"))
    assert desk.states() == [CANCELLED, CANCELLED]
    assert desk.troubles() == ["task.unconfirmed_shipment", "line.not_its_own", "line.not_its_own"]


def test_a_store_that_no_longer_has_a_line_cannot_report_it_picked_or_short() -> None:
    desk = Desk()
    task = desk.assigned()
    task_flow.withdraw(desk.book, task, "too slow", exclude=True)
    other = desk.started(B)
    desk.say(Short(task.task_id, TaskLine(desk.first, "tea", 3), "not_found"))
    desk.say(Picked(task.task_id, TaskLine(desk.first, "tea", 3), "code"))
    assert desk.states() == [STARTED, STARTED]
    assert desk.book.lines[desk.first].picked_quantity == 0
    assert desk.book.tasks[other.task_id].state == tasks.STARTED


def test_only_the_location_of_a_task_may_speak_of_it() -> None:
    desk = Desk()
    task = desk.started()
    desk.say(Shipped(task.task_id, desk.sent(task), "post", "T1"), B)
    assert desk.states() == [STARTED, STARTED]
    assert desk.troubles() == ["task.foreign"]


def test_an_order_is_cancelled_until_a_start_is_confirmed() -> None:
    desk = Desk()
    desk.assigned()
    assert task_flow.cancel(desk.book, "customer") == ""
    assert desk.states() == [CANCELLED, CANCELLED]
    assert desk.book.order.status == "cancelled"
    assert desk.told()[-1] == (A, 3, tasks.WITHDRAWN)
    assert task_flow.cancel(desk.book, "again") == ""
    begun = Desk()
    begun.started()
    assert "begun" in task_flow.cancel(begun.book, "customer")
    assert begun.states() == [STARTED, STARTED]


def test_an_order_that_has_left_cannot_be_cancelled_but_its_open_rest_can() -> None:
    desk = Desk()
    task = desk.started()
    desk.say(Short(task.task_id, TaskLine(desk.first, "tea", 2), "not_found"))
    desk.say(Shipped(task.task_id, desk.sent(task), "post", "T1"))
    assert task_flow.cancel(desk.book, "customer") == ""
    assert sorted(desk.states()) == sorted([SHIPPED, SHIPPED, CANCELLED])
    assert desk.book.order.status == "fulfilled"
    assert "left" in task_flow.cancel(desk.book, "customer")


def test_an_order_on_hold_is_neither_offered_nor_assigned_nor_started() -> None:
    desk = Desk()
    task = desk.offer()
    desk.book.order = replace(desk.book.order, hold="suspicious address")
    desk.say(OfferAccepted(task.task_id, 1, desk.sent(task)))
    assert desk.states() == [OPEN, OPEN]
    planned = PlannedLine(desk.first, desk.book.lines[desk.first].version, 3)
    assert task_flow.offer(desk.book, [PlannedTask(A, "ship", 0, (planned,))], None, desk.ids) == [desk.first]


def test_a_task_nobody_knows_is_withdrawn_so_that_its_goods_go_back() -> None:
    ids = SeededIds(1, ManualClock())
    answer = Answer(ids.uuid7(), A, "anna", 0)
    found = answers.unknown_task(OfferAccepted(ids.uuid7(), 4, ()), answer)
    assert [effect.update.rev for effect in found if isinstance(effect, Tell)] == [5]
    assert not [effect for effect in answers.unknown_task(Packed(ids.uuid7(), 1), answer) if isinstance(effect, Tell)]


def test_versions_count_decisions_not_steps_within_one() -> None:
    desk = Desk()
    desk.assigned()
    assert sorted(version for version, _ in desk.book.changed_lines()) == [1, 1]
    assert {line.version for _, line in desk.book.changed_lines()} == {2}


def test_the_status_follows_from_the_lines() -> None:
    ids = SeededIds(1, ManualClock())

    def of(*states: str) -> str:
        return status_of(Line(ids.uuid7(), "x", 1, 1, state=state) for state in states)

    assert of(OPEN, OPEN) == "open"
    assert of(OPEN, SHORT) == "open"
    assert of(OPEN, OFFERED) == "working"
    assert of(ASSIGNED, SHIPPED) == "working"
    assert of(SHIPPED, CANCELLED, SHORT) == "fulfilled"
    assert of(CANCELLED, CANCELLED) == "cancelled"


@pytest.mark.parametrize("quantity", [0, 4, -1])
def test_no_more_and_no_less_than_something_can_be_cut_from_a_line(quantity: int) -> None:
    with pytest.raises(ValueError, match="cannot cut"):
        cut(Line(SeededIds(1, ManualClock()).uuid7(), "x", 3, 3), quantity, "n")
