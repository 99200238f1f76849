"""Parts that run as long as the centre does, and are started again when they fail."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)

RESTART_S_MIN, RESTART_S_MAX = 0.5, 30.0
"""Pause before a part that has failed is started again, in seconds; it doubles, and falls back after a calm minute."""
CALM_S = 60.0

FAILURES = Counter(
    "tillway_central_part_failures_total", "Parts of the centre that failed and were restarted.", ["part"]
)


async def keep(name: str, run: Callable[[], Awaitable[object]]) -> None:
    """Run ``run`` until cancelled, again and again. What it raises is logged and counted: one part that fails must
    not stop the others."""
    loop = asyncio.get_running_loop()
    pause_s = RESTART_S_MIN
    while True:
        begun = loop.time()
        try:
            await run()
        except Exception:
            log.exception("a part of the centre failed; it is started again", part=name)
        FAILURES.labels(name).inc()
        if loop.time() - begun > CALM_S:
            pause_s = RESTART_S_MIN
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, RESTART_S_MAX)
