"""One sourcing run: snapshot, question, answer, offers. The loop around it is :mod:`.loop`, the thinking in
:mod:`.deciding`.

A run is stored before anything is done about its answer, so every offer can be traced to the inputs it follows from.
"""

import asyncio
import datetime
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.orders import use_cases as orders
from central.orders.task_flow import MovedTask, PlannedLine, PlannedTask
from central.platform import incidents, leases
from central.sourcing import rule_sets, runs
from central.sourcing.answer import Answer, Answered, TakenBack
from central.sourcing.answer import read as read_answer
from central.sourcing.domain import (
    PICKUP,
    BidPrices,
    Delivery,
    Effort,
    OpenLine,
    OpenOrder,
    Snapshot,
    Steering,
    tags_of,
)
from central.sourcing.postgres import read_available, read_places
from central.sourcing.question import Asked, Question, made_by
from central.sourcing.question import read as read_question
from central.sourcing.solver import QuestionRefused, Reply, SolverFailed
from central.sourcing.tariff import Tariff
from retail.clock import Clock
from retail.ids import IdSource

log = structlog.get_logger(__name__)

ORDERS_MAX = 5_000
"""Orders in one run; the others come with the next, the oldest first."""

ONE_BY_ONE: Effort = "one-by-one"

Ask = Callable[[Asked], Awaitable[Reply]]
"""Has a question decided, usually by :meth:`central.sourcing.solver.Solver.ask`."""


def lease_name(region: str) -> str:
    """The lease under which one process at a time sources a region."""
    return f"sourcing/{region}"


@dataclass(frozen=True)
class Limits:
    """``silent_s``: a box that has said nothing for so long is asked for nothing; ``pick_minutes``: time to pick what
    is sent or has no promise; ``settled_s``: an offer without an answer may be moved when it is so old; ``move_cents``:
    the least saving for which it is."""

    silent_s: float = 180.0
    pick_minutes: int = 60
    settled_s: float = 5.0
    move_cents: int = 100
    effort: Effort = "standard"


@dataclass(frozen=True)
class Desk:
    """What a run works with. Without a ``delivery`` lateness has no price."""

    engine: AsyncEngine
    clock: Clock
    ids: IdSource
    ask: Ask
    limits: Limits = field(default_factory=Limits)
    tariff: Tariff = field(default_factory=Tariff)
    delivery: Delivery | None = None


@dataclass(frozen=True)
class Fence:
    """The lease under which a region is sourced: every writing transaction checks it."""

    region: str
    token: int

    async def check(self, conn: AsyncConnection) -> None:
        """Raises :class:`leases.LeaseLost` where another sources the region now."""
        await leases.check(conn, lease_name(self.region), self.token)


@dataclass(frozen=True)
class Outcome:
    """What a run did: orders looked at, tasks offered, offers moved, orders that wait, answers that came too late.

    ``subject`` tells one question from the next; None where there was nothing to decide. ``units`` were asked for.
    """

    orders: int = 0
    offered: int = 0
    moved: int = 0
    waiting: int = 0
    stale: int = 0
    units: int = field(default=0, compare=False)
    run_id: UUID | None = field(default=None, compare=False)
    subject: bytes | None = field(default=None, compare=False)


async def run_batch(desk: Desk, fence: Fence, known_subject: bytes | None = None) -> Outcome:
    """Decide on everything of the region that nobody has accepted yet, and offer it.

    Nothing is done where the question is that of ``known_subject``. A solver that fails is asked once more to source
    one order after another. Raises :class:`leases.LeaseLost`, and :class:`SolverFailed` where that failed as well.
    """
    limits = desk.limits
    async with desk.engine.connect() as conn:
        snapshot = await _snapshot(conn, fence.region, limits, limits.settled_s)
        if not snapshot.orders:
            return Outcome()
        last = await runs.last_prices(conn, fence.region)
        prices = BidPrices() if last is None else last.prices
        steering = Steering("batch", limits.effort, 0, limits.move_cents, prices, cancels=True)
        case = await _case(desk, conn, fence.region, snapshot, steering)
    if case.asked.subject == known_subject:
        return Outcome(subject=case.asked.subject)
    try:
        return await _decide(desk, fence, case)
    except SolverFailed as error:
        if limits.effort == ONE_BY_ONE:
            raise
        log.warning("orders are sourced one by one, the optimiser failed", region=fence.region, problem=str(error))
        plain = replace(read_question(case.asked), steering=replace(steering, effort=ONE_BY_ONE, prices=BidPrices()))
        return await _decide(desk, fence, await _asked(plain))


async def run_single(desk: Desk, fence: Fence, only: Collection[UUID], prices: BidPrices) -> Outcome:
    """Source new orders at once, each exactly, at the prices of the last batch. Raises as :func:`run_batch` does."""
    steering = Steering("single", ONE_BY_ONE, 0, 0, prices, cancels=True)
    async with desk.engine.connect() as conn:
        snapshot = await _snapshot(conn, fence.region, desk.limits, orders.NEVER_SETTLED_S, only)
        if not snapshot.orders:
            return Outcome()
        case = await _case(desk, conn, fence.region, snapshot, steering)
    return await _decide(desk, fence, case)


@dataclass(frozen=True)
class _Case:
    """A question in its bytes, and what carrying its answer out needs of it.

    The tables of stock are only in the bytes: as hundreds of thousands of small objects they would make every pass of
    the garbage collector stop the requests of this process.
    """

    asked: Asked
    question: Question


async def _case(desk: Desk, conn: AsyncConnection, region: str, snapshot: Snapshot, steering: Steering) -> _Case:
    """What is to be decided now, by the rules that hold now."""
    rules = await rule_sets.live(conn)
    return await _asked(
        Question(region, snapshot, desk.tariff, rules, steering, desk.clock.now_ms(), made_by(), desk.delivery)
    )


async def _asked(question: Question) -> _Case:
    asked = await asyncio.to_thread(question.asked)  # tables as long as the stock: others get their turn meanwhile
    return _Case(asked, replace(question, snapshot=replace(question.snapshot, available={})))


async def _decide(desk: Desk, fence: Fence, case: _Case) -> Outcome:
    asked, question = case.asked, case.question
    run_id, started_at = desk.ids.uuid7(), datetime.datetime.fromtimestamp(question.now_ms / 1000, datetime.UTC)
    kept = await runs.kept(asked)
    async with desk.engine.begin() as conn:
        await fence.check(conn)
        await runs.begin(conn, run_id, question, asked, kept, started_at)
    try:
        reply = await desk.ask(asked)
    except (SolverFailed, QuestionRefused) as error:
        async with desk.engine.begin() as conn:
            await runs.failed(conn, run_id, error.problem)
            await incidents.report(
                conn, "sourcing.failed", f"{fence.region}/{started_at:%Y-%m-%d}",
                subject=f"sourcing/{fence.region}", problem=error.problem,
                remedy=f"report it with what central replay {run_id} says",
            )  # fmt: skip
        if isinstance(error, QuestionRefused):
            return Outcome(len(question.snapshot.orders), run_id=run_id, subject=asked.subject)
        raise
    answer = read_answer(reply.answer)
    body = await runs.pack_aside(reply.answer)
    async with desk.engine.begin() as conn:
        await fence.check(conn)
        await runs.decided(conn, run_id, answer, body, reply.seconds)
    done = await _carry_out(desk, fence, case, answer, reply, run_id)
    async with desk.engine.begin() as conn:
        await runs.ended(conn, run_id, runs.Ended(done.offered, done.moved, done.waiting, done.stale))
    return replace(done, run_id=run_id, subject=None if done.stale else asked.subject)


async def _carry_out(desk: Desk, fence: Fence, case: _Case, answer: Answer, reply: Reply, run_id: UUID) -> Outcome:
    """Offer what was decided, and cancel it, each order in a transaction of its own, which checks the lease and that
    its lines are as the answer took them for."""
    question = case.question
    asking = [each for each in answer.orders if each.ask]
    by_id = {order.order_id: order for order in question.snapshot.orders}
    fits = await _fitting(desk, asking, by_id)
    hoping = await _hoping(desk, case.asked, [each for each in answer.orders if each.cancels], by_id)
    explanations = iter(reply.explanations)
    offered = moved = stale = units = 0
    for each in answer.orders:
        explanation = next(explanations) if each.is_news else b""
        if not each.is_news:
            continue
        if (each.ask and each.order not in fits) or each.order in hoping:
            stale += 1
            continue
        plan = _plan(desk, by_id[each.order], each, explanation, question.rules.version, run_id)
        async with desk.engine.begin() as conn:
            await fence.check(conn)
            made = await orders.offer(conn, plan, desk.ids)
        offered += len(made.tasks)
        moved += len(plan.moved) if made.tasks else 0
        units += sum(line.quantity for task in made.tasks for line in task.lines)
        stale += bool(made.stale)
    waiting = sum(bool(each.waits) for each in answer.orders)
    return Outcome(len(answer.orders), offered, moved, waiting, stale, units)


async def _fitting(desk: Desk, asking: Sequence[Answered], by_id: Mapping[UUID, OpenOrder]) -> set[UUID]:
    """Which of these orders still find what they are to be asked for: stock may have gone while the answer was made."""
    needs = {each.order: _needs(each, by_id[each.order]) for each in asking}
    skus = {sku for need in needs.values() for _, sku in need}
    async with desk.engine.connect() as conn:
        left = Counter(await read_available(conn, skus))
    for each in asking:
        for line in _taken_back(each.taken_back, by_id[each.order]):
            left[line.offered_to, line.sku] += line.quantity
    fitting = set()
    for order, need in needs.items():
        if all(left[key] >= units for key, units in need.items()):
            left.subtract(need)
            fitting.add(order)
    return fitting


async def _hoping(
    desk: Desk, asked: Asked, giving_up: Sequence[Answered], by_id: Mapping[UUID, OpenOrder]
) -> set[UUID]:
    """Which of these orders are not to be cancelled yet: of a line's SKU some place has more than when it was asked."""
    if not giving_up:
        return set()
    wanted = {
        each.order: {line.sku for line in by_id[each.order].lines if line.line_id in each.cancels}
        for each in giving_up
    }  # fmt: skip
    before = (await asyncio.to_thread(read_question, asked)).snapshot.available
    async with desk.engine.connect() as conn:
        now = await read_available(conn, set().union(*wanted.values()))
    grown = {sku for (location, sku), units in now.items() if units > before.get((location, sku), 0)}
    return {order for order, skus in wanted.items() if skus & grown}


def _needs(answered: Answered, order: OpenOrder) -> Counter[tuple[str, str]]:
    lines = {line.line_id: line for line in order.lines}
    need: Counter[tuple[str, str]] = Counter()
    for ask in answered.ask:
        for line_id in ask.lines:
            need[ask.location, lines[line_id].sku] += lines[line_id].quantity
    return need


def _taken_back(offers: Sequence[TakenBack], order: OpenOrder) -> list[OpenLine]:
    gone = {offer.task for offer in offers}
    return [line for line in order.lines if line.task in gone]


def _plan(
    desk: Desk, order: OpenOrder, answered: Answered, explanation: bytes, rule_version: str, run_id: UUID
) -> orders.Plan:
    soon_ms = desk.clock.now_ms() + desk.limits.pick_minutes * 60_000
    # What is sent is promised for the day on which it arrives: it is picked now, not then.
    pick_by_ms = order.promise_ms or soon_ms if order.service == PICKUP else soon_ms
    lines = {line.line_id: line for line in order.lines}
    tasks = tuple(
        PlannedTask(
            ask.location, order.service, pick_by_ms,
            tuple(PlannedLine(line, lines[line].version, lines[line].quantity) for line in ask.lines), ask.send_by,
        )
        for ask in answered.ask
    )  # fmt: skip
    moved = tuple(MovedTask(offer.task, offer.rev) for offer in answered.taken_back)
    cancels = tuple(PlannedLine(line, lines[line].version, lines[line].quantity) for line in answered.cancels)
    why = msgspec.json.decode(explanation, type=dict[str, object])
    return orders.Plan(order.order_id, rule_version, why, tasks, answered.unserved, moved, run_id, cancels)


async def _snapshot(
    conn: AsyncConnection,
    region: str,
    limits: Limits,
    settled_s: float,
    only: Collection[UUID] | None = None,
    orders_max: int = ORDERS_MAX,
) -> Snapshot:
    """What is to be routed, and everything that may serve it.

    Read in several statements: whatever changes in between is found out before an offer, by the line's version, and by
    the box, which checks its own stock.
    """
    demand = await orders.open_demand(conn, orders_max, currency=region, settled_s=settled_s, only=only)
    if not demand:
        return Snapshot((), (), {})
    skus = {line.sku for order in demand for line in order.lines}
    movable = [line for order in demand for line in order.lines if line.task is not None]
    available = Counter(await read_available(conn, skus))
    for line in movable:
        available[line.offered_to, line.sku] += line.quantity
    return Snapshot(
        places=await read_places(conn, limits.silent_s, {line.task for line in movable if line.task is not None}),
        orders=tuple(_order(order) for order in demand),
        available=available,
    )


async def network_snapshot(conn: AsyncConnection, silent_s: float, orders_max: int = 500) -> Snapshot:
    """The network and some of the orders of all regions, for who wants to see what rules would do."""
    return await _snapshot(conn, "", Limits(silent_s), orders.NEVER_SETTLED_S, orders_max=orders_max)


def _order(demand: orders.Demand) -> OpenOrder:
    lines = tuple(
        OpenLine(line.line_id, line.version, line.sku, line.name, line.quantity, line.amount, line.weight_g,
                 line.excluded, line.offered_to, line.task, line.rev,
                 tags_of(gift=line.gift, hazard=line.hazard, age_minimum=line.age_minimum, catalogue=line.tags),
                 line.kit, line.offered_ms, line.send_by)
        for line in demand.lines
    )  # fmt: skip
    return OpenOrder(
        demand.order_id, demand.service, demand.pickup_location, demand.lat, demand.lon, demand.country,
        demand.currency, demand.promise_ms, demand.placed_ms, lines, demand.attention, demand.channel, demand.region,
        demand.postcode, demand.kind, demand.tier, demand.value, demand.waiting_ms, demand.pinned_location,
    )  # fmt: skip
