"""Waiting until nothing is on its way any more, so that both sides can be compared."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

import httpx
import psycopg

from simulators.demo.stack import BoxPlace, Stack

POLL_S = 0.3
IN_HAND = ("accepted", "assigned", "start_asked", "started", "packed")
"""States of a task at a box in which it is not finished."""
_UNDECIDED = """
SELECT count(*) FROM customer_order o
WHERE o.hold = '' AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.order_id AND l.state = 'open')
  AND (NOT EXISTS (SELECT FROM decision d WHERE d.order_id = o.order_id)
       OR EXISTS (SELECT FROM task t WHERE t.order_id = o.order_id AND t.closed_at > now() - interval '5 s'))
"""
"""Orders that nobody has decided on, and those that just came back: a pick list may be about to go out for them."""


@dataclass(frozen=True)
class Lag:
    """What is still on its way: log entries to the centre, versions to the boxes, work in the outbox, slips, orders to
    be sourced and offers to be answered."""

    unacked: int
    unapplied: int
    outbox: int
    slips: int
    unanswered: int
    tasks: int

    @property
    def is_zero(self) -> bool:
        """Whether both sides may be compared. Tasks in somebody's hands are no lag: they are stock set aside."""
        return not (self.unacked or self.unapplied or self.outbox or self.slips or self.unanswered)

    def __str__(self) -> str:
        return (
            f"{self.unacked} entries and {self.unapplied} versions on their way, {self.outbox} in the outbox,"
            f" {self.slips} slips to print, {self.unanswered} orders and offers unanswered"
        )


async def drained(stack: Stack, seconds: float, show: Callable[[Lag], None], *, with_tasks: bool = False) -> Lag:
    """Wait until the lag is zero twice running, at most ``seconds``; returns the last lag.

    ``with_tasks``: wait until no pick list is in anybody's hands, too.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    calm = 0
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        while True:
            lag = await _lag(stack, client)
            calm = calm + 1 if lag.is_zero and not (with_tasks and lag.tasks) else 0
            show(lag)
            if calm >= 2 or loop.time() > deadline:
                return lag
            await asyncio.sleep(POLL_S)


async def _lag(stack: Stack, client: httpx.AsyncClient) -> Lag:
    """The lag now; what does not answer counts as one of everything."""
    unacked = slips = tasks = 0
    streams: dict[str, dict[str, int]] = {}
    try:
        for location, place in stack.boxes.items():
            status = await _status(client, place)
            unacked += status["log"]["unacked"]
            slips += sum(status["print_jobs"].get(state, 0) for state in ("queued", "sent", "uncertain"))
            tasks += sum(status["tasks"].get(state, 0) for state in IN_HAND)
            streams[location] = status["streams"]
        async with await psycopg.AsyncConnection.connect(stack.database_url, connect_timeout=3) as centre:
            cursor = await centre.execute("SELECT scope, stream, ver FROM downlink_head")
            heads = {(scope, stream): ver for scope, stream, ver in await cursor.fetchall()}
            outbox = await _count(centre, "SELECT count(*) FROM outbox WHERE parked_at IS NULL")
            unanswered = await _count(centre, _UNDECIDED)
            unanswered += await _count(centre, "SELECT count(*) FROM task WHERE state = 'offered'")
    except (httpx.TransportError, httpx.HTTPStatusError, psycopg.OperationalError):
        return Lag(1, 1, 1, 1, 1, 0)
    unapplied = sum(
        max(0, ver - streams[location].get(stream, 0))
        for (scope, stream), ver in heads.items()
        for location in streams
        if scope in (location, "zone:all")
    )
    return Lag(unacked, unapplied, outbox, slips, unanswered, tasks)


async def _count(centre: psycopg.AsyncConnection[tuple[Any, ...]], query: LiteralString) -> int:
    row = await (await centre.execute(query)).fetchone()
    return int(row[0]) if row else 0


async def _status(client: httpx.AsyncClient, place: BoxPlace) -> dict[str, dict[str, int]]:
    answer = await client.get(f"{place.url}/v1/status")
    answer.raise_for_status()
    status: dict[str, dict[str, int]] = answer.json()
    return status
