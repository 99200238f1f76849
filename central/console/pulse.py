"""What changed, for pages that refresh themselves.

Every open page asks once a second through one shared look: a few figures, each a single row from an index or a small
table, that differ when a list that shows them would. Nobody looks while no page is open, and nothing has to run
beside the requests. A missed change costs nothing: pages also refresh by themselves now and then.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform.engine import is_away
from central.platform.tables import TENANT
from retail.clock import Clock

LOOK_EVERY_S = 1.0

TOPICS = ("orders", "fleet", "attention", "imports")

# Sequences are read where they count rows that are only ever added: that costs the same however many there are.
_LOOK = text("""
SELECT
    (SELECT concat(count(*), ' ', count(*) FILTER (WHERE attention <> ''), ' ', count(*) FILTER (WHERE hold <> ''), ' ',
        pg_sequence_last_value(pg_get_serial_sequence('order_history', 'entry_id')::regclass))
     FROM customer_order WHERE tenant = :tenant AND status IN ('open', 'working')) AS orders,
    (SELECT concat(max(last_hello_at), ' ', max(incident_at), ' ', count(*), ' ',
        (SELECT sum(seq) FROM watermark WHERE tenant = :tenant)) FROM box WHERE tenant = :tenant) AS fleet,
    (SELECT concat(max(incident_id), ' ', count(*), ' ',
        (SELECT count(*) FROM outbox WHERE tenant = :tenant AND parked_at IS NOT NULL), ' ',
        (SELECT count(*) FROM dead_letter WHERE tenant = :tenant), ' ',
        (SELECT count(*) FROM customer_order WHERE tenant = :tenant AND status IN ('open', 'working')
         AND (attention <> '' OR hold <> '')))
     FROM incident WHERE tenant = :tenant AND resolved_at IS NULL) AS attention,
    (SELECT concat(count(*), ' ', max(finished_at), ' ', max(started_at)) FROM import_report
     WHERE tenant = :tenant) AS imports
""")

Look = Mapping[str, str]


class Pulse:
    """Tells what changed since one last looked."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._lock = asyncio.Lock()
        self._look: Look | None = None
        self._looked_at = float("-inf")
        self._closing = asyncio.Event()

    @property
    def closing(self) -> bool:
        """Whether the streams should end, because the server is about to."""
        return self._closing.is_set()

    def close(self) -> None:
        """End all streams, so that the server can stop: a page connects again by itself."""
        self._closing.set()

    async def wait(self) -> None:
        """Until it is time to look again, or the streams should end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._closing.wait()

    async def look(self) -> Look | None:
        """How things stand, at most a second old; None while the database is away."""
        async with self._lock:
            if self._clock.monotonic() - self._looked_at >= LOOK_EVERY_S * 0.9:
                self._look = await self._ask()
                self._looked_at = self._clock.monotonic()
            return self._look

    async def _ask(self) -> Look | None:
        try:
            async with self._engine.connect() as conn:
                row = (await conn.execute(_LOOK, {"tenant": TENANT})).one()
        except (SQLAlchemyError, OSError) as error:
            if not is_away(error):
                raise
            return None
        return {topic: str(getattr(row, topic)) for topic in TOPICS}


def changed(before: Look | None, after: Look) -> list[str]:
    """The topics that differ; all of them when nothing was known before."""
    return [topic for topic in TOPICS if before is None or before[topic] != after[topic]]
