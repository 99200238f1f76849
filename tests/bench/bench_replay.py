"""A day of orders at a centre, sourced in many runs, and then every run of that day decided again from its inputs.

PostgreSQL and the solver's processes are real; the centre's clock is moved on by hand, a quarter of an hour at a time,
so a day passes in minutes. Boxes are simulated as far as the centre sees them: their answers come in as events.
"""

import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform import leases
from central.platform.engine import make_engine
from central.sourcing import runs
from central.sourcing.domain import Delivery
from central.sourcing.promises.services import DEFAULT_SERVICES, parse_services
from central.sourcing.replay import Replayed, replay, runs_of
from central.sourcing.solver import Solver
from central.sourcing.use_cases import Desk, Fence, Limits, Outcome, lease_name, run_batch, run_single
from retail.clock import ManualClock
from sync_protocol.events import REJECT_REASONS, OfferAccepted, OfferRejected, TaskLine
from tests.bench.benchmark import Benchmark, Bound, Row, Setting
from tests.bench.figures import Figures
from tests.bench.network import CURRENCY, DAY_MS, Network

MIDNIGHT_MS, DAY = 1_799_971_200_000, "2027-01-15"
"""The day begins then, and is called so (UTC)."""
STEPS, STEPS_QUICK = 96, 4
ORDERS, ORDERS_QUICK = 12, 4
"""New orders in each step."""
PLACES, PLACES_QUICK = 120, 12
SKUS, CARRIED = 60, 0.15
"""Items, and the share of them that a store has: few have the same, so what arrives may be the better place."""
ACCEPTED, REJECTED = 0.3, 0.15
"""Shares of the open offers that are answered in a step; the others wait for the next one, and may be moved."""
ARRIVING, MISSING = 24, 2
"""Pieces that come to stores in a step, and that turn out to be missing."""
DEADLINE_S = 180.0
MOVE_CENTS = 25
"""Least saving for which an offer is moved: a quarter of the centre's default, so that more are."""
SAYS_EVERY = 16


@dataclass
class Tally:
    """What came of a day: ``seconds`` of all runs, from their first read to their last offer."""

    seconds: float = 0.0
    offered: int = 0
    moved: int = 0
    rejected: int = 0

    def add(self, outcome: Outcome, seconds: float) -> None:
        """Another run."""
        self.seconds += seconds
        self.offered += outcome.offered
        self.moved += outcome.moved


async def run(setting: Setting) -> Figures:
    """All figures: the day is lived, then replayed."""
    engine = make_engine(setting.database_url)
    try:
        places = PLACES_QUICK if setting.quick else PLACES
        network = Network(engine, ManualClock(MIDNIGHT_MS), places=places, skus=SKUS, carried=CARRIED)
        await network.open()
        steps, orders = (STEPS_QUICK, ORDERS_QUICK) if setting.quick else (STEPS, ORDERS)
        day = await _live(network, steps, orders)
        begun = time.perf_counter()
        again = await _replay(engine)
        seconds = time.perf_counter() - begun
    finally:
        await engine.dispose()
    return {
        "runs": len(again),
        "decisions": sum(each.decisions for each in again),
        "differences": sum(len(each.differences) for each in again),
        "orders": network.placed,
        "moved_pct": 100 * day.moved / day.offered,
        "rejected_pct": 100 * day.rejected / day.offered,
        "run_ms": 1e3 * day.seconds / len(again),
        "replay_ms": 1e3 * seconds / len(again),
        "replay_ratio": seconds / day.seconds,
    }


async def _live(network: Network, steps: int, orders: int) -> Tally:
    """Source ``steps`` times what has come: new orders at once, then all that nobody has accepted together."""
    day = Tally()
    async with _desks(network) as (batch, single):
        async with network.engine.begin() as conn:
            token = await leases.acquire(conn, lease_name(CURRENCY), "bench", 2 * DAY_MS / 1_000)
        assert token is not None
        fence, subject = Fence(CURRENCY, token), None
        for step in range(steps):
            new = await network.order(orders)
            await _at_once(single, fence, new, day)
            await _answer(network, day)
            await network.deliver(ARRIVING)
            await network.lose(MISSING)
            begun = time.perf_counter()
            outcome = await run_batch(batch, fence, subject)
            day.add(outcome, time.perf_counter() - begun)
            subject = outcome.subject
            network.clock.advance(DAY_MS // STEPS)
            if step % SAYS_EVERY == SAYS_EVERY - 1:
                print(f"  step {step + 1} of {steps}: {day}", file=sys.stderr, flush=True)
    return day


@contextlib.asynccontextmanager
async def _desks(network: Network) -> AsyncIterator[tuple[Desk, Desk]]:
    """Desks as the centre has them, for batches and for single orders, each with a solver's process of its own."""
    delivery = Delivery.of(Limits().pick_minutes, parse_services(DEFAULT_SERVICES))
    limits = Limits(silent_s=DAY_MS / 1_000, settled_s=0.0, move_cents=MOVE_CENTS)
    async with Solver("batch", DEADLINE_S) as batch, Solver("single-order", DEADLINE_S) as single:
        yield (
            Desk(network.engine, network.clock, network.ids, batch.ask, limits, delivery=delivery),
            Desk(network.engine, network.clock, network.ids, single.ask, limits, delivery=delivery),
        )


async def _at_once(desk: Desk, fence: Fence, new: Sequence[UUID], day: Tally) -> None:
    """Source new orders at the prices of the last batch, if there was one."""
    async with desk.engine.connect() as conn:
        last = await runs.last_prices(conn, CURRENCY)
    if last is not None:
        begun = time.perf_counter()
        day.add(await run_single(desk, fence, new, last.prices), time.perf_counter() - begun)


async def _answer(network: Network, day: Tally) -> None:
    """Boxes accept some of the offers that are open, reject others, and leave the rest for later."""
    lines: dict[UUID, list[TaskLine]] = defaultdict(list)
    for task, *line in await network.rows(
        "SELECT task_id, line_id, sku, quantity FROM task JOIN task_line USING (tenant, task_id)"
        " WHERE state = 'offered' ORDER BY task_id, line_id"
    ):
        lines[task].append(TaskLine(*line))
    for task, location, rev in await network.rows(
        "SELECT task_id, location, rev FROM task WHERE state = 'offered' ORDER BY task_id"
    ):
        fate = network.chance.random()
        if fate < ACCEPTED:
            await network.box_says(location, OfferAccepted(task, rev, tuple(lines[task])))
        elif fate < ACCEPTED + REJECTED:
            await network.box_says(location, OfferRejected(task, rev, network.chance.choice(REJECT_REASONS)))
            day.rejected += 1
    await network.work()


async def _replay(engine: AsyncEngine) -> list[Replayed]:
    """What ``central replay --day`` does."""
    async with Solver("replay", DEADLINE_S) as solver:
        return [await replay(engine, solver.ask, each) for each in await runs_of(engine, DAY)]


BENCHMARK = Benchmark(
    name="replay",
    title="A recorded day, decided again",
    about=(
        "A day of orders at a centre with PostgreSQL and solver processes of its own. In each quarter of an hour "
        f"{ORDERS} orders come and are sourced at once at the last prices; stores accept, reject or leave offers, "
        "goods arrive and go missing; then a batch decides on all that nobody has accepted, and may move offers. "
        "Afterwards every run of the day is decided again from its stored inputs, as `central replay --day` does. "
        f"The network is synthetic: {PLACES} places between the coasts, {SKUS} SKUs, of each of which "
        f"{CARRIED:.0%} of the stores have one or two pieces."
    ),
    against=(
        "the runs themselves, from their first read to their last offer: a replay reads the inputs, decides and "
        "compares every decision and the digest of its explanation, and writes nothing."
    ),
    targets="every decision and every explanation comes out bit for bit as it was.",
    rows=(
        Row("differences", "decisions that came out otherwise", "", 0, Bound(0)),
        Row("decisions", "decisions that were made again", "", 0),
        Row("runs", "runs of the day", "", 0),
        Row("orders", "orders of the day", "", 0),
        Row("moved_pct", "offers that were moved", "%", 1),
        Row("rejected_pct", "offers that were rejected", "%", 1),
        Row("replay_ratio", "replay of the day ÷ its runs", "×", 2),
        Row("replay_ms", "a run replayed, on average", "ms", 0),
        Row("run_ms", "a run, on average", "ms", 0),
    ),
    run=run,
    needs_database=True,
)
