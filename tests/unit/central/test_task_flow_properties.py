"""Whatever order messages arrive in: no line ships twice, and no quantity, cent or claim appears or vanishes.

One order, two stores that follow the protocol of :data:`sync_protocol.tasks.BOX_MOVES`, and a network that delays
each direction of each store by itself and repeats messages. A second machine adds a store that ships what it may not.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from central.orders import answers, task_flow
from central.orders.answers import TaskPayload
from central.orders.domain import (
    ASSIGNED,
    CANCELLED,
    CLOSED_LINES,
    OFFERED,
    OPEN,
    SHIPPED,
    STARTED,
    Answer,
    Claim,
    Left,
    Line,
    Order,
    OrderBook,
    Task,
    Tell,
    Trouble,
)
from central.orders.task_flow import MovedTask, PlannedLine, PlannedTask
from retail.clock import ManualClock
from retail.ids import SeededIds
from sync_protocol import tasks
from sync_protocol.events import (
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
from sync_protocol.tasks import TaskUpdate

STORES = ("S1", "S2")
CLAIM_OF = {OPEN: "wanted", OFFERED: "offered", ASSIGNED: "set_aside", STARTED: "set_aside"}


@dataclass
class BoxTask:
    """A task as a store sees it."""

    state: str
    rev: int
    lines: dict[UUID, TaskLine]
    withdrawn: bool = False


@dataclass
class Box:
    """A store: what it has heard, what it has said, and what of both is still on its way."""

    down: deque[TaskUpdate] = field(default_factory=deque)
    up: deque[tuple[UUID, TaskPayload]] = field(default_factory=deque)
    last_up: tuple[UUID, TaskPayload] | None = None
    tasks: dict[UUID, BoxTask] = field(default_factory=dict)


class HonestStores(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ids = SeededIds(11, ManualClock())
        self.boxes = {store: Box() for store in STORES}
        self.done: set[UUID] = set()
        self.sent_out: Counter[UUID] = Counter()
        lines = [
            Line(self.ids.uuid7(), sku, quantity, quantity, amount=amount, tax=amount // 7)
            for sku, quantity, amount in (
                ("tea", 5, 499),
                ("mug", 1, 900),
                ("tin", 2, 3),
                ("jam", 9, 1000),
                ("pot", 4, 7),
                ("cup", 6, 66),
            )
        ]
        self.roots = {line.line_id: line for line in lines}
        self.book = OrderBook(Order(self.ids.uuid7(), "CODE", "ship"), lines)
        self.seen_effects = 0

    # --- the centre ---

    @rule(store=st.sampled_from(STORES), part=st.integers(1, 5), count=st.integers(1, 3))
    def offer(self, store: str, part: int, count: int) -> None:
        lines = [line for line in self.book.lines.values() if line.state == OPEN and store not in line.excluded][:count]
        if lines:
            planned = tuple(PlannedLine(line.line_id, line.version, min(part, line.quantity)) for line in lines)
            made = task_flow.offer(self.book, [PlannedTask(store, "ship", 0, planned)], None, self.ids)
            assert all(isinstance(task, Task) for task in made)
        self.post()

    @rule(store=st.sampled_from(STORES))
    def take_back(self, store: str) -> None:
        for task in list(self.book.tasks.values()):
            if task.location == store and task_flow.withdraw(self.book, task, "too slow", exclude=False):
                break
        self.post()

    @rule(store=st.sampled_from(STORES), better=st.sampled_from(STORES), late=st.integers(0, 1))
    def move(self, store: str, better: str, late: int) -> None:
        """A run moves an offer; ``late``: it read the offer before the last decision on it."""
        for task in list(self.book.tasks.values()):
            lines = self.book.lines_of(task)
            if task.location == store and lines and not any(better in line.excluded for line in lines):
                before = (dict(self.book.tasks), dict(self.book.lines))
                planned = tuple(PlannedLine(line.line_id, line.version, line.quantity) for line in lines)
                made = task_flow.offer(
                    self.book, [PlannedTask(better, "ship", 0, planned)], None, self.ids,
                    [MovedTask(task.task_id, task.rev - late)],
                )  # fmt: skip
                if late or task.state != OFFERED:
                    assert not any(isinstance(entry, Task) for entry in made)
                    assert before == (self.book.tasks, self.book.lines)
                else:
                    assert self.book.tasks[task.task_id].state == "withdrawn"
                break
        self.post()

    @precondition(lambda self: len(self.book.tasks) > 8)
    @rule()
    def cancel(self) -> None:
        task_flow.cancel(self.book, "customer")
        self.post()

    def post(self) -> None:
        """Put what the centre decided on its way."""
        for effect in self.book.effects[self.seen_effects :]:
            if isinstance(effect, Tell):
                self.boxes[effect.location].down.append(effect.update)
        self.seen_effects = len(self.book.effects)

    # --- the network ---

    @rule(store=st.sampled_from(STORES))
    def deliver_down(self, store: str) -> None:
        box = self.boxes[store]
        if box.down:
            self.hear(store, box.down.popleft())

    @rule(store=st.sampled_from(STORES), again=st.booleans())
    def deliver_up(self, store: str, again: bool) -> None:
        box = self.boxes[store]
        if again and box.last_up is not None:
            self.receive(store, *box.last_up)
        elif box.up:
            box.last_up = box.up.popleft()
            self.receive(store, *box.last_up)

    def receive(self, store: str, event_id: UUID, payload: TaskPayload) -> None:
        if event_id not in self.done:
            self.done.add(event_id)
            answers.apply(self.book, payload, Answer(event_id, store, "anna", 0))
            self.post()

    # --- a store ---

    def hear(self, store: str, update: TaskUpdate) -> None:
        box = self.boxes[store]
        if update.state == tasks.OFFERED:
            assert update.offer is not None
            lines = {line.line: TaskLine(line.line, line.sku, line.quantity) for line in update.offer.lines}
            box.tasks[update.task] = BoxTask(tasks.OFFERED, update.rev, lines)
            return
        task = box.tasks[update.task]
        if update.state == tasks.WITHDRAWN:
            if task.state == tasks.OFFERED:
                task.state = tasks.WITHDRAWN
            elif tasks.RELEASED in tasks.BOX_MOVES.get(task.state, ()):
                self.say(store, Released(update.task, update.rev, tuple(task.lines.values())))
                task.state = tasks.RELEASED
        elif update.state in tasks.BOX_MOVES.get(task.state, ()):
            task.state, task.rev = update.state, update.rev

    def say(self, store: str, payload: TaskPayload) -> None:
        self.boxes[store].up.append((self.ids.uuid7(), payload))

    def held(self, store: str, state: str) -> tuple[UUID, BoxTask] | None:
        return next(((key, task) for key, task in self.boxes[store].tasks.items() if task.state == state), None)

    @rule(store=st.sampled_from(STORES), missing=st.integers(0, 3))
    def answer_offer(self, store: str, missing: int) -> None:
        if (found := self.held(store, tasks.OFFERED)) is None:
            return
        key, task = found
        lines = tuple(task.lines.values())
        if missing == 0:
            absent = MissingLine(lines[0].line, lines[0].sku, lines[0].quantity, 0)
            self.say(store, OfferRejected(key, task.rev, "no_stock", (absent,)))
            task.state = tasks.REJECTED
        else:
            self.say(store, OfferAccepted(key, task.rev, lines))
            task.state = tasks.ACCEPTED

    @rule(store=st.sampled_from(STORES))
    def ask_to_start(self, store: str) -> None:
        if (found := self.held(store, tasks.ASSIGNED)) is not None:
            key, task = found
            self.say(store, StartAsked(key, task.rev))
            task.state = tasks.START_ASKED

    @rule(store=st.sampled_from(STORES), quantity=st.integers(1, 3), reason=st.sampled_from(["not_found", "damaged"]))
    def find_short(self, store: str, quantity: int, reason: str) -> None:
        found = self.held(store, tasks.STARTED)
        if found is None or not found[1].lines:
            return
        key, task = found
        line = next(iter(task.lines.values()))
        gone = min(quantity, line.quantity)
        self.say(store, Short(key, TaskLine(line.line, line.sku, gone), reason))
        if line.quantity == gone:
            del task.lines[line.line]
        else:
            task.lines[line.line] = TaskLine(line.line, line.sku, line.quantity - gone)

    @rule(store=st.sampled_from(STORES))
    def pick_and_pack(self, store: str) -> None:
        found = self.held(store, tasks.STARTED)
        if found is not None and found[1].lines:
            key, task = found
            for line in task.lines.values():
                self.say(store, Picked(key, line, "code"))
            self.say(store, Packed(key, 1))
            task.state = tasks.PACKED

    @rule(store=st.sampled_from(STORES))
    def ship(self, store: str) -> None:
        if (found := self.held(store, tasks.PACKED)) is not None:
            key, task = found
            self.say(store, Shipped(key, tuple(task.lines.values()), "post", "T"))
            task.state = tasks.SHIPPED
            for line in task.lines.values():
                self.sent_out[line.line] += line.quantity

    @rule(store=st.sampled_from(STORES))
    def finish_without_a_link(self, store: str) -> None:
        self.pick_and_pack(store)
        self.ship(store)

    @rule(store=st.sampled_from(STORES))
    def give_up(self, store: str) -> None:
        if (found := self.held(store, tasks.STARTED)) is not None:
            key, task = found
            self.say(store, Released(key, task.rev, tuple(task.lines.values())))
            task.state = tasks.RELEASED

    @rule(store=st.sampled_from(STORES), steps=st.integers(1, 6))
    def work_on(self, store: str, steps: int) -> None:
        """A store on a good link does the next things that are to be done."""
        box = self.boxes[store]
        for _ in range(steps):
            self.answer_offer(store, 1)
            self.ask_to_start(store)
            self.pick_and_pack(store)
            while box.up:
                self.deliver_up(store, False)
            while box.down:
                self.deliver_down(store)

    # --- what must hold at every moment ---

    def root_of(self, line: Line) -> UUID:
        while line.split_from is not None:
            line = self.book.lines[line.split_from]
        return line.line_id

    @invariant()
    def every_quantity_and_every_cent_is_in_one_place(self) -> None:
        quantities: Counter[UUID] = Counter()
        amounts: Counter[UUID] = Counter()
        taxes: Counter[UUID] = Counter()
        for line in self.book.lines.values():
            root = self.root_of(line)
            quantities[root] += line.quantity
            amounts[root] += line.amount
            taxes[root] += line.tax
        for root, original in self.roots.items():
            assert quantities[root] == original.ordered_quantity
            assert (amounts[root], taxes[root]) == (original.amount, original.tax)

    @invariant()
    def no_line_left_twice(self) -> None:
        lefts = [part for effect in self.book.effects if isinstance(effect, Left) for part in effect.lines]
        assert max(Counter(line_id for line_id, _, _ in lefts).values(), default=1) == 1
        shipped = {line.line_id: line.quantity for line in self.book.lines.values() if line.state == SHIPPED}
        assert {line_id: quantity for line_id, _, quantity in lefts} == shipped

    @invariant()
    def claims_follow_the_lines(self) -> None:
        claims: Counter[tuple[UUID, str, str]] = Counter()
        for root in self.roots.values():
            claims[root.line_id, "", "wanted"] += root.quantity
        for effect in self.book.effects:
            if isinstance(effect, Claim):
                claims[effect.line_id, effect.location, effect.state] += effect.quantity
        expected = {
            (line.line_id, self.place(line), CLAIM_OF[line.state]): line.quantity
            for line in self.book.lines.values()
            if line.state not in CLOSED_LINES
        }
        assert {key: quantity for key, quantity in claims.items() if quantity} == expected

    def place(self, line: Line) -> str:
        return "" if line.task is None else self.book.tasks[line.task].location

    @invariant()
    def an_unfinished_line_in_hand_belongs_to_a_task_that_goes_on(self) -> None:
        for line in self.book.lines.values():
            if line.state in (OFFERED, ASSIGNED, STARTED):
                assert line.task is not None
                state = self.book.tasks[line.task].state
                assert state == line.state or (state, line.state) == (tasks.PACKED, STARTED)
            elif line.state in (OPEN, CANCELLED):
                assert line.task is None

    @invariant()
    def nothing_looks_wrong_to_a_person(self) -> None:
        assert [effect for effect in self.book.effects if isinstance(effect, Trouble)] == []

    def teardown(self) -> None:
        """Once all is delivered, what the stores sent out is what the centre closed."""
        while any(box.up or box.down for box in self.boxes.values()):
            for store in STORES:
                self.deliver_up(store, False)
                self.deliver_down(store)
        shipped = {line.line_id: line.quantity for line in self.book.lines.values() if line.state == SHIPPED}
        assert dict(self.sent_out) == shipped


class OneRogueStore(HonestStores):
    """S1 sometimes ships what nobody confirmed: the centre still closes no line twice, and says so."""

    @rule()
    def ship_without_a_start(self) -> None:
        for key, task in self.boxes["S1"].tasks.items():
            if task.state in (tasks.OFFERED, tasks.ACCEPTED, tasks.ASSIGNED, tasks.WITHDRAWN) and task.lines:
                self.say("S1", Shipped(key, tuple(task.lines.values()), "post", "T"))
                task.state = tasks.SHIPPED
                return

    @rule()
    def ship_again(self) -> None:
        for key, task in self.boxes["S1"].tasks.items():
            if task.state == tasks.SHIPPED:
                self.say("S1", Shipped(key, tuple(task.lines.values()), "post", "T"))
                return

    @invariant()
    def nothing_looks_wrong_to_a_person(self) -> None:
        found = {effect.kind for effect in self.book.effects if isinstance(effect, Trouble)}
        assert not found or found & {"task.unconfirmed_shipment", "task.shipped_again"}

    def teardown(self) -> None:
        """What a rogue sent out cannot be called back; the invariants are all that is promised."""


TestHonestStores = HonestStores.TestCase
TestHonestStores.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestOneRogueStore = OneRogueStore.TestCase
TestOneRogueStore.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
