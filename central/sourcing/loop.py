"""Runs sourcing whenever there may be something to route, in one process per region at a time.

Two things go on side by side. *Batches* decide every few seconds on all that nobody has accepted. *Single orders* are
sourced the moment they come, at the prices of the last batch, so that they need not wait for the next; what cannot be
served so, or has no fresh prices, makes the next batch begin at once. A batch is also begun when the prices have grown
old or much was taken at them: by time and units, never by counting runs.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from central.orders.use_cases import currencies
from central.platform import leases
from central.platform.engine import is_away
from central.platform.wakeups import Bell
from central.sourcing import runs
from central.sourcing.postgres import regions
from central.sourcing.runs import LastPrices
from central.sourcing.solver import SolverFailed
from central.sourcing.use_cases import Desk, Fence, Outcome, lease_name, run_batch, run_single
from routing.bids.renewal import Renewal

log = structlog.get_logger(__name__)

LEASE_S = 30.0
RENEWALS = 3
"""How often a lease is renewed in the time for which it is given."""
SAME_QUESTION_S = 60.0
"""An unchanged question is decided again after this: what follows from the time alone may have changed."""
FORGET_EVERY_S = 3_600.0

RUNS = Counter("tillway_sourcing_runs_total", "Sourcing runs that found something to route.", ["kind"])
OFFERED = Counter("tillway_sourcing_offered_total", "Tasks offered.")
MOVED = Counter("tillway_sourcing_moved_total", "Offers without an answer that were moved to a better place.")
STALE = Counter("tillway_sourcing_stale_total", "Answers that came too late: a line or its stock had changed.")
RUN_S = Histogram("tillway_sourcing_run_seconds", "One run from its first read to its last offer.", ["kind"])
PRICE_AGE_S = Gauge("tillway_sourcing_price_age_seconds", "Age of the prices that the last single order met.")


@dataclass(frozen=True)
class Pace:
    """When things are done, in seconds: a batch at least every ``interval_s``; prices are renewed after ``renew_s`` or
    when ``renew_units`` were taken at them, and not used when older than ``price_age_s``."""

    interval_s: float = 2.0
    renew_s: float = 60.0
    renew_units: int = 200
    price_age_s: float = 300.0

    @property
    def renewal(self) -> Renewal:
        """When prices have had their day."""
        return Renewal(self.renew_s, self.renew_units)


@dataclass(frozen=True)
class Retention:
    """How long inputs of runs are kept for a replay, and how many bytes of them."""

    age: timedelta = timedelta(days=14)
    bytes_max: int = 1 << 30


@dataclass
class _Region:
    """What is remembered of a region between runs. ``taken`` counts the units asked for at its last prices."""

    prices: LastPrices | None = None
    taken: int = 0
    subject: bytes | None = None
    decided_at_s: float = field(default=float("-inf"))


class SourcingLoop:
    """Sources every region of which it can have the lease; another process takes over when this one is gone.

    ``batch`` and ``single`` are desks that ask different solvers, so that a new order never waits for a batch.
    """

    def __init__(
        self, batch: Desk, single: Desk, bell: Bell, pace: Pace | None = None, retention: Retention | None = None
    ) -> None:
        self._batch, self._single, self._bell = batch, single, bell
        self._pace, self._retention = pace or Pace(), retention or Retention()
        self._engine, self._clock = batch.engine, batch.clock
        self._holder = str(batch.ids.uuid7())
        self._due = asyncio.Event()
        self._regions: dict[str, _Region] = {}
        self._forgot_at_s = float("-inf")

    async def run(self) -> None:
        """Source until cancelled. The database may come and go."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._batches(), name="batches")
            group.create_task(self._singles(), name="single orders")

    async def _batches(self) -> None:
        away = False
        while True:
            try:
                async with self._engine.connect() as conn:
                    found = await regions(conn)
                for region in found:
                    await self._batch_of(region)
                await self._forget()
                away = False
            except SolverFailed as error:
                log.warning("no orders were sourced", problem=str(error))
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise
                if not away:
                    log.warning("sourcing waits for the database", problem=str(error.__cause__))
                away = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pace.interval_s):
                    await self._due.wait()
            self._due.clear()

    async def _batch_of(self, region: str) -> None:
        state = self._regions.setdefault(region, _Region())
        started_s = self._clock.monotonic()
        is_due = started_s - state.decided_at_s >= SAME_QUESTION_S
        outcome = Outcome()
        async with self._holding(region) as fence:
            if fence is None:
                return
            outcome = await run_batch(self._batch, fence, None if is_due else state.subject)
        state.subject = outcome.subject
        if outcome.orders:
            state.decided_at_s, state.taken = started_s, 0
        self._count("batch", outcome, started_s)

    async def _singles(self) -> None:
        while True:
            rung = await self._bell.wait(self._pace.interval_s)
            try:
                if not await self._sourced_at_once({UUID(each) for each in rung}):
                    self._due.set()
            except SolverFailed as error:
                log.warning("new orders wait for the next batch", problem=str(error))
                self._due.set()
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise

    async def _sourced_at_once(self, new: Collection[UUID]) -> bool:
        """Source ``new`` orders at the last prices. False where something is left to a batch."""
        if not new:
            return True
        async with self._engine.connect() as conn:
            by_region = await currencies(conn, new)
        is_done = True
        for region, found in by_region.items():
            is_done &= await self._single_of(region, found)
        return is_done

    async def _single_of(self, region: str, new: Collection[UUID]) -> bool:
        state = self._regions.setdefault(region, _Region())
        async with self._engine.connect() as conn:
            state.prices = await self._fresh(conn, region, state)
        if state.prices is None:
            return False
        started_s, outcome = self._clock.monotonic(), Outcome()
        async with self._holding(region) as fence:
            if fence is None:
                return True  # whoever holds the lease hears the same bell
            outcome = await run_single(self._single, fence, new, state.prices.prices)
        PRICE_AGE_S.set(state.prices.age_s)
        state.taken += outcome.units
        self._count("single", outcome, started_s)
        is_old = self._pace.renewal.is_due(state.prices.age_s, state.taken)
        return not (is_old or outcome.waiting or outcome.stale)

    async def _fresh(self, conn: AsyncConnection, region: str, state: _Region) -> LastPrices | None:
        """The prices of the last batch; None where there are none that may be used."""
        prices = await runs.last_prices(conn, region, state.prices)
        return None if prices is None or prices.age_s > self._pace.price_age_s else prices

    @contextlib.asynccontextmanager
    async def _holding(self, region: str) -> AsyncIterator[Fence | None]:
        """The region's lease, renewed while the block runs; None where another process has it.

        When it is lost, the block goes on and its next writing transaction finds out.
        """
        async with self._engine.begin() as conn:
            token = await leases.acquire(conn, lease_name(region), self._holder, LEASE_S)
        if token is None:
            yield None
            return
        renewing = asyncio.create_task(self._renew(region))
        try:
            yield Fence(region, token)
        except leases.LeaseLost:
            log.info("another process sources this region now", region=region)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, region: str) -> None:
        while True:
            await asyncio.sleep(LEASE_S / RENEWALS)
            with contextlib.suppress(SQLAlchemyError):  # the lease lasts for more tries
                async with self._engine.begin() as conn:
                    await leases.acquire(conn, lease_name(region), self._holder, LEASE_S)

    async def _forget(self) -> None:
        """Drop what is kept longer than the settings allow, now and then."""
        now_s = self._clock.monotonic()
        if now_s - self._forgot_at_s < FORGET_EVERY_S:
            return
        self._forgot_at_s = now_s
        async with self._engine.begin() as conn:
            dropped = await runs.forget(conn, self._retention.age, self._retention.bytes_max)
        if dropped:
            log.info("inputs of old runs were dropped", runs=dropped)

    def _count(self, kind: str, outcome: Outcome, started_s: float) -> None:
        if outcome.orders:
            RUNS.labels(kind).inc()
            OFFERED.inc(outcome.offered)
            MOVED.inc(outcome.moved)
            STALE.inc(outcome.stale)
            RUN_S.labels(kind).observe(self._clock.monotonic() - started_s)
