"""Takes back what nobody answered or started in time, so that it is routed elsewhere.

A late answer is harmless: the task's ``rev`` has moved on. Timeouts are therefore only hints, never safety. A pickup
order stays where the customer will come; its task waits for its store.
"""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from central.orders import postgres, use_cases
from central.platform.engine import is_away

BATCH = 100

log = structlog.get_logger(__name__)


class TakeBack:
    """Looks for overdue tasks every ``interval_s`` seconds."""

    def __init__(
        self, engine: AsyncEngine, *, offer_timeout_s: float, start_timeout_s: float, interval_s: float
    ) -> None:
        self._engine = engine
        self._offer_timeout = timedelta(seconds=offer_timeout_s)
        self._start_timeout = timedelta(seconds=start_timeout_s)
        self._interval_s = interval_s

    async def run(self) -> None:
        """Look for ever, through every absence of the database."""
        while True:
            try:
                await self.look()
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("database away: overdue tasks wait", problem=str(error.__cause__ or error))
            await asyncio.sleep(self._interval_s)

    async def look(self) -> int:
        """Take back what is overdue now; returns how many tasks that were."""
        async with self._engine.connect() as conn:
            overdue = await postgres.overdue_tasks(conn, self._offer_timeout, self._start_timeout, BATCH)
        taken = 0
        for order_id, task_id in overdue:
            async with self._engine.begin() as conn:
                if await use_cases.take_back(conn, order_id, task_id, "not answered or not started in time"):
                    log.info("task taken back", task=str(task_id))
                    taken += 1
        return taken
