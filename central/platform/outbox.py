"""A queue of work inside the database: what a transaction leaves to be done after it.

A message is done in the transaction that removes it, so its effects happen exactly once whatever crashes. Messages of
one key are done one after another in the order of their insertion; a message that fails is tried again with growing
pauses and at last *parked*: it then holds back its own key only, is shown as an incident, and waits for a person to
release or to discard it. Any number of workers may share the queue.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.platform import audit, incidents
from central.platform.engine import is_away
from central.platform.tables import TENANT, outbox
from central.platform.wakeups import Bell

CHANNEL = "tillway_outbox"
"""Notified with the topic by :func:`put`. Ingest's one statement does the same with ``pg_notify``."""

ERROR_LENGTH_MAX = 500
IDLE_S = 60.0
"""Longest sleep of a lane that nobody calls."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Message:
    """Work of a ``topic``; ``payload`` is text that the topic's handler understands."""

    id: int
    topic: str
    key: str
    payload: str
    attempts: int


@dataclass(frozen=True)
class ParkedMessage:
    """A message that waits for a person."""

    id: int
    topic: str
    key: str
    payload: str
    error: str
    parked_at: datetime


Handler = Callable[[AsyncConnection, Message], Awaitable[None]]
"""Does a message's work on the connection whose transaction removes the message. Raising rolls it back."""


@dataclass(frozen=True)
class Patience:
    """How often a message is tried, and the seconds between tries: ``pause_s`` doubling up to ``pause_s_max``."""

    attempts_max: int = 8
    pause_s: float = 0.5
    pause_s_max: float = 60.0

    def pause_after(self, attempts: int) -> timedelta:
        """How long to wait after so many failed attempts."""
        return timedelta(seconds=min(self.pause_s * 2 ** min(attempts - 1, 30), self.pause_s_max))


async def put(conn: AsyncConnection, topic: str, key: str, payload: str) -> None:
    """Leave work to be done once this transaction commits."""
    await conn.execute(insert(outbox).values(topic=topic, key=key, payload=payload))
    await conn.execute(select(func.pg_notify(CHANNEL, topic)))


async def work_one(engine: AsyncEngine, handlers: Mapping[str, Handler], patience: Patience) -> bool:
    """Do the oldest message that is due, and say whether there was one. Errors of the database itself are raised."""
    async with engine.begin() as conn:
        message = await _claim(conn, list(handlers))
        if message is None:
            return False
        try:
            async with conn.begin_nested():
                await handlers[message.topic](conn, message)
        except Exception as error:
            if is_away(error):
                raise
            await _failed(conn, message, error, patience)
        else:
            await conn.execute(delete(outbox).where(outbox.c.tenant == TENANT, outbox.c.message_id == message.id))
        return True


class OutboxWorker:
    """Does messages until cancelled, a few at a time, and waits by itself while the database is away."""

    def __init__(
        self,
        engine: AsyncEngine,
        handlers: Mapping[str, Handler],
        bell: Bell,
        *,
        lanes: int = 4,
        poll_s: float = 0.25,
        patience: Patience | None = None,
    ) -> None:
        self._engine = engine
        self._handlers = handlers
        self._bell = bell
        self._lanes = lanes
        self._poll_s = poll_s
        self._patience = patience or Patience()

    async def run(self) -> None:
        """Work until cancelled."""
        bells = [Bell() for _ in range(self._lanes)]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wake(bells[0]))
            for lane, bell in enumerate(bells):
                group.create_task(self._work(bell, bells[(lane + 1) % self._lanes]))

    async def _wake(self, first: Bell) -> None:
        """Look when the bell rings, and now and then by itself: retries become due without a bell."""
        while True:
            await self._bell.wait(self._poll_s)
            first.ring()

    async def _work(self, own: Bell, next_lane: Bell) -> None:
        """One lane: works while there is work, and calls the next lane to help."""
        away = False
        while True:
            await own.wait(IDLE_S)
            found = True
            while found:
                try:
                    found = await work_one(self._engine, self._handlers, self._patience)
                except Exception as error:
                    if not is_away(error):
                        raise
                    if not away:
                        log.warning("database away: the outbox waits", problem=str(error.__cause__ or error))
                    away, found = True, False
                else:
                    away = False
                if found:
                    next_lane.ring()


async def parked(conn: AsyncConnection, limit: int = 100) -> Sequence[ParkedMessage]:
    """The messages that wait for a person, oldest first."""
    query = (
        select(outbox.c.message_id, outbox.c.topic, outbox.c.key, outbox.c.payload, outbox.c.error, outbox.c.parked_at)
        .where(outbox.c.tenant == TENANT, outbox.c.parked_at.is_not(None))
        .order_by(outbox.c.message_id)
        .limit(limit)
    )
    return [ParkedMessage(*row) for row in await conn.execute(query)]


async def release(conn: AsyncConnection, message_id: int, actor: str) -> bool:
    """Try a parked message anew, because its cause is gone. False where there is no such message."""
    changed = await conn.execute(
        update(outbox)
        .where(outbox.c.tenant == TENANT, outbox.c.message_id == message_id, outbox.c.parked_at.is_not(None))
        .values(parked_at=None, attempts=0, due_at=func.now(), error="")
        .returning(outbox.c.topic)
    )
    topic = changed.scalar_one_or_none()
    if topic is None:
        return False
    await conn.execute(select(func.pg_notify(CHANNEL, topic)))
    await _settled(conn, message_id, actor, "release")
    return True


async def discard(conn: AsyncConnection, message_id: int, actor: str) -> bool:
    """Give up a parked message: its work will not be done. False where there is no such message."""
    removed = await conn.execute(
        delete(outbox)
        .where(outbox.c.tenant == TENANT, outbox.c.message_id == message_id, outbox.c.parked_at.is_not(None))
        .returning(outbox.c.message_id)
    )
    if removed.scalar_one_or_none() is None:
        return False
    await conn.execute(select(func.pg_notify(CHANNEL, "")))
    await _settled(conn, message_id, actor, "discard")
    return True


async def _settled(conn: AsyncConnection, message_id: int, actor: str, action: str) -> None:
    await audit.record(conn, actor, f"outbox.{action}", f"outbox/{message_id}")
    await incidents.resolve_key(conn, "outbox.parked", str(message_id), actor)


async def _claim(conn: AsyncConnection, topics: Sequence[str]) -> Message | None:
    """Lock the oldest message that is due and has none of its key before it."""
    earlier = outbox.alias()
    query = (
        select(outbox.c.message_id, outbox.c.topic, outbox.c.key, outbox.c.payload, outbox.c.attempts)
        .where(
            outbox.c.tenant == TENANT,
            outbox.c.topic.in_(topics),
            outbox.c.parked_at.is_(None),
            outbox.c.due_at <= func.now(),
            ~exists().where(
                earlier.c.tenant == outbox.c.tenant,
                earlier.c.topic == outbox.c.topic,
                earlier.c.key == outbox.c.key,
                earlier.c.message_id < outbox.c.message_id,
            ),
        )
        .order_by(outbox.c.message_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Message(*row)


async def _failed(conn: AsyncConnection, message: Message, error: Exception, patience: Patience) -> None:
    attempts = message.attempts + 1
    problem = f"{type(error).__name__}: {error}".replace("\0", "")[:ERROR_LENGTH_MAX]
    is_parked = attempts >= patience.attempts_max
    log.warning(
        "message failed", message=message.id, topic=message.topic, key=message.key, attempts=attempts, problem=problem
    )
    await conn.execute(
        update(outbox)
        .where(outbox.c.tenant == TENANT, outbox.c.message_id == message.id)
        .values(
            attempts=attempts,
            error=problem,
            due_at=func.now() + patience.pause_after(attempts),
            parked_at=func.now() if is_parked else None,
        )
    )
    if is_parked:
        await incidents.report(
            conn,
            "outbox.parked",
            str(message.id),
            subject=f"outbox/{message.id}",
            problem=f"{message.topic} of {message.key} failed {attempts} times: {problem}",
            remedy="remove the cause and release the message, or discard it: central parked --help",
        )
