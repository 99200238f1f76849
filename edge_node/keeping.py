"""Parts that run as long as the box does, and are started again when they fail."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

RESTART_S_MIN, RESTART_S_MAX = 0.5, 30.0
"""Pause before a part that has failed is started again, in seconds; it doubles, and falls back after a calm minute."""

CALM_S = 60.0


@contextlib.asynccontextmanager
async def keeping(name: str, run: Callable[[], Awaitable[None]]) -> AsyncIterator[asyncio.Task[None]]:
    """Run ``run`` beside what is inside, again and again until it returns by itself; cancel it at the end.

    What it raises is logged: a part of the box must not take the till down.
    """
    task = asyncio.create_task(_again_and_again(name, run), name=name)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _again_and_again(name: str, run: Callable[[], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    pause_s = RESTART_S_MIN
    while True:
        begun = loop.time()
        try:
            await run()
        except Exception:
            log.exception("a part of the box failed; it is started again", part=name)
        else:
            return
        if loop.time() - begun > CALM_S:
            pause_s = RESTART_S_MIN
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, RESTART_S_MAX)
