"""Runs sourcing whenever there may be something to route, in one process at a time."""

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform import leases
from central.platform.engine import is_away
from central.platform.wakeups import Bell
from central.sourcing.tariff import Tariff
from central.sourcing.use_cases import LEASE, Limits, run
from retail.clock import Clock
from retail.ids import IdSource

log = structlog.get_logger(__name__)

LEASE_S = 30.0

RUNS = Counter("tillway_sourcing_runs_total", "Sourcing runs that found something to route.")
OFFERED = Counter("tillway_sourcing_offered_total", "Tasks offered.")
STALE = Counter("tillway_sourcing_stale_total", "Plans that came too late: a line had changed meanwhile.")
RUN_S = Histogram("tillway_sourcing_run_seconds", "One run from its first read to its last offer.")


class SourcingLoop:
    """Sources every ``interval_s`` seconds at least, and at once when ``bell`` rings (an order came, a task ended).

    Only the holder of the lease runs; another process takes over when the holder is gone.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        ids: IdSource,
        bell: Bell,
        interval_s: float,
        limits: Limits | None = None,
        tariff: Tariff | None = None,
    ) -> None:
        self._engine, self._clock, self._ids, self._bell, self._interval_s = engine, clock, ids, bell, interval_s
        self._limits, self._tariff = limits or Limits(), tariff or Tariff()
        self._holder = str(ids.uuid7())

    async def run(self) -> None:
        """Source until cancelled. The database may come and go."""
        away = False
        while True:
            try:
                await self._once()
                away = False
            except leases.LeaseLost:
                log.info("another process sources now")
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise
                if not away:
                    log.warning("sourcing waits for the database", problem=str(error.__cause__))
                away = True
            await self._bell.wait(self._interval_s)

    async def _once(self) -> None:
        async with self._engine.begin() as conn:
            token = await leases.acquire(conn, LEASE, self._holder, LEASE_S)
        if token is None:
            return
        started = self._clock.monotonic()
        outcome = await run(self._engine, token, self._clock, self._ids, self._limits, self._tariff)
        if outcome.orders:
            RUNS.inc()
            OFFERED.inc(outcome.offered)
            STALE.inc(outcome.stale)
            RUN_S.observe(self._clock.monotonic() - started)
