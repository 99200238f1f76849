"""Works out what the rules of the newest batches did and cost, beside all sourcing.

Runs are read from the database once they are done, so their offers are out, and asked about in a process of their own,
so nothing that is to be decided waits for it. Where batches come faster than they can be weighed, only the newest is:
the others stay without. One that cannot be weighed says why, and is not tried again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform.engine import is_away
from central.sourcing import runs
from central.sourcing.question import Asked
from central.sourcing.rule_costs import RunRules, read
from central.sourcing.solver import QuestionRefused, SolverFailed
from retail.errors import Refused

log = structlog.get_logger(__name__)

WEIGHED = Counter("tillway_sourcing_weighed_total", "Batches of which what their rules cost was asked.", ["how"])

Weigh = Callable[[Asked, bytes], Awaitable[bytes]]
"""Has the rules of a decided question weighed, usually by :meth:`central.sourcing.solver.Solver.weigh`."""


class Weighing:
    """Looks every ``interval_s`` for a batch whose rules have not been weighed."""

    def __init__(self, engine: AsyncEngine, weigh: Weigh, interval_s: float = 5.0) -> None:
        self._engine, self._weigh, self._interval_s = engine, weigh, interval_s

    async def run(self) -> None:
        """Weigh until cancelled. The database may come and go; sourcing says when it is away."""
        while True:
            try:
                await self.once()
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise
            await asyncio.sleep(self._interval_s)

    async def once(self) -> int:
        """Weigh the newest batch of every region that has not been. Returns how many there were."""
        async with self._engine.connect() as conn:
            found = await runs.unweighed(conn)
        for run_id in found:
            costs = await self._costs(run_id)
            async with self._engine.begin() as conn:
                await runs.weighed(conn, run_id, costs)
            WEIGHED.labels("failed" if costs.problem else "done").inc()
        return len(found)

    async def _costs(self, run_id: UUID) -> RunRules:
        try:
            async with self._engine.connect() as conn:
                stored = await runs.stored(conn, run_id)
            return read(await self._weigh(stored.asked, stored.answer))
        except (Refused, QuestionRefused, SolverFailed) as error:
            log.warning("what the rules of a run cost is not known", run=str(run_id), problem=str(error))
            return RunRules(problem=str(error))
