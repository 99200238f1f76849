"""LISTEN and NOTIFY: who waits for work is woken by the commit that brought it.

A notification is a hint and may be lost with a connection. Waiters therefore look by themselves after a while, and all
of them are woken whenever the listening connection is made anew.
"""

import asyncio
from typing import NoReturn

import psycopg
import structlog
from psycopg import sql

from central.platform.engine import CONNECT_TIMEOUT_S, libpq_url

RETRY_S = 1.0

log = structlog.get_logger(__name__)


class Bell:
    """What rings when a channel is notified."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._payloads: set[str] = set()

    def ring(self, payload: str | None = None) -> None:
        """Wake whoever waits. Without a payload: look at everything, something may have been missed."""
        if payload is not None:
            self._payloads.add(payload)
        self._event.set()

    async def wait(self, timeout_s: float) -> frozenset[str]:
        """The payloads since the last call, as soon as it rings; empty at a ring without one and after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return frozenset()
        self._event.clear()
        payloads = frozenset(self._payloads)
        self._payloads.clear()
        return payloads


class Wakeups:
    """One listening connection for the process. Hang the bells before :meth:`run`."""

    def __init__(self, database_url: str) -> None:
        self._url = libpq_url(database_url)
        self._bells: dict[str, list[Bell]] = {}

    def bell(self, channel: str) -> Bell:
        """A new bell on ``channel``."""
        bell = Bell()
        self._bells.setdefault(channel, []).append(bell)
        return bell

    async def run(self) -> NoReturn:
        """Listen until cancelled, through every loss of the connection."""
        away = False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="tillway-wakeups"
                ) as conn:
                    for channel in self._bells:
                        await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    if away:
                        log.info("database back, listening again")
                    away = False
                    self._ring_all()
                    async for notice in conn.notifies():
                        for bell in self._bells.get(notice.channel, ()):
                            bell.ring(notice.payload)
            except psycopg.OperationalError as error:
                if not away:
                    log.warning("database away: waiting without wake-ups", problem=str(error.__cause__ or error))
                away = True
            await asyncio.sleep(RETRY_S)

    def _ring_all(self) -> None:
        for bells in self._bells.values():
            for bell in bells:
                bell.ring()
